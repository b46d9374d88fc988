"""Which recipients are kept, and what each side knows of the other's.

A matrix needs one of each class. What a handful is taken from is counted, and the same people are taken on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lab.importers.assembly.directory import (
    CONTACTS,
    GROUPS,
    LISTS,
    MAILBOXES,
    REMOTE,
    USERS,
    People,
    covered,
    parsed,
)
from lab.importers.assembly.language_conversion import ConvertedTable
from lab.importers.assembly.object_owners import MOERA, ROUTING
from lab.importers.assembly.types import ImportNotes
from lab.importers.types import ExportLocation
from lab.sentence import Sentence, sentence

_IDENTITIES = ("DistinguishedName", "Identity", "Name", "DisplayName", "Alias", "PrimarySmtpAddress", "Id")
_HANDFUL = 2
"""Kept of each class: one to be written to, and one to write to him."""
_MOST = 1_000
"""Recipients of all sides with --all-recipients: a scenario file has a limit, and each has several addresses."""


def restrict(sides: Iterable[People], notes: ImportNotes) -> None:
    """`AcceptMessagesOnlyFrom` names recipients by their identities; here they have addresses."""
    everybody = [entry for side in sides for _, entry in side.all()]
    by_name = {
        entry.given.text(name).lower(): str(entry["address"]) for entry in everybody for name in _IDENTITIES
    }
    for entry in everybody:
        wanted = entry.given.many("AcceptMessagesOnlyFrom")
        senders = [by_name.get(name.lower()) or (str(a) if (a := parsed(name)) else None) for name in wanted]
        allowed = [address for address in senders if address]
        if len(allowed) < len(wanted):
            text = sentence("AcceptMessagesOnlyFrom names somebody who is not in the exports")
            notes.about(entry.given, text)
        if allowed:
            entry["AcceptMessagesOnlyFrom"] = allowed


def sampled(sides: Mapping[str, People], wanted: set[str], notes: ImportNotes) -> None:
    """Keep a handful of each class, everybody who is named elsewhere, and their counterparts on the other side."""
    keys = {name: side.keys for name, side in sides.items()}
    counted: dict[tuple[object, ...], int] = {}
    kept = set(wanted)
    for name, side in sides.items():
        others = set[str]().union(*(theirs for other, theirs in keys.items() if other != name))
        for section, entry in side.all():
            key = str(entry["address"]).lower()
            kind = (name, *_class(section, entry, both=key in others))
            if key in kept or counted.get(kind, 0) < _HANDFUL:
                counted[kind] = counted.get(kind, 0) + 1
                kept.add(key)
    for name, side in sides.items():
        _keep(name, side, kept, notes)


def limited(sides: Mapping[str, People], notes: ImportNotes) -> None:
    """All recipients, as far as a scenario file can have them."""
    left = _MOST // max(1, len(sides))
    for name, side in sides.items():
        kept = set(list(dict.fromkeys(str(entry["address"]).lower() for _, entry in side.all()))[:left])
        _keep(name, side, kept, notes)


def _class(section: str, entry: ConvertedTable, *, both: bool) -> tuple[object, ...]:
    """What makes two recipients differ for mail flow."""
    moera = str(entry["address"]).endswith(MOERA)
    routed = any(str(text).endswith(ROUTING) for text in (entry.get("external"), *entry.get("proxies", ())))
    own = ("ForwardingSmtpAddress", "RequireSenderAuthenticationEnabled", "AcceptMessagesOnlyFrom")
    return section, moera, both, routed, *(key in entry for key in own)


def _keep(name: str, side: People, kept: set[str], notes: ImportNotes) -> None:
    for section, entries in side.sections.items():
        left = [entry for entry in entries if str(entry["address"]).lower() in kept]
        if len(left) < len(entries):
            text = sentence(
                "{number} of {all} {kind} of {name} stand for all of them; --all-recipients keeps up to {most}",
                number=len(left),
                all=len(entries),
                kind=_words(section),
                name=name,
                most=_MOST,
            )
            notes.say(ExportLocation((left or entries)[0].given.place.file), text)
        side.sections[section] = left


def synchronised(organization: People, tenant: People, notes: ImportNotes) -> None:
    """What directory synchronisation brings, where the export of one side lacks a whole kind of recipients (R106, R144)."""
    _copied(organization, MAILBOXES, tenant, USERS, notes)
    _copied(organization, REMOTE, tenant, MAILBOXES, notes)
    _copied(tenant, MAILBOXES, organization, REMOTE, notes)
    for section in (CONTACTS, LISTS):
        _copied(organization, section, tenant, section, notes)


def _copied(source: People, section: str, target: People, there: str, notes: ImportNotes) -> None:
    """One section of a side from its counterpart; what was exported of it, if only one object, is believed to be all."""
    if there in target.exported:
        return
    present = target.keys
    synced = section != MAILBOXES or there != REMOTE
    made = [
        _counterpart(entry, there, target)
        for entry in source.sections.get(section, ())
        if str(entry["address"]).lower() not in present and (synced or entry.given.truth("IsDirSynced"))
    ]
    fresh = [entry for entry in made if _is_covered(entry["address"], target)]
    for entry in fresh:
        target.add(there, entry)
    if fresh:
        text = sentence(
            "no {missing} were exported; {number} are taken from the {known} of the other side, as synchronised",
            missing=_words(there),
            number=len(fresh),
            known=_words(section),
        )
        notes.say(fresh[0].given.place, text)


def _words(section: str) -> Sentence:
    """What a section is called in a sentence: `mail contacts`."""
    return Sentence(section.replace("_", " "))


def _is_covered(text: str, side: People) -> bool:
    address = parsed(text)
    return address is not None and covered(address, side.accepted)


def _counterpart(entry: ConvertedTable, there: str, target: People) -> ConvertedTable:
    made = ConvertedTable({"address": entry["address"]}, entry.given)
    proxies = [proxy for proxy in entry.get("proxies", ()) if _is_covered(proxy, target)]
    if proxies:
        made["proxies"] = proxies
    routed = (proxy for proxy in entry.get("proxies", ()) if proxy.endswith(ROUTING))
    routing = entry.get("external") or next(routed, None)
    if there == REMOTE:
        made["external"] = routing or entry["address"]
    elif there == MAILBOXES and routing and _is_covered(routing, target):
        made["proxies"] = list(dict.fromkeys((*made.get("proxies", ()), routing)))
    elif there == USERS:
        made["external"] = entry["address"]
    else:
        made.update({key: value for key, value in entry.items() if key not in ("address", "proxies")})
    return made


def membered(sides: Iterable[People], notes: ImportNotes) -> None:
    """Members of groups: those that were exported, else one mailbox of each side, as no cmdlet for groups tells them."""
    listed = list(sides)
    samples = [mailboxes[0]["address"] for side in listed if (mailboxes := side.sections.get(MAILBOXES))]
    for side in listed:
        for section, entry in side.all():
            if section not in (GROUPS, LISTS):
                continue
            texts = entry.given.many("MembersSMTP", "Members", "PrimarySmtpAddresses")
            members = [str(a) for text in texts if (a := parsed(text))]
            entry["members"] = members or [a for a in dict.fromkeys(samples) if a != entry["address"]]
            if not members and samples:
                text = sentence("its members are not in the export; one mailbox of each side stands for them")
                notes.about(entry.given, text)
