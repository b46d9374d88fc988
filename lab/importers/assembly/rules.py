"""Mail flow rules. A rule is never made wider than it is: one with a condition that the lab has not is left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from lab.importers.assembly.exported_object import ExportedProperties
from lab.importers.assembly.known_properties import RULE_ACTIONS, RULE_DETAILS
from lab.importers.assembly.language_conversion import ConvertedTable, Numbers, distinct, written
from lab.importers.assembly.object_owners import ExportedSide
from lab.importers.assembly.types import ImportNotes
from lab.importers.exchange_values import networks
from lab.scenario.language.mail_flow_rules import RULE
from lab.scenario.syntax.scalar_values import NETWORK
from lab.scenario.syntax.value_kinds import Many
from lab.sentence import listed, sentence

_SCOPES = ("InOrganization", "NotInOrganization")
_NUMBERS: Numbers = {
    "State": ("Enabled", "Disabled"),
    "Mode": ("Audit", "AuditAndNotify", "Enforce"),
    **{f"{prefix}{name}": _SCOPES for prefix in ("", "ExceptIf") for name in ("FromScope", "SentToScope")},
}
_KNOWN = {key.name.lower(): key for key in RULE.keys}
_ACTIONS = frozenset(
    """
    RouteMessageOutboundConnector SetHeaderName SetHeaderValue RemoveHeader PrependSubject SetSCL RejectMessageReasonText
    RejectMessageEnhancedStatusCode DeleteMessage BlindCopyTo RedirectMessageTo ApplyHtmlDisclaimerText
    """.lower().split()
)
_HARMLESS = RULE_ACTIONS | RULE_DETAILS | _ACTIONS
"""Without these a rule is for no more mail than it is."""
_BESIDE = frozenset(("name", "priority", "state", "enabled", "mode", "stopruleprocessing", "comments"))


def rules(side: ExportedSide, now: datetime, notes: ImportNotes) -> list[ConvertedTable]:
    """The rules in order of priority."""
    ordered = sorted(side.of("TransportRule"), key=lambda rule: rule.number("Priority") or 0)
    made = distinct((_rule(exported, now, notes) for exported in ordered), notes)
    for rule in made:
        rule.pop("Priority", None)  # their order says it, also when one of them is left out
    return made


def _rule(given: ExportedProperties, now: datetime, notes: ImportNotes) -> ConvertedTable | None:
    off = given.word("State", ("Enabled", "Disabled")).lower() == "disabled"
    strange = list(_strange(given))
    limits = [name for name in (*strange, *given.lost) if name.lower() not in _HARMLESS]
    silent = ImportNotes()
    made = written(given, RULE, silent, _NUMBERS)
    unread = [name for name in _limiting(given) if not _whole(given, made, name)]
    if limits or unread or made is None:
        if not off:
            names = listed(map(given.showing, (*limits, *unread)))
            why = sentence(
                "the lab has no {names}; without them the rule would apply to more mail", names=names
            )
            notes.without(given, why if limits or unread else sentence("it cannot be read"))
        return None
    notes.notices += silent.notices
    lost = [name for name in (*strange, *given.lost) if name.lower() in RULE_ACTIONS | _ACTIONS]
    if lost:
        notes.about(given, sentence("the lab does not do {names}", names=listed(lost)))
    if not _ACTIONS & {name.lower() for name in made}:
        if not lost:
            notes.without(given, sentence("it does nothing that the lab knows"))
        return None
    return _dated(made, now, notes)


def _strange(given: ExportedProperties) -> Iterable[str]:
    """Properties that are set, and are neither the language's nor a detail that decides nothing."""
    for name in given.names:
        is_known = (
            name.lower() in _KNOWN or name.lower() in RULE_DETAILS or name.lower().endswith("@odata.type")
        )
        if not is_known and given.value(name) is not None and given.truth(name) is not False:
            yield name


def _limiting(given: ExportedProperties) -> Iterable[str]:
    """Its conditions and exceptions that the language has."""
    for name in given.names:
        low = name.lower()
        if low in _KNOWN and low not in _ACTIONS and low not in _BESIDE and given.value(name) is not None:
            yield name


def _whole(given: ExportedProperties, made: ConvertedTable | None, name: str) -> bool:
    """Whether a condition was read with all its values."""
    if made is None:
        return False
    key = _KNOWN[name.lower()]
    got: Any = made.get(key.name)
    if isinstance(key.kind, Many) and key.kind.of is NETWORK:
        ranges = networks(given.value(name))
        return bool(got) and not ranges.v6 and not ranges.unread
    return len(got or ()) == len(given.many(name)) if isinstance(key.kind, Many) else got is not None


def _dated(made: ConvertedTable, now: datetime, notes: ImportNotes) -> ConvertedTable:
    """A rule that is not in force today is written as a disabled one."""
    for name, over in (("ActivationDate", False), ("ExpiryDate", True)):
        text = made.given.text(name)
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            odd = sentence("{name} {text!r} is not understood, and taken for none", name=name, text=text)
            if text:
                notes.about(made.given, odd)
            continue
        moment = when if when.tzinfo else when.replace(tzinfo=now.tzinfo)
        if (moment < now) is over:
            label = made.given.label
            disabled = sentence(
                "{label} is disabled here: {name} is {text}", label=label, name=name, text=text
            )
            notes.say(made.given.place, disabled)
            made["State"] = "Disabled"
    return made
