"""Pictures that Telegram cannot fetch by their address: fetched by us, uploaded, and from then on named by file_id."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.errors import FetchError

log = logging.getLogger(__name__)

LIMIT_BYTES = 10 * 2**20  # Telegram's, for an uploaded photo
BYTES_KEPT, IDS_KEPT = 4, 1000  # pictures: one article goes to many chats, one after another
KEPT_SECONDS = 300.0  # then it is fetched anew, also what could not be had
_KINDS = ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"GIF8", "gif"))


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way to Telegram."""

    name: str
    data: bytes
    media_type: str


class Pictures:
    """`fetch` gives the bytes behind an address, within the rules for addresses from outside, or raises FetchError."""

    def __init__(self, fetch: Callable[[str], Awaitable[bytes]]) -> None:
        self._fetch = fetch
        self._fetched: OrderedDict[str, tuple[float, asyncio.Task[Upload | None]]] = OrderedDict()
        self._file_ids: OrderedDict[str, str] = OrderedDict()

    def file_id(self, url: str) -> str | None:
        """What Telegram calls the picture that was uploaded from there; None: none was."""
        return self._file_ids.get(url)

    def uploaded(self, url: str, file_id: str) -> None:
        """Telegram has the picture now."""
        self._file_ids[url] = file_id
        if len(self._file_ids) > IDS_KEPT:
            self._file_ids.popitem(last=False)

    async def get(self, url: str) -> Upload | None:
        """The picture, fetched once for all who want it now; None: it cannot be had, or is none that Telegram takes."""
        now = asyncio.get_running_loop().time()
        begun_at, task = self._fetched.pop(url, (now, None))
        if task is None or now - begun_at > KEPT_SECONDS:
            begun_at, task = now, asyncio.create_task(self._get(url), name="picture")
        self._fetched[url] = begun_at, task
        if len(self._fetched) > BYTES_KEPT:
            self._fetched.popitem(last=False)
        return await asyncio.shield(task)

    async def _get(self, url: str) -> Upload | None:
        try:
            data = await self._fetch(url)
        except FetchError as error:
            log.info("picture not fetched: reason=%s error=%s", error.reason, error)
            return None
        kind = _kind(data)
        if kind is None or len(data) > LIMIT_BYTES:
            log.info("picture not usable: bytes=%d kind=%s", len(data), kind)
            return None
        return Upload(f"picture.{kind}", data, f"image/{kind}")


def _kind(data: bytes) -> str | None:
    """By its first bytes, since sites name the type as they like."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((kind for start, kind in _KINDS if data.startswith(start)), None)
