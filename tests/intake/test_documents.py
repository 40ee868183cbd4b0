"""Folders and zips: each file by itself, and archives that were made to hurt."""

import json
import stat
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import RefusedFile, RefusedItem
from bot.intake import documents, files
from bot.intake.files import Item, read_file
from bot.model import FeedToFollow, Submission

OPML = '<opml version="2.0"><body><outline text="F" xmlUrl="https://example.org/f"/></body></opml>'
LINE = json.dumps({"title": "Line", "url": "https://example.org/l"})


def titles(items: list[Item]) -> list[str]:
    return [item.title for item in items if not isinstance(item, RefusedItem)]


def refusals(items: list[Item]) -> list[str]:
    return [str(item) for item in items if isinstance(item, RefusedItem)]


def zipped(tmp_path: Path, *entries: tuple[str | zipfile.ZipInfo, str | bytes], name: str = "all.zip") -> Path:
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, body in entries:
            archive.writestr(entry, body)
    return path


def test_a_zip_of_all_formats_is_read_each_by_what_it_holds(tmp_path: Path) -> None:
    path = zipped(
        tmp_path,
        ("blog/", ""),
        ("blog/a.md", "---\ntitle: Mark\n---\nText"),
        ("lines.jsonl", LINE + "\n{"),
        ("feeds.opml", OPML),
        ("note.txt", "Note\n\nText"),
        ("page.html", "<html><title>Page</title><body><p>" + "Words. " * 100),
        ("boat.jpg", b"\xff\xd8"),
        ("__MACOSX/._a.md", b"\0"),
        (".git/config", "x"),
        ("table.csv", "a,b\nc,d"),
    )
    found = list(read_file(path))
    assert titles(found) == ["Mark", "Line", "F", "Note", "Page"]
    assert any(isinstance(item, FeedToFollow) for item in found)
    bad_line, table = refusals(found)
    assert bad_line.startswith("lines.jsonl line 2: not JSON")
    assert table.startswith("table.csv is a table (CSV), which is not taken")


def test_a_folder_is_read_by_name_and_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "secret.md"
    outside.write_text("Secret")
    folder = tmp_path / "vault"
    (folder / "sub").mkdir(parents=True)
    (folder / ".obsidian").mkdir()
    (folder / ".obsidian" / "a.md").write_text("hidden")
    (folder / "b.md").write_text("# B\n\nText")
    (folder / "sub" / "a.md").write_text("# A\n\nText")
    (folder / "style.css").write_text("p {}")
    (folder / "link.md").symlink_to(outside)
    found = list(read_file(folder))
    assert titles(found) == ["B", "A"]
    assert refusals(found) == ["link.md: a link to another file is not followed; put the file itself there"]


def symlink() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("link.md")
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("../../etc/cron.d/a.md", "the name leads out of the archive"),
        ("/etc/a.md", "the name leads out of the archive"),
        ("a/../../b.md", "the name leads out of the archive"),
        ("..\\..\\a.md", "the name leads out of the archive"),
        ("C:\\a.md", "the name leads out of the archive"),
        (symlink(), "a link to another file is not followed"),
    ],
)
def test_names_that_lead_elsewhere_are_refused_and_the_others_go_on(
    tmp_path: Path, entry: str | zipfile.ZipInfo, sentence: str
) -> None:
    found = list(read_file(zipped(tmp_path, (entry, "/etc/passwd"), ("b.md", "# B\n\nText"))))
    assert titles(found) == ["B"]
    assert sentence in refusals(found)[0]
    assert [path.name for path in tmp_path.iterdir()] == ["all.zip"]


def patched(path: Path, offset: int, value: bytes) -> Path:
    """With these bytes in each local and central header of the first entry, counted from the flags."""
    body = bytearray(path.read_bytes())
    for signature, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = body.index(signature) + flags_at + offset
        body[at : at + len(value)] = value
    path.write_bytes(body)
    return path


def test_encrypted_and_strangely_packed_entries_are_refused(tmp_path: Path) -> None:
    entries = (("a.md", "# A\n\nText"), ("b.md", "# B\n\nText"))
    found = list(read_file(patched(zipped(tmp_path, *entries), 0, b"\x01")))
    assert (titles(found), refusals(found)) == (["B"], ["a.md: encrypted; make the archive without a password"])
    for method in (b"\x0c\x00", b"\x0e\x00", b"\x63\x00"):
        found = list(read_file(patched(zipped(tmp_path, *entries), 2, method)))
        assert titles(found) == ["B"]
        assert "packed in a way that is not read here" in refusals(found)[0]


def test_a_damaged_entry_is_refused_and_the_others_go_on(tmp_path: Path) -> None:
    path = zipped(tmp_path, ("a.md", "# A\n\n" + "Text " * 500), ("b.md", "# B\n\nText"))
    body = bytearray(path.read_bytes())
    body[45:50] = b"\xff\xff\xff\xff\xff"
    path.write_bytes(body)
    found = list(read_file(path))
    assert titles(found) == ["B"]
    assert refusals(found)[0].startswith("a.md cannot be read: ")


def test_a_damaged_entry_of_lines_gives_what_stands_before_and_the_others_go_on(tmp_path: Path) -> None:
    path = zipped(tmp_path, ("a.jsonl", "\n".join([LINE] * 5000)), ("b.md", "# B\n\nText"))
    body = bytearray(path.read_bytes())
    at = body.index(b"PK\x01\x02") + 16  # its checksum
    body[at : at + 4] = b"\x00\x00\x00\x00"
    path.write_bytes(body)
    found = list(read_file(path))
    assert titles(found)[-1] == "B"
    assert "Line" in titles(found)
    assert refusals(found)[0].startswith("a.jsonl: damaged (Bad CRC-32 for file 'a.jsonl')")


def test_whatever_one_document_does_the_others_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_document: documents.Document) -> Iterator[Item]:
        raise RecursionError

    monkeypatch.setitem(files._READERS, "text", fail)
    found = list(read_file(zipped(tmp_path, ("a.txt", "A\n\nText"), ("b.md", "# B\n\nText"))))
    assert titles(found) == ["B"]
    assert refusals(found) == ["a.txt: cannot be read: RecursionError while reading it"]


def test_zip_bombs_are_not_inflated(tmp_path: Path) -> None:
    bomb = zipped(tmp_path, ("zeros.md", b"0" * 50_000_000), ("b.md", "# B\n\nText"))
    found = list(read_file(bomb))
    assert titles(found) == ["B"]
    assert "inflates from" in refusals(found)[0]
    inner = BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.md", "x")
    found = list(read_file(zipped(tmp_path, ("inner.zip", inner.getvalue()), ("b.md", "# B\n\nText"))))
    assert titles(found) == ["B"]
    assert refusals(found) == ["inner.zip: an archive within an archive is not opened; send it by itself"]


def test_an_archive_that_inflates_beyond_measure_is_refused_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path, ("a.md", b"0" * 900_000), ("b.md", b"0" * 900_000))
    monkeypatch.setattr(documents, "MAX_INFLATED", 1_000_000)
    with pytest.raises(RefusedFile, match=r"all\.zip inflates to 0\.0 GB, more than"):
        read_file(path)


def test_thousands_of_files_are_read_and_more_than_allowed_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path, *((f"{number}.md", "Text") for number in range(3_000)))
    assert len(titles(list(read_file(path)))) == 3_000
    monkeypatch.setattr(documents, "MAX_FILES", 2_999)
    with pytest.raises(RefusedFile, match="holds 3,000 files, more than the 2,999 allowed"):
        read_file(path)


def test_office_documents_and_broken_archives_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="office program or an e-book; save it as HTML, Markdown or text"):
        read_file(zipped(tmp_path, ("[Content_Types].xml", "<x/>"), name="a.docx"))
    with pytest.raises(RefusedFile, match="holds no file that could be an article; taken are"):
        read_file(zipped(tmp_path, ("a.jpg", "x"), name="pictures.zip"))
    with pytest.raises(RefusedFile, match="holds no file that could be an article"):
        read_file(zipped(tmp_path, name="empty.zip"))
    cut = tmp_path / "cut.zip"
    cut.write_bytes(zipped(tmp_path, ("a.md", "x")).read_bytes()[:40])
    with pytest.raises(RefusedFile, match="is not a whole zip archive"):
        read_file(cut)


@given(st.binary(max_size=200))
def test_any_bytes_of_a_zip_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    path = zipped(tmp_path_factory.mktemp("zip"), ("a.md", "# A\n\nText"))
    body = bytearray(path.read_bytes())
    for at, value in enumerate(noise):
        if value > 200:
            body[at % len(body)] = noise[-1]
    path.write_bytes(body)
    with suppress(RefusedFile):
        assert all(isinstance(item, Submission | RefusedItem) for item in read_file(path))
