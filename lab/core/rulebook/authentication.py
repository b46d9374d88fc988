"""SPF, DKIM, DMARC, ARC and what EOP makes of them at each entry (R166-R183, R250)."""

from lab.core.rulebook.types import Confidence, Rule

DOCUMENTED, OBSERVED, ASSUMED = Confidence.DOCUMENTED, Confidence.OBSERVED, Confidence.ASSUMED

RULES: tuple[Rule, ...] = (
    Rule(
        "R166",
        "SPF is evaluated at every EOP entry against the client of that entry, so a customer who relays "
        "through the tenant must publish both the own addresses and `include:spf.protection.outlook.com`.",
        DOCUMENTED,
        "TZ",
        "SPF at every entry",
    ),
    Rule(
        "R167",
        "Connector mail gets its authentication results computed and stamped but not enforced: mail with "
        "`dmarc=fail action=oreject` was relayed anyway.",
        OBSERVED,
        "HD-AMD23, HD-XLX22, HD-INT22",
        "Results in the own tenant",
        switch="dmarc_on_connector_mail",
    ),
    Rule(
        "R168",
        "`Authentication-Results` lists spf with the sender IP, dkim, dmarc with action and header.from, "
        "and compauth with a reason; on relay the older block is kept under another name.",
        DOCUMENTED,
        "AUTH, PUB",
        "Form of Authentication-Results",
    ),
    Rule(
        "R169",
        "The reason of compauth tells an explicit (000) or implicit (001) failure, a pass or a bypass, and "
        "`compauth=fail` alone does not reject.",
        DOCUMENTED,
        "AUTH",
        "Composite authentication",
        not_emulated="partly: no history of senders and no list of blocked pairs (002, 7xx)",
    ),
    Rule(
        "R170",
        "For a null sender the SPF identity is the HELO name, shown as `smtp.helo`, and the cloud's own "
        "NDRs carry `spf=none (sender IP is ) smtp.mailfrom=<>`.",
        OBSERVED,
        "SIS",
        "SPF of the null sender",
    ),
    Rule(
        "R171",
        "Exchange Online signs everything it sends out, relayed on-premises mail included, with the custom "
        "domain if DKIM is enabled for it and otherwise with `<initial>.onmicrosoft.com`.",
        DOCUMENTED,
        "HD-AMD25, HD-AMD23, HD-XLX22, AUTH",
        "DKIM signature on exit",
        switch="dkim_custom",
    ),
    Rule(
        "R172",
        "The records `selector1._domainkey` and `selector2._domainkey` of a domain are CNAMEs to keys "
        "under the initial domain; the newer form under `dkim.mail.microsoft` is assumed.",
        DOCUMENTED,
        "AUTH, LAB",
        "DKIM key records",
    ),
    Rule(
        "R173",
        "That a DKIM signature made by the gateway survives if the body is not changed is assumed.",
        ASSUMED,
        "LAB",
        "Foreign DKIM signature survives",
    ),
    Rule(
        "R174",
        "Exchange Online adds an ARC seal of `microsoft.com` at each exit and trusts its own seals, and "
        "the results in it show the on-premises address that the own tenant saw.",
        DOCUMENTED,
        "HD-AMD25, HD-AMD23, AUTH",
        "ARC seals",
        switch="arc_override",
    ),
    Rule(
        "R175",
        "By tenant default mail that fails a DMARC policy of `p=reject` is refused with `550 5.7.509`, "
        "which presumes that the MX points to EOP.",
        DOCUMENTED,
        "AUTH, NDRDOC",
        "DMARC reject is honoured",
        switch="honor_dmarc",
    ),
    Rule(
        "R176",
        "An SPF `-all` failure alone does not make EOP reject, and strict rejection on SPF belongs to "
        "third-party gateways, with `550 5.7.23`, or to a transport rule.",
        DOCUMENTED,
        "AUTH, NDRDOC",
        "SPF fail alone is accepted",
    ),
    Rule(
        "R177",
        "That the target delivers misrouted mail if SPF or aligned DKIM passes, else follows the DMARC "
        "policy, and that a restricting partner connector refuses it anyway is composed from other rules "
        "and assumed.",
        ASSUMED,
        "LAB from R166 to R176",
        "Fate of the second hop",
        switch="dkim_custom",
    ),
    Rule(
        "R178",
        "Promoted hybrid mail has SCL -1, and anonymous connector mail that is relayed is filtered as "
        "outbound mail, with `DIR:OUT`.",
        DOCUMENTED,
        "AUTH, HD-AMD25",
        "Spam confidence level",
    ),
    Rule(
        "R179",
        "In `X-Forefront-Antispam-Report`, `CIP` is the client's address, and `DIR:OUT` with `IPV:CAL` "
        "marks connector mail, while anonymous inbound mail has `DIR:INB` and `IPV:NLI`.",
        OBSERVED,
        "HD-AMD25, HD-AMD23, HD-XLX22, AUTH",
        "Forefront antispam report",
    ),
    Rule(
        "R180",
        "Further headers of a processed message are, among others, the network message id, which returns "
        "as the correlation id, and SCL, AuthSource, AuthAs, expiration times and `X-OriginatorOrg`.",
        OBSERVED,
        "PUB",
        "Further headers",
    ),
    Rule(
        "R181",
        "The headers `X-MS-Exchange-Organization-*` of anonymous clients are deleted.",
        DOCUMENTED,
        "INTERNAL",
        "Header firewall",
    ),
    Rule(
        "R182",
        "A message shows a `Received` line for front end, proxy and hub, each `with Microsoft SMTP "
        "Server`, and the next system sees the outbound host's name and address.",
        OBSERVED,
        "HD-AMD25, HD-AMD23, HD-XLX22",
        "Forms of Received",
        not_emulated="partly: there is no proxy between front end and hub, so its line (form 2) is missing",
    ),
    Rule(
        "R183",
        "Anonymous IPv6 senders need a PTR record and SPF or DKIM, else 4.7.25 or 4.7.26, and hybrid "
        "should use IPv4.",
        DOCUMENTED,
        "NDRDOC",
        "Anonymous IPv6 senders",
        not_emulated="not yet: the lab speaks IPv4 only",
    ),
    Rule(
        "R250",
        "A certificate connector alone does not prevent spam and SPF judgement, as administrators report "
        "relayed mail that ended in junk.",
        OBSERVED,
        "EXDOCS issue 1792",
        "Connector mail is still judged",
    ),
)
