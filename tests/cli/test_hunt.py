"""`mflab hunt` on the command line."""

from __future__ import annotations

from pathlib import Path

import yaml

from lab.cli.exit_codes import Exit
from tests.cli.commands import ARTICLE, Shell

_CURED = ("--variant", "dedicated-certificate", "--limit", "1")


def test_mail_that_goes_astray_without_any_change_fails(mflab: Shell) -> None:
    said = mflab("hunt", ARTICLE, "--variant", "shared-wildcard", "--depth", "0", "--json")
    assert said.code == Exit.FAILED
    told = said.json()
    assert (told["ok"], told["depth"]) == (False, 0)
    assert told["verdict"] == "with no change, mail goes to a wrong tenant"
    assert told["finds"][0]["tenant"] == "msxfaq"


def test_what_is_a_change_away_is_told_and_written(mflab: Shell, tmp_path: Path) -> None:
    target = tmp_path / "caught.yaml"
    said = mflab("hunt", ARTICLE, *_CURED, "-o", str(target))
    assert said.code == Exit.OK
    assert "organizations.msxfaq.hosts.gateway.certificate: mail -> wildcard" in said.out
    assert "with one change, mail does" in said.out
    assert mflab("run", str(target)).code == Exit.OK
    assert mflab("hunt", ARTICLE, *_CURED, "-o", str(target)).code == Exit.BAD_INPUT, "the file is there"


def test_the_scenario_may_go_to_stdout(mflab: Shell) -> None:
    said = mflab("hunt", ARTICLE, *_CURED, "-o", "-")
    assert "caught" in yaml.safe_load(said.out)["messages"]
    assert mflab("hunt", ARTICLE, *_CURED, "-o", "-", "--json").code == Exit.BAD_INPUT


def test_nothing_found_is_said(mflab: Shell) -> None:
    said = mflab("hunt", ARTICLE, "--variant", "dedicated-certificate", "--depth", "0")
    assert said.code == Exit.OK
    assert "nothing found with no change" in said.out
