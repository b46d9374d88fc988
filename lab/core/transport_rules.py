"""Mail flow rules: which apply to a message, for whom, and what becomes of it (R93, R99, R143).

Rules run in order of priority. A condition on recipients may hold for some of them only: then the message parts
(bifurcates), and each part goes through the rest of the rules by itself. A later rule sees what an earlier one changed.
"""

from __future__ import annotations

import re
from dataclasses import field, replace
from ipaddress import IPv4Address, IPv4Network
from typing import Protocol

from lab.core.disclaimer import with_disclaimer
from lab.core.header_stamps import ORGANIZATION
from lab.model.decision import DecisionCandidate, MailFlowRulesDecision, Phrase, Why, phrase
from lab.model.message import Header, Message
from lab.model.names import Address, Domain
from lab.model.reply import Reply
from lab.model.rules import Actions, Conditions, RuleMode, RuleState, TransportRule, UserScope
from lab.model.tenant import AcceptedDomain, DomainType, Recipient
from lab.model.value import dataclass

_REFUSED = "TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy"


class Organization(Protocol):
    """A tenant, or an on-premises organisation."""

    def accepts(self, domain: Domain | None) -> AcceptedDomain | None:
        """The accepted domain that covers `domain`."""

    def find(self, address: Address) -> Recipient | None:
        """The recipient object known under `address`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What a rule can ask of a message besides its headers and its recipient."""

    organization: Organization = field(repr=False)
    author: Address | None
    """From the From header, as SenderAddressLocation is by default; None if it has none."""
    internal: bool
    """Sent by a mailbox of the organisation, or promoted (R119): an authenticated connection."""
    client: str
    """Address of the client that handed it in, '' if a mailbox did."""


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What became of one rule for one part of a message."""

    rule: TransportRule
    applied: bool
    why: tuple[Phrase, ...]
    """One for each way in which recipients differ."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A part of a message for which the rules gave the same."""

    recipients: tuple[Address, ...]
    message: Message
    connector: str = ""
    """The outbound connector that a rule chose; the last word counts."""
    refused: Reply | None = None
    deleted: bool = False
    redirected: tuple[Address, ...] = ()
    """Who gets it instead of `recipients`."""
    copies: tuple[Address, ...] = ()
    outcomes: tuple[RuleOutcome, ...] = ()
    stopped: bool = False

    @property
    def applied(self) -> tuple[TransportRule, ...]:
        """The rules that matched, those in test mode included."""
        return tuple(outcome.rule for outcome in self.outcomes if outcome.applied)

    def explain(self) -> MailFlowRulesDecision:
        """Every rule and what it came to, in order, as data."""
        return MailFlowRulesDecision(
            recipients=tuple(map(str, self.recipients)),
            connector=self.connector,
            rules=("R93", "R143"),
            candidates=tuple(
                DecisionCandidate(name=outcome.rule.name, won=outcome.applied, why=outcome.why)
                for outcome in self.outcomes
            ),
        )


def evaluate(
    rules: tuple[TransportRule, ...], sending: Sending, message: Message, recipients: tuple[Address, ...]
) -> tuple[Branch, ...]:
    """The message in parts, each with what the rules made of it."""
    branches = [Branch(recipients, message)]
    for rule in rules:
        if rule.state is RuleState.ENABLED:
            branches = [part for branch in branches for part in _ruled(branch, rule, sending)]
    return tuple(branches)


def _ruled(branch: Branch, rule: TransportRule, sending: Sending) -> list[Branch]:
    """One rule on one part: as it was, changed, or split in two."""
    if branch.stopped:
        return [branch]
    verdicts = {
        recipient: _verdict(rule, sending, branch.message, recipient) for recipient in branch.recipients
    }
    parts = []
    for applied in (True, False):
        recipients = tuple(recipient for recipient in branch.recipients if verdicts[recipient][0] is applied)
        if recipients:
            why = tuple(dict.fromkeys(verdicts[recipient][1] for recipient in recipients))
            outcomes = (*branch.outcomes, RuleOutcome(rule, applied, tuple(map(_phrase, why))))
            part = replace(branch, recipients=recipients, outcomes=outcomes)
            parts.append(_acted(part, rule) if applied else part)
    return parts


def _phrase(why: tuple[Why, str]) -> Phrase:
    code, conditions = why
    return phrase(code, conditions=conditions) if conditions else phrase(code)


def _verdict(
    rule: TransportRule, sending: Sending, message: Message, recipient: Address
) -> tuple[bool, tuple[Why, str]]:
    """Whether the rule applies for a recipient: all conditions, no exception."""
    conditions = _checks(rule.conditions, sending, message, recipient)
    missing = next((condition for holds, condition in conditions if not holds), None)
    if missing is not None:
        return False, (Why.CONDITION_FAILS, missing)
    spared = next((t for holds, t in _checks(rule.exceptions, sending, message, recipient) if holds), None)
    if spared is not None:
        return False, (Why.EXCEPTED, spared)
    named = ", ".join(condition for _, condition in conditions)
    return True, (Why.CONDITIONS_HOLD if named else Why.NO_CONDITION, named)


def _checks(
    wanted: Conditions, sending: Sending, message: Message, recipient: Address
) -> list[tuple[bool, str]]:
    """Each condition that is set: whether it holds, and how it reads."""
    author = sending.author
    checks: list[tuple[bool, str]] = []
    if wanted.from_scope:
        inside = sending.internal and author is not None and _is_ours(sending.organization, author)
        checks.append(
            (inside is (wanted.from_scope is UserScope.IN_ORGANIZATION), f"FromScope {wanted.from_scope}")
        )
    if wanted.sent_to_scope:
        inside = _is_ours(sending.organization, recipient)
        holds = inside is (wanted.sent_to_scope is UserScope.IN_ORGANIZATION)
        checks.append((holds, f"SentToScope {wanted.sent_to_scope}"))
    if wanted.sender_domain_is:
        holds = author is not None and author.domain in wanted.sender_domain_is
        checks.append((holds, f"SenderDomainIs {_listed(wanted.sender_domain_is)}"))
    if wanted.recipient_domain_is:
        holds = recipient.domain in wanted.recipient_domain_is
        checks.append((holds, f"RecipientDomainIs {_listed(wanted.recipient_domain_is)}"))
    if wanted.from_:
        checks.append((_named(author, wanted.from_), f"From {_listed(wanted.from_)}"))
    if wanted.sent_to:
        checks.append((_named(recipient, wanted.sent_to), f"SentTo {_listed(wanted.sent_to)}"))
    return checks + _content_checks(wanted, sending, message)


def _content_checks(wanted: Conditions, sending: Sending, message: Message) -> list[tuple[bool, str]]:
    """The conditions that hold for all recipients or for none."""
    checks: list[tuple[bool, str]] = []
    if wanted.sender_ip_ranges:
        holds = any(_within(sending.client, network) for network in wanted.sender_ip_ranges)
        checks.append((holds, f"SenderIpRanges {_listed(wanted.sender_ip_ranges)}"))
    if wanted.subject_contains_words:
        holds = any(_has_word(message.subject, word) for word in wanted.subject_contains_words)
        checks.append((holds, f"SubjectContainsWords {_listed(wanted.subject_contains_words)}"))
    if wanted.header_contains_message_header:
        name, words = wanted.header_contains_message_header, wanted.header_contains_words
        holds = any(_has_word(value, word) for value in message.all(name) for word in words)
        checks.append((holds, f"HeaderContains {name}: {_listed(words)}"))
    if wanted.header_matches_message_header:
        name, patterns = wanted.header_matches_message_header, wanted.header_matches_patterns
        holds = any(re.search(p, value, re.IGNORECASE) for value in message.all(name) for p in patterns)
        checks.append((holds, f"HeaderMatches {name}: {_listed(patterns)}"))
    return checks


def _is_ours(organization: Organization, address: Address) -> bool:
    """A recipient object, or an accepted domain that is Authoritative or InternalRelay."""
    accepted = organization.accepts(address.domain)
    ours = accepted is not None and accepted.domain_type is not DomainType.EXTERNAL_RELAY
    return ours or organization.find(address) is not None


def _named(address: Address | None, wanted: tuple[Address, ...]) -> bool:
    return address is not None and address.key in {name.key for name in wanted}


def _within(client: str, network: IPv4Network) -> bool:
    return bool(client) and IPv4Address(client) in network


def _has_word(text: str, word: str) -> bool:
    """Whole words in any case, as `…ContainsWords` looks for them."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


def _listed(values: tuple[object, ...]) -> str:
    return ", ".join(str(value) for value in values)


def _acted(branch: Branch, rule: TransportRule) -> Branch:
    """The part with the rule's actions done; in test mode nothing is."""
    if rule.mode is not RuleMode.ENFORCE:
        return branch
    actions = rule.actions
    ends = actions.rejects or actions.delete_message
    return replace(
        branch,
        message=_changed(branch.message, actions),
        connector=actions.route_message_outbound_connector or branch.connector,
        refused=_refusal(actions) if actions.rejects else None,
        deleted=actions.delete_message,
        redirected=actions.redirect_message_to or branch.redirected,
        copies=(*branch.copies, *(a for a in actions.blind_copy_to if a not in branch.copies)),
        stopped=rule.stop_rule_processing or ends,
    )


def _refusal(actions: Actions) -> Reply:
    """5.7.1 unless the rule says otherwise (`RejectMessageEnhancedStatusCode`)."""
    text = actions.reject_message_reason_text
    status = actions.reject_message_enhanced_status_code or "5.7.1"
    return Reply(550, status, f"{_REFUSED}: {text}" if text else _REFUSED)


def _changed(message: Message, actions: Actions) -> Message:
    if actions.remove_header:
        message = _without(message, actions.remove_header)
    if actions.set_header_name and actions.set_header_value is not None:
        message = _with_header(message, actions.set_header_name, actions.set_header_value)
    if actions.set_scl is not None:
        message = _with_header(message, ORGANIZATION + "SCL", str(actions.set_scl))
    if actions.prepend_subject:
        message = _retitled(message, actions.prepend_subject)
    if actions.apply_html_disclaimer_text:
        message = with_disclaimer(message, actions.apply_html_disclaimer_text)
    return message


def _without(message: Message, name: str) -> Message:
    kept = tuple(header for header in message.headers if header.name.lower() != name.lower())
    return Message(kept, message.body)


def _with_header(message: Message, name: str, value: str) -> Message:
    return _without(message, name).on_top((Header.of(name, value),))


def _retitled(message: Message, before: str) -> Message:
    if message.get("Subject") is None:
        return message.on_top((Header.of("Subject", before.strip()),))
    headers = tuple(
        Header.of(header.name, before + header.value) if header.name.lower() == "subject" else header
        for header in message.headers
    )
    return Message(headers, message.body)


def done(actions: Actions) -> tuple[str, ...]:
    """The actions in PowerShell's words, for traces and logs."""
    header = f"{actions.set_header_name}: {actions.set_header_value}" if actions.set_header_name else None
    worded = (
        ("RouteMessageOutboundConnector", actions.route_message_outbound_connector),
        ("SetHeader", header),
        ("RemoveHeader", actions.remove_header),
        ("PrependSubject", actions.prepend_subject),
        ("SetSCL", None if actions.set_scl is None else str(actions.set_scl)),
        ("RejectMessage", actions.reject_message_enhanced_status_code or ("" if actions.rejects else None)),
        ("DeleteMessage", "" if actions.delete_message else None),
        ("BlindCopyTo", _listed(actions.blind_copy_to) or None),
        ("RedirectMessageTo", _listed(actions.redirect_message_to) or None),
        ("ApplyHtmlDisclaimer", "" if actions.apply_html_disclaimer_text else None),
    )
    return tuple(f"{name} {value}".strip() for name, value in worded if value is not None)
