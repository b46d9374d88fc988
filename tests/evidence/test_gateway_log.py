"""The spam filter's log."""

import pytest

from lab.evidence.gateway_log import log_lines
from lab.model.certificate import CertFault
from lab.model.steps import (
    Accepted,
    Connected,
    Deferred,
    Delivered,
    Dropped,
    DropReason,
    Refused,
    Resolved,
    Routed,
    Stage,
)
from lab.words.reasons import drop
from tests.evidence.goldens import assert_golden
from tests.evidence.hops import (
    NDR,
    PARTNER,
    USER,
    a_hop,
    a_step,
    bounced,
    connected,
    refusing_hop,
    sent,
    the_fault,
)


def lines(*steps, **fields):
    given = {"node": "gateway", "id": "4F1A2B3C4D5", "client": "198.51.100.10", "client_host": "exchange"}
    return log_lines([a_hop(*steps, **{**given, **fields})], "gateway")


def test_the_seed_case_reads_like_postfix():
    assert_golden("gateway.log", "\n".join(log_lines(the_fault(), "gateway")) + "\n")


def test_the_certificate_that_was_shown_stands_in_the_log():
    said = log_lines(the_fault(), "gateway")
    relay = "uclabor-example.mail.protection.outlook.com[203.0.113.40]:25"
    assert any(
        line.endswith(f"client certificate sent to {relay}: subject_CN=*.msxfaq.example") for line in said
    )
    none = lines(sent("mx", "a:1>203.0.113.40"))
    assert none[-3].endswith("gateway lab: 4F1A2B3C4D5: no client certificate sent to mx[203.0.113.40]:25")
    plain = lines(sent("mx", "a:1>203.0.113.40", tls=""))
    assert "lab: 4F1A2B3C4D5: no TLS with mx[203.0.113.40]:25" in plain[-3]
    assert not any("TLS connection" in line for line in plain)


def test_what_postfix_does_not_write_has_the_tag_of_the_lab():
    for line in log_lines(the_fault(), "gateway"):
        assert ("client certificate sent" in line) is (" gateway lab: " in line)
        assert (" postfix/" in line) is (" lab: " not in line)


@pytest.mark.parametrize(
    ("shown", "faults", "trust"),
    [(["mx"], [], "Trusted"), (["mx"], [CertFault.UNTRUSTED], "Untrusted"), ([], [], "Anonymous")],
)
def test_trust_in_a_server_is_told(shown, faults, trust):
    said = lines(sent("mx", "a:1>203.0.113.40", server_certificate=shown, server_faults=faults))
    established = (
        "TLS connection established to mx[203.0.113.40]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384"
    )
    assert said[-4].endswith(f"postfix/smtp[2004]: {trust} {established} (256/256 bits)")


def test_a_delay_is_told_in_parts():
    routed = a_step(Routed, 60, recipients=[PARTNER])
    deferred = a_step(Deferred, 61, recipients=[PARTNER], host="mx", connection="", reply="450 4.4.1 No")
    assert "delay=61, delays=60/0/1/0," in lines(routed, deferred)[-1]
    assert "delay=1.2, delays=0/0/0/1.2," in lines(sent("mx", "a:1>203.0.113.40", 1.2))[-2]


@pytest.mark.parametrize(
    ("certificate", "faults", "trust"),
    [
        ("mail.msxfaq.example", (), "Trusted"),
        ("mail.msxfaq.example", (CertFault.EXPIRED,), "Untrusted"),
        ("", (), "Anonymous"),
    ],
)
def test_trust_in_a_client_is_told(certificate, faults, trust):
    said = lines(
        connected("198.51.100.10", "exchange", certificate, faults), a_step(Accepted, recipients=[PARTNER])
    )
    assert any(
        f"{trust} TLS connection established from exchange[198.51.100.10]: TLSv1.3" in line for line in said
    )
    assert any(line.endswith("smtpd[2001]: disconnect from exchange[198.51.100.10]") for line in said)
    whose = "subject_CN=mail.msxfaq.example, issuer=Mailflow Lab public CA, fingerprint=A9:4A:8F:E5:CC:B1"
    assert any(line.endswith(f"exchange[198.51.100.10]: {whose}") for line in said) is bool(certificate)
    assert any(
        "verification failed for exchange[198.51.100.10]: certificate has expired" in line for line in said
    ) is bool(faults)


def test_a_connection_without_tls_says_nothing_of_it():
    said = lines(a_step(Connected, client="198.51.100.10", client_host="", tls=""), a_step(Accepted))
    assert said[0].endswith("connect from unknown[198.51.100.10]")
    assert not any("TLS" in line for line in said)


def test_a_bounce_quotes_the_other_side_and_names_the_report():
    said = lines(bounced(reply="550 5.7.51 no"))
    assert (
        "dsn=5.7.51, status=bounced (host uclabor-example.mail.protection.outlook.com[203.0.113.40] said: 550"
        in said[-3]
    )
    assert said[-2].endswith(f"4F1A2B3C4D5: sender non-delivery notification: {NDR}")
    assert said[-1].endswith("4F1A2B3C4D5: removed")


def test_a_deferral_keeps_the_message_in_the_queue():
    step = a_step(
        Deferred, 1, recipients=[PARTNER], host="mx", connection="", reply="450 4.4.316 Connection refused"
    )
    said = lines(step)
    assert (
        "relay=none, delay=1, delays=0/0/1/0, dsn=4.4.316, status=deferred (450 4.4.316 Connection refused)"
        in said[-1]
    )


def test_a_refusal_is_a_reject_without_a_queue_file():
    hop = refusing_hop(node="gateway", tenant=None, client_host="mail")
    line, *after = log_lines([hop], "gateway")
    assert after == []
    assert "NOQUEUE: reject: RCPT from mail[203.0.113.70]: 550 5.7.51" in line
    assert f"from=<{USER}> to=<{PARTNER}> proto=ESMTP helo=<mail>" in line


def test_a_refused_recipient_beside_accepted_ones_is_logged_with_the_queue_id():
    said = lines(
        a_step(Refused, stage=Stage.MAIL, reply="550 5.7.1 no"), a_step(Accepted, recipients=[PARTNER])
    )
    assert any(
        "4F1A2B3C4D5: reject: MAIL from exchange[198.51.100.10]: 550 5.7.1 no; from=" in line for line in said
    )


def test_a_local_delivery_and_a_drop_are_told():
    assert "relay=local" in lines(a_step(Delivered, recipient=PARTNER))[-2]
    dropped = a_step(Dropped, 12, recipient=PARTNER, reason=DropReason.NO_MEMBERS)
    assert f"status=bounced ({drop(dropped)})" in lines(dropped)[-2]
    assert "delay=12," in lines(dropped)[-2]


def test_a_report_of_its_own_has_no_client():
    said = lines(client="", message_id=NDR, reverse_path="<>")
    assert not any("client=" in line for line in said)
    assert "from=<>, size=4711, nrcpt=1 (queue active)" in said[-1]


def test_a_rewritten_recipient_ends_with_its_new_address():
    target = "user@inside.example"
    said = lines(
        a_step(Resolved, recipient=PARTNER, rewritten=target), sent("mx", "a:1>b", recipients=[target])
    )
    assert said[-1].endswith("removed")


def test_no_control_character_reaches_the_log():
    said = lines(
        connected("198.51.100.10", "evil\r\nMar  3 forged\x1b[31m"), a_step(Accepted), client_host="x\ny"
    )
    assert all(line.isprintable() for line in said)


def test_a_cipher_is_named_where_it_is_known():
    suite = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    said = lines(sent("mx", "a:1>203.0.113.40", tls="TLS1_2", cipher=suite))
    assert any(line.endswith(f"TLSv1.2 with cipher {suite} (128/128 bits)") for line in said)
    assert any(line.endswith(": TLSv1.2") for line in lines(sent("mx", "a:1>b", tls="TLS1_2", cipher="")))


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        (("no chain to a public root",), "untrusted issuer /O=Lab/CN=Mailflow Lab public CA"),
        (("expired", "self-signed"), "self-signed certificate"),
        (("weak key or signature",), "weak key or signature"),
    ],
)
def test_a_fault_of_a_client_certificate_is_told_in_one_line(faults, said):
    step = a_step(
        Connected, client="198.51.100.10", client_host="ex", tls="TLS1_3", certificate=["ex"], faults=faults,
        issuer="CN=Mailflow Lab public CA,O=Lab",
    )  # fmt: skip
    (line,) = [line for line in lines(step) if "verification failed" in line]
    assert line.endswith(f"certificate verification failed for ex[198.51.100.10]: {said}")
