"""Which command may come when, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from lab.model.reply import Reply
from lab.wire import phrases


class Stage(Enum):
    """How far a client has come."""

    CONNECTED = auto()
    GREETED = auto()
    SENDER = auto()
    RECIPIENTS = auto()
    CHUNKS = auto()


OUT_OF_TURN: Mapping[str, Mapping[Stage, Reply]] = {
    "STARTTLS": {Stage.CONNECTED: phrases.HELLO_FIRST},
    "MAIL": {
        Stage.CONNECTED: phrases.HELLO_FIRST,
        Stage.SENDER: phrases.SENDER_KNOWN,
        Stage.RECIPIENTS: phrases.SENDER_KNOWN,
        Stage.CHUNKS: phrases.SENDER_KNOWN,
    },
    "RCPT": {
        Stage.CONNECTED: phrases.HELLO_FIRST,
        Stage.GREETED: phrases.NEED_MAIL,
        Stage.CHUNKS: phrases.BAD_SEQUENCE,
    },
    "DATA": {
        Stage.CONNECTED: phrases.HELLO_FIRST,
        Stage.GREETED: phrases.NEED_MAIL,
        Stage.SENDER: phrases.NEED_RCPT,
        Stage.CHUNKS: phrases.BAD_SEQUENCE,
    },
    "BDAT": {
        Stage.CONNECTED: phrases.HELLO_FIRST,
        Stage.GREETED: phrases.NEED_MAIL,
        Stage.SENDER: phrases.NEED_RCPT,
    },
}
"""The reply to a command that comes at the wrong stage; all other commands may come at any."""
