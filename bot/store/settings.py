"""Settings: single values that the program keeps: its secret, the owner's link, the heartbeat."""

import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta

from bot.clock import from_ms, to_ms
from bot.model import Role
from bot.store import maintainers
from bot.store.db import Store, Transaction

OWNER_LINK_LIFE = timedelta(hours=1)


async def get(store: Store, key: str) -> str | None:
    """The value, or None."""
    row = await store.read_one("SELECT value FROM setting WHERE key = :key", {"key": key})
    return None if row is None else str(row["value"])


async def put(store: Store, key: str, value: str) -> None:
    """Keeps the value in place of an older one."""
    await store.execute(
        """INSERT INTO setting (key, value) VALUES (:key, :value)
           ON CONFLICT (key) DO UPDATE SET value = excluded.value""",
        {"key": key, "value": value},
    )


async def secret(store: Store) -> bytes:
    """32 random bytes, made once: the key for what this bot signs and hashes."""
    known = await get(store, "secret")
    if known is None:
        await store.execute(
            "INSERT INTO setting (key, value) VALUES ('secret', :value) ON CONFLICT (key) DO NOTHING",
            {"value": secrets.token_hex(32)},
        )
        known = await get(store, "secret")
        assert known is not None
    return bytes.fromhex(known)


async def new_owner_link(store: Store, now: datetime) -> str:
    """A token of 128 random bits (22 characters) that makes one person the owner, once, within the hour.

    Only its hash is kept; an older one is void.
    """
    token = secrets.token_urlsafe(16)
    await put(store, "owner_link", json.dumps([_hash(token), to_ms(now + OWNER_LINK_LIFE)]))
    return token


async def use_owner_link(store: Store, token: str, person_id: int, name: str = "") -> bool:
    """Whether the token was good; then the person is an owner, and the token void."""

    async def work(tx: Transaction) -> bool:
        kept = await get(tx, "owner_link")
        if kept is None:
            return False
        known, expires_at = json.loads(kept)
        if not hmac.compare_digest(known, _hash(token)) or to_ms(tx.now()) >= expires_at:
            return False
        await tx.execute("DELETE FROM setting WHERE key = 'owner_link'")
        await maintainers.add(tx, person_id, Role.OWNER, name)
        return True

    return await store.write(work)


async def heartbeat(store: Store) -> None:
    """The running bot says that it is alive."""
    await put(store, "heartbeat", str(to_ms(store.now())))


async def heartbeat_at(store: Store) -> datetime | None:
    """When a running bot last said so; None: never."""
    value = await get(store, "heartbeat")
    return None if value is None else from_ms(int(value))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
