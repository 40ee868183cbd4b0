"""Hypothesis without a deadline here: what a machine does beside the tests says nothing about the code."""

from hypothesis import settings

settings.register_profile("render", deadline=None)
settings.load_profile("render")
