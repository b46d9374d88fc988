"""How the service finds the tenant a message travels through (R1-R34)."""

from datetime import date

from lab.core.rulebook.types import Confidence, Rule

DOCUMENTED, OBSERVED, ASSUMED = Confidence.DOCUMENTED, Confidence.OBSERVED, Confidence.ASSUMED

RULES: tuple[Rule, ...] = (
    Rule(
        "R1",
        "All EOP front ends, addresses and certificates are shared by all tenants, so the service must "
        "derive the tenant for each message; that the MX name used only selects a region is assumed.",
        DOCUMENTED,
        "ATT, MC, SEED",
        "Shared front ends",
    ),
    Rule(
        "R2",
        "Attribution is made per message and not per connection, because P1 and the recipient take part "
        "and exist only after MAIL and RCPT, and real logs show its refusals after RCPT; part of this is "
        "assumed.",
        OBSERVED,
        "PUB, LAB",
        "Attribution is per message",
    ),
    Rule(
        "R3",
        "For OnPremises connectors the tenant is found by the domain on the TLS certificate first, then by "
        "the P1 domain, then by the recipient domain; that this order held before it was published in 2026 "
        "is assumed.",
        DOCUMENTED,
        "MC",
        "Order of attribution",
        since=date(2026, 2, 2),
        switch="attribution_order",
    ),
    Rule(
        "R4",
        "Looking at the recipient is not enough because of hybrid and complex routing, so topology is "
        "decided by connectors, says Microsoft's 2019 blog, of which only the beginning could be "
        "recovered.",
        DOCUMENTED,
        "ATT",
        "Topology follows connectors",
    ),
    Rule(
        "R5",
        "Relay outside the tenant needs the certificate domain or the P1 domain to be an accepted domain "
        "of the tenant and the source IP or certificate to match one of its OnPremises inbound connectors.",
        DOCUMENTED,
        "REL",
        "Relay condition since 2023",
        since=date(2023, 11, 1),
        switch="require_accepted_cert_domain",
    ),
    Rule(
        "R6",
        "With certificate authentication by an accepted name, P1, P2 and the recipients can be anything "
        "and only steer the routing.",
        DOCUMENTED,
        "LIU2",
        "Certificate allows any addresses",
    ),
    Rule(
        "R7",
        "With IP authentication, the P1 domain or the recipient domain must be an accepted domain of the "
        "tenant.",
        DOCUMENTED,
        "LIU2, REL",
        "IP needs an accepted domain",
    ),
    Rule(
        "R8",
        "A client certificate counts only if EOP can build its chain to a public root; a missing "
        "intermediate has the effect of no certificate at all, which ends in 5.7.64 when the recipient is "
        "external.",
        DOCUMENTED,
        "TAN, LIU4",
        "Certificate needs public chain",
        switch="bad_chain",
    ),
    Rule(
        "R9",
        "A self-signed certificate is not accepted for attribution; towards a target tenant it does not in "
        "general stop inbound mail, since anonymous TLS is allowed.",
        DOCUMENTED,
        "LIU4, PUB",
        "Self-signed is not attributed",
    ),
    Rule(
        "R10",
        "The names of a certificate that count are the subject CN and the SAN entries, although one "
        "Microsoft guide speaks of the CN only.",
        DOCUMENTED,
        "MC, O365N, HYTLS, QA23",
        "CN and SAN are compared",
        switch="cert_names",
    ),
    Rule(
        "R11",
        "An exact connector name that is not itself an accepted domain fails attribution by certificate, "
        "so the message falls to the recipient domain; a wildcard value such as `*.contoso.com` needs its "
        "parent accepted.",
        DOCUMENTED,
        "HYTLS, MC anti-pattern 1",
        "Connector name must be accepted",
        switch="unaccepted_cert_name",
    ),
    Rule(
        "R12",
        "Microsoft's advice conflicts: one article says to enter `*.contoso.com`, staff call the accepted "
        "sub-domain the safest way and warn about the wildcard, and a guide does not recommend wildcards.",
        DOCUMENTED,
        "O365N, LIU1, QA23",
        "Advice on connector value conflicts",
        not_emulated="advice to administrators that contradicts itself; it decides nothing",
    ),
    Rule(
        "R13",
        "With `*.domain.com` on the inbound connector, another certificate under that domain that is used "
        "for internet mail matches the connector too, which Microsoft staff call unintended.",
        DOCUMENTED,
        "LIU1",
        "Wildcard value catches other certificates",
    ),
    Rule(
        "R14",
        "Gateways whose certificates matched a connector meant for other hosts have been seen to run mail "
        "for other Microsoft 365 tenants through the wrong tenant, including its journal.",
        OBSERVED,
        "GR1, GR2, HO",
        "Misrouting seen in the field",
    ),
    Rule(
        "R15",
        "The recipient domain decides only if neither the certificate nor P1 led to a tenant with a "
        "matching OnPremises connector.",
        DOCUMENTED,
        "MC, SEED",
        "Recipient decides last",
    ),
    Rule(
        "R16",
        "If the recipient domain is accepted in the attributed tenant, the message is ordinary hybrid mail "
        "from on-premises to the cloud and needs no relay permission.",
        DOCUMENTED,
        "TRT, REL",
        "Recipient in the same tenant",
    ),
    Rule(
        "R17",
        "A certificate match sends all recipients to the own tenant; without one the reaction to "
        "recipients of several tenants is undocumented, and refusing the later foreign ones with `452 "
        "4.5.3` is assumed.",
        ASSUMED,
        "LAB from R3",
        "Recipients of several tenants",
        switch="mixed_tenant_rcpts",
    ),
    Rule(
        "R18",
        "Which tenant wins when connectors of two tenants match is undocumented and not stable; preferring "
        "accepted certificate domain, then accepted P1 domain, then accepted recipient domain is assumed.",
        ASSUMED,
        "MC, LAB",
        "Ties between tenants",
        switch="tenant_tie_break",
    ),
    Rule(
        "R19",
        "A server that talks to several tenants must use one certificate and one send connector per "
        "tenant, and certificates are preferred to IP addresses.",
        DOCUMENTED,
        "MC, SEP",
        "One certificate per tenant",
        not_emulated="advice to administrators; the scenarios show what happens otherwise",
    ),
    Rule(
        "R20",
        "The EHLO name is not among the data named for attribution; it is logged and is the SPF identity "
        "of a null sender, and a client greeting with EOP's own name gets `550 5.7.506 Access Denied, Bad "
        "HELO`.",
        DOCUMENTED,
        "MC, REL, SEED, NDRDOC, HD-AMD25, SIS mail 06",
        "EHLO name is not used",
    ),
    Rule(
        "R21",
        "The source IP is compared with `SenderIPAddresses`; where several customers share one IP, P1 and "
        "then the recipient decide, which Microsoft names as an anti-pattern.",
        DOCUMENTED,
        "MC, NIC",
        "Match by source address",
    ),
    Rule(
        "R22",
        "OnPremises connectors identify mail and never cause the rejection of mail that does not match "
        "them, while Partner connectors with a Restrict flag do reject.",
        DOCUMENTED,
        "RDS, UCC, RP",
        "OnPremises identifies, Partner restricts",
    ),
    Rule(
        "R23",
        "Partner connectors are looked at only in the tenant of the recipient domain, by IP, certificate "
        "or sender domain, and one that restricts by IP or certificate goes before one by sender domain.",
        DOCUMENTED,
        "UCC",
        "Partner connectors of the recipient",
        switch="partner_scope",
    ),
    Rule(
        "R24",
        "A message is Originating (the tenant's own or on-premises mail) or Incoming, as "
        "`X-MS-Exchange-Organization-MessageDirectionality` shows.",
        DOCUMENTED,
        "INTERNAL, PUB",
        "Originating or Incoming",
    ),
    Rule(
        "R25",
        "EOP stamps `X-EOPTenantAttributedMessage` inside the tenant, and on exit "
        "`X-MS-Exchange-CrossTenant-Id` and `-OriginalAttributedTenantConnectingIp`, by which the "
        "recipient can prove a misattribution.",
        OBSERVED,
        "EOPF, HD-AMD25, HD-AMD23, HD-XLX22",
        "Headers that name the tenant",
    ),
    Rule(
        "R27",
        "Mail from one tenant to another leaves over the outbound pool and enters again through a front "
        "end; that the second pass is attributed by recipient domain is assumed.",
        DOCUMENTED,
        "TZ, LOOPX",
        "Re-entry through a front end",
    ),
    Rule(
        "R28",
        "EOP outbound hosts present a client certificate for `mail.protection.outlook.com`; that a partner "
        "connector for this name would match every tenant and so be no safe restriction is assumed.",
        DOCUMENTED,
        "HCW, LAB",
        "EOP shows a client certificate",
    ),
    Rule(
        "R29",
        "A null sender gives no P1 domain, so relaying on-premises NDRs or automatic replies to the "
        "internet works only if the certificate domain is accepted.",
        DOCUMENTED,
        "O365N, REL, QA23",
        "Null sender needs certificate rule",
    ),
    Rule(
        "R30",
        "Third-party cloud services that send with their own P1 domain fail the relay condition unless "
        "they present a certificate name of their own for each customer that is an accepted domain there.",
        DOCUMENTED,
        "ADDON, REL",
        "Cloud senders with own bounce domain",
    ),
    Rule(
        "R31",
        "A client at a front end of a region that does not host the tenant, with no matching connector, "
        "gets `451 4.4.62 Mail sent to the wrong Office 365 region. ATTR35`, and the cure is the MX name "
        "of the own initial domain.",
        DOCUMENTED,
        "A35, PRN",
        "Wrong region is refused",
    ),
    Rule(
        "R32",
        "What EOP does with a certificate-attributed message when the tenant lives in another region is "
        "undocumented; answering ATTR35, the only documented cross-region reply, is assumed.",
        ASSUMED,
        "A35, LAB",
        "Certificate match across regions",
        switch="cross_region",
    ),
    Rule(
        "R33",
        "Connector changes take effect on save and RejectDirectSend within 30 minutes, but settings have "
        "been seen to stay cached for a while; no delay is assumed.",
        DOCUMENTED,
        "NIC, RDS, SEED",
        "Connector changes take time",
        switch="config_propagation_delay",
    ),
    Rule(
        "R34",
        "Tenants created since February 2023 may be unable to create or enable inbound OnPremises "
        "connectors until support lifts the block.",
        DOCUMENTED,
        "SEP EX505293",
        "New tenants may lack connectors",
        since=date(2023, 2, 1),
        not_emulated="partly: `inbound_connectors_prohibited` refuses the scenario, as the cmdlet would",
    ),
)
