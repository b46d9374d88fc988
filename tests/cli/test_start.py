"""What a call loads before it begins its work: the verb that is meant, and of the heavy modules only those that it uses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.cli.verb_declaration import MODULES, SUMMARIES

HEAVY = frozenset(
    [
        "aiosmtpd",
        "asyncio",
        "cryptography",
        "distributed",
        "dns",
        "docker",
        "email",
        "http",
        "multiprocessing",
        "OpenSSL",
        "prometheus_client",
        "pyarrow",
        "rich",
        "sqlite3",
        "ssl",
        "xml",
        "yaml",
        "lab.analysis.checks",
        "lab.analysis.diagnose",
        "lab.analysis.hunt",
        "lab.analysis.matrix",
        "lab.analysis.sweep",
        "lab.evidence",
        "lab.importers",
        "lab.nodes",
        "lab.pki",
        "lab.scenario.variant_builder",
        "lab.wire",
    ]
)
"""Packages that take long to load, or that bring others along. A verb not named here may have any of them."""
STARTED = """
import sys
from lab.cli.entry import main

code = main()
print("", *sys.modules, sep="\\n", file=sys.stderr)
sys.exit(code)
"""
WRITTEN = {"yaml", "lab.scenario.variant_builder"}
"""For whoever reads scenarios."""
PLAYED = {*WRITTEN, "lab.nodes", "lab.evidence", "rich"}
"""For whoever plays them in the simulator and draws what happened."""
DECIDED = (
    "attribute --config wildcard-misrouting --variant shared-wildcard --ip 198.51.100.25 --name *.msxfaq.example "
    "--mail-from a@msxfaq.example --rcpt-to b@uclabor.example"
)


def loaded(call: str, **environment: str) -> set[str]:
    """The modules that a call has loaded when it ends, those of a package under its name too."""
    done = subprocess.run(
        [sys.executable, "-c", STARTED, *call.split()],
        capture_output=True,
        text=True,
        check=True,
        input="",
        env=os.environ | environment,
    )
    return {".".join(name.split(".")[:n]) for name in done.stderr.split() for n in (1, 2, 3, 4)}


def verbs(modules: set[str]) -> set[str]:
    return {f"lab.cli.verbs.{name}" for name in (*SUMMARIES, *MODULES.values())} & modules


@pytest.mark.parametrize("call", ["--version", "--help"])
def test_what_concerns_all_verbs_loads_none(call: str) -> None:
    modules = loaded(call)
    assert verbs(modules) == set()
    assert modules & HEAVY == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_loads_no_other_verb(shell: str) -> None:
    modules = loaded(f"completion {shell}")
    assert verbs(modules) == {"lab.cli.verbs.completion"}
    assert modules & HEAVY == set()


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("rules R3", set()),
        ("rules R3 --json", set()),
        (DECIDED, WRITTEN),
        (f"{DECIDED} --json", WRITTEN),
        ("scenarios wildcard-misrouting", WRITTEN),
        ("explain wildcard-misrouting", PLAYED),
        ("explain wildcard-misrouting --json", PLAYED),
        ("trace wildcard-misrouting --as tenant:msxfaq", {*PLAYED, "xml", "http", "email", "ssl"}),
        ("trace wildcard-misrouting --as gateway", PLAYED),
        ("run wildcard-misrouting", PLAYED),
        ("part relay", {*WRITTEN, "asyncio", "ssl"}),
        ("part setup", {*WRITTEN, "asyncio", "ssl", "cryptography", "email", "lab.pki"}),
    ],
)
def test_a_verb_loads_what_it_needs(call: str, wanted: set[str], tmp_path: Path) -> None:
    assert loaded(call, MFLAB_STATE=str(tmp_path), SCENARIO="wildcard-misrouting") & HEAVY <= wanted


def test_a_part_that_serves_loads_no_reports() -> None:
    text = "import sys, lab.cli.verbs.container_part, lab.drivers.container_node; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    modules = set(done.stdout.split())
    unwanted = {
        "docker",
        "distributed",
        "prometheus_client",
        "rich",
        "lab.analysis",
        "lab.importers",
        "lab.reports.explanation.demo_story",
    }
    assert modules & unwanted == set()
