"""What `mflab check` has found, for programs: JSON, SARIF 2.1.0, JUnit, and annotations of GitHub Actions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import PurePath
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from lab import __version__
from lab.core.rulebook import rule
from lab.reports.findings.audit_report import Audit, Remedy, ReportedFinding, Spot
from lab.reports.text.printable import printable
from lab.sentence import Sentence, say, sentence

Json = dict[str, Any]
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


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
    driver = {
        "name": "mailflow-lab",
        "version": __version__,
        "rules": [_kind(finding) for finding in kinds.values()],
    }
    run = {"tool": {"driver": driver}, "results": [_result(finding) for finding in findings]}
    return (
        json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)
        + "\n"
    )


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
    made: Json = {
        "ruleId": finding.code,
        "level": finding.level,
        "message": {"text": printable(say(text))},
        "partialFingerprints": {"mflabFinding/v1": printable(finding.id)},
        "locations": [_location(finding.file, finding.line)],
        "relatedLocations": [
            {**_location(fact.file, fact.line), "message": {"text": printable(say(fact.text))}}
            for fact in finding.facts
            if fact.file
        ],
    }
    if finding.suppressed:
        made["suppressions"] = [{"kind": "inSource", "justification": printable(say(finding.suppressed))}]
    return made


def _location(file: str, line: int) -> Json:
    place: Json = {"artifactLocation": {"uri": PurePath(file).as_posix()}}
    return {"physicalLocation": {**place, **({"region": {"startLine": line}} if line else {})}}


def junit(audits: Sequence[Audit]) -> str:
    """A suite for each file, a test case for each finding; errors fail, all else is told as skipped."""
    failed = sum(audit.count("error") for audit in audits)
    root = Element("testsuites", {"name": "mailflow-lab check", **_counts(_tests(audits), failed)})
    for audit in audits:
        counts = _counts(max(len(audit.findings), 1), audit.count("error"))
        suite = SubElement(root, "testsuite", {"name": printable(audit.file), **counts})
        for finding in audit.findings:
            _case(suite, audit, finding)
        if not audit.findings:
            SubElement(
                suite, "testcase", classname=printable(audit.scenario), name=f"all {audit.checks} checks"
            )
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _tests(audits: Iterable[Audit]) -> int:
    return sum(max(len(audit.findings), 1) for audit in audits)


def _counts(tests: int, failures: int) -> dict[str, str]:
    return {"tests": str(tests), "failures": str(failures), "errors": "0"}


def _case(suite: Element, audit: Audit, finding: ReportedFinding) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=printable(audit.scenario),
        name=printable(finding.id),
        file=printable(finding.file),
        line=str(finding.line),
    )
    message = printable(say(finding.proof))
    if finding.level == "error" and finding.counts:
        failure = SubElement(case, "failure", message=message, type=finding.code)
        failure.text = printable("\n".join(map(say, (*(fact.text for fact in finding.facts), finding.way))))
    else:
        SubElement(
            case, "skipped", message=printable(say(finding.suppressed)) or f"{finding.level}: {message}"
        )


def workflow_commands(audits: Iterable[Audit]) -> str:
    """Workflow commands of GitHub Actions: one line each."""
    lines = [_annotation(finding) for audit in audits for finding in audit.findings if finding.counts]
    return "".join(f"{line}\n" for line in lines)


def _annotation(finding: ReportedFinding) -> str:
    level = {"note": "notice"}.get(finding.level, finding.level)
    place = f"file={_property(finding.file)},line={finding.line or 1},title={_property(finding.id)}"
    return f"::{level} {place}::{_escaped(printable(say(finding.proof)))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(printable(text)).replace(":", "%3A").replace(",", "%2C")
