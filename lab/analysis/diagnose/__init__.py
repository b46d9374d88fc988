"""From a bounce to its cause: what a mail, a report, a log or a trace says of the tenants that it went through.

`diagnose` finds out what it has been given and judges it. Reading never fails, whatever the octets are
(`evidence_limits`); what the evidence does not tell is left open, and never filled in. Nothing here knows a terminal or
a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lab.analysis.diagnose import (
    log_diagnosis,
    message_diagnosis,
    ndr_text,
    postfix_attempts,
    trace_attempts,
    trace_diagnosis,
    trace_tables,
)
from lab.analysis.diagnose.delivery_report import entity_with_report
from lab.analysis.diagnose.evidence_limits import MAX_OCTETS
from lab.analysis.diagnose.input_encoding import NotText, as_utf8, is_mail
from lab.analysis.diagnose.known_configuration import KnownConfiguration
from lab.analysis.diagnose.mime import MimeEntity, message
from lab.evidence.diagnosis import Diagnosis, EvidenceKind, VerdictSentence
from lab.sentence import sentence

__all__ = ["KnownConfiguration", "NotText", "diagnose"]


def diagnose(octets: bytes, known: KnownConfiguration | None = None) -> Diagnosis:
    """What the evidence says; with `known`, names are those of a configuration, and the front end is asked about it.

    Raises Unreadable for what holds no text (an Outlook .msg, a picture).
    """
    notes = (
        ()
        if len(octets) <= MAX_OCTETS
        else (sentence("only the first {size} MiB were read", size=MAX_OCTETS >> 20),)
    )
    told = as_utf8(octets[:MAX_OCTETS])
    found = _judged(told, known)
    return replace(found, notes=(*notes, *found.notes))


def _judged(octets: bytes, known: KnownConfiguration | None) -> Diagnosis:
    if not is_mail(octets):
        return _no_mail(octets, known)
    whole = message(octets)
    report = entity_with_report(whole)
    return (
        message_diagnosis.of_report(report, known)
        if report is not None
        else message_diagnosis.of_message(whole, known)
    )


def _no_mail(octets: bytes, known: KnownConfiguration | None) -> Diagnosis:
    """A table, a log, or the text of a report."""
    text = octets.decode("utf-8", "replace")
    found = trace_tables.read(text)
    if found.rows:
        return _table(found.rows, known)
    lines = found.lines or text.splitlines()
    log = postfix_attempts.attempts(lines)
    if log:
        return log_diagnosis.of_log(log, known, postfix_attempts.host_of(lines))
    if ndr_text.looks_like_one(text):
        return message_diagnosis.of_report(_pasted(octets), known)
    return _nothing()


def _table(found: Sequence[trace_tables.PlainRow], known: KnownConfiguration | None) -> Diagnosis:
    kind = trace_attempts.kind_of(found)
    told = trace_attempts.attempts(found, kind)
    if kind is EvidenceKind.TRACKING_LOG:
        return log_diagnosis.of_tracking(told, known)
    return trace_diagnosis.of_trace(told, kind, known)


def _pasted(octets: bytes) -> MimeEntity:
    """The text of a report without the mail around it."""
    return message(b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + octets)


def _nothing() -> Diagnosis:
    text = sentence("neither a mail nor a report, a log or a message trace: nothing to see")
    return Diagnosis(kind=EvidenceKind.OTHER, nothing=True, story=(VerdictSentence(text=text),))
