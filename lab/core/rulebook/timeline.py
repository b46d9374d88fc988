"""Restrictions that came into force on a date (R45-R55); `dates_in_force` turns them into switch values."""

from datetime import date

from lab.core.rulebook.types import Confidence, Rule

DOCUMENTED, OBSERVED = Confidence.DOCUMENTED, Confidence.OBSERVED

RULES: tuple[Rule, ...] = (
    Rule(
        "R45",
        "Announced in March 2016 and in force since 5 July 2017, relay needs an accepted sender domain or "
        "a certificate connector with a registered domain, else ATTR36.",
        DOCUMENTED,
        "O365N",
        "Registered domain for relay",
        since=date(2017, 7, 5),
        switch="attribution_order",
    ),
    Rule(
        "R46",
        "Since July 2021 forwarded or relayed mail that failed authentication on entry leaves from the "
        "relay pool 40.95.0.0/16, which is outside the Microsoft 365 SPF record.",
        DOCUMENTED,
        "POOL, SRS",
        "Relay pool",
        since=date(2021, 7, 1),
        switch="relay_pool",
    ),
    Rule(
        "R47",
        "Since February 2023 inbound connectors are blocked by default in new tenants.",
        DOCUMENTED,
        "SEP EX505293",
        "New tenants start blocked",
        since=date(2023, 2, 1),
        not_emulated="partly: a tenant says so with `inbound_connectors_prohibited`, and is refused as such",
    ),
    Rule(
        "R48",
        "From August to October 2023 SRS was introduced for all forwarding, but not towards on-premises "
        "unless `SenderRewritingEnabled` is set.",
        DOCUMENTED,
        "SRS MC649482",
        "SRS for all forwarding",
        since=date(2023, 8, 1),
    ),
    Rule(
        "R49",
        "Since 1 November 2023 an accepted P2 domain no longer permits relay.",
        DOCUMENTED,
        "REL",
        "P2 counts no longer",
        since=date(2023, 11, 1),
        switch="p2_counts_for_relay",
    ),
    Rule(
        "R50",
        "Between 3 April and 1 May 2025 a tenant limit of 500 x licences^0.7 + 9500 external recipients in "
        "24 hours came (5,000 for trials), with 5.7.233 or, for trials, 5.7.232 beyond it.",
        DOCUMENTED,
        "TERRL",
        "External recipient rate limit",
        since=date(2025, 4, 3),
        switch="recipient_rate_limit",
        not_emulated="partly: the scenario says what was sent before; messages of the lab are not added up",
    ),
    Rule(
        "R51",
        "RejectDirectSend came as a preview in April 2025 and became generally available in September "
        "2025, with reply 5.7.68.",
        DOCUMENTED,
        "RDS",
        "RejectDirectSend arrives",
        since=date(2025, 9, 1),
        switch="reject_direct_send_available",
    ),
    Rule(
        "R52",
        "Since 5 May 2025 high-volume senders to outlook.com consumer mailboxes must pass SPF, DKIM and "
        "DMARC or get `550 5.7.515`.",
        OBSERVED,
        "PUB",
        "Consumer bulk sender rules",
        since=date(2025, 5, 5),
        not_emulated="not yet: Outlook.com consumer mailboxes are not modelled",
    ),
    Rule(
        "R53",
        "Between 15 October 2025 and 1 June 2026 a limit came for senders in `*.onmicrosoft.com`: 100 external "
        "recipients per organisation in 24 hours, with `550 5.7.236` beyond it.",
        DOCUMENTED,
        "MOERA",
        "Limit for onmicrosoft.com senders",
        since=date(2025, 10, 15),
        switch="onmicrosoft_limit",
        not_emulated="partly: the scenario says what was sent before; messages of the lab are not added up",
    ),
    Rule(
        "R54",
        "In February 2026 message MC1226222 published the order of attribution and named two anti-patterns.",
        DOCUMENTED,
        "MC",
        "Order of attribution published",
        since=date(2026, 2, 2),
    ),
    Rule(
        "R55",
        "Since February 2026 `MtaStsMode` and `SmtpDaneMode` can be set per outbound connector.",
        DOCUMENTED,
        "CONNMODE, NOC",
        "MTA-STS and DANE per connector",
        since=date(2026, 2, 1),
        not_emulated="not yet: MTA-STS and DANE modes are not modelled",
    ),
)
