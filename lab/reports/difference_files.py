"""What two configurations do differently, for programs: JSON, JUnit and SARIF 2.1.0."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from lab import __version__
from lab.reports.difference import Difference, Moved, Reason, Side, Turned, rules_of
from lab.reports.difference_text import as_told
from lab.reports.matrix import Cell
from lab.reports.printable import printable
from lab.scenario.settings import Setting
from lab.scenario.tree import Place

Json = dict[str, Any]
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_RULES = {
    "cell-worse": "Mail that went right does not any more.",
    "finding-new": "There is a finding that was none before.",
}


def document(differences: Sequence[Difference]) -> Json:
    """Everything as plain data."""
    return {
        "ok": not any(each.worse for each in differences),
        "changed": any(not each.nothing for each in differences),
        "pairs": [_pair(each) for each in differences],
    }


def _pair(one: Difference) -> Json:
    return {
        "scenario": one.scenario,
        "before": _side(one.before),
        "after": _side(one.after),
        "ok": not one.worse,
        "settings": [_setting(each) for each in one.settings],
        "findings": [_turned(each) for each in one.findings],
        "counts": {"cells": len(one.moved) + len(one.unchanged), "changed": len(one.moved)},
        "cells": [_moved(each) for each in one.moved],
    }


def _side(side: Side) -> Json:
    return {"file": side.file, "variant": side.variant}


def _setting(each: Setting) -> Json:
    return {
        "path": each.path,
        "before": each.old,
        "after": each.new,
        "before_at": str(each.was) if each.was else None,
        "after_at": str(each.now) if each.now else None,
    }


def _turned(each: Turned) -> Json:
    told = each.finding
    return {
        "turn": each.turn,
        "id": told.id,
        "level": told.level,
        "text": told.text,
        "shown": told.shown,
        "assumptions": list(told.assumptions),
        "note": each.note or None,
    }


def _moved(each: Moved) -> Json:
    return {
        "sender": each.sender,
        "recipient": each.recipient,
        "turn": each.turn,
        "before": _cell(each.was),
        "after": _cell(each.now),
        "why": _why(each.why),
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
        "alarms": list(cell.alarms),
    }


def _why(why: Reason | None) -> Json | None:
    if why is None:
        return None
    rules = [{"id": each.id, "confidence": each.confidence.value} for each in rules_of([why])]
    return {"at": why.place, "decision": why.text, "rules": rules}


def junit(differences: Sequence[Difference]) -> str:
    """A suite for each pair of variants; a test case for each cell, and for each finding that is new."""
    counts = [_counts(each) for each in differences]
    root = Element(
        "testsuites", {"name": "mailflow-lab diff", **_attributes(*map(sum, zip(*counts, strict=True)))}
    )
    for each, count in zip(differences, counts, strict=True):
        suite = SubElement(root, "testsuite", {"name": printable(str(each.after)), **_attributes(*count)})
        for name, failure in _cases(each):
            _case(suite, f"{each.scenario}.{each.after.variant}", name, failure)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _cases(one: Difference) -> Iterator[tuple[str, str]]:
    """Names of what is tested, and why it fails; '' if it does not."""
    yield from ((f"{sender} > {recipient}", "") for sender, recipient in one.unchanged)
    for moved in one.moved:
        yield f"{moved.sender} > {moved.recipient}", _said(moved) if moved.worse else ""
    for turned in one.findings:
        yield (
            turned.finding.id,
            f"{turned.finding.text}. Shown: {turned.finding.shown}" if turned.worse else "",
        )


def _said(moved: Moved) -> str:
    was = f"was {as_told(moved.was)}; " if moved.was else ""
    now = f"now {as_told(moved.now)}" if moved.now else "gone"
    why = f"; {moved.why.place}: {moved.why.text} [{' '.join(moved.why.rules)}]" if moved.why else ""
    return f"{was}{now}{''.join(f'; {each}' for each in moved.appeared)}{why}"


def _case(suite: Element, group: str, name: str, failure: str) -> None:
    case = SubElement(suite, "testcase", classname=printable(group), name=printable(name))
    if failure:
        SubElement(case, "failure", message=printable(failure), type="worse")


def _counts(one: Difference) -> tuple[int, int]:
    cases = list(_cases(one))
    return len(cases), sum(bool(failure) for _, failure in cases)


def _attributes(tests: int, failures: int) -> dict[str, str]:
    return {"tests": str(tests), "failures": str(failures), "errors": "0"}


def sarif(differences: Iterable[Difference]) -> str:
    """What got worse, beside the first setting that is another one, or beside the setting that a finding is about."""
    results = [result for each in differences for result in _results(each)]
    rules = [{"id": id_, "shortDescription": {"text": text}} for id_, text in _RULES.items()]
    driver = {"name": "mailflow-lab", "version": __version__, "rules": rules}
    log = {"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _results(one: Difference) -> Iterator[Json]:
    place = next((each.now for each in one.settings if each.now), Place(one.after.file))
    for moved in one.moved:
        if moved.worse:
            text = f"{moved.sender} > {moved.recipient}: {_said(moved)}"
            yield _result("cell-worse", "error", text, place.file, place.line)
    for turned in one.findings:
        if turned.worse:
            told = turned.finding
            yield _result("finding-new", told.level, f"{told.id}: {told.text}", told.file, told.line)


def _result(rule: str, level: str, text: str, file: str, line: int) -> Json:
    place = {"artifactLocation": {"uri": PurePath(file).as_posix()}, "region": {"startLine": max(line, 1)}}
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": printable(text)},
        "locations": [{"physicalLocation": place}],
    }
