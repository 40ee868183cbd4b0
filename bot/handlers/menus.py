"""A tap on a button: decoded, its permission checked, answered once, then done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from telegram import Update
from telegram.error import BadRequest

from bot.access import Act
from bot.handlers import (
    backup,
    channels,
    digest_editor,
    doubts,
    drafts,
    feeds,
    files,
    looks,
    offers,
    onboarding,
    operations,
    publishing,
    reading,
    revisions,
    settings,
    subscriptions,
)
from bot.handlers.actors import allowed, refusal
from bot.handlers.context import Context
from bot.render import callbacks, greeting
from bot.store import subscriptions as store_subscriptions


@dataclass(frozen=True, slots=True)
class Menu:
    """What a button does, and what it takes to tap it."""

    run: Callable[[Update, Context, Any], Awaitable[None]]
    act: Act | None = None


MENUS: dict[type[Any], Menu] = {
    callbacks.ShowList: Menu(reading.show_list),
    callbacks.OpenArticle: Menu(reading.open_article),
    callbacks.ShowSubscribe: Menu(subscriptions.show_subscribe, Act.MANAGE_CHAT),
    callbacks.SubscribeChoice: Menu(subscriptions.subscribe_choice, Act.MANAGE_CHAT),
    callbacks.ShowChannels: Menu(subscriptions.show_channels),
    callbacks.ShowChannelCard: Menu(subscriptions.show_card, Act.MANAGE_CHAT),
    callbacks.ChannelChoice: Menu(subscriptions.channel_choice, Act.MANAGE_CHAT),
    callbacks.PauseChannel: Menu(subscriptions.pause_channel, Act.MANAGE_CHAT),
    callbacks.SourceChannel: Menu(channels.link, Act.MANAGE_CHAT),
    callbacks.TryChannel: Menu(subscriptions.try_channel, Act.MANAGE_CHAT),
    callbacks.RemoveChannel: Menu(subscriptions.remove_channel, Act.MANAGE_CHAT),
    callbacks.ShowSettings: Menu(settings.show_settings, Act.MANAGE_CHAT),
    callbacks.ShowSubscription: Menu(settings.show_subscription, Act.MANAGE_CHAT),
    callbacks.PauseSubscription: Menu(settings.pause, Act.MANAGE_CHAT),
    callbacks.RemoveSubscription: Menu(settings.remove, Act.MANAGE_CHAT),
    callbacks.ShowLook: Menu(looks.show_look, Act.MANAGE_CHAT),
    callbacks.ChoosePreset: Menu(looks.choose_preset, Act.MANAGE_CHAT),
    callbacks.SetLookPart: Menu(looks.set_part, Act.MANAGE_CHAT),
    callbacks.AskForLook: Menu(looks.ask, Act.MANAGE_CHAT),
    callbacks.ClearLook: Menu(looks.clear, Act.MANAGE_CHAT),
    callbacks.PreviewLook: Menu(looks.preview, Act.MANAGE_CHAT),
    callbacks.NewDigest: Menu(digest_editor.new, Act.MANAGE_CHAT),
    callbacks.EditDigest: Menu(digest_editor.show_part, Act.MANAGE_CHAT),
    callbacks.PickHour: Menu(digest_editor.pick_hour, Act.MANAGE_CHAT),
    callbacks.SetTime: Menu(digest_editor.set_time, Act.MANAGE_CHAT),
    callbacks.SetDay: Menu(digest_editor.set_day, Act.MANAGE_CHAT),
    callbacks.SetZone: Menu(digest_editor.set_zone, Act.MANAGE_CHAT),
    callbacks.SetDigest: Menu(digest_editor.set_option, Act.MANAGE_CHAT),
    callbacks.AskDigestText: Menu(digest_editor.ask, Act.MANAGE_CHAT),
    callbacks.ClearDigestText: Menu(digest_editor.clear, Act.MANAGE_CHAT),
    callbacks.PreviewDigest: Menu(digest_editor.preview, Act.MANAGE_CHAT),
    callbacks.SendDigest: Menu(digest_editor.send_now, Act.MANAGE_CHAT),
    callbacks.DraftDecision: Menu(publishing.decide, Act.PUBLISH),
    callbacks.MendDraft: Menu(drafts.ask, Act.PUBLISH),
    callbacks.LeaveDraft: Menu(drafts.leave, Act.PUBLISH),
    callbacks.HowToEdit: Menu(revisions.how_to_edit, Act.PUBLISH),
    callbacks.DecideEdit: Menu(revisions.decide, Act.PUBLISH),
    callbacks.WithdrawArticle: Menu(revisions.withdraw, Act.PUBLISH),
    callbacks.PickArticle: Menu(reading.pick, Act.PUBLISH),
    callbacks.FollowFeed: Menu(offers.follow, Act.MANAGE_FEEDS),
    callbacks.FindFeeds: Menu(offers.find, Act.MANAGE_FEEDS),
    callbacks.ShowFeeds: Menu(feeds.show_feeds, Act.MANAGE_FEEDS),
    callbacks.CheckFeed: Menu(feeds.check, Act.MANAGE_FEEDS),
    callbacks.PauseFeed: Menu(feeds.pause, Act.MANAGE_FEEDS),
    callbacks.ImportFile: Menu(files.decide, Act.PUBLISH),
    callbacks.ShowFeed: Menu(feeds.show, Act.MANAGE_FEEDS),
    callbacks.ClearFeed: Menu(feeds.clear, Act.MANAGE_FEEDS),
    callbacks.SetFeedEvery: Menu(feeds.set_every, Act.MANAGE_FEEDS),
    callbacks.SetFullText: Menu(feeds.set_full_text, Act.MANAGE_FEEDS),
    callbacks.SetAnnounceFirst: Menu(feeds.set_announce_first, Act.MANAGE_FEEDS),
    callbacks.RemoveFeed: Menu(feeds.remove, Act.MANAGE_FEEDS),
    callbacks.ChooseLanguage: Menu(onboarding.choose_language, Act.MANAGE_CHAT),
    callbacks.ResumeSending: Menu(backup.resume, Act.KEEP_STORE),
    callbacks.SettleDoubts: Menu(doubts.settle_doubts, Act.MANAGE_CHAT),
    callbacks.SettleMissed: Menu(doubts.settle_missed, Act.MANAGE_CHAT),
    callbacks.ShowOutbox: Menu(operations.show_outbox, Act.MEND_OUTBOX),
    callbacks.MendDelivery: Menu(operations.mend_delivery, Act.MEND_OUTBOX),
}


async def tapped(update: Update, context: Context) -> None:
    query, chat = update.callback_query, update.effective_chat
    assert query is not None
    callback = None
    if query.data is not None and chat is not None:
        callback = callbacks.decode(query.data, context.services.key, chat.id)
    if callback is None or chat is None:
        await _answer(update, greeting.expired(await context.words_for(update)))
        return
    menu = MENUS[type(callback)]
    about = await _about(context, callback, chat.id)
    if about is None:
        await _answer(update, greeting.expired(await context.words_for(update)))
        return
    if menu.act is not None and not await allowed(update, context, menu.act, about):
        await _answer(update, refusal(menu.act, await context.words_for(update)))
        return
    await _answer(update)
    await menu.run(update, context, callback)


async def _about(context: Context, callback: Any, here: int) -> int | None:  # noqa: ANN401 - of any kind
    """The chat that the button is about; None: the subscription that it names has been removed."""
    subscription_id = getattr(callback, "subscription_id", None)
    if subscription_id is None:
        chat_id: int = getattr(callback, "chat_id", here)
        return chat_id
    subscription = await store_subscriptions.find(context.db, subscription_id)
    return None if subscription is None else subscription.chat_id


async def _answer(update: Update, alert: str | None = None) -> None:
    """Once. A query that is too old for an answer is still done: the tap was meant."""
    assert update.callback_query is not None
    try:
        await update.callback_query.answer(alert, show_alert=alert is not None)
    except BadRequest:
        return
