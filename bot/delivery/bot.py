"""The bot's calls to Telegram. Messages go as plain data, without PTB's objects around them.

Measured: making them, and reading the answer into them, costs more than the call (docs/design/flow.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from telegram.ext import ExtBot
from telegram.request import RequestData


@dataclass(frozen=True, slots=True)
class _PlainData:
    """What a request's transport asks of its RequestData (which PTB keeps final): values that are JSON already."""

    parameters: dict[str, Any]
    contains_files: bool = False


class Bot(ExtBot[int]):
    """PTB's bot, with a way past its objects."""

    __slots__ = ()

    async def call(self, method: str, parameters: dict[str, Any], *, rate_limit_args: int | None = None) -> Any:  # noqa: ANN401
        """The `result` of Telegram's answer, as JSON gives it. Parameters that are None are left out.

        Paced as every other call; raises what PTB's own methods raise.
        """
        data = {name: value for name, value in parameters.items() if value is not None}
        if self.rate_limiter is None:
            return await self._post_plain(method, data)
        return await self.rate_limiter.process_request(
            self._post_plain, (method, data), {}, method, data, rate_limit_args
        )

    async def updates(
        self, offset: int, *, timeout: int, allowed: Sequence[str], read_timeout: float
    ) -> list[dict[str, Any]]:
        """What getUpdates answers, as Telegram wrote it; `timeout` and `read_timeout` in seconds."""
        data = {"offset": offset, "timeout": timeout, "allowed_updates": list(allowed)}
        answer = await self._request[0].post(
            f"{self.base_url}/getUpdates", cast("RequestData", _PlainData(data)), read_timeout=timeout + read_timeout
        )
        return cast("list[dict[str, Any]]", answer)

    async def _post_plain(self, method: str, data: dict[str, Any]) -> Any:  # noqa: ANN401
        return await self.request.post(f"{self.base_url}/{method}", cast("RequestData", _PlainData(data)))
