"""The switches: what a scenario may choose, with the default first and the rules that each one bends.

A default is this lab's choice and, where the rule is assumed, never a claim about Microsoft.
"""

from lab.core.rulebook.types import Switch

_ATTRIBUTION = (
    Switch(
        name="attribution_order",
        values=("cert,p1,rcpt", "legacy_pre2026"),
        default="cert,p1,rcpt",
        rules=("R3", "R5", "R45"),
        text="How the tenant is found; legacy keeps the order, but no domain need be accepted (before July 2017).",
    ),
    Switch(
        name="require_accepted_cert_domain",
        values=("true", "false"),
        default="true",
        rules=("R5", "R11"),
        text="Whether relay by certificate needs its domain accepted; false before 5 July 2017 (R45).",
    ),
    Switch(
        name="unaccepted_cert_name",
        values=("p1_may_satisfy", "no_match"),
        default="p1_may_satisfy",
        rules=("R5", "R11"),
        text="Whether an accepted P1 makes good for a connector name not accepted; documents disagree.",
    ),
    Switch(
        name="p2_counts_for_relay",
        values=("false", "true"),
        default="false",
        rules=("R49",),
        text="Whether an accepted domain in the From header permits relay; true before 1 November 2023.",
    ),
    Switch(
        name="tenant_tie_break",
        values=("accepted_domain_then_p1_then_rcpt", "oldest", "seeded_random", "reject"),
        default="accepted_domain_then_p1_then_rcpt",
        rules=("R18",),
        text="Which tenant wins when connectors of several tenants match equally.",
    ),
    Switch(
        name="mixed_tenant_rcpts",
        values=("first_binds_then_452", "bifurcate"),
        default="first_binds_then_452",
        rules=("R17",),
        text="What happens to recipients of several tenants in one transaction that matches no connector.",
    ),
    Switch(
        name="cross_region",
        values=("attr35", "proxy"),
        default="attr35",
        rules=("R32",),
        text="What a front end does with a certificate match of a tenant that lives in another region.",
    ),
    Switch(
        name="partner_scope",
        values=("restrict_flags_only", "sender_domain_also"),
        default="restrict_flags_only",
        rules=("R23",),
        text="Whether a partner connector is found by its Restrict flags only or by sender domain as well.",
    ),
    Switch(
        name="onpremises_sender_domains",
        values=("ignored", "scopes"),
        default="ignored",
        rules=("R57",),
        text="Whether SenderDomains narrows an OnPremises connector; help says it is for Partner connectors.",
    ),
)

_CERTIFICATES = (
    Switch(
        name="bad_chain",
        values=("ignore_certificate", "refuse_connection"),
        default="ignore_certificate",
        rules=("R8", "R114"),
        text="What a certificate without a complete public chain leads to; documents disagree.",
    ),
    Switch(
        name="expired_cert",
        values=("ignore_certificate", "refuse_connection"),
        default="ignore_certificate",
        rules=("R127",),
        text="What an expired client certificate leads to.",
    ),
    Switch(
        name="require_client_eku",
        values=("off", "on"),
        default="off",
        rules=("R129",),
        text="Whether EOP ignores a client certificate without the clientAuth key usage.",
    ),
    Switch(
        name="send_cert_without_client_eku",
        values=("on", "off"),
        default="on",
        rules=("R129",),
        text="Whether the sending gateway shows a certificate without clientAuth; off is how .NET behaves.",
        scope="gateway",
    ),
    Switch(
        name="cert_names",
        values=("cn_and_san", "cn_only"),
        default="cn_and_san",
        rules=("R10",),
        text="Which names of a certificate are compared.",
    ),
    Switch(
        name="wildcard_connector_depth",
        values=("any", "single_label"),
        default="any",
        rules=("R74",),
        text="How many labels below its parent a wildcard connector value covers.",
    ),
    Switch(
        name="wildcard_connector_covers_apex",
        values=("on", "off"),
        default="on",
        rules=("R75",),
        text="Whether connector value `*.contoso.com` matches certificate name `contoso.com`.",
    ),
    Switch(
        name="wildcard_connector_covers_sub_wildcard",
        values=("off", "on"),
        default="off",
        rules=("R79",),
        text="Whether connector value `*.contoso.com` matches certificate name `*.sub.contoso.com`.",
    ),
    Switch(
        name="wildcard_cert_covers_exact",
        values=("on", "off"),
        default="on",
        rules=("R77",),
        text="Whether certificate name `*.contoso.com` matches connector value `mail.contoso.com`.",
    ),
    Switch(
        name="wildcard_cert_covers_apex_value",
        values=("off", "on"),
        default="off",
        rules=("R78",),
        text="Whether certificate name `*.contoso.com` matches connector value `contoso.com`.",
    ),
)

_ACCEPTANCE = (
    Switch(
        name="reject_direct_send",
        values=("false", "true"),
        default="false",
        rules=("R39",),
        text="RejectDirectSend: refuse anonymous mail from the tenant's own domains.",
        scope="tenant",
    ),
    Switch(
        name="reject_direct_send_available",
        values=("true", "false"),
        default="true",
        rules=("R51",),
        text="Whether RejectDirectSend exists at all; false before its preview of April 2025.",
    ),
    Switch(
        name="service_mail_exempt",
        values=("true", "false"),
        default="true",
        rules=("R246",),
        text="Whether partner restrictions (5.7.51) spare hosts of Microsoft's own services; undocumented.",
    ),
    Switch(
        name="dbeb",
        values=("on", "off"),
        default="on",
        rules=("R136",),
        text="Directory-Based Edge Blocking of unknown recipients; Authoritative domains only.",
        scope="domain",
    ),
    Switch(
        name="dbeb_for_originating",
        values=("off", "on"),
        default="off",
        rules=("R142",),
        text="Whether edge blocking also judges Originating mail to recipients of the own tenant.",
    ),
    Switch(
        name="honor_dmarc",
        values=("on", "off"),
        default="on",
        rules=("R175",),
        text="Refuse mail that fails a DMARC policy of reject.",
        scope="tenant",
    ),
    Switch(
        name="dmarc_on_connector_mail",
        values=("off", "on"),
        default="off",
        rules=("R167",),
        text="Whether DMARC is enforced on mail through an OnPremises connector.",
    ),
    Switch(
        name="arc_override",
        values=("listed_sealers", "microsoft_too"),
        default="listed_sealers",
        rules=("R174", "R177"),
        text="Whose ARC seal overrides a DMARC failure: the tenant's trusted sealers, or Microsoft's own too.",
    ),
)

_DELIVERY = (
    Switch(
        name="dkim_custom",
        values=("off", "on"),
        default="off",
        rules=("R171", "R177"),
        text="Sign with the custom domain instead of the initial domain.",
        scope="domain",
    ),
    Switch(
        name="srs_relay",
        values=("on", "off"),
        default="on",
        rules=("R152",),
        text="Rewrite foreign P1 addresses of relayed mail; off is before SRS for relay.",
    ),
    Switch(
        name="relay_pool",
        values=("on", "off"),
        default="on",
        rules=("R46",),
        text="Relayed mail that failed authentication leaves from addresses of its own; off before July 2021.",
    ),
    Switch(
        name="recipient_rate_limit",
        values=("on", "off"),
        default="on",
        rules=("R50",),
        text="Whether a tenant's external recipients of a day are limited; off before 3 April 2025.",
    ),
    Switch(
        name="onmicrosoft_limit",
        values=("on", "off"),
        default="on",
        rules=("R53",),
        text="Whether senders in onmicrosoft.com are limited to 100 external recipients; off before 15 October 2025.",
    ),
    Switch(
        name="cmt",
        values=("off", "on"),
        default="off",
        rules=("R146",),
        text="Centralized mail transport: cloud mailboxes send to the internet through on-premises.",
        scope="tenant",
    ),
    Switch(
        name="promote_crosspremises",
        values=("from_connector_flag", "off"),
        default="from_connector_flag",
        rules=("R64", "R119"),
        text="Whether CrossPremises headers are promoted as CloudServicesMailEnabled says, or never.",
    ),
    Switch(
        name="outbound_connector_order",
        values=("exact,accepted_domains,wildcard", "exact,wildcard,accepted_domains"),
        default="exact,accepted_domains,wildcard",
        rules=("R99",),
        text="Which outbound connector goes first; the documents are inconsistent about the last two.",
    ),
    Switch(
        name="loop_limit",
        values=("eop_entries:4", "received:20"),
        default="eop_entries:4",
        rules=("R162",),
        text="What is counted to find a loop, and the count at which the message is refused.",
        kind="loop_limit",
    ),
)

_TIME = (
    Switch(
        name="config_propagation_delay",
        values=("0", "1800"),
        default="0",
        rules=("R33",),
        text="Seconds until the last front end sees a change in the cloud; the k-th of n sees it after k/n of them.",
        kind="seconds",
    ),
    Switch(
        name="trace_delay",
        values=("0", "600"),
        default="0",
        rules=("R214",),
        text="Seconds until a row appears in message trace.",
        kind="seconds",
    ),
    Switch(
        name="front_end_choice",
        values=("first", "rotating"),
        default="first",
        rules=("R33",),
        text="Which address of a host with several is tried first: as DNS lists them, or another one each minute.",
    ),
)

SWITCHES: dict[str, Switch] = {
    switch.name: switch for switch in (*_ATTRIBUTION, *_CERTIFICATES, *_ACCEPTANCE, *_DELIVERY, *_TIME)
}
