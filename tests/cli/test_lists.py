"""Verbs that print what is known: rules, schema, render, graph, scenarios, completion."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab.cli.documentation import command_reference
from lab.cli.exit_codes import Exit
from lab.core.rulebook import RULES, SWITCHES
from lab.scenario.load import load, load_text
from tests.cli.commands import ARTICLE, Shell


def test_rules_one_line_each(mflab: Shell) -> None:
    assert len(mflab("rules").out.splitlines()) == len(RULES)


def test_rules_in_full(mflab: Shell) -> None:
    said = mflab("rules", "r3", "R77")
    assert "(documented, since" in said.out
    assert "switch: wildcard_cert_covers_exact = " in said.out
    assert mflab("rules", "R9999").code == Exit.BAD_INPUT


def test_rules_are_filtered(mflab: Shell) -> None:
    told = mflab("rules", "--confidence", "assumed", "--search", "wildcard", "--json").json()["rules"]
    assert told
    assert {rule["confidence"] for rule in told} == {"assumed"}
    assert mflab("rules", "--search", "no rule says this").code == Exit.NOTHING


def test_switches_with_all_their_values(mflab: Shell) -> None:
    out = mflab("rules", "--switches").out
    assert all(f"{name} = " in out for name in SWITCHES)


def test_the_schema_is_json(mflab: Shell) -> None:
    assert json.loads(mflab("schema").out)["title"] == "Mailflow Lab scenario"


def test_rendered_text_loads_to_the_same_lab(mflab: Shell) -> None:
    said = mflab("render", ARTICLE, "--variant", "dedicated-certificate")
    (again,) = load_text(said.out).variants.values()
    assert again.topology == load(ARTICLE).variants["dedicated-certificate"].topology
    told = mflab("render", ARTICLE, "--json").json()["scenario"]
    assert told["tenants"]["msxfaq"]["InboundConnectors"]


@pytest.mark.parametrize(("form", "start"), [("mermaid", "flowchart"), ("dot", "digraph")])
def test_graphs_in_text(mflab: Shell, form: str, start: str) -> None:
    assert mflab("graph", ARTICLE, "--format", form).out.startswith(start)


def test_a_graph_as_svg(mflab: Shell) -> None:
    assert ElementTree.fromstring(mflab("graph", ARTICLE, "--format", "svg").out).tag.endswith("svg")


def test_scenarios_are_listed(mflab: Shell, tmp_path: Path) -> None:
    assert "dedicated-certificate" in mflab("scenarios").out
    names = [each["name"] for each in mflab("scenarios", "--json").json()["scenarios"]]
    assert "wildcard-misrouting" in names
    assert mflab("scenarios", str(tmp_path)).code == Exit.NOTHING


def test_scenarios_are_found_by_symptom(mflab: Shell) -> None:
    told = mflab("scenarios", "--symptom", "5.7.68")
    assert "p27-reject-direct-send" in told.out
    assert "550 5.7.68 in a log that nobody reads." in told.out
    assert "p01-shared-wildcard" not in told.out
    (found,) = mflab("scenarios", "--symptom", "P27", "--json").json()["scenarios"]
    assert (found["fault"], found["codes"]) == ("P27", ["5.7.68"])
    assert mflab("scenarios", "--symptom", "zeppelin").code == Exit.NOTHING


def test_completion_knows_every_verb_and_option(mflab: Shell) -> None:
    for shell in ("bash", "zsh", "fish"):
        script = mflab("completion", shell).out
        assert all(name in script for name in command_reference.verbs())
        assert "mail-from" in script


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["mflab", "at"], "attribute"),
        (["mflab", "run", "--jun"], "--junit"),
        (["mflab", "run", "--driver", "em"], "embedded"),
        (["mflab", "completion", "f"], "fish"),
    ],
)
def test_bash_completes(words: list[str], offered: str) -> None:
    asked = f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _mflab; echo ${{COMPREPLY[@]}}"
    done = subprocess.run(
        ["bash", "-c", f"{command_reference.bash()}\n{asked}"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [offered]


def test_zones_in_a_file_with_two_servers_to_choose_from(mflab: Shell, tmp_path: Path) -> None:
    out = tmp_path / "zones"
    said = mflab("zones", ARTICLE, "--out", str(out), "--address", "127.0.0.1", "--port", "5301")
    assert said.out.split() == [str(out / name) for name in ("lab.zone", "unbound.conf", "knot.conf")]
    assert "127.0.0.1@5301" in (out / "unbound.conf").read_text()
    assert (out / "lab.zone").read_text().rstrip("\n") == mflab("zones", ARTICLE).out.rstrip("\n")


def test_zones_have_the_keys_of_the_lab_in_a_folder(mflab: Shell, tmp_path: Path) -> None:
    first, again = (mflab("zones", ARTICLE, "--state", str(tmp_path)).out for _ in range(2))
    assert first == again != mflab("zones", ARTICLE).out


def test_zones_that_change_on_the_way_are_said_to(mflab: Shell) -> None:
    assert "changes its DNS" in mflab("zones", "timeline-mx-move").err


def test_zones_that_no_server_loads(mflab: Shell, tmp_path: Path) -> None:
    scenario = tmp_path / "odd.yaml"
    odd = "dns: {records: {uclabor.example: {CNAME: msxfaq.example}}}\nvariants: {odd: {}}\n"
    scenario.write_text(
        f"scenario: odd\nwhy: a test\ninclude: ['{os.path.relpath(ARTICLE, tmp_path)}']\n{odd}"
    )
    said = mflab("zones", str(scenario), "--variant", "odd")
    assert (said.code, "uclabor.example has a CNAME and MX, TXT" in said.err) == (Exit.BAD_INPUT, True), (
        said.err
    )
