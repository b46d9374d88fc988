"""Builders of hops with defaults, and the article's fault as hops, as the nodes record it."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from lab.model.decision import Basis, Direction, Reason
from lab.model.steps import (
    Accepted,
    Attributed,
    Authenticated,
    Bounced,
    Connected,
    Delivered,
    NextHop,
    Promoted,
    Refused,
    Routed,
    Sent,
    Stage,
    Step,
    Submitted,
)
from lab.model.trace import Hop, HopHead
from tests.steps import step_of

S = TypeVar("S", bound=Step)

START = datetime(2026, 3, 3, 9, 15, 1, 250_000, tzinfo=UTC)
OFFER = "<offer@exchange.msxfaq.example>"
NDR = "<ndr@EUR05-DB8-PEPF00000001.eurprd05.prod.outlook.com>"
USER = "useronprem@msxfaq.example"
PARTNER = "partner@uclabor.example"
REPORTER = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@msxfaq.onmicrosoft.com"
PARTNER_REFUSES = (
    "550 5.7.51 TenantInboundAttribution; There is a partner connector configured that matched the message's "
    "recipient domain. The connector had either the RestrictDomainsToIPAddresses or RestrictDomainsToCertificate set"
)
TRAILER = "[DB3PEPF0000885C.eurprd05.prod.outlook.com 2026-03-03T09:15:03.125Z 08DE7A1B2C3D4E60]"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def a_head(node: str = "exchange", seconds: float = 0, **fields) -> HopHead:
    given = {
        "id": f"{node}-{seconds}",
        "node": node,
        "host": f"{node}.msxfaq.example",
        "tenant": None,
        "message_id": OFFER,
        "network_message_id": "0f1e2d3c-0000-4000-8000-000000000001",
        "arrived": at(seconds),
        "reverse_path": f"<{USER}>",
        "author": USER,
        "recipients": (PARTNER,),
        "subject": "Our offer",
        "size": 4711,
        "direction": "Originating",
    }
    return HopHead(**{**given, **fields})


def a_step(kind: type[S], seconds: float = 0, /, **data) -> S:
    return step_of(kind, **data, at=at(seconds))


def a_hop(*steps: Step, **fields) -> Hop:
    return Hop(a_head(**fields), steps)


def sent(to: str, connection: str, seconds: float = 1, recipients=(PARTNER,), **data) -> Sent:
    given = {
        "recipients": list(recipients),
        "host": to,
        "address": connection.partition(">")[2],
        "source": connection.partition(":")[0],
        "connector": "",
        "connection": connection,
        "reply": "250 2.6.0 Queued mail for delivery",
        "tls": "TLS1_3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "certificate": "",
        "server_certificate": ["mail.protection.outlook.com"],
        "server_faults": [],
    }
    return a_step(Sent, seconds, **{**given, **data})


def exchange_hop(**fields) -> Hop:
    """The on-premises server: submitted by a mailbox, sent to the filter."""
    return a_hop(
        a_step(Submitted, 0, sender=USER, recipients=[PARTNER]),
        a_step(Routed, 0, recipients=[PARTNER], connector="Internet via filter", how=NextHop.SMART_HOST, targets=["gateway"], tls=""),
        sent("gateway.msxfaq.example", "198.51.100.10:1025>198.51.100.25", 0.5, connector="Internet via filter",
             certificate="*.msxfaq.example"),
        **{"node": "exchange", "id": "1000000000001", **fields},
    )  # fmt: skip


def gateway_hop(to: str = "uclabor-example.mail.protection.outlook.com", **fields) -> Hop:
    """The spam filter: shows the wildcard certificate to the partner's MX."""
    return a_hop(
        connected("198.51.100.10", "exchange.msxfaq.example", "*.msxfaq.example"),
        a_step(Accepted, 0.25, reverse_path=f"<{USER}>", recipients=[PARTNER], reply="250 2.0.0 Ok: queued as 4F1A2B3C4D5", size=4911),
        a_step(Routed, 0.5, recipients=[PARTNER], connector="", how=NextHop.MX, targets=[to], tls=""),
        sent(to, "198.51.100.25:1026>203.0.113.40", 1, certificate="*.msxfaq.example", reply=TAKEN),
        **{
            "node": "gateway",
            "id": "4F1A2B3C4D5",
            "seconds": 0.25,
            "connection": "198.51.100.10:1025>198.51.100.25",
            "client": "198.51.100.10",
            "client_host": "exchange.msxfaq.example",
            "server": "198.51.100.25",
            "size": 4911,
            **fields,
        },
    )  # fmt: skip


TAKEN = (
    f"250 2.6.0 {OFFER} [InternalId=1234567890123, Hostname=AM9PR10MB4321.EURPRD10.PROD.OUTLOOK.COM] "
    "5312 bytes in 0.201, 25.800 KB/sec Queued mail for delivery"
)


def connected(client: str, host: str, certificate: str = "", faults=()) -> Connected:
    return a_step(Connected, 0, client=client, client_host=host, helo=host, tls="TLS1_3", cipher="TLS_AES_256_GCM_SHA384",
                  certificate=[certificate] if certificate else [], faults=list(faults),
                  issuer="CN=Mailflow Lab public CA" if certificate else "", thumbprint="A94A8FE5CCB1" if certificate else "")  # fmt: skip


def own_tenant_hop(*last: Step, **fields) -> Hop:
    """Exchange Online, attributed to the sender's own tenant; the partner refuses, the tenant writes an NDR."""
    steps = (
        connected("198.51.100.25", "mail.msxfaq.example", "*.msxfaq.example"),
        a_step(Attributed, 0.75, recipient=PARTNER, tenant="msxfaq", direction=Direction.ORIGINATING, basis=Basis.CERTIFICATE,
               connector="Inbound from 5d0c", reason=Reason.OWN_CONNECTION),
        a_step(Accepted, 0.75, reverse_path=f"<{USER}>", recipients=[PARTNER], reply=TAKEN, size=5312),
        a_step(Authenticated, 0.75, spf="pass", dmarc="pass", header_from="msxfaq.example",
               client="198.51.100.25"),
        a_step(Routed, 1, recipients=[PARTNER], connector="", how=NextHop.MX,
               targets=["uclabor-example.mail.protection.outlook.com"], tls=""),
    )  # fmt: skip
    return a_hop(
        *steps,
        *(last or (bounced(),)),
        **{
            "node": "eop:EUR",
            "host": "AM9PR10MB4321.EURPRD10.PROD.OUTLOOK.COM",
            "tenant": "msxfaq",
            "id": "1234567890123",
            "seconds": 0.75,
            "connection": "198.51.100.25:1026>203.0.113.40",
            "connector": "Inbound from 5d0c",
            "client": "198.51.100.25",
            "client_host": "mail.msxfaq.example",
            "server": "203.0.113.40",
            "size": 5312,
            **fields,
        },
    )


def bounced(**data) -> Bounced:
    given = {
        "recipient": PARTNER,
        "status": "5.7.51",
        "reply": f"{PARTNER_REFUSES} {TRAILER}",
        "host": "uclabor-example.mail.protection.outlook.com",
        "connection": "203.0.113.70:1027>203.0.113.40",
        "ndr": NDR,
        "ndr_to": USER,
    }
    return a_step(Bounced, 2, **{**given, **data})


def refusing_hop(**fields) -> Hop:
    """The partner's tenant refuses at RCPT: no message, no row in its trace."""
    return a_hop(
        a_step(Attributed, 1.5, recipient=PARTNER, tenant="uclabor", direction=Direction.INCOMING, basis=Basis.RECIPIENT,
               connector="Only from msxfaq's filter", reason=Reason.PARTNER_RESTRICTS),
        a_step(Refused, 1.5, stage=Stage.RCPT, recipient=PARTNER, reply=f"{PARTNER_REFUSES} {TRAILER}", reason=Reason.PARTNER_RESTRICTS),
        **{
            "node": "eop:EUR",
            "host": "DB3PEPF0000885C.eurprd05.prod.outlook.com",
            "tenant": "uclabor",
            "id": "08DE7A1B2C3D4E60",
            "seconds": 1.5,
            "message_id": "",
            "network_message_id": "",
            "connection": "203.0.113.70:1027>203.0.113.40",
            "client": "203.0.113.70",
            "client_host": "mail-eur.outbound.protection.outlook.com",
            "recipients": (),
            "direction": "Incoming",
            **fields,
        },
    )  # fmt: skip


def ndr_hops() -> tuple[Hop, ...]:
    """The NDR: written by the own tenant, brought home over the hybrid connector, delivered."""
    about = {
        "message_id": NDR,
        "in_reply_to": OFFER,
        "reverse_path": "<>",
        "author": REPORTER,
        "recipients": (USER,),
        "subject": "Undeliverable: Our offer",
        "network_message_id": "0f1e2d3c-0000-4000-8000-000000000002",
        "size": 9000,
    }
    home = "203.0.113.70:1028>198.51.100.10"
    written = a_hop(
        a_step(Routed, 2, recipients=[USER], connector="Outbound to 5d0c", how=NextHop.SMART_HOST, targets=["exchange"], tls=""),
        sent("exchange.msxfaq.example", home, 3, recipients=[USER], connector="Outbound to 5d0c",
             reply=f"250 2.6.0 {NDR} [InternalId=1000000000002, Hostname=exchange.msxfaq.example] 9100 bytes in 0.1, 88.8 KB/sec Queued mail for delivery"),
        **{"node": "eop:EUR", "host": "AM9PR10MB4321.EURPRD10.PROD.OUTLOOK.COM", "tenant": "msxfaq", "id": "1234567890124",
           "seconds": 2, "direction": "Originating", **about},
    )  # fmt: skip
    came = a_hop(
        connected("203.0.113.70", "mail-eur.outbound.protection.outlook.com", "mail.protection.outlook.com"),
        a_step(Accepted, 2.5, reverse_path="<>", recipients=[USER], reply="250 2.6.0 Queued mail for delivery", size=9100),
        a_step(Promoted, 2.5, headers=["X-MS-Exchange-Organization-AuthAs"], auth_as="Internal"),
        a_step(Delivered, 3, recipient=USER, mailbox=USER),
        **{"node": "exchange", "id": "1000000000002", "seconds": 2.5, "connection": home, "client": "203.0.113.70",
           "client_host": "mail-eur.outbound.protection.outlook.com", "server": "198.51.100.10",
           "connector": "EXCHANGE\\Default EXCHANGE", "direction": "Incoming", **about},
    )  # fmt: skip
    return written, came


def the_fault() -> tuple[Hop, ...]:
    """All hops of the wildcard misrouting."""
    return (exchange_hop(), gateway_hop(), own_tenant_hop(), refusing_hop(), *ndr_hops())
