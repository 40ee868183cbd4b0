"""The Bot API's methods, one file a subject; METHODS is the table of them all, by lower-case name."""

from inspect import iscoroutinefunction

from bot.sandbox.methods import callbacks, chats, commands, deletes, edits, media, messages, updates
from bot.sandbox.methods.ask import Handler, Method

_SUBJECTS: tuple[dict[str, Handler], ...] = (
    updates.METHODS,
    messages.METHODS,
    media.METHODS,
    edits.METHODS,
    deletes.METHODS,
    callbacks.METHODS,
    commands.METHODS,
    chats.METHODS,
)
METHODS: dict[str, Method] = {
    name.lower(): Method(name, handle, iscoroutinefunction(handle))
    for subject in _SUBJECTS
    for name, handle in subject.items()
}
