"""What the words of a refusal mean: found in the table of status codes, or told by what every server says of SPF."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from lab.analysis.diagnose.service_hosts import is_service
from lab.core.rulebook.status import CODES, Status
from lab.evidence.diagnosis import EvidenceRefusal
from lab.sentence import Sentence, sentence

_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"([245]\d\d)[ -]?(?:#?([245]\.\d{1,3}\.\d{1,3})\s*)?")
_RANGE = re.compile(r"(\d)\.(\d{1,3})\.(\d{1,3})(?:-(\d{1,3}))?")
_TRAILER = re.compile(
    r"\s*\[([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){2,10})(?: (\S{10,40}Z) ([0-9A-F]{16}))?\]"
)
_TYPE = re.compile(r"\s*(?:smtp|x-[\w-]{1,30})\s*;\s*", re.IGNORECASE)
_LED = re.compile(r"\{LED=(.*?)\}(?:;\{MSG=.*?\};\{FQDN=(.*?)\};\{IP=(.*?)\})?", re.DOTALL)
_SPF = re.compile(r"\bSPF\b|Sender Policy Framework", re.IGNORECASE)
_OWN_NUMBERS = 50
"""From here on the third part of a status is Microsoft's own; below it is everybody's (RFC 3463)."""
_EXPIRED = re.compile(r"550 5\.4\.3\d\d Message expired, [^()]{0,80}\((.{1,1500})\)$")
_WITHIN = re.compile(r"Message expired -> ([245]\d\d .*)$")
_TWINS = {"5.4.312": "4.4.312", "5.4.316": "4.4.316", "5.4.317": "4.4.317"}
BY_EXPIRY = sentence("tried until the message expired")
BY_SPF = sentence("the receiving server does not let this client send for that domain, by its SPF record")


def words_of(diagnostic: str) -> tuple[str, str]:
    """(the reply in one line, the host inside) of a Diagnostic-Code or of Exchange's LED block (R41)."""
    text = " ".join(_TYPE.sub("", diagnostic, count=1).split())
    led = _LED.search(text)
    return (" ".join(led[1].split()), led[2] or "") if led else (text, "")


def refusal(
    recipient: str, status: str, diagnostic: str, said_by: str = "", *, maker: str = ""
) -> EvidenceRefusal:
    """What a server said of one recipient; `maker` is the server that speaks where no other one did."""
    reply, inside = words_of(diagnostic)
    said_by = said_by or inside
    trailers = _TRAILER.findall(reply)
    front_end = next((host for host, *_ in trailers if is_service(host)), "")
    service = bool(front_end) or is_service(said_by or maker)
    told = enhanced(reply) or status
    found = EvidenceRefusal(
        recipient=recipient,
        status=status or told,
        reply=_TRAILER.sub("", reply).strip(),
        said_by=said_by,
        service=service,
        front_end=front_end,
        temporary=reply.startswith("4") or (not reply and status.startswith("4")),
    )
    return _explained(found)


def given_up(found: EvidenceRefusal) -> EvidenceRefusal:
    """A deferral that a report calls a failure: it was repeated until the message expired (R149)."""
    if not found.temporary:
        return found
    cause = _expired(found.cause)
    return replace(found, cause=cause, rules=tuple(dict.fromkeys((*found.rules, "R149"))), temporary=False)


def _expired(before: Sentence | str) -> Sentence:
    return (
        sentence("{expired}; before that, {cause}", expired=BY_EXPIRY, cause=before) if before else BY_EXPIRY
    )


def enhanced(reply: str) -> str:
    """The enhanced status at the beginning of a reply, or ''."""
    found = _REPLY.match(reply)
    return (found[2] or "") if found else (_ENHANCED.match(reply) or [""])[0]


def meaning(status: str, reply: str, *, service: bool) -> Status | None:
    """The entry of the table, None where the words are another server's own.

    A number alone is enough where it is one of Microsoft's and of only one entry; the texts vary over the years.
    """
    bare = _REPLY.sub("", reply, count=1)
    for code, texts in _texts():
        if any((status, bare.startswith(text)) == (number, True) for number, text in texts):
            return code
    if not _RANGE.fullmatch(status) or int(status.rpartition(".")[2]) < _OWN_NUMBERS:
        return None
    numbered = [code for code, _ in _texts() if _covers(code, status)]
    return (
        numbered[0] if len(numbered) == 1 and (service or not numbered[0].by.startswith("remote")) else None
    )


def _explained(found: EvidenceRefusal) -> EvidenceRefusal:
    """By what was said last before the message expired, where that is quoted; else by the words themselves."""
    status = enhanced(found.reply) or found.status
    before, inner = _last_said(status, found.reply)
    code = meaning(before, inner, service=found.service)
    if inner != found.reply:
        cause = _expired(code.cause if code else "")
        return replace(
            found, cause=cause, number=code.number if code else 0, rules=_also(code, "R149", "R150")
        )
    if code is not None:
        return replace(found, number=code.number, cause=code.cause, rules=code.rules)
    if _SPF.search(found.reply) and not found.service:
        return replace(found, cause=BY_SPF, rules=("R166", "R176"))
    return found


def _last_said(status: str, reply: str) -> tuple[str, str]:
    """The deferral that a report of expiry quotes (R150), with its status; else the same again."""
    within = _WITHIN.search(reply)
    if within:
        return enhanced(within[1]), within[1]
    expired = _EXPIRED.match(reply)
    if expired and status in _TWINS:
        return _TWINS[status], f"450 {_TWINS[status]} {expired[1]}"
    return status, reply


def _also(code: Status | None, *more: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(code.rules if code else ()), *more)))


@lru_cache(maxsize=1)
def _texts() -> tuple[tuple[Status, tuple[tuple[str, str], ...]], ...]:
    """Each entry with its known (status, beginning of the text)."""
    return tuple((code, tuple(_split(text) for text in _shown(code))) for code in CODES)


def _shown(code: Status) -> tuple[str, ...]:
    """What the lab says; of what it never says, the table's own words up to where they are shortened."""
    if code.shows:
        return code.shows
    text = re.split(r"\.\.\.|\[|<|\(", code.text)[0].strip()
    return (f"{code.code} {text}",) if len(text) > len("Access denied") else ()


def _split(text: str) -> tuple[str, str]:
    found = _REPLY.match(text)
    if found and found[2]:
        return found[2], text[found.end() :].strip()
    return enhanced(text), text[len(enhanced(text)) :].strip() or "\0"  # a bare number has no text to compare


def _covers(code: Status, status: str) -> bool:
    wanted = tuple(map(int, status.split(".")))
    return any(
        (int(a), int(b)) == wanted[:2] and int(c) <= wanted[2] <= int(last or c)
        for a, b, c, last in _RANGE.findall(code.code)
    )
