"""The search box of the documents, as it stands there, on a page of another site in Debian's chromium."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tests.program.harness import Program

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="the box is not tried: chromium is not installed"),
]
DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"


async def test_the_search_box_of_the_documents_finds_and_marks(program: Program) -> None:
    await program.publish("Tea <b>& more", body="<p>🍃 Leaves for tea.</p>")
    await program.publish("Coffee")
    assert program.app.web is not None
    example = re.search(r"^```html\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert example is not None
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page()
        await page.set_content(example[1].replace("https://news.example.org", program.app.web.url))
        await page.fill("#query", "tea")
        line = page.locator("#found li")
        await expect(line).to_have_count(1)
        assert await line.locator("a").inner_text() == "Tea <b>& more"
        assert await line.locator("a").get_attribute("href") == "https://example.org/tea-<b>&-more"
        assert await line.locator("p").inner_text() == "🍃 Leaves for tea."
        assert await line.locator("mark").all_inner_texts() == ["Tea", "tea"]
        await page.fill("#query", "tea since:soon")
        await expect(page.locator("#found")).to_contain_text("q: found 'soon', expected a date")
        await browser.close()
