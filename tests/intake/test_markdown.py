"""Markdown as Jekyll, Hugo and Obsidian write it."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import RefusedItem
from bot.intake.markdown import parse
from bot.model import ArticleState, Submission

JEKYLL = """---
layout: post
title: "Tides: an introduction"
date: 2020-03-03 12:00:00 +0200
author: Nora Lind
tags: sea calm
categories: [Science]
excerpt: In short.
image:
  path: https://example.org/boat.jpg
---
{% include header.html %}
The water *goes out*.

{% highlight ruby %}
puts "hi"
{% endhighlight %}
"""
HUGO = """+++
title = "Tides"
date = 2020-03-03T10:00:00Z
draft = true
authors = ["Nora", "Ole"]
tags = ["sea", "low water"]
images = ["https://example.org/boat.jpg"]
description = "In short."
+++
{{< figure src="a.jpg" title="x" >}}
Text with `{{< code >}}` in it.
"""
OBSIDIAN = """---
tags:
  - "#sea"
  - calm
aliases: [x]
created: 2020-03-03
---
# Tides

See [[Moon phases|the moon]] and [[Harbour]]. ![[boat.png]]

```
[[ -f x ]] && {{ y }}
```
"""


def test_jekylls_posts_are_read() -> None:
    found = parse(JEKYLL, "_posts/2020-03-03-tides.md")
    assert found == Submission(
        title="Tides: an introduction",
        guid="_posts/2020-03-03-tides.md Tides: an introduction",
        summary="In short.",
        body=found.body,
        author="Nora Lind",
        tags=("sea", "calm", "Science"),
        image_url="https://example.org/boat.jpg",
        published_at=found.published_at,
    )
    assert found.published_at is not None
    assert found.published_at.astimezone(UTC) == datetime(2020, 3, 3, 10, tzinfo=UTC)
    assert "<em>goes out</em>" in found.body
    assert "{%" not in found.body


def test_hugos_pages_are_read() -> None:
    found = parse(HUGO, "posts/tides/index.md")
    assert (found.title, found.author, found.tags) == ("Tides", "Nora, Ole", ("sea", "low water"))
    assert found.state is ArticleState.DRAFT
    assert found.published_at == datetime(2020, 3, 3, 10, tzinfo=UTC)
    assert "figure" not in found.body
    assert "<code>{{&lt; code &gt;}}</code>" in found.body


def test_obsidians_notes_are_read() -> None:
    found = parse(OBSIDIAN, "Tides.md")
    assert (found.title, found.tags) == ("Tides", ("sea", "calm"))
    assert found.published_at == datetime(2020, 3, 3, tzinfo=UTC)
    assert "See the moon and Harbour." in found.body
    assert "[[ -f x ]] &amp;&amp; {{ y }}" in found.body
    assert "<h1>" not in found.body


@pytest.mark.parametrize(
    ("text", "name", "title"),
    [
        ("Text", "2020-03-03-low-water.md", "Low water"),
        ("Text", "Low Water at Noon.md", "Low Water at Noon"),
        ("Text", "posts/low-water/index.md", "Low water"),
        ("# *Low* water #\n\nText", "a.md", "Low water"),
        ("Low water\n=========\n\nText", "a.md", "Low water"),
        ("---\ntitle: 1984\n---\nText", "a.md", "1984"),
    ],
)
def test_a_title_is_found_in_the_text_or_the_name(text: str, name: str, title: str) -> None:
    found = parse(text, name)
    assert (found.title, "Text" in found.body, title in found.body) == (title, True, False)


@pytest.mark.parametrize(
    ("front", "field", "expected"),
    [
        ("tags: a, b c", "tags", ("a", "b c")),
        ("category: Low water", "tags", ("Low water",)),
        ("keywords: [1, x]", "tags", ("1", "x")),
        ("taxonomies:\n  tags: [x]", "tags", ("x",)),
        ("lang: pt-BR", "language", "pt-BR"),
        ("link: https://example.org/a", "url", "https://example.org/a"),
        ("url: /posts/a/", "url", None),
        ("permalink: javascript:alert(1)", "url", None),
        ("authors:\n  - name: Nora\n    url: x", "author", "Nora"),
        ("published: false", "state", ArticleState.DRAFT),
        ("draft: false", "state", ArticleState.PUBLISHED),
        ("status: draft", "state", ArticleState.DRAFT),
        ("published: 2020-03-03", "published_at", datetime(2020, 3, 3, tzinfo=UTC)),
        ("date: 3 March 2020", "published_at", datetime(2020, 3, 3, tzinfo=UTC)),
        ("Summary: S", "summary", "S"),
        ("cover: {image: https://example.org/i.jpg}", "image_url", "https://example.org/i.jpg"),
        ("id: 7", "guid", "7"),
    ],
)
def test_the_keys_of_many_programs_are_known(front: str, field: str, expected: object) -> None:
    assert getattr(parse(f"---\ntitle: T\n{front}\n---\nText", "a.md"), field) == expected


def test_files_below_drafts_are_drafts() -> None:
    assert parse("Text", "_drafts/a.md").state is ArticleState.DRAFT


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("---\ntitle: a: b\n---\nText", "line 2: its front matter is not YAML"),
        ("---\ntitle: a: b\n---\nText", "text with a colon in it needs quotes"),
        (f"---\n{BOMB}---\nText", "aliases"),
        ("---\na: !!python/object/apply:os.system [id]\n---\nText", "its front matter is not YAML"),
        ("---\n- a\n---\nText", "holds no keys"),
        (f"---\na: {'[' * 20_000}\n---\nText", "front matter"),
        (f"---\na: {'x' * 70_000}\n---\nText", "longer than the 64,000 characters"),
        ("---\ndate: 2020-13-45\n---\nText", "its front matter is not YAML .month must be in 1..12"),
        ("---\ndate: 2020-02-30T99:00:00Z\n---\nText", "front matter|`date` is"),
        ("+++\ntitle = \n+++\nText", "its front matter is not TOML"),
        ("+++\n" + "a=" + "[" * 20_000 + "\n+++\nText", "front matter"),
        ("x" * 1_000_001, "longer than the 1,000,000 characters allowed"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(text: str, sentence: str) -> None:
    with pytest.raises(RefusedItem, match=sentence):
        parse(text, "a.md")


def test_a_line_of_dashes_is_no_front_matter() -> None:
    assert "<hr" in parse("---\n\nText", "a.md").body


@pytest.mark.parametrize("piece", ["[[", "{{<", "{%", "```x\n", "`", "#", "---\n", "![["])
def test_pieces_that_never_end_cost_no_time(piece: str) -> None:
    began_at = time.process_time()
    parse(piece * (40_000 // len(piece)), "a.md")
    assert time.process_time() - began_at < 5


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_is_read_or_refused(front: str, body: str) -> None:
    for text in (f"---\n{front}\n---\n{body}", f"+++\n{front}\n+++\n{body}", body):
        try:
            assert isinstance(parse(text, "a.md"), Submission)
        except RefusedItem:
            continue
