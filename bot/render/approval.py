"""A digest that its admins are asked about ahead of its time: one message, edited in place, and who decided."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import Article, Chat, ChatKind, Proposal, ProposalState, Restraint, Subscription
from bot.render.article import title
from bot.render.callbacks import (
    AddItem,
    DecideProposal,
    MoveItem,
    PreviewDigest,
    ShowAdditions,
    ShowProposal,
    StrikeItem,
)
from bot.render.keyboards import Button, Menu, Row, keyboard, page_buttons
from bot.render.links import article_link, text_url
from bot.render.outgoing import Outgoing
from bot.render.restraint import quiet_hours
from bot.render.settings import title_of
from bot.render.subscriptions import name_of
from bot.render.text import Text, fill, join, plain
from bot.render.words import Words

PAGE_SIZE = 10
ADDITIONS = 30  # that are offered
_TITLE_16 = 120
_NAME_16 = 64


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal, the digest that it is of, and the articles that it holds."""

    chat: Chat
    digest: Subscription
    proposal: Proposal
    items: Sequence[Article]


def question(
    asked: Proposed, words: Words, menu: Menu, *, bot_username: str, page: int = 0, article_id: int = 0
) -> Outgoing:
    """A page of what it holds, and what can be done with it; `article_id`: with that one, on the page where it stands.

    Of one that is decided on, what became of it, without buttons.
    """
    parts: list[Text | str] = [_heading(asked, words), _standing(asked, words)]
    is_to_come = asked.proposal.state in (ProposalState.ASKED, ProposalState.APPROVED)
    if is_to_come and (quiet := quiet_hours(asked.digest, words)):
        parts.append(quiet)
    if asked.proposal.state is not ProposalState.ASKED:
        return Outgoing(join("\n\n", parts))
    ids = [article.id for article in asked.items]
    place = ids.index(article_id) if article_id in ids else None
    page = min(page, max(len(ids) - 1, 0) // PAGE_SIZE) if place is None else place // PAGE_SIZE
    one, run = asked.digest.id, asked.proposal.run_id
    lines = _lines(asked.items, page, words, bot_username, chosen=article_id)
    nothing = words._("Nothing is in it.")
    parts += [lines or nothing]
    if lines:
        hint = words._("Tap a number to move an article or to strike it out.")
        parts += [hint if place is None else words._("What shall become of it?")]
    numbers = [
        menu.button(label, ShowProposal(one, run, each.id if each.id != article_id else 0, page))
        for label, each in _numbered(asked.items, page, words)
    ]
    has_next = (page + 1) * PAGE_SIZE < len(ids)
    return Outgoing(
        join("\n\n", parts),
        keyboard(
            *_rows(numbers),
            [] if place is None else _tools(asked, place, words, menu),
            page_buttons(words, menu, page, has_next, lambda to: ShowProposal(one, run, page=to)),
            [
                menu.button(words._("Add an article"), ShowAdditions(one, run)),
                menu.button(words._("Preview to me"), PreviewDigest(one)),
            ],
            [
                menu.button(words._("Approve"), DecideProposal(one, run, approve=True)),
                menu.button(words._("Skip this time"), DecideProposal(one, run, approve=False)),
            ],
        ),
    )


def additions(
    asked: Proposed, offered: Sequence[Article], page: int, words: Words, menu: Menu, *, bot_username: str
) -> Outgoing:
    """What may be added, a page of it."""
    one, run = asked.digest.id, asked.proposal.run_id
    page = min(page, max(len(offered) - 1, 0) // PAGE_SIZE)
    said = words._("Which one shall be added?") if offered else words._("There is no other article to add.")
    lines = _lines(offered, page, words, bot_username)
    adds = [menu.button(label, AddItem(one, run, each.id)) for label, each in _numbered(offered, page, words)]
    has_next = (page + 1) * PAGE_SIZE < len(offered)
    return Outgoing(
        join("\n\n", [part for part in (_heading(asked, words), said, lines) if part]),
        keyboard(
            *_rows(adds),
            page_buttons(words, menu, page, has_next, lambda to: ShowAdditions(one, run, to)),
            [menu.button(words._("‹ Back"), ShowProposal(one, run))],
        ),
    )


def removed(words: Words) -> Outgoing:
    """Of a digest that is no more."""
    return Outgoing(plain(words._("This digest has been removed, so it does not go out.")))


def _heading(asked: Proposed, words: Words) -> Text:
    """Which digest it is, and where it goes."""
    name = title_of(asked.digest, words)
    if asked.chat.kind is ChatKind.PRIVATE:
        return plain(name).bold()
    return fill(words._("{digest} for {chat}"), digest=name, chat=name_of(asked.chat, words)).bold()


def _standing(asked: Proposed, words: Words) -> Text | str:
    """When it goes out, or what became of it."""
    proposal = asked.proposal
    at = words.run(proposal.due_at, asked.digest.schedule.timezone)
    who = plain(" ".join(proposal.decider.split())).trimmed(_NAME_16)
    name = who or words._("Somebody")
    match proposal.state:
        case ProposalState.ASKED if proposal.must_approve:
            return words._("It goes out on {moment}, or later, once somebody has approved it.", moment=at)
        case ProposalState.ASKED:
            return words._("It goes out on {moment}, unless somebody skips it.", moment=at)
        case ProposalState.APPROVED:
            return fill(words._("{name} has approved it. It goes out on {moment}."), name=name, moment=at)
        case ProposalState.SENT if asked.digest.restraint != Restraint():  # what it says is not edited once it is out
            came = words._("Its time came on {moment}.", moment=at)
            approved = fill(words._("{name} has approved it."), name=name)
            soon = words._("It goes out as soon as its quiet hours and limits allow.")
            return join(" ", [approved if proposal.decider else came, soon])
        case ProposalState.SENT if proposal.decider:
            return fill(words._("{name} has approved it, and it has gone out."), name=name)
        case ProposalState.SENT:
            return words._("Its time came at {moment}, and it has gone out.", moment=at)
        case ProposalState.SKIPPED:
            return fill(words._("{name} has skipped it. What it held may come in the next one."), name=name)
        case ProposalState.EXPIRED:
            return words._(
                "Nobody has approved it until it was the next one's turn. What it held may come in that one."
            )
        case ProposalState.MISSED:
            return words._("At its time, {moment}, I was off or paused, so it has not gone out.", moment=at)
        case ProposalState.EMPTY:
            return words._("Nothing was left in it at its time, so nothing has gone out.")
        case ProposalState.REMOVED:
            return removed(words).text


def _lines(articles: Sequence[Article], page: int, words: Words, bot_username: str, chosen: int = 0) -> Text:
    lines = []
    for label, article in _numbered(articles, page, words):
        name = title(article.title, words).trimmed(_TITLE_16)
        url = text_url(article.url) or article_link(bot_username, article.id)
        mark = "▸ " if article.id == chosen else ""
        lines.append(join("", [f"{label}. {mark}", (name.bold() if mark else name).link(url)]))
    return join("\n", lines)


def _tools(asked: Proposed, place: int, words: Words, menu: Menu) -> Row:
    """Up, down, away: for the article at that place."""
    one, run, items = asked.digest.id, asked.proposal.run_id, asked.items
    article_id = items[place].id
    behind = items[place + 2].id if place + 2 < len(items) else 0
    return [
        menu.button(words._("↑ Up"), MoveItem(one, run, article_id, items[place - 1].id)) if place else None,
        menu.button(words._("↓ Down"), MoveItem(one, run, article_id, behind)) if place + 1 < len(items) else None,
        menu.button(words._("Strike out"), StrikeItem(one, run, article_id)),
    ]


def _numbered(articles: Sequence[Article], page: int, words: Words) -> list[tuple[str, Article]]:
    first = page * PAGE_SIZE
    return [
        (words.number(number), article) for number, article in enumerate(articles[first : first + PAGE_SIZE], first + 1)
    ]


def _rows(buttons: Sequence[Button]) -> list[Row]:
    return [buttons[i : i + 5] for i in range(0, len(buttons), 5)]
