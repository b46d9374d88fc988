"""`mflab diagnose` reads files and standard input, and tells people and programs the same."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from lab.drivers.simulator import simulate
from lab.scenario.load import load
from tests.cli.commands import ARTICLE, ROOT, Shell

MSXFAQ = "e42ef92f-5f20-55e8-9808-90c1497b5f8a"


@pytest.fixture
def ndr(tmp_path: Path) -> Path:
    """The report of the article's fault, as its sender has it."""
    variant = load(ARTICLE).variants["shared-wildcard"]
    path = tmp_path / "ndr.eml"
    path.write_bytes(bytes(simulate(variant).delivered[0].message))
    return path


def test_the_story_names_status_tenant_and_rules(mflab: Shell, ndr: Path) -> None:
    said = mflab("diagnose", str(ndr))
    assert said.code == Exit.OK
    words = " ".join(said.out.split())
    assert "Mail to partner@uclabor.example was refused (5.7.51)" in words
    assert f"msxfaqlab.onmicrosoft.com ({MSXFAQ})" in words
    assert "relay through tenant msxfaqlab.onmicrosoft.com" in words
    assert "R38 documented" in words
    assert "which connector it was" in words


def test_a_configuration_gives_names_and_is_asked(mflab: Shell, ndr: Path) -> None:
    words = " ".join(mflab("diagnose", str(ndr), "--config", ARTICLE).out.split())
    assert f"msxfaq ({MSXFAQ})" in words
    assert (
        "explains this: by it the mail is tenant msxfaq's, by certificate *.msxfaq.example through \"Inbound"
        in words
    )
    assert "The configuration explains the refusal: by it the mail is refused with 550 5.7.51" in words


def test_a_configuration_that_is_cured_does_not_explain_it(mflab: Shell, ndr: Path) -> None:
    said = mflab("diagnose", str(ndr), "--config", ARTICLE, "--variant", "no-client-certificate")
    assert "showed no certificate: by it the mail is tenant uclabor's, by recipient" in " ".join(
        said.out.split()
    )


def test_programs_get_the_same(mflab: Shell, ndr: Path) -> None:
    told = mflab("diagnose", str(ndr), "--json").json()
    assert (told["kind"], told["nothing_to_see"]) == ("delivery report", False)
    assert told["relayed_by"]["id"] == MSXFAQ
    (refusal,) = told["report"]["refusals"]
    assert (refusal["status"], refusal["tenant"]["domain"]) == ("5.7.51", "uclabor.example")
    assert {"id": "R38", "confidence": "documented"} in told["rules"]


def test_standard_input(mflab: Shell, ndr: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(ndr.read_bytes())))
    assert mflab("diagnose", "-").out.startswith("standard input: delivery report")


def test_nothing_to_see_is_no_failure(mflab: Shell, tmp_path: Path) -> None:
    path = tmp_path / "mail.txt"
    path.write_text(
        "Received: from a.example by b.example with ESMTP; Tue, 3 Mar 2026 09:15:00 +0000\nFrom: a@a.example\n"
    )
    said = mflab("diagnose", str(path))
    assert said.code == Exit.OK
    assert "nothing to see" in said.out


def test_what_cannot_be_read_is_bad_input(mflab: Shell, tmp_path: Path) -> None:
    outlook = tmp_path / "ndr.msg"
    outlook.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100))
    said = mflab("diagnose", str(outlook))
    assert said.code == Exit.BAD_INPUT
    assert "save it as .eml" in said.err
    assert mflab("diagnose", str(tmp_path / "none.eml")).code == Exit.BAD_INPUT
    assert mflab("diagnose", str(ROOT / "README.md"), "--variant", "x").code == Exit.BAD_INPUT


def test_a_scenario_is_written_that_shows_the_same(mflab: Shell, ndr: Path, tmp_path: Path) -> None:
    out = tmp_path / "again.yaml"
    said = mflab("diagnose", str(ndr), "--scenario", str(out))
    assert said.code == Exit.OK
    assert "the same tenants have the mail" in said.err
    assert "bounced 5.7.51" in mflab("run", str(out), "--json").out
    assert mflab("diagnose", str(ndr), "--scenario", str(out)).code == Exit.OK  # its own file it may replace
    assert mflab("diagnose", str(ndr), "--scenario", "-").out.startswith("# Written by")


def test_no_file_of_somebody_else_is_replaced(mflab: Shell, ndr: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("scenario: mine\n")
    said = mflab("diagnose", str(ndr), "--scenario", str(mine))
    assert said.code == Exit.BAD_INPUT
    assert mine.read_text() == "scenario: mine\n"
    assert mflab("diagnose", str(ndr), "--scenario", "-", "--json").code == Exit.BAD_INPUT
    assert mflab("diagnose", str(ndr), "--scenario", str(tmp_path)).code == Exit.BAD_INPUT


def test_nothing_to_rebuild_is_said(mflab: Shell, tmp_path: Path) -> None:
    path, out = tmp_path / "mail.txt", tmp_path / "again.yaml"
    path.write_text("Received: from a.example by b.example with ESMTP; x\nFrom: a@a.example\n")
    said = mflab("diagnose", str(path), "--scenario", str(out))
    assert said.code == Exit.NOTHING
    assert not out.exists()
