"""How single values are read: what an administrator pastes is understood, what YAML twists is not."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network

import pytest

from lab.model.dns import Mx
from lab.scenario import words
from lab.scenario.report import At, Report, did_you_mean, one_of
from lab.scenario.tree import Place, Scalar


def read(kind, text, tag="str"):
    report = Report()
    value = kind.read(Scalar(Place("f"), text, tag), At(report))
    assert (value is None) == bool(report)
    return value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (words.TRUTH, "$true", True),
        (words.TRUTH, "False", False),
        (words.PATTERN, "smtp:*.contoso.example;1", "*.contoso.example"),
        (words.SPACE, "SMTP:*;5", "smtp:*;5"),
        (
            words.CAPABILITY,
            "mail.protection.outlook.com:AcceptCloudServicesMail",
            "mail.protection.outlook.com",
        ),
        (words.NETWORK, "198.51.100.7", IPv4Network("198.51.100.7/32")),
        (words.DOMAIN, "Contoso.EXAMPLE.", "contoso.example"),
        (words.DOMAIN, "müller.example", "xn--mller-kva.example"),
        (words.SMART_HOST, "[198.51.100.7]", "198.51.100.7"),
        (words.SMART_HOST, "gateway", "gateway"),
        (words.MX, "10 Mail.contoso.example.", Mx(10, "mail.contoso.example")),
        (words.MX, "0 .", Mx(0, "")),
        (words.REVERSE_PATH, "<>", "<>"),
        (words.SPAN, "90m", timedelta(minutes=90)),
        (words.MOMENT, "2026-03-03T10:15:00+01:00", datetime(2026, 3, 3, 9, 15, tzinfo=UTC)),
        (words.RECORD_NAME, "_dmarc.contoso.example", "_dmarc.contoso.example"),
        (words.RECORD_NAME, "10.100.51.198.in-addr.arpa", "10.100.51.198.in-addr.arpa"),
        (words.INITIAL, "contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
    ],
)
def test_it_is_understood(kind, text, value):
    got = read(kind, text)
    assert got == value or str(got) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (words.TRUTH, "yes"),
        (words.DOMAIN, "contoso.com"),
        (words.DOMAIN, "notmicrosoft.com"),
        (words.MAILBOX, "anna@gmail.com"),
        (words.NETWORK, "198.51.100.7/24"),
        (words.NETWORK, "::1"),
        (words.MX, "mail.contoso.example"),
        (words.SPAN, "2 weeks"),
        (words.MOMENT, "2026-03-03T10:15:00"),
        (words.MOMENT, "0001-01-01T00:00:00+12:00"),
        (words.DATE, "20260303"),
        (words.DATE, "2026-02-30"),
        (words.INITIAL, "contoso.mail.onmicrosoft.com"),
        (words.LINE, "two\nlines"),
        (words.TEXT, "nul\x00"),
        (words.FILLED, "  "),
        (words.SMART_HOST, "198.51.100.999"),
        (words.PLACE, "tenant:"),
    ],
)
def test_it_is_refused(kind, text):
    assert read(kind, text) is None


@pytest.mark.parametrize("text", ["no", "on", "off", "yes", "true"])
def test_a_truth_value_is_no_text(text):
    assert read(words.LINE, text, "bool") is None
    assert read(words.LINE, text) == text


def test_microsofts_service_names_exist_in_the_lab_only():
    for name in ("contoso.mail.onmicrosoft.com", "mail.protection.outlook.com", "email.teams.microsoft.com"):
        assert read(words.DOMAIN, name) == name


def test_a_near_name_is_suggested():
    assert str(did_you_mean("gatway", ["exchange", "gateway"])) == "did you mean 'gateway'?"
    assert not did_you_mean("zebra", ["exchange", "gateway"])
    assert str(one_of(["a", "b", "c"])) == "a, b or c"
    assert str(one_of(["a"])) == "a"
