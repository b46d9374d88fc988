"""What two configurations do differently, for programs: JSON, JUnit and SARIF 2.1.0."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from lab import __version__
from lab.reports.comparison.difference import (
    ChangedFinding,
    ComparedSide,
    Difference,
    FirstDifference,
    MovedMail,
    rules_of,
)
from lab.reports.comparison.difference_text import as_told
from lab.reports.matrix.matrix_cells import Cell
from lab.reports.text.printable import printable
from lab.scenario.setting_differences import SettingDifference
from lab.scenario.syntax.source_tree import SourceLocation
from lab.sentence import NOTHING, Sentence, listed, say, sentence

Json = dict[str, Any]
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_RULES = {
    "cell-worse": sentence("A cell of the matrix is worse than before."),
    "finding-new": sentence("There is a finding that was not there before."),
}


def document(differences: Sequence[Difference]) -> Json:
    """Everything as plain data."""
    return {
        "ok": not any(pair.worse for pair in differences),
        "changed": any(not pair.nothing for pair in differences),
        "pairs": [_pair(pair) for pair in differences],
    }


def _pair(pair: Difference) -> Json:
    return {
        "scenario": pair.scenario,
        "before": _side(pair.before),
        "after": _side(pair.after),
        "ok": not pair.worse,
        "settings": [_setting(setting) for setting in pair.settings],
        "findings": [_turned(finding) for finding in pair.findings],
        "counts": {"cells": len(pair.moved) + len(pair.unchanged), "changed": len(pair.moved)},
        "cells": [_moved(cell) for cell in pair.moved],
    }


def _side(side: ComparedSide) -> Json:
    return {"file": side.file, "variant": side.variant}


def _setting(setting: SettingDifference) -> Json:
    return {
        "path": setting.path,
        "before": setting.old,
        "after": setting.new,
        "before_at": str(setting.was) if setting.was else None,
        "after_at": str(setting.now) if setting.now else None,
    }


def _turned(changed: ChangedFinding) -> Json:
    finding = changed.finding
    return {
        "turn": changed.turn,
        "id": finding.id,
        "level": finding.level,
        "text": say(finding.text),
        "shown": say(finding.shown),
        "assumptions": [say(guess.text) for guess in finding.assumptions],
        "note": say(changed.note) or None,
    }


def _moved(moved: MovedMail) -> Json:
    return {
        "sender": moved.sender,
        "recipient": moved.recipient,
        "turn": moved.turn,
        "before": _cell(moved.was),
        "after": _cell(moved.now),
        "why": _why(moved.why),
    }


def _cell(cell: Cell | None) -> Json | None:
    if cell is None:
        return None
    return {
        "ways": [list(way.path) for way in cell.ways],
        "tenant": cell.tenant or None,
        "basis": cell.basis or None,
        "connector": cell.connector or None,
        "direction": cell.direction or None,
        "outcome": cell.outcome,
        "reply": cell.reply or None,
        "alarms": [str(alarm) for alarm in cell.alarms],
    }


def _why(why: FirstDifference | None) -> Json | None:
    if why is None:
        return None
    rules = [{"id": rule.id, "confidence": rule.confidence.value} for rule in rules_of([why])]
    return {"at": why.place, "decision": say(why.text), "rules": rules}


def junit(differences: Sequence[Difference]) -> str:
    """A suite for each pair of variants; a test case for each cell, and for each finding that is new."""
    counts = [_counts(pair) for pair in differences]
    root = Element(
        "testsuites", {"name": "mailflow-lab diff", **_attributes(*map(sum, zip(*counts, strict=True)))}
    )
    for pair, count in zip(differences, counts, strict=True):
        suite = SubElement(root, "testsuite", {"name": printable(str(pair.after)), **_attributes(*count)})
        for name, failure in _cases(pair):
            _case(suite, f"{pair.scenario}.{pair.after.variant}", name, failure)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _cases(pair: Difference) -> Iterator[tuple[str, Sentence]]:
    """Names of what is tested, and why it fails; nothing if it does not."""
    yield from ((f"{sender} > {recipient}", NOTHING) for sender, recipient in pair.unchanged)
    for moved in pair.moved:
        yield f"{moved.sender} > {moved.recipient}", _said(moved) if moved.worse else NOTHING
    for turned in pair.findings:
        yield turned.finding.id, turned.finding.proof if turned.worse else NOTHING


def _said(moved: MovedMail) -> Sentence:
    parts = [sentence("was {cell}", cell=as_told(moved.was))] if moved.was else []
    parts.append(sentence("now {cell}", cell=as_told(moved.now)) if moved.now else sentence("gone"))
    parts += [alarm.told for alarm in moved.appeared]
    if moved.why:
        rules = " ".join(moved.why.rules)
        parts.append(
            sentence("{place}: {why} [{rules}]", place=moved.why.place, why=moved.why.text, rules=rules)
        )
    return listed(parts, "; ")


def _case(suite: Element, group: str, name: str, failure: Sentence) -> None:
    case = SubElement(suite, "testcase", classname=printable(group), name=printable(name))
    if failure:
        SubElement(case, "failure", message=printable(failure), type="worse")


def _counts(pair: Difference) -> tuple[int, int]:
    cases = list(_cases(pair))
    return len(cases), sum(bool(failure) for _, failure in cases)


def _attributes(tests: int, failures: int) -> dict[str, str]:
    return {"tests": str(tests), "failures": str(failures), "errors": "0"}


def sarif(differences: Iterable[Difference]) -> str:
    """What got worse, beside the first setting that is another one, or beside the setting that a finding is about."""
    results = [result for pair in differences for result in _results(pair)]
    rules = [{"id": id_, "shortDescription": {"text": say(text)}} for id_, text in _RULES.items()]
    driver = {"name": "mailflow-lab", "version": __version__, "rules": rules}
    log = {"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _results(pair: Difference) -> Iterator[Json]:
    place = next((setting.now for setting in pair.settings if setting.now), SourceLocation(pair.after.file))
    for moved in pair.moved:
        if moved.worse:
            who = f"{moved.sender} > {moved.recipient}"
            yield _result(
                "cell-worse",
                "error",
                sentence("{who}: {told}", who=who, told=_said(moved)),
                place.file,
                place.line,
            )
    for turned in pair.findings:
        if turned.worse:
            finding = turned.finding
            text = sentence("{id}: {text}", id=finding.id, text=finding.text)
            yield _result("finding-new", finding.level, text, finding.file, finding.line)


def _result(rule: str, level: str, text: Sentence, file: str, line: int) -> Json:
    place = {"artifactLocation": {"uri": PurePath(file).as_posix()}, "region": {"startLine": max(line, 1)}}
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": printable(text)},
        "locations": [{"physicalLocation": place}],
    }
