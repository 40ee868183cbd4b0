"""What every test shares."""

from hypothesis import settings

# Tests say the same on every machine and every run; `make fuzz` looks further, with new examples each time.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")
