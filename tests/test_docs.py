"""The documents say what the program does: every key, command, link, command line and error in them is real."""

import argparse
import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import cli, config
from bot.handlers import COMMANDS
from bot.render.template import PLACEHOLDERS

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
SCREENSHOTS = ("docs/chat-reader.png", "docs/chat-channel.png")

_LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")
_KEY_ROW = re.compile(r"^\| `(\w+\.\w+)` \| `(.*?)` \| .+ \|$", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_GAP = re.compile(r"…|%[.\d]*[sdf]")
GUIDE, OPERATING, README = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("docs/guide.md", "docs/operating.md", "README.md")
)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_operating_names_every_config_key_with_its_default() -> None:
    defaults = tomllib.loads(config.example())
    documented = {key: tomllib.loads(f"value = {value}")["value"] for key, value in _KEY_ROW.findall(OPERATING)}
    assert documented == {key: defaults[key.split(".")[0]][key.split(".")[1]] for key in config.keys()}  # noqa: SIM118


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_the_guide_has_a_section_for_each_command(name: str) -> None:
    assert f"/{name}" in _HEADING.findall(GUIDE)


def test_the_guide_names_no_command_that_there_is_not() -> None:
    named_in_headings = {heading[1:] for heading in _HEADING.findall(GUIDE) if heading.startswith("/")}
    assert named_in_headings == {command.name for command in COMMANDS}


def test_the_guide_has_a_row_for_each_placeholder_of_a_template() -> None:
    assert tuple(re.findall(r"^\| `\{(\w+)\}` \|", GUIDE, re.MULTILINE)) == PLACEHOLDERS


def subcommands() -> dict[str, argparse.ArgumentParser]:
    """What `paperboy --help` lists."""
    actions = cli._parser()._actions
    found = next(action for action in actions if isinstance(action, argparse._SubParsersAction))
    return dict(found.choices)


@pytest.mark.parametrize("name", sorted(subcommands()))
def test_operating_has_a_row_for_each_subcommand_and_names_its_options(name: str) -> None:
    row = next((line for line in OPERATING.splitlines() if re.match(rf"\| `paperboy {name}\b", line)), None)
    assert row is not None
    options = {option for action in subcommands()[name]._actions for option in action.option_strings}
    assert [option for option in sorted(options - {"-h", "--help", "--config"}) if option not in row] == []


def command_lines(text: str) -> Iterator[str]:
    """Every call of paperboy that stands in a code block, or alone between backticks; not what it prints."""
    text = text.partition("\n## Troubleshooting\n")[0]
    blocks = [line.strip() for block in _FENCE.findall(text) for line in block.splitlines()]
    quoted = [code for _ticks, code in re.findall(r"(`+)(.+?)\1", _FENCE.sub("", text))]
    for code in [*blocks, *quoted]:
        found = re.match(r"(?:sudo -u \w+ |ExecStart=)?(?:\S*/)?paperboy (\w.*)", code)
        if found and not re.search(r"\[|…|[A-Z]{2,}", found[1]):  # FILE and [--option] are patterns, not calls
            yield found[1]


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_command_line_in_the_documents_is_understood(path: Path) -> None:
    for line in command_lines(path.read_text(encoding="utf-8")):
        cli._parser().parse_args(shlex.split(line))  # exits, and so fails, on what it does not know


def test_command_lines_are_found_at_all() -> None:
    assert {line.split()[0] for line in command_lines(OPERATING)} >= {"run", "init", "check", "import", "export"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_make_target_in_the_documents_exists(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_relative_link_leads_to_a_file_and_to_a_heading_in_it(path: Path) -> None:
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    for target, anchor in _LINK.findall(text):
        there = (path.parent / target).resolve() if target else path
        assert there.is_file(), f"{target}: no such file"
        if anchor:
            headings = _HEADING.findall(_FENCE.sub("", there.read_text(encoding="utf-8")))
            assert anchor in {_anchor(heading) for heading in headings}, f"{target}#{anchor}: no such heading"


def _anchor(heading: str) -> str:
    """How a heading is linked to: small letters, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("name", SCREENSHOTS)
def test_the_readme_shows_the_screenshots_and_they_are_there(name: str) -> None:
    assert f"]({name})" in README
    assert (ROOT / name).read_bytes().startswith(b"\x89PNG\r\n")


def test_the_readme_stays_short() -> None:
    assert len(README.splitlines()) < 120


def test_the_changelogs_newest_version_is_this_one() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert newest is not None
    assert newest[1] == project["version"]


def sentences() -> list[str]:
    """Every text of the program and the Makefile, with … for what is put in."""
    found = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Constant(value=str(text)):
                    found.append(_GAP.sub("…", text))
                case ast.JoinedStr(values=parts):
                    texts = (str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
                    found.append("".join(texts))
    return found


def test_every_button_in_the_guide_is_one_of_the_programs() -> None:
    shown = {label for block in _FENCE.findall(GUIDE) for label in re.findall(r"\[([^\]]+)\]", block)}
    labels = {re.sub(r"^(✓|\d+\.) ", "", label) for label in shown if not label.isdecimal()}
    assert len(labels) >= 20
    assert labels - set(sentences()) == set()


def test_every_sentence_under_troubleshooting_is_one_that_the_program_prints() -> None:
    section = OPERATING.partition("\n## Troubleshooting\n")[2]
    documented = [
        quoted.strip().strip("`").strip() for quoted in re.findall(r"^\| (`.*?`+) \| ", section, re.MULTILINE)
    ]
    printed = sentences()
    assert len(documented) >= 20
    assert [each for each in documented if not any(each in text for text in printed)] == []
