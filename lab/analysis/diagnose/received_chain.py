"""The chain of `Received` lines: which server took the message from whom, when (R182)."""

from __future__ import annotations

import re
from datetime import datetime

from lab.analysis.diagnose.evidence_limits import MAX_HOPS
from lab.analysis.diagnose.service_hosts import is_service
from lab.core.dates import read_date
from lab.evidence.diagnosis import HandOver
from lab.model.message import Message
from lab.model.value import value

_ADDRESS = r"(?:IPv6:)?[0-9a-fA-F.:%]{2,60}"
_FROM = re.compile(r"from\s+(\S+)", re.IGNORECASE)
_BY = re.compile(r"(?:^|\s)by\s+([^\s;]+)", re.IGNORECASE)
_CLIENT = re.compile(rf"from\s+\S+\s+\((?:[^()\s]*\s+)?\[?({_ADDRESS})\]?(?:\s+[^()]*)?\)", re.IGNORECASE)
_WITH = re.compile(r"\swith\s+(Microsoft SMTP Server|[\w-]+)", re.IGNORECASE)
_FOR = re.compile(r"\sfor\s+<([^<>\s]{1,320})>", re.IGNORECASE)
_CERTIFICATE = re.compile(r'\(Client CN "([^"]{1,255})"')
_COMMENT = re.compile(r"\([^()]*\)")


@value()
class Link:
    """A `Received` line, and where it stands: what a server stamps stands above or below its own line."""

    index: int
    """Among the fields of the message, 0 on top."""
    told: HandOver


def links(message: Message) -> tuple[Link, ...]:
    """The lines that say who took the message, oldest first."""
    lines = [(at, each) for at, each in enumerate(message.headers) if each.name.lower() == "received"]
    read = ((at, hand_over(each.value)) for at, each in lines[:MAX_HOPS])
    return tuple(Link(at, told) for at, told in reversed(tuple(read)) if told is not None)


def hand_over(line: str) -> HandOver | None:
    """One line, None if it does not say who took the message."""
    told, _, date = line.rpartition(";")
    told = " ".join((told or line).split())
    bare = _without_comments(told)
    by = _BY.search(bare)
    if by is None:
        return None
    origin, client, how = _FROM.match(bare), _CLIENT.match(told), _WITH.findall(bare)
    to, certificate = _FOR.search(bare), _CERTIFICATE.search(told)
    host = by[1].strip("[]()")
    return HandOver(
        by=host,
        origin=origin[1].strip("[]()") if origin else "",
        address=_address(client[1]) if client else _literal(origin),
        at=moment(date),
        protocol=how[-1] if how else "",
        recipient=to[1] if to else "",
        certificate=certificate[1] if certificate else "",
        service=is_service(host),
    )


def moment(date: str) -> datetime | None:
    """The date of a line; Exchange folds it anywhere."""
    return read_date(" ".join(date.split()))


def _without_comments(told: str) -> str:
    """Without what stands in brackets: `(using TLSv1.3 with cipher ...)` has words of the grammar in it."""
    for _ in range(3):  # comments nest, at most so deep in what servers write
        shorter = _COMMENT.sub(" ", told)
        if shorter == told:
            break
        told = shorter
    return told


def _address(text: str) -> str:
    return text.removeprefix("IPv6:").partition("%")[0] if any(c in text for c in ".:") else ""


def _literal(origin: re.Match[str] | None) -> str:
    """`from [192.0.2.5]`: the address is all there is."""
    text = origin[1] if origin else ""
    return _address(text.strip("[]")) if text.startswith("[") else ""
