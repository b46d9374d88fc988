"""A matrix for programs: as plain data for JSON, and as JUnit with a test case for each cell."""

from __future__ import annotations

from collections.abc import Sequence

from lab.reports.matrix.matrix_cells import Cell, JudgedMatrix, differing
from lab.reports.text import ci_formats
from lab.reports.text.ci_formats import JUnitCase, JUnitSuite
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
    """A suite for each variant, a test case for each cell."""
    suites = (
        JUnitSuite(
            f"{matrix.scenario}/{matrix.variant}",
            [_case(f"{matrix.scenario}.{matrix.variant}", cell) for cell in matrix.cells],
            {"driver": matrix.driver},
        )
        for matrix in matrices
    )
    return ci_formats.junit("mailflow-lab matrix", suites)


def _case(group: str, cell: Cell) -> JUnitCase:
    return JUnitCase(
        group=group,
        name=cell.pair,
        failure=cell.alarms_told,
        failure_type="unexpected",
        details=listed(filter(None, (cell.way(" > "), cell.taken_for, cell.ending, cell.reply)), "\n"),
    )
