"""What every test shares."""

from hypothesis import settings

# Tests say the same on every machine and every run; `make fuzz` ("fuzz") looks further, with new examples each time.
# An example may take its time: a busy machine is no fault of the program.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("fuzz", deadline=None)
settings.load_profile("repeatable")
