"""Whatever was exported: the import never crashes, and what it writes loads."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lab.importers.cmdlet_recognition import KINDS
from lab.importers.types import ExportLocation, FoundGateway, FoundRecord
from lab.scenario.language.exchange_objects import (
    ACCEPTED_DOMAIN,
    INBOUND,
    OUTBOUND,
    RECEIVE,
    REMOTE_DOMAIN,
    SEND,
)
from lab.scenario.language.mail_flow_rules import RULE
from lab.scenario.load import load_text
from tests.importers.importing import made

RECORDS = {
    "AcceptedDomain": ACCEPTED_DOMAIN,
    "InboundConnector": INBOUND,
    "OutboundConnector": OUTBOUND,
    "ReceiveConnector": RECEIVE,
    "RemoteDomain": REMOTE_DOMAIN,
    "SendConnector": SEND,
    "TransportRule": RULE,
}
DOMAINS = [
    "contoso.com",
    "contoso.example",
    "c.onmicrosoft.com",
    "c.mail.onmicrosoft.com",
    "*.contoso.com",
    "local",
    "ü.de",
]
TEXTS = st.one_of(
    st.sampled_from(
        [
            *DOMAINS,
            *(f"anna@{domain}" for domain in DOMAINS),
            *(
                "smtp:*;1",
                "*",
                "smtp:contoso.com;5",
                "X400:c=us;1",
                "SMTP:bob@contoso.com",
                "[10.0.0.1]",
                "10.0.0.1",
            ),
            *(
                "203.0.113.10",
                "198.51.100.7",
                "127.0.0.1",
                "10.0.0.0/8",
                "fe80::1",
                "0.0.0.0-255.255.255.255",
            ),
            *(
                "OnPremises",
                "Partner",
                "DomainValidation",
                "InternalRelay",
                "Enforce",
                "InOrganization",
                "$true",
            ),
            *(
                "<I>CN=CA<S>CN=mail.contoso.com",
                "mail.contoso.com",
                "contoso-com.mail.protection.outlook.com",
            ),
            *(
                "2026-01-01T00:00:00Z",
                "31.12.2026",
                "SMTP, IIS",
                "X-Header",
                "(",
                "yes",
                "no",
                "~",
                "a: b #c",
                "\u2028",
            ),
        ]
    ),
    st.text(max_size=12),
)
SINGLE = st.one_of(TEXTS, st.none(), st.booleans(), st.integers(-3, 70))
VALUES = st.one_of(
    SINGLE, st.lists(SINGLE, max_size=4).map(tuple), st.dictionaries(TEXTS, SINGLE, max_size=2)
)
FURTHER = [
    "Name",
    "EmailAddresses",
    "PrimarySmtpAddress",
    "RemoteRoutingAddress",
    "ExternalEmailAddress",
    "ForwardingSmtpAddress",
    "IsDirSynced",
    "RecipientTypeDetails",
    "AcceptMessagesOnlyFrom",
    "Members",
    "Thumbprint",
    "Subject",
    "Issuer",
    "Services",
    "NotAfter",
    "CertificateDomains",
    "Status",
    "Fqdn",
    "ServerRole",
    "TlsCertificateName",
    "RejectDirectSend",
    "Domain",
    "ArcTrustedSealers",
    "InitialDomain",
    "DistinguishedName",
    "Bindings",
    "HasClassification",
    "CopyTo",
    "ActivationDate",
    "Something",
]


@st.composite
def objects(draw):
    kind = draw(st.sampled_from(KINDS))
    known = [key.name for key in RECORDS[kind].keys] if kind in RECORDS else []
    names = draw(st.lists(st.sampled_from([*known, *FURTHER]), max_size=9, unique=True))
    folder = draw(st.sampled_from(["", "online/", "onprem/", "other-online/", "x/"]))
    values = {name: draw(VALUES) for name in names}
    if draw(st.booleans()):
        values |= {"Name": f"n{draw(st.integers(0, 3))}", "DomainName": draw(st.sampled_from(DOMAINS))}
    return f"{folder}{kind}.json", kind, values


RECORD = st.builds(
    FoundRecord,
    place=st.just(ExportLocation("a.zone", 1)),
    name=st.sampled_from(
        [*DOMAINS, "mail.contoso.com", "1.0.0.10.in-addr.arpa", "contoso", "selector1._domainkey.contoso.com"]
    ),
    type=st.sampled_from(["A", "MX", "TXT", "CNAME", "PTR", "AAAA"]),
    value=st.one_of(
        st.sampled_from(["10 mail.contoso.com", "0 .", "v=spf1 include:x.contoso.com -all", "10.0.0.1"]),
        TEXTS,
    ),
)
GATEWAY = st.builds(
    FoundGateway,
    place=st.just(ExportLocation("postconf.txt")),
    settings=st.dictionaries(
        st.sampled_from(["myhostname", "smtp_tls_cert_file", "smtp_helo_name"]), st.text(max_size=8)
    ),
    maps=st.just({"transport": {"contoso.com": "smtp:[mail.contoso.com]:25"}}),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(objects(), max_size=9),
    st.lists(RECORD, max_size=4),
    st.lists(GATEWAY, max_size=2),
    st.booleans(),
    st.booleans(),
)
def test_any_export_gives_a_scenario_that_loads(found, records, gateways, partners, lab):
    imported = made(*found, records=records, gateways=gateways, partners=partners, lab_addresses=lab)
    assert load_text(imported.text).variants
