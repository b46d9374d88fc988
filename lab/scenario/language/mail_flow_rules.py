"""Mail flow rules: flat parameters of `New-TransportRule`, read into conditions, exceptions and actions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any, get_args, get_origin, get_type_hints

from lab.errors import words_of
from lab.model.names import Address, Domain
from lab.model.rules import Actions, Conditions, RuleMode, RuleState, TransportRule, UserScope
from lab.model.tenant import OutboundConnector
from lab.scenario.syntax.problem_report import unknown
from lab.scenario.syntax.records import Fields, RecordKey, RecordSchema
from lab.scenario.syntax.scalar_values import (
    DOMAIN,
    FILLED,
    LINE,
    MAILBOX,
    NETWORK,
    TRUTH,
    WHOLE,
    fitting,
    from_enum,
)
from lab.scenario.syntax.value_kinds import Many, Single, ValueKind
from lab.sentence import sentence


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(words_of(error)) from None
    return text


HEADER = Single(sentence("a header field's name such as X-Signed"), fitting("[!-9;-~]+", str))
REGEX = Single(sentence("a regular expression"), _pattern)
SCL = Single(sentence("-1 to 9"), fitting(r"-1|\d", int), {"type": "integer", "minimum": -1, "maximum": 9})
STATUS = Single(sentence("5.7.1, or 5.7.900 to 5.7.999"), fitting(r"5\.7\.(1|9\d{0,2})", str))

_DOCS = {
    "from_scope": "InOrganization: an internal sender; NotInOrganization: anybody else (R119).",
    "sent_to_scope": "Whether the recipient is in the organisation: an object, or an accepted domain.",
    "sender_domain_is": "The author's domain (From header) is one of these; sub-domains are not meant.",
    "recipient_domain_is": "The recipient's domain is one of these; sub-domains are not meant.",
    "from_": "The author is one of these.",
    "sent_to": "The recipient is one of these; members of groups have been found by then.",
    "sender_ip_ranges": "The client that handed the message in.",
    "subject_contains_words": "The subject has one of these words.",
    "header_contains_message_header": "A header field to look into; HeaderContainsWords says what for.",
    "header_contains_words": "Words, one of which that field has.",
    "header_matches_message_header": "A header field to look into; HeaderMatchesPatterns says what for.",
    "header_matches_patterns": "Regular expressions, one of which that field matches.",
    "route_message_outbound_connector": "The outbound connector to use, before all others (R93, R99); Exchange Online only.",
    "set_header_name": "A header field to set; SetHeaderValue is its value.",
    "set_header_value": "The value of that field.",
    "remove_header": "A header field to remove.",
    "prepend_subject": "Text to put before the subject.",
    "set_scl": "The spam confidence level.",
    "reject_message_reason_text": "Refuse the message, with this text.",
    "reject_message_enhanced_status_code": "Refuse the message, with this status; 5.7.1 if unset.",
    "delete_message": "Drop the message without a word.",
    "blind_copy_to": "Further recipients.",
    "redirect_message_to": "Who gets it instead of the recipients.",
    "apply_html_disclaimer_text": "Text below the message; it breaks DKIM signatures.",
}
_KINDS: dict[str, ValueKind[Any]] = {
    "header_contains_message_header": HEADER,
    "header_matches_message_header": HEADER,
    "header_matches_patterns": Many(REGEX),
    "header_contains_words": Many(FILLED),
    "subject_contains_words": Many(FILLED),
    "route_message_outbound_connector": FILLED,
    "set_header_name": HEADER,
    "set_header_value": LINE,
    "remove_header": HEADER,
    "prepend_subject": LINE,
    "set_scl": SCL,
    "reject_message_reason_text": FILLED,
    "reject_message_enhanced_status_code": STATUS,
    "delete_message": TRUTH,
    "apply_html_disclaimer_text": FILLED,
}
_BY_TYPE: dict[Any, ValueKind[Any]] = {Domain: DOMAIN, Address: MAILBOX, UserScope: from_enum(UserScope)}


def parameter(name: str) -> str:
    """`sender_domain_is` -> `SenderDomainIs`."""
    return "SetSCL" if name == "set_scl" else "".join(part.capitalize() for part in name.split("_"))


def _kind(name: str, hint: Any) -> ValueKind[Any]:
    if name in _KINDS:
        return _KINDS[name]
    if get_origin(hint) is tuple:
        return Many(_BY_TYPE.get(get_args(hint)[0], NETWORK))
    return _BY_TYPE[next(arg for arg in get_args(hint) if arg is not type(None))]


def _keys(cls: type, prefix: str = "", told: str = "") -> Iterator[RecordKey[Any]]:
    hints = get_type_hints(cls)
    for field in fields(cls):
        doc = _DOCS[field.name]
        yield RecordKey(
            prefix + parameter(field.name), _kind(field.name, hints[field.name]), told + doc, field.default
        )


class RuleKeys:
    """What is neither condition nor action."""

    name = RecordKey("Name", FILLED, "The rule's name; it appears in traces.", None, required=True)
    priority: RecordKey[int | None] = RecordKey(
        "Priority", WHOLE, "Its place, 0 first; the last if unset.", None
    )
    state = RecordKey("State", from_enum(RuleState), "A disabled rule is not looked at.", RuleState.ENABLED)
    enabled = RecordKey("Enabled", TRUTH, "The same in the words of New-TransportRule.", True)
    mode = RecordKey(
        "Mode", from_enum(RuleMode), "Audit and AuditAndNotify record, and do nothing.", RuleMode.ENFORCE
    )
    stop = RecordKey("StopRuleProcessing", TRUTH, "Whether later rules are left out.", False)
    comments = RecordKey("Comments", LINE, "For the reader.", "")


_PASTED = """
    Identity Guid ImmutableId Description DlpPolicy ActivationDate ExpiryDate RuleErrorAction RuleSubType RuleVersion
    SenderAddressLocation RecipientAddressType WhenChanged Size State ManuallyModified Conditions Exceptions Actions
    ApplyHtmlDisclaimerLocation ApplyHtmlDisclaimerFallbackAction GenerateIncidentReport IncidentReportContent
    NotifySender SetAuditSeverity Quarantine ModerateMessageByUser RouteMessageOutboundRequireTls ApplyOME RemoveOME
    CopyTo AddToRecipients AttachmentSizeOver HasNoClassification MessageTypeMatches FromMemberOf SentToMemberOf
    FromAddressContainsWords FromAddressMatchesPatterns SubjectOrBodyContainsWords SubjectMatchesPatterns WithImportance
"""
RULE = RecordSchema(
    "TransportRule",
    "New-TransportRule: a mail flow rule. Conditions that are set must all hold; one exception is enough (R143).",
    (
        RuleKeys.name,
        RuleKeys.priority,
        RuleKeys.state,
        RuleKeys.enabled,
        RuleKeys.mode,
        *_keys(Conditions),
        *_keys(Conditions, "ExceptIf", "Exception. "),
        *_keys(Actions),
        RuleKeys.stop,
        RuleKeys.comments,
    ),
    whole=True,
    any_case=True,
    not_emulated=frozenset(_PASTED.lower().split()) - {"state"},
)


def rules(
    read: Iterable[Fields], connectors: tuple[OutboundConnector, ...] | None
) -> tuple[TransportRule, ...]:
    """The rules in order of priority: each takes its place among those before it, as cmdlets would do it.

    `connectors` are those that a rule may name; None on-premises, where rules choose none.
    """
    made: list[TransportRule] = []
    for record in read:
        if record.amends:
            wanted = sentence("no mail flow rule is named {name!r}", name=record[RuleKeys.name])
            record.wrong("Name", wanted, unknown(str(record[RuleKeys.name]), (rule.name for rule in made)))
            continue
        rule = _rule(record, connectors)
        if rule.name.lower() in {other.name.lower() for other in made}:
            wanted = sentence("a second mail flow rule named {name!r}", name=rule.name)
            record.wrong("Name", wanted, sentence("names are unique"))
        place = record[RuleKeys.priority]
        made.insert(len(made) if place is None else place, rule)
    return tuple(made)


def _rule(read: Fields, connectors: tuple[OutboundConnector, ...] | None) -> TransportRule:
    state = read[RuleKeys.state] if read[RuleKeys.enabled] else RuleState.DISABLED
    made = TransportRule(
        name=str(read[RuleKeys.name]),
        state=state,
        mode=read[RuleKeys.mode],
        conditions=_made(Conditions, read),
        exceptions=_made(Conditions, read, "ExceptIf"),
        actions=_routed(_made(Actions, read), read, connectors),
        stop_rule_processing=read[RuleKeys.stop],
        comments=read[RuleKeys.comments],
    )
    if not read.broken:
        _check(read, made)
    return made


def _made(cls: Any, read: Fields, prefix: str = "") -> Any:
    named = {field.name: prefix + parameter(field.name) for field in fields(cls)}
    return cls(**{name: read.values[key] for name, key in named.items() if key in read.values})


def _routed(made: Actions, read: Fields, connectors: tuple[OutboundConnector, ...] | None) -> Actions:
    """With the connector's full name; the written one may end in `*`, as the wizard's names are long."""
    name = made.route_message_outbound_connector
    if name is None:
        return made
    key = parameter("route_message_outbound_connector")
    if connectors is None:
        misplaced = sentence("rules on-premises choose no connector")
        read.wrong(key, misplaced, sentence("it is an action of Exchange Online"))
        return made
    names = [connector.name for connector in connectors]
    wanted = name.lower()
    fitting = [
        connector
        for connector in names
        if connector.lower() == wanted or (wanted.endswith("*") and connector.lower().startswith(wanted[:-1]))
    ]
    if len(fitting) != 1:
        several = sentence("several outbound connectors are named {name!r}", name=name)
        none = sentence("no outbound connector is named {name!r}", name=name)
        read.wrong(key, several if fitting else none, unknown(name, names))
        return made
    shown = {field.name: getattr(made, field.name) for field in fields(made)}
    return Actions(**{**shown, "route_message_outbound_connector": fitting[0]})


def _check(read: Fields, rule: TransportRule) -> None:
    """What the cmdlet refuses."""
    if not rule.actions.used:
        wanted = sentence("a mail flow rule needs an action")
        read.wrong("Name", wanted, sentence("such as RouteMessageOutboundConnector or SetSCL"))
    for prefix, conditions in (("", rule.conditions), ("ExceptIf", rule.exceptions)):
        pairs = (
            ("header_contains_message_header", "header_contains_words"),
            ("header_matches_message_header", "header_matches_patterns"),
        )
        for pair in pairs:
            _both(read, conditions, *pair, prefix=prefix)
    _both(read, rule.actions, "set_header_name", "set_header_value", prefix="")


def _both(read: Fields, made: object, one: str, other: str, *, prefix: str) -> None:
    """A parameter that means nothing without the other."""
    for name, missing in ((one, other), (other, one)):
        if getattr(made, name) and not getattr(made, missing):
            wanted = sentence("needs {parameter} too", parameter=prefix + parameter(missing))
            read.wrong(prefix + parameter(name), wanted)


def shown(rule: TransportRule, priority: int) -> dict[str, Any]:
    """The rule's parameters as they are written, without defaults."""
    table: dict[str, Any] = {"Name": rule.name, "Priority": priority}
    if rule.state is not RuleState.ENABLED:
        table["State"] = rule.state
    if rule.mode is not RuleMode.ENFORCE:
        table["Mode"] = rule.mode
    for made, prefix in ((rule.conditions, ""), (rule.exceptions, "ExceptIf"), (rule.actions, "")):
        for field in fields(made):
            value = getattr(made, field.name)
            if value != field.default:
                table[prefix + parameter(field.name)] = value
    if rule.stop_rule_processing:
        table["StopRuleProcessing"] = True
    if rule.comments:
        table["Comments"] = rule.comments
    return table
