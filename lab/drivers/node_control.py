"""What a part of a lab has seen, as it is told to whoever plays the lab: its journal and its mailboxes as JSON data."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from lab.model.message import Message
from lab.model.trace import Hop, HopHead
from lab.model.transport import Mailboxed
from lab.wire import codec


def written(hops: Iterable[Hop], mailboxes: Iterable[Mailboxed]) -> Mapping[str, Any]:
    """As JSON data. The candidates of decisions stay behind; what was decided is in the steps."""
    return {
        "hops": [[codec.dumps(hop.head), codec.dump_steps(hop.steps)] for hop in hops],
        "mail": [_mail(mailbox) for mailbox in mailboxes],
    }


def read(told: Mapping[str, Any]) -> tuple[tuple[Hop, ...], tuple[Mailboxed, ...]]:
    """The inverse of `written`; ValueError when it is no such data."""
    hops = tuple(Hop(codec.loads(HopHead, head), codec.load_steps(steps)) for head, steps in told["hops"])
    return hops, tuple(_read_mail(text, content) for text, content in told["mail"])


def _mail(each: Mailboxed) -> list[str]:
    return [codec.dumps(each, leave_out=("message",)), b64encode(bytes(each.message)).decode()]


def _read_mail(text: str, content: str) -> Mailboxed:
    return codec.loads(Mailboxed, text, message=Message.parse(b64decode(content)))
