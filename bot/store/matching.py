"""A query put to the index: which articles it finds, best first. Blocks; for a thread.

Any of the words, by BM25; articles that have all of them first. A word is looked for by its stems in every language
that the index has, so that nobody needs to say in which one they ask.
"""

import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import log
from operator import itemgetter

from tantivy import FieldType, Occur, Order, Searcher, SearchResult
from tantivy import Query as Clause

from bot import language, tokens
from bot.clock import to_ms
from bot.fold import fold
from bot.language import script_of
from bot.query import Condition, Key, Kind, Query, Term
from bot.store.index import TEXT_FIELDS, Index

EXPANSIONS = 32  # the commonest words with a prefix are ranked by how rare each is, the others behind them
LANGUAGES = 12  # the commonest ones, in which a query is looked for
ODD, ODD_WEIGHT = 0.02, 0.1  # languages of fewer of the articles in their script, and the weight of stems in them
BARE_WEIGHT = 0.3  # of the stem that a word has without its accents, beside the one with them
RARE = 0.01  # the weight of words with a prefix beyond the commonest
SUGGESTED = 2_000  # words of the same three letters that a misspelt one is compared with, beside the commonest
COMMON = 20_000  # articles: words that so many have are looked for together in the best with any of them first
AHEAD = 100  # more of those best ones than are needed
SHORTEST_MISSPELT = 4


@dataclass(frozen=True, slots=True)
class Hit:
    """An article found: its score, whether it has all the words, when it was published (Unix ms), its language."""

    article_id: int
    score: float
    has_all: bool
    published: int
    language: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that is searched for: a word by its stems in each language, with their weights; a phrase; a prefix.

    `times`: how often it was typed. `places`: for a phrase, its exact words with their distance from the first; with
    stems, either will do.
    """

    stems: tuple[tuple[str, float], ...] = ()
    places: tuple[tuple[int, str], ...] = ()
    prefix: str = ""
    typed: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """The hits up to where was asked, how many there are in all, and the query that may have been meant instead."""

    hits: tuple[Hit, ...]
    total: int
    wanted: tuple[Wanted, ...]


class Matcher:
    """Queries put to one state of an index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._schema = index.schema
        self._searcher: Searcher = index.searcher
        known = self._searcher.terms_with_prefix("language", "", limit=LANGUAGES)
        self._languages = [code for code, _ in sorted(known, key=lambda each: -each[1])]
        every: Counter[bool] = Counter()
        for code, count in known:
            every[script_of(code) == "Latin"] += count
        self._odd = {code for code, count in known if count < ODD * every[script_of(code) == "Latin"]}

    def find(self, query: Query, limit: int) -> Found:
        """The first `limit` articles, best first; of a query without words the newest."""
        wanted = self.wanted(query)
        if not wanted:
            return self._newest(query, limit) if query.is_narrowed else Found((), 0, ())
        scored = self._scored(wanted, query)
        clauses = [self._any(one) for one in scored]
        any_of = self._narrowed([(Occur.Should, each) for every in clauses for each in every], query)
        if len(scored) == 1:
            hits, total = self._hits(any_of, limit, has_all=True)
            return Found(tuple(hits), total, wanted)
        are_common = min(map(self._at_most, scored)) >= COMMON
        hits, total = self._hits(any_of, limit + (AHEAD if are_common else limit), has_all=False)
        all_of = [(Occur.Must, _either(every)) for every in clauses]
        all_hits = self._best_with_all(all_of, query, hits, limit) if are_common else []
        if len(all_hits) < limit:
            all_hits = self._hits(self._narrowed(all_of, query), limit, has_all=True)[0]
        first = {hit.article_id for hit in all_hits}
        hits = all_hits + [hit for hit in hits if hit.article_id not in first]
        return Found(tuple(hits[:limit]), total, wanted)

    def _best_with_all(
        self, all_of: Sequence[tuple[Occur, Clause]], query: Query, hits: Sequence[Hit], limit: int
    ) -> list[Hit]:
        """Those of the hits, the best with any of the words, that have all of them. Where they are enough, no article
        with all the words is better, for it would have been one of the hits; and of common words most often they are,
        which spares to look at each of the very many articles that have them all."""
        these = Clause.term_set_query(self._schema, "id", [hit.article_id for hit in hits])
        among = (Occur.Must, Clause.const_score_query(these, 0.0))
        return self._hits(self._narrowed([among, *all_of], query), limit, has_all=True)[0]

    def _at_most(self, one: Wanted) -> int:
        """How many articles may have it: no fewer than do."""
        if one.prefix:
            return self._index.count
        together = min((self._frequency("exact", word) for _, word in one.places), default=0)
        return together + sum(self._frequency("stems", stem) for stem, _ in one.stems)

    def wanted(self, query: Query) -> tuple[Wanted, ...]:
        """What the query's terms come to in this index, each once."""
        spoken = self._spoken(query)
        every = Counter(one for term in query.wanted for one in self._of(term, spoken))
        return tuple(Wanted(one.stems, one.places, one.prefix, one.typed, times) for one, times in every.items())

    def suggest(self, wanted: Sequence[Wanted], text: str) -> str | None:
        """The same query with words that the index has in place of those it does not have; None: nothing better."""
        better = text
        for one in wanted:
            if one.typed and not one.prefix and not any(self._frequency("stems", stem) for stem, _ in one.stems):
                meant = self._nearest(one.typed)
                if meant is not None:
                    better = _replaced(better, one.typed, meant)
        return better if better != text else None

    def _spoken(self, query: Query) -> str:
        """The language that the query seems to be in, if any."""
        return language.guess(" ".join(word for term in query.wanted for word in term.words))

    def _of(self, term: Term, spoken: str) -> list[Wanted]:
        match term.kind:
            case Kind.PHRASE:
                return self._phrase(term.words, spoken)
            case Kind.PREFIX:
                before = [one for word in term.words[:-1] for one in self._word(word, spoken)]
                return [*before, *self._prefix(term.words[-1], spoken)]
            case Kind.WORD:
                return [one for word in term.words for one in self._word(word, spoken)]
            case Kind.JOINED:
                whole = tokens.exact("".join(term.words))[:1]
                parts = [one for word in term.words for one in self._word(word, spoken)]
                return [replace(one, places=tuple(enumerate(whole))) for one in parts]

    def _word(self, word: str, spoken: str) -> list[Wanted]:
        """A word in each language that it may be of. A language of very few articles, which are as likely ones whose
        language was guessed wrong, counts less, but if the query is in it: else each word would find strange ones."""
        found: list[Wanted] = []
        codes = tokens.languages_of(word, self._languages)
        odd = [code in self._odd and code != spoken for code in codes]
        for form, *others in zip(*(tokens.forms(word, code) for code in codes), strict=False):
            if form.is_dense:
                found += [Wanted(stems=((each, 1.0),)) for each in tokens.asked(form)]
                continue
            weights: dict[str, float] = {}
            for is_odd, each in sorted(zip(odd, (form, *others), strict=True), key=itemgetter(0)):
                weights.setdefault(each.stems[0], ODD_WEIGHT if is_odd else 1.0)
            for each in others:
                if each.bare:
                    weights.setdefault(each.bare, BARE_WEIGHT)
            found.append(Wanted(stems=tuple(weights.items()), typed=word))
        return found

    def _phrase(self, words: Sequence[str], spoken: str) -> list[Wanted]:
        places: list[tuple[int, str]] = []
        at = 0
        for word in words:
            for form in tokens.forms(word, ""):
                asked = (tokens.pairs(form) or form.exact) if form.is_dense else form.exact
                places += [(at + number, each) for number, each in enumerate(asked)]
                at += len(form.exact)
        if len(places) == 1 and len(words) == 1:  # a single character of a dense script is no exact word everywhere
            return self._word(words[0], spoken) if len(places[0][1]) == 1 else [Wanted(places=tuple(places))]
        return [Wanted(places=tuple(places))] if places else []

    def _prefix(self, word: str, spoken: str) -> list[Wanted]:
        every = tokens.forms(word, "")
        if not every:
            return []
        *before, last = every
        found = [one for form in before for one in self._word("".join(form.exact[:1]), spoken)]
        if last.is_dense:
            return [*found, *(Wanted(stems=((each, 1.0),)) for each in tokens.asked(last))]
        return [*found, Wanted(prefix=last.exact[0])]

    def _scored(self, wanted: Sequence[Wanted], query: Query) -> list[Wanted]:
        """What is wanted less the stop words, unless there is nothing else."""
        spoken = self._spoken(query)
        stops = language.stop_words(spoken if spoken in self._languages else next(iter(self._languages), ""))
        kept = [one for one in wanted if one.typed not in stops]
        return kept or list(wanted)

    def _any(self, one: Wanted) -> list[Clause]:
        """What it is enough to have one of; together they score as one word does."""
        found: list[Clause] = []
        if one.places and not one.stems:
            found.append(self._exactly(one.places))
        if one.prefix:
            known = self._beginning_with(one.prefix)
            found += [self._term("exact", each) for each in known]
            if len(known) == EXPANSIONS:
                found.append(Clause.const_score_query(self._beginning(one.prefix), RARE))
        ways = [("stems", stem, weight) for stem, weight in one.stems]
        ways += [("exact", word, 1.0) for _, word in one.places if one.stems]
        frequencies = [self._frequency(field, word) for field, word, _ in ways]
        together = rareness(self._searcher, sum(frequencies))
        for (field, word, weight), frequency in zip(ways, frequencies, strict=True):
            if frequency:
                boost = weight * together / rareness(self._searcher, frequency)
                clause = self._term(field, word)
                found.append(clause if boost == 1.0 else Clause.boost_query(clause, boost))
        if one.times > 1:
            found = [Clause.boost_query(clause, float(one.times)) for clause in found]
        return found or [Clause.empty_query()]

    def _beginning_with(self, prefix: str) -> list[str]:
        """The commonest words with a prefix, EXPANSIONS at most: found among those of its first letter, where they are
        common enough; of fewer, all of them."""
        known = [word for word in self._index.commonest(prefix[0]) if word.startswith(prefix)]
        if len(known) < EXPANSIONS:
            known = [word for word, _ in self._searcher.terms_with_prefix("exact", prefix, limit=EXPANSIONS)]
        return known[:EXPANSIONS]

    def _exactly(self, places: Sequence[tuple[int, str]]) -> Clause:
        if len(places) == 1:
            return self._term("exact", places[0][1])
        return Clause.phrase_query(self._schema, "exact", list(places))

    def _beginning(self, prefix: str) -> Clause:
        if len(prefix) == 1 and not self._index.is_old:  # an older one may not have it
            return self._term("initial", prefix)
        return Clause.fuzzy_term_query(self._schema, "exact", prefix, 0, prefix=True)

    def _term(self, field: str, word: str) -> Clause:
        return Clause.term_query(self._schema, field, word, TEXT_FIELDS[field][1])

    def _frequency(self, field: str, word: str) -> int:
        return int(self._searcher.doc_freq(field, word))

    def _narrowed(self, clauses: list[tuple[Occur, Clause]], query: Query) -> Clause:
        """The clauses, of the articles that the query allows."""
        asked, spoken = list(clauses), self._spoken(query)
        asked += [(Occur.MustNot, _either(self._any(one))) for term in query.without for one in self._of(term, spoken)]
        conditions = self._conditions(query)
        if not conditions:
            return Clause.boolean_query(asked)
        return Clause.boolean_query([(Occur.Must, Clause.boolean_query(asked)), *conditions])

    def _conditions(self, query: Query) -> list[tuple[Occur, Clause]]:
        found = [
            (Occur.MustNot if each.is_not else Occur.Must, Clause.const_score_query(self._condition(each), 0.0))
            for each in query.conditions
        ]
        if query.since is not None or query.until is not None:
            between = Clause.range_query(
                self._schema,
                "published",
                FieldType.Integer,
                None if query.since is None else to_ms(query.since),
                None if query.until is None else to_ms(query.until) - 1,
            )
            found.append((Occur.Must, Clause.const_score_query(between, 0.0)))
        return found

    def _condition(self, condition: Condition) -> Clause:
        match condition.key:
            case Key.TAG:
                return self._term("tag", fold(condition.value.lstrip("#")))
            case Key.LANGUAGE:
                return self._term("language", language.code(condition.value))
            case Key.AUTHOR:
                return self._side_by_side("author", condition.value)
            case Key.SOURCE:
                return self._side_by_side("source", condition.value)
            case Key.ARTICLE:
                return Clause.term_query(self._schema, "id", int(condition.value))

    def _side_by_side(self, field: str, value: str) -> Clause:
        words = tokens.exact(value)
        if len(words) > 1:
            return Clause.phrase_query(self._schema, field, list(enumerate(words)))
        return self._term(field, words[0]) if words else Clause.empty_query()

    def _hits(self, clause: Clause, limit: int, *, has_all: bool) -> tuple[list[Hit], int]:
        return self._read(self._searcher.search(clause, limit, count=True), has_all=has_all)

    def _newest(self, query: Query, limit: int) -> Found:
        every = self._narrowed([(Occur.Must, Clause.const_score_query(Clause.all_query(), 0.0))], query)
        result = self._searcher.search(every, limit, count=True, order_by_field="published", order=Order.Desc)
        hits, total = self._read(result, has_all=True)
        hits.sort(key=lambda hit: (-hit.published, -hit.article_id))
        return Found(tuple(hits), total, ())

    def _read(self, result: SearchResult, *, has_all: bool) -> tuple[list[Hit], int]:
        return hits_of(self._searcher, result, has_all=has_all), _count(result)

    def _nearest(self, word: str) -> str | None:
        """The word of the index that differs least, of those the one in most articles."""
        from rapidfuzz import process  # 5 MB, which a bot where nobody mistypes need not hold
        from rapidfuzz.distance import OSA

        folded = "".join(form.exact[0] for form in tokens.forms(word, "") if not form.is_dense)
        if len(folded) < SHORTEST_MISSPELT or folded.isdigit():
            return None
        known = [
            each for letter in folded[:2] for each in self._index.commonest(letter)
        ]  # the first may be one too many
        known += [each for each, _ in self._searcher.terms_with_prefix("exact", folded[:3], limit=SUGGESTED)]
        differ = 1 if len(folded) < 2 * SHORTEST_MISSPELT - 2 else 2
        near = process.extract(folded, known, scorer=OSA.distance, score_cutoff=differ, limit=20)
        others = [(distance, -self._frequency("exact", each), each) for each, distance, _ in near if each != folded]
        return min(others)[2] if others else None


def first_letters(index: Index) -> set[str]:
    """What most words begin with, in the languages that the index has."""
    spoken = index.searcher.terms_with_prefix("language", "", limit=LANGUAGES)
    every = (word for code, _ in spoken for word in language.commonest().get(code, ()))
    return {exact[0] for word in every for exact in tokens.exact(word)[:1]} | set(string.ascii_lowercase)


def hits_of(searcher: Searcher, result: SearchResult, *, has_all: bool = False) -> list[Hit]:
    """What was found, best first, then newest first."""
    addresses = [address for _, address in result.hits]
    columns = [searcher.fast_field_values(name, addresses) for name in ("id", "published", "spoken")]
    hits = [
        Hit(int(article_id or 0), float(score), has_all, int(moment or 0), language.of_number(int(spoken or 0)))
        for (score, _), article_id, moment, spoken in zip(result.hits, *columns, strict=True)
    ]
    hits.sort(key=lambda hit: (-hit.score, -hit.published, -hit.article_id))
    return hits


def rareness(searcher: Searcher, frequency: int) -> float:
    """BM25's weight of a word that so many articles have."""
    every = max(searcher.num_docs, frequency)
    return log(1 + (every - frequency + 0.5) / (frequency + 0.5))


def _count(result: SearchResult) -> int:
    """How many there are in all; tantivy's stubs do not know it."""
    return int(getattr(result, "count", 0) or 0)


def _either(clauses: Sequence[Clause]) -> Clause:
    return Clause.boolean_query([(Occur.Should, clause) for clause in clauses])


def _replaced(text: str, typed: str, meant: str) -> str:
    """The text with the word replaced; the word is in small letters, what was typed need not be."""
    at = text.lower().find(typed)
    return text if at < 0 else text[:at] + meant + text[at + len(typed) :]


def stems_of(wanted: Iterable[Wanted]) -> set[str]:
    """Everything that marks a word of a text as found, by its stem."""
    return {stem for one in wanted for stem, _ in one.stems}
