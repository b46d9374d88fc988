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
        "findings": [_told(told) for told in audit.findings],
        "idle_suppressions": [say(idle) for idle in audit.idle],
        "todos": list(audit.todos),
    }


def _told(told: ReportedFinding) -> Json:
    rules = [
        {"id": id_, "confidence": rule(id_).confidence.value, "source": rule(id_).source} for id_ in told.used
    ]
    guesses = [say(guess.text) for guess in told.assumptions]
    return {**_plain(told), "assumptions": guesses, "used_rules": rules, "help": told.help}


def _plain(told: ReportedFinding | Spot | Remedy) -> Json:
    """The fields by name, with what they say."""
    return {field.name: _said(getattr(told, field.name)) for field in fields(told)}


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
    found = [told for audit in audits for told in audit.findings]
    kinds = {told.code: told for told in found}
    driver = {
        "name": "mailflow-lab",
        "version": __version__,
        "rules": [_kind(told) for told in kinds.values()],
    }
    run = {"tool": {"driver": driver}, "results": [_result(told) for told in found]}
    return (
        json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)
        + "\n"
    )


def _kind(told: ReportedFinding) -> Json:
    return {
        "id": told.code,
        "name": told.code.replace("-", ""),
        "shortDescription": {"text": printable(told.title)},
        "help": {"text": f"See {told.help}"},
        "defaultConfiguration": {"level": told.level},
    }


def _result(told: ReportedFinding) -> Json:
    shown = "{what}. Shown: {shown} ({way})"
    text = sentence(shown, what=told.what, shown=told.shown, way=told.way)
    made: Json = {
        "ruleId": told.code,
        "level": told.level,
        "message": {"text": printable(say(text))},
        "partialFingerprints": {"mflabFinding/v1": printable(told.id)},
        "locations": [_location(told.file, told.line)],
        "relatedLocations": [
            {**_location(fact.file, fact.line), "message": {"text": printable(say(fact.text))}}
            for fact in told.facts
            if fact.file
        ],
    }
    if told.suppressed:
        made["suppressions"] = [{"kind": "inSource", "justification": printable(say(told.suppressed))}]
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
        for told in audit.findings:
            _case(suite, audit, told)
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


def _case(suite: Element, audit: Audit, told: ReportedFinding) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=printable(audit.scenario),
        name=printable(told.id),
        file=printable(told.file),
        line=str(told.line),
    )
    message = printable(say(told.proof))
    if told.level == "error" and told.counts:
        failure = SubElement(case, "failure", message=message, type=told.code)
        failure.text = printable("\n".join(map(say, (*(fact.text for fact in told.facts), told.way))))
    else:
        SubElement(case, "skipped", message=printable(say(told.suppressed)) or f"{told.level}: {message}")


def workflow_commands(audits: Iterable[Audit]) -> str:
    """Workflow commands of GitHub Actions: one line each."""
    lines = [_annotation(told) for audit in audits for told in audit.findings if told.counts]
    return "".join(f"{line}\n" for line in lines)


def _annotation(told: ReportedFinding) -> str:
    level = {"note": "notice"}.get(told.level, told.level)
    place = f"file={_property(told.file)},line={told.line or 1},title={_property(told.id)}"
    return f"::{level} {place}::{_escaped(printable(say(told.proof)))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(printable(text)).replace(":", "%3A").replace(",", "%2C")
