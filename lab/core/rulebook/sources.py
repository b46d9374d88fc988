"""Where the rules come from: each document, reply and capture under its tag.

Repositories named without a host are on GitHub. An "id" names a capture in a public archive of web pages.
"""

from lab.core.rulebook.types import RuleSource

_DOCS = "MicrosoftDocs/SupportArticles-docs"
_EXCHANGE = "MicrosoftDocs/OfficeDocs-Exchange"
_CMDLETS = "MicrosoftDocs/office-docs-powershell, exchange/exchange-ps/ExchangePowerShell"
_BLOG = "techcommunity.microsoft.com, Exchange Team blog"
_STAFF = "Reply by Microsoft staff on the blog post about requirements for SMTP relay"
_PRINTERS = "Fix issues with printers, scanners and LOB applications that send email"
_CVM = "sfbonline/cloud_voice_mail.htm, cvm_ex2016_sfb2015.htm and cvm_missed_call.htm"

_ATTRIBUTION = (
    RuleSource("SEED", "MSXFAQ: Exchange Online mit Wildcard-Zertifikat", "msxfaq.de (German)"),
    RuleSource(
        "MC",
        "Message Center MC1226222: Prevent/Fix: Guidance for On-Premises Connectors Configuration (Feb 2026)",
        "read in the mirrors mwpro.co.uk/blog/2026/02/04/, microsoftmessageid.com/?p=776, "
        "message.cengizyilmaz.net and app.cloudscout.one",
    ),
    RuleSource(
        "ATT", "Office 365 Message Attribution (11 Jul 2019; beginning only)", f"{_BLOG}, ba-p/749143"
    ),
    RuleSource("LIU1", f"{_STAFF}: sub-domains and wildcards", "reply 3855525 on blog 3851357"),
    RuleSource("LIU2", f"{_STAFF}: what P1, P2 and recipient may be", "reply 3873802 on blog 3851357"),
    RuleSource("LIU3", f"{_STAFF}: neither P1 nor P2 accepted", "reply 3873536 on blog 3851357"),
    RuleSource("LIU4", f"{_STAFF}: no self-signed certificates", "reply 3981065 on blog 3851357"),
    RuleSource(
        "REL",
        "Updated requirements for SMTP relay through Exchange Online (in force 1 Nov 2023)",
        "learn.microsoft.com/exchange/mail-flow-best-practices/updated-requirements-smtp-relay; "
        "blog 3851357 of 19 Jun 2023",
    ),
    RuleSource("QA23", "Microsoft Q&A, guide to the relay requirements (4 Oct 2023)", "answer 11582569"),
    RuleSource(
        "O365N",
        "Configure a certificate-based connector to relay email messages (KB3169958)",
        f"{_DOCS}, office-365-notice.md",
    ),
    RuleSource("TAN", "TenantAttribution NDR (KB3212877)", f"{_DOCS}, tenantattribution-ndr.md"),
    RuleSource("RAD", "Relay access denied", f"{_DOCS}, relay-access-denied-smtp.md"),
    RuleSource("F64", "Fix error code 5.7.64", f"{_DOCS}, fix-error-code-5-7-64-in-exchange-online.md"),
    RuleSource("PRN", _PRINTERS, f"{_DOCS}, fix-issues-with-printers-scanners-and-lob-applications…"),
    RuleSource("A35", "Wrong Office 365 region", f"{_DOCS}, wrong-office-365-region-exo.md"),
    RuleSource(
        "TZ",
        "How Office 365 does SPF checks for customer-to-customer mail",
        "learn.microsoft.com/archive/blogs/tzink/how-office-365-does-spf-checks-for-customer-to-customer-mail",
    ),
    RuleSource("INTERNAL", "Demystifying when a message is internal", f"{_BLOG}, ba-p/1420838"),
    RuleSource("DEFENDER", "Microsoft Defender for Office 365 documentation", "MicrosoftDocs/defender-docs"),
)

_FIELD = (
    RuleSource("EOPF", "Use headers to determine the tenant (3 Jan 2019)", "eopfieldnotes blog"),
    RuleSource("GR1", "EXO InboundConnector TLS issue", "granikos.eu"),
    RuleSource("GR2", "Mail to another Office 365 tenant fails", "granikos.eu"),
    RuleSource("HO", "Random SPF failures in hybrid, tenant attribution (2019)", "hornedowl.net"),
    RuleSource("ENOW", "The curious logic behind some EOP routing decisions", "ENow blog"),
    RuleSource(
        "SEP",
        "SEPPmail: Microsoft 365 SSL certificate, and Exchange Online FAQ",
        "docs.seppmail.com, 09_ht_mso365_ssl_certificate; seppmail/ExchangeOnline-FAQ",
    ),
    RuleSource("C7", "Hybrid header promotion", "c7solutions blog"),
    RuleSource("WINACME", "Issuer changes at renewal", "win-acme, issue 1754"),
    RuleSource(
        "DOTNET", ".NET sends no certificate without clientAuth", "dotnet/runtime, issues 121982, 131563"
    ),
    RuleSource("EXDOCS", "Issues of the Exchange documentation", f"{_EXCHANGE}, issues"),
    RuleSource("VDL", "MX records of DNSSEC domains", "vand3rlinden.com"),
    RuleSource(
        "EKU",
        "Removal of clientAuth from public certificates",
        "encryptionconsulting.com; comparecheapssl (Apr 2026); notices of the authorities",
    ),
    RuleSource("NSP", "Ende der TLS-Client-Authentifizierungszertifikate", "nospamproxy.de (German)"),
    RuleSource(
        "RP",
        "Typical causes of mail loops (7 Aug 2026) and Ghost Sender (15 Jul 2026)",
        "rafaelpfister.ch, ids 57647943131 and 57433753410",
    ),
)

_CONNECTORS = (
    RuleSource("UCC", "Configure mail flow using connectors in Exchange Online", f"Learn; {_EXCHANGE}"),
    RuleSource("ADDON", "Integrate Exchange Online with an email add-on service", f"Learn; {_EXCHANGE}"),
    RuleSource(
        "TOPT", "Transport options in hybrid", f"{_EXCHANGE}, Exchange/ExchangeHybrid/transport-options.md"
    ),
    RuleSource(
        "TRT", "Transport routing in hybrid", f"{_EXCHANGE}, Exchange/ExchangeHybrid/transport-routing.md"
    ),
    RuleSource(
        "CREQ",
        "Certificate requirements for hybrid",
        f"{_EXCHANGE}, Exchange/ExchangeHybrid/certificate-requirements.md",
    ),
    RuleSource("HCW", "Hybrid Configuration Wizard", f"{_EXCHANGE}, hybrid-configuration-wizard.md"),
    RuleSource(
        "HYTLS",
        "TLS certificates in Exchange hybrid (June 2025)",
        f"{_BLOG}, 4420592; read in the Japanese translation, id 21850524900",
    ),
    RuleSource("NIC", "New-InboundConnector", f"{_CMDLETS}/New-InboundConnector.md"),
    RuleSource("SIC", "Set-InboundConnector", f"{_CMDLETS}/Set-InboundConnector.md"),
    RuleSource("NOC", "New-OutboundConnector", f"{_CMDLETS}/New-OutboundConnector.md"),
    RuleSource("SOC", "Set-OutboundConnector", f"{_CMDLETS}/Set-OutboundConnector.md"),
    RuleSource("CONNMODE", "MTA-STS and DANE per connector", f"{_BLOG}, 4514248"),
    RuleSource("EFC", "Enhanced filtering for connectors in Exchange Online", "Learn"),
    RuleSource(
        "RDS",
        "Introducing more control over Direct Send",
        f"{_CMDLETS}/Set-OrganizationConfig.md -RejectDirectSend; {_BLOG}, 4408790; MC1093237",
    ),
    RuleSource("DSV", "Direct Send vs sending directly to an Exchange Online tenant", f"{_BLOG}, 4439865"),
    RuleSource("HCW1", "Transcript of what the wizard runs", "public GitHub, id 33270421886"),
    RuleSource(
        "HCW2", "Transcript of a hand-made hybrid configuration (LEE)", "public GitHub, id 55061498486"
    ),
    RuleSource("CSS", "HealthChecker and ExoConnectorCheck (2 Apr 2026)", "microsoft/CSS-Exchange"),
    RuleSource("KB2989382", "Proxy session setup failed on Frontend", "Microsoft KB2989382"),
)

_FLOW = (
    RuleSource(
        "TERRL",
        "Tenant external recipient rate limit",
        f"KnowBe4 article 40027061481363; {_DOCS}, commit ae5c3e0 of 7 Jan 2026",
    ),
    RuleSource("MOERA", "Limiting Onmicrosoft Domain Usage for Sending Emails", _BLOG),
    RuleSource(
        "NDRDOC",
        "Non-delivery reports in Exchange Online",
        f"{_DOCS}, Exchange/ExchangeOnline/email-delivery/ndr/non-delivery-reports-in-exchange-online.md",
    ),
    RuleSource("DBEB", "Use Directory-Based Edge Blocking", "Learn"),
    RuleSource("ACC", "Manage accepted domains", "Learn"),
    RuleSource(
        "KB4415",
        "Hybrid messages not routed through on-premises (KB3194415)",
        f"{_DOCS}, hybrid-messages-not-routed-through-on-premises.md",
    ),
    RuleSource(
        "LOOP",
        "Fix error codes 5.4.6 through 5.4.20",
        f"{_EXCHANGE}, fix-error-code-5-4-6-through-5-4-20-in-exchange-online.md",
    ),
    RuleSource("LOOPX", "Real 5.4.14 NDR, April 2024", "public archive, id 31223822225"),
    RuleSource("POOL", "Outbound delivery pools", "Learn"),
    RuleSource(
        "SHAD",
        "Shadow redundancy in Exchange Server",
        f"{_EXCHANGE}, Exchange/ExchangeServer/mail-flow/transport-high-availability/shadow-redundancy.md",
    ),
    RuleSource("MFA", "About mail flow: retries and expiry", "Learn, mail-flow-about"),
    RuleSource("DANE", "How SMTP DANE works", "Learn, Purview"),
    RuleSource(
        "SRS",
        "Sender Rewriting Scheme (SRS) in Microsoft 365",
        f"learn.microsoft.com/exchange/reference/sender-rewriting-scheme; {_DOCS}, id 13600032215",
    ),
    RuleSource("AUTH", "Anti-spam message headers; email authentication", "MicrosoftDocs/defender-docs"),
)

_EVIDENCE = (
    RuleSource("HD-AMD25", "Real headers, hybrid relay via a tenant, Oct 2025", "id 36030801158"),
    RuleSource("HD-AMD23", "Real headers, relay of a P1 not accepted, July 2023", "id 40880575408"),
    RuleSource("HD-XLX22", "Real headers, relay of a P1 not accepted, May 2022", "id 31447432771"),
    RuleSource("HD-INT22", "Real headers with promoted headers, 2022", "id 45947178154"),
    RuleSource("SIS", "Real NDRs of Exchange Online", "sisimai/set-of-emails, lhost-office365-01..13.eml"),
    RuleSource("MTL", "Message tracking", f"{_EXCHANGE}, mail-flow/transport-logs/message-tracking.md"),
    RuleSource("PLOG", "Protocol logging", f"{_EXCHANGE}, connectors/protocol-logging.md"),
    RuleSource(
        "TRC", "Message trace in the modern admin center", f"{_EXCHANGE}, message-trace-modern-eac.md"
    ),
    RuleSource(
        "MT2",
        "Get-MessageTraceV2, Get-MessageTraceDetailV2",
        f"{_CMDLETS}/Get-MessageTraceV2.md and Get-MessageTraceDetailV2.md",
    ),
    RuleSource("PASTEBIN", "Raw message trace data (2015)", "pastebin Z0QeWJr3"),
    RuleSource("PUB", "Real transcripts, logs, headers and NDRs without one main source", "public archives"),
    RuleSource("LAB", "Inferred by the authors of this lab", "this rulebook"),
)

_SERVICES = (
    RuleSource("VM", "Teams voicemail phishing (26 Jul 2026)", "blog, id 58531555206"),
    RuleSource(
        "TDOM", "Teams: smtp-accepted-domain (older)", "MicrosoftTeams docs, several language repositories"
    ),
    RuleSource(
        "DSEL",
        "Select the domain to use for email from Microsoft 365 products",
        "Learn; michev.info/blog/post/5569",
    ),
    RuleSource("CVM", "Cloud Voicemail and missed calls", f"msxfaq.de, cloud/{_CVM}"),
    RuleSource("SPNOTE", "SharePoint notification address (2016)", "Microsoft support article"),
    RuleSource("YAM", "Configure email and Yammer", "Learn"),
)

SOURCES: dict[str, RuleSource] = {
    source.tag: source for source in (*_ATTRIBUTION, *_FIELD, *_CONNECTORS, *_FLOW, *_EVIDENCE, *_SERVICES)
}
