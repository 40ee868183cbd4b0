"""Feeds that misbehave, one way or several at once, and what they tell: stories with a name of their own."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random
from xml.sax.saxutils import escape

WINDOW = 10  # items in a document
LIFE = timedelta(days=3)
WORDS = (  # noqa: SIM905
    "harbour lighthouse storm ferry captain council bridge market winter tide island school museum engine garden "
    "letter summer window railway mountain river orchard signal copper lantern voyage paper village doctor kitchen"
).split()


@dataclass(frozen=True)
class Story:
    """What is to be announced once. Its name stands in its address, title and text, unless a trait takes it out."""

    name: str
    at: datetime
    title: str
    text: str
    place: str


@dataclass(frozen=True)
class Item:
    """A story as a document shows it; "" and None: not given."""

    story: Story
    title: str
    text: str
    link: str
    guid: str
    date: datetime | None


@dataclass
class Poll:
    """One document in the making: which poll of its feed it answers, and when."""

    number: int
    now: datetime
    start: datetime
    dice: Random

    @property
    def day(self) -> int:
        return (self.now - self.start).days


Trait = Callable[[list[Item], Poll], list[Item]]


def each(change: Callable[[Item, Poll], Item]) -> Trait:
    return lambda items, poll: [change(item, poll) for item in items]


def _renumbered(items: list[Item], poll: Poll) -> list[Item]:
    return [replace(item, guid=str(number)) for number, item in enumerate(items, 1)]


def _in_pairs(items: list[Item], poll: Poll) -> list[Item]:
    return [replace(item, guid=f"pair-{int(item.story.name.partition('x')[2]) // 2}") for item in items]


def _other_host(item: Item, host: str) -> str:
    return f"https://{host}{item.story.place}"


def _shuffled(items: list[Item], poll: Poll) -> list[Item]:
    return poll.dice.sample(items, len(items))


def _headless(items: list[Item], poll: Poll) -> list[Item]:
    return items[2:] if poll.number % 3 == 1 else items


def _flapping(items: list[Item], poll: Poll) -> list[Item]:
    return [item for item in items if poll.dice.random() < 0.7]


def _empty_day(items: list[Item], poll: Poll) -> list[Item]:
    return [] if poll.day == 1 else items


def _twice(items: list[Item], poll: Poll) -> list[Item]:
    return items + poll.dice.sample(items, min(3, len(items)))


def _few(items: list[Item], poll: Poll) -> list[Item]:
    return items[: (10, 3, 7, 1)[poll.number % 4]]


def churned(item: Item, poll: Poll) -> Item:
    return replace(item, guid=f"r{poll.dice.getrandbits(64):x}")


_PREFACE = "From the newsroom of the Harbour Gazette, where all that matters to the town is told every morning:"


def _quoted(story: Story) -> str:
    """Two stories of a link blog are about one page."""
    return f"https://elsewhere.example/{story.name.partition('x')[0]}/{int(story.name.partition('x')[2]) // 2}"


def _is_late(poll: Poll) -> bool:
    return poll.day >= 2


IDS: dict[str, Trait] = {
    "no id": each(lambda item, poll: replace(item, guid="")),
    "id is the link": each(lambda item, poll: replace(item, guid=item.link)),
    "id at random": each(churned),
    "id at random for some": each(lambda item, poll: churned(item, poll) if item.story.at.second % 2 else item),
    "two share an id": _in_pairs,
    "all share an id": each(lambda item, poll: replace(item, guid="https://example.org/feed")),
    "id is the place in the list": _renumbered,
    "all ids change at once": each(
        lambda item, poll: replace(item, guid="v2-" + item.guid) if _is_late(poll) else item
    ),
    "ids change in case": each(lambda item, poll: replace(item, guid=item.guid.upper()) if poll.number % 2 else item),
    "id becomes the link": each(lambda item, poll: replace(item, guid=item.link) if _is_late(poll) else item),
    "no ids every other time": each(lambda item, poll: replace(item, guid="") if poll.number % 2 else item),
    "ids are dates": each(lambda item, poll: replace(item, guid=f"{item.story.at:%Y-%m-%d}")),
}
LINKS: dict[str, Trait] = {
    "link tracks": each(lambda i, p: replace(i, link=f"{i.link}?utm_source=rss&utm_campaign={p.dice.random()}")),
    "link has a session": each(lambda i, p: replace(i, link=f"{i.link}?sid={p.dice.getrandbits(40)}")),
    "link has a session in its path": each(
        lambda i, p: replace(i, link=f"{i.link};jsessionid={p.dice.getrandbits(99):X}")
    ),
    "two domains in turn": each(lambda i, p: replace(i, link=_other_host(i, f"{'ab'[p.number % 2]}.example.net"))),
    "moves to https": each(lambda i, p: replace(i, link=i.link.replace("https:", "http:")) if p.day < 2 else i),
    "amp and mobile in turn": each(
        lambda i, p: replace(
            i,
            link=(
                i.link,
                i.link + "/amp/",
                i.link.replace("www.", "m."),
                "https://www.google.com/amp/s/" + i.link.removeprefix("https://"),
            )[p.number % 4],
        )
    ),
    "all link to the site": each(lambda i, p: replace(i, link="https://www.example.org/")),
    "no link": each(lambda i, p: replace(i, link="")),
    "links are numbers": each(lambda i, p: replace(i, link=f"https://www.example.org/?p={i.story.name}")),
    "moves to https and another host at once": each(
        lambda i, p: replace(i, link=i.link.replace("https://www.", "http://")) if p.day < 2 else i
    ),
    "links have another form": each(
        lambda i, p: replace(i, link=f"https://www.example.org/stories/{i.story.name}.html") if _is_late(p) else i
    ),
    "links by a shortener at random": each(
        lambda i, p: replace(i, link=f"https://go.example.org/{p.dice.getrandbits(40):x}")
    ),
    "links lead to others' pages": each(lambda i, p: replace(i, link=_quoted(i.story))),
    "links point into one page": each(lambda i, p: replace(i, link=f"https://www.example.org/log#{i.story.name}")),
}
DATES: dict[str, Trait] = {
    "no dates": each(lambda i, p: replace(i, date=None)),
    "1970": each(lambda i, p: replace(i, date=datetime.fromtimestamp(0, tz=p.now.tzinfo))),
    "in the future": each(lambda i, p: replace(i, date=p.now + timedelta(days=400))),
    "dated now": each(lambda i, p: replace(i, date=p.now)),
    "other zones in turn": each(lambda i, p: replace(i, date=i.date and i.date + timedelta(hours=p.number % 5 - 2))),
    "dates at random": each(lambda i, p: replace(i, date=p.now - timedelta(hours=p.dice.randrange(999)))),
}
PRESENCE: dict[str, Trait] = {
    "unsorted": _shuffled,
    "the newest go and return": _headless,
    "some are missing": _flapping,
    "empty for a day": _empty_day,
    "some are there twice": _twice,
    "longer and shorter": _few,
    "oldest first": lambda items, poll: items[::-1],
}
LOOKS: dict[str, Trait] = {
    "titles change and change back": each(
        lambda i, p: replace(i, title=f"{i.title} (updated)") if p.number % 3 == 1 else i
    ),
    "texts grow": each(
        lambda i, p: replace(i, text=f"{i.text} Update {p.number // 4}: {' '.join(WORDS[: p.number])}.")
    ),
    "texts are cut": each(lambda i, p: replace(i, text=f"{i.text[:90]}…") if p.number % 2 else i),
    "titles gain a mark": each(
        lambda i, p: replace(i, title=f"{('', '🔴 LIVE: ', 'UPDATED: ', '[Video] ')[p.number % 4]}{i.title}")
    ),
    "titles are told anew": each(
        lambda i, p: replace(i, title=i.title if p.number % 2 else f"What we know of {i.story.name} so far")
    ),
    "texts are others at each poll": each(
        lambda i, p: replace(i, text=f"{' '.join(p.dice.choices(WORDS, k=20)).capitalize()} {i.story.name}.")
    ),
    "one beginning for all": each(lambda i, p: replace(i, text=f"{_PREFACE} {i.text}")),
    "one end and title by weekday": each(
        lambda i, p: replace(i, title=f"Weather on {i.story.at:%A}", text=f"{i.text} {_PREFACE}")
    ),
    "one title for all": each(lambda i, p: replace(i, title="Daily briefing")),
    "no titles": each(lambda i, p: replace(i, title="")),
    "no texts": each(lambda i, p: replace(i, text="")),
    "one short text for all": each(lambda i, p: replace(i, text="Read more.")),
    "another markup each time": each(lambda i, p: replace(i, text=f"<div class='a{p.number}'>{i.text}</div>")),
}
TRAITS = {**IDS, **LINKS, **DATES, **PRESENCE, **LOOKS}


GROUPS = (IDS, LINKS, DATES, PRESENCE, LOOKS)
_NO_PAGES = {"no link", "links by a shortener at random", "links have another form", "all link to the site"}
_SHARED_PAGES = {"links lead to others' pages", "all link to the site"}
_OTHER_PAGES = {"links by a shortener at random", "links have another form"}
_NEW_IDS = {"no id", "id is the link", "id at random", "id at random for some"}
_NEW_TEXTS = {"texts are others at each poll"}
_NO_TEXTS = {"one short text for all", "no texts"}
_FALSE_DATES = {"dates at random", "other zones in turn"}
_NO_DATES = {"no dates", "1970", "in the future", "dated now", *_FALSE_DATES}
# What nobody can tell apart, or is no article: a trait out of each of these is too much.
_HOPELESS: tuple[tuple[Collection[str], ...], ...] = (
    # Only a title is left, and it may be a series': "Top stories" of this week and of the last are different ones.
    (_NEW_TEXTS, _OTHER_PAGES, IDS),
    (_NEW_TEXTS | _NO_TEXTS, _NO_PAGES, IDS, _FALSE_DATES),
    # A new id, and no more than a title beside it: so does a series that has no pages.
    (_NEW_TEXTS | _NO_TEXTS, _NO_PAGES, {"id at random for some"}, _NO_DATES),
    # Of two that share a page, and nothing else, one comes while the other is away: so does an edit.
    (_SHARED_PAGES, {"longer and shorter"}, IDS),
    # Two of one page with one title: so does an item that is there twice, or an edit.
    ({"links lead to others' pages"}, {"one title for all", "one end and title by weekday"}, IDS),
    # Only a text is left, where hardly a document has two: so does a notice that is given each hour.
    (_NEW_IDS, _OTHER_PAGES, _NO_DATES, {"longer and shorter"}, {"titles are told anew"}),
    ({"no link"}, {"no texts"}),  # no article
)


def is_hopeless(traits: Collection[str]) -> bool:
    return any(all(not each.isdisjoint(traits) for each in map(frozenset, too_much)) for too_much in _HOPELESS)


@dataclass
class TorturedFeed:
    """A feed with these traits. `stories` oldest first; `shown`: those of its first document, and of later ones."""

    name: str
    traits: tuple[str, ...]
    stories: Sequence[Story]
    dice: Random
    start: datetime
    domain: str = "www.example.org"
    breaks: bool = False
    polls: int = 0
    first: set[str] | None = None
    later: set[str] = field(default_factory=set)

    def document(self, now: datetime) -> bytes:
        """What the feed says now; b"": it breaks."""
        poll = Poll(self.polls, now, self.start, self.dice)
        self.polls += 1
        if self.breaks and self.first is not None and poll.number % 4 == 2:
            return (b"", b"<html>Down for maintenance</html>", b"<rss><channel><item>")[poll.number // 4 % 3]
        told = [story for story in self.stories if story.at <= now][-WINDOW:]
        items = [self._item(story) for story in reversed(told)]
        for trait in self.traits:
            items = TRAITS[trait](items, poll)
        shown = {item.story.name for item in items}
        if self.first is None:
            self.first = shown
        else:
            self.later |= shown - self.first
        return _rss(self.name, items)

    def _item(self, story: Story) -> Item:
        link = f"https://{self.domain}{story.place}"
        return Item(story, story.title, story.text, link, f"id:{story.name}", story.at)


def single(start: datetime, seed: int) -> list[TorturedFeed]:
    """A feed for each trait, and one that breaks every now and then."""
    return [
        *(made(f"s{number}", (trait,), start, seed) for number, trait in enumerate(TRAITS)),
        made("broken", (), start, seed, breaks=True),
    ]


def mixed(start: datetime, seed: int, how_many: int = 40) -> list[TorturedFeed]:
    """Feeds with several traits, one of a kind; every third breaks; the last ten are five sites of two domains each."""
    dice, found = Random(seed), list[TorturedFeed]()
    while len(found) < how_many - 10:
        traits = tuple(dice.choice(list(group)) for group in GROUPS if dice.random() < 0.7)
        if not is_hopeless(traits):
            found.append(made(f"m{len(found)}", traits, start, seed, breaks=len(found) % 3 == 0))
    for number in range(5):
        found += mirrored(f"d{number}", start, seed, dice)
    return found


def mirrored(name: str, start: datetime, seed: int, dice: Random) -> list[TorturedFeed]:
    """One site under two domains, each with its own ids; the second is late, and has a trait besides."""
    one = made(name, (), start, seed)
    late = [replace(story, at=story.at + timedelta(hours=dice.randrange(12))) for story in one.stories]
    traits = ("id is the link", dice.choice(["texts are cut", "link tracks", "no dates", "unsorted", "id at random"]))
    other = TorturedFeed(
        f"{name}b", traits, sorted(late, key=lambda story: story.at), dice, start, "mirror.example.net"
    )
    return [one, other]


def made(name: str, traits: tuple[str, ...], start: datetime, seed: int, *, breaks: bool = False) -> TorturedFeed:
    dice = Random(f"{seed} {name}")
    told = stories(name, dice, start)
    return TorturedFeed(name, traits, told, dice, start, f"www.{name}.example.org", breaks)


def stories(name: str, dice: Random, start: datetime, *, per_day: int = 5) -> list[Story]:
    """Ten from before, and as many a day as said."""
    number, at, found = 0, start - timedelta(days=2), []
    while at < start + LIFE:
        words = [dice.choice(WORDS) for _ in range(24)]
        title = f"{' '.join(words[:4]).capitalize()} {name}x{number}"
        text = f"{' '.join(words[4:]).capitalize()} {name}x{number}."
        found.append(Story(f"{name}x{number}", at, title, text, f"/{at:%Y/%m}/{words[0]}-{words[1]}-{name}x{number}"))
        number += 1
        at += timedelta(hours=24 / per_day * dice.uniform(0.5, 1.5), seconds=dice.randrange(60))
    return found


def _rss(title: str, items: Sequence[Item]) -> bytes:
    inner = "".join(
        "<item>"
        + (f"<title>{escape(item.title)}</title>" if item.title else "")
        + (f"<link>{escape(item.link)}</link>" if item.link else "")
        + (f'<guid isPermaLink="false">{escape(item.guid)}</guid>' if item.guid else "")
        + (f"<description>{escape(item.text)}</description>" if item.text else "")
        + (f"<pubDate>{format_datetime(item.date)}</pubDate>" if item.date else "")
        + "</item>"
        for item in items
    )
    head = f"<title>{escape(title)}</title><link>https://www.example.org/</link>"
    return f'<rss version="2.0"><channel>{head}{inner}</channel></rss>'.encode()
