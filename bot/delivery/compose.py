"""What deliveries say, made once for all chats that are sent the same article in the same language and look."""

from bot.delivery import send
from bot.model import Look
from bot.render.outgoing import Outgoing
from bot.render.words import Words
from bot.store.claims import Claim
from bot.store.db import Store

KEPT = 32  # articles come to many chats at about the same time, and few at once


class Composer:
    """Keeps the messages of the articles that it was asked for last."""

    def __init__(self, db: Store) -> None:
        self._db = db
        self._kept: dict[tuple[int | None, int, str, Look], list[Outgoing]] = {}

    async def parts_of(self, claim: Claim, words: Words, bot_username: str) -> list[Outgoing]:
        """As send.parts_of, which makes them."""
        delivery = claim.delivery
        if claim.revision is None:
            return await send.parts_of(self._db, delivery, words, bot_username, claim.look)
        key = delivery.article_id, claim.revision, claim.chat.language, claim.look
        parts = self._kept.get(key)
        if parts is None:
            parts = await send.parts_of(self._db, delivery, words, bot_username, claim.look)
            if parts:  # it may have been withdrawn since it was claimed, and be published again
                self._kept[key] = parts
                while len(self._kept) > KEPT:
                    del self._kept[next(iter(self._kept))]
        return parts
