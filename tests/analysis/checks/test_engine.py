"""The engine: no proof, no finding; guesses are no errors; suppressions run out."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, Probe, message
from lab.analysis.checks.catalogue import checks_of
from lab.analysis.checks.connectors import misattribution
from lab.analysis.checks.engine import findings
from lab.analysis.checks.finding import Check, Severity, Suspicion, cure, fact
from lab.analysis.checks.finding_report import audit
from lab.analysis.checks.reproduction import reproduction
from lab.drivers.simulator import simulate
from lab.errors import DriverError
from lab.model.names import Address
from lab.reports.findings.audit_report import markdown, summary
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.load import expanded_text, load_text
from lab.sentence import sentence

TODAY = date(2026, 11, 24)
SENDER = Address.parse("useronprem@msxfaq.example")
GATEWAY = "organizations.msxfaq.hosts.gateway.client_certificate"


def world(variant="shared-wildcard", today=TODAY):
    whole = ChangeableScenario.load("scenarios/wildcard-misrouting.yaml")
    return AuditContext(whole, whole.variant(variant), today)


def a_check(**more):
    def find(_):
        yield Suspicion(
            about="x",
            text=sentence("something"),
            facts=(fact("", "this"), fact("", "that")),
            probe=Probe((message(SENDER, stand_ins.NEAR),)),
            **{"shows": misattribution.astray, **more},
        )

    return Check(
        code="MFL-TEST-001", title="A", severity=Severity.ERROR, about="", cure="", rules=("R3",), find=find
    )


def test_what_the_flow_does_not_show_is_no_finding():
    assert findings(world(), [a_check()])
    assert not findings(world("dedicated-certificate"), [a_check()])


def test_what_rests_on_a_guess_is_no_error_and_says_so():
    (sure,) = findings(world(), [a_check()])
    (guess,) = findings(world("half-fix"), [a_check()])
    assert (sure.severity, sure.assumptions) == (Severity.ERROR, ())
    assert guess.severity is Severity.WARNING
    assert "wildcard_cert_covers_exact" in str(guess.assumptions[0].text)


def test_cures_are_played():
    cures = (cure("right", {GATEWAY: False}), cure("wrong", {GATEWAY: True}), cure("words only"))
    (finding,) = findings(world(), [a_check(cures=cures)])
    assert [cured.works for cured in finding.cures] == [True, False, False]


def test_a_cure_that_makes_no_configuration_is_told_as_one_that_does_not_work():
    nonsense = cure("nonsense", {"organizations.msxfaq.hosts.gateway.certificate": "nobody-has-it"})
    (finding,) = findings(world(), [a_check(cures=(nonsense,))])
    assert not finding.cures[0].works
    assert "not be valid" in str(finding.cures[0].shows)


def suppressed(written):
    text = f"scenario: mine\ninclude: [scenarios/wildcard-misrouting.yaml]\nsuppress:\n  - {written}\n"
    return ChangeableScenario.of(expanded_text(text))


@pytest.mark.parametrize(
    "finding", ["MFL-ATTR-001:gateway", "MFL-ATTR-001", "MFL-ATTR-*", "mfl-attr-001:gate*"]
)
def test_a_suppression_fits_by_code_by_id_and_by_beginning(finding):
    told = audit(
        suppressed(f'{{finding: "{finding}", reason: known}}'),
        TODAY,
        checks_of(misattribution),
        only="shared-wildcard",
    )
    assert [each.counts for each in told.findings if each.code == "MFL-ATTR-001"] == [False]
    assert not told.idle


def test_a_suppression_runs_out_and_says_so():
    configuration = suppressed("{finding: MFL-ATTR-001, reason: known, until: 2026-11-24}")
    on_the_day = audit(configuration, TODAY, checks_of(misattribution), only="shared-wildcard")
    after = audit(configuration, TODAY + timedelta(days=1), checks_of(misattribution), only="shared-wildcard")
    assert (on_the_day.count("error"), after.count("error")) == (1, 2)
    assert "run out" in str(after.idle[0])


def test_a_suppression_that_nothing_is_found_for_is_told():
    configuration = suppressed("{finding: MFL-ATTR-003, reason: known}")
    told = audit(configuration, TODAY, checks_of(misattribution), only="shared-wildcard")
    assert "nothing is found" in str(told.idle[0])


def unexported(*about):
    written = f"todo:\n  - {{text: It was not exported., about: [{', '.join(about)}]}}\n"
    text = f"scenario: mine\ninclude: [scenarios/wildcard-misrouting.yaml]\n{written}"
    return audit(
        ChangeableScenario.of(expanded_text(text)), TODAY, checks_of(misattribution), only="shared-wildcard"
    )


@pytest.mark.parametrize(
    "about", ["organizations.msxfaq", "organizations.msxfaq.hosts.gateway", "organizations.msxfaq.hybrid"]
)
def test_what_rests_on_what_was_not_exported_is_no_error(about):
    told = unexported(about)
    (finding,) = [each for each in told.findings if each.code == "MFL-ATTR-001"]
    assert finding.level == "warning"
    assert f"what was not exported: {about}" in [str(guess.text) for guess in finding.assumptions]
    assert "1 to-do is open" in str(summary(told))
    assert f"rests on what was not exported: {about}" in markdown([told]).lower()


@pytest.mark.parametrize("about", ["tenants.msx", "organizations.msxfaq.hosts.gate", "tenants.uclabor"])
def test_what_was_not_exported_elsewhere_softens_nothing(about):
    levels = [each.level for each in unexported(about).findings if each.code == "MFL-ATTR-001"]
    assert levels == ["error"]


def test_nothing_found_is_not_said_bare_while_todos_are_open():
    told = replace(unexported("tenants.uclabor"), findings=())
    assert str(summary(told)) == "nothing found in what was exported; 1 to-do is open (6 checks, 1 variant)"


def test_a_finding_is_reproduced_by_a_scenario_of_its_own():
    configuration = world().configuration
    written = reproduction(configuration, "MFL-ATTR-001:gateway", checks_of(misattribution), TODAY)
    (variant,) = load_text(written).variants.values()
    played = simulate(variant)
    assert played.findings()
    assert all(finding.ok for finding in played.findings())
    with pytest.raises(DriverError, match="nothing is found"):
        reproduction(configuration, "MFL-ATTR-001:nobody", checks_of(misattribution), TODAY)


def test_a_timeline_is_judged_by_where_it_ends():
    whole = ChangeableScenario.load("scenarios/flows/timeline-cure.yaml")
    variant = whole.variant("at-once")
    assert not variant.timeline
    assert not findings(AuditContext(whole, variant, TODAY), [replace(checks_of(misattribution)[0])])
