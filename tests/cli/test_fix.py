"""`mflab fix` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from tests.cli.commands import ARTICLE, Shell

_FAULT = ("--variant", "shared-wildcard")
_FINDING = ("--finding", "MFL-ATTR-001:gateway")


def test_the_cure_is_written_and_proven(mflab: Shell, tmp_path: Path) -> None:
    target = tmp_path / "fixed.yaml"
    said = mflab("fix", ARTICLE, *_FAULT, *_FINDING, "-o", str(target))
    assert said.code == Exit.OK
    assert "Set-InboundConnector -Identity 'Inbound from " in said.out
    assert "proven: the finding is gone, and nothing got worse" in said.out
    checked = mflab("check", str(target), *_FAULT, "--json")
    left = checked.json()["files"][0]["findings"]
    assert not [
        told["id"] for told in left if told["level"] == "error" or told["code"].startswith("MFL-ATTR")
    ]
    compared = mflab("diff", ARTICLE, str(target), *_FAULT, "--json")
    assert compared.code == Exit.OK
    assert [cell["turn"] for cell in compared.json()["pairs"][0]["cells"]] == ["better", "other"]


def test_all_findings_are_listed_with_their_cures(mflab: Shell) -> None:
    told = mflab("fix", ARTICLE, *_FAULT, "--list", "--json").json()["findings"]
    first = next(each for each in told if each["id"] == "MFL-ATTR-001:gateway")
    assert [each["works"] for each in first["cures"]] == [True, True]
    assert "--cure 2" in mflab("fix", ARTICLE, *_FAULT, "--list").out


def test_which_finding_is_asked_for(mflab: Shell) -> None:
    said = mflab("fix", ARTICLE, *_FAULT)
    assert said.code == Exit.BAD_INPUT
    assert "MFL-ATTR-001:gateway" in said.err


def test_json_has_the_cmdlets_and_the_file(mflab: Shell) -> None:
    told = mflab("fix", ARTICLE, *_FAULT, *_FINDING, "--cure", "2", "--json").json()
    assert told["ok"]
    (variant,) = told["variants"]
    assert variant["change"] == {"organizations.msxfaq.hosts.gateway.client_certificate": False}
    assert [each["where"] for each in variant["to_do"]] == ["gateway (mail.msxfaq.example)"]
    assert "client_certificate: false" in told["text"]


@pytest.mark.parametrize("force", [False, True])
def test_no_file_is_replaced_unless_somebody_says_so(mflab: Shell, tmp_path: Path, force: bool) -> None:
    target = tmp_path / "mine.yaml"
    target.write_text("precious", "utf-8")
    more = ["--force"] if force else []
    said = mflab("fix", ARTICLE, *_FAULT, *_FINDING, "--cure", "2", "-o", str(target), *more)
    assert said.code == (Exit.OK if force else Exit.BAD_INPUT)
    assert (target.read_text("utf-8") == "precious") is not force


def test_what_is_read_is_never_replaced(mflab: Shell, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("scenario: own\nwhy: test\ncertificates: {a: {names: [a.example]}}\n", "utf-8")
    said = mflab("fix", str(own), "--finding", "x", "-o", str(own), "--force")
    assert said.code == Exit.BAD_INPUT
    assert "replace what is read" in said.err
