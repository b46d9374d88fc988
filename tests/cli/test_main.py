"""Every way of failing has its exit code, and says what is wrong where it belongs: on stderr."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from lab import __version__
from lab.cli.documentation import command_reference
from lab.cli.exit_codes import Exit
from lab.cli.verbs import rules
from lab.errors import DriverError, LabBug, WireError
from tests.cli.commands import ARTICLE, Shell


def test_version(mflab: Shell) -> None:
    assert mflab("--version").out == f"mflab {__version__}\n"


def test_help_lists_verbs_and_exit_codes(mflab: Shell) -> None:
    said = mflab("--help")
    assert said.code == 0
    assert all(f"\n    {name}" in said.out for name in command_reference.verbs())
    assert "130  interrupted" in said.out


@pytest.mark.parametrize("name", list(command_reference.verbs()))
def test_every_verb_has_help_with_examples(mflab: Shell, name: str) -> None:
    said = mflab(name, "--help")
    assert said.code == 0
    assert f"examples:\n  mflab {name}" in said.out or f"mflab {name}" in said.out.partition("examples:")[2]


@pytest.mark.parametrize(
    "argv", [(), ("frobnicate",), ("run",), ("run", ARTICLE, "--dirver", "x"), ("rules", "--conf", "x")]
)
def test_wrong_arguments_are_bad_input(mflab: Shell, argv: tuple[str, ...]) -> None:
    said = mflab(*argv)
    assert said.code == Exit.BAD_INPUT
    assert said.out == ""
    assert "--help" in said.err


def test_all_mistakes_of_a_scenario_are_told_and_nothing_runs(mflab: Shell, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("scenario: broken\ntennants: {}\nmessages: {a: {from: nobody}}\n")
    said = mflab("run", str(broken))
    assert said.code == Exit.BAD_INPUT
    assert said.out == ""
    assert f"{broken}:2:1: tennants" in said.err
    assert "did you mean 'tenants'" in said.err
    assert f"{broken}:3:" in said.err


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (DriverError("no port"), Exit.ENVIRONMENT, "mflab: no port"),
        (WireError("no address"), Exit.ENVIRONMENT, "mflab: no address"),
        (PermissionError(13, "Permission denied"), Exit.ENVIRONMENT, "Permission denied"),
        (KeyboardInterrupt(), Exit.INTERRUPTED, "interrupted"),
        (LabBug("a promise broken"), Exit.BUG, "This is a bug in the lab"),
        (RuntimeError("what?"), Exit.BUG, "This is a bug in the lab"),
    ],
    ids=["driver", "wire", "disk", "ctrl-c", "lab bug", "any other"],
)
def test_what_a_verb_raises(
    mflab: Shell, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, told: str
) -> None:
    def fail(_: Namespace) -> int:
        raise error

    monkeypatch.setattr(rules, "_print_rules", fail)
    said = mflab("rules")
    assert said.code == code
    assert told in said.err
    assert ("Traceback" in said.err) is (code == Exit.BUG)


def test_a_reader_that_has_gone_is_no_traceback() -> None:
    command = [sys.executable, "-m", "lab", "rules", "--markdown"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == Exit.BROKEN_PIPE


def test_python_m_lab_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("mflab ")


def test_a_terminal_without_arrows_gets_question_marks() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab", "explain", ARTICLE],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b" ? counts" in done.stdout


@pytest.mark.parametrize(
    "argv",
    [
        ("mailbox", ARTICLE, "--message", "1", "useronprem@msxfaq.example"),
        ("mailbox", "--message", "1", ARTICLE, "useronprem@msxfaq.example"),
        ("trace", "--as", "exchange", ARTICLE),
        ("run", ARTICLE, "--variant", "shared-wildcard", "timeline-cure", "--quiet"),
        ("run", "--quiet", "--", ARTICLE),
    ],
)
def test_options_may_stand_anywhere(mflab: Shell, argv: tuple[str, ...]) -> None:
    assert mflab(*argv).code == 0


def test_an_option_that_is_not_there_is_told(mflab: Shell) -> None:
    said = mflab("run", ARTICLE, "--vriant", "x", ARTICLE)
    assert (said.code, "--vriant" in said.err) == (Exit.BAD_INPUT, True)


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (("expain",), "there is no 'expain': did you mean 'explain'?"),
        (("run", "hybrid-basics", "--driver", "foo"), "known: simulator, embedded, containers"),
        (("run", "hybrid-basics", "--driver", "embeded"), "did you mean 'embedded'?"),
    ],
)
def test_a_misspelled_choice_gets_a_hint(mflab: Shell, argv: tuple[str, ...], hint: str) -> None:
    said = mflab(*argv)
    assert said.code == Exit.BAD_INPUT
    assert hint in said.err
