"""Compressed bodies: read as they were, and bounded in every layer."""

import asyncio
import contextlib
import gzip
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import FetchError
from bot.intake.inflate import STEP, body_of

MEGABYTE = 1_000_000


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-15)


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


HOW: dict[str, Callable[[bytes], bytes]] = {
    "gzip": packed,
    "x-gzip": packed,
    "deflate": zlib.compress,
    "identity": bytes,
}


async def stream(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def cut(body: bytes, size: int) -> Iterable[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


async def read(body: bytes, encoding: str, *, piece: int = STEP, limit: int = MEGABYTE) -> bytes:
    return await body_of("http://site/", stream(cut(body, piece)), encoding, limit)


@given(
    start=st.binary(max_size=300),
    times=st.sampled_from([0, 1, 2, STEP // 4, STEP // 2]),
    layers=st.lists(st.sampled_from(sorted(HOW)), max_size=3),
    piece=st.sampled_from([7, 1000, STEP]),
    is_upper=st.booleans(),
)
async def test_a_body_is_read_through_whatever_it_was_compressed_with(
    start: bytes, times: int, layers: list[str], piece: int, is_upper: bool
) -> None:
    body = data = start + b"word" * times
    for layer in layers:
        body = HOW[layer](body)
    encoding = ", ".join(layers)
    assert await read(body, encoding.upper() if is_upper else encoding, piece=piece) == data


@pytest.mark.parametrize("piece", [1, STEP])
async def test_deflate_may_be_a_raw_stream_as_some_servers_send_it(piece: int) -> None:
    for data in (b"hello" * 100, b"", b"\x78" * 9):
        assert await read(raw_deflate(data), "deflate", piece=piece) == data
        assert await read(zlib.compress(data), "deflate", piece=piece) == data


@pytest.mark.parametrize("piece", [1, 10, STEP])
async def test_gzip_may_be_of_several_members_and_be_padded(piece: int) -> None:
    body = packed(b"one ") + packed(b"two") + bytes(20) + packed(b"not this")
    assert await read(body, "gzip", piece=piece) == b"one two"


@pytest.mark.parametrize("encoding", ["", "identity", "none", "UTF-8", "binary"])
async def test_what_is_no_compression_leaves_a_body_as_it_is(encoding: str) -> None:
    assert await read(b"hello", encoding) == b"hello"


async def test_an_empty_body_is_empty_whatever_it_says() -> None:
    assert await read(b"", "gzip, deflate") == b""


bomb = packed(bytes(60 * MEGABYTE))
BOMBS = {
    "gzip": (bomb, "gzip"),
    "zlib": (zlib.compress(bytes(60 * MEGABYTE)), "deflate"),
    "raw deflate": (raw_deflate(bytes(60 * MEGABYTE)), "deflate"),
    "within another": (packed(bomb), "gzip, gzip"),
    "within two others": (packed(packed(bomb)), "gzip, gzip, gzip"),
    "of members": (packed(bytes(MEGABYTE // 2)) * 60, "gzip"),
    "of nothing, many times": (packed(packed(b"") * 100_000), "gzip, gzip"),
    "after the end of what is within": (packed(packed(b"x") + bytes(60 * MEGABYTE)), "gzip, gzip"),
    "as it is": (bytes(MEGABYTE + 1), ""),
    "more on the wire than it may be": (packed(b"x") + bytes(2 * MEGABYTE), "gzip"),
}


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_given_up_at_the_limit(name: str) -> None:
    body, encoding = BOMBS[name]
    tracemalloc.start()
    with pytest.raises(FetchError) as caught:
        await read(body, encoding)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.reason == "large"
    assert str(caught.value) == "http://site/ is larger than the 1 MB allowed"
    assert peak < 3 * MEGABYTE


async def test_others_run_while_a_large_body_is_inflated() -> None:
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - before)

    watcher = asyncio.create_task(watch())
    started = time.process_time()
    body = packed(bytes(40 * MEGABYTE))
    assert len(await body_of("x", stream([body]), "gzip", 50 * MEGABYTE)) == 40 * MEGABYTE
    watcher.cancel()
    assert longest < (time.process_time() - started) / 2


@pytest.mark.parametrize(
    ("body", "encoding", "sentence"),
    [
        (b"\x8b\x00\x80hi\x03", "br", "compressed as 'br', which was not asked for"),
        (b"hello", "zstd", "compressed as 'zstd'"),
        (b"hello", "gzip, br", "compressed as 'br'"),
        (packed(b"hello"), "gzip," * 9, "compressed 9 times over"),
        (b"not gzip at all", "gzip", "says that it is compressed as gzip, and is not"),
        (b"\x07oops", "deflate", "says that it is compressed as deflate, and is not"),
        (packed(b"hello"), "gzip, gzip", "says that it is compressed as gzip, gzip, and is not"),
        (packed(b"hello")[:-9], "gzip", "cut short"),
        (packed(b"hello")[:-3], "gzip", "cut short"),
        (zlib.compress(b"hello")[:-3], "deflate", "cut short"),
        (raw_deflate(b"hello" * 99)[:-3], "deflate", "cut short"),
        (b"x", "deflate", "cut short"),
        (packed(packed(b"hello" * 99)[:20]), "gzip, gzip", "cut short"),
    ],
)
async def test_what_is_not_compressed_as_it_says_is_refused(body: bytes, encoding: str, sentence: str) -> None:
    for piece in (1, STEP):
        with pytest.raises(FetchError) as caught:
            await read(body, encoding, piece=piece)
        assert caught.value.reason == "encoding"
        assert str(caught.value).startswith("http://site/")
        assert sentence in str(caught.value)


@given(body=st.binary(max_size=200), encoding=st.sampled_from(["gzip", "deflate", "gzip, deflate", "deflate, gzip"]))
async def test_any_bytes_are_read_or_refused(body: bytes, encoding: str) -> None:
    with contextlib.suppress(FetchError):
        await read(body, encoding, piece=7)
