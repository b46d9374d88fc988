"""Cures as files and as cmdlets: the file cures, and the cmdlets lead to the same configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from lab.analysis.checks.catalogue import CHECKS
from lab.analysis.checks.engine import examine
from lab.analysis.checks.finding import Finding
from lab.analysis.fix import _guesses, choose, fix
from lab.analysis.matrix import prepared
from lab.errors import DriverError
from lab.model.roles import Role
from lab.model.topology import Topology
from lab.reports.comparison.compared_variants import ChangeDirection
from lab.reports.cures.cure_report import AppliedCure, screen
from lab.reports.text.console import text
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.cmdlets.cmdlet_changes import known_cmdlets
from lab.scenario.load import load_text

TODAY = date(2026, 11, 24)
SCENARIOS = Path("scenarios")
FIXED = [
    ("wildcard-misrouting.yaml", "shared-wildcard", "MFL-ATTR-001:gateway", 1),
    ("wildcard-misrouting.yaml", "shared-wildcard", "MFL-ATTR-001:gateway", 2),
    ("wildcard-misrouting.yaml", "shared-san", "MFL-ATTR-001:gateway", 1),
    ("wildcard-misrouting.yaml", "wildcard-connector-value", "MFL-ATTR-002:gateway", 1),
    ("wildcard-misrouting.yaml", "shared-address", "MFL-ATTR-003:gateway", 1),
    ("faults/p17-centralized-scope.yaml", "own-domain-only", "MFL-ROUTE-002:*", 1),
    ("faults/p04-same-certificate-both-connectors.yaml", "one-certificate", "MFL-ATTR-004:exchange", 2),
    ("faults/p20-signature-gateway-loop.yaml", "no-loop-mark", "MFL-ROUTE-006:*", 1),
    ("faults/p37-multi-forest-centralized.yaml", "connectors-only", "MFL-ROUTE-010:*", 1),
]
_NOT_OF_A_TIMELINE = ("New-ExchangeCertificate", "Set-Mailbox")


@cache
def configuration(file: str) -> ChangeableScenario:
    return ChangeableScenario.load(SCENARIOS / file)


@cache
def found(file: str, variant: str) -> tuple[Finding, ...]:
    return examine(configuration(file), TODAY, CHECKS, only=variant)


def fixed(file: str, variant: str, id_: str, number: int | None):
    choice = choose(configuration(file), found(file, variant), id_, number)
    return fix(choice, Path("fixed.yaml"), TODAY, CHECKS)


@pytest.mark.parametrize(("file", "variant", "id_", "number"), FIXED)
def test_the_file_cures_and_harms_nothing(file, variant, id_, number):
    made = fixed(file, variant, id_, number)
    assert made.proven, [(each.variant, each.gone, each.difference.worse) for each in made.applied]
    assert variant in load_text(made.text, "fixed.yaml").variants


@pytest.mark.parametrize(("file", "variant", "id_", "number"), FIXED)
def test_the_cmdlets_lead_to_the_same_configuration(file, variant, id_, number):
    made = fixed(file, variant, id_, number)
    (applied,) = made.applied
    wanted = configuration(file).changed(variant, dict(applied.settings)).topology
    assert objects(played(configuration(file), applied)) == objects(wanted)


def played(whole: ChangeableScenario, applied: AppliedCure) -> Topology:
    """What a timeline makes of the commands, on top of what no cmdlet of it can do."""
    events = [
        {"at": f"{minute}m", "in": side, "run": lines}
        for minute, (side, lines) in enumerate(_commands(applied), 1)
    ]
    by_hand = {
        path: value for path, value in applied.settings if not _by_cmdlet(path, whole, applied.variant)
    }
    changed = whole.changed(applied.variant, {**by_hand, "timeline": events})
    return changed.timeline[-1].topology if changed.timeline else changed.topology


def _by_cmdlet(path: str, whole: ChangeableScenario, variant: str) -> bool:
    """Exchange's certificate is enabled by one; a tenant's new domain is added by hand."""
    host = re.fullmatch(r"organizations\.[^.]+\.hosts\.([^.]+)\.certificate", path)
    if host:
        return whole.variant(variant).topology.hosts[host[1]].role is Role.EXCHANGE
    return not re.match(r"certificates\.|.*\.hosts\.|tenants\.[^.]+\.AcceptedDomains$", path)


def _commands(applied: AppliedCure) -> Iterator[tuple[str, list[str]]]:
    for place in applied.places:
        found = re.fullmatch(r"Exchange (Online, tenant|on-premises, organisation) (\S+)", str(place.where))
        lines = [line for todo in place.todos for line in todo.commands]
        if found is None:
            assert not lines, "cmdlets belong to Exchange"
            continue
        side = "tenant" if found[1].endswith("tenant") else "organization"
        runs = list(_runnable(lines))
        if runs:
            yield f"{side}:{found[2]}", runs


def _runnable(lines: list[str]) -> Iterator[str]:
    """A timeline knows no variables, and takes a certificate's key for its thumbprint."""
    certificate = ""
    for line in lines:
        if line.startswith("$certificate"):
            (certificate,) = re.findall(r"THUMBPRINT-OF-([\w-]+)", line)
            continue
        told = line.replace('"<I>$($certificate.Issuer)<S>$($certificate.Subject)"', f"'{certificate}'")
        name = told.split()[0]
        if name in known_cmdlets():
            yield told.replace("THUMBPRINT-OF-", "")
        else:
            assert name in _NOT_OF_A_TIMELINE


def objects(topology: Topology) -> object:
    """What cmdlets set; machines by name, as cmdlets say them."""
    names = {key: str(host.fqdn) for key, host in topology.hosts.items()}

    def told(connector):
        hosts = tuple(names.get(each, each) for each in getattr(connector, "smart_hosts", ()))
        return {**{each: getattr(connector, each) for each in connector.__slots__}, "smart_hosts": hosts}

    tenants = {
        name: (
            each.accepted_domains,
            [told(one) for one in (*each.inbound_connectors, *each.outbound_connectors)],
            each.transport_rules,
            each.reject_direct_send,
        )
        for name, each in topology.tenants.items()
    }
    organizations = {
        name: (each.accepted_domains, [told(one) for one in each.send_connectors], each.transport_rules)
        for name, each in topology.organizations.items()
    }
    shown = {name: host.certificate for name, host in topology.hosts.items()}
    return tenants, organizations, shown


def test_what_is_not_proven_says_why_and_what_else_there_is():
    made = fixed("wildcard-misrouting.yaml", "shared-wildcard", "MFL-ATTR-001:gateway", 1)
    (applied,) = made.applied
    back = replace(applied.difference.moved[0], turn=ChangeDirection.WORSE)
    worse = replace(applied, gone=False, difference=replace(applied.difference, moved=(back,)))
    failed = replace(made, applied=(worse,))
    assert not failed.proven
    told = text(screen(failed))
    assert "shared-wildcard: MFL-ATTR-001:gateway is still found" in told
    assert "something else got worse" in told
    assert "not proven; others to try: --cure 2" in told


def test_a_code_is_enough_where_it_is_found_once():
    every = found("wildcard-misrouting.yaml", "shared-wildcard")
    whole = configuration("wildcard-misrouting.yaml")
    assert choose(whole, every, "mfl-attr-001", None).first.id == "MFL-ATTR-001:gateway"
    assert choose(whole, every, "MFL-ATTR-006:Inbound*", None).first.code == "MFL-ATTR-006"


@pytest.mark.parametrize(
    ("id_", "number", "told"),
    [
        ("MFL-ATTR-999", None, "there is no finding"),
        ("*", None, " times: MFL-ATTR-001:gateway"),
        ("MFL-ATTR-001", 9, "has 2 cures, and no cure 9"),
    ],
)
def test_what_cannot_be_chosen_is_told(id_, number, told):
    with pytest.raises(DriverError, match=re.escape(told)):
        choose(
            configuration("wildcard-misrouting.yaml"),
            found("wildcard-misrouting.yaml", "shared-wildcard"),
            id_,
            number,
        )


def test_a_proof_tells_what_it_rests_on_that_nobody_documents():
    """Exchange keeps the wildcard, which fits the new name by an assumed rule alone."""
    before = ChangeableScenario.load("scenarios/wildcard-misrouting.yaml")
    old = prepared(before.variant("shared-wildcard"))
    new = prepared(before.variant("half-fix"))
    told = list(_guesses(old, new))
    assert "wildcard_cert_covers_exact" in [dict(guess.parameters)["switch"] for guess in told]
    assert not list(_guesses(old, old))
