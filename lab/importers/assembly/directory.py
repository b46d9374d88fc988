"""Recipients of either side: who is known where, under which addresses, and a handful of each class of them.

A matrix needs one of each class. What a handful is taken from is counted, and the same people are taken on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lab.importers.assembly.given import Given
from lab.importers.assembly.nouns import Notes
from lab.importers.assembly.sides import MOERA, ROUTING, Side
from lab.importers.assembly.worded import Written
from lab.importers.mailwords import proxy_addresses, smtp_address
from lab.importers.nouns import Place
from lab.model.names import Address

MAILBOXES, REMOTE, USERS = "mailboxes", "remote_mailboxes", "mail_users"
CONTACTS, GROUPS, LISTS = "mail_contacts", "groups", "distribution_groups"
_CLOUD = {
    "Mailbox": MAILBOXES,
    "MailUser": USERS,
    "MailContact": CONTACTS,
    "UnifiedGroup": GROUPS,
    "DistributionGroup": LISTS,
}
_ON_PREMISES = {
    "Mailbox": MAILBOXES,
    "RemoteMailbox": REMOTE,
    "MailUser": REMOTE,
    "MailContact": CONTACTS,
    "DistributionGroup": LISTS,
}
_POINTING = (REMOTE, USERS, CONTACTS)
_SYSTEM = (
    "discoverymailbox",
    "arbitrationmailbox",
    "auditlogmailbox",
    "monitoringmailbox",
    "auxauditlogmailbox",
    "supervisoryreviewpolicymailbox",
    "publicfoldermailbox",
    "systemmailbox",
    "systemattendantmailbox",
    "mailboxplan",
    "guestmailuser",
)
_SYSTEM_NAMES = ("discoverysearchmailbox", "healthmailbox", "systemmailbox{", "migration.", "federatedemail.")
_HANDFUL = 2
"""Kept of each class: one to be written to, and one to write to him."""


@dataclass(slots=True)
class People:
    """The recipients of one side by the section that the language has for them."""

    sections: dict[str, list[Written]] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    """Sections of which anything was exported at all."""
    accepted: Sequence[Mapping[str, object]] = ()
    """The accepted domains that its addresses are in."""

    def all(self) -> Iterator[tuple[str, Written]]:
        """Every recipient with its section."""
        for section, found in self.sections.items():
            for each in found:
                yield section, each

    @property
    def keys(self) -> set[str]:
        """Their primary addresses, as addresses are compared."""
        return {str(each["address"]).lower() for _, each in self.all()}

    def add(self, section: str, entry: Written) -> None:
        """One more."""
        self.sections.setdefault(section, []).append(entry)

    def table(self) -> dict[str, list[Written]]:
        """The sections that have anybody."""
        return {section: found for section, found in self.sections.items() if found}


def people(side: Side, accepted: Sequence[Mapping[str, object]], notes: Notes) -> People:
    """Everybody of a side whose addresses are in its accepted domains."""
    made, taken, strangers = People(accepted=accepted), set[str](), list[Given]()
    for given in side.objects:
        section = _section(given, cloud=side.cloud)
        if section is None:
            continue
        made.exported.add(section)
        if _is_system(given):
            continue
        entry = _entry(given, section, accepted, taken, notes)
        if entry is None:
            strangers.append(given)
        else:
            made.add(section, entry)
            taken |= {str(each).lower() for each in (entry["address"], *entry.get("proxies", ()))}
    if strangers:
        first, more = strangers[0], len(strangers) - 1
        others = f" and {more} more recipients are" if more else " is"
        notes.leave(
            first.place,
            f"{first.label}{others} left out: no address in an accepted domain, or no external address",
        )
    return made


def _section(given: Given, *, cloud: bool) -> str | None:
    if given.kind == "Recipient":
        return _of_type(given.text("RecipientTypeDetails", "RecipientType").lower(), cloud=cloud)
    return (_CLOUD if cloud else _ON_PREMISES).get(given.kind)


def _of_type(kind: str, *, cloud: bool) -> str | None:
    """`Get-Recipient` lists all kinds."""
    if kind.startswith("remote"):
        return None if cloud else REMOTE
    if kind == "groupmailbox":
        return GROUPS if cloud else None
    if kind.endswith("mailbox"):
        return MAILBOXES
    if kind.startswith("mailcontact"):
        return CONTACTS
    if kind.startswith("mailuser"):
        return USERS if cloud else REMOTE
    return LISTS if kind.startswith("mail") and kind.endswith("group") else None


def _is_system(given: Given) -> bool:
    kind = given.text("RecipientTypeDetails").lower()
    name = given.text("Name", "Alias").lower()
    return kind in _SYSTEM or name.startswith(_SYSTEM_NAMES)


def _entry(
    given: Given, section: str, accepted: Sequence[Mapping[str, object]], taken: set[str], notes: Notes
) -> Written | None:
    addresses = [each for each in _addresses(given) if _covered(each, accepted)]
    if not addresses or str(addresses[0]).lower() in taken:
        return None
    entry = Written({"address": str(addresses[0])}, given)
    proxies = [str(each) for each in addresses[1:] if str(each).lower() not in taken]
    if proxies:
        entry["proxies"] = proxies
    if section in _POINTING:
        external = _one(given, "RemoteRoutingAddress", "ExternalEmailAddress")
        if external is None and section == CONTACTS:
            return None
        entry["external"] = str(external or addresses[0])
    if section == MAILBOXES:
        _forwarding(entry, given, notes)
    return _restricted(entry, given, section)


def _addresses(given: Given) -> list[Address]:
    """The primary address first."""
    first = _one(given, "PrimarySmtpAddress", "WindowsEmailAddress")
    found = [first] if first else []
    found += [each for text in proxy_addresses(given.value("EmailAddresses")) if (each := parsed(text))]
    return list({str(each).lower(): each for each in found}.values())


def parsed(text: str) -> Address | None:
    """A mail address; None if it is none, or has characters that only SMTPUTF8 has."""
    try:
        address = Address.parse(text)
    except ValueError:
        return None
    return address if address.is_ascii and "." in address.domain else None


def _one(given: Given, *names: str) -> Address | None:
    return parsed(smtp_address(given.value(*names)) or "")


def _covered(address: Address, accepted: Iterable[Mapping[str, object]]) -> bool:
    for each in accepted:
        name = str(each["DomainName"])
        if address.domain == name or (each.get("MatchSubDomains") and address.domain.is_under(name)):
            return True
    return False


def _forwarding(entry: Written, given: Given, notes: Notes) -> None:
    target = _one(given, "ForwardingSmtpAddress")
    if target is not None:
        entry["ForwardingSmtpAddress"] = str(target)
        if given.truth("DeliverToMailboxAndForward"):
            entry["DeliverToMailboxAndForward"] = True
    elif given.value("ForwardingSmtpAddress") is not None:
        notes.leave(given.place, f"{given.label}: ForwardingSmtpAddress is no address, and is left out")


def _restricted(entry: Written, given: Given, section: str) -> Written:
    """Who may write: groups take internal mail only, unless they say otherwise."""
    internal, usual = given.truth("RequireSenderAuthenticationEnabled"), section in (GROUPS, LISTS)
    if internal is not None and internal is not usual:
        entry["RequireSenderAuthenticationEnabled"] = internal
    return entry


def restrict(sides: Iterable[People], notes: Notes) -> None:
    """`AcceptMessagesOnlyFrom` names recipients by their identities; here they have addresses."""
    everybody = [each for side in sides for _, each in side.all()]
    known = {name.lower(): str(each["address"]) for each in everybody for name in _identities(each.given)}
    for each in everybody:
        wanted = each.given.many("AcceptMessagesOnlyFrom")
        found = [known.get(name.lower()) or (str(a) if (a := parsed(name)) else None) for name in wanted]
        listed = [address for address in found if address]
        if len(listed) < len(wanted):
            notes.say(
                each.given.place,
                f"{each.given.label}: AcceptMessagesOnlyFrom names somebody who is not in the exports",
            )
        if listed:
            each["AcceptMessagesOnlyFrom"] = listed


def _identities(given: Given) -> Iterator[str]:
    for name in ("DistinguishedName", "Identity", "Name", "DisplayName", "Alias", "PrimarySmtpAddress", "Id"):
        if text := given.text(name):
            yield text


def sampled(sides: Mapping[str, People], wanted: set[str], notes: Notes) -> None:
    """Keep a handful of each class, everybody who is named elsewhere, and their counterparts on the other side."""
    keys = {name: side.keys for name, side in sides.items()}
    counted: dict[tuple[object, ...], int] = {}
    kept = set(wanted)
    for name, side in sides.items():
        others = set[str]().union(*(found for other, found in keys.items() if other != name))
        for section, each in side.all():
            key = str(each["address"]).lower()
            kind = (name, *_class(section, each, both=key in others))
            if key in kept or counted.get(kind, 0) < _HANDFUL:
                counted[kind] = counted.get(kind, 0) + 1
                kept.add(key)
    for name, side in sides.items():
        _keep(name, side, kept, notes)


def _class(section: str, entry: Written, *, both: bool) -> tuple[object, ...]:
    """What makes two recipients differ for mail flow."""
    moera = str(entry["address"]).endswith(MOERA)
    routed = any(str(each).endswith(ROUTING) for each in (entry.get("external"), *entry.get("proxies", ())))
    own = ("ForwardingSmtpAddress", "RequireSenderAuthenticationEnabled", "AcceptMessagesOnlyFrom")
    return section, moera, both, routed, *(key in entry for key in own)


def _keep(name: str, side: People, kept: set[str], notes: Notes) -> None:
    for section, found in side.sections.items():
        left = [each for each in found if str(each["address"]).lower() in kept]
        if len(left) < len(found):
            what = _words(section)
            notes.say(
                Place(left[0].given.place.file if left else found[0].given.place.file),
                f"{len(left)} of {len(found)} {what} of {name} stand for all of them; --all-recipients keeps all",
            )
        side.sections[section] = left


def synchronised(organization: People, tenant: People, notes: Notes) -> None:
    """What directory synchronisation brings, where the export of one side lacks a whole kind of recipients (R106, R144)."""
    _copied(organization, MAILBOXES, tenant, USERS, notes)
    _copied(organization, REMOTE, tenant, MAILBOXES, notes)
    _copied(tenant, MAILBOXES, organization, REMOTE, notes)
    for section in (CONTACTS, LISTS):
        _copied(organization, section, tenant, section, notes)


def _copied(source: People, section: str, target: People, there: str, notes: Notes) -> None:
    """One section of a side from its counterpart; what was exported of it, if only one object, is believed to be all."""
    if there in target.exported:
        return
    known = target.keys
    synced = section != MAILBOXES or there != REMOTE
    made = [
        _counterpart(each, there, target)
        for each in source.sections.get(section, ())
        if str(each["address"]).lower() not in known and (synced or each.given.truth("IsDirSynced"))
    ]
    fresh = [each for each in made if _is_covered(each["address"], target)]
    for each in fresh:
        target.add(there, each)
    if fresh:
        told = f"no {_words(there)} were exported; {len(fresh)} are taken from the {_words(section)} of the other side, as synchronised"
        notes.say(fresh[0].given.place, told)


def _words(section: str) -> str:
    return section.replace("_", " ")


def _is_covered(text: str, side: People) -> bool:
    address = parsed(text)
    return address is not None and _covered(address, side.accepted)


def _counterpart(entry: Written, there: str, target: People) -> Written:
    made = Written({"address": entry["address"]}, entry.given)
    proxies = [each for each in entry.get("proxies", ()) if _is_covered(each, target)]
    if proxies:
        made["proxies"] = proxies
    known = (each for each in entry.get("proxies", ()) if each.endswith(ROUTING))
    routing = entry.get("external") or next(known, None)
    if there == REMOTE:
        made["external"] = routing or entry["address"]
    elif there == MAILBOXES and routing and _is_covered(routing, target):
        made["proxies"] = list(dict.fromkeys((*made.get("proxies", ()), routing)))
    elif there == USERS:
        made["external"] = entry["address"]
    else:
        made.update({key: value for key, value in entry.items() if key not in ("address", "proxies")})
    return made


def membered(sides: Iterable[People], notes: Notes) -> None:
    """Members of groups: those that were exported, else one mailbox of each side, as no cmdlet for groups tells them."""
    listed = list(sides)
    samples = [found[0]["address"] for side in listed if (found := side.sections.get(MAILBOXES))]
    for side in listed:
        for section, each in side.all():
            if section not in (GROUPS, LISTS):
                continue
            texts = each.given.many("MembersSMTP", "Members", "PrimarySmtpAddresses")
            members = [str(a) for text in texts if (a := parsed(text))]
            each["members"] = members or [a for a in dict.fromkeys(samples) if a != each["address"]]
            if not members and samples:
                notes.say(
                    each.given.place,
                    f"{each.given.label}: its members are not in the export; one mailbox of each side stands for them",
                )
