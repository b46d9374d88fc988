"""The hub of a tenant in Exchange Online: where a recipient belongs, how to get there, and what leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lab.core.authentication.arc import chain_of
from lab.core.authentication.results import AuthenticationResults, Spf, SpfResult
from lab.core.authentication.signature_suite import CLAIMS
from lab.core.directory import TenantDirectory
from lab.core.received import received_from_mailbox
from lab.core.routing import NoTargets
from lab.core.sending_limits import MOERA, TENANT
from lab.core.service_host_names import hub_host
from lab.errors import LabBug
from lab.evidence.json_data import step_data
from lab.model.certificate import CertificateIdentity
from lab.model.decision import Direction
from lab.model.dns import Mx, answered, zones_of
from lab.model.message import Header, Message
from lab.model.names import Address, Domain, DomainPattern, ReversePath
from lab.model.reply import Reply
from lab.model.roles import Role
from lab.model.rules import Conditions, TransportRule
from lab.model.steps import NextHop, Resolution, Routed, Step, Submitted, decision_of
from lab.model.switches import Switches
from lab.model.tenant import (
    AcceptedDomain,
    ConnectorType,
    DomainType,
    OutboundConnector,
    Recipient,
    RecipientKind,
    SendingLimits,
    Tenant,
    TlsSettings,
)
from lab.model.topology import Host, Region, Topology
from lab.model.transport import QueueItem, Route, Submission, Target, TlsPolicy
from lab.nodes.eop import Eop
from lab.nodes.recipient_place import ToAddress, ToMailbox, ToNextHop, UnknownRecipient
from tests.core.mail import NOW, a_context, a_message, an_item
from tests.core.worlds import a_tenant

HUB = hub_host("a", "EUR")
BOX = Address.parse("user@a.example")
FRIEND = Address.parse("friend@out.example")
MX = Target("mail.out.example", "203.0.113.200")
SPARE = Target("mail.out.example", "203.0.113.201")
GROUND = Target("ex.a.example", "198.51.100.10")
FOUND = Header.of(
    "Authentication-Results", str(AuthenticationResults(SpfResult(Spf.FAIL, "out.example", "203.0.113.9")))
)
"""What the entry found of a message that nobody vouches for."""


def a_submission(sender: Address, recipient: Address, path: ReversePath | None = None) -> Submission:
    return Submission(sender=sender, recipients=(recipient,), message=a_message(), reverse_path=path)


def a_host(name: str, address: str) -> Host:
    return Host(
        name=name,
        role=Role.EOP,
        fqdn=Domain(f"{name}.outbound.protection.outlook.com"),
        address=address,
        nat=f"203.0.113.{address.rpartition('.')[2]}",
        certificate="eop",
    )


REGION = Region(
    name="EUR",
    front_ends=(a_host("front", "198.18.0.10"),),
    outbound=(a_host("good", "198.18.0.14"), a_host("spare", "198.18.0.15")),
    high_risk=(a_host("risky", "198.18.0.18"),),
    relay=(a_host("relay", "198.18.0.22"),),
)


def to_ground(**more: Any) -> OutboundConnector:
    facts: dict[str, Any] = {
        "name": "To ground",
        "connector_type": ConnectorType.ON_PREMISES,
        "recipient_domains": (DomainPattern.parse("out.example"),),
        "use_mx_record": False,
        "smart_hosts": ("ex.a.example",),
        "tls_settings": TlsSettings.DOMAIN_VALIDATION,
        "tls_domain": DomainPattern.parse("*.a.example"),
    }
    return OutboundConnector(**{**facts, **more})


def a_hub(*connectors: OutboundConnector, tenant: Tenant | None = None, **switches: Any) -> Eop:
    own = tenant or a_tenant("a", outbound_connectors=connectors)
    tenants = {own.name: own, "b": a_tenant("b")}
    topology = Topology(
        hosts={},
        regions={"EUR": REGION},
        organizations={},
        tenants=tenants,
        zones=zones_of(
            [
                ("out.example", "MX", Mx(10, MX.host)),
                (MX.host, "A", MX.address),
                (SPARE.host, "A", SPARE.address),
                (GROUND.host, "A", GROUND.address),
                ("null.example", "MX", Mx(0, "")),
            ]
        ),
        certificates={"eop": CertificateIdentity(common_name="mail.protection.outlook.com")},
        switches=Switches(**switches),
    )
    return Eop(REGION, topology, TenantDirectory(tenants.values()), CLAIMS)


def sent(**more: Any) -> QueueItem:
    """What a cloud mailbox sends."""
    facts: dict[str, Any] = {"sender": "user@a.example", "hosted": True, "internal": True}
    return an_item(**{**facts, "recipients": ("friend@out.example",), **more})


def relayed(sender="x@z.example", **more: Any) -> QueueItem:
    """What came in over SMTP from a sender that nobody vouches for."""
    facts: dict[str, Any] = {"message": a_message().on_top((FOUND,)), "client": "203.0.113.9"}
    return an_item(sender=sender, recipients=("friend@out.example",), **{**facts, **more})


def routed(hub: Eop, item: QueueItem) -> tuple[Route | NoTargets, Step]:
    return answered(hub.route_to(item, item.recipients, a_context()), hub.topology.zones)


def route(hub: Eop, item: QueueItem) -> Route:
    found, _ = routed(hub, item)
    assert isinstance(found, Route)
    return found


class TestSubmission:
    def test_a_mailbox_s_mail_originates_in_its_tenant(self):
        heard = a_hub().submit(a_submission(BOX, FRIEND), a_context())
        (item,) = heard.queue
        assert (item.node, item.tenant, item.direction) == ("eop:EUR", "a", Direction.ORIGINATING)
        assert (item.internal, item.hosted) == (True, True)
        assert (str(item.reverse_path), item.recipients) == ("<user@a.example>", (FRIEND,))
        assert item.expires - item.arrived == timedelta(days=1)
        assert heard.head is not None
        assert (heard.head.host, heard.head.server, heard.head.connector) == (HUB, "", "")
        assert heard.head.network_message_id
        assert heard.head.network_message_id in (
            item.message.get("X-MS-Exchange-Organization-Network-Message-Id") or ""
        )
        assert item.id == heard.head.id == str(10**12 + 1)
        assert item.message.headers[0] == received_from_mailbox(host=HUB, address="::1", now=NOW, cloud=True)
        assert item.message.get("X-MS-Exchange-Organization-AuthAs") == "Internal"

    def test_it_may_go_with_another_reverse_path(self):
        heard = a_hub().submit(a_submission(BOX, FRIEND, ReversePath.NULL), a_context())
        assert heard.queue[0].reverse_path.is_null

    @pytest.mark.parametrize("sender", ["nobody@a.example", "synced@a.example"], ids=["unknown", "mail-user"])
    def test_only_a_mailbox_can_send(self, sender):
        synced = Address.parse("synced@a.example")
        tenant = a_tenant("a")
        tenant = replace(
            tenant, recipients={**tenant.recipients, synced.key: Recipient(RecipientKind.MAIL_USER, synced)}
        )
        with pytest.raises(LabBug, match=sender):
            a_hub(tenant=tenant).submit(a_submission(Address.parse(sender), FRIEND), a_context())

    @pytest.mark.parametrize(
        ("sender", "rules"),
        [("alerts@a.example", ("R238", "R243", "R245")), ("no-reply@z.example", ("R231", "R243", "R245"))],
        ids=["own-domain", "other-domain"],
    )
    def test_a_notification_is_told_by_whose_domain_it_comes_from(self, sender, rules):
        hub = a_hub()
        tenant = hub.topology.tenants["a"]
        heard = hub.notify(tenant, a_submission(Address.parse(sender), BOX), a_context())
        assert [step.rules for step in heard.steps if isinstance(step, Submitted)] == [rules]
        assert (heard.queue[0].tenant, str(heard.queue[0].reverse_path)) == ("a", f"<{sender}>")
        null = hub.notify(tenant, a_submission(BOX, BOX, ReversePath.NULL), a_context())
        assert null.queue[0].reverse_path.is_null

    def test_every_item_in_the_cloud_has_a_tenant(self):
        with pytest.raises(LabBug, match="Q1"):
            a_hub().tenant_of(replace(an_item(), tenant=None))


class TestPlace:
    def test_a_mailbox_is_here(self):
        assert a_hub().place(sent(), BOX) == ToMailbox(BOX)

    def test_a_mail_user_is_elsewhere(self):
        synced = Recipient(RecipientKind.MAIL_USER, BOX, external=FRIEND)
        hub = a_hub(tenant=replace(a_tenant("a"), recipients={BOX.key: synced}))
        assert hub.place(sent(), BOX) == ToAddress(FRIEND, Resolution.MAIL_USER, ("R143", "R144"))

    def test_what_a_rule_sends_out_first_does_not_stay(self):
        scoped = to_ground(is_transport_rule_scoped=True)
        item = sent(outbound="To ground")
        assert a_hub(scoped).place(item, BOX) == ToNextHop(("rule", "To ground", "a.example"))
        assert a_hub(replace(scoped, enabled=False)).place(item, BOX) == ToMailbox(BOX)

    def test_an_unknown_recipient_of_an_authoritative_domain_is_refused(self):
        place = a_hub().place(sent(), Address.parse("nobody@a.example"))
        assert isinstance(place, UnknownRecipient)
        assert (place.reply.code, place.reply.enhanced, place.resolution) == (
            550,
            "5.1.10",
            Resolution.UNKNOWN,
        )
        assert "nobody@a.example" in place.reply.text
        assert place.rules == ("R141", "R142")

    @pytest.mark.parametrize("kind", [DomainType.INTERNAL_RELAY, DomainType.EXTERNAL_RELAY])
    def test_an_unknown_recipient_of_a_relay_domain_is_elsewhere(self, kind):
        tenant = replace(a_tenant("a"), accepted_domains=(AcceptedDomain(Domain("a.example"), kind),))
        place = a_hub(tenant=tenant).place(sent(), Address.parse("nobody@a.example"))
        assert place == ToNextHop(("mx", "", "a.example"))

    @pytest.mark.parametrize(
        ("connectors", "key"),
        [
            ((), ("mx", "", "out.example")),
            ((to_ground(),), ("smart host", "To ground")),
            ((to_ground(use_mx_record=True, smart_hosts=()),), ("mx", "To ground", "out.example")),
            ((to_ground(recipient_domains=()),), ("mx", "", "out.example")),
        ],
        ids=["mx", "smart-host", "mx-by-connector", "other-connector"],
    )
    def test_what_travels_together_goes_the_same_way(self, connectors, key):
        assert a_hub(*connectors).place(sent(), FRIEND) == ToNextHop(key)

    def test_centralized_transport_catches_only_what_a_mailbox_sent(self):
        hub = a_hub(
            to_ground(recipient_domains=(DomainPattern.parse("*"),), route_all_messages_via_on_premises=True)
        )
        assert hub.place(sent(), FRIEND) == ToNextHop(("smart host", "To ground"))
        assert hub.place(relayed(), FRIEND) == ToNextHop(("mx", "", "out.example"))


class TestLimits:
    FULL = SendingLimits(licences=1, already_sent=9999)
    """One more is allowed."""

    def place(self, *recipients: str, to: str | None = None, limits=FULL, **more: Any):
        hub = a_hub(tenant=a_tenant("a", limits=limits))
        return hub.place(sent(recipients=recipients, **more), Address.parse(to or recipients[-1]))

    def test_the_recipient_after_the_last_one_allowed_is_refused(self):
        pair = ("one@out.example", "two@out.example")
        assert isinstance(self.place(*pair, to=pair[0]), ToNextHop)
        assert self.place(*pair) == UnknownRecipient(TENANT, ("R50", "R53"), Resolution.REFUSED)

    def test_recipients_of_the_own_tenant_do_not_count(self):
        assert isinstance(self.place("user@a.example", "one@out.example"), ToNextHop)
        full = replace(self.FULL, already_sent=10000)
        assert self.place("user@a.example", limits=full) == ToMailbox(BOX)

    def test_recipients_of_a_relay_domain_do_not_count_either(self):
        relay = (AcceptedDomain(Domain("a.example"), DomainType.INTERNAL_RELAY),)
        tenant = replace(a_tenant("a", limits=replace(self.FULL, already_sent=10000)), accepted_domains=relay)
        place = a_hub(tenant=tenant).place(sent(), Address.parse("nobody@a.example"))
        assert place == ToNextHop(("mx", "", "a.example"))

    def test_an_address_that_is_reached_through_another_counts_as_one_more(self):
        assert isinstance(self.place("user@a.example", to="new@out.example"), ToNextHop)
        assert isinstance(self.place("one@out.example", to="new@out.example"), UnknownRecipient)

    @pytest.mark.parametrize("more", [{"hosted": False}, {"report": True}], ids=["relayed", "report"])
    def test_only_what_mailboxes_send_counts(self, more):
        assert isinstance(self.place("one@out.example", "two@out.example", **more), ToNextHop)

    def test_without_limits_there_are_none(self):
        assert isinstance(self.place("one@out.example", "two@out.example", limits=None), ToNextHop)

    def test_the_initial_domain_has_a_limit_of_its_own(self):
        limits = SendingLimits(already_sent_from_moera=100)
        refused = self.place("one@out.example", limits=limits, sender="user@alab.onmicrosoft.com")
        assert refused == UnknownRecipient(MOERA, ("R50", "R53"), Resolution.REFUSED)


class TestRules:
    RULE = TransportRule(name="All", conditions=Conditions())

    @pytest.mark.parametrize(
        ("more", "judged"),
        [
            ({}, True),
            ({"ruled": True}, False),
            ({"report": True}, False),
            ({"report": True, "hosted": False}, True),
        ],
        ids=["once", "not-twice", "not-an-own-report", "another-s-report"],
    )
    def test_rules_are_applied_once_and_not_to_own_reports(self, more, judged):
        hub = a_hub(tenant=a_tenant("a", transport_rules=(self.RULE,)))
        assert hub.rules_for(sent(**more)) == ((self.RULE,) if judged else ())

    def test_they_judge_the_author_in_the_own_tenant(self):
        hub = a_hub()
        facts = hub.sending(sent(client="203.0.113.9"))
        assert facts.organization is hub.topology.tenants["a"]
        assert (str(facts.author), facts.internal, facts.client) == ("user1@a.example", True, "203.0.113.9")


class TestRoute:
    def test_by_mx(self):
        found = route(a_hub(), sent())
        assert (found.connector, found.tls) == ("", TlsPolicy())
        assert found.targets == (MX, SPARE)
        assert (found.source, found.bind) == ("203.0.113.14", "198.18.0.14")
        assert (found.ehlo, found.certificate) == ("GOOD.outbound.protection.outlook.com", "eop")
        assert (found.recipients, found.reverse_path) == ((FRIEND,), None)

    def test_by_smart_host(self):
        found = route(a_hub(to_ground()), sent())
        assert (found.connector, found.targets) == ("To ground", (GROUND,))
        assert found.tls == TlsPolicy(TlsSettings.DOMAIN_VALIDATION, DomainPattern.parse("*.a.example"))

    def test_by_mx_of_a_connector(self):
        found = route(a_hub(to_ground(use_mx_record=True)), sent())
        assert (found.connector, found.targets[0]) == ("To ground", MX)

    @pytest.mark.parametrize(
        "connectors", [(), (to_ground(smart_hosts=(MX.host,)),)], ids=["mx", "smart-host"]
    )
    def test_the_addresses_of_a_host_take_turns_by_switch(self, connectors):
        def first(**switches: Any) -> list[str]:
            hub, item = a_hub(*connectors, **switches), sent()
            asked = (
                hub.route_to(item, item.recipients, a_context(NOW + timedelta(minutes=n))) for n in (0, 1)
            )
            ways = [answered(each, hub.topology.zones)[0] for each in asked]
            return [way.targets[0].address for way in ways if isinstance(way, Route)]

        assert first() == [MX.address, MX.address]
        assert sorted(first(front_end_choice="rotating")) == [MX.address, SPARE.address]

    def test_a_rule_s_connector_leads(self):
        hub = a_hub(to_ground(is_transport_rule_scoped=True, recipient_domains=()))
        assert route(hub, sent(outbound="To ground")).targets == (GROUND,)

    def test_nowhere_to_go(self):
        item = sent(recipients=("x@null.example",))
        found, step = routed(a_hub(), item)
        assert found == NoTargets(NextHop.NULL_MX, "null.example")
        assert isinstance(step, Routed)
        assert (step.how, step.targets) == (NextHop.NULL_MX, ())


class TestStep:
    def test_a_way_by_mx_is_told(self):
        _, step = routed(a_hub(), sent())
        assert (type(step), step.at) == (Routed, NOW)
        assert step_data(step) == {
            "recipients": ["friend@out.example"],
            "connector": "",
            "how": "mx",
            "targets": ["mail.out.example"],
            "tls": "",
            "pool": "normal",
        }
        assert step.rules == ("R100", "R145")
        assert decision_of(step) is not None

    def test_a_way_by_connector_is_told(self):
        _, step = routed(a_hub(to_ground()), sent())
        assert (step_data(step)["connector"], step_data(step)["tls"]) == ("To ground", "DomainValidation")
        assert step.rules == ("R99",)
        plain = to_ground(tls_settings=None, tls_domain=None)
        assert step_data(routed(a_hub(plain), sent())[1])["tls"] == ""

    @pytest.mark.parametrize(
        ("item", "pool", "source", "rules"),
        [
            (sent(), "normal", "203.0.113.14", ()),
            (sent(sender="<>", report=True), "high risk", "203.0.113.18", ("R151",)),
            (relayed(), "relay", "203.0.113.22", ("R27", "R148", "R46", "R151")),
            (relayed("user@a.example"), "normal", "203.0.113.14", ("R27", "R148")),
        ],
        ids=["own", "report", "relayed", "own-relayed"],
    )
    def test_a_pool_is_told_by_its_rules(self, item, pool, source, rules):
        found, step = routed(a_hub(), item)
        assert isinstance(found, Route)
        assert (step_data(step)["pool"], step.rules[2:], found.source) == (pool, rules, source)

    def test_the_relay_pool_is_used_by_switch_and_the_others_are_not(self):
        hub = a_hub(relay_pool=False)
        assert step_data(routed(hub, relayed())[1])["pool"] == "normal"
        assert step_data(routed(hub, sent(sender="<>", report=True))[1])["pool"] == "high risk"

    def test_toward_on_premises_there_is_no_pool(self):
        for item in (relayed(), sent(sender="<>", report=True)):
            assert step_data(routed(a_hub(to_ground()), item)[1])["pool"] == "normal"
        partner = to_ground(connector_type=ConnectorType.PARTNER)
        assert step_data(routed(a_hub(partner), relayed())[1])["pool"] == "relay"


class TestReversePath:
    """R152, R154."""

    @pytest.mark.parametrize(
        ("connectors", "item", "rewritten"),
        [
            ((), relayed(), "bounces+SRS="),
            ((), relayed("user@a.example"), None),
            ((), sent(sender="x@z.example"), None),
            ((), sent(sender="x@z.example", forwarded_by=(BOX,)), "user+SRS="),
            ((), relayed(forwarded_by=(Address.parse("first@a.example"), BOX)), "user+SRS="),
            ((to_ground(),), relayed(), None),
            ((to_ground(sender_rewriting_enabled=True),), relayed(), "bounces+SRS="),
            ((to_ground(connector_type=ConnectorType.PARTNER),), relayed(), "bounces+SRS="),
        ],
        ids=[
            "relayed",
            "own-sender",
            "sent-here",
            "forwarded",
            "last-forwarder",
            "to-on-premises",
            "to-on-premises-that-asks",
            "to-a-partner",
        ],
    )
    def test_a_foreign_path_is_rewritten(self, connectors, item, rewritten):
        path = route(a_hub(*connectors), item).reverse_path
        assert (path is not None) is (rewritten is not None)
        if path is not None:
            assert str(path).startswith(f"<{rewritten}")

    def test_it_is_not_by_switch(self):
        assert route(a_hub(srs_relay=False), relayed()).reverse_path is None


def leaving(hub: Eop, item: QueueItem) -> Message:
    found = route(hub, item).message
    assert found is not None
    return found


class TestLeaving:
    ORGANIZATION = Header.of("X-MS-Exchange-Organization-AuthAs", "Internal")

    def item(self, **more: Any) -> QueueItem:
        return sent(message=a_message().on_top((self.ORGANIZATION,)), **more)

    def test_organisation_headers_stay_unless_the_connector_takes_them_along(self):
        assert not leaving(a_hub(), self.item()).has("X-MS-Exchange-Organization-")
        assert not leaving(a_hub(to_ground()), self.item()).has("X-MS-Exchange-CrossPremises-")
        crossing = leaving(a_hub(to_ground(cloud_services_mail_enabled=True)), self.item())
        assert crossing.get("X-OrganizationHeadersPreserved") == HUB
        assert crossing.get("X-MS-Exchange-CrossPremises-AuthAs") == "Internal"

    @pytest.mark.parametrize(
        ("facts", "entity"),
        [
            ({}, "Hosted"),
            ({"hosted": False, "direction": Direction.ORIGINATING}, "HybridOnPrem"),
            ({"hosted": False, "direction": Direction.INCOMING}, "Internet"),
            ({"hosted": False}, "Internet"),
        ],
        ids=["mailbox", "on-premises", "incoming", "unknown"],
    )
    def test_the_exit_says_where_it_came_from(self, facts, entity):
        stamped = leaving(a_hub(), self.item(**facts))
        assert stamped.get("X-MS-Exchange-CrossTenant-FromEntityHeader") == entity

    def test_the_exit_stamps_tenant_client_and_author(self):
        stamped = leaving(a_hub(), self.item(client="203.0.113.9"))
        assert stamped.get("X-OriginatorOrg") == "a.example"
        assert stamped.get("X-MS-Exchange-CrossTenant-Id") == a_tenant("a").id
        assert stamped.get("X-MS-Exchange-CrossTenant-AuthAs") == "Internal"
        assert (stamped.get("X-MS-Exchange-CrossTenant-AuthSource") or "").strip() == HUB
        assert (stamped.get("X-MS-Exchange-CrossTenant-OriginalAttributedTenantConnectingIp") or "").endswith(
            "Ip=[203.0.113.9];Helo=[mx.a.example]"
        )
        assert (stamped.get("X-MS-Exchange-CrossTenant-UserPrincipalName") or "").strip() == "user1@a.example"
        assert stamped.get("X-MS-Exchange-Transport-CrossTenantHeadersStamped") == HUB
        anonymous = leaving(a_hub(), self.item(internal=False))
        assert anonymous.get("X-MS-Exchange-CrossTenant-AuthAs") == "Anonymous"

    def test_what_the_entry_wrote_is_carried_on(self):
        own = (
            Header.of("X-MS-Exchange-Organization-AuthSource", "front.example"),
            Header.of("X-MS-Exchange-Organization-Network-Message-Id", "guid"),
        )
        stamped = leaving(a_hub(), sent(message=a_message().on_top(own)))
        assert (stamped.get("X-MS-Exchange-CrossTenant-AuthSource") or "").strip() == "front.example"
        assert (stamped.get("X-MS-Exchange-CrossTenant-Network-Message-Id") or "").strip() == "guid"

    def test_the_reverse_path_vouches_where_the_author_does_not(self):
        foreign = Message((Header.of("From", "x@z.example"),), b"")
        stamped = leaving(a_hub(), sent(message=foreign, sender="user@a.example"))
        assert stamped.get("X-OriginatorOrg") == "a.example"

    def test_it_is_signed_for_the_internet_and_sealed_for_everybody(self):
        out, home = leaving(a_hub(), self.item()), leaving(a_hub(to_ground()), self.item())
        assert (out.has("DKIM-Signature"), home.has("DKIM-Signature")) == (True, False)
        assert [len(chain_of(each)) for each in (out, home)] == [1, 1]

    def test_the_seal_tells_what_the_entry_found(self):
        (seal,) = chain_of(leaving(a_hub(), relayed()))
        assert "spf=fail (sender ip is 203.0.113.9)" in seal.findings
        (seal,) = chain_of(leaving(a_hub(), self.item()))
        assert "spf=pass" in seal.findings


class TestReports:
    def test_the_report_is_made_by_the_tenant_s_hub(self):
        maker = a_hub().maker(sent())
        assert maker.host == HUB
        assert "@alab.onmicrosoft.com" in maker.from_header
        assert "postmaster@" in a_hub().maker(relayed()).from_header

    def test_the_tenant_s_own_report_is_internal(self):
        report = Message((Header.of("Message-ID", "<1@hub.example>"),), b"")
        stamped = a_hub().stamped_report(report, "guid")
        assert stamped.get("X-MS-Exchange-Organization-AuthAs") == "Internal"
        assert (stamped.get("X-MS-Exchange-Organization-AuthSource") or "").strip() == "hub.example"
        assert (stamped.get("X-MS-Exchange-Organization-Network-Message-Id") or "").strip() == "guid"

    @pytest.mark.parametrize(
        ("why", "code", "status"),
        [
            (NextHop.NULL_MX, 550, "5.1.10"),
            (NextHop.NO_DOMAIN, 450, "4.4.312"),
            (NextHop.NO_ADDRESS, 450, "4.4.312"),
            (NextHop.DNS_FAILED, 450, "4.4.312"),
        ],
        ids=["null-mx", "no-such-domain", "no-address", "dns-failed"],
    )
    def test_only_a_null_mx_is_permanent(self, why, code, status):
        reply = a_hub().unroutable(NoTargets(why, "out.example"))
        assert isinstance(reply, Reply)
        assert (reply.code, reply.enhanced) == (code, status)
        assert "out.example" in reply.text
