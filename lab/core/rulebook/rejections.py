"""What the front end answers when attribution ends in a refusal, and what it means (R35-R44)."""

from datetime import date

from lab.core.rulebook.types import Confidence, Rule

DOCUMENTED = Confidence.DOCUMENTED

RULES: tuple[Rule, ...] = (
    Rule(
        "R35",
        "An external recipient without a usable OnPremises match is refused with `550 5.7.64 "
        "TenantAttribution; Relay Access Denied`.",
        DOCUMENTED,
        "TAN, RAD, PUB",
        "Relay without connector match",
    ),
    Rule(
        "R36",
        "Relay with neither the P1 domain nor the certificate domain accepted is refused with `550 5.7.64 "
        "Relay Access Denied ATTR36`.",
        DOCUMENTED,
        "O365N",
        "Relay without accepted domain",
    ),
    Rule(
        "R37",
        "Mail to a front end of the wrong region is refused for now with `451 4.4.62`, the text that "
        "carries ATTR35.",
        DOCUMENTED,
        "A35",
        "Wrong region reply",
    ),
    Rule(
        "R38",
        "If the recipient's tenant has a restricting partner connector and the client is not the one it "
        "names, the reply is `550 5.7.51 TenantInboundAttribution`.",
        DOCUMENTED,
        "HYTLS, RP",
        "Partner connector restricts",
    ),
    Rule(
        "R39",
        "With RejectDirectSend on, mail that matches no connector and whose P1 domain is accepted in the "
        "recipient's tenant gets `550 5.7.68 TenantInboundAttribution; Direct Send not allowed`.",
        DOCUMENTED,
        "RDS",
        "Direct Send is refused",
        since=date(2025, 9, 1),
        switch="reject_direct_send",
    ),
    Rule(
        "R40",
        "Mail through a connector flagged as compromised is refused with `550 5.7.711 Access denied, bad "
        "inbound connector. AS(2204)`.",
        DOCUMENTED,
        "DEFENDER remove blocked connectors",
        "Compromised connector is blocked",
    ),
    Rule(
        "R41",
        "An on-premises server logs a refusal as a block of the fields LED (the reply), MSG, FQDN and IP "
        "of the other side, and LRT.",
        DOCUMENTED,
        "HYTLS",
        "How on-premises logs a refusal",
    ),
    Rule(
        "R42",
        "If certificate attribution fails, mail from on-premises Exchange is attributed by recipient "
        "domain and the tenant's own restricting partner connector for `*` refuses it with 5.7.51.",
        DOCUMENTED,
        "HYTLS, PUB",
        "Own restriction hits hybrid mail",
    ),
    Rule(
        "R43",
        "Messages refused with 5.7.68 at protocol level never appear in message trace; the same for 5.7.51 "
        "and 5.7.64, refused at the same stage, is assumed.",
        DOCUMENTED,
        "RDS reply 4434500, LAB",
        "Refused mail leaves no trace",
    ),
    Rule(
        "R44",
        "Mail with a P1 domain and a recipient of the same tenant that matches no connector is accepted as "
        "anonymous Direct Send and judged as inbound mail by SPF, DMARC and anti-spoofing.",
        DOCUMENTED,
        "RDS, DSV",
        "Direct Send is anonymous",
    ),
)
