"""The store: one file a subject, functions that take a `Store` first.

A `Store` is a `Database` (the call is a transaction of its own) or a `Transaction` (the call becomes a part of it).
"""
