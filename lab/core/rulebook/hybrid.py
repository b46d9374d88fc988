"""What the Hybrid Configuration Wizard creates; headers of the trusted path (R101-R112, R117-R124)."""

from lab.core.rulebook.types import Confidence, Rule

DOCUMENTED, OBSERVED, ASSUMED = Confidence.DOCUMENTED, Confidence.OBSERVED, Confidence.ASSUMED

RULES: tuple[Rule, ...] = (
    Rule(
        "R101",
        "The wizard makes `Outbound to Office 365 - <guid>` for `<tenant>.mail.onmicrosoft.com` with MX "
        "routing, required TLS validated against `mail.protection.outlook.com`, a fixed certificate and "
        "cloud services mail.",
        DOCUMENTED,
        "HYTLS, HCW1, HCW2",
        "The wizard's send connector",
    ),
    Rule(
        "R102",
        "The address space is only `<tenant>.mail.onmicrosoft.com`, so mail to `<tenant>.onmicrosoft.com` "
        "leaves by the internet connector; that it is unreachable where there is none is assumed.",
        DOCUMENTED,
        "HYTLS, SEED, LAB",
        "Only the routing domain is covered",
    ),
    Rule(
        "R103",
        "The wizard changes `Default Frontend <server>` so that anonymous senders are allowed, TLS is "
        "optional and `mail.protection.outlook.com` has the capability AcceptCloudServicesMail.",
        DOCUMENTED,
        "HYTLS",
        "Default Frontend is changed",
    ),
    Rule(
        "R104",
        "The wizard makes remote domains for `<tenant>.mail.onmicrosoft.com`, the target delivery domain, "
        "and for `<tenant>.onmicrosoft.com`, with trusted inbound mail enabled.",
        DOCUMENTED,
        "HYTLS, HCW1, HCW2",
        "Remote domains",
        not_emulated="partly: they are made and shown, and decide nothing on the way of a message",
    ),
    Rule(
        "R105",
        "The wizard makes `<tenant>.mail.onmicrosoft.com` an accepted domain on-premises and adds an "
        "address of that domain to the e-mail address policy.",
        DOCUMENTED,
        "HCW1, HCW2",
        "Routing domain as accepted domain",
    ),
    Rule(
        "R106",
        "A remote mailbox has a target address in `<tenant>.mail.onmicrosoft.com`, to which the recipient "
        "is rewritten so that the wizard's send connector is selected.",
        DOCUMENTED,
        "TRT",
        "Remote mailbox target address",
    ),
    Rule(
        "R107",
        "The organisation relationships and the intra-organisation connector of the wizard have no effect "
        "on mail flow.",
        OBSERVED,
        "HCW1, HCW2",
        "Organisation relationships",
        not_emulated="no mail-flow effect",
    ),
    Rule(
        "R108",
        "The hybrid configuration object lists the features (CentralizedTransport only with centralized "
        "mail transport), the certificate, the on-premises smart host and the domains.",
        DOCUMENTED,
        "HCW1, HCW2",
        "Hybrid configuration object",
        not_emulated="no mail-flow effect: it records what the wizard was told",
    ),
    Rule(
        "R109",
        "The wizard does not touch MX records, the internet send connector or gateways.",
        DOCUMENTED,
        "HCW",
        "What the wizard leaves alone",
    ),
    Rule(
        "R110",
        "The wizard writes its log into the folder `Microsoft\\Exchange Hybrid Configuration` of the user's "
        "application data.",
        DOCUMENTED,
        "HCW",
        "The wizard's log",
        not_emulated="no mail-flow effect",
    ),
    Rule(
        "R111",
        "In the cloud the wizard makes `Inbound from <guid>` and `Outbound to <guid>`, the latter "
        "OnPremises for the chosen domains (`*` with centralized transport), by smart host and with "
        "DomainValidation of the certificate name.",
        DOCUMENTED,
        "HYTLS, HCW1, HCW2",
        "The wizard's cloud connectors",
    ),
    Rule(
        "R112",
        "The `<guid>` in the object names of one wizard run is the same organisation GUID.",
        OBSERVED,
        "HCW1, HCW2",
        "One GUID in all names",
    ),
    Rule(
        "R117",
        "Over the wizard's send connector the on-premises organisation headers, such as AuthAs, "
        "AuthMechanism, AuthSource and SCL, travel as `X-MS-Exchange-CrossPremises-*`.",
        OBSERVED,
        "HD-INT22, HD-AMD25, HD-AMD23",
        "CrossPremises headers",
    ),
    Rule(
        "R118",
        "The sending server adds `X-OrganizationHeadersPreserved`, the receiver `X-CrossPremisesHeadersPromoted` and "
        "`-Filtered`; `X-CrossPremisesHeadersFilteredBySendConnector` means a broken path.",
        OBSERVED,
        "HD-INT22, C7",
        "Traces of header promotion",
    ),
    Rule(
        "R119",
        "With promoted headers the message is internal (AuthAs Internal, SCL -1, no anti-spoofing, "
        "accepted by internal-only groups); without them it stays AuthAs Anonymous although attributed to "
        "the tenant.",
        DOCUMENTED,
        "INTERNAL, HD-AMD25, HD-INT22",
        "Promotion makes mail internal",
        switch="promote_crosspremises",
    ),
    Rule(
        "R120",
        "Any non-Exchange SMTP hop between Exchange and EOP breaks the internal status; that mail "
        "misrouted through a gateway is therefore attributed but AuthAs Anonymous is partly assumed.",
        DOCUMENTED,
        "TOPT, TRT, HD-AMD25",
        "A hop between breaks it",
    ),
    Rule(
        "R121",
        "Exchange announces the originator organisation as the MAIL parameter `XOORG=<domain>` to trusted "
        "peers, and in headers it survives as `X-OriginatorOrg`; its exact meaning is assumed.",
        OBSERVED,
        "PUB, LAB",
        "XOORG names the originator",
        not_emulated="partly: X-OriginatorOrg is written; no server of the lab offers or sends XOORG",
    ),
    Rule(
        "R122",
        "A tenant's exit stamps `X-MS-Exchange-CrossTenant-*` headers and "
        "`X-MS-Exchange-Transport-CrossTenantHeadersStamped`, and the entry to another tenant shows that "
        "they were stripped or promoted.",
        OBSERVED,
        "HD-AMD25, HD-AMD23, HD-XLX22, SIS mail 06",
        "Cross-tenant headers",
    ),
    Rule(
        "R123",
        "`FromEntityHeader` is `Hosted` for cloud mailboxes and the cloud's own NDRs, `HybridOnPrem` for "
        "mail through an OnPremises connector and `Internet` for anonymous inbound mail.",
        OBSERVED,
        "HD-AMD25, HD-AMD23, SIS",
        "FromEntityHeader",
    ),
    Rule(
        "R124",
        "That `X-MS-Exchange-SenderADCheck` is `1` when P1 or P2 is in an accepted domain and `2` when "
        "neither is, is assumed from a few real headers.",
        ASSUMED,
        "HD-AMD25, HD-AMD23, HD-XLX22, LAB",
        "SenderADCheck",
    ),
)
