"""Headers of entry, exit and the hybrid path: what they reveal, and who may write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.cross_premises import as_internal, cross_premises, crossing, filtered, promote
from lab.core.header_stamps import (
    AUTH_AS,
    EntryFacts,
    ExitFacts,
    SendingEntity,
    auth_stamps,
    entry_stamps,
    exit_stamps,
    firewall,
    foreign_tenant,
    is_internal,
    mailbox_stamps,
    set_aside,
)
from lab.model.decision import Direction
from lab.model.message import Header, Message
from lab.model.names import Domain
from tests.core.mail import FRONT_END, HUB, NOW, a_message, the_tenant

GUID = "0d74a54c-b7ca-404d-af8d-08d5c00a3f03"
TENANT_ID = "aaaaaaaa-0000-4000-8000-000000000001"


def an_entry(direction: Direction = Direction.ORIGINATING, *, internal: bool = False) -> EntryFacts:
    return EntryFacts(
        front_end=FRONT_END,
        hub=HUB,
        client="192.0.2.25",
        helo="mx.a.example",
        tenant=the_tenant(),
        direction=direction,
        network_message_id=GUID,
        now=NOW,
        internal=internal,
    )


def an_exit(entity: SendingEntity = SendingEntity.HYBRID_ON_PREM, **more) -> ExitFacts:
    facts = {"author": "user1@a.example", "client": "192.0.2.25", "helo": "mx.a.example"} | more
    return ExitFacts(
        hub=HUB,
        tenant=the_tenant(),
        entity=entity,
        arrived=NOW,
        network_message_id=GUID,
        auth_source=FRONT_END,
        **facts,
    )


def stamped(headers: tuple[Header, ...]) -> Message:
    return a_message().on_top(headers)


def test_entry_names_the_attributed_tenant():
    message = stamped(entry_stamps(an_entry()))
    assert message.get("X-EOPTenantAttributedMessage") == f"{TENANT_ID}:0"
    assert message.get("X-EOPAttributedMessage") == "0"
    assert message.get("X-MS-Exchange-Organization-MessageDirectionality") == "Originating"
    assert message.get("X-MS-Exchange-Organization-ExpirationStartTime") == "03 Mar 2026 09:15:02.4350 (UTC)"


def test_network_message_id_is_the_same_everywhere():
    message = stamped((*exit_stamps(an_exit()), *entry_stamps(an_entry())))
    for name in (
        "X-MS-Exchange-Organization-Network-Message-Id",
        "X-MS-Office365-Filtering-Correlation-Id",
        "X-MS-Exchange-CrossTenant-Network-Message-Id",
    ):
        assert message.get(name) == GUID


@pytest.mark.parametrize(
    ("direction", "marks"),
    [
        (Direction.ORIGINATING, ("IPV:CAL;", "DIR:OUT;SFP:1101;")),
        (Direction.INCOMING, ("IPV:NLI;", "DIR:INB;")),
    ],
)
def test_antispam_report_marks_connector_mail(direction, marks):
    report = stamped(entry_stamps(an_entry(direction))).get("X-Forefront-Antispam-Report")
    assert report is not None
    assert report.startswith("CIP:192.0.2.25;")
    assert "PTR:InfoDomainNonexistent;" in report
    assert all(mark in report for mark in marks)


def test_anonymous_mail_is_anonymous_and_internal_mail_keeps_its_own_word():
    anonymous = stamped(entry_stamps(an_entry()))
    assert anonymous.all(AUTH_AS) == ("Anonymous",)
    assert anonymous.get("X-MS-Exchange-Organization-SCL") == "1"
    promoted = promote(
        cross_premises(stamped(mailbox_stamps("ex01.a.example", GUID)), "ex01.a.example"), FRONT_END
    )
    internal = promoted.on_top(entry_stamps(an_entry(internal=True)))
    assert internal.all(AUTH_AS) == ("Internal",)
    assert internal.all("X-MS-Exchange-Organization-SCL") == ("-1",)


def test_exit_shows_which_tenant_took_the_connection_for_its_own():
    message = stamped(exit_stamps(an_exit()))
    prefix = "X-MS-Exchange-CrossTenant-"
    assert message.get(prefix + "Id") == TENANT_ID
    assert message.get(prefix + "OriginalAttributedTenantConnectingIp") == (
        f"TenantId={TENANT_ID};Ip=[192.0.2.25];Helo=[mx.a.example]"
    )
    assert message.get(prefix + "FromEntityHeader") == "HybridOnPrem"
    assert message.get(prefix + "AuthAs") == "Anonymous"
    assert message.get(prefix + "AuthSource") == FRONT_END
    assert message.get("X-MS-Exchange-Transport-CrossTenantHeadersStamped") == HUB


def test_mail_of_a_cloud_mailbox_has_no_connecting_address_but_a_user():
    message = stamped(exit_stamps(an_exit(SendingEntity.HOSTED, client="", helo="", internal=True)))
    assert message.get("X-MS-Exchange-CrossTenant-OriginalAttributedTenantConnectingIp") is None
    assert message.get("X-MS-Exchange-CrossTenant-UserPrincipalName") == "user1@a.example"
    assert message.get("X-MS-Exchange-CrossTenant-AuthAs") == "Internal"


@pytest.mark.parametrize(
    ("author", "reverse_path", "organization", "check"),
    [
        ("user1@a.example", None, "a.example", "1"),
        ("stranger@c.example", Domain("a.example"), "a.example", "1"),
        ("stranger@c.example", Domain("c.example"), "alab.onmicrosoft.com", "2"),
        ("", None, "alab.onmicrosoft.com", "2"),
    ],
    ids=["author", "reverse-path", "foreign", "nobody"],
)
def test_originator_organization_is_an_accepted_domain_or_the_initial_one(
    author, reverse_path, organization, check
):
    message = stamped(exit_stamps(an_exit(author=author, reverse_path_domain=reverse_path)))
    assert message.get("X-OriginatorOrg") == organization
    assert message.get("X-MS-Exchange-SenderADCheck") == check


def test_firewall_removes_forged_organization_headers():
    forged = a_message(
        (AUTH_AS, "Internal"), ("x-ms-exchange-crosspremises-AuthAs", "Internal"), ("X-Mine", "1")
    )
    clean = firewall(forged)
    assert clean == a_message(("X-Mine", "1"))


def test_cross_premises_headers_make_hybrid_mail_internal():
    sent = cross_premises(stamped(mailbox_stamps("ex01.a.example", GUID)), "ex01.a.example")
    assert crossing(sent) == ("AuthSource", "AuthAs", "AuthMechanism", "SCL")
    assert not is_internal(sent)
    taken = promote(sent, FRONT_END)
    assert is_internal(taken)
    assert taken.get("X-MS-Exchange-Organization-AuthSource") == "ex01.a.example"
    assert taken.get("X-OrganizationHeadersPreserved") == "ex01.a.example"
    for mark in ("X-CrossPremisesHeadersPromoted", "X-CrossPremisesHeadersFiltered"):
        assert taken.get(mark) == FRONT_END


def test_mail_of_a_stranger_stays_anonymous_over_the_hybrid_path():
    sent = cross_premises(stamped(auth_stamps("ex01.a.example", "Anonymous")), "ex01.a.example")
    taken = promote(sent, FRONT_END)
    assert taken.get("X-CrossPremisesHeadersPromoted") == FRONT_END
    assert taken.on_top(entry_stamps(an_entry())).all(AUTH_AS) == ("Anonymous",)


def test_mail_over_the_internet_connector_carries_nothing_to_promote():
    """R120: what goes through the gateway left by a connector without CloudServicesMailEnabled."""
    sent = filtered(stamped(mailbox_stamps("ex01.a.example", GUID)), "ex01.a.example")
    taken = promote(sent, FRONT_END)
    assert taken == a_message()
    assert not is_internal(taken)


def test_filtered_cross_premises_headers_leave_a_mark():
    sent = filtered(
        cross_premises(stamped(mailbox_stamps("ex01.a.example", GUID)), "ex01.a.example"), "ex01.a.example"
    )
    assert crossing(sent) == ()
    assert sent.get("X-CrossPremisesHeadersFilteredBySendConnector") == "ex01.a.example"


def test_forged_organization_headers_do_not_survive_promotion():
    sent = cross_premises(stamped(auth_stamps("ex01.a.example", "Anonymous")), "ex01.a.example").on_top(
        (Header.of(AUTH_AS, "Internal"),)
    )
    assert not is_internal(promote(sent, FRONT_END))


def test_treat_messages_as_internal_needs_no_headers():
    assert is_internal(as_internal(a_message(), FRONT_END))


def test_service_s_cross_tenant_headers_are_promoted_and_others_stripped():
    message = stamped(exit_stamps(an_exit()))
    trusted = foreign_tenant(message, FRONT_END, from_service=True)
    assert trusted.get("X-MS-Exchange-CrossTenant-Id") == TENANT_ID
    assert trusted.get("X-MS-Exchange-Transport-CrossTenantHeadersPromoted") == FRONT_END
    forged = foreign_tenant(message, FRONT_END, from_service=False)
    assert forged.get("X-MS-Exchange-CrossTenant-Id") is None
    assert forged.get("X-MS-Exchange-Transport-CrossTenantHeadersStripped") == FRONT_END
    assert foreign_tenant(a_message(), FRONT_END, from_service=True) == a_message()


def test_earlier_judgements_are_kept_under_another_name():
    judged = a_message(("authentication-results", "spf=pass"), ("X-Forefront-Antispam-Report", "DIR:OUT"))
    aside = set_aside(judged)
    assert aside.get("Authentication-Results") is None
    assert aside.get("Authentication-Results-Original") == "spf=pass"
    assert aside.get("X-Forefront-Antispam-Report-Untrusted") == "DIR:OUT"
    assert set_aside(a_message()) == a_message()


names = st.sampled_from(
    [
        AUTH_AS,
        "X-MS-Exchange-Organization-SCL",
        "X-MS-Exchange-CrossPremises-AuthAs",
        "X-ms-exchange-CROSSPREMISES-scl",
        "Subject",
    ]
)
messages = st.lists(st.tuples(names, st.sampled_from(["Internal", "Anonymous", "5"]))).map(
    lambda f: a_message(*f)
)


@given(messages)
def test_nothing_internal_survives_without_cross_premises_headers(message):
    bare = message.without("X-MS-Exchange-CrossPremises-")
    assert not is_internal(promote(bare, FRONT_END))
    assert not is_internal(firewall(message))
    assert crossing(promote(message, FRONT_END)) == ()
    assert promote(message, FRONT_END).body == message.body
