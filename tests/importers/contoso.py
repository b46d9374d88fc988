"""A hybrid organisation in a few properties each, as tests change them."""

from typing import Any

from lab.importers.types import ExportLocation, FoundRecord

Object = tuple[str, str, dict[str, Any]]
"""File, kind, properties."""

ISSUER = "CN=DigiCert CA, O=DigiCert Inc, C=US"
SUBJECT = "CN=hybrid.contoso.com, O=Contoso, C=DE"
ROUTING = "contoso.mail.onmicrosoft.com"
IN_EUROPE = "CN=x,CN=Configuration,CN=contoso.onmicrosoft.com,CN=ConfigurationUnits,DC=EURPR05A002,DC=PROD,DC=OUTLOOK,DC=COM"

DOMAINS: list[Object] = [
    (
        "onprem/domains.json",
        "AcceptedDomain",
        {"DomainName": "contoso.com", "Default": True, "DomainType": 0},
    ),
    ("onprem/domains.json", "AcceptedDomain", {"DomainName": ROUTING, "DomainType": 2}),
]
HYBRID_SEND = {
    "Name": "Outbound to Office 365 - 1",
    "AddressSpaces": [f"smtp:{ROUTING};1"],
    "DNSRoutingEnabled": True,
    "TlsAuthLevel": 3,
    "TlsDomain": "mail.protection.outlook.com",
    "RequireTLS": True,
    "CloudServicesMailEnabled": True,
    "TlsCertificateName": f"<I>{ISSUER}<S>{SUBJECT}",
}
CERTIFICATE = {
    "Thumbprint": "AA",
    "Subject": SUBJECT,
    "Issuer": ISSUER,
    "CertificateDomains": ["hybrid.contoso.com", "mail.contoso.com"],
    "Services": 28,
    "NotBefore": "2026-01-01T00:00:00Z",
    "NotAfter": "2027-01-01T00:00:00Z",
    "RootCAType": "ThirdParty",
}
INTERNET = {
    "Name": "Internet",
    "AddressSpaces": ["SMTP:*;10"],
    "DNSRoutingEnabled": False,
    "SmartHosts": ["[10.1.1.25]"],
}
ON_PREMISES: list[Object] = [
    *DOMAINS,
    ("onprem/send.json", "SendConnector", HYBRID_SEND),
    ("onprem/send.json", "SendConnector", INTERNET),
    (
        "onprem/servers.json",
        "ExchangeServer",
        {"Name": "EX1", "Fqdn": "ex1.corp.local", "ServerRole": "Mailbox"},
    ),
    ("onprem/certificates.json", "ExchangeCertificate", CERTIFICATE),
    (
        "onprem/mailboxes.json",
        "Mailbox",
        {
            "PrimarySmtpAddress": "on@contoso.com",
            "EmailAddresses": ["SMTP:on@contoso.com", f"smtp:on@{ROUTING}"],
        },
    ),
]
INBOUND = {
    "Name": "Inbound from 1",
    "ConnectorType": "OnPremises",
    "TlsSenderCertificateName": "*.contoso.com",
    "CloudServicesMailEnabled": True,
}
TENANT: list[Object] = [
    ("online/domains.json", "AcceptedDomain", {"DomainName": "contoso.com", "Default": True}),
    (
        "online/domains.json",
        "AcceptedDomain",
        {"DomainName": "contoso.onmicrosoft.com", "InitialDomain": True, "DistinguishedName": IN_EUROPE},
    ),
    ("online/domains.json", "AcceptedDomain", {"DomainName": ROUTING}),
]
CONNECTORS: list[Object] = [
    ("online/inbound.json", "InboundConnector", INBOUND),
    (
        "online/outbound.json",
        "OutboundConnector",
        {
            "Name": "Outbound to 1",
            "ConnectorType": 1,
            "RecipientDomains": ["contoso.com"],
            "UseMXRecord": False,
            "SmartHosts": ["hybrid.contoso.com"],
            "TlsSettings": 3,
            "TlsDomain": "*.contoso.com",
            "CloudServicesMailEnabled": True,
        },
    ),
]
CLOUD: list[Object] = [
    *TENANT,
    *CONNECTORS,
    (
        "online/mailboxes.json",
        "Mailbox",
        {
            "PrimarySmtpAddress": "cl@contoso.com",
            "IsDirSynced": True,
            "EmailAddresses": [
                "SMTP:cl@contoso.com",
                f"smtp:cl@{ROUTING}",
                "smtp:cl@contoso.onmicrosoft.com",
            ],
        },
    ),
]
HYBRID: list[Object] = [*ON_PREMISES, *CLOUD]


def record(name, kind, value):
    return FoundRecord(place=ExportLocation("contoso.zone", 1), name=name, type=kind, value=value)


ZONE = [
    record("contoso.com", "MX", "10 mail.contoso.com"),
    record("mail.contoso.com", "A", "20.0.0.25"),
    record("hybrid.contoso.com", "A", "20.0.0.10"),
    record("contoso.com", "TXT", "v=spf1 ip4:20.0.0.0/24 include:spf.protection.outlook.com -all"),
]
