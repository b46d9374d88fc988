"""What message trace and message tracking show, and to whom (R206-R230, R248)."""

from lab.core.rulebook.types import Confidence, Rule

DOCUMENTED, OBSERVED, ASSUMED = Confidence.DOCUMENTED, Confidence.OBSERVED, Confidence.ASSUMED

RULES: tuple[Rule, ...] = (
    Rule(
        "R206",
        "`Get-MessageTraceV2` reaches back 90 days, 10 days per query and 48 hours by default, gives 1,000 "
        "rows by default and at most 5,000, without pages, and its times are UTC.",
        DOCUMENTED,
        "MT2",
        "Limits of message trace",
        not_emulated="partly: times are UTC; all rows are shown, whatever their age and number",
    ),
    Rule(
        "R207",
        "A row of message trace has, among others, MessageId, Received, SenderAddress, RecipientAddress, "
        "Subject, Status, ToIP, FromIP, Size and MessageTraceId.",
        DOCUMENTED,
        "MT2, RP",
        "Columns of message trace",
    ),
    Rule(
        "R208",
        "Message trace has one row per recipient, with a status such as Delivered, Expanded, Failed, "
        "FilteredAsSpam, GettingStatus, Pending or Quarantined.",
        DOCUMENTED,
        "MT2, TRC",
        "One row per recipient",
        not_emulated="partly: spam is not judged, so nothing is FilteredAsSpam or Quarantined",
    ),
    Rule(
        "R209",
        "FromIP is the client's public address and blank for cloud mailboxes, ToIP the tried destination "
        "and blank for cloud recipients; that a misroute has both filled is assumed.",
        DOCUMENTED,
        "TRC, LAB",
        "FromIP and ToIP",
    ),
    Rule(
        "R210",
        "That relayed mail is Delivered when the next server took it and Failed when refused, and that the "
        "NDR is a second row with another message id, is assumed.",
        ASSUMED,
        "TRC, SEED, LAB",
        "Rows of relayed mail and NDR",
    ),
    Rule(
        "R211",
        "`Get-MessageTraceDetailV2` gives Date, Event, Action, Detail and Data, with events such as "
        "Receive, Send, Fail, Deliver, Expand, Transfer and Defer.",
        OBSERVED,
        "RP, TRC",
        "Trace detail events",
    ),
    Rule(
        "R212",
        "The connector name is visible in the full trace detail; that it is an XML element named "
        "ConnectorId in the column Data is assumed.",
        DOCUMENTED,
        "RDS reply 4434500, LAB",
        "Connector name in trace detail",
    ),
    Rule(
        "R213",
        "The detail of a Fail event carries the refusal as a block of LED, MSG, FQDN, IP and LRT; the "
        "wording around it and of the other events is assumed.",
        OBSERVED,
        "HYTLS, LAB",
        "Texts of trace detail",
    ),
    Rule(
        "R214",
        "Rows appear in message trace after 5 to 10 minutes and in the detailed CSV reports hours later; "
        "the lab's default is no delay.",
        DOCUMENTED,
        "TRC",
        "Delay of message trace",
        switch="trace_delay",
    ),
    Rule(
        "R215",
        "The extended report has the columns of message tracking with directionality, connector id and "
        "tenant id; their order is assumed to be that of the on-premises log.",
        DOCUMENTED,
        "TRC, LAB",
        "Extended report",
        not_emulated="partly: the columns are those of the on-premises log; the report itself comes later",
    ),
    Rule(
        "R216",
        "The enhanced summary has one line per message and gives for each recipient the events passed, as "
        "in `user@b.example##Receive, Send`.",
        DOCUMENTED,
        "TRC",
        "Enhanced summary",
        not_emulated="not yet: the enhanced summary comes with a later version",
    ),
    Rule(
        "R217",
        "In reports directionality is 1 for inbound and 2 for outbound, and the connector id is the name "
        "of the connector; that a misroute shows `Inbound from <guid>` is assumed.",
        DOCUMENTED,
        "TRC, LAB",
        "Directionality and connector id",
        not_emulated="partly: the connector, and directionality in words; the reports come with a later version",
    ),
    Rule(
        "R218",
        "The custom data of a report row name the spam, malware or rule verdict, such as `S:TRA=ETR` for a "
        "transport rule; the key of the outbound pool is assumed.",
        DOCUMENTED,
        "TRC, POOL, LAB",
        "Custom data",
        not_emulated="partly: malware and rule verdicts in the on-premises log; no report rows",
    ),
    Rule(
        "R219",
        "A tenant's administrator sees only the own part of the way, and the target has a row only if it "
        "accepted DATA.",
        DOCUMENTED,
        "SEED, RDS",
        "Each tenant sees its part",
    ),
    Rule(
        "R220",
        "Outgoing internet mail in the own tenant's message trace that should never have touched the "
        "tenant proves the misrouting.",
        OBSERVED,
        "SEED",
        "Proof of misrouting",
    ),
    Rule(
        "R221",
        "On-premises tracking logs are `MSGTRKyyyymmddhh-n.LOG` for transport, with MA, MD and MS "
        "variants, and begin with the header lines Software, Version, Log-Type, Date and Fields.",
        DOCUMENTED,
        "MTL",
        "Tracking log files",
        not_emulated="partly: nothing is moderated, so there are no MA files",
    ),
    Rule(
        "R222",
        "The tracking log has 30 fields in a fixed order, from date-time, client-ip and client-hostname to "
        "transport-traffic-type, log-id and schema-version.",
        DOCUMENTED,
        "MTL",
        "Tracking log fields",
    ),
    Rule(
        "R223",
        "The event ids of the tracking log are a fixed set, among them RECEIVE, SUBMIT, AGENTINFO, SEND, "
        "DELIVER, DEFER, FAIL, DSN, EXPAND, RESOLVE, HAREDIRECT and TRANSFER.",
        DOCUMENTED,
        "MTL",
        "Tracking event ids",
    ),
    Rule(
        "R224",
        "The sources of the tracking log are a fixed set, among them AGENT, DNS, DSN, QUEUE, RESOLVER, "
        "ROUTING, SMTP and STOREDRIVER.",
        DOCUMENTED,
        "MTL",
        "Tracking sources",
    ),
    Rule(
        "R225",
        "Normal local mail gives NOTIFYMAPI, RECEIVE and SUBMIT by STOREDRIVER, HAREDIRECT and RECEIVE by "
        "SMTP, AGENTINFO by AGENT, SEND by SMTP and DELIVER by STOREDRIVER.",
        DOCUMENTED,
        "MTL",
        "Events of local mail",
        not_emulated="partly: no NOTIFYMAPI, no HAREDIRECT, and no SEND between a server's own services",
    ),
    Rule(
        "R226",
        "`Get-MessageTrackingLog` shows EventId, Source, Sender, Recipients and MessageSubject by default, "
        "has further columns in the full list, and gives 1,000 rows by default.",
        DOCUMENTED,
        "MTL, PUB",
        "Tracking cmdlet columns",
        not_emulated="partly: all rows are shown",
    ),
    Rule(
        "R227",
        "A receive connector id is `SERVER\\Name`, as in `SERVER\\Default Frontend SERVER`, and a send "
        "connector id is the plain name of the connector.",
        DOCUMENTED,
        "MTL, PUB",
        "Connector ids on-premises",
    ),
    Rule(
        "R228",
        "That the article's case shows RECEIVE, SUBMIT, RECEIVE, AGENTINFO and SEND to the gateway, and "
        "for the NDR RECEIVE from an outbound host with a null sender and DELIVER, is assumed.",
        ASSUMED,
        "SEED, LAB from R222 to R227",
        "On-premises events of the article",
    ),
    Rule(
        "R229",
        "Protocol logs are `SENDyyyymmdd-n.LOG` and `RECVyyyymmdd-n.LOG` with nine fields, and mark each "
        "event with `+`, `-`, `>`, `<` or `*`.",
        DOCUMENTED,
        "PLOG",
        "Protocol logs",
        not_emulated="protocol logs come with a later version; the gateway log and traces show the TLS facts",
    ),
    Rule(
        "R230",
        "The certificate lines of the send protocol log are the on-premises proof of what was shown to EOP.",
        DOCUMENTED,
        "RAD",
        "Certificate in the send log",
        not_emulated="protocol logs come with a later version; `lab:` lines in the gateway log show what a filter sent",
    ),
    Rule(
        "R248",
        "Raw cloud trace data have shown events of their own, such as SETROUTE by AGENT with the context "
        "`Tenant Outbound Connector Agent` and RESOLVE by ROUTING.",
        OBSERVED,
        "PASTEBIN",
        "Cloud-only tracking events",
        not_emulated="not yet: the trace shows the documented events only",
    ),
)
