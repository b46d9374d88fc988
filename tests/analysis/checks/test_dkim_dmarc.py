"""DKIM and DMARC: own mail, forwarded mail, changed mail, forgeries."""

import pytest

from lab.analysis.checks.authentication import dkim_dmarc, modified_in_transit
from lab.analysis.checks.catalogue import checks_of
from lab.analysis.checks.finding import Finding, Severity
from lab.scenario.changeable_scenario import ChangeableScenario
from tests.analysis.checks.examples import example, found

BOTH = (*checks_of(dkim_dmarc), *checks_of(modified_in_transit))
CLOUD, ON_PREMISES = "msxfaq.example:cloud", "msxfaq.example:on-premises"
REJECT = "organizations: {msxfaq: {dmarc: reject%s}}"
SIGNED = "\ntenants: {msxfaq: {dkim: [msxfaq.example]}}"
GATEWAY_SIGNS = ", hosts: {gateway: {dkim_signs: [msxfaq.example]}}"


def asked(text: str) -> dict[str, Finding]:
    return found(example(text), BOTH)


def test_without_a_policy_forgeries_are_a_note() -> None:
    (note,) = asked("").values()
    assert (note.id, note.severity) == ("MFL-AUTH-008:msxfaq.example", Severity.NOTE)
    assert "5.7.509" in str(note.cures[0].shows)


def test_a_policy_without_dkim_is_a_warning_for_each_side() -> None:
    told = asked(REJECT % "")
    assert set(told) == {f"MFL-AUTH-006:{CLOUD}", f"MFL-AUTH-006:{ON_PREMISES}"}
    assert all(each.severity is Severity.WARNING and each.cures[0].works for each in told.values())


def test_a_policy_with_dkim_on_both_sides_is_right() -> None:
    assert not asked(REJECT % GATEWAY_SIGNS + SIGNED)


def test_own_mail_that_fails_the_policy_is_an_error() -> None:
    told = asked(REJECT % ", spf_includes_exchange_online: false" + "\n")
    error = told[f"MFL-AUTH-009:{CLOUD}"]
    assert error.severity is Severity.ERROR
    assert [cured.works for cured in error.cures] == [True, True]
    assert not [each for each in told if each.startswith("MFL-AUTH-009") and each.endswith("on-premises")]


def test_dkim_alone_carries_a_policy() -> None:
    told = asked(REJECT % f", spf_includes_exchange_online: false{GATEWAY_SIGNS}" + SIGNED)
    assert not told


def test_a_key_of_which_the_lab_knows_only_the_public_half_is_not_judged() -> None:
    real = "\ndns: {records: {gateway._domainkey.msxfaq.example: {TXT: 'v=DKIM1; k=rsa; p=AAAA'}}}"
    assert not asked(REJECT % GATEWAY_SIGNS + SIGNED + real)


@pytest.mark.parametrize(
    ("record", "text"),
    [("~", "no such record"), ("'v=DKIM1; p='", "no such record")],
    ids=["gone", "revoked"],
)
def test_a_key_that_is_not_there_is_told(record: str, text: str) -> None:
    gone = f"\ndns: {{records: {{gateway._domainkey.msxfaq.example: {{TXT: {record}}}}}}}"
    warning = asked(REJECT % GATEWAY_SIGNS + SIGNED + gone)[f"MFL-AUTH-013:{ON_PREMISES}"]
    assert warning.severity is Severity.WARNING
    assert text in str(warning.suspicion.facts[0].text)
    assert warning.cures[0].works


def test_a_key_that_is_not_there_is_an_error_where_nothing_else_speaks_for_the_domain() -> None:
    gone = "\ndns: {records: {selector1._domainkey.msxfaq.example: {CNAME: ~}}}"
    told = asked(REJECT % ", spf_includes_exchange_online: false" + SIGNED + gone)
    assert told[f"MFL-AUTH-013:{CLOUD}"].severity is Severity.ERROR


def test_a_disclaimer_for_which_another_fault_is_to_blame_is_no_finding() -> None:
    scenario = ChangeableScenario.load("scenarios/authentication/changed-body.yaml")
    told = found(scenario, BOTH, "disclaimer")
    assert told["MFL-AUTH-007:gateway:in"].cures[0].works
    assert "MFL-AUTH-007:gateway:out" not in found(scenario, BOTH, "key-forgotten")


def test_a_gateway_that_signs_after_the_disclaimer_breaks_only_what_others_have_signed() -> None:
    text = ", hosts: {gateway: {dkim_signs: [msxfaq.example], disclaimer: Caution, accepts_domains: []}}"
    mx = "\ndns: {records: {msxfaq.example: {MX: '0 msxfaq-example.mail.protection.outlook.com'}}}"
    assert not asked(REJECT % text + SIGNED + mx)


def test_relayed_mail_of_others_leaves_by_the_relay_pool_only_where_on_premises_sends_by_the_tenant() -> None:
    own_pass = ChangeableScenario.load("scenarios/authentication/own-pass.yaml")
    warning = found(own_pass, BOTH, "both-in-spf")["MFL-AUTH-011:gateway"]
    assert warning.severity is Severity.WARNING
    assert warning.cures[0].works
    assert not any(each.startswith("MFL-AUTH-011") for each in asked(""))
