"""Recipients of either side: who is known where, and under which addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from lab.importers.assembly.exported_object import ExportedProperties
from lab.importers.assembly.language_conversion import ConvertedTable
from lab.importers.assembly.object_owners import ExportedSide
from lab.importers.assembly.types import ImportNotes
from lab.importers.exchange_values import proxy_addresses, smtp_address
from lab.model.names import Address
from lab.model.value import dataclass
from lab.sentence import sentence

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
_SYSTEM = frozenset(
    """
    DiscoveryMailbox ArbitrationMailbox AuditLogMailbox MonitoringMailbox AuxAuditLogMailbox SupervisoryReviewPolicyMailbox
    PublicFolderMailbox SystemMailbox SystemAttendantMailbox MailboxPlan GuestMailUser
    """.lower().split()
)
"""Recipients of Exchange's own, by RecipientTypeDetails."""
_SYSTEM_NAMES = ("discoverysearchmailbox", "healthmailbox", "systemmailbox{", "migration.", "federatedemail.")
_MOST_PROXIES = 5


@dataclass(slots=True)
class People:
    """The recipients of one side by the section that the language has for them."""

    sections: dict[str, list[ConvertedTable]] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    """Sections of which anything was exported at all."""
    accepted: Sequence[Mapping[str, object]] = ()
    """The accepted domains that its addresses are in."""

    def all(self) -> Iterator[tuple[str, ConvertedTable]]:
        """Every recipient with its section."""
        for section, entries in self.sections.items():
            for entry in entries:
                yield section, entry

    @property
    def keys(self) -> set[str]:
        """Their primary addresses, as addresses are compared."""
        return {str(entry["address"]).lower() for _, entry in self.all()}

    def add(self, section: str, entry: ConvertedTable) -> None:
        """One more."""
        self.sections.setdefault(section, []).append(entry)

    def table(self) -> dict[str, list[ConvertedTable]]:
        """The sections that have anybody."""
        return {section: entries for section, entries in self.sections.items() if entries}


def people(side: ExportedSide, accepted: Sequence[Mapping[str, object]], notes: ImportNotes) -> People:
    """Everybody of a side whose addresses are in its accepted domains."""
    made, taken, strangers = People(accepted=accepted), set[str](), list[ExportedProperties]()
    for given in side.objects:
        section = _section(given, cloud=side.cloud)
        if section is None:
            continue
        made.exported.add(section)
        kind, name = given.text("RecipientTypeDetails").lower(), given.text("Name", "Alias").lower()
        if kind in _SYSTEM or name.startswith(_SYSTEM_NAMES):
            continue
        entry = _entry(given, section, accepted, taken, notes)
        if entry is None:
            strangers.append(given)
        else:
            made.add(section, entry)
            taken |= {str(address).lower() for address in (entry["address"], *entry.get("proxies", ()))}
    if strangers:
        first, more = strangers[0], len(strangers) - 1
        alone = sentence(
            "{label} is left out: no address in an accepted domain, or no external address", label=first.label
        )
        several = sentence(
            "{label} and {number} more recipients are left out: no address in an accepted domain, or no external address",
            label=first.label,
            number=more,
        )
        notes.leave(first.place, several if more else alone)
    return made


def _section(given: ExportedProperties, *, cloud: bool) -> str | None:
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


def _entry(
    given: ExportedProperties,
    section: str,
    accepted: Sequence[Mapping[str, object]],
    taken: set[str],
    notes: ImportNotes,
) -> ConvertedTable | None:
    addresses = [address for address in _addresses(given) if covered(address, accepted)]
    if not addresses or str(addresses[0]).lower() in taken:
        return None
    entry = ConvertedTable({"address": str(addresses[0])}, given)
    proxies = [str(address) for address in addresses[1:] if str(address).lower() not in taken][:_MOST_PROXIES]
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


def _addresses(given: ExportedProperties) -> list[Address]:
    """The primary address first."""
    first = _one(given, "PrimarySmtpAddress", "WindowsEmailAddress")
    addresses = [first] if first else []
    addresses += [proxy for text in proxy_addresses(given.value("EmailAddresses")) if (proxy := parsed(text))]
    return list({str(address).lower(): address for address in addresses}.values())


def parsed(text: str) -> Address | None:
    """A mail address; None if it is none, or has characters that only SMTPUTF8 has."""
    try:
        address = Address.parse(text)
    except ValueError:
        return None
    return address if address.is_ascii and "." in address.domain else None


def _one(given: ExportedProperties, *names: str) -> Address | None:
    return parsed(smtp_address(given.value(*names)) or "")


def covered(address: Address, accepted: Iterable[Mapping[str, object]]) -> bool:
    """Whether an address is in one of these accepted domains."""
    for domain in accepted:
        name = str(domain["DomainName"])
        if address.domain == name or (domain.get("MatchSubDomains") and address.domain.is_under(name)):
            return True
    return False


def _forwarding(entry: ConvertedTable, given: ExportedProperties, notes: ImportNotes) -> None:
    target = _one(given, "ForwardingSmtpAddress")
    if target is not None:
        entry["ForwardingSmtpAddress"] = str(target)
        if given.truth("DeliverToMailboxAndForward"):
            entry["DeliverToMailboxAndForward"] = True
    elif given.value("ForwardingSmtpAddress") is not None:
        text = sentence("{label}: ForwardingSmtpAddress is no address, and is left out", label=given.label)
        notes.leave(given.place, text)


def _restricted(entry: ConvertedTable, given: ExportedProperties, section: str) -> ConvertedTable:
    """Who may write: groups take internal mail only, unless they say otherwise."""
    internal, usual = given.truth("RequireSenderAuthenticationEnabled"), section in (GROUPS, LISTS)
    if internal is not None and internal is not usual:
        entry["RequireSenderAuthenticationEnabled"] = internal
    return entry
