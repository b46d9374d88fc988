"""Mail flow rules (`New-TransportRule`): conditions, exceptions, actions.

Field names are Exchange's parameter names in snake case, as with connectors; exceptions are conditions whose parameters
begin with `ExceptIf`.
"""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum
from ipaddress import IPv4Network

from lab.model.names import Address, Domain
from lab.model.value import dataclass


class UserScope(StrEnum):
    """Whether a sender or a recipient belongs to the organisation."""

    IN_ORGANIZATION = "InOrganization"
    NOT_IN_ORGANIZATION = "NotInOrganization"


class RuleMode(StrEnum):
    """Whether a rule acts, or is only recorded."""

    ENFORCE = "Enforce"
    AUDIT = "Audit"
    AUDIT_AND_NOTIFY = "AuditAndNotify"


class RuleState(StrEnum):
    """A disabled rule is not looked at."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a message must be like. Conditions that are set must all hold; of several values one is enough."""

    from_scope: UserScope | None = None
    sent_to_scope: UserScope | None = None
    sender_domain_is: tuple[Domain, ...] = ()
    """Exact names: sub-domains are other domains."""
    recipient_domain_is: tuple[Domain, ...] = ()
    from_: tuple[Address, ...] = ()
    sent_to: tuple[Address, ...] = ()
    sender_ip_ranges: tuple[IPv4Network, ...] = ()
    subject_contains_words: tuple[str, ...] = ()
    header_contains_message_header: str | None = None
    header_contains_words: tuple[str, ...] = ()
    header_matches_message_header: str | None = None
    header_matches_patterns: tuple[str, ...] = ()
    """Regular expressions."""

    @property
    def used(self) -> bool:
        """Whether any condition is set."""
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What is done with a message that a rule applies to."""

    route_message_outbound_connector: str | None = None
    """Name of an outbound connector of the tenant; it overrides all others (R93, R99)."""
    set_header_name: str | None = None
    set_header_value: str | None = None
    remove_header: str | None = None
    prepend_subject: str | None = None
    set_scl: int | None = None
    reject_message_reason_text: str | None = None
    reject_message_enhanced_status_code: str | None = None
    delete_message: bool = False
    blind_copy_to: tuple[Address, ...] = ()
    redirect_message_to: tuple[Address, ...] = ()
    apply_html_disclaimer_text: str | None = None

    @property
    def used(self) -> bool:
        """Whether there is anything to do."""
        return any(getattr(self, field.name) != field.default for field in fields(self))

    @property
    def rejects(self) -> bool:
        """Whether the message goes back."""
        return bool(self.reject_message_reason_text or self.reject_message_enhanced_status_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportRule:
    """One rule. Rules stand in their organisation in order of priority, 0 first."""

    name: str
    state: RuleState = RuleState.ENABLED
    mode: RuleMode = RuleMode.ENFORCE
    conditions: Conditions = Conditions()
    exceptions: Conditions = Conditions()
    """One that holds is enough to spare the message."""
    actions: Actions = Actions()
    stop_rule_processing: bool = False
    comments: str = ""
