"""`mflab sweep` from the command line: what it says, what it ends with, and that its commands can be run."""

from __future__ import annotations

import csv
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from tests.cli.commands import ROOT, Shell
from tests.sweep.customers import a_tenant, on_premises, sending, written

SHARED = (
    a_tenant(
        "a", inbound=(on_premises("mx.provider.example"),), domains=["a.example", "mx.provider.example"]
    ),
    a_tenant("b", sending("internet", "mx.provider.example")),
)
P06 = str(ROOT / "scenarios" / "faults" / "p06-one-certificate-many-customers.yaml")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_misroutes_end_with_1_and_each_has_a_command_that_says_the_same(mflab: Shell, here: Path) -> None:
    written(here, *SHARED)
    told = mflab("sweep", ".", "--workers", "1", "--json")
    assert told.code == Exit.FAILED
    found = told.json()
    assert (found["ok"], found["counts"]["tenants"], found["counts"]["misroutes"]) == (
        False,
        2,
        len(found["misroutes"]),
    )
    for row in found["misroutes"]:
        again = mflab(*shlex.split(row["command"])[1:], "--json").json()
        said = {key: row[key] or None for key in ("basis", "verdict", "connector", "reply", "reason")}
        assert {key: again[key] for key in said} == said
        assert (again["tenant"], [rule["id"] for rule in again["rules"]]) == (row["attributed"], row["rules"])


def test_none_end_with_0(mflab: Shell, here: Path) -> None:
    written(here, a_tenant("a"), a_tenant("b"))
    said = mflab("sweep", "tenants.jsonl", "--workers", "1")
    assert said.code == Exit.OK, said.err
    assert "no two tenants share a certificate name, an address or a gateway" in said.out
    assert (here / "sweep.sqlite").exists()


def test_a_scenario_and_a_folder_of_scenarios_will_do(mflab: Shell, here: Path) -> None:
    said = mflab("sweep", P06, "--variant", "one-certificate", "--workers", "1")
    assert said.code == Exit.FAILED, said.err
    assert "beta > alpha, sharing certificate value alpha.provider.example" in said.out
    for name in ("one", "two"):
        (here / f"{name}.yaml").write_text(
            f"scenario: {name}\ntenants:\n  it: {{initial_domain: {name}lab.onmicrosoft.com, AcceptedDomains: "
            f"[{name}.example], InboundConnectors: [{{Name: In, ConnectorType: OnPremises, "
            "TlsSenderCertificateName: mx.provider.example}]}\nvariants: {as-is: {}}\n"
        )
    said = mflab("sweep", ".", "--workers", "1", "--json", "--out", "folder.sqlite")
    assert said.json()["pairs"] == {"certificate value": 1}


def test_a_folder_of_exports_for_each_tenant_will_do(mflab: Shell, here: Path) -> None:
    """The article's export set; a folder with nothing in it is passed over."""
    shutil.copytree(ROOT / "examples" / "exports" / "msxfaq", here / "customers" / "msxfaq")
    (here / "customers" / "empty").mkdir()
    told = mflab("sweep", "customers", "--workers", "1", "--json").json()
    assert {row["attributed"] for row in told["misroutes"]} == {"msxfaq"}
    again = mflab(*shlex.split(told["misroutes"][0]["command"])[1:], "--json").json()
    assert (again["tenant"], again["basis"]) == ("msxfaq", "certificate")


def test_a_folder_without_tenants_is_told(mflab: Shell, here: Path) -> None:
    said = mflab("sweep", ".", "--workers", "1")
    assert said.code == Exit.BAD_INPUT
    assert "neither tenants.jsonl nor a scenario in it, and no folder with exports" in said.err


def test_mistakes_are_told_with_file_and_line(mflab: Shell, here: Path) -> None:
    (here / "tenants.jsonl").write_text('{"name": "a", "AcceptedDomains": ["a.example"]}\n{"nme": "b"}\n')
    said = mflab("sweep", ".", "--workers", "1")
    assert said.code == Exit.BAD_INPUT
    assert "tenants.jsonl:2:1: nme: a tenant has no key 'nme' (did you mean 'name'?)" in said.err


def test_a_result_of_something_else_is_not_overwritten(mflab: Shell, here: Path) -> None:
    written(here, a_tenant("a"))
    assert mflab("sweep", ".", "--workers", "1").code == Exit.OK
    written(here, a_tenant("b"))
    said = mflab("sweep", ".", "--workers", "1")
    assert said.code == Exit.BAD_INPUT
    assert "has the result of another input; --fresh forgets it" in said.err
    assert mflab("sweep", ".", "--workers", "1", "--fresh").code == Exit.OK


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--out", "."), "--out .: it is a folder"),
        (("--out", "tenants.jsonl"), "is no result of mflab sweep"),
        (("--csv", "tenants.jsonl"), "--csv tenants.jsonl: that is the input already"),
        (("--csv", "x", "--parquet", "x"), "--parquet x: that is --csv already"),
        (("--variant", "v"), "has no variants"),
        (("--workers", "0"), "is no number of 1 or more"),
        (("--workers", "2", "--scheduler", "x"), "not allowed with"),
    ],
)
def test_what_makes_no_sense_is_refused(
    mflab: Shell, here: Path, arguments: tuple[str, ...], told: str
) -> None:
    before = written(here, a_tenant("a")).read_bytes()
    said = mflab("sweep", ".", *arguments)
    assert said.code == Exit.BAD_INPUT
    assert told in said.err
    assert (here / "tenants.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("module", "arguments", "told"),
    [
        (
            "distributed",
            ("--scheduler", "tcp://127.0.0.1:1"),
            "--scheduler needs Dask: pip install 'mailflow-lab[cluster]'",
        ),
        ("pyarrow", ("--parquet", "m.parquet"), "Parquet needs pyarrow: pip install 'mailflow-lab[parquet]'"),
    ],
)
def test_an_extra_that_is_missing_is_told(
    mflab: Shell,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    arguments: tuple[str, ...],
    told: str,
) -> None:
    written(here, a_tenant("a"))
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, f"{module}.parquet", None)
    said = mflab("sweep", ".", *arguments)
    assert (said.code, told in said.err) == (Exit.ENVIRONMENT, True), said.err


def test_exports_are_written(mflab: Shell, here: Path) -> None:
    written(here, *SHARED)
    said = mflab("sweep", ".", "--workers", "1", "--csv", "m.csv", "--show", "0")
    assert "more in sweep.sqlite" in said.out
    assert (here / "m.csv").read_text().startswith("tenant,other,shares,host,")


def test_only_an_earlier_table_is_replaced_and_nothing_in_it_is_calculated(mflab: Shell, here: Path) -> None:
    connector = on_premises("mx.provider.example", name='=HYPERLINK("x")')
    domains = ["a.example", "mx.provider.example"]
    written(here, a_tenant("a", inbound=(connector,), domains=domains), SHARED[1])
    (here / "notes.txt").write_text("mine")
    said = mflab("sweep", ".", "--workers", "1", "--csv", "notes.txt")
    assert (said.code, (here / "notes.txt").read_text()) == (Exit.BAD_INPUT, "mine")
    assert "--csv notes.txt: the file is there, and is no earlier result of a sweep" in said.err
    for _ in range(2):
        assert mflab("sweep", ".", "--workers", "1", "--csv", "m.csv").code == Exit.FAILED
    with (here / "m.csv").open(newline="", encoding="utf-8") as stream:
        assert {row["connector"] for row in csv.DictReader(stream)} == {'\'=HYPERLINK("x")'}
