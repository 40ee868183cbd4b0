"""Documents to read: a file, or each of a folder or a zip. What an archive claims is judged before it is opened.

Nothing is unpacked to disk, so a name leads nowhere; what inflates without measure, is encrypted or links elsewhere is
refused with a sentence, and stops none of the others.
"""

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from bot.errors import RefusedFile, RefusedItem

MAX_BYTES: Final = 15_000_000  # of a document that must fit in memory
MAX_FILES: Final = 100_000  # of one folder or archive
MAX_INFLATED: Final = 2_000_000_000  # bytes, of all files of an archive together
MAX_RATIO: Final = 200  # text shrinks to a tenth, seldom to a fiftieth
_SMALL: Final = 1_000_000  # bytes; below, a ratio says nothing
# What zipfile inflates no further than it is asked for.
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DAMAGED: Final = (OSError, zipfile.BadZipFile, zlib.error, EOFError)  # what reading on may raise
_BROKEN: Final = (*DAMAGED, NotImplementedError, RuntimeError, ValueError)
# Pictures and the like lie beside articles: they are no articles that failed.
_BESIDE: Final = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|heic|css|s[ac]ss|less|m?js|ts|map|json5|woff2?|ttf|otf|eot"
    r"|mp3|m4a|ogg|opus|wav|mp4|webm|mov|avi|ya?ml|toml)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Document:
    """A file. `name` is how reports call it: its path within the folder or archive, else the file's name."""

    name: str
    path: str  # how a refusal of the whole file calls it
    open: Callable[[], BinaryIO]

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix.lower()

    def opened(self) -> BinaryIO:
        """The bytes from the beginning; to be closed. Raises RefusedFile."""
        try:
            return self.open()
        except _BROKEN as error:
            raise RefusedFile(f"{self.path} cannot be read: {getattr(error, 'strerror', None) or error}") from error

    def start(self, size: int = 20_000) -> bytes:
        """The first bytes. Raises RefusedFile."""
        return self._read(size)

    def body(self, limit: int = MAX_BYTES, what: str = "document") -> bytes:
        """All of it, when it is at most `limit` bytes. Raises RefusedFile."""
        body = self._read(limit + 1)
        if len(body) > limit:
            raise RefusedFile(f"{self.path} is larger than the {limit // 1_000_000} MB allowed for a {what}")
        return body

    def _read(self, size: int) -> bytes:
        with self.opened() as file:
            try:
                return file.read(size)
            except _BROKEN as error:
                raise RefusedFile(f"{self.path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def on_disk(path: Path, name: str | None = None) -> Document:
    """The file at `path`. Raises RefusedFile when there is none."""
    try:
        if not path.is_file():
            raise RefusedFile(f"{path} is a folder, not a file" if path.is_dir() else f"{path}: there is no such file")
    except (OSError, ValueError) as error:
        raise RefusedFile(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return Document(name or path.name, str(path), lambda: path.open("rb"))


def in_folder(folder: Path) -> Iterator[Document | RefusedItem]:
    """The files in the folder and below, by name, less hidden ones and what lies beside articles."""
    count = 0
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            relative = path.relative_to(folder).as_posix()
            if not _is_wanted(relative):
                continue
            count += 1
            if count > MAX_FILES:
                yield RefusedItem(f"{folder} holds more than {MAX_FILES:,} files; the others were not read")
                return
            if path.is_symlink():
                yield RefusedItem(f"{relative}: a link to another file is not followed; put the file itself there")
            elif path.is_file():
                yield on_disk(path, relative)


def in_zip(document: Document) -> Iterator[Document | RefusedItem]:
    """The files in the archive, in its order, less what lies beside articles. Raises RefusedFile at the first."""
    with document.opened() as file:
        try:
            archive = zipfile.ZipFile(file)
        except _BROKEN as error:
            raise RefusedFile(f"{document.path} is not a whole zip archive: {error}; make it again") from error
        with archive:
            entries = archive.infolist()
            _judge_archive(document.path, entries)
            for entry in entries:
                if entry.is_dir() or not _is_wanted(entry.filename):
                    continue
                yield _refusal(entry) or _entry(archive, entry)


def _judge_archive(path: str, entries: list[zipfile.ZipInfo]) -> None:
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" in names or "mimetype" in names:
        raise RefusedFile(f"{path} is a document of an office program or an e-book; save it as HTML, Markdown or text")
    if len(entries) > MAX_FILES:
        raise RefusedFile(f"{path} holds {len(entries):,} files, more than the {MAX_FILES:,} allowed; make several")
    inflated = sum(entry.file_size for entry in entries)
    if inflated > MAX_INFLATED:
        size = f"{inflated / 1e9:.1f} GB"
        raise RefusedFile(f"{path} inflates to {size}, more than the {MAX_INFLATED // 10**9} GB allowed; make several")


def _refusal(entry: zipfile.ZipInfo) -> RefusedItem | None:
    name = entry.filename
    if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or name[1:2] == ":":
        return RefusedItem(f"{name[:200]!r}: the name leads out of the archive; pack the folder itself")
    if stat.S_ISLNK(entry.external_attr >> 16):
        return RefusedItem(f"{name}: a link to another file is not followed; put the file itself into the archive")
    if entry.flag_bits & 1:
        return RefusedItem(f"{name}: encrypted; make the archive without a password")
    if entry.compress_type not in _METHODS:
        return RefusedItem(f"{name}: packed in a way that is not read here; make the archive with plain zip")
    if entry.file_size > max(_SMALL, MAX_RATIO * entry.compress_size):
        return RefusedItem(
            f"{name}: inflates from {entry.compress_size:,} to {entry.file_size:,} bytes, as no text does; "
            "send the file by itself"
        )
    return None


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Document:
    return Document(entry.filename, entry.filename, lambda: archive.open(entry))  # type: ignore[arg-type,return-value]


def _is_wanted(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    is_hidden = any(part.startswith(".") and part.strip(".") for part in parts) or "__MACOSX" in parts
    return not is_hidden and _BESIDE.fullmatch(PurePosixPath(name).suffix) is None
