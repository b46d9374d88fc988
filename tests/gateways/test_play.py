"""The article's fault and its cures with a real Postfix as the filter, judged by the scenario's own expectations."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit

pytestmark = pytest.mark.wire
TOP = Path(__file__).parents[2]
ARTICLE = str(TOP / "scenarios" / "wildcard-misrouting.yaml")


def _hindrance() -> str:
    """Why no Postfix can play on this machine, or ''."""
    if os.geteuid() != 0:
        return "a network of its own takes root"
    missing = [tool for tool in ("postfix", "unshare", "ip") if shutil.which(tool) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    tried = subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "true"], capture_output=True)
    return "" if tried.returncode == 0 else f"no namespaces here: {tried.stderr.decode().strip()}"


HINDRANCE = _hindrance()
with_postfix = pytest.mark.skipif(bool(HINDRANCE), reason=f"no real Postfix played: {HINDRANCE}")


def mflab(*arguments: str) -> subprocess.CompletedProcess[str]:
    quiet = {**os.environ, "COLUMNS": "100", "PYTHONPATH": str(TOP)}
    return subprocess.run(
        [sys.executable, "-m", "lab", *arguments], capture_output=True, text=True, timeout=50, env=quiet
    )


def story(printed: str) -> list[str]:
    """What happened: all above the tables of the administrators."""
    return printed.split("  Exchange admin", 1)[0].splitlines()


@with_postfix
@pytest.mark.parametrize(
    "variant",
    ["shared-wildcard", "half-fix-r77-off", "dedicated-certificate", "no-client-certificate", "other-region"],
)
def test_with_postfix_all_is_as_expected_and_the_story_is_the_simulators(variant):
    played = mflab("gateway", "postfix", ARTICLE, "--variant", variant, "--play")
    assert (played.returncode, played.stderr) == (Exit.OK, "")
    simulated = mflab("demo", "--variant", variant, "--driver", "simulator")
    assert story(played.stdout) == story(simulated.stdout)
    assert len(story(played.stdout)) > 5


@with_postfix
def test_mail_from_outside_and_reports_pass_postfix_in_both_directions():
    """Four messages: out by MX, in to Exchange, past the filter, and a report that leaves through it."""
    played = mflab("gateway", "postfix", ARTICLE, "--variant", "name-not-accepted-domain", "--play")
    assert (played.returncode, played.stderr) == (Exit.OK, "")


@with_postfix
def test_postfix_that_shows_another_certificate_than_the_scenario_claims_fails_the_run(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"""
scenario: mine
why: it claims the fault and has a cure
include: [{os.path.relpath(ARTICLE, tmp_path)}]
variants:
  claimed:
    title: the fault, they say
    change: {{organizations.msxfaq.hosts.gateway.client_certificate: false}}
""")
    played = mflab("gateway", "postfix", str(mine), "--variant", "claimed", "--play")
    assert played.returncode == Exit.FAILED
    assert "attributed.tenant" in played.stdout


@with_postfix
def test_who_is_behind_nat_is_sent_to_the_containers():
    refused = mflab("gateway", "postfix", ARTICLE, "--variant", "shared-address", "--play")
    assert refused.returncode == Exit.ENVIRONMENT
    assert "behind NAT takes a router" in refused.stderr
