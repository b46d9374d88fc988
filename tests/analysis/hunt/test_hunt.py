"""The hunt finds the article's fault without any change, and says how many changes lead to it where it was cured."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from lab.analysis.checks.audit_context import AuditContext
from lab.analysis.hunt import probe_messages, search
from lab.analysis.hunt.hunt_result import reported, scenario_of
from lab.analysis.hunt.search import Hunt, hunt
from lab.analysis.hunt.setting_changes import steps
from lab.drivers.simulator import simulate
from lab.errors import ScenarioError
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.load import load_text

TODAY = date(2026, 11, 24)
ARTICLE = ChangeableScenario.load(Path("scenarios/wildcard-misrouting.yaml"))


def world(variant: str, configuration: ChangeableScenario = ARTICLE) -> AuditContext:
    return AuditContext(configuration, configuration.variant(variant), TODAY)


@cache
def caught(variant: str) -> tuple[AuditContext, Hunt]:
    there = world(variant)
    return there, hunt(there, depth=1, limit=3, budget=1000)


def changed(found: Hunt) -> list[tuple[tuple[str, object], ...]]:
    return [tuple((each.path, each.value) for each in misroute.steps) for misroute in found.misroutes]


def test_the_fault_is_found_without_any_change():
    there, found = caught("shared-wildcard")
    assert found.depth == 0
    assert found.configurations == 1
    report = reported(found, there)
    assert report.now
    (find,) = report.finds
    assert (find.meant, find.tenant, find.basis) == ("uclabor", "msxfaq", "certificate")
    assert str(find.message) == "useronprem@msxfaq.example > partner@uclabor.example"
    assert "R3" in find.rules
    assert not find.settings


def test_the_cure_is_a_certificate_or_a_wildcard_away_from_it():
    there, found = caught("dedicated-certificate")
    assert found.depth == 1
    assert changed(found)[:2] == [
        (("organizations.msxfaq.hosts.gateway.certificate", "wildcard"),),
        (("organizations.msxfaq.hosts.gateway.certificate", "hybrid"),),
    ]
    ((path, value),) = changed(found)[2]
    assert path.endswith(".TlsSenderCertificateName")
    assert value == "*.msxfaq.example"
    assert found.left > 0
    report = reported(found, there)
    assert not report.now
    assert report.finds[0].settings == ("organizations.msxfaq.hosts.gateway.certificate: mail -> wildcard",)
    assert report.finds[0].assumed == ("R77",)


@pytest.mark.parametrize("variant", ["shared-wildcard", "shared-address", "dedicated-certificate"])
def test_a_find_is_a_scenario_that_shows_it(variant):
    there, found = caught(variant)
    text = scenario_of(found.misroutes[0], reported(found, there).finds[0])
    (played,) = load_text(text, "caught.yaml").variants.values()
    judged = simulate(played).findings()
    assert {each.field for each in judged} >= {"path", "attributed.tenant", "ends"}
    assert all(each.ok for each in judged)


def test_two_changes_are_tried_where_one_is_not_enough(monkeypatch, tmp_path):
    """The filter shows nothing, and if it did, nothing that fits; whoever changes both opens the connector."""
    text = "scenario: shy\nwhy: test\ninclude: [below/scenarios/wildcard-misrouting.yaml]\n"
    text += "variants: {dedicated-certificate: {change: {organizations.msxfaq.hosts.gateway.client_certificate: false}}}\n"
    (tmp_path / "below").symlink_to(Path.cwd())
    (tmp_path / "shy.yaml").write_text(text, "utf-8")
    there = world("dedicated-certificate", ChangeableScenario.load(tmp_path / "shy.yaml"))
    few = [each for each in steps(there) if ".gateway." in each.path and "nat" not in each.path]
    monkeypatch.setattr(search, "steps", lambda _: few)
    found = hunt(there, depth=2, limit=1, budget=1000)
    assert found.depth == 2
    assert {path for path, _ in changed(found)[0]} == {
        "organizations.msxfaq.hosts.gateway.certificate",
        "organizations.msxfaq.hosts.gateway.client_certificate",
    }


def test_the_budget_ends_the_search():
    found = hunt(world("dedicated-certificate"), depth=1, limit=10, budget=1)
    assert found.configurations <= 2
    assert found.left == len(steps(world("dedicated-certificate"))) - 1


def test_the_order_is_always_the_same():
    _, first = caught("dedicated-certificate")
    second = hunt(world("dedicated-certificate"), depth=1, limit=3, budget=1000)
    assert changed(first) == changed(second)
    assert [each.fate.spec.key for each in first.misroutes] == [
        each.fate.spec.key for each in second.misroutes
    ]


@pytest.mark.parametrize("variant", ["shared-wildcard", "shared-address", "name-not-accepted-domain"])
def test_every_step_is_a_setting_of_the_language(variant):
    there = world(variant)
    for each in steps(there):
        try:
            there.built({each.path: each.value})
        except ScenarioError as error:
            told = [str(problem.wanted) for problem in error.problems]
            assert not any("nothing is called" in wanted or "a path such as" in wanted for wanted in told), (
                each
            )


def test_no_message_is_sent_twice_and_none_that_is_none_of_the_companys():
    there = world("shared-wildcard")
    sent = probe_messages.every(there, there.built({}).topology)
    assert len({each.key for each in sent}) == len(sent)
    own = {"msxfaq.example", "msxfaqlab.onmicrosoft.com", "msxfaqlab.mail.onmicrosoft.com"}
    assert all({each.sender.domain, each.recipients[0].domain} & own for each in sent)
    paths = {str(each.reverse_path) for each in sent}
    assert len(paths) == 4
    assert "<>" in paths


def test_what_the_service_alone_has_nobody_shows():
    values = [str(each.value) for each in steps(world("dedicated-certificate"))]
    assert not any("protection.outlook.com" in each for each in values)
