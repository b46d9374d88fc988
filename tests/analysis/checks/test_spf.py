"""SPF: each way a record can be wrong, and records that only look so."""

import pytest

from lab.analysis.checks.authentication import spf
from lab.analysis.checks.catalogue import checks_of
from lab.analysis.checks.finding import Severity
from lab.scenario.changeable_scenario import ChangeableScenario
from tests.analysis.checks.examples import example, found

EXO = "include:spf.protection.outlook.com"
US = "ip4:198.51.100.25"
"""The gateway that all mail of on-premises leaves by."""


def with_record(*records: str, more: str = "") -> ChangeableScenario:
    listed = ", ".join(f'"{record}"' for record in records)
    return example(f"dns: {{records: {{msxfaq.example: {{TXT: [{listed}]}}{more}}}}}")


def names(count: int) -> str:
    """Terms that each need a look-up."""
    return " ".join(f"a:h{number}.msxfaq.example" for number in range(count))


def hosts(count: int) -> str:
    return "".join(f", h{number}.msxfaq.example: {{A: 198.51.100.99}}" for number in range(count))


@pytest.mark.parametrize(
    ("records", "more", "wanted"),
    [
        pytest.param([f"v=spf1 {US} -all"], "", "MFL-AUTH-001:msxfaq.example", id="without the service"),
        pytest.param(
            [f"v=spf1 {EXO} -all"], "", "MFL-AUTH-002:msxfaq.example:gateway", id="without the gateway"
        ),
        pytest.param(
            [f"v=spf1 {names(10)} {EXO} {US} -all"],
            hosts(10),
            "MFL-AUTH-003:msxfaq.example",
            id="eleven look-ups",
        ),
        pytest.param(
            [f"v=spf1 {US} -all", f"v=spf1 {EXO} -all"], "", "MFL-AUTH-004:msxfaq.example", id="two records"
        ),
        pytest.param(
            [f"v=spf1 {US} ip4:all {EXO}"], "", "MFL-AUTH-004:msxfaq.example", id="a term that is none"
        ),
        pytest.param(
            [f"v=spf1 include:old.msxfaq.example {EXO} {US} -all"],
            "",
            "MFL-AUTH-012:msxfaq.example",
            id="an own name that is gone",
        ),
    ],
)
def test_a_wrong_record_is_an_error_with_a_cure(records: list[str], more: str, wanted: str) -> None:
    told = found(with_record(*records, more=more), checks_of(spf))
    assert list(told) == [wanted]
    assert told[wanted].severity is Severity.ERROR
    assert told[wanted].cures[0].works


@pytest.mark.parametrize(
    ("records", "wanted", "severity"),
    [
        pytest.param([f"v=spf1 {US} ~all"], "MFL-AUTH-001:msxfaq.example", Severity.WARNING, id="softfail"),
        pytest.param(
            [f"v=spf1 include:spf.provider.example {EXO} {US} -all"],
            "MFL-AUTH-012:msxfaq.example",
            Severity.WARNING,
            id="a name of somebody else, whose DNS may only be unknown here",
        ),
        pytest.param(["verification=1"], "MFL-AUTH-005:msxfaq.example", Severity.WARNING, id="no record"),
        pytest.param([f"v=spf1 {EXO} +all"], "MFL-AUTH-010:msxfaq.example", Severity.WARNING, id="everybody"),
        pytest.param(
            [f"v=spf1 {EXO} {US} ip4:203.0.0.0/8 -all"],
            "MFL-AUTH-010:msxfaq.example",
            Severity.WARNING,
            id="a network that is far too large",
        ),
        pytest.param(
            [f"v=spf1 {EXO} {US} ?all"], "MFL-AUTH-010:msxfaq.example", Severity.NOTE, id="no opinion"
        ),
    ],
)
def test_what_does_less_harm_is_no_error(records: list[str], wanted: str, severity: Severity) -> None:
    told = found(with_record(*records), checks_of(spf))
    assert list(told) == [wanted]
    assert told[wanted].severity is severity
    assert told[wanted].cures[0].works


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(f"v=spf1 {US} {EXO} ~all", id="softfail for strangers only"),
        pytest.param(f"v=spf1 {names(9)} {EXO} {US} -all", id="ten look-ups"),
        pytest.param("v=spf1 a:mail.msxfaq.example redirect=spf.protection.outlook.com", id="by name"),
    ],
)
def test_a_record_that_is_right_is_no_finding(record: str) -> None:
    assert not found(with_record(record, more=hosts(9)), checks_of(spf))


def test_without_the_service_a_record_is_right_while_all_mail_leaves_by_on_premises() -> None:
    scenario = ChangeableScenario.load("scenarios/faults/p34-spf-after-centralized-transport.yaml")
    assert not found(scenario, checks_of(spf), "before")
    assert found(scenario, checks_of(spf), "after")
