"""Who makes a non-delivery report, where it goes and what it looks like (R196-R205)."""

from lab.core.rulebook.types import Confidence, Rule

DOCUMENTED, OBSERVED, ASSUMED = Confidence.DOCUMENTED, Confidence.OBSERVED, Confidence.ASSUMED

RULES: tuple[Rule, ...] = (
    Rule(
        "R196",
        "The last server that accepted the message makes the NDR: the gateway if the target refused it "
        "directly, but the own tenant in a misroute, since it had accepted the message; part of this is "
        "assumed.",
        OBSERVED,
        "SEED, LAB",
        "Who makes the NDR",
    ),
    Rule(
        "R197",
        "An NDR has a null sender, goes to the P1 address and leaves by the outbound connector for its "
        "domain, so that for an on-premises sender it returns over the hybrid connector.",
        DOCUMENTED,
        "SEED, UCC, POOL",
        "Way of the NDR",
    ),
    Rule(
        "R198",
        "An NDR comes from `Microsoft Outlook` for internal recipients or from the postmaster address for "
        "external ones, has the subject `Undeliverable: <subject>` and an empty "
        "`X-MS-Exchange-Message-Is-Ndr`.",
        OBSERVED,
        "SIS",
        "Outer headers of the NDR",
    ),
    Rule(
        "R199",
        "An NDR has three parts: the human text in plain and HTML form, `message/delivery-status`, and the "
        "original as `message/rfc822`.",
        OBSERVED,
        "SIS",
        "Parts of the NDR",
    ),
    Rule(
        "R200",
        "The delivery status names the reporting and the received-from server, then recipient, action, "
        "status and diagnostic code, `Remote-MTA` only if a remote host answered, and `X-Display-Name` "
        "last.",
        OBSERVED,
        "SIS mails 03 to 13",
        "Delivery status fields",
    ),
    Rule(
        "R201",
        "The human text says that the message could not be delivered, who must act, how to fix it, and "
        "gives status code, error details, message hops and the original headers.",
        DOCUMENTED,
        "SIS mail 13, NDRDOC",
        "Human text of the NDR",
    ),
    Rule(
        "R202",
        "The older form begins `Delivery has failed to these recipients or groups:` and names the "
        "generating server and what the remote server returned.",
        OBSERVED,
        "SIS",
        "Older human text",
    ),
    Rule(
        "R203",
        "A specific remote status is kept, and others are wrapped in `550 5.1.351` for an unknown "
        "recipient or `550 5.0.350` for any other error.",
        OBSERVED,
        "SIS mails 04 and 07, NDRDOC",
        "Remote status is kept or wrapped",
    ),
    Rule(
        "R204",
        "That an NDR for an on-premises sender arrives over the hybrid path with promoted headers and "
        "AuthAs Internal is assumed.",
        ASSUMED,
        "LAB",
        "NDR arrives as internal mail",
    ),
    Rule(
        "R205",
        "An NDR that cannot be delivered is dropped without another NDR.",
        DOCUMENTED,
        "NDRDOC",
        "No NDR on an NDR",
    ),
)
