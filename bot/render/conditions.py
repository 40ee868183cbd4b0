"""A filter in words, and why an article passes it or does not."""

from bot.filters import Kind, Refusal, Verdict
from bot.fold import fold
from bot.model import Filter
from bot.render.text import Text, fill, plain
from bot.render.words import SOURCE, Words

VALUE_16 = 40
_REASON_16 = 100
_LISTED_16 = 300


def conditions(wanted: Filter, words: Words) -> list[Text]:
    """One line for each kind that the filter names."""
    return [
        fill(_sentence(kind, words), values=_listed(kind, getattr(wanted, kind), words))
        for kind in Kind
        if getattr(wanted, kind)
    ]


def kind_name(kind: Kind, words: Words) -> str:
    match kind:
        case Kind.TAGS:
            return words._("Tags")
        case Kind.SOURCES:
            return words._("Sources")
        case Kind.AUTHORS:
            return words._("Authors")
        case Kind.LANGUAGES:
            return words._("Languages")
        case Kind.WORDS:
            return words._("Words")
        case Kind.EXCLUDED:
            return words._("Without")


def shown(kind: Kind, value: str, words: Words) -> Text:
    """One value, as people read it."""
    if kind is Kind.LANGUAGES:
        return plain(language_name(value, words))
    written = plain(" ".join(value.split())).trimmed(VALUE_16)
    match kind:
        case Kind.TAGS:
            return "#" + written
        case Kind.WORDS | Kind.EXCLUDED:
            return "“" + written + "”"
        case _:
            return written


def language_name(code: str, words: Words) -> str:
    """The language's name in the reader's; the code of one that has none."""
    return str(words.locale.languages.get(code, code))


def language_code(written: str, words: Words) -> str:
    """The code of a language, named by its code, in the reader's language or in English; "" for none that is known."""
    from babel import Locale

    english = Locale(SOURCE).languages
    named = {fold(str(name)): code for known in (english, words.locale.languages) for code, name in known.items()}
    code = written.strip().lower().replace("_", "-").split("-")[0]
    return str(named.get(fold(" ".join(written.split())), code if code in english else ""))


def because(verdict: Verdict, words: Words) -> Text:
    """By which condition an article passes, or what stops it."""
    if verdict.passes:
        if not verdict.because:
            return plain(words._("everything passes"))
        fitting = ", ".join(shown(kind, value, words).text for kind, value in verdict.because)
        return fill(words._("because of {values}"), values=plain(fitting).trimmed(_REASON_16))
    [(kind, value)] = verdict.because
    if kind is Kind.EXCLUDED:
        return fill(words._("{value} is excluded"), value=shown(kind, value, words))
    match kind:
        case Kind.TAGS:
            return plain(words._("none of the tags"))
        case Kind.SOURCES:
            return plain(words._("none of the sources"))
        case Kind.AUTHORS:
            return plain(words._("none of the authors"))
        case Kind.LANGUAGES:
            return plain(words._("none of the languages"))
        case _:
            return plain(words._("none of the words"))


def refused(value: str, reason: Refusal, words: Words) -> Text:
    """Why a value was not taken."""
    written = plain(value).trimmed(VALUE_16)
    match reason:
        case Refusal.EMPTY:
            return fill(words._("“{value}” says nothing to look for, so it is left out."), value=written)
        case Refusal.LONG:
            return fill(words._("“{value}” is longer than 100 characters, so it is left out."), value=written)
        case Refusal.MANY:
            return fill(words._("“{value}” is left out: there are 20 already. Take one away first."), value=written)


def _sentence(kind: Kind, words: Words) -> str:
    match kind:
        case Kind.TAGS:
            return words._("tagged {values}")
        case Kind.SOURCES:
            return words._("from {values}")
        case Kind.AUTHORS:
            return words._("by {values}")
        case Kind.LANGUAGES:
            return words._("in {values}")
        case Kind.WORDS:
            return words._("with {values}")
        case Kind.EXCLUDED:
            return words._("without {values}")


def _listed(kind: Kind, values: tuple[str, ...], words: Words) -> Text:
    either = words._(" or ").join(shown(kind, value, words).text for value in values)
    return plain(either).trimmed(_LISTED_16)
