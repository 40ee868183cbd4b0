"""The files that Telegram keeps: bytes in memory, or in a folder."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from bot.sandbox.nouns import Media

if TYPE_CHECKING:
    from pathlib import Path

    from bot.sandbox.nouns import MediaKind

_FOLDERS = {"photo": "photos", "document": "documents", "video": "videos", "audio": "music"}


class Files:
    def __init__(self) -> None:
        self.folder: Path | None = None
        self._media: dict[str, Media] = {}  # by file_id
        self._paths: dict[str, Media] = {}
        self._bytes: dict[str, bytes | Path] = {}

    def save(
        self,
        kind: MediaKind,
        data: bytes,
        *,
        name: str | None = None,
        mime: str | None = None,
        size: tuple[int, int] = (0, 0),
    ) -> Media:
        """Keeps the bytes under a new file_id. `size`: width and height."""
        number = len(self._media)
        suffix = (name or "").rpartition(".")[2]
        if not (suffix.isascii() and suffix.isalnum()):
            suffix = "jpg" if kind == "photo" else "bin"
        media = Media(
            kind,
            f"{kind[:2]}_{number}_{secrets.token_urlsafe(18)}",
            f"u{number}_{secrets.token_urlsafe(6)}",
            f"{_FOLDERS.get(kind, 'files')}/file_{number}.{suffix}",
            len(data),
            name if kind != "photo" else None,
            mime if kind != "photo" else None,
            *size,
        )
        self._media[media.file_id] = self._paths[media.path] = media
        if self.folder is None:
            self._bytes[media.file_id] = data
        else:
            kept = self.folder / f"{secrets.token_hex(4)}_{number}.{suffix}"
            kept.write_bytes(data)
            self._bytes[media.file_id] = kept
        return media

    def find(self, file_id: str) -> Media | None:
        return self._media.get(file_id)

    def read(self, file_id: str) -> bytes:
        """The bytes. Raises KeyError for a file_id that does not exist."""
        kept = self._bytes[file_id]
        return kept if isinstance(kept, bytes) else kept.read_bytes()

    def at_path(self, path: str) -> bytes | None:
        """The bytes of the file with this file_path, None when there is none."""
        media = self._paths.get(path)
        return None if media is None else self.read(media.file_id)
