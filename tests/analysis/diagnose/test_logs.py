"""Logs and traces of all scenarios: what is told of an attempt is what happened, and a tenant is named only where it is."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter

import pytest

from lab.analysis.diagnose import KnownConfiguration, diagnose
from lab.analysis.diagnose.scenario_rebuild import rebuild
from lab.evidence.gateway_log import log_lines
from lab.evidence.hop_facts import taken
from lab.evidence.message_trace import message_trace, message_trace_detail
from lab.evidence.tracking_log_files import log_file, message_tracking_log
from lab.model.names import Domain
from lab.model.roles import Role
from lab.model.steps import Bounced, Deferred, Refused, Sent
from lab.reports.findings.diagnosis import EvidenceKind, TieToTenant
from tests.analysis.diagnose.played import basis, called, mail_of, plays

EVERY = 3
"""A third of the variants: each has several logs."""


def as_csv(rows, delimiter=","):
    paper = io.StringIO()
    writer = csv.DictWriter(paper, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return paper.getvalue()


def gateways():
    for play in plays(EVERY):
        for name, host in play.variant.topology.hosts.items():
            if host.role is not Role.EXCHANGE:
                lines = log_lines(play.outcome.hops, name)
                if lines:
                    yield play, name, "\n".join(lines).encode()


def tenants():
    for play in plays(EVERY):
        for tenant in play.variant.topology.tenants.values():
            rows = message_trace(play.outcome.hops, tenant.name, organization=tenant.initial_domain)
            if rows:
                yield play, tenant, rows


def taker(play, each, gateway):
    """The hop that took over what a gateway handed on."""
    source = play.variant.topology.hosts[gateway].source
    return next(
        (
            hop
            for hop in play.outcome.hops
            if (hop.head.host, hop.head.message_id, hop.head.client) == (each.hub, each.message_id, source)
        ),
        None,
    )


def test_a_gateway_log_names_the_server_and_leaves_the_tenant_open():
    counts: Counter[str] = Counter()
    for play, gateway, log in gateways():
        found = diagnose(log)
        assert found.kind is EvidenceKind.GATEWAY_LOG
        for each in found.handed:
            assert not each.tenant
            if each.outcome == "sent" and each.hub:
                assert taker(play, each, gateway) is not None, play.name
                counts["taken"] += 1
            if each.refusal is not None and each.refusal.tenant:
                refusing = {
                    hop.head.tenant
                    for hop in play.outcome.hops
                    if not taken(hop) and any(each.recipient in step.about for step in hop.all(Refused))
                }
                assert refusing & called(play, each.refusal.tenant), (play.name, each)
                counts["refused"] += 1
    assert counts["taken"] > 60
    assert counts["refused"] > 10


def test_with_its_configuration_a_gateway_log_names_the_tenant_that_took_the_mail():
    told: Counter[str] = Counter()
    for play, gateway, log in gateways():
        if play.variant.timeline or play.variant.outages:
            continue  # what held at that moment is not what the configuration says
        found = diagnose(log, KnownConfiguration(play.variant))
        for each in found.handed:
            hop = taker(play, each, gateway) if each.hub and each.tenant else None
            if hop is not None:
                told["right" if hop.head.tenant in called(play, each.tenant) else "wrong"] += 1
                told["basis"] += each.by == basis(hop)
    assert told["wrong"] == 0
    assert told["basis"] == told["right"] > 50


def test_a_message_trace_is_its_tenants_and_relay_is_told_of_mail_that_was_relayed():
    told: Counter[str] = Counter()
    for play, tenant, rows in tenants():
        for known in (None, KnownConfiguration(play.variant)):
            found = diagnose(as_csv(rows).encode(), known)
            assert found.kind is EvidenceKind.MESSAGE_TRACE
            assert len(found.handed) == len(rows)
            assert {name for each in found.handed for name in called(play, each.tenant)} == {tenant.name}
            if found.relayed is not None:
                assert _relays(play, tenant), (play.name, tenant.name)
                told["relayed"] += 1
            elif known is not None and not play.variant.timeline:
                told["missed"] += _misroutes(play, tenant)
    assert told["relayed"] > 12
    assert told["missed"] == 0


def _relays(play, tenant):
    """Whether mail came to a tenant through a connector and left it again."""
    return any(
        hop.head.tenant == tenant.name and taken(hop) and basis(hop) == "connector" and _goes_on(hop)
        for hop in play.outcome.hops
    )


def _goes_on(hop):
    return any(isinstance(step, Sent | Bounced | Deferred) for step in hop.steps)


def _misroutes(play, tenant):
    """Own mail that a connector brought, for somebody in another tenant, and that was sent there."""
    others = [each for each in play.variant.topology.tenants.values() if each.name != tenant.name]
    for hop in play.outcome.hops:
        if hop.head.tenant != tenant.name or not taken(hop) or basis(hop) != "connector":
            continue
        sender = hop.head.reverse_path.strip("<>").rpartition("@")[2]
        for step in hop.all(Sent):
            theirs = any(
                o.accepts(_domain(to)) for o in others for to in step.about if not tenant.accepts(_domain(to))
            )
            if theirs and sender and tenant.accepts(_domain(sender)):
                return 1
    return 0


def _domain(address):
    return Domain(address.rpartition("@")[2])


@pytest.mark.parametrize("form", ["json", "csv", "semicolons", "list"])
def test_details_name_connector_and_basis(form):
    told: Counter[str] = Counter()
    for play in plays(9):
        for tenant in play.variant.topology.tenants.values():
            rows = message_trace_detail(play.outcome.hops, tenant.name)
            if not rows:
                continue
            found = diagnose(_written(rows, form).encode())
            assert found.kind is EvidenceKind.TRACE_DETAIL
            hops = {(h.head.network_message_id, h.head.message_id): h for h in play.outcome.hops if taken(h)}
            of = {
                key[1]: [h for k, h in hops.items() if k[1] == key[1] and h.head.tenant == tenant.name]
                for key in hops
            }
            for each in found.handed:
                assert each.connector in {hop.head.connector for hop in of[each.message_id]}, play.name
                if each.by:
                    assert each.by in {basis(hop) for hop in of[each.message_id]}, (play.name, each)
                    told[each.by] += 1
    assert min(told[TieToTenant.CONNECTOR], told[TieToTenant.RECIPIENT], told[TieToTenant.MAILBOX]) > 5


def _written(rows, form):
    match form:
        case "json":
            return json.dumps({"schema_version": 1, "rows": rows})
        case "list":
            return "\n\n".join("\n".join(f"{k:<20} : {v}" for k, v in row.items()) for row in rows)
        case _:
            return as_csv(rows, ";" if form == "semicolons" else ",")


@pytest.mark.parametrize("form", ["log", "json"])
def test_a_tracking_log_tells_what_the_server_sent_and_what_failed(form):
    told: Counter[str] = Counter()
    for play in plays(9):
        for name, host in play.variant.topology.hosts.items():
            if host.role is not Role.EXCHANGE:
                continue
            log = log_file(play.outcome.hops, [name])
            if not log:
                continue
            rows = json.dumps({"hosts": {name: {"rows": message_tracking_log(play.outcome.hops, name)}}})
            found = diagnose((log if form == "log" else rows).encode())
            assert found.kind is EvidenceKind.TRACKING_LOG
            sent = [s for h in play.outcome.hops if h.head.node == name for s in h.all(Sent)]
            assert sum(each.outcome == "sent" for each in found.handed) == sum(len(s.about) for s in sent)
            assert {each.relay for each in found.handed if each.outcome == "sent"} == {
                s.contact.host for s in sent
            }
            told.update(each.outcome for each in found.handed)
    assert told["sent"] > 50
    assert told["failed"] > 5


@pytest.mark.parametrize(
    "table",
    [
        "a,b\n1,2\n",
        "SenderAddress,RecipientAddress\n",
        '[{"SenderAddress": {"x": 1}, "RecipientAddress": null}]',
        "[" * 100_000,
        '{"rows": [{"SenderAddress": "a", "Status": ' + "9" * 5000 + "}]}",
        "#Fields: date-time,event-id\n" + '"' * 200_000,
        'SenderAddress,RecipientAddress,Status\n"' + "x" * 200_000,
        "Mar 31 99:99:99 gw postfix/smtp[1]: AAAAAA1: to=<a@b>, relay=none, delay=1, dsn=5.0.0, status=bounced (x)",
        "2026-99-99T00:00:00Z gw postfix/smtp[1]: AAAAAA1: removed",
    ],
)
def test_broken_tables_and_logs_are_read_as_far_as_they_go(table):
    assert diagnose(table.encode()).kind in EvidenceKind


@pytest.mark.parametrize("prefix", ["<22>", ""])
def test_one_line_is_enough(prefix):
    line = (
        f"{prefix}Nov 24 09:15:00 mail postfix/smtp[4711]: 4F2C1A0B3D: to=<partner@uclabor.example>, "
        "relay=uclabor-example.mail.protection.outlook.com[203.0.113.10]:25, delay=0.5, delays=0/0/0.2/0.3, dsn=5.4.1, "
        "status=bounced (host uclabor-example.mail.protection.outlook.com[203.0.113.10] said: 550 5.4.1 Recipient address "
        "rejected: Access denied. [DB3PEPF0000885C.eurprd02.prod.outlook.com 2026-11-24T09:15:00.015Z 08DD36FABB4C843C] "
        "(in reply to RCPT TO command))"
    )
    (each,) = diagnose(line.encode()).handed
    assert each.refusal is not None
    assert (each.refusal.status, each.refusal.rules) == ("5.4.1", ("R136",))
    assert each.refusal.front_end == "DB3PEPF0000885C.eurprd02.prod.outlook.com"
    assert each.refusal.tenant.domain == "uclabor.example"


@pytest.mark.parametrize("what", ["log", "trace", "detail"])
def test_the_article_is_rebuilt_from_each_log(what):
    mail = mail_of("wildcard-misrouting/shared-wildcard")
    hops, known = mail.play.outcome.hops, KnownConfiguration(mail.play.variant)
    octets = {
        "log": "\n".join(log_lines(hops, "gateway")),
        "trace": as_csv(message_trace(hops, "msxfaq", organization="msxfaqlab.onmicrosoft.com")),
        "detail": json.dumps(message_trace_detail(hops, "msxfaq")),
    }[what].encode()
    found = diagnose(octets, known)
    assert found.relayed is not None
    made = rebuild(found)
    assert made is not None
    assert made.differs == ()


def test_without_its_domains_a_trace_only_asks():
    """Incoming mail that is passed home has both addresses too."""
    mail = mail_of("wildcard-misrouting/shared-wildcard")
    rows = message_trace(mail.play.outcome.hops, "msxfaq", organization="msxfaqlab.onmicrosoft.com")
    found = diagnose(as_csv(rows).encode())
    assert found.relayed is None
    assert "if msxfaq.example is a domain of this tenant's" in " ".join(
        str(each.text) for each in found.story
    )
