"""A message's way and envelope, read from its header fields."""

from __future__ import annotations

import re

from lab.analysis.diagnose.evidence_limits import MAX_RECIPIENTS
from lab.analysis.diagnose.mime import words
from lab.analysis.diagnose.received_chain import links
from lab.analysis.diagnose.tenant_passages import passages
from lab.evidence.diagnosis import Journey
from lab.model.message import Message

_ADDRESS = re.compile(r'[^\s<>,;:"()\[\]]{1,64}@[^\s<>,;:"()\[\]]{1,255}')


def journey(message: Message) -> Journey:
    """Of a whole message, of its header section, or of what somebody pasted of it."""
    chain = links(message)
    told = tuple(link.told for link in chain)
    to = _ADDRESS.findall(", ".join((*message.all("To"), *message.all("Cc"))))[:MAX_RECIPIENTS]
    return Journey(
        message_id=message.message_id,
        sender=_sender(message),
        author=message.author,
        recipients=tuple(dict.fromkeys(to)),
        subject=words(message.subject),
        hand_overs=told,
        passages=passages(message, chain),
    )


def _sender(message: Message) -> str:
    """The reverse-path that the last server wrote down."""
    path = (message.get("Return-Path") or "").strip()
    found = _ADDRESS.search(path)
    return found[0] if found else "<>" if path == "<>" else ""
