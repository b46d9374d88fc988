"""Tenants and organisations: their sections in the scenario, and who belongs together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import datetime

from lab.importers.assembly import connectors, rules
from lab.importers.assembly.directory import People, people
from lab.importers.assembly.dns_records import is_full_name, is_service
from lab.importers.assembly.language_conversion import ConvertedTable
from lab.importers.assembly.object_owners import MOERA, ROUTING, ExportedSide, known
from lab.importers.assembly.types import ImportNotes
from lab.importers.exchange_values import address_spaces
from lab.model.value import dataclass
from lab.scenario.syntax.scalar_values import unused_name
from lab.scenario.syntax.yaml_dump import PlainData
from lab.sentence import sentence

_FOREST = re.compile(r"\b([A-Z]{3})(?:PR|PRD)\d\w*[.,]", re.IGNORECASE)
"""`DC=EURPR05A002,DC=PROD`: the forest that a tenant lives in begins with its region."""


@dataclass(slots=True, kw_only=True)
class PartyDraft:
    """A tenant or an organisation in the making."""

    key: str
    side: ExportedSide
    accepted: list[ConvertedTable]
    people: People = field(default_factory=People)
    inbound: list[ConvertedTable] = field(default_factory=list)
    outbound: list[ConvertedTable] = field(default_factory=list)
    send: list[ConvertedTable] = field(default_factory=list)
    table: PlainData = field(default_factory=dict)

    @property
    def domains(self) -> tuple[str, ...]:
        """Names of accepted domains, the default one first; not those in onmicrosoft.com."""
        ordered = sorted(self.accepted, key=lambda domain: not domain.get("Default"))
        return tuple(str(made["DomainName"]) for made in ordered if not is_service(str(made["DomainName"])))

    @property
    def all_domains(self) -> tuple[str, ...]:
        """Names of all accepted domains."""
        return tuple(str(domain["DomainName"]) for domain in self.accepted)

    def shares(self, other: PartyDraft) -> bool:
        """Whether both are sides of one company: they accept a domain in common, or one knows one of the other's as its own."""
        mine, theirs = set(self.all_domains), set(other.all_domains)
        return bool(mine & (theirs | known(other.side)) or known(self.side) & theirs)


def tenant(side: ExportedSide, taken: set[str], now: datetime, notes: ImportNotes) -> PartyDraft:
    """A tenant, all but what follows from others."""
    accepted = connectors.accepted_domains(side, notes)
    initial = connectors.initial_domain(side)
    key = _key(side, accepted, initial, taken)
    if not re.fullmatch(r"[a-z0-9-]+\.onmicrosoft\.com", initial):
        initial = f"{key.replace('-', '').replace('_', '').lower()}.onmicrosoft.com"
        text = sentence(
            "The initial domain of this tenant is in none of the exports; {initial} stands in for it.",
            initial=initial,
        )
        answer = sentence("Export Get-AcceptedDomain of the tenant.")
        notes.ask(("tenants", key, "initial_domain"), text, answer, "R156")
    rejects = any(config.truth("RejectDirectSend") for config in side.of("OrganizationConfig"))
    made = PartyDraft(key=key, side=side, accepted=accepted)
    made.people = people(side, [*accepted, {"DomainName": initial}], notes)
    made.inbound = connectors.named_objects(side, "InboundConnector", notes)
    made.outbound = connectors.outbound(side, notes)
    made.table = {
        "initial_domain": initial,
        "region": _region(side, key, notes),
        "AcceptedDomains": accepted,
        "OrganizationConfig": {"RejectDirectSend": True} if rejects else None,
        "ArcTrustedSealers": _sealers(side),
        "dkim": _signing(side, [str(domain["DomainName"]) for domain in accepted], initial),
        "InboundConnectors": made.inbound,
        "OutboundConnectors": made.outbound,
        "TransportRules": rules.rules(side, now, notes),
    }
    return made


def organization(side: ExportedSide, taken: set[str], now: datetime, notes: ImportNotes) -> PartyDraft:
    """An on-premises organisation, all but its hosts."""
    accepted = connectors.accepted_domains(side, notes)
    made = PartyDraft(key=_key(side, accepted, "", taken), side=side, accepted=accepted)
    made.people = people(side, accepted, notes)
    made.send = connectors.send(side, notes)
    made.table = {
        "AcceptedDomains": accepted,
        "hosts": {},
        "SendConnectors": made.send,
        "ReceiveConnectors": connectors.receive(side, notes),
        "RemoteDomains": connectors.named_objects(side, "RemoteDomain", notes),
        "TransportRules": rules.rules(side, now, notes),
    }
    return made


def _key(side: ExportedSide, accepted: Sequence[ConvertedTable], initial: str, taken: set[str]) -> str:
    """The first label of the default domain, of the initial one, or of the folder."""
    named = sorted(accepted, key=lambda domain: not domain.get("Default"))
    own = [str(domain["DomainName"]) for domain in named if not str(domain["DomainName"]).endswith(MOERA)]
    return unique((own or [initial])[0].partition(".")[0] or side.folder.rpartition("/")[2], taken)


def unique(wanted: str, taken: set[str]) -> str:
    """A name that the language takes, and that nobody has."""
    bare = re.sub(r"[^A-Za-z0-9_-]", "-", wanted).strip("-_")[:40] or "contoso"
    name = unused_name(bare, taken)
    taken.add(name)
    return name


def _region(side: ExportedSide, key: str, notes: ImportNotes) -> str:
    match = side.says(_FOREST)
    if match is not None:
        return match[1].upper()
    text = sentence("The region that this tenant lives in is in none of the exports; EUR is assumed.")
    answer = sentence(
        "Leave DistinguishedName or OriginatingServer in the export, or say `region:` in answers.yaml."
    )
    notes.ask(("tenants", key, "region"), text, answer, "R31", "R32")
    return "EUR"


def _sealers(side: ExportedSide) -> list[str]:
    sealers = (
        name for config in side.of("ArcConfig") for name in config.many("ArcTrustedSealers", blanks=True)
    )
    return [name.lower() for name in dict.fromkeys(sealers) if is_full_name(name)]


def _signing(side: ExportedSide, accepted: Sequence[str], initial: str) -> list[str]:
    """Domains with DKIM enabled; the initial domain signs anyhow (R171)."""
    enabled = (
        config.text("Domain", "Name", "Identity").lower()
        for config in side.of("DkimSigningConfig")
        if config.truth("Enabled")
    )
    return [name for name in dict.fromkeys(enabled) if name in accepted and name != initial]


def routing_domain(party: PartyDraft) -> str:
    """`t.mail.onmicrosoft.com`, where an organisation without an exported tenant knows it; '' if it does not."""
    names = [str(domain["DomainName"]) for domain in party.accepted]
    names += [domain.text("DomainName") for domain in party.side.of("RemoteDomain")]
    for given in party.side.of("SendConnector"):
        names += [space.domain for space in address_spaces(given.value("AddressSpaces"))]
    return next((name.lower() for name in names if name.lower().endswith(ROUTING)), "")


def missing_tenants(
    organizations: Iterable[PartyDraft], tenants: list[PartyDraft], taken: set[str], notes: ImportNotes
) -> list[PartyDraft]:
    """A stand-in for each own tenant that was not exported: it has the organisation's domains and people, and no connectors."""
    added = []
    for organization in organizations:
        routing = routing_domain(organization)
        initial = f"{routing.removesuffix(ROUTING)}{MOERA}"
        usable = routing and re.fullmatch(r"[a-z0-9-]+\.onmicrosoft\.com", initial)
        if not usable or any(organization.shares(other) for other in tenants):
            continue
        given = organization.side.objects[0]
        names = dict.fromkeys((*organization.domains, routing))
        accepted = [ConvertedTable({"DomainName": name}, given) for name in names]
        first = next(iter(organization.domains), routing)
        made = PartyDraft(
            key=unique(first.partition(".")[0], taken),
            side=ExportedSide(True, organization.side.folder),
            accepted=accepted,
        )
        made.people = People(accepted=accepted)
        made.table = {"initial_domain": initial, "region": "EUR", "AcceptedDomains": accepted}
        text = sentence(
            "Tenant {name} was not exported: its connectors, its region and its recipients are not known.",
            name=made.key,
        )
        answer = sentence(
            "Export the tenant too (Get-InboundConnector, Get-OutboundConnector, Get-AcceptedDomain, "
            "recipients)."
        )
        path = ("tenants", made.key, "InboundConnectors")
        notes.ask(path, text, answer, "R3", "R31", "R111", about=(path[:2],))
        added.append(made)
    return added
