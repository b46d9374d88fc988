"""Senders and recipients that only Microsoft's cloud has (R231-R246)."""

from lab.core.rulebook.types import Confidence, Rule

DOCUMENTED, OBSERVED, ASSUMED = Confidence.DOCUMENTED, Confidence.OBSERVED, Confidence.ASSUMED

RULES: tuple[Rule, ...] = (
    Rule(
        "R231",
        "Cloud Voicemail comes from `noreply@skype.voicemail.microsoft.com` inside the cloud, past MX and "
        "gateway to a cloud mailbox and by the hybrid connector to an on-premises one.",
        OBSERVED,
        "VM, CVM",
        "Cloud Voicemail",
    ),
    Rule(
        "R232",
        "Users who are not Teams-only get missed call notices by mail to the cloud or on-premises mailbox, "
        "while Teams-only users see them in Teams.",
        OBSERVED,
        "CVM",
        "Missed call notices",
        not_emulated="partly: who gets mail at all is the scenario's choice",
    ),
    Rule(
        "R233",
        "Teams notifications come from `noreply@email.teams.microsoft.com` like internet mail from an "
        "external sender; the article names `teams.microsoft.com` instead.",
        DOCUMENTED,
        "TDOM, SEED",
        "Teams notifications",
    ),
    Rule(
        "R234",
        "SharePoint and OneDrive send from `no-reply@sharepointonline.com` as an external sender, or for a "
        "user's action from the own address of a user who has a cloud mailbox.",
        DOCUMENTED,
        "DSEL, SPNOTE",
        "SharePoint and OneDrive",
    ),
    Rule(
        "R235",
        "Planner and Project send from `no-reply@planner.com` and `no-reply@project.com` as external "
        "senders.",
        DOCUMENTED,
        "DSEL",
        "Planner and Project",
    ),
    Rule(
        "R236",
        "Viva Engage sends from `noreply@yammer.com` and its sub-domains as an external sender; part of "
        "this is assumed.",
        OBSERVED,
        "YAM, LAB",
        "Viva Engage",
    ),
    Rule(
        "R237",
        "That the Viva digest goes to cloud mailboxes only, inside the service and from an address of "
        "microsoft.com, is assumed.",
        ASSUMED,
        "LAB",
        "Viva digest",
        not_emulated="partly: that it goes to cloud mailboxes only is the scenario's choice",
    ),
    Rule(
        "R238",
        "Notifications set to come from the own domain are sent from the own tenant as Originating mail "
        "with DKIM of that domain, and reach on-premises by the hybrid connector.",
        DOCUMENTED,
        "DSEL",
        "Notifications from own domain",
    ),
    Rule(
        "R239",
        "The MX of `<tenant>.onmicrosoft.com` is fixed to EOP, so mail from on-premises goes there by the "
        "internet connector and is anonymous; that a shared certificate gets it attributed by accident is "
        "assumed.",
        DOCUMENTED,
        "SEED, HYTLS, LAB",
        "Mail to onmicrosoft.com",
    ),
    Rule(
        "R240",
        "Mail to `<tenant>.mail.onmicrosoft.com` goes by the hybrid connector and is internal.",
        DOCUMENTED,
        "HYTLS, TRT",
        "Mail to the routing domain",
    ),
    Rule(
        "R241",
        "Microsoft 365 groups and Teams channels exist only in the cloud, so on-premises needs a route or "
        "rejects with 5.1.10, and without promotion a block of external senders gives 5.7.193.",
        OBSERVED,
        "PUB",
        "Groups and Teams channels",
    ),
    Rule(
        "R242",
        "Mail of a cloud-only user at `<tenant>.onmicrosoft.com` reaches on-premises by `Outbound to "
        "<guid>`, but the reply goes over the internet.",
        OBSERVED,
        "SEED, HYTLS",
        "Cloud users with onmicrosoft.com address",
    ),
    Rule(
        "R243",
        "NDR, journal and quarantine notices come from addresses such as `postmaster` or "
        "`quarantine@messaging.microsoft.com`; that they are Originating mail of the own tenant is "
        "assumed.",
        OBSERVED,
        "SIS, LAB",
        "Service notices",
    ),
    Rule(
        "R244",
        "Dynamic groups and mail-enabled public folders in a hybrid organisation may be synced or not and "
        "are gaps of edge blocking.",
        DOCUMENTED,
        "DBEB",
        "Dynamic groups and public folders",
    ),
    Rule(
        "R245",
        "That service mail can be modelled as a Microsoft tenant attributed by recipient domain, or as "
        "internal submission for voicemail and own-domain notifications, is assumed.",
        ASSUMED,
        "LAB",
        "A tenant for Microsoft's services",
    ),
    Rule(
        "R246",
        "Service mail should be tested where a restricting partner connector for `*` locks the side door; "
        "that it arrives all the same is partly assumed, and whether it is exempt from 5.7.51 is "
        "undocumented.",
        OBSERVED,
        "RP, LAB",
        "Service mail and restrictions",
        switch="service_mail_exempt",
    ),
)
