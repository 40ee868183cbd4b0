"""Time zones as people name them: by a city or a country, in their own language. Pure; the names are CLDR's."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from rapidfuzz import fuzz, process

from bot.fold import fold

TYPED_LIMIT = 64  # characters of what is searched for
LIKE = 80  # of 100: how like a name must be where none is the same
LANGUAGES = (
    "am", "ar", "az", "bg", "bn", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu",
    "hy", "id", "it", "ja", "ka", "kk", "ko", "lt", "lv", "ms", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sr",
    "sv", "sw", "ta", "th", "tr", "uk", "ur", "uz", "vi", "zh", "zh_Hant",
)  # fmt: skip


def guess(code: str, now: datetime) -> str | None:
    """The zone of most people who use this language code ("fa", "pt-BR"); None: they live in several."""
    try:
        locale = Locale.parse(code.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return None
    likely = get_global("likely_subtags").get(str(locale), "")
    territory = locale.territory or likely.rpartition("_")[2]
    zones = [zone for zone in get_global("territory_zones").get(territory, ()) if is_known(zone)]
    same_time = {now.astimezone(ZoneInfo(zone)).utcoffset() for zone in zones}
    return zones[0] if len(same_time) == 1 else None


def search(text: str, limit: int = 8) -> list[str]:
    """The zones of the cities and countries called this, or, where there is none, something like it; best first."""
    wanted = " ".join(fold(text[:TYPED_LIMIT]).replace("_", " ").replace("/", " ").split())
    if not wanted:
        return []
    names = _names()
    begin = sorted((name for name in names if name.startswith(wanted)), key=len)
    inside = sorted((name for name in names if f" {wanted}" in name), key=len)
    found = _zones(begin + inside)
    if not found:
        alike = process.extract(wanted, names.keys(), scorer=fuzz.ratio, score_cutoff=LIKE, limit=limit)
        found = _zones(name for name, _, _ in alike)
    return found[:limit]


def is_known(zone: str) -> bool:
    """Whether it can be counted with."""
    return zone in _known()


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def _zones(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(zone for name in names for zone in _names()[name]))


@lru_cache(maxsize=1)
def _names() -> dict[str, tuple[str, ...]]:
    """The zones by the folded names of their cities and countries, in all the languages."""
    by_territory = {
        territory: tuple(zone for zone in zones if is_known(zone))
        for territory, zones in get_global("territory_zones").items()
        if territory not in ("001", "ZZ")
    }
    names: dict[str, dict[str, None]] = {}

    def called(name: str, *zones: str) -> None:
        names.setdefault(" ".join(fold(name).replace("/", " ").split()), {}).update(dict.fromkeys(zones))

    for zone in (zone for zones in by_territory.values() for zone in zones):
        called(zone.rpartition("/")[2].replace("_", " "), zone)
        called(zone.replace("_", " "), zone)
    called("UTC", "UTC")
    called("GMT", "UTC")
    for language in LANGUAGES:
        locale = Locale.parse(language)
        for zone, known in locale.time_zones.items():
            if is_known(zone) and (city := known.get("city")):
                called(city, zone)
        for territory, name in locale.territories.items():
            if zones := by_territory.get(territory):
                called(name, *zones)
    names.pop("", None)
    return {name: tuple(zones) for name, zones in names.items()}
