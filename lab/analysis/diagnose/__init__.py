"""From a bounce to its cause: what a mail, a report, a log or a trace says of the tenants that it went through.

`diagnose` finds out what it has been given and judges it. Reading never fails, whatever the octets are (`limits`); what
the evidence does not tell is left open, and never filled in. Nothing here knows a terminal or a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lab.analysis.diagnose import attempts, gateway, judging, rows, texts, traced, traces
from lab.analysis.diagnose.known import Known
from lab.analysis.diagnose.limits import MAX_OCTETS
from lab.analysis.diagnose.mime import Entity, message
from lab.analysis.diagnose.octets import Unreadable, as_utf8, is_mail
from lab.analysis.diagnose.report import entity_with_report
from lab.evidence.diagnosis import Diagnosis, Kind, Told
from lab.sentence import sentence

__all__ = ["Known", "Unreadable", "diagnose"]


def diagnose(octets: bytes, known: Known | None = None) -> Diagnosis:
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


def _judged(octets: bytes, known: Known | None) -> Diagnosis:
    if not is_mail(octets):
        return _no_mail(octets, known)
    whole = message(octets)
    report = entity_with_report(whole)
    return judging.of_report(report, known) if report is not None else judging.of_message(whole, known)


def _no_mail(octets: bytes, known: Known | None) -> Diagnosis:
    """A table, a log, or the text of a report."""
    text = octets.decode("utf-8", "replace")
    found = rows.read(text)
    if found.rows:
        return _table(found.rows, known)
    lines = found.lines or text.splitlines()
    log = gateway.attempts(lines)
    if log:
        return attempts.of_log(log, known, gateway.host_of(lines))
    if texts.looks_like_one(text):
        return judging.of_report(_pasted(octets), known)
    return _nothing()


def _table(found: Sequence[rows.Row], known: Known | None) -> Diagnosis:
    kind = traces.kind_of(found)
    told = traces.attempts(found, kind)
    if kind is Kind.TRACKING_LOG:
        return attempts.of_tracking(told, known)
    return traced.of_trace(told, kind, known)


def _pasted(octets: bytes) -> Entity:
    """The text of a report without the mail around it."""
    return message(b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + octets)


def _nothing() -> Diagnosis:
    text = sentence("neither a mail nor a report, a log or a message trace: nothing to see")
    return Diagnosis(kind=Kind.OTHER, nothing=True, story=(Told(text=text),))
