"""How single values are read: what an administrator pastes is understood, what YAML twists is not."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network

import pytest

from lab.model.dns import Mx
from lab.scenario.syntax import scalar_values
from lab.scenario.syntax.problem_report import ProblemPath, ProblemReport, did_you_mean, one_of
from lab.scenario.syntax.source_tree import ScalarNode, SourceLocation


def read(kind, text, tag="str"):
    report = ProblemReport()
    value = kind.read(ScalarNode(SourceLocation("f"), text, tag), ProblemPath(report))
    assert (value is None) == bool(report)
    return value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (scalar_values.TRUTH, "$true", True),
        (scalar_values.TRUTH, "False", False),
        (scalar_values.PATTERN, "smtp:*.contoso.example;1", "*.contoso.example"),
        (scalar_values.SPACE, "SMTP:*;5", "smtp:*;5"),
        (
            scalar_values.CAPABILITY,
            "mail.protection.outlook.com:AcceptCloudServicesMail",
            "mail.protection.outlook.com",
        ),
        (scalar_values.NETWORK, "198.51.100.7", IPv4Network("198.51.100.7/32")),
        (scalar_values.DOMAIN, "Contoso.EXAMPLE.", "contoso.example"),
        (scalar_values.DOMAIN, "müller.example", "xn--mller-kva.example"),
        (scalar_values.SMART_HOST, "[198.51.100.7]", "198.51.100.7"),
        (scalar_values.SMART_HOST, "gateway", "gateway"),
        (scalar_values.MX, "10 Mail.contoso.example.", Mx(10, "mail.contoso.example")),
        (scalar_values.MX, "0 .", Mx(0, "")),
        (scalar_values.REVERSE_PATH, "<>", "<>"),
        (scalar_values.SPAN, "90m", timedelta(minutes=90)),
        (scalar_values.MOMENT, "2026-03-03T10:15:00+01:00", datetime(2026, 3, 3, 9, 15, tzinfo=UTC)),
        (scalar_values.RECORD_NAME, "_dmarc.contoso.example", "_dmarc.contoso.example"),
        (scalar_values.RECORD_NAME, "10.100.51.198.in-addr.arpa", "10.100.51.198.in-addr.arpa"),
        (scalar_values.INITIAL, "contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
    ],
)
def test_it_is_understood(kind, text, value):
    got = read(kind, text)
    assert got == value or str(got) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (scalar_values.TRUTH, "yes"),
        (scalar_values.DOMAIN, "contoso.com"),
        (scalar_values.DOMAIN, "notmicrosoft.com"),
        (scalar_values.MAILBOX, "anna@gmail.com"),
        (scalar_values.NETWORK, "198.51.100.7/24"),
        (scalar_values.NETWORK, "::1"),
        (scalar_values.MX, "mail.contoso.example"),
        (scalar_values.SPAN, "2 weeks"),
        (scalar_values.MOMENT, "2026-03-03T10:15:00"),
        (scalar_values.MOMENT, "0001-01-01T00:00:00+12:00"),
        (scalar_values.DATE, "20260303"),
        (scalar_values.DATE, "2026-02-30"),
        (scalar_values.INITIAL, "contoso.mail.onmicrosoft.com"),
        (scalar_values.LINE, "two\nlines"),
        (scalar_values.TEXT, "nul\x00"),
        (scalar_values.FILLED, "  "),
        (scalar_values.SMART_HOST, "198.51.100.999"),
        (scalar_values.PLACE, "tenant:"),
    ],
)
def test_it_is_refused(kind, text):
    assert read(kind, text) is None


@pytest.mark.parametrize("text", ["no", "on", "off", "yes", "true"])
def test_a_truth_value_is_no_text(text):
    assert read(scalar_values.LINE, text, "bool") is None
    assert read(scalar_values.LINE, text) == text


def test_microsofts_service_names_exist_in_the_lab_only():
    for name in ("contoso.mail.onmicrosoft.com", "mail.protection.outlook.com", "email.teams.microsoft.com"):
        assert read(scalar_values.DOMAIN, name) == name


def test_a_near_name_is_suggested():
    assert str(did_you_mean("gatway", ["exchange", "gateway"])) == "did you mean 'gateway'?"
    assert not did_you_mean("zebra", ["exchange", "gateway"])
    assert str(one_of(["a", "b", "c"])) == "a, b or c"
    assert str(one_of(["a"])) == "a"
