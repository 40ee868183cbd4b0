"""How the posts of a subscription look: chosen by buttons, written in replies, and tried on the newest article."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from telegram import Update
from telegram.error import TelegramError

from bot.delivery import send
from bot.delivery.retry import Policy, Suspend, outcome
from bot.handlers.actors import answered
from bot.handlers.context import Context
from bot.handlers.subscriptions import person_of
from bot.model import Article, Look, Preset, Subscription
from bot.render import looks as screens
from bot.render.callbacks import (
    AskForLook,
    ChoosePreset,
    ClearLook,
    LookWords,
    PreviewLook,
    SetLookPart,
    ShowLook,
)
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.post import SIGNATURE_16, post
from bot.render.template import LIMIT_16, placeholders, unknown
from bot.render.text import Text, len16
from bot.render.words import Words
from bot.store import articles, subscriptions, topics, weighing

LOOKED_AT = 50  # articles, for one that passes the filter


async def show_look(update: Update, context: Context, tapped: ShowLook) -> None:
    await _show(update, context, screens.look, await subscriptions.get(context.db, tapped.subscription_id))


async def choose_preset(update: Update, context: Context, tapped: ChoosePreset) -> None:
    one = await subscriptions.get(context.db, tapped.subscription_id)
    if tapped.preset is Preset.OWN and not one.look.template:
        await _show(update, context, screens.ask_template, one)
    else:
        await _show(
            update,
            context,
            screens.look,
            await _change(context, one.id, lambda was: replace(was, preset=tapped.preset)),
        )


async def set_part(update: Update, context: Context, tapped: SetLookPart) -> None:
    changes: dict[str, Any] = {tapped.part: tapped.on}
    one = await _change(context, tapped.subscription_id, lambda was: replace(was, **changes))
    await _show(update, context, screens.look, one)


async def ask(update: Update, context: Context, tapped: AskForLook) -> None:
    """Signature, or Change template."""
    question = screens.ask_signature if tapped.words is LookWords.SIGNATURE else screens.ask_template
    await _show(update, context, question, await subscriptions.get(context.db, tapped.subscription_id))


async def clear(update: Update, context: Context, tapped: ClearLook) -> None:
    """Without a template posts are as they usually are."""
    if tapped.words is LookWords.SIGNATURE:
        one = await _change(context, tapped.subscription_id, lambda was: replace(was, signature=""))
    else:
        one = await _change(
            context, tapped.subscription_id, lambda was: replace(was, template="", preset=Look().preset)
        )
    await _show(update, context, screens.look, one)


async def preview(update: Update, context: Context, tapped: PreviewLook) -> None:
    await _preview(update, context, await subscriptions.get(context.db, tapped.subscription_id))


async def replied(update: Update, context: Context) -> bool:
    """Takes a reply to the question for a signature or a template. False: it is a reply to something else."""

    async def take(asked: ClearLook, one: Subscription, given: str) -> None:
        words, menu = await context.words_and_menu(update)
        if asked.words is LookWords.SIGNATURE:
            await _take_signature(update, context, one, given, words, menu)
        else:
            await _take_template(update, context, one, given, words, menu)

    return await answered(update, context, ClearLook, take)


async def _take_signature(
    update: Update, context: Context, one: Subscription, given: str, words: Words, menu: Menu
) -> None:
    signature, chat = " ".join(given.split()), await topics.destination_of(context.db, one)
    if (length := len16(signature)) > SIGNATURE_16:
        note = screens.too_long(words, length, SIGNATURE_16)
        await context.say_in_passing(update, screens.ask_signature(chat, one, words, menu, note))
        return
    one = await _change(context, one.id, lambda was: replace(was, signature=signature))
    await context.say_in_passing(update, screens.look(chat, one, words, menu))


async def _take_template(
    update: Update, context: Context, one: Subscription, given: str, words: Words, menu: Menu
) -> None:
    """It holds at once, and the newest article shows how."""
    template, chat = given.strip(), await topics.destination_of(context.db, one)
    problem = _problem(template, words)
    if problem is not None:
        await context.say_in_passing(update, screens.ask_template(chat, one, words, menu, problem))
        return
    one = await _change(context, one.id, lambda was: replace(was, preset=Preset.OWN, template=template))
    if person_of(update) is not None:
        await _preview(update, context, one)
    await context.say_in_passing(update, screens.look(chat, one, words, menu))


def _problem(template: str, words: Words) -> Text | str | None:
    """What is wrong with it; None: nothing."""
    if (length := len16(template)) > LIMIT_16:
        return screens.too_long(words, length, LIMIT_16)
    if (name := unknown(template)) is not None:
        return screens.no_placeholder(words, name)
    return None if placeholders(template) else screens.nothing_to_fill(words)


async def _preview(update: Update, context: Context, one: Subscription) -> None:
    """The newest article that it would send, as it would be there, to the person's private chat."""
    words = await context.words_for(update)
    article, chat = await newest(context, one), await topics.destination_of(context.db, one)
    if article is None:
        await context.say_in_passing(update, screens.nothing_to_preview(words))
        return
    shown = post(article, context.services.words(chat.language), bot_username=context.bot.username, look=one.look)
    await send_privately(update, context, [shown])


async def send_privately(update: Update, context: Context, parts: Sequence[Outgoing]) -> None:
    """To the private chat of whoever taps or replies; who has not started the bot is told to."""
    assert update.effective_user is not None
    try:
        for part in parts:
            await send.message(context.bot, update.effective_user.id, part)
    except TelegramError as error:
        if not isinstance(outcome(error, attempts=1, policy=Policy.HOLD), Suspend):
            raise
        words = await context.words_for(update)
        await context.say_in_passing(update, screens.may_not_write(words, bot_username=context.bot.username))


async def newest(context: Context, one: Subscription) -> Article | None:
    """The newest article that the subscription would send; None: there is none among the last."""
    found = await articles.newest(context.db, LOOKED_AT)
    return next(iter(await weighing.passing(context.db, found, one.filter)), None)


async def _change(context: Context, subscription_id: int, how: Callable[[Look], Look]) -> Subscription:
    """The subscription with its look changed, whatever else another admin changes meanwhile."""
    return await subscriptions.change(context.db, subscription_id, lambda one: replace(one, look=how(one.look)))


async def _show(update: Update, context: Context, screen: Callable[..., Outgoing], one: Subscription) -> None:
    words, menu = await context.words_and_menu(update)
    await context.show(update, screen(await topics.destination_of(context.db, one), one, words, menu))
