"""The bot's calls to Telegram. Messages go as plain data, without PTB's objects around them.

Measured: making them, and reading the answer into them, costs more than the call (docs/design/flow.md).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from telegram.ext import ExtBot
from telegram.request import RequestData

from bot.delivery.pictures import Pictures, Upload


@dataclass(frozen=True, slots=True)
class _PlainData:
    """What a request's transport asks of its RequestData (which PTB keeps final): values that are JSON already."""

    parameters: dict[str, Any]
    files: Mapping[str, Upload] = field(default_factory=dict)

    @property
    def contains_files(self) -> bool:
        return bool(self.files)

    @property
    def json_parameters(self) -> dict[str, str]:
        """For a form, in which every value is text."""
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in self.parameters.items()}

    @property
    def multipart_data(self) -> dict[str, tuple[str, bytes, str]]:
        return {name: (file.name, file.data, file.media_type) for name, file in self.files.items()}


class Bot(ExtBot[int]):
    """PTB's bot, with a way past its objects, and one to pictures that Telegram cannot fetch (`pictures`)."""

    __slots__ = ("_pictures",)

    def __init__(self, token: str, *, pictures: Pictures | None = None, **options: Any) -> None:  # noqa: ANN401
        super().__init__(token, **options)
        self._pictures = pictures

    @property
    def pictures(self) -> Pictures | None:
        return self._pictures

    async def call(
        self,
        method: str,
        parameters: dict[str, Any],
        *,
        rate_limit_args: int | None = None,
        files: Mapping[str, Upload] | None = None,
    ) -> Any:  # noqa: ANN401
        """The `result` of Telegram's answer, as JSON gives it. Parameters that are None are left out.

        A parameter names one of the `files` as attach://NAME. Paced as every other call; raises what PTB's own raise.
        """
        data = {name: value for name, value in parameters.items() if value is not None}
        if self.rate_limiter is None:
            return await self._post_plain(method, data, files or {})
        return await self.rate_limiter.process_request(
            self._post_plain, (method, data, files or {}), {}, method, data, rate_limit_args
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

    async def _post_plain(self, method: str, data: dict[str, Any], files: Mapping[str, Upload]) -> Any:  # noqa: ANN401
        return await self.request.post(f"{self.base_url}/{method}", cast("RequestData", _PlainData(data, files)))
