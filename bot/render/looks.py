"""How the posts of a subscription look: what can be chosen, and the questions for a signature and a template."""

from bot.model import Chat, Mode, Preset, Subscription
from bot.render.callbacks import (
    AskForLook,
    ChoosePreset,
    ClearLook,
    LookPart,
    LookWords,
    PreviewLook,
    SetLookPart,
    ShowLook,
    ShowSubscription,
)
from bot.render.greeting import say
from bot.render.keyboards import Button, Menu, Row, keyboard, link_button
from bot.render.outgoing import Outgoing
from bot.render.post import signature_of
from bot.render.settings import heading_of, title_of
from bot.render.template import LIMIT_16, nearest
from bot.render.text import Text, bullets, fill, join, plain
from bot.render.words import N_, Words

EXAMPLE = "📰 {title}\n\n{summary}\n\n{author} · {date}\n{tags}\n{signature}"
MEANINGS = {
    "title": N_("the title, a link to the original"),
    "summary": N_("the summary, else the beginning of the text"),
    "text": N_("the whole text, as far as there is room"),
    "author": N_("who wrote it"),
    "source": N_("the site it comes from"),
    "date": N_("the day it was published"),
    "tags": N_("its tags, as hashtags"),
    "url": N_("its address"),
    "signature": N_("your signature"),
}
_PRESETS = {
    Preset.HEADLINE: (N_("Headline"), N_("Headline: the title alone, without the picture")),
    Preset.TEASER: (N_("Teaser"), N_("Teaser: the title, how it begins, and the picture")),
    Preset.FULL: (N_("Full text"), N_("Full text: the whole article, as far as a message holds")),
    Preset.OWN: (N_("My template"), N_("My template:")),
}
_PROBLEM_16 = 40


def look(chat: Chat, one: Subscription, words: Words, menu: Menu) -> Outgoing:
    """What holds, and buttons that change it; of a digest the signature alone."""
    is_digest = one.mode is Mode.DIGEST
    about = words._("How “{name}” is signed") if is_digest else words._("How the posts of “{name}” look")
    signature = signature_of(one.look)
    facts: list[Text | str] = [] if is_digest else [words._(_PRESETS[one.look.preset][1])]
    if not is_digest and one.look.preset is Preset.OWN:
        facts.append(_shown(one.look.template))
    said = fill(words._("Signature: {text}"), text=signature) if signature else words._("No signature")
    return Outgoing(
        join("\n\n", [heading_of(chat, words), fill(about, name=title_of(one, words)), join("\n", facts), said]),
        keyboard(
            *([] if is_digest else _choices(one, words, menu)),
            [
                None if is_digest or one.look.preset is Preset.OWN else _part(one, LookPart.HASHTAGS, words, menu),
                menu.button(words._("Signature"), AskForLook(one.id, LookWords.SIGNATURE)),
            ],
            [] if is_digest else _trying(one, words, menu),
            [menu.button(words._("‹ Back"), ShowSubscription(one.id))],
        ),
    )


def ask_signature(chat: Chat, one: Subscription, words: Words, menu: Menu, note: Text | str = "") -> Outgoing:
    """A reply to it is the new signature; `note` says what was wrong with the last one."""
    parts: list[Text | str] = [heading_of(chat, words), note]
    parts.append(words._("Reply to this message with a line that is to stand below every post."))
    if signature := signature_of(one.look):
        parts.append(fill(words._("At present it is: {text}"), text=signature.italic()))
    clear = menu.button(words._("No signature"), ClearLook(one.id, LookWords.SIGNATURE))
    return Outgoing(join("\n\n", parts), keyboard([clear, _back(one, words, menu)]))


def ask_template(chat: Chat, one: Subscription, words: Words, menu: Menu, note: Text | str = "") -> Outgoing:
    """A reply to it is the new template; `note` says what was wrong with the last one."""
    known = [fill("{name} {meaning}", name=_braced(name).code(), meaning=words._(MEANINGS[name])) for name in MEANINGS]
    has_one = bool(one.look.template.strip())
    parts = [
        heading_of(chat, words),
        note,
        words._("Reply to this message with a text in which these stand for what an article says:"),
        bullets(known),
        words._(
            "A line of which all are empty is left out. The picture stands above the text. "
            "Posts look so as soon as you reply, and I show you the newest."
        ),
        words._("At present it is:") if has_one else words._("For example:"),
        _shown(one.look.template if has_one else EXAMPLE),
    ]
    clear = menu.button(words._("No template"), ClearLook(one.id, LookWords.TEMPLATE))
    return Outgoing(join("\n\n", parts), keyboard([clear, _back(one, words, menu)]))


def too_long(words: Words, length_16: int, limit_16: int) -> str:
    length, limit = words.number(length_16), words.number(limit_16)
    return words._("⚠️ That has {length} characters, and {limit} is the most.", length=length, limit=limit)


def nothing_to_fill(words: Words) -> str:
    """The template has no placeholder."""
    return words._("⚠️ That would make all posts the same: it says nothing of the article.")


def no_placeholder(words: Words, name: str) -> Text:
    """`name`: what stands in braces and is unknown; the nearest known one is told."""
    asked = _braced(plain(name).trimmed(_PROBLEM_16).text).code()
    meant = nearest(name)
    if meant is None:
        return fill(words._("⚠️ I do not know {name}. These are all that there are:"), name=asked)
    return fill(words._("⚠️ I do not know {name}. Did you mean {nearest}?"), name=asked, nearest=_braced(meant).code())


def nothing_to_preview(words: Words) -> Outgoing:
    return say(words._("There is no article yet that would be sent there."))


def may_not_write(words: Words, *, bot_username: str) -> Outgoing:
    """The preview goes to a person who has not started the bot."""
    start = link_button(words._("Open the chat"), f"https://t.me/{bot_username}?start")
    said = words._("I show it to you in private, and may not write to you yet. Start me there, then tap again.")
    return Outgoing(plain(said), keyboard([start]))


def _choices(one: Subscription, words: Words, menu: Menu) -> list[Row]:
    presets = [
        _marked(words._(label), one.look.preset is preset, ChoosePreset(one.id, preset), menu)
        for preset, (label, _) in _PRESETS.items()
    ]
    under = [_part(one, part, words, menu) for part in (LookPart.READ, LookPart.ORIGINAL, LookPart.SHARE)]
    return [presets[:2], presets[2:], under]


def _trying(one: Subscription, words: Words, menu: Menu) -> Row:
    change = menu.button(words._("Change template"), AskForLook(one.id, LookWords.TEMPLATE))
    preview = menu.button(words._("Preview"), PreviewLook(one.id))
    return [change if one.look.preset is Preset.OWN else None, preview]


def _part(one: Subscription, part: LookPart, words: Words, menu: Menu) -> Button:
    labels = {
        LookPart.READ: words._("Read here"),
        LookPart.ORIGINAL: words._("Original"),
        LookPart.SHARE: words._("Share"),
        LookPart.HASHTAGS: words._("Hashtags"),
    }
    is_on = bool(getattr(one.look, part))
    return _marked(labels[part], is_on, SetLookPart(one.id, part, not is_on), menu)


def _marked(label: str, is_now: bool, callback: ChoosePreset | SetLookPart, menu: Menu) -> Button:
    return menu.button(f"✓ {label}" if is_now else label, callback)


def _back(one: Subscription, words: Words, menu: Menu) -> Button:
    return menu.button(words._("‹ Back"), ShowLook(one.id))


def _braced(name: str) -> Text:
    return plain(f"{{{name}}}")


def _shown(template: str) -> Text:
    return plain(template.strip()).trimmed(LIMIT_16).pre()
