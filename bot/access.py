"""May this actor do this? Pure; asked by handlers and web at the moment of use, with facts looked up just then."""

from dataclasses import dataclass
from enum import Enum, auto

from bot.model import Role

SUBSCRIPTIONS_A_CHAT = 10  # channels and groups
SUBSCRIPTIONS_A_PERSON = 50  # in their private chat
CHATS_A_PERSON = 20  # channels and groups that get something because this person said so; maintainers: any number


class Act(Enum):
    """What is not open to everyone."""

    PUBLISH = auto()  # add an article and publish it
    MANAGE_FEEDS = auto()
    SEE_STATS = auto()
    KEEP_STORE = auto()  # back it up, and let a restored one send
    MEND_OUTBOX = auto()  # see what is in trouble; send it again, drop it
    MANAGE_CHAT = auto()  # the subscriptions of one channel or group


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `role` as a maintainer (None: a stranger); `is_chat_admin` of the chat concerned, as just looked up."""

    person_id: int
    role: Role | None = None
    is_chat_admin: bool = False


_ROLES: dict[Act, frozenset[Role]] = {
    Act.PUBLISH: frozenset({Role.OWNER, Role.EDITOR}),
    Act.MANAGE_FEEDS: frozenset({Role.OWNER, Role.EDITOR}),
    Act.SEE_STATS: frozenset(Role),
    Act.KEEP_STORE: frozenset({Role.OWNER}),
    Act.MEND_OUTBOX: frozenset({Role.OWNER, Role.EDITOR}),
    Act.MANAGE_CHAT: frozenset(),
}


def may(actor: Actor, act: Act) -> bool:
    """Whether the actor may do it. A chat's settings belong to its admins alone, not to maintainers as such."""
    if act is Act.MANAGE_CHAT:
        return actor.is_chat_admin
    return actor.role in _ROLES[act]
