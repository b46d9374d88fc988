"""What two configurations do differently, for programs: JSON, JUnit and SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lab.reports.comparison.compared_variants import (
    ChangedFinding,
    ComparedSide,
    Difference,
    FirstDifference,
    MovedMail,
    rules_of,
)
from lab.reports.comparison.comparison_text import as_told
from lab.reports.matrix.matrix_cells import Cell
from lab.reports.text import ci_formats
from lab.reports.text.ci_formats import Json, JUnitCase, JUnitSuite, sarif_result
from lab.scenario.setting_differences import SettingDifference
from lab.scenario.syntax.source_tree import SourceLocation
from lab.sentence import NOTHING, Sentence, listed, say, sentence

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


def junit(differences: Iterable[Difference]) -> str:
    """A suite for each pair of variants; a test case for each cell, and for each finding that is new."""
    suites = (
        JUnitSuite(
            str(pair.after),
            [
                JUnitCase(
                    group=f"{pair.scenario}.{pair.after.variant}",
                    name=name,
                    failure=failure,
                    failure_type="worse",
                )
                for name, failure in _cases(pair)
            ],
        )
        for pair in differences
    )
    return ci_formats.junit("mailflow-lab diff", suites)


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


def sarif(differences: Iterable[Difference]) -> str:
    """What got worse, beside the first setting that is another one, or beside the setting that a finding is about."""
    rules = ({"id": id_, "shortDescription": {"text": say(text)}} for id_, text in _RULES.items())
    return ci_formats.sarif(rules, (result for pair in differences for result in _results(pair)))


def _results(pair: Difference) -> Iterator[Json]:
    place = next((setting.now for setting in pair.settings if setting.now), SourceLocation(pair.after.file))
    for moved in pair.moved:
        if moved.worse:
            text = sentence("{who}: {told}", who=f"{moved.sender} > {moved.recipient}", told=_said(moved))
            yield sarif_result("cell-worse", "error", text, place.file, max(place.line, 1))
    for turned in pair.findings:
        if turned.worse:
            finding = turned.finding
            text = sentence("{id}: {text}", id=finding.id, text=finding.text)
            yield sarif_result("finding-new", finding.level, text, finding.file, max(finding.line, 1))
