"""The store, clock, site, fetcher and parsers of the tests of intake."""

from tests.intake.conftest import clock, db, fetcher, parsers, site

__all__ = ["clock", "db", "fetcher", "parsers", "site"]
