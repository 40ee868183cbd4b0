"""How a chat comes to the bot: choosing a channel, what is missing there, a stranger's chat, a post to try it."""

from bot.access import CHATS_A_PERSON, SUBSCRIPTIONS_A_CHAT, SUBSCRIPTIONS_A_PERSON
from bot.model import Bar, Chat, ChatKind, Subscription
from bot.render.callbacks import DecideChat, EndTestPost, ShowChannels, ShowSubscription
from bot.render.greeting import say
from bot.render.keyboards import Button, Menu, ReplyKeyboard, keyboard, link_button
from bot.render.links import CHANNEL_REQUEST, add_to_channel_link, add_to_group_link
from bot.render.outgoing import Outgoing
from bot.render.reasons import obstacle
from bot.render.settings import heading_of
from bot.render.subscriptions import name_of
from bot.render.text import Text, fill, join, plain
from bot.render.words import Words

_POST = {"can_post_messages": True}  # all that is needed; the link asks for more


def asks_for_channel(words: Words) -> Outgoing:
    """A button under the input field that opens Telegram's own list of the person's channels."""
    button = {
        "text": words._("Choose a channel"),
        "request_chat": {
            "request_id": CHANNEL_REQUEST,
            "chat_is_channel": True,
            "bot_is_member": True,
            "user_administrator_rights": _POST,
            "bot_administrator_rights": _POST,
            "request_title": True,
        },
    }
    return Outgoing(
        plain(words._("Tap “Choose a channel” below: Telegram shows you the channels where you and I may post.")),
        reply_keyboard=ReplyKeyboard(keyboard=[[button]], one_time_keyboard=True, resize_keyboard=True),
    )


def cannot_post(chat: Chat, reason: str, words: Words, menu: Menu, bot_username: str) -> Outgoing:
    """What is missing in a chat, with the button that mends it. `reason`: as chats are suspended for."""
    heading = fill(words._("I cannot post in {chat}."), chat=name_of(chat, words).bold())
    return Outgoing(
        join("\n\n", [heading, obstacle(reason, words)]),
        keyboard(
            [mending(chat.kind, reason, words, bot_username)], [menu.button(words._("My channels"), ShowChannels())]
        ),
    )


def mending(kind: ChatKind, reason: str, words: Words, bot_username: str) -> Button | None:
    """The button that opens Telegram's own dialogue for what is missing, where there is one."""
    is_channel = kind is ChatKind.CHANNEL
    if reason == "removed":
        link = add_to_channel_link(bot_username) if is_channel else add_to_group_link(bot_username)
        return link_button(words._("Add me again"), link)
    if is_channel and reason in ("not_admin", "rights", "no_right_to_post"):
        return link_button(words._("Give me the right"), add_to_channel_link(bot_username))
    return None


def barred(chat: Chat, bar: str, words: Words) -> Outgoing:
    """Why nothing more can be set up for this chat. `bar`: a Bar."""
    name = name_of(chat, words).bold()
    match bar:
        case Bar.WAITS:
            said = words._(
                "Who runs this bot decides which channels and groups it serves. They have been asked about {chat}; "
                "I tell you in our private chat when they have decided, and post nothing there until then."
            )
        case Bar.UNDECIDED:
            said = words._(
                "Who runs this bot decides which channels and groups it serves, and nobody has become its owner yet. "
                "I post nothing in {chat} until somebody has. Please try again later."
            )
        case Bar.REFUSED:
            said = words._(
                "Who runs this bot does not want it to serve {chat}. I post nothing there; you can remove me."
            )
        case Bar.MAINTAINERS:
            said = words._(
                "This bot serves only the channels and groups of those who run it, and {chat} is none of them. "
                "I post nothing there; you can remove me."
            )
        case Bar.CHAT_FULL if chat.kind is ChatKind.PRIVATE:
            limit = words.number(SUBSCRIPTIONS_A_PERSON)
            return say(words._("You have {limit} subscriptions, and may have no more. Remove one first.", limit=limit))
        case Bar.CHAT_FULL:
            limit = words.number(SUBSCRIPTIONS_A_CHAT)
            said = words._("{chat} has {limit} subscriptions, and may have no more. Remove one first.")
            return Outgoing(fill(said, chat=name, limit=limit))
        case Bar.PERSON_FULL:
            limit = words.number(CHATS_A_PERSON)
            said = words._(
                "Nothing is set up for {chat}: I serve no more than {limit} channels and groups of one person. "
                "Stop one first: /channels"
            )
            return Outgoing(fill(said, chat=name, limit=limit))
        case _:
            said = words._("Nothing more can be set up for {chat}.")
    return Outgoing(fill(said, chat=name))


def asks_to_approve(chat: Chat, person_id: int, name: str, words: Words, menu: Menu) -> Outgoing:
    """The question to maintainers about a stranger's chat."""
    who = plain(" ".join(name.split()) or words._("Somebody")).trimmed(128)
    kind = words._("channel") if chat.kind is ChatKind.CHANNEL else words._("group")
    asked = fill(
        words._("{person} wants articles from this bot in the {kind} {chat}."),
        person=who.bold(),
        kind=kind,
        chat=name_of(chat, words).bold(),
    )
    return Outgoing(
        join("\n\n", [asked, words._("The first answer of a maintainer holds.")]),
        keyboard(
            [
                menu.button(words._("Approve"), DecideChat(chat.id, person_id, approve=True)),
                menu.button(words._("Refuse"), DecideChat(chat.id, person_id, approve=False)),
            ]
        ),
    )


def decided(chat: Chat, person_id: int, approval: str, words: Words, menu: Menu, *, first: bool) -> Outgoing:
    """What holds for the chat, to the maintainer who tapped; `first`: by that tap."""
    name = name_of(chat, words).bold()
    after_all = None
    if approval == "approved":
        said = words._("{chat} is approved. Its admin is asked what to post there.")
    else:
        said = words._("{chat} is refused. I post nothing there.")
        revised = DecideChat(chat.id, person_id, approve=True, revise=True)
        after_all = menu.button(words._("Approve it after all"), revised)
    before: Text | str = "" if first else words._("Somebody has decided before you.")
    return Outgoing(
        join("\n\n", [before, fill(said, chat=name)] if before else [fill(said, chat=name)]), keyboard([after_all])
    )


def test_post_stands(chat: Chat, one: Subscription, message_id: int, words: Words, menu: Menu) -> Outgoing:
    """After a test post was sent: it can be deleted or kept."""
    said = words._("A sample stands there now: your newest article, as it would look. I delete it again in an hour.")
    return Outgoing(
        join("\n\n", [heading_of(chat, words), said]),
        keyboard(
            [
                menu.button(words._("Delete it now"), EndTestPost(one.id, message_id, keep=False)),
                menu.button(words._("Keep it"), EndTestPost(one.id, message_id, keep=True)),
            ],
            [menu.button(words._("‹ Back"), ShowSubscription(one.id))],
        ),
    )


def test_post_failed(
    chat: Chat, one: Subscription, said: str, mend: Button | None, words: Words, menu: Menu
) -> Outgoing:
    """Why there is no test post, or why it still stands there."""
    back = menu.button(words._("‹ Back"), ShowSubscription(one.id))
    return Outgoing(join("\n\n", [heading_of(chat, words), said]), keyboard([mend], [back]))


def none_to_show(words: Words) -> str:
    return words._("There is no article yet that I could show you there.")


def wait_to_post(words: Words) -> str:
    return words._("Telegram asks me to wait before I post there. Try again in a minute.")


def may_stand(words: Words) -> str:
    return words._("The connection broke while I posted. The sample may stand there: please look.")


def refused_by_telegram(words: Words) -> str:
    return words._("Telegram refused it, and I do not know why. The operator’s log says more.")


def cannot_delete(words: Words) -> str:
    return words._("I could not delete it: I lack the right to delete messages there. Please delete it yourself.")


def not_yours(words: Words) -> Outgoing:
    return say(words._("You are not an admin of that channel, so I set up nothing there."))
