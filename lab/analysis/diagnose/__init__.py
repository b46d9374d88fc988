"""From a bounce to its cause: what a mail, a report, a log or a trace says of the tenants that it went through.

`diagnose` recognises what the evidence is and judges it. Reading never fails, whatever the octets are (`evidence_file`);
what the evidence does not tell is left open, and never filled in. Nothing here knows a terminal or a file.
"""

from __future__ import annotations

from dataclasses import replace

from lab.analysis.diagnose import (
    log_diagnosis,
    message_diagnosis,
    postfix_attempts,
    trace_attempts,
    trace_diagnosis,
    trace_tables,
)
from lab.analysis.diagnose.delivery_report import entity_with_report, is_report
from lab.analysis.diagnose.evidence_file import MAX_OCTETS, NotText, as_utf8, is_mail
from lab.analysis.diagnose.known_configuration import KnownConfiguration
from lab.analysis.diagnose.mime import parse
from lab.reports.findings.diagnosis import Diagnosis, EvidenceKind, VerdictSentence
from lab.sentence import sentence

__all__ = ["KnownConfiguration", "NotText", "diagnose"]


def diagnose(octets: bytes, known: KnownConfiguration | None = None) -> Diagnosis:
    """What the evidence says; with `known`, names are those of a configuration, and the front end is asked about it.

    Raises NotText for what holds no text (an Outlook .msg, an archive).
    """
    text = as_utf8(octets[:MAX_OCTETS])
    diagnosis = _of_mail(text, known) if is_mail(text) else _of_table_or_log(text, known)
    if len(octets) <= MAX_OCTETS:
        return diagnosis
    cut = sentence("only the first {size} MiB were read", size=MAX_OCTETS >> 20)
    return replace(diagnosis, notes=(cut, *diagnosis.notes))


def _of_mail(octets: bytes, known: KnownConfiguration | None) -> Diagnosis:
    mail = parse(octets)
    report = entity_with_report(mail)
    if report is not None:
        return message_diagnosis.of_report(report, known)
    return message_diagnosis.of_message(mail, known)


def _of_table_or_log(octets: bytes, known: KnownConfiguration | None) -> Diagnosis:
    """A table, a log, or the text of a report that somebody pasted."""
    text = octets.decode("utf-8", "replace")
    tables = trace_tables.read(text)
    if tables.rows:
        kind = trace_attempts.kind_of(tables.rows)
        attempts = trace_attempts.attempts(tables.rows, kind)
        if kind is EvidenceKind.TRACKING_LOG:
            return log_diagnosis.of_tracking(attempts, known)
        return trace_diagnosis.of_trace(attempts, kind, known)
    lines = tables.lines or text.splitlines()
    logged = postfix_attempts.attempts(lines)
    if logged:
        return log_diagnosis.of_log(logged, known, postfix_attempts.host_of(lines))
    if is_report(text):
        pasted = parse(b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + octets)
        return message_diagnosis.of_report(pasted, known)
    nothing = sentence("neither a mail nor a report, a log or a message trace: nothing to see")
    return Diagnosis(kind=EvidenceKind.OTHER, nothing=True, story=(VerdictSentence(text=nothing),))
