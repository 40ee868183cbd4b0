"""The search index: what articles are found by, in a folder beside the store, kept by tantivy. The store is the truth.

It holds no text, only words and where they stand, and knows how far it follows the store (`reached`, of
article.changed_seq): that is a document of its own, so that it is committed with what it speaks of.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import tantivy

from bot import tokens
from bot.errors import PaperboyError

FORM = f"1.{tokens.VERSION}"  # of the fields and of the words in them
COMMONEST = 5_000  # words of a first letter that are kept at hand: about 1 MB for all letters of a script
HEAP_BYTES = 50_000_000  # what is written before it must go to disk
ABOUT = "paperboy.json"
_MARK = 0  # the id of the document that says how far it reaches; articles have others

# title and summary are there several times, so that they weigh more; see docs/design/search.md.
TEXT_FIELDS = {
    "stems": ("whitespace", "freq"),
    "exact": ("whitespace", "position"),
    "author": ("whitespace", "position"),
    "source": ("whitespace", "position"),
    "initial": ("raw", "basic"),  # what its words begin with, each once: a prefix of one letter needs no more
    "tag": ("raw", "basic"),
    "language": ("raw", "basic"),
}


class IndexLost(PaperboyError):
    """The index is not there, damaged, or of another form: it must be made anew."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What an article is found by. Without `fields` it is not to be found (any more)."""

    article_id: int
    fields: dict[str, Any] | None


class Index:
    """An open index. One process at a time may write (the folder's lock, see store.upkeep); any number may read."""

    def __init__(self, path: Path, index: tantivy.Index, *, is_old: bool = False) -> None:
        self.path = path
        self.is_old = is_old  # its words are of an older form: good enough until there is a new one
        self.schema = index.schema
        self._index = index
        self._writer: tantivy.IndexWriter | None = None
        self.reached = 0  # of what is on disk
        self._marks = 0  # the document that tells it: none before the first commit
        self.last_id = 0  # the article that was there
        self.position, self._position_id = 0, 0  # of what was put
        self.uncommitted = 0
        self.all_new_until = 0  # up to there nothing comes twice
        self._commonest: dict[str, tuple[int, str]] = {}  # by first letter, `reached` then and the words in one line
        self.refresh()

    @classmethod
    def make(cls, path: Path) -> Self:
        """A new and empty one. Raises OSError."""
        path.mkdir(parents=True)
        (path / ABOUT).write_text(json.dumps({"form": FORM}), encoding="utf-8")
        with as_lost(path):
            return cls(path, tantivy.Index(_schema(), str(path)))

    @classmethod
    def open(cls, path: Path) -> Self:
        """The one that is there; `is_old` when its words are of another form. Raises IndexLost."""
        try:
            form = json.loads((path / ABOUT).read_text(encoding="utf-8"))["form"]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise IndexLost(f"{path}: {type(error).__name__}") from error
        if str(form).split(".")[0] != FORM.split(".")[0]:
            raise IndexLost(f"{path} is of form {form}, this program's is {FORM}")
        with as_lost(path):
            opened = cls(path, tantivy.Index.open(str(path)), is_old=form != FORM)
        opened.position, opened._position_id = opened.reached, opened.last_id
        return opened

    def refresh(self) -> None:
        """Sees what was committed since. Raises IndexLost."""
        with as_lost(self.path):
            self._index.reload()
            self.searcher = self._index.searcher()
            mark = tantivy.Query.term_query(self.schema, "id", _MARK)
            hits = self.searcher.search(mark, 1).hits
            if hits:
                kept = self.searcher.doc(hits[0][1])
                self.reached, self.last_id = kept["reached"][0], kept["last"][0]
            self._marks = len(hits)

    @property
    def count(self) -> int:
        """The articles in it."""
        return max(0, self.searcher.num_docs - self._marks)

    def commonest(self, letter: str) -> list[str]:
        """The exact words with this first letter that most articles have, the commonest first.

        All words must be looked through for it, so they are kept until a tenth of the articles has changed.
        """
        then, line = self._commonest.get(letter, (None, ""))
        if then is None or self.reached - then > self.count / 10:
            words = self.searcher.terms_with_prefix("exact", letter, limit=COMMONEST)
            line = " ".join(word for word, _ in words)  # a word has no space in it
            self._commonest[letter] = self.reached, line
        return line.split(" ") if line else []

    def put(self, entries: Sequence[Entry], position: int) -> None:
        """Takes these in place of what it had of them; the last of them stands at this position. Raises IndexLost."""
        with as_lost(self.path):
            writer = self._writing()
            for entry in entries:
                if position > self.all_new_until:
                    writer.delete_documents_by_term("id", entry.article_id)
                if entry.fields is not None:
                    writer.add_document(tantivy.Document(id=entry.article_id, **entry.fields))
        self.position, self._position_id = position, entries[-1].article_id
        self.uncommitted += len(entries)

    def commit(self) -> None:
        """What was put is on disk and found from now on; so is how far it reaches. Raises IndexLost."""
        with as_lost(self.path):
            writer = self._writing()
            writer.delete_documents_by_term("id", _MARK)
            writer.add_document(tantivy.Document(id=_MARK, reached=self.position, last=self._position_id))
            writer.commit()
        self.uncommitted = 0
        self.refresh()

    def close(self) -> None:
        """Lets others write; what was not committed is forgotten."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with as_lost(self.path):
                writer.rollback()
                writer.wait_merging_threads()

    def ids(self) -> set[tuple[int, int]]:
        """(id, changed_seq) of every article in it; for tests and proofs."""
        everything = self.searcher.search(tantivy.Query.all_query(), max(1, self.searcher.num_docs)).hits
        addresses = [address for _, address in everything]
        pairs = zip(*(self.searcher.fast_field_values(name, addresses) for name in ("id", "seq")), strict=True)
        return {(int(a or 0), int(b or 0)) for a, b in pairs if a != _MARK}

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(HEAP_BYTES, 1)
        return self._writer


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_integer_field("seq", fast=True)
    builder.add_integer_field("published", indexed=True, fast=True)
    builder.add_integer_field("spoken", fast=True)  # the language, as language.number has it
    builder.add_integer_field("reached", stored=True)
    builder.add_integer_field("last", stored=True)
    for name, (tokenizer, option) in TEXT_FIELDS.items():
        builder.add_text_field(name, tokenizer_name=tokenizer, index_option=option)
    return builder.build()


@contextmanager
def as_lost(path: Path) -> Iterator[None]:
    """tantivy says what is wrong with a file as ValueError, or panics, which is no Exception."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, ValueError) or type(error).__name__ == "PanicException":
            raise IndexLost(f"{path}: {' '.join(str(error).split())[:300]}") from error
        raise
