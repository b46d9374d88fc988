"""RFC 3461 over the wire: what a client asks for reaches the host that reports, across hops and tenants."""

from __future__ import annotations

import smtplib
import ssl

import pytest

from lab.model.message import Message
from tests.embedded.labs import PATIENCE, Lab, played, running
from tests.embedded.tools import PARTNER, SENDER, context

pytestmark = pytest.mark.wire


@pytest.fixture
def lab(tmp_path):
    open_partner = "tenants: {uclabor: {InboundConnectors: []}}\n"
    with running(played(open_partner), tmp_path) as running_lab:
        yield running_lab


def reports(
    lab: Lab, recipient: str, *, mail: tuple[str, ...] = (), rcpt: tuple[str, ...] = ()
) -> list[Message]:
    """Send one message as msxfaq's filter, with DSN options; the reports that came home."""
    address = (lab.here("gateway"), 0)
    files = lab.files("wildcard")
    with smtplib.SMTP(lab.here("EUR"), lab.port, "mail.msxfaq.example", PATIENCE, address) as client:
        client.starttls(context=context(files, ssl.TLSVersion.TLSv1_3))
        content = f"From: <{SENDER}>\r\nMessage-ID: <1@dsn.example>\r\nSubject: DSN\r\n\r\nsecret words\r\n"
        client.sendmail(SENDER, recipient, content, mail, rcpt)
    lab.finish()
    return [m.message for m in lab.mailboxes() if str(m.mailbox) == SENDER]


def test_success_is_reported_once_by_the_last_host(lab):
    (report,) = reports(lab, PARTNER, rcpt=("NOTIFY=SUCCESS", f"ORCPT=rfc822;{PARTNER}"))
    content = bytes(report)
    assert b"Action: delivered" in content
    assert b"Original-Recipient: rfc822;partner@uclabor.example" in content


def test_nothing_is_reported_unasked(lab):
    assert reports(lab, PARTNER) == []


def test_never_means_never(lab):
    assert reports(lab, "nobody@uclabor.example", rcpt=("NOTIFY=NEVER",)) == []


@pytest.mark.parametrize(("ret", "returned"), [("RET=HDRS", False), ("RET=FULL", True)])
def test_a_failure_returns_as_much_as_was_asked_for(lab, ret, returned):
    (report,) = reports(lab, "nobody@uclabor.example", mail=(ret, "ENVID=QQ314159"))
    content = bytes(report)
    assert b"Action: failed" in content
    assert b"Original-Envelope-Id: QQ314159" in content
    assert (b"secret words" in content) is returned
