"""A digest that its admins are asked about ahead of its time: they put it in order, then approve or skip it."""

from telegram import Message, Update

from bot.delivery import approving, questions
from bot.handlers.context import Context
from bot.model import Proposal, ProposalState
from bot.render import approval as screens
from bot.render import greeting
from bot.render.callbacks import AddItem, DecideProposal, MoveItem, ShowAdditions, ShowProposal, StrikeItem
from bot.store import proposals

About = ShowProposal | MoveItem | StrikeItem | ShowAdditions | AddItem | DecideProposal


async def show_proposal(update: Update, context: Context, tapped: ShowProposal) -> None:
    await _show(update, context, tapped, article_id=tapped.article_id, page=tapped.page)


async def move(update: Update, context: Context, tapped: MoveItem) -> None:
    if (proposal := await _find(context, tapped)) is not None:
        await proposals.move(context.db, proposal, tapped.article_id, tapped.before_id)
    await _show(update, context, tapped, article_id=tapped.article_id)


async def strike(update: Update, context: Context, tapped: StrikeItem) -> None:
    if (proposal := await _find(context, tapped)) is not None:
        await proposals.strike(context.db, proposal, tapped.article_id)
    await _show(update, context, tapped)


async def show_additions(update: Update, context: Context, tapped: ShowAdditions) -> None:
    """What may be added, in place of the question."""
    proposal = await _find(context, tapped)
    asked = await questions.proposed(context.db, proposal) if proposal is not None else None
    if asked is None or asked.proposal.state is not ProposalState.ASKED:
        await _show(update, context, tapped)
        return
    words, menu = await context.words_and_menu(update)
    offered = await approving.additions(context.db, asked.digest, asked.proposal.run_id, screens.ADDITIONS)
    username = context.bot.username
    await context.show(update, screens.additions(asked, offered, tapped.page, words, menu, bot_username=username))


async def add(update: Update, context: Context, tapped: AddItem) -> None:
    """One of those that may be added still."""
    proposal = await _find(context, tapped)
    asked = await questions.proposed(context.db, proposal) if proposal is not None else None
    if proposal is not None and asked is not None:
        offered = await approving.additions(context.db, asked.digest, proposal.run_id, screens.ADDITIONS)
        if tapped.article_id in [article.id for article in offered]:
            await proposals.put(context.db, proposal, tapped.article_id)
    await _show(update, context, tapped, article_id=tapped.article_id)


async def decide(update: Update, context: Context, tapped: DecideProposal) -> None:
    """The first one to decide wins; the message of whoever comes later says who that was."""
    user = update.effective_user
    assert user is not None
    if (proposal := await _find(context, tapped)) is not None:
        how = proposals.approve if tapped.approve else proposals.skip
        await how(context.db, proposal, user.id, user.full_name)
    await _show(update, context, tapped)


async def _find(context: Context, tapped: About) -> Proposal | None:
    """Of the subscription whose admins the tap was checked against."""
    return await proposals.find(context.db, tapped.run_id, tapped.subscription_id)


async def _show(update: Update, context: Context, tapped: About, *, article_id: int = 0, page: int = 0) -> None:
    """The question as it stands now, in the message that was tapped; the others' messages follow."""
    assert update.callback_query is not None
    words, menu = await context.words_and_menu(update)
    proposal = await _find(context, tapped)
    asked = await questions.proposed(context.db, proposal) if proposal is not None else None
    if proposal is None or asked is None:
        await context.show(update, greeting.say(greeting.expired(words)))
        return
    message = update.callback_query.message
    if isinstance(message, Message):
        await proposals.note_shown(context.db, proposal, message.chat_id, message.message_id)
    context.services.wake()
    username = context.bot.username
    outgoing = screens.question(asked, words, menu, bot_username=username, page=page, article_id=article_id)
    await context.show(update, outgoing)
