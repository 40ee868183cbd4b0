"""Bodies as they were before compression, bounded in every layer: no HTTP library does that. Pure but for the pauses.

A kilobyte can become a megabyte, and be compressed twice; so each layer gives at most STEP bytes at a time, counts
what it gave, and lets others run in between.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Final

from bot.errors import FetchError

STEP: Final = 64 * 1024
MAX_LAYERS: Final = 3
_PLAIN: Final = frozenset({"identity", "none", "binary", "7bit", "8bit", "utf-8"})  # some servers say so


async def body_of(name: str, pieces: AsyncIterator[bytes], encoding: str, limit: int) -> bytes:
    """The whole body. `encoding` is the Content-Encoding; `name` is what errors call the document.

    Raises FetchError: `large` when it is more than `limit` bytes on the wire or in any layer, `encoding` when it is
    compressed in a way that was not asked for, or not as it says.
    """
    layers = _layers(name, encoding, limit)
    body = bytearray()
    received = 0
    try:
        async for piece in pieces:
            received += len(piece)
            if received > limit:
                raise _TooLarge
            for part in _through(piece, layers):
                body += part
                if layers:
                    await asyncio.sleep(0)
    except _TooLarge:
        raise too_large(name, limit) from None
    except zlib.error as error:
        raise FetchError("encoding", f"{name} says that it is compressed as {encoding}, and is not") from error
    if any(layer.is_cut_short for layer in layers):
        raise FetchError("encoding", f"{name} ends in the middle: it is compressed as {encoding}, and cut short")
    return bytes(body)


def too_large(name: str, limit: int) -> FetchError:
    return FetchError("large", f"{name} is larger than the {limit / 1_000_000:g} MB allowed")


class _TooLarge(Exception):
    pass


def _layers(name: str, encoding: str, limit: int) -> "list[_Layer]":
    """What to undo, the last applied first."""
    words = [word.strip().lower() for word in encoding.split(",")]
    words = [word for word in reversed(words) if word and word not in _PLAIN]
    for word in words:
        if word not in ("gzip", "x-gzip", "deflate"):
            raise FetchError("encoding", f"{name} is compressed as {word[:30]!r}, which was not asked for")
    if len(words) > MAX_LAYERS:
        raise FetchError("encoding", f"{name} is compressed {len(words)} times over")
    return [_Layer("gzip" in word, limit) for word in words]


def _through(piece: bytes, layers: "list[_Layer]") -> Iterator[bytes]:
    if not layers:
        yield piece
        return
    for part in layers[0].parts(piece):
        yield from _through(part, layers[1:])


class _Layer:
    """One compression undone. What follows the end of a gzip member is another member, or padding."""

    def __init__(self, is_gzip: bool, limit: int) -> None:
        self._is_gzip = is_gzip
        self._left = limit
        self._inflate: zlib._Decompress | None = None
        self._head = b""  # of a deflated body, until there is enough to tell its format by
        self._has_ended = self._is_over = False  # of members the first; of all, the last

    @property
    def is_cut_short(self) -> bool:
        return self._inflate is not None or bool(self._head)

    def parts(self, data: bytes) -> Iterator[bytes]:
        """Of at most STEP bytes each, some of them empty: whoever waits for a full one would wait long."""
        has_more = False  # there was more to give than a step
        while data or has_more:
            if self._inflate is None and not (data := self._begin(self._head + data)):
                return
            assert self._inflate
            part = self._inflate.decompress(data, STEP)
            self._left -= len(part)
            if self._left < 0:
                raise _TooLarge
            data, has_more = self._inflate.unconsumed_tail, len(part) == STEP
            if self._inflate.eof:
                data, has_more = self._inflate.unused_data, False
                self._inflate, self._has_ended = None, True
            yield part

    def _begin(self, data: bytes) -> bytes:
        """The data, when it is enough to tell its format: "deflate" is zlib's by the book, a raw stream with some."""
        self._is_over = self._is_over or (self._has_ended and not (self._is_gzip and data[0] == 0x1F))
        if self._is_over:
            return b""
        if not self._is_gzip and len(data) < 2:
            self._head = data
            return b""
        self._head = b""
        is_zlib = data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0
        self._inflate = zlib.decompressobj(wbits=31 if self._is_gzip else 15 if is_zlib else -15)
        return data
