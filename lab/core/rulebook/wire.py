"""What EOP and Exchange say on an SMTP connection (R184-R195, R247)."""

from lab.core.rulebook.types import Confidence, Rule

OBSERVED, ASSUMED = Confidence.OBSERVED, Confidence.ASSUMED

RULES: tuple[Rule, ...] = (
    Rule(
        "R184",
        "The banner is `220 <front end> Microsoft ESMTP MAIL Service ready at <date> [<session>]`, with a "
        "session id of 16 hex digits since about 2023.",
        OBSERVED,
        "PUB",
        "EOP banner",
    ),
    Rule(
        "R185",
        "EHLO is answered with SIZE 157286400, PIPELINING, DSN, ENHANCEDSTATUSCODES, STARTTLS (before TLS "
        "only), 8BITMIME, BINARYMIME, CHUNKING and SMTPUTF8, in this order and without AUTH.",
        OBSERVED,
        "PUB",
        "EOP's EHLO answer",
    ),
    Rule(
        "R186",
        "That peers whose certificate gives hybrid rights may be offered further X-verbs such as XOORG is "
        "assumed; no public log shows it.",
        ASSUMED,
        "LAB",
        "Verbs for trusted peers",
        not_emulated="never seen in public, and not needed",
    ),
    Rule(
        "R187",
        "EOP answers `220 2.0.0 SMTP server ready` to STARTTLS, `250 2.1.0 Sender OK` to MAIL, `250 2.1.5 "
        "Recipient OK` to RCPT and `354 Start mail input` to DATA.",
        OBSERVED,
        "PUB",
        "Replies to the common verbs",
    ),
    Rule(
        "R188",
        "Acceptance is `250 2.6.0 <id> [InternalId=…, Hostname=…]` with `Queued mail for delivery`; that "
        "the forest of this host belongs to the attributed tenant, so that a sender's log shows a "
        "misroute, is assumed.",
        OBSERVED,
        "PUB, LAB",
        "Acceptance names a host",
    ),
    Rule(
        "R189",
        "Refusals end with a trailer of host, time and session id in brackets, and a proxied refusal has "
        "two or three of them.",
        OBSERVED,
        "PUB",
        "Trailer of refusals",
        not_emulated="partly: nothing is proxied, so there is one trailer",
    ),
    Rule(
        "R190",
        "Block lists are judged at MAIL, attribution, edge blocking, partner restrictions and Direct Send "
        "at RCPT, and DMARC, size and content after DATA.",
        OBSERVED,
        "PUB, NDRDOC",
        "Moment of each refusal",
        not_emulated="partly: no block lists, and no judgement of content",
    ),
    Rule(
        "R191",
        "EOP throttles a sender with temporary replies such as `451 4.7.500 Server busy. Please try again "
        "later` at RCPT.",
        OBSERVED,
        "PUB, NDRDOC",
        "Throttling",
        not_emulated="not yet: throttling is not modelled",
    ),
    Rule(
        "R192",
        "`452 4.3.1 Insufficient system resources` after DATA is back pressure of an on-premises server "
        "and not a text of EOP.",
        OBSERVED,
        "PUB",
        "Back pressure",
    ),
    Rule(
        "R193",
        "On-premises Exchange greets like EOP without a session id, and answers EHLO with SIZE 37748736 "
        "and, besides the common keywords, X-ANONYMOUSTLS, AUTH NTLM, X-EXPS and XRDST.",
        OBSERVED,
        "PUB",
        "On-premises banner and EHLO",
        not_emulated="partly: keywords that need an Exchange at the other side are left out",
    ),
    Rule(
        "R194",
        "On-premises Exchange accepts with `250 2.6.0 <id> [InternalId=…, Hostname=…]` that names its own "
        "host and ends with `Queued mail for delivery`.",
        OBSERVED,
        "PUB",
        "On-premises acceptance",
    ),
    Rule(
        "R195",
        "That a client without TLS does not match a certificate connector and takes the anonymous path is "
        "assumed.",
        ASSUMED,
        "LAB from R3 and R60",
        "Plain text never matches",
    ),
    Rule(
        "R247",
        "That a misrouted transaction shows on the wire by unknown recipients accepted at RCPT, a silent "
        "partner restriction and a Hostname in the own tenant's forest is assumed.",
        ASSUMED,
        "LAB from R3 R136 and R188",
        "Tell-tales of a misroute",
    ),
)
