"""What every test shares."""

from hypothesis import settings

# A test of a commit says the same on every machine and every run; `make fuzz` looks further, with new examples each time.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")
