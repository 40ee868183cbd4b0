"""Articles come in: fetch, read, decide, submit. Every source meets the store at one door, submit.py."""
