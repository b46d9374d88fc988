"""The lab's own scenarios of providers: a sweep says what the simulator plays."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.analysis.sweep.executors import InProcessExecutor
from lab.analysis.sweep.input_folder import source_of
from lab.analysis.sweep.result_store import ResultRow, ResultStore
from lab.analysis.sweep.run import Sweep
from lab.drivers.simulator import simulate
from lab.reports.explanation.conclusions import fates
from lab.scenario.load import load, load_text
from lab.scenario.model import Variant
from lab.scenario.variant_builder import START
from tests.sweep.customers import told

FAULTS = Path(__file__).parents[2] / "scenarios" / "faults"
ANY = "any-other-tenant.invalid"


def swept_scenario(file: Path, variant: str, folder: Path) -> list[ResultRow]:
    chosen = load(file).variants[variant]
    source = source_of(file, [file], START, variant)
    with ResultStore(folder / "out.sqlite") as store:
        Sweep(source=source, switches=chosen.topology.switches).run(store, InProcessExecutor())
        return list(store.misroutes())


def attributed(variant: Variant) -> dict[str, object]:
    """Whom the simulator takes each message of the variant for."""
    run = simulate(variant)
    return {fate.spec.key: fate.decision.tenant for fate in fates(run) if fate.decision}


def test_p03_the_providers_wildcard(tmp_path: Path) -> None:
    file = FAULTS / "p03-provider-journal.yaml"
    assert attributed(load(file).variants["wildcard-value"]) == {"offer": "provider"}
    found = told(swept_scenario(file, "wildcard-value", tmp_path))
    assert ("msxfaq", ANY, "own sender", "provider") in found
    assert {taker for _, _, _, taker in found} == {"provider"}


def test_p03_cured(tmp_path: Path) -> None:
    file = FAULTS / "p03-provider-journal.yaml"
    assert attributed(load(file).variants["exact-value"]) == {"offer": "uclabor"}
    assert swept_scenario(file, "exact-value", tmp_path) == []


def test_p06_one_certificate_for_many(tmp_path: Path) -> None:
    file = FAULTS / "p06-one-certificate-many-customers.yaml"
    assert attributed(load(file).variants["one-certificate"]) == {"in": "alpha"}
    found = told(swept_scenario(file, "one-certificate", tmp_path))
    assert found == {("beta", "beta.example", mail, "alpha") for mail in ("stranger", "null sender")}


def test_p06_half_cured_still_misroutes_what_the_customers_write_to_each_other(tmp_path: Path) -> None:
    file = FAULTS / "p06-one-certificate-many-customers.yaml"
    assert attributed(load(file).variants["one-name-of-nobody"]) == {"in": "beta"}
    found = told(swept_scenario(file, "one-name-of-nobody", tmp_path))
    assert found == {
        ("alpha", "alpha.example", "the other's sender", "beta"),
        ("beta", "beta.example", "the other's sender", "alpha"),
    }


def test_p06_cured(tmp_path: Path) -> None:
    assert swept_scenario(FAULTS / "p06-one-certificate-many-customers.yaml", "one-for-each", tmp_path) == []


P07 = """
scenario: p07-two-tenants
include: [p07-shared-address.yaml]
tenants:
  neighbour: {initial_domain: neighbourlab.onmicrosoft.com, AcceptedDomains: [neighbour.example],
              mailboxes: [user@neighbour.example]}
  third: {initial_domain: thirdlab.onmicrosoft.com, AcceptedDomains: [third.example], mailboxes: [user@third.example]}
organizations: {neighbour: {hosts: {neighbour: {smart_hosts: ~}}}}
messages:
  own: ~
  stolen: {from: boss@msxfaq.example, to: user@third.example, via: neighbour}
variants:
  shared: {expect: ~}
  certificate: {expect: ~}
  address-changed: ~
"""


@pytest.mark.parametrize(("variant", "taker"), [("shared", "msxfaq"), ("certificate", "third")])
def test_p07_an_address_behind_which_others_are(tmp_path: Path, variant: str, taker: str) -> None:
    """The neighbour, here with a tenant of its own, hands on mail of the company to a third."""
    scenario = load_text(P07, str(FAULTS / "p07-two-tenants.yaml"))
    assert attributed(scenario.variants[variant])["stolen"] == taker
    from lab.analysis.sweep.input_folder import as_line, customers
    from lab.analysis.sweep.tenant_source import MadeLines

    source = MadeLines("p07", map(as_line, customers(scenario.variants[variant].topology)))
    with ResultStore(tmp_path / "out.sqlite") as store:
        Sweep(source=source, switches=scenario.variants[variant].topology.switches).run(
            store, InProcessExecutor()
        )
        found = told(list(store.misroutes()))
    expected = ("neighbour", ANY, "the other's sender", "msxfaq")
    assert (expected in found) == (taker == "msxfaq")
