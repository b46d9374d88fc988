"""Postfix's log, line by line: who says what, when, of which message. `postfix_log` makes hops of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from lab.model.value import dataclass

_LINE = re.compile(
    r"(?P<at>\w{3} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ "
    r"postfix[^/\s\[]*/(?:[\w.-]+/)*(?P<program>[\w.-]+)\[(?P<pid>\d+)\]: (?P<said>.*)"
)
_QUEUED = re.compile(r"(?P<id>[0-9A-F]{6,}|[0-9A-Za-z]{10,}): (?P<said>.*)")
_PEER = r"(?P<name>\S+)\[(?P<address>[\d.]+)\](?::(?P<port>\d+))?"
_PATTERNS = {
    "trouble": re.compile(r"(?P<said>(?:fatal|panic): .*)"),
    "connect": re.compile(f"connect from {_PEER}"),
    "disconnect": re.compile("disconnect from "),
    "client": re.compile(f"client={_PEER}"),
    "encrypted": re.compile(
        rf"(?P<trust>\w+) TLS connection established (?P<way>from|to) {_PEER}: "
        r"(?P<version>\S+) with cipher (?P<cipher>\S+)"
    ),
    "reject": re.compile(
        rf"reject: (?P<stage>\S+) from {_PEER}: (?P<reply>.*); from=<(?P<sender>[^>]*)>"
        r"(?: to=<(?P<recipient>[^>]*)>)?(?: proto=\S+)?(?: helo=<(?P<helo>[^>]*)>)?$"
    ),
    "message_id": re.compile(r"message-id=(?P<value>.*)"),
    "header": re.compile(
        r"info: header (?P<field>[\w-]+): (?P<value>.*) from \S+?; from=<.*?>(?:.* helo=<(?P<helo>.*)>)?$"
    ),
    "active": re.compile(r"from=<(?P<sender>[^>]*)>, size=(?P<size>\d+), nrcpt=(?P<count>\d+)"),
    "expired": re.compile(r"from=<[^>]*>, status=(?:force-)?expired"),
    "handed": re.compile(
        r"to=<(?P<recipient>[^>]*)>, (?:orig_to=<(?P<original>[^>]*)>, )?relay=(?P<relay>[^,]+), .*?"
        r"dsn=(?P<dsn>[\d.]+), status=(?P<status>\w+) \((?P<said>.*)\)$"
    ),
    "tried": re.compile(r"(?P<said>host \S+ (?:said|refused to talk to me): .*)"),
    "notified": re.compile(r"sender non-delivery notification: (?P<id>\w+)"),
    "removed": re.compile(r"removed$"),
}
_SAID_BY = re.compile(rf"host {_PEER} (?:said|refused to talk to me): ")
_IN_REPLY = re.compile(r" \(in reply to [^()]*\)$")
_RELAY = re.compile(rf"{_PEER}$")


@dataclass(frozen=True, slots=True)
class PostfixLine:
    """One line that means something to a trace."""

    at: datetime
    program: str
    pid: str
    queue_id: str
    """'' where Postfix says NOQUEUE or nothing."""
    kind: str
    parts: Mapping[str, str]
    """The parts of the line by name; what the line leaves out is ''."""


def lines(text: Iterable[str], begins: datetime) -> Iterator[PostfixLine]:
    """The lines that are understood, of a log whose first is not older than `begins` less a day.

    The short form of a time has no year and no zone; it is taken as UTC and completed to what fits.
    """
    earliest = begins - timedelta(days=1)
    for raw in text:
        whole = _LINE.match(raw)
        if whole is None:
            continue
        queue_id, words = _queue_id(whole["said"])
        for kind, pattern in _PATTERNS.items():
            match = pattern.match(words)
            if match is not None:
                parts = {name: value or "" for name, value in match.groupdict().items()}
                at = _moment(whole["at"], earliest)
                yield PostfixLine(at, whole["program"], whole["pid"], queue_id, kind, parts)
                break


def reply_of(text: str) -> tuple[str, str, str]:
    """(reply, host, address) of what stands in the brackets behind `status=`; no host unless the other side said it."""
    by = _SAID_BY.match(text)
    bare = _IN_REPLY.sub("", text[by.end() :] if by else text)
    return bare, by["name"] if by else "", by["address"] if by else ""


def relay_of(relay: str) -> tuple[str, str]:
    """(host, address) of `relay=`; ('', '') where there was no connection."""
    match = _RELAY.match(relay)
    return (match["name"], match["address"]) if match else ("", "")


def _queue_id(text: str) -> tuple[str, str]:
    if text.startswith("NOQUEUE: "):
        return "", text.removeprefix("NOQUEUE: ")
    match = _QUEUED.match(text)
    return (match["id"], match["said"]) if match else ("", text)


def _moment(written: str, earliest: datetime) -> datetime:
    if "T" in written:
        return datetime.fromisoformat(written).astimezone(UTC)
    guess = datetime.strptime(f"{earliest.year} {written}", "%Y %b %d %H:%M:%S").replace(tzinfo=UTC)
    return guess if guess >= earliest else guess.replace(year=earliest.year + 1)
