"""What a refusal means, by its status and text: the table of status codes, or what every server says of SPF."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from lab.analysis.diagnose.exchange_stamps import is_service
from lab.core.rulebook.status import CODES, Status
from lab.reports.findings.diagnosis import EvidenceRefusal
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


def refusal(
    recipient: str, status: str, diagnostic: str, said_by: str = "", *, maker: str = ""
) -> EvidenceRefusal:
    """What a server said of one recipient; `maker` is the server that speaks where no other one did.

    `diagnostic` is a Diagnostic-Code, a reply, or Exchange's LED block, which names the server too (R41).
    """
    reply = " ".join(_TYPE.sub("", diagnostic, count=1).split())
    led = _LED.search(reply)
    if led:
        reply, said_by = " ".join(led[1].split()), said_by or led[2] or ""
    front_end = next((host for host, *_ in _TRAILER.findall(reply) if is_service(host)), "")
    unexplained = EvidenceRefusal(
        recipient=recipient,
        status=status or enhanced(reply),
        reply=_TRAILER.sub("", reply).strip(),
        said_by=said_by,
        service=bool(front_end) or is_service(said_by or maker),
        front_end=front_end,
        temporary=reply.startswith("4") or (not reply and status.startswith("4")),
    )
    return _explained(unexplained)


def given_up(refusal: EvidenceRefusal) -> EvidenceRefusal:
    """A deferral that a report calls a failure: it was repeated until the message expired (R149)."""
    if not refusal.temporary:
        return refusal
    rules = tuple(dict.fromkeys((*refusal.rules, "R149")))
    return replace(refusal, cause=_expired(refusal.cause), rules=rules, temporary=False)


def _expired(before: Sentence | str) -> Sentence:
    return (
        sentence("{expired}; before that, {cause}", expired=BY_EXPIRY, cause=before) if before else BY_EXPIRY
    )


def enhanced(reply: str) -> str:
    """The enhanced status at the beginning of a reply, or ''."""
    code = _REPLY.match(reply)
    return (code[2] or "") if code else (_ENHANCED.match(reply) or [""])[0]


def meaning(status: str, reply: str, *, service: bool) -> Status | None:
    """The entry of the table, None where the words are another server's own.

    A number alone is enough where it is one of Microsoft's and of only one entry; the texts vary over the years.
    """
    bare = _REPLY.sub("", reply, count=1)
    for code, texts in _texts():
        if any(status == number and bare.startswith(text) for number, text in texts):
            return code
    if not _RANGE.fullmatch(status) or int(status.rpartition(".")[2]) < _OWN_NUMBERS:
        return None
    numbered = [code for code in CODES if _covers(code, status)]
    return (
        numbered[0] if len(numbered) == 1 and (service or not numbered[0].by.startswith("remote")) else None
    )


def _explained(refusal: EvidenceRefusal) -> EvidenceRefusal:
    """By the deferral that a report of expiry quotes, where there is one; else by the reply itself."""
    status = enhanced(refusal.reply) or refusal.status
    deferral = _quoted_deferral(status, refusal.reply)
    status, reply = deferral or (status, refusal.reply)
    code = meaning(status, reply, service=refusal.service)
    number, cause, rules = (code.number, code.cause, code.rules) if code else (0, "", ())
    if deferral:
        rules = tuple(dict.fromkeys((*rules, "R149", "R150")))
        return replace(refusal, cause=_expired(cause), number=number, rules=rules)
    if code is None and _SPF.search(refusal.reply) and not refusal.service:
        return replace(refusal, cause=BY_SPF, rules=("R166", "R176"))
    return replace(refusal, cause=cause, number=number, rules=rules)


def _quoted_deferral(status: str, reply: str) -> tuple[str, str] | None:
    """What was said last before the message expired (R150), and its status."""
    within = _WITHIN.search(reply)
    if within:
        return enhanced(within[1]), within[1]
    expired = _EXPIRED.match(reply)
    if expired and status in _TWINS:
        return _TWINS[status], f"450 {_TWINS[status]} {expired[1]}"
    return None


@lru_cache(maxsize=1)
def _texts() -> tuple[tuple[Status, tuple[tuple[str, str], ...]], ...]:
    """Each entry with its known (status, beginning of the text)."""
    return tuple((code, tuple(map(_split, _shown(code)))) for code in CODES)


def _shown(code: Status) -> tuple[str, ...]:
    """What the lab says; of what it never says, the table's own words up to where they are shortened."""
    text = re.split(r"\.\.\.|\[|<|\(", code.text)[0].strip()
    return code.shows or ((f"{code.code} {text}",) if len(text) > len("Access denied") else ())


def _split(text: str) -> tuple[str, str]:
    code = _REPLY.match(text)
    if code and code[2]:
        return code[2], text[code.end() :].strip()
    return enhanced(text), text[len(enhanced(text)) :].strip() or "\0"  # a bare number has no text to compare


def _covers(code: Status, status: str) -> bool:
    wanted = tuple(map(int, status.split(".")))
    return any(
        (int(a), int(b)) == wanted[:2] and int(c) <= wanted[2] <= int(last or c)
        for a, b, c, last in _RANGE.findall(code.code)
    )
