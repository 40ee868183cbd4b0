"""How a chat comes to the bot: chosen, approved, kept out, tried."""

from collections.abc import Iterator
from dataclasses import replace

from bot.model import Bar, ChatKind
from bot.render import onboarding
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words
from tests.render.samples import BOT, CHANNEL, MENU, SUBSCRIPTION


def screens(words: Words, menu: Menu = MENU) -> Iterator[tuple[str, Outgoing]]:
    """Each of them, in every state that reads differently."""
    for number in range(2):
        asked = replace(CHANNEL, kind=ChatKind.SUPERGROUP if number else ChatKind.CHANNEL)
        yield f"asks to approve {number}", onboarding.asks_to_approve(asked, 7, "Анна" * number, words, menu)
        for approval in ("approved", "refused"):
            yield (
                f"decided {approval} {number}",
                onboarding.decided(CHANNEL, 7, approval, words, menu, first=bool(number)),
            )
    for bar in (*Bar, "?"):
        yield f"barred {bar}", onboarding.barred(CHANNEL, bar, words)
    own = replace(CHANNEL, kind=ChatKind.PRIVATE, id=menu.chat_id)
    yield "barred in private", onboarding.barred(own, Bar.CHAT_FULL, words)
    for reason in ("removed", "not_admin", "restricted"):
        yield f"cannot post {reason}", onboarding.cannot_post(CHANNEL, reason, words, menu, BOT)
    yield "asks for channel", onboarding.asks_for_channel(words)
    yield "not yours", onboarding.not_yours(words)
    yield "test post", onboarding.test_post_stands(CHANNEL, SUBSCRIPTION, 5, words, menu)
    for why in (
        onboarding.none_to_show,
        onboarding.wait_to_post,
        onboarding.may_stand,
        onboarding.refused_by_telegram,
        onboarding.cannot_delete,
    ):
        failed = onboarding.test_post_failed(CHANNEL, SUBSCRIPTION, why(words), None, words, menu)
        yield f"no test post: {why.__name__}", failed
