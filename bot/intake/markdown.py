"""Markdown with front matter, as Jekyll, Hugo and Obsidian write it: read as an article, and written.

Front matter is YAML between lines of `---`, or TOML between lines of `+++`. YAML is read without aliases, which a few
lines can make into gigabytes, and without tags that name types of a program.
"""

import re
import tomllib
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import yaml

from bot.clock import from_text
from bot.errors import RefusedItem
from bot.intake import jsonl
from bot.intake.dates import parse_date
from bot.intake.html import is_web, one_line, plain
from bot.model import Article, ArticleState, Submission

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MAX_TEXT: Final = 1_000_000  # characters of one article
MAX_FRONT: Final = 64_000  # characters of front matter
_DATED: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[-_ ](?=.)")
_HEADING: Final = re.compile(
    r"\s*(?:#[ \t]+(?P<hashed>[^\n]+?)[ \t]*#*[ \t]*(?:\n|\Z)|(?P<lined>[^\n]+)\n=+[ \t]*(?:\n|\Z))"
)
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE: Final = re.compile(r"(`+[^`\n]+`+)")
_LIQUID: Final = re.compile(r"\{\{[<%].{0,2000}?[>%]\}\}|\{%.{0,2000}?%\}|\{\{[^{}\n]{0,500}\}\}", re.DOTALL)
_EMBEDDED: Final = re.compile(r"!\[\[[^\[\]\n]{1,300}\]\]")
_WIKI: Final = re.compile(r"\[\[(?:[^\[\]|\n]{1,300}\|)?([^\[\]|\n]{1,300})\]\]")
_STATES: Final = {
    "draft": ArticleState.DRAFT,
    "scheduled": ArticleState.SCHEDULED,
    "published": ArticleState.PUBLISHED,
    "publish": ArticleState.PUBLISHED,
    "withdrawn": ArticleState.WITHDRAWN,
}
_DATES: Final = ("published_at", "date", "publishdate", "pubdate", "published", "created", "datepublished")
_URLS: Final = ("url", "link", "canonicalurl", "canonical_url", "canonical", "permalink", "externalurl", "source")
_PICTURES: Final = (
    *("image_url", "image", "cover", "featured_image", "featuredimage", "featureimage", "thumbnail", "banner"),
    *("hero", "heroimage", "teaser", "images"),
)
_ENDS: Final = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t\r]*$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t\r]*$", re.MULTILINE),
}

Front = dict[str, Any]  # by key, in lower case


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401  PyYAML's own signature
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not read; write the value out")
        return super().compose_node(parent, index)


def parse(text: str, name: str) -> Submission:
    """The article in the file `name` (a path within its folder). Raises RefusedItem."""
    if len(text) > MAX_TEXT:
        raise RefusedItem(f"longer than the {MAX_TEXT:,} characters allowed for one article")
    if PurePosixPath(name).name == "_index.md":
        raise RefusedItem("the page of a section, not an article")
    front, body = _parted(text)
    is_html = str(front.get("markup", "")).lower() in ("html", "htm")
    title, body = (_text(front, "title"), body) if is_html else _titled(_text(front, "title"), body)
    picture = _picture(front)
    url = next((url for key in _URLS if is_web(url := _text(front, key))), None)
    title = title or _name_title(name)
    return Submission(
        title=title,
        url=url,
        guid=next((guid for key in ("guid", "uuid", "id") if (guid := _text(front, key))), None) or f"{name} {title}",
        summary=next((s for key in ("summary", "description", "excerpt", "subtitle") if (s := _text(front, key))), ""),
        body=body.strip() if is_html else _html(body),
        author=", ".join(_names(front, "author", "authors")),
        language=next((code for key in ("language", "lang", "locale") if (code := _text(front, key))), ""),
        tags=_tags(front),
        image_url=picture,
        enclosures=jsonl.enclosures(front),
        published_at=_published_at(front, name),
        state=_state(front, name),
    )


def write(article: Article, guid: str) -> str:
    """The article as a file that `parse` reads: front matter in YAML, the text in HTML, which Markdown may hold."""
    front = jsonl.record(article, guid)
    front.pop("body", None)
    if "image_url" in front:
        front["image"] = front.pop("image_url")
    if "published_at" in front:
        front["date"] = front.pop("published_at")
    front["markup"] = "html"
    return f"---\n{yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=1_000_000)}---\n\n{article.body}\n"


def has_front_matter(text: str) -> bool:
    """Whether the text begins with front matter that also ends."""
    mark, _, rest = text.removeprefix("\ufeff").partition("\n")
    return mark.rstrip() in _ENDS and _ENDS[mark.rstrip()].search(rest) is not None


def _parted(text: str) -> tuple[Front, str]:
    first, newline, _ = text.partition("\n")
    mark = first.rstrip()
    if mark not in _ENDS or not newline:
        return {}, text
    begin = len(first) + 1
    found = _ENDS[mark].search(text, begin)
    if found is None:
        return {}, text
    written = text[begin : found.start()]
    if len(written) > MAX_FRONT:
        raise RefusedItem(f"its front matter is longer than the {MAX_FRONT:,} characters allowed")
    front = _front(written, is_toml=mark == "+++")
    return {str(key).strip().lower().replace("-", "_"): value for key, value in front.items()}, text[found.end() :]


def _front(written: str, *, is_toml: bool) -> dict[Any, Any]:
    language = "TOML" if is_toml else "YAML"
    try:
        front = tomllib.loads(written) if is_toml else yaml.load(written, _Loader)  # noqa: S506  a safe loader
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 2}: " if error.problem_mark else ""
        hint = "; text with a colon in it needs quotes" if "mapping values" in str(error.problem) else ""
        raise RefusedItem(f"{line}its front matter is not YAML ({error.problem}{hint})") from error
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
        raise RefusedItem(f"its front matter is not {language} ({' '.join(str(error).split())[:150]})") from error
    except RecursionError as error:
        raise RefusedItem("its front matter is nested too deeply") from error
    if front is None:
        return {}
    if not isinstance(front, dict):
        raise RefusedItem("its front matter holds no keys; expected lines such as `title: …`")
    return front


def _titled(title: str, body: str) -> tuple[str, str]:
    """The title, else the first heading; a heading that says it is not said again in the text."""
    found = _HEADING.match(body)
    if found is None:
        return title, body
    heading = one_line(plain(_renderer().renderInline(found["hashed"] or found["lined"])))
    if title and heading.casefold() != title.casefold():
        return title, body
    return title or heading, body[found.end() :]


def _name_title(name: str) -> str:
    path = PurePosixPath(name)
    stem = path.parent.name if path.stem in ("index", "README") and path.parent.name else path.stem
    stem = _DATED.sub("", stem, count=1)
    return stem if " " in stem else re.sub(r"[-_]+", " ", stem).strip().capitalize()


def _html(body: str) -> str:
    """The HTML of Markdown, less what only its site's program can fill in, with the words of links within a vault."""
    pieces: list[str] = []
    prose: list[str] = []
    fence = ""
    for line in body.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if not fence and not mark:
            prose.append(line)
            continue
        pieces += [_plainer("".join(prose)), line]
        prose.clear()
        if mark and not fence:
            fence = mark[1]
        elif line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
    return str(_renderer().render("".join([*pieces, _plainer("".join(prose))])))


def _plainer(text: str) -> str:
    """The text outside of fences, its pieces of code left alone."""
    parts = _CODE.split(text)
    for number in range(0, len(parts), 2):
        without = _EMBEDDED.sub("", _LIQUID.sub("", parts[number]))
        parts[number] = _WIKI.sub(lambda found: found[1], without)
    return "".join(parts)


@lru_cache(maxsize=1)
def _renderer() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # in the children, not by the bot itself

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _text(front: Front, key: str) -> str:
    value = front.get(key)
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float | date) and not isinstance(value, bool) else ""


def _names(front: Front, *keys: str) -> list[str]:
    """Texts of a text, a list of them, or of objects with a name."""
    found: list[str] = []
    for key in keys:
        value = front.get(key)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                each = each.get("name") or each.get("title")
            if isinstance(each, str) and one_line(each):
                found.append(one_line(each))
    return list(dict.fromkeys(found))


def _tags(front: Front) -> tuple[str, ...]:
    """Of a plain text the words, as Jekyll reads it, or what commas part; `tag` and `category` are one each."""
    found: list[str] = []
    for key in ("tags", "tag", "categories", "category", "keywords"):
        value = front.get(key)
        if isinstance(value, str):
            is_list = "," in value
            found += value.split(",") if is_list else value.split() if key in ("tags", "categories") else [value]
        elif isinstance(value, list):
            found += [str(each) for each in value if isinstance(each, str | int | float | date)]
    taxonomies = front.get("taxonomies")  # Zola
    if isinstance(taxonomies, dict):
        found += _tags({str(key): value for key, value in taxonomies.items() if key != "taxonomies"})
    return tuple(dict.fromkeys(tag for each in found if (tag := one_line(each).lstrip("#").strip())))


def _picture(front: Front) -> str | None:
    for key in _PICTURES:
        value = front.get(key)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, dict):
            value = next((value[k] for k in ("url", "src", "path", "image", "relative") if value.get(k)), None)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def _published_at(front: Front, name: str) -> datetime | None:
    """Raises RefusedItem for what was meant as a date and is none."""
    for key in _DATES:
        value = front.get(key)
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, date):
            return datetime.combine(value, time(), UTC)
        if isinstance(value, str) and value.strip() and not (key == "published" and _truth(value) is not None):
            if moment := _moment(value.strip()):
                return moment
            raise RefusedItem(f"`{key}` is {value[:40]!r}, expected a moment like 2026-11-24T09:00:00Z")
    dated = _DATED.match(PurePosixPath(name).name)
    if dated is None:
        return None
    try:
        return datetime(int(dated[1]), int(dated[2]), int(dated[3]), tzinfo=UTC)
    except ValueError:
        return None


def _moment(written: str) -> datetime | None:
    try:
        return from_text(written)
    except ValueError:
        return parse_date(written)


def _state(front: Front, name: str) -> ArticleState:
    for key in ("state", "status"):
        if (state := _STATES.get(_text(front, key).lower())) is not None:
            return state
    is_draft = _truth(front.get("draft")) is True or _truth(front.get("published")) is False
    is_draft = is_draft or "_drafts" in PurePosixPath(name).parts[:-1]
    return ArticleState.DRAFT if is_draft else ArticleState.PUBLISHED


def _truth(value: object) -> bool | None:
    return {"true": True, "yes": True, "false": False, "no": False}.get(str(value).strip().lower())
