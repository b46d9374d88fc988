"""Where the rules come from: each document, reply and capture under its tag.

Repositories named without a host are on GitHub. An "id" names a capture in a public archive of web pages.
"""

from lab.core.rulebook.nouns import Source

_DOCS = "MicrosoftDocs/SupportArticles-docs"
_EXCHANGE = "MicrosoftDocs/OfficeDocs-Exchange"
_CMDLETS = "MicrosoftDocs/office-docs-powershell, exchange/exchange-ps/ExchangePowerShell"
_BLOG = "techcommunity.microsoft.com, Exchange Team blog"
_STAFF = "Reply by Microsoft staff on the blog post about requirements for SMTP relay"
_PRINTERS = "Fix issues with printers, scanners and LOB applications that send email"
_CVM = "sfbonline/cloud_voice_mail.htm, cvm_ex2016_sfb2015.htm and cvm_missed_call.htm"

_ATTRIBUTION = (
    Source("SEED", "MSXFAQ: Exchange Online mit Wildcard-Zertifikat", "msxfaq.de (German)"),
    Source(
        "MC",
        "Message Center MC1226222: Prevent/Fix: Guidance for On-Premises Connectors Configuration (Feb 2026)",
        "read in the mirrors mwpro.co.uk/blog/2026/02/04/, microsoftmessageid.com/?p=776, "
        "message.cengizyilmaz.net and app.cloudscout.one",
    ),
    Source("ATT", "Office 365 Message Attribution (11 Jul 2019; beginning only)", f"{_BLOG}, ba-p/749143"),
    Source("LIU1", f"{_STAFF}: sub-domains and wildcards", "reply 3855525 on blog 3851357"),
    Source("LIU2", f"{_STAFF}: what P1, P2 and recipient may be", "reply 3873802 on blog 3851357"),
    Source("LIU3", f"{_STAFF}: neither P1 nor P2 accepted", "reply 3873536 on blog 3851357"),
    Source("LIU4", f"{_STAFF}: no self-signed certificates", "reply 3981065 on blog 3851357"),
    Source(
        "REL",
        "Updated requirements for SMTP relay through Exchange Online (in force 1 Nov 2023)",
        "learn.microsoft.com/exchange/mail-flow-best-practices/updated-requirements-smtp-relay; "
        "blog 3851357 of 19 Jun 2023",
    ),
    Source("QA23", "Microsoft Q&A, guide to the relay requirements (4 Oct 2023)", "answer 11582569"),
    Source(
        "O365N",
        "Configure a certificate-based connector to relay email messages (KB3169958)",
        f"{_DOCS}, office-365-notice.md",
    ),
    Source("TAN", "TenantAttribution NDR (KB3212877)", f"{_DOCS}, tenantattribution-ndr.md"),
    Source("RAD", "Relay access denied", f"{_DOCS}, relay-access-denied-smtp.md"),
    Source("F64", "Fix error code 5.7.64", f"{_DOCS}, fix-error-code-5-7-64-in-exchange-online.md"),
    Source("PRN", _PRINTERS, f"{_DOCS}, fix-issues-with-printers-scanners-and-lob-applications…"),
    Source("A35", "Wrong Office 365 region", f"{_DOCS}, wrong-office-365-region-exo.md"),
    Source(
        "TZ",
        "How Office 365 does SPF checks for customer-to-customer mail",
        "learn.microsoft.com/archive/blogs/tzink/how-office-365-does-spf-checks-for-customer-to-customer-mail",
    ),
    Source("INTERNAL", "Demystifying when a message is internal", f"{_BLOG}, ba-p/1420838"),
    Source("DEFENDER", "Microsoft Defender for Office 365 documentation", "MicrosoftDocs/defender-docs"),
)

_FIELD = (
    Source("EOPF", "Use headers to determine the tenant (3 Jan 2019)", "eopfieldnotes blog"),
    Source("GR1", "EXO InboundConnector TLS issue", "granikos.eu"),
    Source("GR2", "Mail to another Office 365 tenant fails", "granikos.eu"),
    Source("HO", "Random SPF failures in hybrid, tenant attribution (2019)", "hornedowl.net"),
    Source("ENOW", "The curious logic behind some EOP routing decisions", "ENow blog"),
    Source(
        "SEP",
        "SEPPmail: Microsoft 365 SSL certificate, and Exchange Online FAQ",
        "docs.seppmail.com, 09_ht_mso365_ssl_certificate; seppmail/ExchangeOnline-FAQ",
    ),
    Source("C7", "Hybrid header promotion", "c7solutions blog"),
    Source("WINACME", "Issuer changes at renewal", "win-acme, issue 1754"),
    Source("DOTNET", ".NET sends no certificate without clientAuth", "dotnet/runtime, issues 121982, 131563"),
    Source("EXDOCS", "Issues of the Exchange documentation", f"{_EXCHANGE}, issues"),
    Source("VDL", "MX records of DNSSEC domains", "vand3rlinden.com"),
    Source(
        "EKU",
        "Removal of clientAuth from public certificates",
        "encryptionconsulting.com; comparecheapssl (Apr 2026); notices of the authorities",
    ),
    Source("NSP", "Ende der TLS-Client-Authentifizierungszertifikate", "nospamproxy.de (German)"),
    Source(
        "RP",
        "Typical causes of mail loops (7 Aug 2026) and Ghost Sender (15 Jul 2026)",
        "rafaelpfister.ch, ids 57647943131 and 57433753410",
    ),
)

_CONNECTORS = (
    Source("UCC", "Configure mail flow using connectors in Exchange Online", f"Learn; {_EXCHANGE}"),
    Source("ADDON", "Integrate Exchange Online with an email add-on service", f"Learn; {_EXCHANGE}"),
    Source(
        "TOPT", "Transport options in hybrid", f"{_EXCHANGE}, Exchange/ExchangeHybrid/transport-options.md"
    ),
    Source(
        "TRT", "Transport routing in hybrid", f"{_EXCHANGE}, Exchange/ExchangeHybrid/transport-routing.md"
    ),
    Source(
        "CREQ",
        "Certificate requirements for hybrid",
        f"{_EXCHANGE}, Exchange/ExchangeHybrid/certificate-requirements.md",
    ),
    Source("HCW", "Hybrid Configuration Wizard", f"{_EXCHANGE}, hybrid-configuration-wizard.md"),
    Source(
        "HYTLS",
        "TLS certificates in Exchange hybrid (June 2025)",
        f"{_BLOG}, 4420592; read in the Japanese translation, id 21850524900",
    ),
    Source("NIC", "New-InboundConnector", f"{_CMDLETS}/New-InboundConnector.md"),
    Source("SIC", "Set-InboundConnector", f"{_CMDLETS}/Set-InboundConnector.md"),
    Source("NOC", "New-OutboundConnector", f"{_CMDLETS}/New-OutboundConnector.md"),
    Source("SOC", "Set-OutboundConnector", f"{_CMDLETS}/Set-OutboundConnector.md"),
    Source("CONNMODE", "MTA-STS and DANE per connector", f"{_BLOG}, 4514248"),
    Source("EFC", "Enhanced filtering for connectors in Exchange Online", "Learn"),
    Source(
        "RDS",
        "Introducing more control over Direct Send",
        f"{_CMDLETS}/Set-OrganizationConfig.md -RejectDirectSend; {_BLOG}, 4408790; MC1093237",
    ),
    Source("DSV", "Direct Send vs sending directly to an Exchange Online tenant", f"{_BLOG}, 4439865"),
    Source("HCW1", "Transcript of what the wizard runs", "public GitHub, id 33270421886"),
    Source("HCW2", "Transcript of a hand-made hybrid configuration (LEE)", "public GitHub, id 55061498486"),
    Source("CSS", "HealthChecker and ExoConnectorCheck (2 Apr 2026)", "microsoft/CSS-Exchange"),
    Source("KB2989382", "Proxy session setup failed on Frontend", "Microsoft KB2989382"),
)

_FLOW = (
    Source(
        "TERRL",
        "Tenant external recipient rate limit",
        f"KnowBe4 article 40027061481363; {_DOCS}, commit ae5c3e0 of 7 Jan 2026",
    ),
    Source("MOERA", "Limiting Onmicrosoft Domain Usage for Sending Emails", _BLOG),
    Source(
        "NDRDOC",
        "Non-delivery reports in Exchange Online",
        f"{_DOCS}, Exchange/ExchangeOnline/email-delivery/ndr/non-delivery-reports-in-exchange-online.md",
    ),
    Source("DBEB", "Use Directory-Based Edge Blocking", "Learn"),
    Source("ACC", "Manage accepted domains", "Learn"),
    Source(
        "KB4415",
        "Hybrid messages not routed through on-premises (KB3194415)",
        f"{_DOCS}, hybrid-messages-not-routed-through-on-premises.md",
    ),
    Source(
        "LOOP",
        "Fix error codes 5.4.6 through 5.4.20",
        f"{_EXCHANGE}, fix-error-code-5-4-6-through-5-4-20-in-exchange-online.md",
    ),
    Source("LOOPX", "Real 5.4.14 NDR, April 2024", "public archive, id 31223822225"),
    Source("POOL", "Outbound delivery pools", "Learn"),
    Source("MFA", "About mail flow: retries and expiry", "Learn, mail-flow-about"),
    Source("DANE", "How SMTP DANE works", "Learn, Purview"),
    Source(
        "SRS",
        "Sender Rewriting Scheme (SRS) in Microsoft 365",
        f"learn.microsoft.com/exchange/reference/sender-rewriting-scheme; {_DOCS}, id 13600032215",
    ),
    Source("AUTH", "Anti-spam message headers; email authentication", "MicrosoftDocs/defender-docs"),
)

_EVIDENCE = (
    Source("HD-AMD25", "Real headers, hybrid relay via a tenant, Oct 2025", "id 36030801158"),
    Source("HD-AMD23", "Real headers, relay of a P1 not accepted, July 2023", "id 40880575408"),
    Source("HD-XLX22", "Real headers, relay of a P1 not accepted, May 2022", "id 31447432771"),
    Source("HD-INT22", "Real headers with promoted headers, 2022", "id 45947178154"),
    Source("SIS", "Real NDRs of Exchange Online", "sisimai/set-of-emails, lhost-office365-01..13.eml"),
    Source("MTL", "Message tracking", f"{_EXCHANGE}, mail-flow/transport-logs/message-tracking.md"),
    Source("PLOG", "Protocol logging", f"{_EXCHANGE}, connectors/protocol-logging.md"),
    Source("TRC", "Message trace in the modern admin center", f"{_EXCHANGE}, message-trace-modern-eac.md"),
    Source(
        "MT2",
        "Get-MessageTraceV2, Get-MessageTraceDetailV2",
        f"{_CMDLETS}/Get-MessageTraceV2.md and Get-MessageTraceDetailV2.md",
    ),
    Source("PASTEBIN", "Raw message trace data (2015)", "pastebin Z0QeWJr3"),
    Source("PUB", "Real transcripts, logs, headers and NDRs without one main source", "public archives"),
    Source("LAB", "Inferred by the authors of this lab", "this rulebook"),
)

_SERVICES = (
    Source("VM", "Teams voicemail phishing (26 Jul 2026)", "blog, id 58531555206"),
    Source(
        "TDOM", "Teams: smtp-accepted-domain (older)", "MicrosoftTeams docs, several language repositories"
    ),
    Source(
        "DSEL",
        "Select the domain to use for email from Microsoft 365 products",
        "Learn; michev.info/blog/post/5569",
    ),
    Source("CVM", "Cloud Voicemail and missed calls", f"msxfaq.de, cloud/{_CVM}"),
    Source("SPNOTE", "SharePoint notification address (2016)", "Microsoft support article"),
    Source("YAM", "Configure email and Yammer", "Learn"),
)

SOURCES: dict[str, Source] = {
    source.tag: source for source in (*_ATTRIBUTION, *_FIELD, *_CONNECTORS, *_FLOW, *_EVIDENCE, *_SERVICES)
}
