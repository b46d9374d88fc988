"""Where the attributed tenant sends the message: recipients, next hops, names, loops and duplicates (R136-R165, R292)."""

from lab.core.rulebook.types import Confidence, Rule

DOCUMENTED, OBSERVED, ASSUMED = Confidence.DOCUMENTED, Confidence.OBSERVED, Confidence.ASSUMED

RULES: tuple[Rule, ...] = (
    Rule(
        "R136",
        "In an Authoritative domain an unknown recipient is rejected at the edge with `550 5.4.1 Recipient "
        "address rejected: Access denied.` and a trailer.",
        DOCUMENTED,
        "DBEB, PUB",
        "Unknown recipient at the edge",
        switch="dbeb",
    ),
    Rule(
        "R137",
        "Directory-Based Edge Blocking needs all recipients in Entra and is off for InternalRelay domains, "
        "and mail-enabled public folders and synced dynamic groups are gaps.",
        DOCUMENTED,
        "DBEB",
        "Limits of edge blocking",
        not_emulated="partly: off for InternalRelay; what is not synchronised is unknown, whatever kind it is",
    ),
    Rule(
        "R138",
        "In an InternalRelay domain known recipients are delivered and unknown ones are relayed by the "
        "matching outbound connector or by MX.",
        DOCUMENTED,
        "ACC",
        "InternalRelay domain",
    ),
    Rule(
        "R139",
        "The accepted domain type `ExternalRelay` exists on-premises only.",
        DOCUMENTED,
        "ACC",
        "ExternalRelay domain",
    ),
    Rule(
        "R140",
        "Accepted domains also have the settings `MatchSubDomains`, `SendingFromDomainDisabled` and "
        "`SendingToDomainDisabled`.",
        DOCUMENTED,
        "ACC",
        "Further accepted domain settings",
        not_emulated="partly: only MatchSubDomains is modelled",
    ),
    Rule(
        "R141",
        "A recipient found unknown after acceptance, as with mail from an OnPremises connector, gives `550 "
        "5.1.10 RESOLVER.ADR.RecipientNotFound`.",
        DOCUMENTED,
        "NDRDOC, SIS mail 13",
        "Unknown recipient after acceptance",
    ),
    Rule(
        "R142",
        "Whether edge blocking applies to Originating mail for own recipients is undocumented; that it "
        "does not and the NDR says 5.1.10, as in observed hybrid NDRs, is assumed.",
        ASSUMED,
        "LAB",
        "Edge blocking and Originating mail",
        switch="dbeb_for_originating",
    ),
    Rule(
        "R143",
        "Routing resolves the recipient, rewrites it if it has an external address, and then takes an "
        "outbound connector or the MX; the exact order, with mail flow rules right after the resolution, "
        "is assumed.",
        DOCUMENTED,
        "TRT, LAB",
        "Order of routing",
    ),
    Rule(
        "R144",
        "A synced on-premises mailbox is a mail user in the cloud whose domain selects `Outbound to "
        "<guid>`, so its mail goes to the on-premises smart host over TLS.",
        DOCUMENTED,
        "TRT",
        "Synced on-premises mailbox",
    ),
    Rule(
        "R145",
        "Without centralized mail transport, mail to an external recipient goes directly to its MX, which "
        "is also how a misattributed message reaches the target tenant.",
        DOCUMENTED,
        "TRT, SEED",
        "External recipient goes by MX",
    ),
    Rule(
        "R146",
        "Centralized mail transport covers mail from cloud mailboxes to the internet; mail that entered "
        "from on-premises is by design not sent back but goes out directly.",
        DOCUMENTED,
        "KB4415",
        "Reach of centralized transport",
        switch="cmt",
    ),
    Rule(
        "R147",
        "Administrators report surprising routing and SPF failures with centralized mail transport, with a "
        "logic that is undocumented.",
        OBSERVED,
        "ENOW, GR1",
        "Surprises with centralized transport",
        not_emulated="seen, but no rule is known",
    ),
    Rule(
        "R148",
        "On-premises senders use their own internet connector and never the cloud unless so configured; "
        "that misattribution breaks exactly this is assumed.",
        DOCUMENTED,
        "TRT, LAB",
        "On-premises senders avoid the cloud",
    ),
    Rule(
        "R149",
        "Exchange Online retries about every 15 minutes, later up to every 60 minutes, and gives up after "
        "24 hours.",
        DOCUMENTED,
        "MFA, PUB",
        "Retries and expiry",
    ),
    Rule(
        "R150",
        "A deferral shows a 4.4.x text such as `450 4.4.312 DNS query failed` and on expiry its 5.4.3xx "
        "twin, such as `550 5.4.312 Message expired, DNS query failed`.",
        OBSERVED,
        "SIS mails 06 and 08, NDRDOC",
        "Deferral and its expiry twin",
    ),
    Rule(
        "R151",
        "Spam, own mail that fails DMARC and all NDRs leave by the high-risk pool, and forwarded mail of "
        "foreign senders that failed authentication on entry by the relay pool.",
        DOCUMENTED,
        "POOL",
        "Outbound pools",
        not_emulated="partly: spam is not judged, so only NDRs and own mail that fails DMARC count as a risk",
    ),
    Rule(
        "R152",
        "Relayed on-premises mail with a P1 outside the accepted domains gets a P1 "
        "`bounces+SRS=<hash>=<ts>@<default accepted domain>`, and cloud forwarding one that names the "
        "forwarding user.",
        DOCUMENTED,
        "SRS, HD-AMD23",
        "SRS rewrites the sender",
        switch="srs_relay",
    ),
    Rule(
        "R153",
        "A misrouted forward leaves the own tenant with a changed P1 and with DKIM and `X-OriginatorOrg` "
        "of `<tenant>.onmicrosoft.com`.",
        OBSERVED,
        "HD-AMD23, HD-XLX22",
        "Look of a misrouted forward",
    ),
    Rule(
        "R154",
        "Mail to on-premises is not rewritten by SRS unless `SenderRewritingEnabled` is set.",
        DOCUMENTED,
        "SRS",
        "No SRS towards on-premises",
    ),
    Rule(
        "R155",
        "EOP offers SIZE 157286400 and takes 200 envelope recipients of one domain per transaction; 35 MB "
        "and 1,000 recipients per message are assumed.",
        OBSERVED,
        "PUB, NDRDOC, LAB",
        "Size and recipient limits",
        not_emulated="partly: only the offered size and the recipients of one transaction",
    ),
    Rule(
        "R156",
        "In an MX name the dots and dashes of the domain become dashes, as in "
        "`contoso-com.mail.protection.outlook.com`.",
        DOCUMENTED,
        "HYTLS",
        "Form of the MX name",
    ),
    Rule(
        "R157",
        "Domains with DNSSEC get an MX under `mx.microsoft` with preference 0 or 10 and no second MX; the "
        "exact form of the label is assumed.",
        DOCUMENTED,
        "DANE, VDL, LAB",
        "MX name with DNSSEC",
        not_emulated="not yet: DNSSEC and DANE names are not modelled",
    ),
    Rule(
        "R158",
        "The MX of `onmicrosoft.com` domains cannot be changed by the customer.",
        DOCUMENTED,
        "SEED",
        "MX of onmicrosoft.com",
        not_emulated="partly: derived so, though `dns:` in a scenario may say otherwise",
    ),
    Rule(
        "R159",
        "All MX names of one region resolve to the same pool of front ends, as the region names in "
        "front-end host names suggest.",
        OBSERVED,
        "SEED",
        "One front-end pool per region",
    ),
    Rule(
        "R160",
        "Front ends, proxies, hubs and outbound hosts have typical names, such as "
        "`DB3PEPF0000885C.mail.protection.outlook.com` for a front end.",
        OBSERVED,
        "HD-AMD25, HD-AMD23, HD-XLX22",
        "Forms of host names",
        not_emulated="partly: there are no proxies between front ends and hubs",
    ),
    Rule(
        "R161",
        "Exchange Online ends a loop with `554 5.4.14 Hop count exceeded - possible mail loop ATTR34` and "
        "on-premises Exchange with `554 5.4.6 Hop count exceeded - possible mail loop`.",
        DOCUMENTED,
        "LOOP",
        "Loop replies",
    ),
    Rule(
        "R162",
        "A real loop of 2024 was refused at its fourth entry to EOP, after about ten `Received` lines of "
        "Exchange Online, while the documentation speaks of 20 iterations.",
        OBSERVED,
        "LOOPX, NDRDOC",
        "Where a loop is cut",
        switch="loop_limit",
    ),
    Rule(
        "R163",
        "Microsoft names as causes of loops an accepted domain that is not Authoritative, a hybrid "
        "outbound connector that uses DNS, and a missing or too narrow connector for centralized "
        "transport.",
        DOCUMENTED,
        "LOOP",
        "Causes of loops",
    ),
    Rule(
        "R164",
        "Each pass adds front end, proxy, hub and outbound host to the headers, the ARC instance grows by "
        "one, and SPF fails on re-entry because the client is Microsoft's.",
        OBSERVED,
        "LOOPX",
        "Traces of each pass",
        not_emulated="partly: there is no proxy between front end and hub, so a pass has a line less",
    ),
    Rule(
        "R165",
        "That misrouted mail does not loop, since Microsoft's outbound hosts match no customer connector, "
        "unless the target's MX is the customer's own gateway with the shared certificate, is assumed.",
        ASSUMED,
        "SEP, LAB from R27",
        "Misrouting is not a loop",
    ),
    Rule(
        "R292",
        "Exchange protects a message against loss with copies inside its organisation only, so that after an outage "
        "it may be sent twice to others, with the same Message-ID; an Exchange mailbox drops the duplicate.",
        DOCUMENTED,
        "SHAD",
        "Duplicates",
        not_emulated="partly: there are no shadow copies; a mailbox drops what its own forwarding leads back to it",
    ),
)
