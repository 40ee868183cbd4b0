"""The screens of filters, of followed tags and of /why."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from bot.filters import WANTED, Kind, Refusal, Verdict
from bot.model import ChatKind, Delivery, DeliveryKind, DeliveryState, Filter
from bot.render import filters as filter_screens
from bot.render import following, subscriptions, why
from bot.render.article import article_page
from bot.render.callbacks import ListRef
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words
from tests.render.samples import ARTICLE, CHANNEL, DAILY, MENU, NOW, SUBSCRIPTION

DELIVERY = Delivery(
    id=9,
    subscription_id=3,
    chat_id=CHANNEL.id,
    topic_id=0,
    kind=DeliveryKind.POST,
    article_id=1,
    digest_run_id=None,
    state=DeliveryState.SENT,
    attempts=1,
    not_before=NOW,
    message_ids=(5,),
    error="",
    dedupe_key="post:1",
    created_at=NOW - timedelta(hours=2),
    ended_at=NOW - timedelta(hours=1),
)


def screens(words: Words, menu: Menu = MENU) -> Iterator[tuple[str, Outgoing]]:
    """Each of them, in every state that reads differently."""
    every = Filter(("сад", "чай"), ("Новости",), ("Иван",), ("ru", "de"), ("чай", "зелёный чай", "сад*"), ("кофе",))
    for number, wanted in enumerate((Filter(), Filter(tags=("сад",)), every)):
        one = replace(SUBSCRIPTION, filter=wanted)
        yield f"filter {number}", filter_screens.filter_screen(CHANNEL, one, words, menu)
        for kind in Kind:
            shown = filter_screens.kind_screen(CHANNEL, one, kind, ("лес", "сад"), words, menu)
            yield f"filter {number} {kind}", shown
    full = replace(SUBSCRIPTION, filter=Filter(words=tuple(f"{'чай' * 30}{i}" for i in range(20))))
    left_out = [("ы" * 500, reason) for reason in Refusal]
    suggested = [f"лес{i}" for i in range(50)]
    yield (
        "full filter",
        filter_screens.kind_screen(CHANNEL, full, Kind.WORDS, suggested, words, menu, left_out=left_out),
    )
    yield "long filter", filter_screens.filter_screen(CHANNEL, full, words, menu)
    verdicts = [
        Verdict(True),
        Verdict(True, tuple((kind, "ru" if kind is Kind.LANGUAGES else "чай" * 90) for kind in Kind if kind in WANTED)),
        *(Verdict(False, ((kind, "кофе" if kind is Kind.EXCLUDED else ""),)) for kind in Kind),
    ]
    long = replace(ARTICLE, title="чай " * 100)
    tried = [(long, verdicts[1])] * 20
    each = [(ARTICLE, verdict) for verdict in verdicts]
    for number, shown_tried in enumerate((tried, each)):
        yield f"filter tried {number}", filter_screens.tried(CHANNEL, full, shown_tried, words, menu)
    yield "filter tried on nothing", filter_screens.tried(CHANNEL, full, [], words, menu)
    yield "filter of another", filter_screens.taken(CHANNEL, full, words, menu)
    brought = [
        why.Brought(full, [(ARTICLE, verdicts[0]), (long, verdicts[1]), (ARTICLE, verdicts[2])]),
        why.Brought(None, [(ARTICLE, None)]),
    ]
    yield "why", why.explained(CHANNEL, DELIVERY, brought, words, menu, now=NOW)
    yield (
        "why of a digest",
        why.explained(CHANNEL, DELIVERY, [replace(brought[0], items=tried)] * 9, words, menu, now=NOW),
    )
    for answer in (why.not_ours, why.how_to, why.untraceable):
        yield f"why {answer.__name__}", answer(words)
    for number in (0, 50):
        offered = filter_screens.new_subscription(CHANNEL, suggested[:number], words, menu)
        yield f"new subscription {number}", offered
    for tags in (("сад",), ("сад", "чай")):
        yield f"followed {tags}", following.followed(tags, words, menu)
        yield f"ended {tags}", following.ended(tags, words)
        yield f"not followed {tags}", following.not_followed(tags, words)
    yield "everything comes", following.everything_comes(words)
    yield "no tag to follow", following.no_tag(words)
    for besides in (1, 2):
        yield (
            f"subscribe besides {besides}",
            subscriptions.subscribe(None, words, menu, DAILY, replace(CHANNEL, kind=ChatKind.PRIVATE), besides=besides),
        )
    tagged = replace(ARTICLE, tags=("сад", "чай" * 40, "лес"))
    yield "article to follow", article_page(tagged, 0, words, menu, ListRef(), may_follow=True)
