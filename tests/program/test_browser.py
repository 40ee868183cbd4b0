"""What `paperboy demo` promises, tried in a browser: a reader, a channel's admin and the owner use the bot."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import async_playwright, expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Locator, Page

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None, reason="the demo is not looked at: chromium is not installed (apt install chromium)"
    ),
]
PATIENCE = 15_000  # ms for one answer of the bot on a busy machine
FERRY = "The old ferry sails again"
FERRY_TEXT = "After two winters in dry dock the Petrel left the harbour with a brass band on deck."


@pytest.fixture
async def demo() -> AsyncIterator[str]:
    """The address that the demo prints. At the end it is told to stop, and does so with exit code 0."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            said = (await process.stdout.readline()).decode()
        address = re.search(r"http://\S+", said)
        assert address is not None, f"the demo did not say where it is, but {said!r}"
        yield address[0]
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@dataclass(frozen=True, slots=True)
class Chats:
    """The page, by the words that a person sees."""

    page: Page

    async def become(self, name: str) -> None:
        person = self.page.get_by_test_id(re.compile(r"^person-")).filter(has_text=name)
        await person.click()
        await expect(person).to_have_attribute("aria-pressed", "true")

    async def open(self, title: str) -> None:
        named = self.page.get_by_text(title, exact=True)
        await self.page.get_by_test_id(re.compile(r"^chat--?\d")).filter(has=named).click()
        await expect(self.page.locator("#head")).to_contain_text(title)

    async def start(self) -> None:
        await self.open("Paperboy")
        await self.page.get_by_test_id("start").click()

    async def send(self, text: str) -> None:
        await self.page.get_by_test_id("composer").fill(text)
        await self.page.get_by_test_id("send").click()

    async def tap(self, button: str) -> None:
        """Taps the button of the last message, when that has it."""
        await self.last.get_by_role("button", name=button, exact=True).click()

    @property
    def last(self) -> Locator:
        return self.page.get_by_test_id(re.compile(r"^message-")).last


@pytest.fixture
async def chats(demo: str) -> AsyncIterator[Chats]:
    """The demo's page, which at the end must have printed no error."""
    complaints: list[str] = []
    expect.set_options(timeout=PATIENCE)  # for all of this process: given back below
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": 1100, "height": 760})
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(demo)
        yield Chats(page)
        await browser.close()
    expect.set_options(timeout=None)
    assert complaints == []


async def test_a_reader_lists_opens_goes_back_and_searches_in_the_demo(chats: Chats) -> None:
    await chats.become("Rosa")
    await chats.start()
    await expect(chats.last).to_contain_text("Hello, Rosa!")
    await chats.send("/latest")
    await expect(chats.last.get_by_role("button", name="Next ›")).to_be_visible()
    title = re.search(r"^1\. (.+)$", await chats.last.inner_text(), re.MULTILINE)
    assert title is not None
    await chats.tap("1")
    await expect(chats.last.get_by_role("link", name="Original")).to_be_visible()
    await expect(chats.last).to_contain_text(title[1])
    await chats.tap("‹ Back to the latest")
    await expect(chats.last).to_contain_text(f"Latest articles 1. {title[1]}")
    await chats.send("/top week")
    await expect(chats.last).to_contain_text("reads in the last 7 days")
    await expect(chats.last).to_contain_text(re.compile(r"1\. .+ · \d+ reads", re.DOTALL))
    await chats.send("/search lighthouse")
    await expect(chats.last).to_contain_text("Results for “lighthouse”")
    await expect(chats.last).to_contain_text("a lighthouse handbook")


async def test_what_the_owner_publishes_arrives_in_the_channel_that_its_admin_connected(chats: Chats) -> None:
    await chats.become("Chiara")
    await chats.start()
    await expect(chats.last).to_contain_text("Hello, Chiara!")
    await chats.page.get_by_test_id("add-bot").click()
    await chats.page.get_by_test_id("confirm-add-bot").click()
    await chats.open("Paperboy")
    await expect(chats.last).to_contain_text("I am connected to Harbour News.")
    await chats.tap("Instant")
    await expect(chats.last).to_contain_text("From now on Harbour News gets every article")

    await chats.become("Owen")
    await chats.start()
    await expect(chats.last).to_contain_text("Hello, Owen!")
    await chats.send(f"/add {FERRY}\n\n{FERRY_TEXT}")
    await expect(chats.last.get_by_role("button", name="Discard")).to_be_visible()
    await chats.tap("Publish")
    await expect(chats.last).to_contain_text("Published.")

    await chats.become("Chiara")
    await chats.open("Harbour News")
    posted = chats.page.get_by_test_id(re.compile(r"^message-")).filter(has_text=FERRY)
    await expect(posted).to_have_count(1)
    await expect(posted).to_contain_text(FERRY_TEXT)
    await expect(posted.get_by_text("Read here")).to_be_visible()


async def test_an_article_is_offered_and_sent_in_a_group_and_shared_from_where_it_is_read(chats: Chats) -> None:
    page = chats.page
    await chats.become("Chiara")
    await chats.open("Harbour Talk")
    await page.get_by_test_id("composer").press_sequentially("@paperboy_bot lighthouse")
    offered = page.get_by_test_id("inline").get_by_role("button").first
    title = await offered.locator("strong").inner_text()
    await offered.click()
    await expect(chats.last).to_contain_text(title)
    await expect(page.get_by_test_id("composer")).to_have_value("")
    await chats.start()
    await chats.send("/search lighthouse")
    await expect(chats.last).to_contain_text("Results for")
    await chats.tap("1")
    await chats.tap("Share")
    await page.get_by_role("dialog").get_by_text("Harbour Talk").click()
    await expect(page.get_by_test_id("inline").get_by_role("button")).to_have_count(1)
    await offered.click()
    await expect(page.locator("#head")).to_contain_text("Harbour Talk")
    await expect(chats.last).to_contain_text(title)
