"""The known misconfigurations, and the article's list of what to test: what scenarios and tests have to show.

`FAULTS` names each misconfiguration that a scenario of `scenarios/faults/` is about; `ARTICLE_TESTS` are the tests that
the article asks administrators for.
"""

from __future__ import annotations

from lab.model.value import dataclass

FAULTS: dict[str, str] = {
    "P1": "A wildcard certificate shared by hybrid Exchange and the outbound filter",
    "P2": "A wildcard on the connector, while other hosts below it hold certificates of their own",
    "P3": "A provider's gateway certificate fits the provider's own hybrid connector",
    "P4": "The same certificate on the internet's and on Exchange Online's send connector",
    "P5": "Centralized transport, and mail gateways with certificates of the same company",
    "P6": "A gateway for several tenants, with one certificate for several customers",
    "P7": "An OnPremises connector by IP address behind shared NAT",
    "P8": "The intermediate CA's certificate is not sent",
    "P9": "The certificate was renewed without the wizard; TlsCertificateName is stale",
    "P10": "The connector's exact name is no accepted domain",
    "P11": "A restricting partner connector for *, and a problem with the hybrid certificate",
    "P12": "On-premises' reports and automatic answers (null reverse-path) by an IP connector",
    "P13": "Add-on services that relay with a reverse-path of their own, since November 2023",
    "P14": "A smart host of another region, or another tenant's name",
    "P15": "InternalRelay left after the migration",
    "P16": "The hybrid outbound connector uses MX instead of a smart host",
    "P17": "The connector of centralized transport is scoped to accepted domains, or missing",
    "P18": "Centralized transport is expected to catch forwards from on-premises",
    "P19": "Centralized transport left on after the migration; on-premises routes back by MX",
    "P20": "An in-and-out signature gateway without the exception for its loop header",
    "P21": "An SMTP appliance, or TLS inspection, between Exchange and Exchange Online",
    "P22": "CloudServicesMailEnabled lost on a hand-made connector",
    "P23": "TlsDomain of the outbound connector does not fit the certificate",
    "P24": "TlsDomainCapabilities of the receive connector is missing",
    "P25": "No restriction at Exchange Online, though the MX is a gateway",
    "P26": "The connector type of the own organisation, in the belief that it restricts",
    "P27": "RejectDirectSend is on, and devices have no connector",
    "P28": "Inbound connectors are prohibited in new tenants",
    "P29": "The domain is not verified; users get an onmicrosoft.com primary address",
    "P30": "An onmicrosoft.com address as default sender",
    "P31": "targetAddress is stale after the migration",
    "P32": "A sub-domain that is no accepted domain; its parent is matched by another connector",
    "P33": "The gateway's next hop is the public MX, which is the gateway",
    "P34": "SPF lacks Exchange Online after centralized transport was turned off",
    "P35": "Enhanced Filtering is off behind a third party's MX",
    "P36": "TreatMessagesAsInternal and CloudServicesMailEnabled are both wanted",
    "P37": "Centralized transport with several forests: all mail goes to one",
    "P38": "A cloud mailbox with nothing but an onmicrosoft.com address",
}


@dataclass(frozen=True, slots=True)
class ArticleTest:
    """Something the article says to test or to watch."""

    what: str
    rules: tuple[str, ...]
    scenarios: tuple[str, ...]
    """Where the lab does it."""
    tests: tuple[str, ...]
    """Further tests that are about it, as pytest names them."""


_MATRIX = "tests/analysis/test_matrix.py"
ARTICLE_TESTS: tuple[ArticleTest, ...] = (
    ArticleTest(
        "Three partners (on-premises, cloud, foreign), both directions: six messages",
        ("R3", "R15", "R16", "R144", "R145"),
        ("hybrid-basics", "matrix-centralized"),
        (f"{_MATRIX}::test_three_partners_give_six_messages_and_more",),
    ),
    ArticleTest(
        "The other company is in Exchange Online too, in the same region or in another",
        ("R3", "R31", "R32"),
        ("wildcard-misrouting", "two-regions", "matrix-centralized"),
        (f"{_MATRIX}::test_partners_are_told_by_region",),
    ),
    ArticleTest(
        "Cloud voicemail and missed calls to the company's mailboxes",
        ("R231", "R232", "R245"),
        ("special-senders",),
        (
            "tests/nodes/test_service.py::test_what_the_service_makes_reaches_on_premises_by_the_hybrid_connector",
        ),
    ),
    ArticleTest(
        "Notifications of Teams, SharePoint, Yammer, Delve, Viva, forgotten in mail flow rules",
        ("R233", "R234", "R235", "R236", "R237", "R246"),
        ("special-senders", "rule-forgotten-sender"),
        ("tests/nodes/test_service.py::test_service_mail_is_spared_by_partner_restrictions",),
    ),
    ArticleTest(
        "Mail from and to <tenant>.onmicrosoft.com and <tenant>.mail.onmicrosoft.com",
        ("R102", "R158", "R239", "R240"),
        ("special-senders", "matrix-special-recipients"),
        (f"{_MATRIX}::test_who_is_known_in_the_cloud_only_is_a_class_of_its_own",),
    ),
    ArticleTest(
        "Microsoft 365 groups and Teams channels",
        ("R241",),
        ("matrix-special-recipients", "p22-lost-promotion", "special-senders"),
        (f"{_MATRIX}::test_services_write_to_own_people_only_and_channels_are_written_to",),
    ),
    ArticleTest(
        "Cloud-only users with an onmicrosoft.com address: there by the hybrid connector, back over the internet",
        ("R102", "R242"),
        ("p38-onmicrosoft-only-user",),
        (),
    ),
    ArticleTest(
        "Mail flow rules that route by a connector; centralized transport with several forests",
        ("R92", "R93", "R99"),
        ("rule-scoped-connector", "p37-multi-forest-centralized", "multi-forest"),
        ("tests/core/test_routing.py",),
    ),
    ArticleTest(
        "Tests repeated after some time, as changes are replicated and cached",
        ("R33",),
        ("timeline-cure", "timeline-direct-send", "several-front-ends"),
        (f"{_MATRIX}::test_a_cell_tells_when_it_flipped",),
    ),
    ArticleTest(
        "NDRs per time unit, and duplicates",
        ("R196", "R197"),
        ("wildcard-misrouting",),
        ("tests/monitoring/test_alerts.py", "tests/evidence/test_metrics.py"),
    ),
    ArticleTest(
        "Messages in the own tenant's trace that nobody expects there",
        ("R220",),
        ("wildcard-misrouting", "p02-wildcard-connector-value"),
        ("tests/evidence/test_misplacement.py::test_a_fault_leads_mail_into_the_senders_tenant",),
    ),
    ArticleTest(
        "A name and a certificate of its own for the hybrid connection, without an overlap",
        ("R13", "R85"),
        ("wildcard-misrouting", "p01-shared-wildcard", "p02-wildcard-connector-value"),
        ("tests/core/test_certificate_matching.py",),
    ),
)
