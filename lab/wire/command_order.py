"""Which command may come when, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from lab.model.reply import Reply
from lab.wire import server_replies


class CommandStage(Enum):
    """How far a client has come."""

    CONNECTED = auto()
    GREETED = auto()
    SENDER = auto()
    RECIPIENTS = auto()
    CHUNKS = auto()


OUT_OF_TURN: Mapping[str, Mapping[CommandStage, Reply]] = {
    "STARTTLS": {CommandStage.CONNECTED: server_replies.HELLO_FIRST},
    "MAIL": {
        CommandStage.CONNECTED: server_replies.HELLO_FIRST,
        CommandStage.SENDER: server_replies.SENDER_KNOWN,
        CommandStage.RECIPIENTS: server_replies.SENDER_KNOWN,
        CommandStage.CHUNKS: server_replies.SENDER_KNOWN,
    },
    "RCPT": {
        CommandStage.CONNECTED: server_replies.HELLO_FIRST,
        CommandStage.GREETED: server_replies.NEED_MAIL,
        CommandStage.CHUNKS: server_replies.BAD_SEQUENCE,
    },
    "DATA": {
        CommandStage.CONNECTED: server_replies.HELLO_FIRST,
        CommandStage.GREETED: server_replies.NEED_MAIL,
        CommandStage.SENDER: server_replies.NEED_RCPT,
        CommandStage.CHUNKS: server_replies.BAD_SEQUENCE,
    },
    "BDAT": {
        CommandStage.CONNECTED: server_replies.HELLO_FIRST,
        CommandStage.GREETED: server_replies.NEED_MAIL,
        CommandStage.SENDER: server_replies.NEED_RCPT,
    },
}
"""The reply to a command that comes at the wrong stage; all other commands may come at any."""
