"""Scenarios are run, judged and reported; the exit code says how it went."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab.cli.exit_codes import Exit
from tests.cli.commands import ARTICLE, ROOT, Shell

SMALL = """\
scenario: small
hosts:
  here: {address: 203.0.113.50, domains: [here.example], mailboxes: [me@here.example]}
  there: {address: 203.0.113.60, domains: [there.example], mailboxes: [you@there.example]}
messages: {hello: {from: me@here.example, to: you@there.example}}
"""


def write(folder: Path, text: str, name: str = "small.yaml") -> str:
    path = folder / name
    path.write_text(SMALL + text)
    return str(path)


def test_all_as_expected(mflab: Shell) -> None:
    said = mflab("run", ARTICLE)
    assert said.code == Exit.OK, said.out
    assert "all as expected" in said.out
    assert said.err == ""


def test_folders_are_searched_and_includes_left_out(mflab: Shell) -> None:
    told = mflab("run", str(ROOT / "scenarios"), "--json").json()
    assert told["ok"] is True
    assert {"wildcard-misrouting", "hybrid-basics"} <= {run["scenario"] for run in told["runs"]}


def test_a_failed_expectation_is_1_with_its_place(mflab: Shell, tmp_path: Path) -> None:
    file = write(tmp_path, "expect: {hello: {ends: bounced}}\n")
    said = mflab("run", file)
    assert said.code == Exit.FAILED
    assert f"{file}:6" in said.out
    assert "wanted bounced" in said.out


def test_quiet_says_only_what_failed(mflab: Shell, tmp_path: Path) -> None:
    assert mflab("run", ARTICLE, "-q").out == ""
    assert "FAILED" in mflab("run", write(tmp_path, "expect: {hello: {ends: bounced}}\n"), "-q").out


def test_expecting_nothing_is_a_warning(mflab: Shell, tmp_path: Path) -> None:
    said = mflab("run", write(tmp_path, ""))
    assert said.code == Exit.WARNINGS
    assert "warning: base of small expects nothing" in said.err
    assert "0 expectations: nothing was expected" in said.out


COMPANY = """\
scenario: typo
include: small.yaml
tenants:
  contoso: {{initial_domain: contoso.onmicrosoft.com, AcceptedDomains: contoso.example, mailboxes: anna@contoso.example}}
messages: {{hello: {{to: {to}, repeat: {{every: 1h, times: 2}}}}}}
expect: {{hello: {{{claim}}}}}
"""
UNKNOWN = "[ana@contoso.example, anna@contoso.example]"


@pytest.mark.parametrize(
    ("to", "claim", "code"),
    [
        (UNKNOWN, "not_twice: there", Exit.WARNINGS),
        (UNKNOWN, "ends: queued", Exit.FAILED),
        ("ana@contoso.example", "ends: bounced", Exit.OK),
        (UNKNOWN, "ndr: {to: me@here.example}", Exit.OK),
        ("anna@contoso.example", "ends: delivered", Exit.OK),
        ("Postmaster@contoso.example", "not_twice: there", Exit.OK),
        ("nobody@there.example", "not_twice: there", Exit.OK),
    ],
)
def test_a_recipient_that_nobody_is_may_be_a_typo(
    mflab: Shell, tmp_path: Path, to: str, claim: str, code: Exit
) -> None:
    write(tmp_path, "")
    (tmp_path / "typo.yaml").write_text(COMPANY.format(to=to, claim=claim))
    said = mflab("run", str(tmp_path / "typo.yaml"))
    assert said.code == code, said.out + said.err
    told = "hello of base: no recipient is called ana@contoso.example; did you mean 'anna@contoso.example'?"
    warned = [f"warning: typo: {told}"] if code in (Exit.WARNINGS, Exit.FAILED) else []
    assert said.err.splitlines() == warned


def test_a_variant_of_another_driver_is_skipped_with_its_reason(mflab: Shell, tmp_path: Path) -> None:
    other = "{only: embedded, only_why: it needs TLS, expect: {hello: {ends: delivered}}}"
    file = write(tmp_path, f"variants: {{a: {{expect: {{hello: {{ends: delivered}}}}}}, b: {other}}}\n")
    said = mflab("run", file)
    assert said.code == Exit.OK
    assert "b of small is skipped: it needs TLS" in said.err
    assert mflab("run", file, "--quiet").err == ""
    explained = mflab("explain", file, "--variant", "b")
    assert explained.code == Exit.BAD_INPUT
    assert "b runs only with --driver embedded: it needs TLS" in explained.err


def test_nothing_to_run(mflab: Shell, tmp_path: Path) -> None:
    assert mflab("run", str(tmp_path)).code == Exit.NOTHING
    only = write(tmp_path, "only: embedded\nonly_why: it needs TLS\nexpect: {hello: {ends: delivered}}\n")
    assert mflab("run", only).code == Exit.NOTHING


def test_variants_are_chosen_by_name(mflab: Shell) -> None:
    told = mflab("run", ARTICLE, "--variant", "half-fix", "--variant", "expired", "--json").json()
    assert [run["variant"] for run in told["runs"]] == ["half-fix", "expired"]
    said = mflab("run", ARTICLE, "--variant", "half-fiks")
    assert said.code == Exit.BAD_INPUT
    assert "did you mean 'half-fix'" in said.err


def test_the_mistakes_of_all_files_are_told(mflab: Shell, tmp_path: Path) -> None:
    one, two = write(tmp_path, "colour: red\n", "one.yaml"), write(tmp_path, "colour: blue\n", "two.yaml")
    said = mflab("run", str(tmp_path))
    assert said.code == Exit.BAD_INPUT
    assert f"{one}:6" in said.err
    assert f"{two}:6" in said.err


def test_fail_fast_stops(mflab: Shell, tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "variants: {a: {expect: {hello: {ends: bounced}}}, b: {expect: {hello: {ends: delivered}}}}\n",
    )
    told = mflab("run", file, "--fail-fast", "--json").json()
    assert [run["variant"] for run in told["runs"]] == ["a"]


def test_reports_are_written(mflab: Shell, tmp_path: Path) -> None:
    junit, page = tmp_path / "report.xml", tmp_path / "report.html"
    said = mflab("run", ARTICLE, "--variant", "shared-wildcard", "--junit", str(junit), "--html", str(page))
    assert said.code == Exit.OK
    assert ElementTree.parse(junit).getroot().tag == "testsuites"
    assert page.read_text("utf-8").lstrip().lower().startswith("<!doctype html>")


def test_a_report_that_cannot_be_written_is_the_environments_fault(mflab: Shell, tmp_path: Path) -> None:
    said = mflab("run", ARTICLE, "--junit", str(tmp_path / "nowhere" / "report.xml"))
    assert said.code == Exit.ENVIRONMENT


def test_a_report_that_finds_no_room_is_told_by_its_name(mflab: Shell) -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("no /dev/full here")
    said = mflab("run", ARTICLE, "--html", "/dev/full")
    assert (said.code, said.err) == (Exit.ENVIRONMENT, "mflab: --html /dev/full: No space left on device\n")


@pytest.mark.parametrize("argv", [("run", ARTICLE), ("trace", ARTICLE, "--as", "lab", "--json")])
def test_output_that_finds_no_room_is_told(argv: tuple[str, ...]) -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "lab", *argv], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (ended.returncode, ended.stderr) == (Exit.ENVIRONMENT, "mflab: stdout: No space left on device\n")


def test_the_seed_makes_a_run_repeatable(mflab: Shell) -> None:
    argv = ("run", ARTICLE, "--variant", "shared-wildcard", "--json", "--seed")
    assert mflab(*argv, "7").out == mflab(*argv, "7").out
    assert json.loads(mflab(*argv, "7").out) != json.loads(mflab(*argv, "8").out)
