"""The three real reports (tests/samples/ndr), judged as a person judges them who reads them to the end."""

import re
from pathlib import Path

import pytest

from lab.analysis.diagnose import diagnose
from lab.analysis.diagnose.exchange_stamps import CONSUMER
from lab.analysis.diagnose.status_meaning import BY_SPF
from lab.reports.findings.diagnosis import EvidenceKind, TieToTenant

SAMPLES = Path(__file__).parents[2] / "samples" / "ndr"


def sample(number):
    found = diagnose((SAMPLES / f"exchange-online-{number:02}.eml").read_bytes())
    assert found.kind is EvidenceKind.REPORT
    assert not found.nothing
    return found


def told(found):
    return "\n".join(str(told.text) for told in found.story)


def test_forwarded_mail_fails_the_spf_check_of_a_server_outside():
    """03: mail to a tenant's address, forwarded to secureserver.net, which looks up the author's SPF record."""
    found = sample(3)
    (refusal,) = found.report.refusals
    assert (refusal.recipient, refusal.status) == ("kijitora@example.com", "5.1.0")
    assert refusal.said_by == "neko-smtp-02-22.prod.cats.secureserver.net"
    assert not refusal.service
    assert refusal.cause == BY_SPF
    assert found.report.tenant.domain == "nekonyaan.example.com"
    assert found.report.received_from == "nekochan2.example.org"
    assert "info@nekonyaan.example.com, and failed for kijitora@example.com" in told(found)
    (stay,) = found.report.original.passages
    assert (stay.client, stay.helo) == ("203.0.113.2", "nekochan2.example.org")
    assert stay.by is TieToTenant.UNKNOWN  # its fields are cut off in the sample


def test_outlook_com_reports_an_unknown_user_elsewhere():
    """07: a consumer mailbox wrote to a Japanese mobile phone; a foreign server's 550 is wrapped."""
    found = sample(7)
    (refusal,) = found.report.refusals
    assert (refusal.status, refusal.said_by, refusal.rules) == ("5.1.351", "msmx.au.com", ("R203",))
    assert found.report.tenant.id == CONSUMER
    (stay,) = found.report.original.passages
    assert (stay.by, stay.tenant.id, stay.hub) == (
        TieToTenant.MAILBOX,
        CONSUMER,
        "HK2APC01HT017.eop-APC01.prod.protection.outlook.com",
    )
    assert [each.tenant.id for each in found.journey.passages] == [CONSUMER]


def test_a_tenant_does_not_know_the_recipient_of_mail_that_it_took():
    """13: accepted, then unknown in the directory; iso-2022-jp throughout, tenant ids made unreadable."""
    found = sample(13)
    (refusal,) = found.report.refusals
    assert (refusal.status, refusal.rules) == ("5.1.10", ("R141",))
    assert refusal.recipient == "kijitora-nyaan@neko.kyoto.example.jp"
    assert refusal.said_by == ""
    assert found.report.tenant.domain == "kyotoneko.onmicrosoft.com"
    assert found.report.original.subject == "\u306b\u3083\u30fc\u3093"


@pytest.mark.parametrize("number", [3, 7, 13])
def test_no_connector_is_suspected_where_nothing_says_so(number):
    found = sample(number)
    assert "relay through" not in told(found)
    assert not any(each.by is TieToTenant.CONNECTOR for each in found.report.original.passages)


@pytest.mark.parametrize("number", [7, 13])
def test_the_text_alone_tells_the_same_refusals(number):
    """What somebody pastes from his mail program has no part for machines."""
    whole = (SAMPLES / f"exchange-online-{number:02}.eml").read_bytes()
    cut = whole.replace(b"message/delivery-status", b"application/x-lost")
    pasted, meant = diagnose(cut).report, sample(number).report
    assert pasted is not None
    assert meant is not None
    assert pasted.maker == meant.maker
    assert [(each.status, each.reply) for each in pasted.refusals] == [
        (each.status, each.reply) for each in meant.refusals
    ]


@pytest.mark.parametrize(
    "id_", ["<$(calc)@x.example>", "<'; calc; '@x.example>", "<\u2019; calc; \u2019@x.example>"]
)
def test_a_message_id_is_nothing_that_a_shell_runs(id_):
    """Whoever sends the mail writes it, and an administrator pastes the cmdlet."""
    octets = (SAMPLES / "exchange-online-03.eml").read_bytes()
    given = b"<000000000000.2222.22222222222200000000@NEKO-NYAAN>"
    assert given in octets
    (line,) = (
        each for each in diagnose(octets.replace(given, id_.encode())).look if "V2 -MessageId" in str(each)
    )
    quoted = re.search(r"-MessageId '((?:[^'\u2019]|''|\u2019\u2019)*)',", str(line))
    assert quoted is not None, line
    assert "calc" in quoted[1]
