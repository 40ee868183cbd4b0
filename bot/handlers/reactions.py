"""What the readers of a channel think of a post, as Telegram counts it; it tells administrators, some minutes late."""

from functools import partial

from telegram import ReactionTypePaid, Update

from bot.handlers.context import Context
from bot.store import reactions
from bot.store.faults import attempt


async def counted(update: Update, context: Context) -> None:
    """A post has so many reactions now. Paid ones are no votes: one person may give thousands."""
    told = update.message_reaction_count
    assert told is not None
    total = sum(each.total_count for each in told.reactions if not isinstance(each.type, ReactionTypePaid))
    await attempt(context.db, partial(reactions.note, context.db, told.chat.id, told.message_id, total, told.date))
