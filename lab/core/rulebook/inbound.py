"""Parameters of the inbound connector and what they decide (R56-R71)."""

from lab.core.rulebook.types import Confidence, Rule

DOCUMENTED = Confidence.DOCUMENTED

RULES: tuple[Rule, ...] = (
    Rule(
        "R56",
        "`ConnectorType` is `Partner` by default or `OnPremises`, which grants relay to the internet and "
        "promotion of mail as internal and has no restricting effect.",
        DOCUMENTED,
        "NIC, SIC",
        "Inbound connector types",
    ),
    Rule(
        "R57",
        "`SenderDomains` takes domains, `*` or `*.contoso.com` without embedded wildcards and scopes "
        "Partner connectors; that it is ignored for OnPremises ones, and that only `*` means a null sender, is assumed.",
        DOCUMENTED,
        "NIC, LAB",
        "SenderDomains scopes Partner only",
        switch="onpremises_sender_domains",
    ),
    Rule(
        "R58",
        "`SenderIPAddresses` takes IPv4 addresses or ranges from /24 to /32; help ties it to restricting "
        "Partner connectors, yet other documents use it on OnPremises connectors.",
        DOCUMENTED,
        "NIC, MC, REL",
        "SenderIPAddresses values",
    ),
    Rule(
        "R59",
        "`TlsSenderCertificateName` is one SMTP domain or a wildcard, meaning the domain and all its "
        "sub-domains, that is compared with the client certificate.",
        DOCUMENTED,
        "NIC, SIC",
        "TlsSenderCertificateName values",
    ),
    Rule(
        "R60",
        "With `RequireTls`, default true, a Partner connector refuses a matching message that comes "
        "without TLS; that missing TLS means no match at an OnPremises connector is assumed.",
        DOCUMENTED,
        "NIC, SIC, LAB",
        "RequireTls",
    ),
    Rule(
        "R61",
        "With `RestrictDomainsToCertificate` (Partner only, default false) the certificate subject must "
        "match `TlsSenderCertificateName`, else 5.7.51.",
        DOCUMENTED,
        "NIC, SIC",
        "RestrictDomainsToCertificate",
    ),
    Rule(
        "R62",
        "With `RestrictDomainsToIPAddresses` (Partner only, default false) the client must be in "
        "`SenderIPAddresses`, else 5.7.51.",
        DOCUMENTED,
        "NIC, SIC",
        "RestrictDomainsToIPAddresses",
    ),
    Rule(
        "R63",
        "`CloudServicesMailEnabled` and `TreatMessagesAsInternal` need OnPremises and exclude each other; "
        "that OnPremises needs IPs or a name, a name TLS, each Restrict flag its value, and never both "
        "flags, is assumed.",
        DOCUMENTED,
        "NIC, LAB",
        "Invalid inbound combinations",
    ),
    Rule(
        "R64",
        "With `CloudServicesMailEnabled` organisation headers leave as `X-MS-Exchange-CrossPremises-*` and "
        "incoming ones are promoted back; without it they are removed.",
        DOCUMENTED,
        "NIC, SIC",
        "CloudServicesMailEnabled",
        switch="promote_crosspremises",
    ),
    Rule(
        "R65",
        "`TreatMessagesAsInternal` (OnPremises only) makes mail from the connector internal if the sender "
        "domain matches a configured domain, and excludes `CloudServicesMailEnabled`.",
        DOCUMENTED,
        "NIC, SIC",
        "TreatMessagesAsInternal",
    ),
    Rule(
        "R66",
        "`AssociatedAcceptedDomains` limits the connector to given accepted domains of the own tenant, "
        "which Microsoft advises to use for tests only.",
        DOCUMENTED,
        "NIC, UCC",
        "AssociatedAcceptedDomains",
        not_emulated="not yet: Microsoft advises it for tests only",
    ),
    Rule(
        "R67",
        "Enhanced Filtering (`EFSkipIPs`, `EFSkipLastIP`, `EFUsers`) skips known and private addresses and "
        "takes the last remaining `Received` address as the sending IP for SPF, DMARC and reputation.",
        DOCUMENTED,
        "EFC",
        "Enhanced Filtering",
    ),
    Rule(
        "R68",
        "`TrustedOrganizations` names Microsoft 365 organisations that are trusted as senders, without any "
        "described behaviour on the wire.",
        DOCUMENTED,
        "NIC",
        "TrustedOrganizations",
        not_emulated="not yet: no effect on the wire is described",
    ),
    Rule(
        "R69",
        "A connector with `Enabled` set to false takes part in nothing; the default is true.",
        DOCUMENTED,
        "NIC, SIC",
        "Disabled connector",
    ),
    Rule(
        "R70",
        "`ConnectorSource` is `Default`, `HybridWizard` or `Migrated` and is informational.",
        DOCUMENTED,
        "NIC, SIC",
        "ConnectorSource is informational",
    ),
    Rule(
        "R71",
        "The wizard makes `Inbound from <guid>`: OnPremises, sender domains `*`, no IP addresses, TLS "
        "required, the name of the chosen certificate, `CloudServicesMailEnabled` on and no Restrict flag.",
        DOCUMENTED,
        "HYTLS, HCW1, HCW2",
        "The wizard's inbound connector",
    ),
)
