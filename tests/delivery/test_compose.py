"""A post is made once for all chats of a language, and again when its article has changed."""

from collections.abc import Callable

import pytest

from bot.delivery.compose import KEPT, Composer
from bot.delivery.plan import plan
from bot.model import ArticleState, Mode
from bot.render.outgoing import Outgoing
from bot.render.post import post
from bot.store import articles, deliveries, subscriptions
from bot.store.claims import Claim, take
from bot.store.db import Database
from tests.clock import HandClock
from tests.delivery.conftest import english
from tests.store.samples import add_article, add_chat, add_digest, new_article, subscribe


class Room:
    """What each claim says, and which posts were made for it."""

    def __init__(self, db: Database, clock: HandClock) -> None:
        self.made: list[str] = []
        self._db = db
        self._clock = clock
        self._composer = Composer(db)

    def count(self, post: Callable[..., Outgoing]) -> Callable[..., Outgoing]:
        def counting(article: object, *rest: object, **options: object) -> Outgoing:
            self.made.append(getattr(article, "title", ""))
            return post(article, *rest, **options)

        return counting

    async def claims(self) -> list[Claim]:
        await plan(self._db)
        return await take(self._db, self._clock(), 100)

    async def says(self, claim: Claim) -> list[str]:
        parts = await self._composer.parts_of(claim, english(claim.chat.language), "bench_bot")
        return [part.text.text.split("\n")[0] for part in parts]

    async def deliver(self) -> list[list[str]]:
        """What everything that is due says, chat by chat."""
        said = []
        for claim in await self.claims():
            said.append(await self.says(claim))
            await deliveries.mark_sent(self._db, claim.delivery.id, [1])
        return said


@pytest.fixture
def room(db: Database, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> Room:
    room = Room(db, clock)
    monkeypatch.setattr("bot.delivery.send.post", room.count(post))
    return room


async def test_a_claim_brings_the_chat_how_loud_it_is_and_the_revision(db: Database, room: Room) -> None:
    await add_chat(db, -1, connected_by=7)
    wish = await subscribe(db, -1)
    await db.execute("UPDATE subscription SET silent = 1 WHERE id = :id", {"id": wish.id})
    digest = await subscribe(db, -2, mode=Mode.DIGEST)
    article_id = await add_article(db, announce=True)
    await add_digest(db, digest, db.now().date(), 0, [article_id], 1)
    about_digest, about_article = sorted(await room.claims(), key=lambda claim: claim.delivery.chat_id)
    assert (about_article.chat.connected_by, about_article.silent, about_article.revision) == (7, True, 1)
    assert (about_digest.chat.id, about_digest.silent, about_digest.revision) == (-2, False, None)
    assert await take(db, db.now(), 100) == []


async def test_a_post_is_made_once_for_all_chats_of_a_language(db: Database, room: Room) -> None:
    for chat_id in (1, 2, 3):
        await subscribe(db, chat_id)
    await db.execute("UPDATE chat SET language = 'fa' WHERE id = 3")
    await add_article(db, "news", announce=True)
    assert await room.deliver() == [["news"], ["news"], ["news"]]
    assert room.made == ["news", "news"]


async def test_a_changed_article_is_sent_as_it_is_now_and_a_withdrawn_one_not(db: Database, room: Room) -> None:
    for chat_id in (1, 2, 3):
        await subscribe(db, chat_id)
    article_id = await add_article(db, "news", announce=True)
    first, second, third = await room.claims()
    assert await room.says(first) == ["news"]
    await articles.update(db, article_id, new_article("corrected"))
    for claim in (second, third):
        await deliveries.again(db, claim.delivery.id, db.now(), counted=False)
    second, third = await room.claims()
    assert await room.says(second) == ["corrected"]
    await deliveries.again(db, third.delivery.id, db.now(), counted=False)
    await articles.update(db, article_id, new_article("corrected", state=ArticleState.WITHDRAWN))
    [third] = await room.claims()
    assert await room.says(third) == []


async def test_one_whose_subscription_has_ended_is_claimed_without_it(db: Database, room: Room) -> None:
    wish = await subscribe(db, 1)
    await add_article(db, "news", announce=True)
    await plan(db)
    await db.execute("UPDATE delivery SET subscription_id = 99")
    [claim] = await room.claims()
    assert claim.silent is None
    assert await subscriptions.remove(db, wish.id)


async def test_only_the_last_articles_are_kept(db: Database, room: Room) -> None:
    await subscribe(db, 1)
    for number in range(KEPT + 1):
        await add_article(db, f"{number}", announce=True)
    for _ in range(KEPT + 1):
        await room.deliver()
    await subscribe(db, 2)
    await db.execute("UPDATE subscription SET started_seq = 0")
    await db.execute("UPDATE plan_cursor SET announced_seq = 0")
    for _ in range(KEPT + 1):
        await room.deliver()
    assert room.made == [*map(str, range(KEPT + 1)), *map(str, range(KEPT + 1))]
