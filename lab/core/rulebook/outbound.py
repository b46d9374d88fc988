"""Parameters of the outbound connector and the choice between connectors (R86-R100)."""

from datetime import date

from lab.core.rulebook.types import Confidence, Rule

DOCUMENTED = Confidence.DOCUMENTED

RULES: tuple[Rule, ...] = (
    Rule(
        "R86",
        "The `ConnectorType` of an outbound connector is `Partner` by default or `OnPremises`.",
        DOCUMENTED,
        "NOC",
        "Outbound connector types",
    ),
    Rule(
        "R87",
        "`RecipientDomains` takes SMTP domains, with `*` and `*.contoso.com` allowed.",
        DOCUMENTED,
        "NOC",
        "RecipientDomains",
    ),
    Rule(
        "R88",
        "With `AllAcceptedDomains` an OnPremises connector covers all accepted domains of the tenant.",
        DOCUMENTED,
        "NOC",
        "AllAcceptedDomains",
    ),
    Rule(
        "R89",
        "`UseMXRecord` is true by default, and smart hosts are required when it is false; the wizard sets "
        "it to false with the on-premises host.",
        DOCUMENTED,
        "NOC, HYTLS",
        "MX or smart hosts",
    ),
    Rule(
        "R90",
        "`TlsSettings` empty means opportunistic TLS, `EncryptionOnly` any certificate, "
        "`CertificateValidation` a valid chain, and `DomainValidation` a valid chain and a name that "
        "matches `TlsDomain`.",
        DOCUMENTED,
        "NOC",
        "TlsSettings",
    ),
    Rule(
        "R91",
        "`TlsDomain` is used only with DomainValidation and may be a wildcard; a mismatch defers the "
        "message with `450 4.4.317 Cannot connect to remote server [Message=SubjectMismatch`.",
        DOCUMENTED,
        "NOC, HYTLS",
        "TlsDomain mismatch defers",
    ),
    Rule(
        "R92",
        "`RouteAllMessagesViaOnPremises` (OnPremises only) turns on centralized mail transport, for which "
        "the wizard sets `RecipientDomains` to `*`.",
        DOCUMENTED,
        "NOC",
        "RouteAllMessagesViaOnPremises",
    ),
    Rule(
        "R93",
        "A connector with `IsTransportRuleScoped` is used only when a mail flow rule names it and is "
        "otherwise invisible to routing.",
        DOCUMENTED,
        "NOC",
        "IsTransportRuleScoped",
    ),
    Rule(
        "R94",
        "`CloudServicesMailEnabled` on an outbound connector writes organisation headers as CrossPremises "
        "headers when the mail leaves.",
        DOCUMENTED,
        "NOC",
        "Outbound CloudServicesMailEnabled",
    ),
    Rule(
        "R95",
        "A connector with `TestMode` is used by validation only and not for mail.",
        DOCUMENTED,
        "NOC",
        "TestMode",
    ),
    Rule(
        "R96",
        "`SenderRewritingEnabled` (OnPremises only, default false) applies SRS to mail towards on-premises.",
        DOCUMENTED,
        "NOC",
        "SenderRewritingEnabled",
    ),
    Rule(
        "R97",
        "`MtaStsMode` and `SmtpDaneMode` are opportunistic by default and can be made stricter or switched "
        "off per connector.",
        DOCUMENTED,
        "NOC, CONNMODE",
        "MTA-STS and DANE mode",
        since=date(2026, 2, 1),
        not_emulated="not yet: MTA-STS and DANE modes are not modelled",
    ),
    Rule(
        "R98",
        "`Enabled`, `ConnectorSource` and `Comment` of outbound connectors mean the same as for inbound "
        "connectors.",
        DOCUMENTED,
        "NOC",
        "Enabled, source and comment",
    ),
    Rule(
        "R99",
        "The exact recipient domain goes before all accepted domains and these before a wildcard, though "
        "the documented example is inconsistent; that a connector named by a mail flow rule overrides all "
        "is assumed.",
        DOCUMENTED,
        "UCC, LAB",
        "Choice of outbound connector",
        switch="outbound_connector_order",
    ),
    Rule(
        "R100",
        "Without a matching connector mail goes to the MX of the recipient domain with opportunistic TLS "
        "and with MTA-STS and DANE as published.",
        DOCUMENTED,
        "UCC, NOC",
        "No outbound connector",
    ),
)
