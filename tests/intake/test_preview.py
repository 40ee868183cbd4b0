"""What `paperboy preview` takes for an address."""

import pytest

from bot.errors import FetchError
from bot.intake.fetch import Fetcher
from bot.intake.parsing import Parsers
from bot.intake.preview import preview


@pytest.mark.parametrize("target", ["data:text/xml,<rss/>", "javascript:alert(1)", "file:/etc/passwd"])
async def test_an_address_of_another_scheme_is_refused_as_such_and_not_sought_as_a_file(
    fetcher: Fetcher, parsers: Parsers, target: str
) -> None:
    with pytest.raises(FetchError, match="only http and https addresses"):
        await preview(target, fetcher, parsers)
