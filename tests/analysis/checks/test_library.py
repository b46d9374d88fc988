"""Every check against the scenario library: faults are found, and cures are no error."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from lab.analysis.checks.audit_context import AuditContext
from lab.analysis.checks.catalogue import BY_CODE, CHECKS, by_code
from lab.analysis.checks.connectors import misattribution
from lab.analysis.checks.engine import findings
from lab.analysis.checks.finding import Finding, Severity, check
from lab.core.rulebook import rule
from lab.errors import LabBug
from lab.scenario.changeable_scenario import ChangeableScenario

TODAY = date(2026, 11, 24)
SCENARIOS = Path("scenarios")
CURED = [
    (file.relative_to(SCENARIOS).as_posix(), name)
    for file in sorted(SCENARIOS.rglob("*.yaml"))
    if file.parent.name != "common"
    for name, variant in ChangeableScenario.load(file).scenario.variants.items()
    if variant.kind == "cure"
]
OUTBOUND = "Outbound to 799256f5-159a-5ba8-ba83-7fcbda21da93"
"""What the wizard calls it in msxfaq."""
TO_FILTER = "Internet mail leaves by the filter"
FOUND = [
    ("wildcard-misrouting.yaml", "shared-wildcard", "MFL-ATTR-001:gateway"),
    ("wildcard-misrouting.yaml", "shared-san", "MFL-ATTR-001:gateway"),
    ("wildcard-misrouting.yaml", "wildcard-connector-value", "MFL-ATTR-002:gateway"),
    ("wildcard-misrouting.yaml", "shared-address", "MFL-ATTR-003:gateway"),
    ("wildcard-misrouting.yaml", "other-region", "MFL-ATTR-005:gateway"),
    ("faults/p15-internal-relay-left.yaml", "internal-relay", "MFL-ROUTE-005:msxfaq.example"),
    ("faults/p15-internal-relay-left.yaml", "received-lines", "MFL-ROUTE-005:msxfaq.example"),
    ("faults/p16-hybrid-connector-by-mx.yaml", "by-mx", f"MFL-ROUTE-001:{OUTBOUND}"),
    ("faults/p17-centralized-scope.yaml", "own-domain-only", f"MFL-ROUTE-002:{OUTBOUND}"),
    ("faults/p17-centralized-scope.yaml", "own-domain-only", "MFL-ROUTE-005:app.msxfaq.example"),
    ("faults/p19-centralized-after-migration.yaml", "left-on", f"MFL-ROUTE-004:{OUTBOUND}"),
    ("faults/p20-signature-gateway-loop.yaml", "no-loop-mark", "MFL-ROUTE-006:Sign what leaves"),
    ("faults/p20-signature-gateway-loop.yaml", "loop-mark-lost", "MFL-ROUTE-006:Sign what leaves"),
    ("faults/p21-appliance-between.yaml", "appliance", "MFL-ROUTE-014:appliance"),
    ("faults/p30-onmicrosoft-as-default-sender.yaml", "onmicrosoft", "MFL-ROUTE-015:msxfaq"),
    ("faults/p31-stale-target-address.yaml", "renamed", "MFL-ROUTE-007:moved@msxfaq.example"),
    ("faults/p31-stale-target-address.yaml", "sent-round", "MFL-ROUTE-007:moved@msxfaq.example"),
    ("faults/p32-sub-domain-loop.yaml", "nobodys", "MFL-ROUTE-008:app.msxfaq.example"),
    ("faults/p33-next-hop-is-itself.yaml", "by-mx", "MFL-ROUTE-009:gateway"),
    ("faults/p37-multi-forest-centralized.yaml", "connectors-only", "MFL-ROUTE-010:south"),
    ("faults/p37-multi-forest-centralized.yaml", "connectors-only", "MFL-AUTH-002:south.example:ex-north"),
    ("flows/rule-forgotten-sender.yaml", "forgotten", f"MFL-RULE-001:{TO_FILTER}:onmicrosoft.com"),
    ("flows/special-senders.yaml", "rule-forgets-services", "MFL-RULE-004:Only by the filter:voicemail"),
    ("faults/p34-spf-after-centralized-transport.yaml", "after", "MFL-AUTH-001:msxfaq.example"),
    ("authentication/own-pass.yaml", "filter-not-in-spf-anywhere", "MFL-AUTH-009:msxfaq.example:on-premises"),
    ("authentication/second-hop.yaml", "policy-quarantine", "MFL-AUTH-009:msxfaq.example:cloud"),
]

WARNED = [
    ("faults/p14-wrong-region.yaml", "sisters-name", "MFL-ROUTE-013:Internet via Exchange Online"),
    ("faults/p18-forward-and-centralized-transport.yaml", "centralized", "MFL-ROUTE-003:away@msxfaq.example"),
    ("faults/p38-onmicrosoft-only-user.yaml", "asymmetric", "MFL-ROUTE-011:msxfaqlab.onmicrosoft.com"),
    ("faults/p22-lost-promotion.yaml", "no-route", "MFL-ROUTE-017:msxfaq"),
]


@cache
def configuration(file: str) -> ChangeableScenario:
    return ChangeableScenario.load(SCENARIOS / file)


def found(file: str, variant: str, finding: str = "") -> tuple[Finding, ...]:
    """What all checks find, or the one of that finding."""
    whole = configuration(file)
    checks = [BY_CODE[finding.partition(":")[0]]] if finding else CHECKS
    return findings(AuditContext(whole, whole.variant(variant), TODAY), checks)


@pytest.mark.parametrize(("file", "variant"), CURED)
def test_a_cure_is_no_error(file, variant):
    errors = [each for each in found(file, variant) if each.severity is Severity.ERROR]
    assert not errors, "\n".join(f"{each.id}: {each.shown}; {each.way}" for each in errors)


@pytest.mark.parametrize(("file", "variant", "finding"), FOUND)
def test_a_fault_is_found_and_its_cure_works(file, variant, finding):
    told = {each.id: each for each in found(file, variant, finding)}
    assert finding in told
    assert told[finding].severity is Severity.ERROR
    assert any(cured.works for cured in told[finding].cures), told[finding].cures


@pytest.mark.parametrize(("file", "variant", "finding"), WARNED)
def test_what_goes_wrong_less_surely_is_a_warning_with_a_cure(file, variant, finding):
    told = {each.id: each for each in found(file, variant, finding)}
    assert told[finding].severity is Severity.WARNING
    assert any(cured.works for cured in told[finding].cures), told[finding].cures


def test_the_catalogue_is_in_the_order_of_codes():
    assert [check.code for check in CHECKS] == sorted(BY_CODE)


def test_a_code_that_is_given_twice_is_an_error():
    again, title = ModuleType("again"), BY_CODE["MFL-ATTR-001"].title
    vars(again)["other"] = replace(BY_CODE["MFL-ATTR-001"], title="Something else")
    with pytest.raises(LabBug, match=f"MFL-ATTR-001 is given twice: '{title}' and 'Something else'"):
        by_code([misattribution, again])


def test_a_helper_in_a_room_of_checks_has_none():
    assert by_code([ModuleType("helper")]) == {}


def test_a_docstring_without_a_cure_is_an_error():
    def find(_):
        """A title.

        What the mistake is.
        """

    with pytest.raises(LabBug, match="MFL-TEST-001"):
        check("MFL-TEST-001", Severity.NOTE, "R3")(find)


def test_every_check_says_what_it_finds_and_what_to_do():
    for each in CHECKS:
        assert all((each.title, each.about, each.cure))
        assert not each.title.endswith(".")


def test_a_check_cites_rules_that_there_are():
    for each in CHECKS:
        assert each.rules
        assert [rule(id_).id for id_ in each.rules] == list(each.rules)
