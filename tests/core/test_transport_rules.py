"""Which mail flow rules apply, for whom, and what becomes of the message: conditions, exceptions, order, bifurcation."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from lab.core.transport_rules import Branch, Sending, done, evaluate
from lab.model.decision import Why, phrase
from lab.model.message import Message
from lab.model.names import Address, Domain
from lab.model.rules import Actions, Conditions, RuleMode, RuleState, TransportRule, UserScope
from tests.core.worlds import a_tenant

INSIDE, OUTSIDE = UserScope.IN_ORGANIZATION, UserScope.NOT_IN_ORGANIZATION
SCL = Actions(set_scl=9)
MESSAGE = Message.parse(
    b"From: <user@a.example>\r\nSubject: Offer for you\r\nX-Mark: signed yes\r\n\r\nText.\r\n"
)
PARTNER, COLLEAGUE = Address.parse("partner@b.example"), Address.parse("user@a.example")


def a_rule(
    name="R",
    actions: Actions = SCL,
    *,
    stop=False,
    state=RuleState.ENABLED,
    mode=RuleMode.ENFORCE,
    **conditions,
):
    unless = {k.removeprefix("unless_"): v for k, v in conditions.items() if k.startswith("unless_")}
    only = {k: v for k, v in conditions.items() if not k.startswith("unless_")}
    return TransportRule(
        name=name,
        actions=actions,
        conditions=Conditions(**only),
        exceptions=Conditions(**unless),
        stop_rule_processing=stop,
        state=state,
        mode=mode,
    )


def ruled(
    *rules, to=(PARTNER,), author="user@a.example", internal=True, client="", message=MESSAGE
) -> tuple[Branch, ...]:
    sending = Sending(
        organization=a_tenant(),
        author=Address.parse(author) if author else None,
        internal=internal,
        client=client,
    )
    return evaluate(rules, sending, message, to)


def applies(rule, **more) -> bool:
    (branch,) = ruled(rule, **more)
    return bool(branch.applied)


def test_no_rule_leaves_the_message_as_it_is():
    assert ruled() == (Branch((PARTNER,), MESSAGE),)


def test_a_rule_without_conditions_is_for_everything():
    (branch,) = ruled(a_rule())
    assert branch.message.get("X-MS-Exchange-Organization-SCL") == "9"


@pytest.mark.parametrize(
    ("scope", "internal", "author", "wanted"),
    [
        (INSIDE, True, "user@a.example", True),
        (INSIDE, False, "user@a.example", False),
        (INSIDE, True, "user@b.example", False),
        (OUTSIDE, False, "user@a.example", True),
        (OUTSIDE, True, "user@a.example", False),
        (OUTSIDE, False, "", True),
    ],
)
def test_an_own_address_is_inside_only_over_an_authenticated_connection(scope, internal, author, wanted):
    assert applies(a_rule(from_scope=scope), internal=internal, author=author) is wanted


@pytest.mark.parametrize(
    ("scope", "to", "wanted"), [(INSIDE, COLLEAGUE, True), (INSIDE, PARTNER, False), (OUTSIDE, PARTNER, True)]
)
def test_a_recipient_is_inside_if_its_domain_is_accepted(scope, to, wanted):
    assert applies(a_rule(sent_to_scope=scope), to=(to,)) is wanted


@pytest.mark.parametrize(
    ("conditions", "wanted"),
    [
        ({"sender_domain_is": (Domain("a.example"),)}, True),
        ({"sender_domain_is": (Domain("example"),)}, False),
        ({"recipient_domain_is": (Domain("c.example"), Domain("b.example"))}, True),
        ({"from_": (Address.parse("USER@a.example"),)}, True),
        ({"sent_to": (COLLEAGUE,)}, False),
        ({"subject_contains_words": ("offer",)}, True),
        ({"subject_contains_words": ("off",)}, False),
        ({"header_contains_message_header": "x-mark", "header_contains_words": ("YES",)}, True),
        ({"header_contains_message_header": "X-Other", "header_contains_words": ("yes",)}, False),
        ({"header_matches_message_header": "X-Mark", "header_matches_patterns": ("^sig.*s$",)}, True),
        ({"header_matches_message_header": "X-Mark", "header_matches_patterns": ("^yes",)}, False),
        ({"sender_domain_is": (Domain("a.example"),), "subject_contains_words": ("bill",)}, False),
    ],
)
def test_all_conditions_must_hold_and_one_value_of_each_is_enough(conditions, wanted):
    assert applies(a_rule(**conditions)) is wanted


@pytest.mark.parametrize(
    ("client", "wanted"), [("198.51.100.25", True), ("198.51.101.1", False), ("", False)]
)
def test_sender_ip_ranges_are_about_the_client(client, wanted):
    assert applies(a_rule(sender_ip_ranges=(IPv4Network("198.51.100.0/24"),)), client=client) is wanted


def test_one_exception_spares_the_message():
    rule = a_rule(unless_sender_domain_is=(Domain("a.example"),), unless_subject_contains_words=("bill",))
    (branch,) = ruled(rule)
    assert not branch.applied
    (candidate,) = branch.explain().candidates
    assert not candidate.won
    assert candidate.why == (phrase(Why.EXCEPTED, conditions="SenderDomainIs a.example"),)


def test_recipients_part_where_a_condition_holds_for_some():
    (routed, other) = ruled(
        a_rule("Out", Actions(route_message_outbound_connector="Gateway"), sent_to_scope=OUTSIDE),
        to=(PARTNER, COLLEAGUE),
    )
    assert (routed.recipients, routed.connector) == ((PARTNER,), "Gateway")
    assert (other.recipients, other.connector) == ((COLLEAGUE,), "")


def test_a_later_rule_sees_what_an_earlier_one_changed():
    first = a_rule("Mark", Actions(set_header_name="X-Seen", set_header_value="now"))
    second = a_rule("Look", header_contains_message_header="X-Seen", header_contains_words=("now",))
    (branch,) = ruled(first, second)
    assert [each.name for each in branch.applied] == ["Mark", "Look"]
    (branch,) = ruled(second, first)
    assert [each.name for each in branch.applied] == ["Mark"]


def test_stop_rule_processing_leaves_out_the_rest_for_those_it_applied_to():
    stop = a_rule("Stop", Actions(prepend_subject="[x] "), stop=True, sent_to=(PARTNER,))
    last = a_rule("Last")
    hit, other = ruled(stop, last, to=(PARTNER, COLLEAGUE))
    assert [each.name for each in hit.applied] == ["Stop"]
    assert [each.name for each in other.applied] == ["Last"]


def test_the_last_connector_counts():
    rules = [a_rule(name, Actions(route_message_outbound_connector=name)) for name in ("One", "Two")]
    (branch,) = ruled(*rules)
    assert branch.connector == "Two"


@pytest.mark.parametrize("mode", [RuleMode.AUDIT, RuleMode.AUDIT_AND_NOTIFY])
def test_test_mode_records_and_does_nothing(mode):
    (branch,) = ruled(a_rule(actions=Actions(delete_message=True), mode=mode))
    assert branch.applied
    assert not branch.deleted


def test_a_disabled_rule_is_not_looked_at():
    (branch,) = ruled(a_rule(state=RuleState.DISABLED))
    assert branch.outcomes == ()


def test_refusal_has_the_rules_status_and_text_and_ends_the_rules():
    actions = Actions(reject_message_reason_text="Not here", reject_message_enhanced_status_code="5.7.900")
    (branch,) = ruled(a_rule(actions=actions), a_rule("Last"))
    assert str(branch.refused).startswith("550 5.7.900 TRANSPORT.RULES.RejectMessage;")
    assert "Not here" in str(branch.refused)
    assert len(branch.applied) == 1
    (plain,) = ruled(a_rule(actions=Actions(reject_message_reason_text="No")))
    assert plain.refused is not None
    assert plain.refused.enhanced == "5.7.1"


def test_headers_and_subject_change_and_the_rest_stays():
    actions = Actions(
        remove_header="X-Mark", set_header_name="Subject-Class", set_header_value="a", prepend_subject="[x] "
    )
    (branch,) = ruled(a_rule(actions=actions))
    assert branch.message.all("X-Mark") == ()
    assert branch.message.get("Subject-Class") == "a"
    assert branch.message.subject == "[x] Offer for you"
    assert branch.message.body == MESSAGE.body


def test_setting_a_header_replaces_that_name_only():
    message = MESSAGE.on_top(Message.parse(b"X-Mark-Two: b\r\n\r\n").headers)
    (branch,) = ruled(
        a_rule(actions=Actions(set_header_name="X-Mark", set_header_value="c")), message=message
    )
    assert branch.message.all("x-mark") == ("c",)
    assert branch.message.get("X-Mark-Two") == "b"


@pytest.mark.parametrize(
    ("head", "body", "wanted"),
    [
        (b"", b"Text.\r\n", b"Text.\r\nBe & good\r\n"),
        (b"Content-Type: text/html\r\n", b"<body>x</BODY>", b"<body>x<p>Be &amp; good</p>\r\n</BODY>"),
    ],
)
def test_a_disclaimer_stands_below_the_text(head, body, wanted):
    message = Message.parse(head + b"From: <user@a.example>\r\n\r\n" + body)
    (branch,) = ruled(
        a_rule(actions=Actions(apply_html_disclaimer_text="<p>Be &amp; good</p>")), message=message
    )
    assert branch.message.body == wanted


def test_a_message_that_cannot_be_written_into_is_wrapped():
    message = Message.parse(
        b"From: <user@a.example>\r\nContent-Type: multipart/signed; boundary=x\r\n\r\n--x--\r\n"
    )
    (branch,) = ruled(a_rule(actions=Actions(apply_html_disclaimer_text="<p>Mind</p>")), message=message)
    assert (branch.message.get("Content-Type") or "").startswith("multipart/mixed; boundary=")
    assert bytes(message) in branch.message.body
    assert branch.message.author == "user@a.example"


def test_copies_and_redirection_are_kept_for_the_hub():
    actions = Actions(blind_copy_to=(COLLEAGUE,), redirect_message_to=(COLLEAGUE,))
    (branch,) = ruled(a_rule(actions=actions))
    assert (branch.copies, branch.redirected) == ((COLLEAGUE,), (COLLEAGUE,))


def test_actions_are_told_in_exchanges_words():
    actions = Actions(route_message_outbound_connector="Gateway", set_scl=0, delete_message=True)
    assert done(actions) == ("RouteMessageOutboundConnector Gateway", "SetSCL 0", "DeleteMessage")
