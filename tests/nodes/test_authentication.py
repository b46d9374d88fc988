"""Authentication on the way: what each entry finds, what each exit seals, and which pool a message leaves from."""

from __future__ import annotations

import pytest

from lab.core.authentication.arc import chain_of
from lab.drivers.simulator import simulate
from lab.model.message import Message
from lab.model.steps import Routed, Sent
from tests.nodes.worlds import lab_of, run, steps, stranger, world

OUTSIDE = "messages: {m: {from: user@a.example, to: friend@out.example}}\n"
THROUGH = "organizations: {a: {hosts: {gw: {smart_hosts: [a-example.mail.protection.outlook.com]}}}}\n"


def arrived(over: str = "") -> Message:
    """The one message in a mailbox."""
    (delivered,) = simulate(world(over)).delivered
    return delivered.message


def test_misrouted_message_shows_the_address_that_the_own_tenant_saw():
    """R174: the second fingerprint, beside X-OriginatorOrg."""
    (first,) = chain_of(arrived())
    assert first.sealer == "microsoft.com"
    assert first.results.value == (
        "i=1; mx.microsoft.com 1; spf=pass (sender ip is 198.51.100.25) smtp.rcpttodomain=b.example"
        " smtp.mailfrom=a.example; dmarc=bestguesspass action=none header.from=a.example;"
        " dkim=none (message not signed) header.d=none; arc=none (0)"
    )


def test_findings_tell_the_policy_in_full():
    (first,) = chain_of(arrived("organizations: {a: {dmarc: quarantine}}"))
    assert "dmarc=pass (p=quarantine sp=quarantine pct=100) action=none" in first.findings


def test_a_cloud_mailbox_s_mail_is_vouched_for():
    (first,) = chain_of(arrived("messages: {m: {from: cloud@a.example, to: friend@out.example}}"))
    assert first.findings == (
        "spf=pass smtp.mailfrom=a.example; dmarc=pass action=none header.from=a.example;"
        " dkim=pass header.d=a.example; arc=none"
    )


def test_each_pass_through_a_tenant_adds_one_seal():
    """R164: b's mail user lives at a's tenant, which relays to the outside."""
    over = """
tenants: {b: {mail_users: [{address: guest@b.example, external: friend@out.example}]}}
messages: {m: {to: guest@b.example}}
"""
    sets = chain_of(arrived(over))
    assert [(each.instance, each.chain) for each in sets] == [(1, "none"), (2, "pass")]
    assert "arc=pass (0 oda=0)" in sets[1].findings


def test_mail_that_never_left_a_tenant_is_not_sealed():
    assert chain_of(arrived("messages: {m: {from: user@a.example, to: cloud@a.example}}")) == ()


@pytest.mark.parametrize(
    ("over", "pool", "source"),
    [
        ("", "normal", "203.0.113.14"),
        ("messages: {m: {reverse_path: x@out.example}}", "relay", "203.0.113.22"),
        (
            "dns: {records: {_dmarc.a.example: {TXT: 'v=DMARC1; p=none'}, a.example: {TXT: v=spf1 -all}}}",
            "high risk",
            "203.0.113.18",
        ),
    ],
    ids=["own", "foreign", "own-that-fails"],
)
def test_outbound_pool(over, pool, source):
    trace = run(over)
    routed = [step for step in steps(trace, Routed) if step.pool]
    assert [step.pool for step in routed][:1] == [pool]
    assert steps(trace, Sent)[-1].source == source


@pytest.mark.parametrize(
    ("records", "code"),
    [("", 550), ("dns: {records: {b.example: {MX: 10 mx.a.example}}}", 250)],
    ids=["here", "elsewhere"],
)
def test_policy_of_reject_is_honoured_only_where_the_mx_is(records, code):
    """R175: behind somebody's filter the tenant knows that it does not see the sender."""
    lab = lab_of("organizations: {a: {dmarc: reject}}\n" + records)
    handed = stranger(lab).hand("user@a.example", "partner@b.example")
    assert handed.data is not None
    assert handed.data.code == code


def test_gateway_s_disclaimer_is_below_plain_text_only():
    over = "organizations: {a: {hosts: {gw: {disclaimer: Regards}}}}\n"
    assert arrived(over).body.endswith(b"Regards\r\n")
    html = over + "messages: {m: {headers: {Content-Type: text/html}, body: <p>Hi</p>}}"
    assert b"Regards" not in arrived(html).body
