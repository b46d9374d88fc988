"""What `mflab check` has found, for programs: JSON, SARIF 2.1.0, JUnit, and annotations of GitHub Actions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields

from lab.core.rulebook import rule
from lab.reports.findings.audit_report import Audit, Remedy, ReportedFinding, Spot
from lab.reports.text import ci_formats
from lab.reports.text.ci_formats import Json, JUnitCase, JUnitSuite, sarif_location, sarif_result
from lab.reports.text.printable import printable
from lab.sentence import NOTHING, Sentence, listed, say, sentence


def document(audits: Sequence[Audit]) -> Json:
    """Everything as plain data."""
    return {
        "ok": not any(audit.count("error") for audit in audits),
        "files": [_audit(audit) for audit in audits],
    }


def _audit(audit: Audit) -> Json:
    return {
        "file": audit.file,
        "scenario": audit.scenario,
        "variants": list(audit.variants),
        "checks": audit.checks,
        "counts": {level: audit.count(level) for level in ("error", "warning", "note")},
        "findings": [_told(finding) for finding in audit.findings],
        "idle_suppressions": [say(idle) for idle in audit.idle],
        "todos": list(audit.todos),
    }


def _told(finding: ReportedFinding) -> Json:
    rules = [
        {"id": id_, "confidence": rule(id_).confidence.value, "source": rule(id_).source}
        for id_ in finding.used
    ]
    guesses = [say(guess.text) for guess in finding.assumptions]
    return {**_plain(finding), "assumptions": guesses, "used_rules": rules, "help": finding.help}


def _plain(item: ReportedFinding | Spot | Remedy) -> Json:
    """The fields by name, with what they say."""
    return {field.name: _said(getattr(item, field.name)) for field in fields(item)}


def _said(given: object) -> object:
    match given:
        case Sentence():
            return say(given)
        case Spot() | Remedy():
            return _plain(given)
        case tuple():
            return [_said(part) for part in given]
        case _:
            return given


def sarif(audits: Iterable[Audit]) -> str:
    """Code hosting shows them beside the line; a suppressed finding is told as such."""
    findings = [finding for audit in audits for finding in audit.findings]
    kinds = {finding.code: finding for finding in findings}
    return ci_formats.sarif(map(_kind, kinds.values()), map(_result, findings))


def _kind(finding: ReportedFinding) -> Json:
    return {
        "id": finding.code,
        "name": finding.code.replace("-", ""),
        "shortDescription": {"text": printable(finding.title)},
        "help": {"text": f"See {finding.help}"},
        "defaultConfiguration": {"level": finding.level},
    }


def _result(finding: ReportedFinding) -> Json:
    shown = "{what}. Shown: {shown} ({way})"
    text = sentence(shown, what=finding.what, shown=finding.shown, way=finding.way)
    related = [
        {**sarif_location(fact.file, fact.line), "message": {"text": printable(fact.text)}}
        for fact in finding.facts
        if fact.file
    ]
    result = sarif_result(finding.code, finding.level, text, finding.file, finding.line)
    result |= {"partialFingerprints": {"mflabFinding/v1": printable(finding.id)}, "relatedLocations": related}
    if finding.suppressed:
        result["suppressions"] = [{"kind": "inSource", "justification": printable(finding.suppressed)}]
    return result


def junit(audits: Iterable[Audit]) -> str:
    """A suite for each file, a test case for each finding; errors fail, all else is told as skipped."""
    return ci_formats.junit("mailflow-lab check", (JUnitSuite(audit.file, _cases(audit)) for audit in audits))


def _cases(audit: Audit) -> list[JUnitCase]:
    none = JUnitCase(group=audit.scenario, name=f"all {audit.checks} checks")
    return [_case(audit, finding) for finding in audit.findings] or [none]


def _case(audit: Audit, finding: ReportedFinding) -> JUnitCase:
    fails = finding.level == "error" and finding.counts
    skipped = say(finding.suppressed) or f"{finding.level}: {say(finding.proof)}"
    return JUnitCase(
        group=audit.scenario,
        name=finding.id,
        file=finding.file,
        line=finding.line,
        failure=finding.proof if fails else NOTHING,
        failure_type=finding.code,
        details=listed((*(fact.text for fact in finding.facts), finding.way), "\n"),
        skipped="" if fails else skipped,
    )


def workflow_commands(audits: Iterable[Audit]) -> str:
    """Workflow commands of GitHub Actions: one line each."""
    lines = [_annotation(finding) for audit in audits for finding in audit.findings if finding.counts]
    return "".join(f"{line}\n" for line in lines)


def _annotation(finding: ReportedFinding) -> str:
    level = {"note": "notice"}.get(finding.level, finding.level)
    place = f"file={_property(finding.file)},line={finding.line or 1},title={_property(finding.id)}"
    return f"::{level} {place}::{_escaped(printable(finding.proof))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(printable(text)).replace(":", "%3A").replace(",", "%2C")
