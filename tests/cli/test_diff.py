"""`mflab diff` on the command line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

from lab.cli.exit_codes import Exit
from tests.cli.commands import ARTICLE, Shell

_CURED = ("--before-variant", "shared-wildcard", "--after-variant", "dedicated-certificate")
_BROKEN = ("--before-variant", "dedicated-certificate", "--after-variant", "shared-wildcard")
_SMALL = """\
scenario: small
why: test
organizations:
  contoso:
    domains: [contoso.example]
    mailboxes: [a@contoso.example]
    hosts: {exchange: {role: exchange, address: 198.51.100.10}}
hosts:
  elsewhere: {address: 203.0.113.200, domains: [elsewhere.example], mailboxes: [b@elsewhere.example]}
"""


def test_a_cure_is_nothing_worse(mflab: Shell) -> None:
    said = mflab("diff", ARTICLE, ARTICLE, *_CURED)
    assert said.code == Exit.OK
    assert "better onprem > same-region" in said.out
    assert (
        "organizations.msxfaq.hybrid.certificate_name: *.msxfaq.example -> hybrid.msxfaq.example" in said.out
    )
    assert "nothing got worse" in said.out


def test_the_way_back_fails_in_every_form(mflab: Shell, tmp_path: Path) -> None:
    files = {form: tmp_path / f"d.{form}" for form in ("junit", "sarif", "markdown")}
    outputs = [part for form, path in files.items() for part in (f"--{form}", str(path))]
    said = mflab("diff", ARTICLE, ARTICLE, *_BROKEN, "--json", *outputs)
    assert said.code == Exit.FAILED
    (pair,) = said.json()["pairs"]
    worse = [(each["sender"], each["recipient"]) for each in pair["cells"] if each["turn"] == "worse"]
    assert worse == [("onprem", "same-region")]
    suites = ElementTree.fromstring(files["junit"].read_text("utf-8"))
    failed = [case.get("name") for case in suites.iter("testcase") if case.find("failure") is not None]
    assert "onprem > same-region" in failed
    assert len(failed) == int(suites.get("failures", ""))
    (ran,) = json.loads(files["sarif"].read_text("utf-8"))["runs"]
    assert {"cell-worse", "finding-new"} == {each["ruleId"] for each in ran["results"]}
    assert "| **worse** | onprem \\> same-region |" in files["markdown"].read_text("utf-8")


def test_that_nothing_changed_is_said(mflab: Shell) -> None:
    said = mflab("diff", "hybrid-basics", "hybrid-basics")
    assert said.code == Exit.OK
    assert "nothing changed: every cell and every finding is as before" in said.out


def test_bad_input(mflab: Shell) -> None:
    assert mflab("diff", ARTICLE).code == Exit.BAD_INPUT
    assert mflab("diff", ARTICLE, ARTICLE, "--variant", "nobody").code == Exit.BAD_INPUT
    assert mflab("diff", ARTICLE, "nothing.yaml").code == Exit.BAD_INPUT
    assert mflab("diff", "--git-base", "HEAD", ARTICLE, ARTICLE).code == Exit.BAD_INPUT
    assert mflab("diff", "--git-base=--help", ARTICLE).code == Exit.BAD_INPUT


def test_before_is_what_git_has_with_its_includes(mflab: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    (folder / "parts").mkdir(parents=True)
    own, part = folder / "own.yaml", folder / "parts" / "part.yaml"
    own.write_text(_SMALL + "include: [parts/part.yaml]\n", "utf-8")
    part.write_text("certificates: {own: {names: [a.contoso.example]}}\n", "utf-8")
    _git(folder, "init", "-q")
    _git(folder, "add", ".")
    _git(folder, "-c", "user.name=a", "-c", "user.email=a@contoso.example", "commit", "-qm", "first")
    assert "nothing changed" in mflab("diff", "--git-base", "HEAD", str(own)).out
    part.write_text("certificates: {own: {names: [b.contoso.example]}}\n", "utf-8")
    said = mflab("diff", "--git-base", "HEAD", str(own))
    assert said.code == Exit.OK
    assert "certificates.own.names: a.contoso.example -> b.contoso.example" in said.out
    unknown = mflab("diff", "--git-base", "no-such-branch", str(own))
    assert unknown.code == Exit.BAD_INPUT
    assert "no-such-branch" in unknown.err


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)
