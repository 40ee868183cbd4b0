"""Nouns to render, written in letters that no text of ours uses, and every screen that a person can see."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import StoreFault
from bot.model import (
    Article,
    ArticleState,
    Chat,
    ChatKind,
    ChatState,
    DeliveryState,
    Effect,
    Feed,
    Filter,
    Listing,
    Mode,
    Notice,
    NoticeKind,
    Order,
    Period,
    Proposal,
    ProposalState,
    Restraint,
    Schedule,
    Selection,
    Subscription,
    Teaser,
    Topic,
    Troubled,
)
from bot.render import (
    approval,
    backup,
    digest_editor,
    doubts,
    faults,
    greeting,
    hints,
    settings,
    subscriptions,
)
from bot.render.article import article_page
from bot.render.callbacks import Choice, DigestText, ListKind, ListRef
from bot.render.digest import Frame, digest, nothing_new
from bot.render.keyboards import Menu
from bot.render.listing import listing, search_help
from bot.render.notices import Facts, notice
from bot.render.outgoing import Outgoing
from bot.render.post import post
from bot.render.reasons import obstacle
from bot.render.words import Words, load
from tests.render import samples_ledger

KEY = b"k" * 32
MENU = Menu(KEY, 1001)
BERLIN = ZoneInfo("Europe/Berlin")
ENGLISH = load("en", BERLIN)
PSEUDO = load("qps", BERLIN)
NOW = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
DAILY = Schedule(timezone="Europe/Berlin")
BOT = "paper_bot"

ARTICLE = Article(
    id=42,
    url="https://www.пример.рф/чай",
    canonical_url="https://www.пример.рф/чай",
    title="Чай в саду",
    summary="О том, как растёт чай.",
    body="<p>Чай растёт <b>медленно</b>.</p>",
    text="Чай растёт медленно.",
    author="Иван",
    language="ru",
    tags=("сад", "зелёный чай"),
    image_url="https://пример.рф/чай.jpg",
    enclosures=(),
    state=ArticleState.PUBLISHED,
    published_at=NOW,
    announced_seq=7,
    changed_seq=7,
    content_hash="",
    revision=1,
)
TEASER = Teaser(
    id=42,
    title="Чай в саду",
    summary="О том, как растёт чай.",
    url="https://www.пример.рф/чай",
    author="Иван",
    language="ru",
    image_url=None,
    published_at=NOW,
)
CHANNEL = Chat(-1001234, ChatKind.CHANNEL, "Новости сада", username=None, language="")
SUBSCRIPTION = Subscription(
    id=3,
    chat_id=CHANNEL.id,
    topic_id=0,
    mode=Mode.INSTANT,
    schedule=DAILY,
    next_run_at=None,
    filter=Filter(),
    silent=False,
    paused=False,
    suspended="",
    started_seq=0,
    created_by=None,
)
PROPOSAL = Proposal(8, 3, NOW, must_approve=False, state=ProposalState.ASKED, decider="", revision=1)
FEED = Feed(
    id=5,
    url="https://пример.рф/лента",
    title="Садовая лента",
    etag="",
    last_modified="",
    next_check_at=NOW,
    failures=0,
    last_error="",
    paused=False,
    tags=(),
    polled_at=NOW - timedelta(hours=2),
    added_by=None,
)
TROUBLED = Troubled(
    id=77,
    chat_id=CHANNEL.id,
    chat_kind=ChatKind.CHANNEL,
    chat_title="Новости сада",
    title="Чай в саду",
    digest_date=None,
    state=DeliveryState.UNCERTAIN,
    error="ошибка",
    since=NOW - timedelta(minutes=3),
)
TROUBLES = (
    TROUBLED,
    replace(TROUBLED, id=78, state=DeliveryState.REFUSED, title="", digest_date=date(2026, 11, 24)),
    replace(TROUBLED, id=79, state=DeliveryState.PENDING, title="", chat_title=""),
    replace(TROUBLED, id=80, chat_kind=ChatKind.PRIVATE, chat_title="Анна"),
    replace(TROUBLED, id=81, chat_kind=ChatKind.SUPERGROUP, topic=Topic(17, "")),
)
FACTS = Facts(DAILY, BOT, uncertain=TROUBLES[:2], missed=12)
OBSTACLES = (
    "not_admin",
    "no_right_to_post",
    "restricted",
    "rights",
    "removed",
    "gone",
    "topic",
    "blocked",
    "unreachable",
    "?",
)
FETCH_REASONS = (
    "url",
    "refused",
    "timeout",
    "dns",
    "http",
    "large",
    "redirects",
    "encoding",
    "tls",
    "feed",
    "file",
    "login",
    "empty",
    "unreadable",
)


@dataclass(frozen=True)
class FeedNumbers:
    total: int = 6
    paused: int = 2
    failing: int = 1


@dataclass(frozen=True)
class OutboxNumbers:
    pending: int = 3
    sending: int = 1
    sent: int = 500
    uncertain: int = 1
    refused: int = 1
    suspended: int = 2
    oldest_seconds: int = 120


@dataclass(frozen=True)
class Numbers:
    """What store.stats gives."""

    articles: dict[str, int] = field(default_factory=lambda: {"published": 1200, "draft": 1})
    feeds: FeedNumbers = FeedNumbers()
    chats: dict[str, int] = field(default_factory=lambda: {"private": 10, "supergroup": 2, "group": 1, "channel": 1})
    suspended_chats: int = 1
    subscriptions: dict[str, int] = field(default_factory=lambda: {"instant": 3, "digest": 1})
    reads: int = 50
    reads_last_day: int = 5
    outbox: OutboxNumbers = OutboxNumbers()
    changes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Effect, 2))


QUIET = Numbers({}, FeedNumbers(0, 0, 0), {}, 0, {}, 0, 0, OutboxNumbers(0, 0, 0, 0, 0, 0, 0), {})


def page_of(*teasers: Teaser, page: int = 0, has_next: bool = False, total: int | None = None) -> Listing:
    return Listing(teasers, page, has_next, total)


def long_article(**changes: object) -> Article:
    body = "".join(f"<p>Абзац {i}. <i>Чай</i> растёт медленно, и никто его не торопит.</p>" for i in range(200))
    return replace(ARTICLE, body=body, **changes)  # type: ignore[arg-type]


def screens(words: Words, menu: Menu = MENU) -> Iterator[tuple[str, Outgoing]]:
    """Every screen, in every state that reads differently."""
    yield from _reading(words, menu)
    yield from _lists(words, menu)
    yield from _channels(words, menu)
    yield from _backups(words)
    yield from _short(words, menu)


def _reading(words: Words, menu: Menu) -> Iterator[tuple[str, Outgoing]]:
    for ref in (ListRef(), ListRef(ListKind.TOP, 3), ListRef(ListKind.SEARCH, 1, 99)):
        yield f"article {ref.kind}", article_page(ARTICLE, 0, words, menu, ref)
    yield "long article", article_page(long_article(), 1, words, menu, ListRef())
    like = [replace(TEASER, id=n, title=t) for n, t in ((43, "Сад зимой"), (44, ""), (45, "Чай и мёд " * 40))]
    yield (
        "article with related",
        article_page(ARTICLE, 0, words, menu, ListRef(), is_ours=True, may_share=True, related=like),
    )
    yield "empty article", article_page(replace(ARTICLE, body="", summary="", title=""), 0, words, menu, ListRef())
    bare = replace(ARTICLE, body="", summary="", url=None, author="")
    yield "bare article", article_page(bare, 0, words, menu, ListRef())
    for is_pick in (False, True):
        page = article_page(ARTICLE, 0, words, menu, ListRef(), is_ours=True, is_pick=is_pick)
        yield f"own article {is_pick}", page
    yield "post", post(ARTICLE, words, bot_username=BOT)
    for i, part in enumerate(digest([ARTICLE] * 41, words, date=date(2026, 11, 24), bot_username=BOT)):
        yield f"digest {i}", part
    frame = Frame("Утро", "Доброе утро", "Пишите нам", by_tag=True)
    several = [ARTICLE, replace(ARTICLE, tags=())]
    for i, part in enumerate(digest(several, words, date=date(2026, 11, 24), bot_username=BOT, frame=frame)):
        yield f"framed digest {i}", part
    yield "empty digest", nothing_new(words, date=date(2026, 11, 24), frame=frame)[0]


def _lists(words: Words, menu: Menu) -> Iterator[tuple[str, Outgoing]]:
    found = replace(TEASER, snippet="растёт чай в саду", marks=((7, 10),), title_marks=((0, 3),))
    five = page_of(*[TEASER] * 5, page=1, has_next=True)
    search, tag = ListRef(ListKind.SEARCH, query_id=9), ListRef(ListKind.TAG, query_id=8)
    yield "latest", listing(five, ListRef(page=1), words, menu)
    yield "tag", listing(five, tag, words, menu, tag="сад")
    yield "search", listing(page_of(found, total=1), search, words, menu, query="чай")
    meant = replace(page_of(found, total=1), meant="чай", is_partial=True)
    yield "search meant otherwise", listing(meant, search, words, menu, query="чаи", meant_id=9)
    nothing = replace(page_of(), meant="чай", is_partial=True)
    yield "nothing found, meant otherwise", listing(nothing, search, words, menu, query="чаи", meant_id=9)
    yield "no article", listing(page_of(), ListRef(), words, menu)
    yield "no tag", listing(page_of(), tag, words, menu, tag="сад")
    yield "nothing found", listing(page_of(), search, words, menu, query="чай")
    yield "shorter list", listing(page_of(page=4), ListRef(page=4), words, menu)
    liked = replace(TEASER, reads=12, reactions=5)
    for period in Period:
        ref = ListRef(ListKind.TOP, period=period)
        yield f"top {period}", listing(page_of(replace(TEASER, reads=3)), ref, words, menu)
        yield f"empty top {period}", listing(page_of(), ref, words, menu)
        of_tag = replace(ref, query_id=8)
        yield f"top {period} of a tag", listing(page_of(liked), of_tag, words, menu, tag="сад")
        yield f"empty top {period} of a tag", listing(page_of(), of_tag, words, menu, tag="сад")
    yield "search help", search_help(words)
    yield "nonsense search", search_help(words, "?!")


def _channels(words: Words, menu: Menu) -> Iterator[tuple[str, Outgoing]]:
    states = [
        None,
        SUBSCRIPTION,
        replace(SUBSCRIPTION, mode=Mode.DIGEST),
        replace(SUBSCRIPTION, paused=True),
        replace(SUBSCRIPTION, suspended="topic"),
        replace(SUBSCRIPTION, filter=Filter(tags=("сад",))),
        replace(SUBSCRIPTION, mode=Mode.DIGEST, schedule=replace(DAILY, weekdays=frozenset({0, 2}))),
    ]
    for i, state in enumerate(states):
        for kind in (ChatKind.PRIVATE, ChatKind.SUPERGROUP):
            yield (
                f"subscribe {i} {kind}",
                subscriptions.subscribe(state, words, menu, DAILY, replace(CHANNEL, kind=kind)),
            )
    for was in (True, False):
        yield f"unsubscribed {was}", subscriptions.unsubscribed(words, menu, was_subscribed=was)
    yield "card", subscriptions.channel_card(CHANNEL, words, menu, DAILY)
    yield "nameless card", subscriptions.channel_card(replace(CHANNEL, title=" "), words, menu, DAILY)
    for choice in Choice:
        yield f"chosen {choice}", subscriptions.channel_chosen(CHANNEL, choice, words, menu, DAILY)
    mondays = replace(DAILY, weekdays=frozenset({0}))
    yield "chosen mondays", subscriptions.channel_chosen(CHANNEL, Choice.DAILY, words, menu, mondays)
    lost = replace(CHANNEL, state=ChatState.SUSPENDED, reason="rights")
    items = [subscriptions.Connected(CHANNEL, () if state is None else (state,)) for state in states]
    items += [subscriptions.Connected(CHANNEL, (), is_source, may_follow=True) for is_source in (False, True)]
    items += [subscriptions.Connected(CHANNEL, (SUBSCRIPTION, SUBSCRIPTION))]
    yield "channels", subscriptions.channels(items, 1, words, menu, bot_username=BOT, has_next=True)
    yield (
        "lost",
        subscriptions.channels([subscriptions.Connected(lost, (SUBSCRIPTION,))], 0, words, menu, bot_username=BOT),
    )
    several = [replace(SUBSCRIPTION, id=i, name=name) for i, name in enumerate(("", "Утро"))]
    several += [replace(SUBSCRIPTION, mode=Mode.DIGEST, filter=Filter(tags=("сад",)), paused=True)]
    several += [replace(SUBSCRIPTION, suspended="topic")]
    for number in (0, len(several)):
        yield f"settings of {number}", settings.settings(CHANNEL, several[:number], words, menu)
        own = replace(CHANNEL, kind=ChatKind.PRIVATE, id=menu.chat_id)
        yield f"own settings of {number}", settings.settings(own, several[:number], words, menu)
    forum = replace(CHANNEL, kind=ChatKind.SUPERGROUP)
    for topic in (Topic(0, ""), Topic(17, ""), Topic(18, "Чай\n" * 99)):
        there = replace(forum, topic=topic)
        yield f"settings of topic {topic.id}", settings.settings(there, several[:1], words, menu)
        by_topic = {one.id: topic for one in several}
        yield f"settings by topic {topic.id}", settings.settings(forum, several, words, menu, by_topic)
    for i, one in enumerate(several):
        yield f"subscription {i}", settings.subscription(CHANNEL, one, words, menu)
        yield f"remove subscription {i}", settings.remove_subscription(CHANNEL, one, words, menu)
    yield from samples_ledger.restraints(CHANNEL, SUBSCRIPTION, words, menu, NOW)
    yield from samples_ledger.ledgers(CHANNEL, words, menu, NOW)
    yield from _digest_editor(words, menu)
    yield from _approval(words, menu)
    yield "no preview", digest_editor.nothing_waits(words)
    yield "no channels", subscriptions.channels([], 0, words, menu, bot_username=BOT)
    yield "remove", subscriptions.remove_channel(CHANNEL, 1, words, menu)
    for about, data in _NOTICES:
        yield f"notice {about}", notice(Notice(1, 2, about, data), words, menu, FACTS)
    yield from _doubts(words, menu)
    for reason in OBSTACLES:
        yield f"obstacle {reason}", greeting.say(obstacle(reason, words))


def _digest_editor(words: Words, menu: Menu) -> Iterator[tuple[str, Outgoing]]:
    plain = replace(SUBSCRIPTION, mode=Mode.DIGEST, schedule=DAILY)
    chosen = Selection(Order.PICKED, 2, 5, header="Доброе утро!", by_tag=True, pin=True)
    times = tuple(time(hour, 5) for hour in range(digest_editor.TIMES_LIMIT))
    full = replace(plain, selection=chosen, schedule=Schedule(times, frozenset({0, 5}), "Asia/Tehran"), silent=True)
    digests = [plain, full, replace(full, paused=True), replace(full, paused=True, paused_until=NOW)]
    digests += [replace(full, suspended="topic"), replace(full, filter=Filter(("сад",), excluded=("кофе",)))]
    digests += [
        replace(full, selection=replace(chosen, approve_minutes=minutes, must_approve=must))
        for minutes, must in ((15, False), (120, True))
    ]
    for i, one in enumerate(digests):
        proposal = PROPOSAL if one.selection.approve_minutes else None
        edited = digest_editor.Edited(CHANNEL, one, NOW, [NOW] * 3, proposal)
        yield f"editor {i}", digest_editor.editor(edited, words, menu)
        yield f"editor times {i}", digest_editor.times(edited, words, menu)
        yield f"editor minutes {i}", digest_editor.minutes(edited, 23, words, menu)
        yield f"editor days {i}", digest_editor.days(edited, words, menu)
        yield f"editor content {i}", digest_editor.content(edited, words, menu)
        yield f"editor texts {i}", digest_editor.texts(edited, words, menu)
        yield f"editor more {i}", digest_editor.more(edited, words, menu)
        yield f"editor approval {i}", digest_editor.approval(edited, words, menu)
        own = replace(edited, chat=replace(CHANNEL, kind=ChatKind.PRIVATE, id=menu.chat_id))
        yield f"own editor {i}", digest_editor.editor(own, words, menu)
        yield f"own editor approval {i}", digest_editor.approval(own, words, menu)
        for typed in (None, "Тегеран"):
            for offered in ([], ["Asia/Tehran", "Europe/Berlin"]):
                yield f"editor zone {i} {typed}", digest_editor.zone(edited, words, menu, offered, typed)
        for text in DigestText:
            yield f"editor asks {i} {text}", digest_editor.ask_for(edited, text, words, menu)
        for is_sent in (True, False):
            yield f"editor sent {i} {is_sent}", digest_editor.sent_now(edited, words, menu, is_sent=is_sent)
        yield (
            f"editor sends later {i}",
            digest_editor.sent_now(edited, words, menu, is_sent=True, held_until=NOW + timedelta(hours=8)),
        )
        for count in (0, 1, 5):
            yield f"editor asks to send {i} {count}", digest_editor.ask_to_send(edited, count, words, menu)


def _approval(words: Words, menu: Menu) -> Iterator[tuple[str, Outgoing]]:
    one = replace(SUBSCRIPTION, mode=Mode.DIGEST, name="Утро")
    own = replace(CHANNEL, kind=ChatKind.PRIVATE, id=menu.chat_id)
    items = [replace(ARTICLE, id=number, title=f"Чай {number}") for number in range(1, 23)]
    for chat in (CHANNEL, own):
        for state in ProposalState:
            for decider in ("", "Мария"):
                proposal = replace(PROPOSAL, state=state, decider=decider)
                asked = approval.Proposed(chat, one, proposal, items)
                yield f"proposal {state} {decider}", approval.question(asked, words, menu, bot_username=BOT)
    for must in (False, True):
        for count in (0, 1, 22):
            proposal = replace(PROPOSAL, must_approve=must)
            asked = approval.Proposed(CHANNEL, one, proposal, items[:count])
            for page in (0, 2):
                yield f"proposal of {count}", approval.question(asked, words, menu, bot_username=BOT, page=page)
                added = approval.additions(asked, items[:count], page, words, menu, bot_username=BOT)
                yield f"additions to {count}", added
            for chosen in (1, 12, 22):
                item = approval.question(asked, words, menu, bot_username=BOT, article_id=chosen)
                yield f"item {chosen} of {count}", item
    night = replace(one, restraint=Restraint(quiet_from=time(22), quiet_until=time(7)))
    for state, decider in ((ProposalState.ASKED, ""), (ProposalState.SENT, ""), (ProposalState.SENT, "Мария")):
        asked = approval.Proposed(CHANNEL, night, replace(PROPOSAL, state=state, decider=decider), items)
        yield f"proposal at night {state} {decider}", approval.question(asked, words, menu, bot_username=BOT)
    yield "proposal removed", approval.removed(words)


_NOTICES: list[tuple[NoticeKind, dict[str, object]]] = [
    (NoticeKind.CHANNEL_CARD, {"chat_id": -1001234, "title": "Новости"}),
    (NoticeKind.CHAT_BARRED, {"chat_id": -1001234, "title": "Новости", "bar": "waits"}),
    (NoticeKind.CHAT_ASKED, {"chat_id": -1001234, "title": "Новости", "person_id": 7, "name": "Анна"}),
    (NoticeKind.CHAT_SUSPENDED, {"chat_id": -1001234, "title": "Новости", "reason": "rights"}),
    (NoticeKind.CHAT_SUSPENDED, {"chat_id": -1001234, "title": "Новости", "kind": "group", "reason": "removed"}),
    (NoticeKind.CHAT_RESUMED, {"chat_id": -1001234, "title": "Новости"}),
    (NoticeKind.DELIVERY_UNCERTAIN, {"chat_id": -1001234, "title": "Новости", "kind": "channel"}),
    (NoticeKind.FEED_FAILING, {"feed_id": 3, "title": "Лента", "error": "timeout"}),
    (NoticeKind.FEED_FAILING, {"feed_id": 3, "title": "", "url": "https://пример.рф/f", "error": "http: 404"}),
    (NoticeKind.FEED_FAILING, {"count": 12}),
    (NoticeKind.FEED_FAILING, {}),
    (NoticeKind.FEED_RECOVERED, {"feed_id": 3, "title": "Лента", "url": "https://example.org/f"}),
    (NoticeKind.FEED_RECOVERED, {"count": 12}),
    (NoticeKind.FEED_STOPPED, {"feed_id": 3, "title": "Лента", "url": "https://example.org/f"}),
    (NoticeKind.FEED_IDS_CHANGED, {"feed_id": 3, "title": "Лента"}),
    (NoticeKind.COPIES_CHANGED, {"title": "Чай", "withdrawn": False, "waiting": 3, **dict.fromkeys(Effect, 2)}),
    (NoticeKind.COPIES_CHANGED, {"title": "Чай", "withdrawn": True, "deleted": 1}),
    (NoticeKind.STORE_RESTORED, {"age_seconds": 259200, "pushes": 12, "articles": 3}),
    (NoticeKind.STORE_RESTORED, {}),
    (NoticeKind.DELIVERY_REFUSED, {"chat_id": -1001234, "article_id": 3, "article_title": "Чай", "error": "ошибка"}),
    (NoticeKind.DELIVERY_REFUSED, {"chat_id": -1001234, "article_id": None, "error": "ошибка"}),
]


def _doubts(words: Words, menu: Menu) -> Iterator[tuple[str, Outgoing]]:
    for chat in (CHANNEL, replace(CHANNEL, id=1001, kind=ChatKind.PRIVATE)):
        for count in (1, 2):
            yield f"doubts {chat.kind} {count}", doubts.question(chat, TROUBLES[:count], words, menu)
            for arrived in (True, False):
                yield f"settled {chat.kind} {count} {arrived}", doubts.settled(chat, count, words, arrived=arrived)
        yield f"settled {chat.kind} already", doubts.settled(chat, 0, words, arrived=True)
        for count in (0, 1, 12):
            yield f"resumed {chat.kind} {count}", doubts.resumed(chat, count, words, menu)
    for count in (0, 1, 2):
        for send in (True, False):
            yield f"missed {count} {send}", doubts.missed_settled(CHANNEL, count, words, send=send)


def _backups(words: Words) -> Iterator[tuple[str, Outgoing]]:
    yield "backup under way", backup.under_way(words)
    yield "backup caption", Outgoing(backup.caption(words))
    yield "backup lies there", backup.lies_at("/склад/чай.дб", 60_000_000, words)
    yield "no backup", backup.failed(words)
    for dropped in (True, False):
        yield f"resumed {dropped}", backup.resumed(12, 1, words, dropped=dropped)
    yield "resumed already", backup.resumed_already(words)
    for fault in StoreFault:
        for unwritten in (0, 2):
            yield f"store {fault} {unwritten}", faults.store_fault(fault, unwritten, words)
        yield f"cannot do {fault}", greeting.say(faults.cannot_do(fault, words))
    yield "store works", faults.store_works(words)


def _short(words: Words, menu: Menu) -> Iterator[tuple[str, Outgoing]]:
    yield "start", greeting.start(words, menu)
    yield "owner", greeting.start(words, menu, name="Анна", new_owner=True)
    yield "help", greeting.help_(words, [("latest", "The newest articles")], inline_name="чай", files=True)
    yield "language", greeting.language(words, menu, current="en")
    for something in (True, False):
        yield f"cancelled {something}", greeting.cancelled(words, something=something)
    sentences = (
        greeting.expired,
        greeting.only_maintainers,
        greeting.only_admins,
        greeting.only_owners,
        greeting.article_gone,
        greeting.went_wrong,
    )
    for sentence in sentences:
        yield f"say {sentence.__name__}", greeting.say(sentence(words))
    for name, hint in inspect.getmembers(hints, inspect.isfunction):
        if hint.__module__ == hints.__name__ and not name.startswith("_"):
            yield f"hint {name}", hint(words, *["чай"] * (len(inspect.signature(hint).parameters) - 1))
