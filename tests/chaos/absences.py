"""Who pauses, unsubscribes, goes on and subscribes again while the bot runs, and a topic that spaces its posts."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bot.model import Mode, Restraint, Subscription
from bot.store import subscriptions
from bot.store.db import Database
from tests.chaos.nouns import Absence, Pair, Place
from tests.chaos.rows import sending, unplanned

SPACING_SECONDS = 3  # shorter than any that admins can choose, so that runs end


class Absences:
    """Of the places of a run. `line` gives the journal's next line."""

    def __init__(self, store: Path, places: Sequence[Place], chance: random.Random, line: Callable[[], int]) -> None:
        self.ended: list[Absence] = []
        self.excused: set[Pair] = set()  # what need not have been planned
        self._store = store
        self._places = places
        self._chance = chance
        self._line = line
        self._open: dict[Place, tuple[Absence, list[int], int]] = {}  # with what was not planned, and what came then

    @property
    def spaced(self) -> Place:
        """The topic that waits after each post; the other one of its forum does not."""
        return min(self._places)

    async def begin_spacing(self, db: Database) -> None:
        one = await self._find(db, self.spaced)
        assert one is not None
        await subscriptions.change(db, one.id, lambda old: replace(old, restraint=Restraint(spacing_minutes=1)))
        params = {"id": one.id, "spacing": SPACING_SECONDS * 1000}
        await db.execute("UPDATE subscription SET spacing_ms = :spacing WHERE id = :id", params)

    async def come_or_go(self, db: Database, stories: Sequence[int], times: int) -> None:
        """A place pauses or unsubscribes, or it goes on, or subscribes again; `stories` were announced so far."""
        for _ in range(times):
            await self._come_or_go(db, self._chance.choice(self._places), stories)

    async def all_come_back(self, db: Database, stories: Sequence[int]) -> None:
        """But for some of who unsubscribed."""
        for place in [*self._open]:
            if await self._find(db, place) or self._chance.random() < 0.5:
                await self._come_back(db, place, stories)

    def end(self, stories: Sequence[int]) -> None:
        """Who is away stays so."""
        for place in [*self._open]:
            self._end(place, None, stories)

    async def _come_or_go(self, db: Database, place: Place, stories: Sequence[int]) -> None:
        if place in self._open:
            await self._come_back(db, place, stories)
            return
        missing, one = unplanned(self._store), await self._find(db, place)
        assert one is not None
        if self._chance.random() < 0.5 or place == self.spaced:
            await subscriptions.set_paused(db, one.id, True)
        else:
            await subscriptions.remove(db, one.id)
        flying = {pair for pair in sending(self._store) if pair[0] == place}
        self._open[place] = Absence(place, self._line(), flying=flying), missing, len(stories)

    async def _come_back(self, db: Database, place: Place, stories: Sequence[int]) -> None:
        line, one = self._line(), await self._find(db, place)
        if one is None:
            await subscriptions.add(db, *place, Mode.INSTANT)
        else:
            await subscriptions.set_paused(db, one.id, False)
        self._end(place, line, stories)

    async def _find(self, db: Database, place: Place) -> Subscription | None:
        chat_id, topic = place
        return next((one for one in await subscriptions.of_chat(db, chat_id) if one.topic_id == topic), None)

    def _end(self, place: Place, line: int | None, stories: Sequence[int]) -> None:
        absence, missing, before = self._open.pop(place)
        self.ended.append(replace(absence, until=line))
        self.excused.update((place, story) for story in (*missing, *stories[before:]))
