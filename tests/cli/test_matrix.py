"""Everybody to everybody, on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from tests.cli.commands import ARTICLE, Shell


def test_what_nobody_expects_fails(mflab: Shell) -> None:
    said = mflab("matrix", ARTICLE)
    assert said.code == Exit.FAILED
    assert "you should be alarmed" in said.out
    assert "seen by tenant:msxfaq, where nothing leads it" in said.out


def test_a_calm_matrix_is_ok(mflab: Shell) -> None:
    said = mflab("matrix", "hybrid-basics")
    assert said.code == Exit.OK
    assert said.out.rstrip().endswith("all as expected")
    assert "every cell" in mflab("matrix", "hybrid-basics", "--ways").out


def test_variants_stand_side_by_side(mflab: Shell) -> None:
    said = mflab("matrix", "matrix-centralized", "--variants")
    assert said.code == Exit.OK
    assert "4 variants side by side" in said.out
    assert any(line.split()[:2] == ["cloud", "outside"] and "ok*" in line for line in said.out.splitlines())


def test_json_and_files(mflab: Shell, tmp_path: Path) -> None:
    junit, page = tmp_path / "m.xml", tmp_path / "m.html"
    said = mflab(
        "matrix", "hybrid-basics", "--variants", "--json", "--junit", str(junit), "--html", str(page)
    )
    told = said.json()
    assert told["ok"] is True
    assert {"sender": "cloud", "recipient": "outside"} in told["changes"]
    assert junit.read_text("utf-8").count("<testcase") == sum(m["counts"]["cells"] for m in told["matrices"])
    assert "<failure" not in junit.read_text("utf-8")
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_a_scenario_without_people_has_nothing_to_run(mflab: Shell, tmp_path: Path) -> None:
    lonely = tmp_path / "lonely.yaml"
    lonely.write_text(
        "scenario: lonely\nwhy: nobody\nhosts:\n  h: {address: 203.0.113.200, domains: x.example}\n", "utf-8"
    )
    assert mflab("matrix", str(lonely)).code == Exit.NOTHING


@pytest.mark.wire
def test_the_embedded_lab_says_the_same(mflab: Shell) -> None:
    here, there = (
        mflab("matrix", "hybrid-basics", "--json", "--driver", driver).json()["matrices"][0]
        for driver in ("simulator", "embedded")
    )
    assert [cell["path"] for cell in here["cells"]] == [cell["path"] for cell in there["cells"]]
    assert there["driver"] == "embedded"
