"""Maintainers: the people who run the newsroom, and their roles."""

import builtins

from bot.clock import to_ms
from bot.model import Maintainer, Role
from bot.store.db import Store


async def role_of(store: Store, person_id: int) -> Role | None:
    """The person's role; None for a stranger."""
    row = await store.read_one("SELECT role FROM maintainer WHERE person_id = :id", {"id": person_id})
    return None if row is None else Role(row["role"])


async def add(store: Store, person_id: int, role: Role, name: str = "") -> None:
    """Gives the person the role, in place of one they had. An empty name leaves the one that is known."""
    await store.execute(
        """INSERT INTO maintainer (person_id, role, name, added_at) VALUES (:person_id, :role, :name, :now)
           ON CONFLICT (person_id) DO UPDATE
           SET role = excluded.role, name = CASE WHEN excluded.name = '' THEN maintainer.name ELSE excluded.name END""",
        {"person_id": person_id, "role": role, "name": name, "now": to_ms(store.now())},
    )


async def any_owner(store: Store) -> bool:
    """Whether somebody owns this bot."""
    return await store.read_one("SELECT 1 FROM maintainer WHERE role = 'owner' LIMIT 1") is not None


async def list(store: Store) -> builtins.list[Maintainer]:  # noqa: A001  # the verb of every subject here
    """Everyone, in the order they were added."""
    rows = await store.read("SELECT person_id, role, name FROM maintainer ORDER BY added_at, person_id")
    return [Maintainer(person_id=row["person_id"], role=Role(row["role"]), name=row["name"]) for row in rows]
