"""The page of the web chat in Debian's chromium, as a person uses it. The bot is played by the test."""

from __future__ import annotations

import asyncio
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from bot.sandbox.nouns import Bot, CallbackAnswer, Chat, Event, Message, Person
from bot.sandbox.server import Server
from bot.sandbox.world import Telegram

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, Locator, Page, Route

    from bot.sandbox.nouns import Json

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),  # one browser serves all these tests
    pytest.mark.skipif(
        CHROMIUM is None, reason="the page is not looked at: chromium is not installed (apt install chromium)"
    ),
]
WIDE = {"width": 1200, "height": 800}
PHONE = {"width": 390, "height": 780}
PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\xdacd\xf8\xcfP\x0f\x00\x03\x86\x01\x80Z4}k\x00\x00\x00\x00IEND\xaeB`\x82"
)


@dataclass(frozen=True, slots=True)
class Scene:
    telegram: Telegram
    bot: Bot
    rosa: Person
    chiara: Person
    channel: Chat
    server: Server
    page: Page
    pictures: Path  # served at /photos

    def says(self, text: str, entities: list[Json] | None = None, **fields: Any) -> Message:
        """The bot writes to Rosa."""
        chat = self.telegram.private_chat(self.rosa, self.bot)
        chat.started = True
        return self.telegram.post(chat, self.bot, text=text, entities=entities or [], **fields)

    async def open(self, person: Person, chat_id: int | None = None, *, width: dict[str, int] = WIDE) -> None:
        await self.page.set_viewport_size(width)  # type: ignore[arg-type]
        chat = f"&chat={chat_id}" if chat_id else ""
        await self.page.goto(f"{self.server.url}/#person={person.id}{chat}")
        await expect(self.get(f"person-{person.id}").or_(self.get("back"))).not_to_have_count(0)

    def get(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def scene(browser: Browser, tmp_path: Path) -> AsyncIterator[Scene]:
    """The page, which at the end must have printed no error and asked no other host for anything."""
    telegram = Telegram(flood_control=False)
    bot = telegram.add_bot("7000000001:AAEexampleexampleexampleexampleexamp", username="paperboy_bot", name="Paperboy")
    rosa, chiara = telegram.add_person("Rosa"), telegram.add_person("Chiara")
    channel = telegram.add_channel(chiara, "Harbour News", username="harbour_news")
    complaints: list[str] = []
    async with Server(telegram, static={"/photos": tmp_path}) as server:
        context = await browser.new_context(color_scheme="light")
        context.set_default_timeout(5000)
        page = await context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(server.url) else complaints.append(asked.url))
        yield Scene(telegram, bot, rosa, chiara, channel, server, page, tmp_path)
        await context.close()
    assert complaints == []


def texts_sent(bot: Bot) -> list[str]:
    return [update["message"]["text"] for update in bot.updates if "text" in update.get("message", {})]


async def answer(telegram: Telegram, given: CallbackAnswer) -> str:
    """Answers the tap that waits; gives its data."""
    async with asyncio.timeout(10):
        while not (waiting := [c for c in telegram.callbacks.values() if c.answer and not c.answer.done()]):
            await asyncio.sleep(0.01)
    assert waiting[0].answer is not None
    waiting[0].answer.set_result(given)
    data: str = waiting[0].bot.updates[-1]["callback_query"]["data"]
    return data


async def test_one_starts_the_bot_writes_and_sees_its_reply_edited_and_deleted(scene: Scene) -> None:
    await scene.open(scene.rosa, scene.bot.id)
    await scene.get("start").click()
    await expect(scene.get("messages")).to_contain_text("/start")
    await scene.get("composer").fill("seals <b>&amp;</b>")
    await scene.get("composer").press("Enter")
    await expect(scene.get("messages").get_by_text("seals <b>&amp;</b>", exact=True)).to_be_visible()
    assert texts_sent(scene.bot) == ["/start", "seals <b>&amp;</b>"]
    reply = scene.says("Two articles <script>alert(1)</script>")
    shown = scene.get(f"message-{reply.id}")
    await expect(shown).to_contain_text("Two articles <script>alert(1)</script>")
    await expect(scene.get("spoken")).to_contain_text("Paperboy: Two articles")
    reply.text = "Three articles"
    scene.telegram.edited(reply)
    await expect(shown).to_contain_text("Three articles")
    await expect(shown).to_contain_text("edited")
    scene.telegram.delete(reply.chat, reply.id)
    await expect(shown).to_have_count(0)


async def test_all_kinds_of_formatting_are_elements_and_right_to_left_paragraphs_stand_right(scene: Scene) -> None:
    quote = "one\ntwo\nthree\nfour"
    parts = [
        ("bold", "bold"), ("italic", "italic"), ("under", "underline"), ("struck", "strikethrough"), ("x = 1", "code"),
        ("secret", "spoiler"), ("print()", "pre"), ("quoted", "blockquote"), (quote, "expandable_blockquote"),
    ]  # fmt: skip
    text, entities = "😀 ", []
    for part, kind in parts:
        offset = len(text.encode("utf-16-le")) // 2
        entities.append({"type": kind, "offset": offset, "length": len(part)})
        text += part + "\n"
    formatted = scene.says(text, entities)
    mixed = scene.says("سلام دنیا\nHello world")
    nested = scene.says(
        "bold both italic javascript",
        [
            {"type": "bold", "offset": 0, "length": 9},
            {"type": "italic", "offset": 5, "length": 11},
            {"type": "text_link", "offset": 17, "length": 10, "url": "javascript:alert(1)"},
        ],
    )
    await scene.open(scene.rosa, scene.bot.id)
    shown = scene.get(f"message-{formatted.id}")
    for tag, content in [("strong", "bold"), ("em", "italic"), ("u", "under"), ("s", "struck"), ("pre", "print()")]:
        await expect(shown.locator(tag, has_text=content)).to_have_text(content)
    await expect(shown.locator("code").first).to_have_text("x = 1")
    await expect(shown.get_by_text("secret")).to_have_css("opacity", "0")
    await shown.get_by_role("button", name="Hidden text").press("Enter")
    await expect(shown.get_by_text("secret")).to_have_css("opacity", "1")
    await shown.get_by_role("button", name="Show all").click()
    await expect(shown.get_by_role("button", name="Show less")).to_have_attribute("aria-expanded", "true")
    overlapping = scene.get(f"message-{nested.id}").locator(".text")
    await expect(overlapping).to_have_text("bold both italic javascript")
    await expect(overlapping.locator("strong em")).to_have_text("both")
    await expect(overlapping.locator("a")).to_have_count(0)
    starts = (
        await scene.get(f"message-{mixed.id}")
        .locator(".text")
        .evaluate(
            """(node) => [0, 10].map((at) => {
            const range = document.createRange();
            range.setStart(node.firstChild, at);
            range.setEnd(node.firstChild, at + 9);
            const box = range.getBoundingClientRect(), around = node.getBoundingClientRect();
            return [Math.round(box.left - around.left) < 2, Math.round(around.right - box.right) < 2];
        })"""
        )
    )
    assert starts[1][0] is True  # English begins at the left
    assert starts[0][1] is True  # Persian ends at the right edge, which is its start


async def test_the_picture_of_a_link_is_shown_when_this_server_has_it_and_asked_of_no_other(scene: Scene) -> None:
    (scene.pictures / "harbour.png").write_bytes(PIXEL)
    own = f"http://localhost:{scene.server.port}/photos/harbour.png"
    for url in (own, "https://example.org/other.png", own.replace("harbour.png", "harbour.html")):
        scene.says(f"An article {url}", extra={"link_preview_options": {"url": url}})
    scene.says("Without", extra={"link_preview_options": {"url": own, "is_disabled": True}})
    await scene.open(scene.rosa, scene.bot.id)
    await expect(scene.get("messages").get_by_text("Without")).to_be_visible()
    pictures = scene.get("messages").get_by_role("img", name="Picture of the linked page")
    await expect(pictures).to_have_count(1)
    await expect(pictures).to_have_js_property("naturalWidth", 1)


async def test_buttons_answer_by_toast_alert_or_new_tab(scene: Scene) -> None:
    keys = [[{"text": "One", "callback_data": "o1"}, {"text": "Original", "url": "https://example.org/a"}]]
    message = scene.says("An article", reply_markup={"inline_keyboard": keys})
    await scene.open(scene.rosa, scene.bot.id)
    shown = scene.get(f"message-{message.id}")
    one = shown.get_by_role("button", name="One")
    await one.click()
    await expect(one).to_have_attribute("aria-busy", "true")
    assert await answer(scene.telegram, CallbackAnswer(answered=True, text="Saved.")) == "o1"
    await expect(scene.get("toast-answer")).to_have_text("Saved.")
    await expect(one).not_to_have_attribute("aria-busy", "true")
    await one.click()
    await answer(scene.telegram, CallbackAnswer(answered=True, text="This menu has expired.", alert=True))
    await expect(scene.get("alert")).to_contain_text("This menu has expired.")
    await scene.page.get_by_role("button", name="OK").click()
    await expect(scene.get("alert")).to_have_count(0)
    original = shown.get_by_role("link", name="Original")
    await expect(original).to_have_attribute("href", "https://example.org/a")
    await expect(original).to_have_attribute("target", "_blank")
    await expect(original).to_have_attribute("rel", re.compile("noopener"))


async def test_an_edit_under_ones_finger_keeps_the_focus_on_the_button(scene: Scene) -> None:
    keys = {"inline_keyboard": [[{"text": "Older", "callback_data": "p2"}]]}
    message = scene.says("Page 1", reply_markup=keys)
    await scene.open(scene.rosa, scene.bot.id)
    await scene.page.get_by_role("button", name="Older").press("Enter")
    await answer(scene.telegram, CallbackAnswer(answered=True))
    message.text = "Page 2"
    scene.telegram.edited(message)
    await expect(scene.get(f"message-{message.id}")).to_contain_text("Page 2")
    await expect(scene.page.get_by_role("button", name="Older")).to_be_focused()


async def test_an_article_longer_than_the_window_is_read_from_its_beginning(scene: Scene) -> None:
    message = scene.says("A list")
    await scene.open(scene.rosa, scene.bot.id)
    await expect(scene.get(f"message-{message.id}")).to_be_in_viewport()
    message.text = "The beginning" + "\n\nA paragraph." * 60 + "\n\nThe end"
    scene.telegram.edited(message)
    await expect(scene.get(f"message-{message.id}")).to_contain_text("The end")
    shown = scene.get(f"message-{message.id}")
    window = await scene.page.locator("#scroller").bounding_box()
    begins = await shown.bounding_box()
    assert window is not None
    assert begins is not None
    assert 0 <= begins["y"] - window["y"] < 40
    scene.says("And more")
    await expect(scene.get("new-messages")).to_have_text("1 new message ↓")


async def test_the_menu_of_commands_filters_as_one_types_and_is_worked_by_keys(scene: Scene) -> None:
    names = ["latest", "search", "subscribe"]
    scene.bot.commands["default", ""] = [{"command": name, "description": f"What {name} does"} for name in names]
    scene.says("Hello")
    await scene.open(scene.rosa, scene.bot.id)
    await scene.get("composer").press_sequentially("/")
    await expect(scene.get("commands").get_by_role("option")).to_have_count(3)
    await scene.get("composer").press_sequentially("s")
    await expect(scene.get("commands").get_by_role("option")).to_have_count(2)
    await scene.get("composer").press("ArrowDown")
    await expect(scene.get("command-subscribe")).to_have_attribute("aria-selected", "true")
    await scene.get("composer").press("Enter")
    await expect(scene.get("messages").get_by_text("/subscribe")).to_be_visible()
    await scene.get("composer").fill("/sea")
    await scene.get("composer").press("Tab")
    await expect(scene.get("composer")).to_have_value("/search ")
    assert texts_sent(scene.bot) == ["/subscribe"]


async def test_an_owner_adds_the_bot_to_the_channel_and_a_reader_has_no_such_button(scene: Scene) -> None:
    await scene.open(scene.rosa)
    await expect(scene.get("add-bot")).to_have_count(0)
    await scene.get(f"person-{scene.chiara.id}").click()
    await scene.get("add-bot").click()
    await scene.get("right-can_delete_messages").uncheck()
    await scene.get("confirm-add-bot").click()
    await expect(scene.get("toast")).to_contain_text("Paperboy is now in Harbour News")
    await expect(scene.get("add-bot")).to_have_count(0)
    rights = scene.channel.member(scene.bot).rights
    assert (rights["can_post_messages"], rights["can_delete_messages"]) == (True, False)


async def test_deep_links_start_the_bot_and_open_the_rights_inside_the_page(scene: Scene) -> None:
    link = "https://t.me/paperboy_bot?startchannel&admin=post_messages"
    text = "See t.me/paperboy_bot?start=a_42"
    keys = {"inline_keyboard": [[{"text": "Connect a channel", "url": link}]]}
    scene.says(text, [{"type": "url", "offset": 4, "length": 28}], reply_markup=keys)
    await scene.open(scene.rosa, scene.bot.id)
    await scene.page.get_by_role("link", name="t.me/paperboy_bot").click()
    await expect(scene.get("messages").get_by_text("/start a_42")).to_be_visible()
    await scene.page.get_by_role("button", name="Connect a channel").click()
    await expect(scene.get("toast")).to_contain_text("You own no channel")
    chat = scene.telegram.private_chat(scene.chiara, scene.bot)
    chat.started = True
    scene.telegram.post(chat, scene.bot, text="Hello", reply_markup=keys)
    await scene.open(scene.chiara, scene.bot.id)
    await scene.page.get_by_role("button", name="Connect a channel").click()
    await expect(scene.get("right-can_post_messages")).to_be_checked()
    await expect(scene.get("right-can_edit_messages")).not_to_be_checked()


async def test_one_replies_forwards_and_sends_photos_and_files(scene: Scene) -> None:
    scene.telegram.people.join(scene.rosa, scene.channel.id)
    post = scene.telegram.people.post(scene.chiara, scene.channel.id, "The ferry is late")
    said = scene.says("Hello")
    await scene.open(scene.rosa, scene.bot.id)
    await scene.get(f"message-{said.id}").hover()
    await scene.get(f"menu-{said.id}").click()
    await scene.get("menu-reply").click()
    await scene.get("composer").fill("Hello too")
    await scene.get("send").click()
    await expect(scene.get("messages").get_by_text("Hello too")).to_be_visible()
    reply = scene.bot.updates[-1]["message"]
    assert reply["reply_to_message"]["message_id"] == said.id
    await scene.get("attach").set_input_files({"name": "dot.png", "mimeType": "image/png", "buffer": PIXEL})
    await expect(scene.get("messages").get_by_role("img", name="Photo")).to_be_visible()
    assert scene.bot.updates[-1]["message"]["photo"][0]["width"] == 1
    await scene.get("attach").set_input_files({"name": "a.opml", "mimeType": "text/xml", "buffer": b"<opml/>"})
    await expect(scene.get("messages").get_by_text("a.opml")).to_be_visible()
    await scene.get(f"chat-{scene.channel.id}").click()
    await scene.get(f"message-{post.id}").hover()
    await scene.get(f"menu-{post.id}").click()
    await scene.get("menu-forward").click()
    await scene.get(f"choose-{scene.bot.id}").click()
    await expect(scene.get("messages").get_by_text("Forwarded from Harbour News")).to_be_visible()
    assert scene.bot.updates[-1]["message"]["forward_origin"]["type"] == "channel"


async def test_what_arrives_elsewhere_is_counted_in_list_title_and_for_other_people(scene: Scene) -> None:
    scene.telegram.people.join(scene.rosa, scene.channel.id)
    await scene.open(scene.rosa, scene.bot.id)
    scene.telegram.people.post(scene.chiara, scene.channel.id, "News")
    unread = scene.get(f"unread-{scene.channel.id}")
    await expect(unread).to_contain_text("1")
    await expect(scene.page).to_have_title(re.compile(r"^\(1\) "))
    await scene.get(f"person-{scene.chiara.id}").click()
    await expect(scene.get(f"person-{scene.rosa.id}")).to_contain_text("1")
    await scene.get(f"person-{scene.rosa.id}").click()
    await scene.get(f"chat-{scene.channel.id}").click()
    await expect(unread).to_have_count(0)
    await expect(scene.page).to_have_title(re.compile(r"^Harbour News"))


async def test_a_reader_further_up_is_offered_the_new_messages_and_not_moved(scene: Scene) -> None:
    for number in range(40):
        scene.says(f"line {number}")
    await scene.open(scene.rosa, scene.bot.id)
    await expect(scene.get("messages").get_by_text("line 39")).to_be_in_viewport()
    await scene.get("messages").get_by_text("line 3", exact=True).scroll_into_view_if_needed()
    scene.says("the newest")
    await expect(scene.get("new-messages")).to_have_text("1 new message ↓")
    newest = scene.get("messages").get_by_text("the newest")
    await expect(newest).not_to_be_in_viewport()
    await scene.get("new-messages").click()
    await expect(newest).to_be_in_viewport()
    await expect(scene.get("new-messages")).to_be_hidden()
    scene.says("and the next")
    await expect(scene.get("messages").get_by_text("and the next")).to_be_in_viewport()


async def test_hundreds_of_posts_at_once_leave_a_short_list_whose_earlier_part_comes_when_asked(scene: Scene) -> None:
    scene.says("the first of all")
    await scene.open(scene.rosa, scene.bot.id)
    await expect(scene.get("messages").get_by_text("the first of all")).to_be_visible()
    for number in range(400):
        scene.says(f"line {number}")
    await expect(scene.get("messages").get_by_text("line 399")).to_be_in_viewport()
    assert await scene.get("messages").locator("[data-message]").count() <= 300
    earlier = scene.page.locator("#earlier")
    while await earlier.is_visible():
        await earlier.click()
        await expect(earlier).to_be_enabled()
    await expect(scene.get("messages").get_by_text("the first of all")).to_have_count(1)
    await expect(scene.get("messages").locator("[data-message]")).to_have_count(401)


async def test_a_reload_keeps_person_and_chat_and_the_chosen_colours(scene: Scene) -> None:
    await scene.open(scene.chiara, scene.channel.id)
    await scene.get("theme").click()
    await scene.get("theme").click()
    await scene.page.reload()
    await expect(scene.get(f"person-{scene.chiara.id}")).to_have_attribute("aria-pressed", "true")
    await expect(scene.get(f"chat-{scene.channel.id}")).to_have_attribute("aria-current", "true")
    assert await scene.page.evaluate("document.documentElement.dataset.theme") == "dark"


async def test_a_person_or_chat_that_is_gone_leads_back_to_what_there_is(scene: Scene) -> None:
    await scene.page.goto(f"{scene.server.url}/#person=5&chat=6")
    await expect(scene.get(f"person-{scene.rosa.id}")).to_have_attribute("aria-pressed", "true")
    group = scene.telegram.add_group(scene.chiara, "Harbour readers")
    scene.telegram.people.join(scene.rosa, group.id)
    await scene.get(f"chat-{group.id}").click()
    await scene.get("chat-menu").click()
    await scene.get("menu-leave").click()
    await expect(scene.get(f"chat-{group.id}")).to_have_count(0)
    await expect(scene.get("composer")).to_be_hidden()


@pytest.mark.parametrize("width", [320, 390, 1200])
async def test_nothing_is_wider_than_the_window(scene: Scene, width: int) -> None:
    keys = {"inline_keyboard": [[{"text": str(n), "callback_data": "x"} for n in range(8)]]}
    scene.says("w" * 400, [{"type": "pre", "offset": 0, "length": 200}], reply_markup=keys)
    await scene.open(scene.rosa, scene.bot.id, width={"width": width, "height": 700})
    await expect(scene.get("send")).to_be_in_viewport(ratio=1)
    assert await scene.page.evaluate("document.scrollingElement.scrollWidth") == width
    inner = (
        "[...document.querySelectorAll('.bubble, .key')].every((b) => b.getBoundingClientRect().right <= innerWidth)"
    )
    assert await scene.page.evaluate(inner)


async def test_on_a_phone_one_sees_the_list_or_the_chat(scene: Scene) -> None:
    scene.says("Hello")
    await scene.open(scene.rosa, width=PHONE)
    await expect(scene.get("composer")).to_be_hidden()
    await scene.get(f"chat-{scene.bot.id}").click()
    await expect(scene.get("composer")).to_be_visible()
    await expect(scene.get(f"chat-{scene.bot.id}")).to_be_hidden()
    await scene.get("back").click()
    await expect(scene.get(f"chat-{scene.bot.id}")).to_be_visible()


async def test_the_page_comes_back_by_itself_when_the_sandbox_does(scene: Scene, browser: Browser) -> None:
    own = Server(scene.telegram)
    await own.__aenter__()
    page = await browser.new_page()  # its console may complain: the server is gone for a while
    await page.goto(f"{own.url}/#person={scene.rosa.id}&chat={scene.bot.id}")
    await expect(page.get_by_test_id("start")).to_be_visible()
    await own.__aexit__(None, None, None)
    await expect(page.get_by_test_id("connection")).to_contain_text("No connection")
    missed = scene.says("Said meanwhile")
    async with Server(scene.telegram, port=own.port):
        await expect(page.get_by_test_id("connection")).to_be_empty(timeout=10_000)
        await expect(page.get_by_test_id(f"message-{missed.id}")).to_contain_text("Said meanwhile")
        await page.close()


async def test_a_button_that_asks_for_a_chat_opens_a_picker(scene: Scene) -> None:
    channel = scene.telegram.add_channel(scene.rosa, "Rosa's reading")
    asked = {"request_id": 3, "chat_is_channel": True, "chat_is_created": True}
    scene.says("Which one?", keyboard={"keyboard": [[{"text": "Choose a channel", "request_chat": asked}]]})
    await scene.open(scene.rosa, scene.bot.id)
    await scene.get("key-0").click()
    await expect(scene.get(f"choose-{scene.channel.id}")).to_have_count(0)  # Chiara's
    await scene.get(f"choose-{channel.id}").click()
    await expect(scene.get("messages").get_by_text("Rosa chose a chat")).to_be_visible()
    shared = [update["message"].get("chat_shared") for update in scene.bot.updates if "message" in update]
    assert {"request_id": 3, "chat_id": channel.id} in shared


async def test_a_reply_keyboard_sends_its_words_and_typing_is_shown_until_the_message(scene: Scene) -> None:
    rows = {"keyboard": [[{"text": "Yes"}, {"text": "No"}]]}
    scene.says("Shall I?", keyboard=rows)
    await scene.open(scene.rosa, scene.bot.id)
    await scene.get("key-1").click()
    await expect(scene.get("messages").get_by_text("No", exact=True)).to_be_visible()
    action = Event("action", scene.rosa.id, bot_id=scene.bot.id, data={"action": "typing"})
    scene.telegram.emit(action)
    await expect(scene.page.get_by_text("typing…")).to_be_visible()
    scene.says("As you wish.", keyboard={"remove_keyboard": True})
    await expect(scene.get("key-1")).to_have_count(0)
    await expect(scene.page.get_by_text("typing…")).to_have_count(0)
    assert texts_sent(scene.bot) == ["No"]


async def test_a_chat_that_loads_slowly_takes_the_focus_from_nobody_who_has_moved_on(scene: Scene) -> None:
    message = scene.says("Hello")
    await scene.open(scene.rosa, scene.channel.id)
    may_load = asyncio.Event()

    async def slowly(route: Route) -> None:
        await may_load.wait()
        await route.continue_()

    await scene.page.route("**/chat/messages*", slowly)
    await scene.get(f"chat-{scene.bot.id}").focus()
    async with scene.page.expect_request("**/chat/messages*"):
        await scene.page.keyboard.press("Enter")
    await scene.get(f"chat-{scene.channel.id}").focus()
    async with scene.page.expect_response("**/chat/messages*"):
        may_load.set()
    await expect(scene.get(f"message-{message.id}")).to_be_visible()
    await expect(scene.get("send")).to_be_visible()
    await scene.page.keyboard.press("Enter")
    await expect(scene.get("join")).to_be_visible()


async def test_the_page_is_worked_by_the_keyboard_alone(scene: Scene) -> None:
    message = scene.says("Hello")
    await scene.open(scene.rosa, scene.bot.id)
    await scene.get(f"menu-{message.id}").focus()
    await scene.page.keyboard.press("Enter")
    await expect(scene.get("menu-reply")).to_be_focused()
    await scene.page.keyboard.press("ArrowDown")
    await expect(scene.get("menu-forward")).to_be_focused()
    await scene.page.keyboard.press("Escape")
    await expect(scene.get(f"menu-{message.id}")).to_be_focused()
    await scene.get(f"chat-{scene.channel.id}").focus()
    await scene.page.keyboard.press("Enter")
    await expect(scene.get("join")).to_be_visible()
    unnamed = """() => [...document.querySelectorAll("button, a, input, textarea")]
        .filter((node) => !node.closest("[hidden]") && !node.ariaLabel && !node.textContent.trim())
        .map((node) => node.outerHTML)"""
    assert await scene.page.evaluate(unnamed) == []
