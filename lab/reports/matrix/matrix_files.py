"""A matrix for programs: as plain data for JSON, and as JUnit with a test case for each cell."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from lab.reports.matrix.matrix_cells import Cell, JudgedMatrix, differing
from lab.reports.text.printable import printable
from lab.scenario.model import MatrixParty
from lab.sentence import listed, say

Json = dict[str, object]


def document(matrices: Sequence[JudgedMatrix]) -> Json:
    """All matrices, and which cells differ between them."""
    return {
        "ok": all(not matrix.alarms for matrix in matrices),
        "matrices": [_matrix(matrix) for matrix in matrices],
        "changes": [{"sender": sender, "recipient": recipient} for sender, recipient in differing(matrices)],
    }


def _matrix(matrix: JudgedMatrix) -> Json:
    return {
        "scenario": matrix.scenario,
        "variant": matrix.variant,
        "title": matrix.title,
        "driver": matrix.driver,
        "ok": not matrix.alarms,
        "counts": {"cells": len(matrix.cells), "unexpected": len(matrix.alarms)},
        "senders": [_party(party) for party in matrix.senders],
        "recipients": [_party(party) for party in matrix.recipients],
        "cells": [_cell(cell) for cell in matrix.cells],
    }


def _party(party: MatrixParty) -> Json:
    return {
        "name": party.name,
        "address": str(party.address),
        "own": party.own,
        "via": party.via,
        "about": party.about,
    }


def _cell(cell: Cell) -> Json:
    return {
        "key": cell.key,
        "sender": cell.sender.name,
        "recipient": cell.recipient.name,
        "at_seconds": cell.at.total_seconds(),
        "path": list(cell.path),
        "ways": [{"recipients": list(way.recipients), "path": list(way.path)} for way in cell.ways],
        "attributed": {
            "tenant": cell.tenant or None,
            "basis": cell.basis or None,
            "connector": cell.connector or None,
            "direction": cell.direction or None,
        },
        "outcome": cell.outcome,
        "status": cell.status or None,
        "reply": cell.reply or None,
        "expected": cell.expected,
        "alarms": [str(alarm) for alarm in cell.alarms],
        "flips": [
            {
                "at_seconds": flip.at.total_seconds(),
                "outcome": say(flip.ending),
                "path": list(flip.path),
                "ways": [list(path) for path in flip.ways],
                "taken": say(flip.taken) or None,
            }
            for flip in cell.flips
        ],
    }


def junit(matrices: Sequence[JudgedMatrix]) -> str:
    """JUnit XML: a suite for each variant, a test case for each cell."""
    count, failed = sum(len(m.cells) for m in matrices), sum(len(m.alarms) for m in matrices)
    root = Element("testsuites", {"name": "mailflow-lab matrix", **_counts(count, failed)})
    for matrix in matrices:
        name = f"{matrix.scenario}/{matrix.variant}"
        suite = SubElement(
            root, "testsuite", {"name": name, **_counts(len(matrix.cells), len(matrix.alarms))}
        )
        properties = SubElement(suite, "properties")
        SubElement(properties, "property", name="driver", value=matrix.driver)
        for cell in matrix.cells:
            _case(suite, f"{matrix.scenario}.{matrix.variant}", cell)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _case(suite: Element, name: str, cell: Cell) -> None:
    pair = f"{cell.sender.name} > {cell.recipient.name}"
    case = SubElement(suite, "testcase", classname=printable(name), name=printable(pair))
    if not cell.expected:
        failure = SubElement(
            case,
            "failure",
            message=printable(listed((alarm.told for alarm in cell.alarms), "; ")),
            type="unexpected",
        )
        lines = (cell.way(" > "), cell.taken_for, cell.ending, cell.reply)
        failure.text = printable(listed(filter(None, lines), "\n"))


def _counts(tests: int, failures: int) -> dict[str, str]:
    return {"tests": str(tests), "failures": str(failures), "errors": "0"}
