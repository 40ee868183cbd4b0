"""The texts that Babel finds in the program, for paperboy.pot and for the tests. Run as a module it writes the file."""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[2]
POT = ROOT / "bot/render/locale/paperboy.pot"


def extracted() -> Catalog:
    """As `pybabel extract -F babel.cfg -k n:1,2 bot` does."""
    with (ROOT / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]
    catalogue = Catalog(
        project="Paperboy",
        charset="utf-8",
        header_comment="# What people read in Paperboy; see babel.cfg.",
        fuzzy=False,
    )
    keywords = {**DEFAULT_KEYWORDS, "n": (1, 2)}
    for path, _, message, comments, _ in extract_from_dir(ROOT / "bot", methods, options, keywords):
        catalogue.add(message, locations=[(path, 0)], auto_comments=comments)
    return catalogue


def stored() -> Catalog:
    with POT.open("rb") as file:
        return read_po(file)


if __name__ == "__main__":
    with POT.open("wb") as written:
        write_po(written, extracted(), width=120, sort_output=True, include_lineno=False)
