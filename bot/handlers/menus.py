"""A tap on a button: decoded, its permission checked, answered once, then done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from telegram import Update
from telegram.error import BadRequest

from bot.access import Act
from bot.handlers import (
    approval,
    backup,
    channels,
    connecting,
    digest_editor,
    doubts,
    drafts,
    feeds,
    files,
    filtering,
    following,
    ledger,
    looks,
    offers,
    onboarding,
    operations,
    publishing,
    reading,
    restraint,
    revisions,
    settings,
    subscriptions,
    trials,
)
from bot.handlers.actors import allowed, refusal
from bot.handlers.context import Context
from bot.render import callbacks, greeting
from bot.store import chats
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
    callbacks.ShowFilter: Menu(filtering.show, Act.MANAGE_CHAT),
    callbacks.LeaveFilterKind: Menu(filtering.show, Act.MANAGE_CHAT),
    callbacks.ShowFilterKind: Menu(filtering.show_kind, Act.MANAGE_CHAT),
    callbacks.ToggleFilterValue: Menu(filtering.toggle, Act.MANAGE_CHAT),
    callbacks.TryFilter: Menu(filtering.try_it, Act.MANAGE_CHAT),
    callbacks.NewSubscription: Menu(filtering.new, Act.MANAGE_CHAT),
    callbacks.FollowTag: Menu(following.tapped, Act.MANAGE_CHAT),
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
    callbacks.AskForChannel: Menu(connecting.ask_for_channel),
    callbacks.DecideChat: Menu(connecting.decide, Act.MANAGE_FEEDS),
    callbacks.SendTestPost: Menu(trials.send_test_post, Act.MANAGE_CHAT),
    callbacks.EndTestPost: Menu(trials.end_test_post, Act.MANAGE_CHAT),
    callbacks.ShowRestraint: Menu(restraint.show_restraint, Act.MANAGE_CHAT),
    callbacks.ChooseQuiet: Menu(restraint.choose_quiet, Act.MANAGE_CHAT),
    callbacks.DropQuiet: Menu(restraint.drop_quiet, Act.MANAGE_CHAT),
    callbacks.SetDailyCap: Menu(restraint.set_daily_cap, Act.MANAGE_CHAT),
    callbacks.SetSpacing: Menu(restraint.set_spacing, Act.MANAGE_CHAT),
    callbacks.ShowLedger: Menu(ledger.show_ledger, Act.MANAGE_CHAT),
    callbacks.ShowEntry: Menu(ledger.show_entry, Act.MANAGE_CHAT),
    callbacks.SetReport: Menu(ledger.set_report, Act.MANAGE_CHAT),
    callbacks.PostAgain: Menu(ledger.post_again, Act.MANAGE_CHAT),
    callbacks.ShowProposal: Menu(approval.show_proposal, Act.MANAGE_CHAT),
    callbacks.MoveItem: Menu(approval.move, Act.MANAGE_CHAT),
    callbacks.StrikeItem: Menu(approval.strike, Act.MANAGE_CHAT),
    callbacks.ShowAdditions: Menu(approval.show_additions, Act.MANAGE_CHAT),
    callbacks.AddItem: Menu(approval.add, Act.MANAGE_CHAT),
    callbacks.DecideProposal: Menu(approval.decide, Act.MANAGE_CHAT),
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
        words = await context.words_for(update)
        is_gone = menu.act is Act.MANAGE_CHAT and await chats.find(context.db, about) is None  # it has another id now
        await _answer(update, greeting.expired(words) if is_gone else refusal(menu.act, words))
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
