"""The schema, as numbered SQL files. A released file is never edited: a change of the schema is a new file."""
