"""The lab in somebody's pipeline: `mflab hook`, the pre-commit hooks, and the steps of the GitHub Action, as bash runs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.cli.exit_codes import Exit
from lab.cli.main import declared
from tests.cli.commands import ROOT, Shell

BASE = """\
tenants:
  b: {initial_domain: blab.onmicrosoft.com, AcceptedDomains: [b.example], mailboxes: [user@b.example]}
organizations:
  a:
    domains: [a.example]
    mailboxes: [user@a.example]
    remote_mailboxes: [cloud@a.example]
    hosts:
      ex: {role: exchange, address: 198.51.100.10, certificate: hybrid}
      gw: {role: gateway, address: 198.51.100.25, certificate: mail}
    SendConnectors: [{Name: Out, AddressSpaces: "smtp:*;1", SmartHosts: gw}]
    hybrid: {tenant: a, certificate_name: hybrid.a.example}
"""
SCENARIO = """\
scenario: mine
include: [base.yaml]
tenants: {a: {initial_domain: alab.onmicrosoft.com, AcceptedDomains: [a.example, hybrid.a.example]}}
certificates: {hybrid: {names: [hybrid.a.example]}, mail: {names: [mail.a.example]}}
messages: {offer: {from: user@a.example, to: user@b.example}}
variants: {as-is: {expect: {offer: {ends: delivered, path: [ex, gw, "tenant:b"]}}}}
"""
WORSE = SCENARIO.replace("mail: {names: [mail.a.example]}", "mail: {names: [hybrid.a.example]}")
"""The filter shows the certificate that the hybrid connector knows: the article's fault."""


def git(*words: str) -> None:
    who = (
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@a.example",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "init.defaultBranch=main",
    )
    subprocess.run(["git", *who, *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    (folder / "base.yaml").write_text(BASE)
    (folder / "mine.yaml").write_text(SCENARIO)
    (folder / "other.yaml").write_text("not: a scenario\n")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "as it was")
    return folder


def test_what_is_well_passes(mflab: Shell, repository: Path) -> None:
    for what in ("check", "run", "diff"):
        said = mflab("hook", what, "mine.yaml", "other.yaml", "base.yaml")
        assert said.code == Exit.OK, said.err
    assert mflab("check", "mine.yaml").code == Exit.WARNINGS, (
        "what a hook takes for well, as nothing has failed"
    )


def test_files_that_concern_no_scenario_are_passed_over(mflab: Shell, repository: Path) -> None:
    said = mflab("hook", "check", "other.yaml")
    assert (said.code, said.err) == (Exit.OK, "no scenario is concerned\n")


def test_a_change_of_an_included_file_concerns_the_scenario(mflab: Shell, repository: Path) -> None:
    (repository / "base.yaml").write_text(BASE.replace("role: gateway", "role: gatway"))
    said = mflab("hook", "run", "base.yaml")
    assert said.code == Exit.BAD_INPUT
    assert "base.yaml:10:18" in said.err


@pytest.mark.parametrize("what", ["check", "run", "diff"])
def test_a_change_for_the_worse_fails(mflab: Shell, repository: Path, what: str) -> None:
    (repository / "mine.yaml").write_text(WORSE)
    assert mflab("hook", what, "mine.yaml").code == Exit.FAILED
    assert mflab("hook", what, str(repository / "mine.yaml")).code == Exit.FAILED


def test_a_new_scenario_has_nothing_to_be_compared_with(mflab: Shell, repository: Path) -> None:
    (repository / "new.yaml").write_text(WORSE.replace("scenario: mine", "scenario: new"))
    said = mflab("hook", "diff", "new.yaml")
    assert said.code == Exit.OK
    assert "new.yaml: new since HEAD, nothing to compare with" in said.err


def test_a_base_that_git_does_not_know_is_told(mflab: Shell, repository: Path) -> None:
    said = mflab("hook", "diff", "--git-base", "nowhere", "mine.yaml")
    assert (said.code, "--git-base nowhere: git knows no such commit here" in said.err) == (
        Exit.BAD_INPUT,
        True,
    )


# -- the action


def action() -> Any:
    return yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


def run_action(repository: Path, tmp_path: Path, **inputs: str) -> tuple[int, dict[str, str], str]:
    """The step that runs the lab, as the runner would: its exit code, its outputs and the job's summary."""
    step = next(step for step in action()["runs"]["steps"] if step.get("id") == "run")
    given = {name: each.get("default", "") for name, each in action()["inputs"].items()} | {
        "base": "HEAD",
        **inputs,
    }
    variables = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: given[m[1]], text)
        for name, text in step["env"].items()
    }
    assert not [text for text in variables.values() if "${{" in text]
    output, summary = tmp_path / "output", tmp_path / "summary"
    output.touch()
    summary.touch()
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=repository,
        env={
            **os.environ,
            **variables,
            "PYTHONPATH": str(ROOT),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_ACTIONS": "true",
        },
        check=False,
        capture_output=True,
        text=True,
    )
    told = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return done.returncode, told, summary.read_text()


def test_no_input_becomes_part_of_a_script() -> None:
    """Otherwise a pull request could have its own words run."""
    for step in action()["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"


def test_the_action_passes_what_is_well(repository: Path, tmp_path: Path) -> None:
    code, told, summary = run_action(repository, tmp_path, command="run")
    assert (code, told["exit-code"]) == (0, "0")
    assert "as expected" in summary
    assert list(Path(told["sarif"]).iterdir())


@pytest.mark.parametrize("command", ["check", "diff"])
def test_the_action_fails_with_a_summary_and_sarif(repository: Path, tmp_path: Path, command: str) -> None:
    (repository / "mine.yaml").write_text(WORSE)
    code, told, summary = run_action(repository, tmp_path, command=command, files="mine.yaml\n\nother.yaml\n")
    assert (code, told["exit-code"]) == (1, "1")
    assert "mine" in summary
    (report,) = Path(told["sarif"]).iterdir()
    assert '"version": "2.1.0"' in report.read_text()


def test_the_action_takes_the_mildest_finding_that_fails(repository: Path, tmp_path: Path) -> None:
    """Warnings are told, and only `warning` makes them fail: the job of a runner fails with any code but 0."""
    code, told, summary = run_action(repository, tmp_path, command="check")
    assert (code, told["exit-code"]) == (0, "0")
    assert "### warning" in summary
    code, told, _ = run_action(repository, tmp_path, command="check", **{"fail-on": "warning"})
    assert (code, told["exit-code"]) == (1, "1")


def test_a_file_name_is_a_file_name(repository: Path, tmp_path: Path) -> None:
    code, told, _ = run_action(repository, tmp_path, files="$(touch stolen)\n--help\n; touch stolen")
    assert (code, told["exit-code"], (repository / "stolen").exists()) == (0, "0", False)


# -- pre-commit, and what installs the lab

INDEX = pytest.mark.skipif(
    not os.environ.get("MFLAB_INDEX"),
    reason="installs the lab from a package index, which takes minutes: MFLAB_INDEX=1 asks for it",
)


def hooks() -> Any:
    return yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


def test_the_hooks_call_what_there_is() -> None:
    assert [hook["id"] for hook in hooks()] == ["mflab-check", "mflab-diff", "mflab-run"]
    for hook in hooks():
        declared()[0].parse_args([*hook["entry"].split()[1:], "some.yaml"])


@pytest.mark.parametrize(
    "words",
    [
        ("check_jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"),
        ("pre_commit", "validate-manifest", ".pre-commit-hooks.yaml"),
    ],
    ids=["action", "hooks"],
)
def test_the_files_are_what_their_readers_take(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@INDEX
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_pre_commit_runs_the_hooks(repository: Path, tmp_path: Path) -> None:
    """In a clone of the last commit, as pre-commit does it."""
    (repository / "mine.yaml").write_text(WORSE)
    git("add", "mine.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), "--verbose", "--color=never"],
        env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache"), "PYTHONPATH": ""},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    for hook in hooks():
        assert re.search(rf"{hook['name']}\.+Failed", done.stdout), done.stdout


@INDEX
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_action_installs_the_lab(tmp_path: Path) -> None:
    step = next(step for step in action()["runs"]["steps"] if step.get("id") != "run")
    path = tmp_path / "path"
    given = {
        "PYTHON": sys.executable,
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_PATH": str(path),
    }
    bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    subprocess.run(bash, env={**os.environ, **given, "PYTHONPATH": ""}, check=True, capture_output=True)
    mflab = Path(path.read_text().strip()) / "mflab"
    said = subprocess.run(
        [mflab, "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ""},
        check=True,
        capture_output=True,
    )
    assert said.stdout.startswith(b"mflab ")
