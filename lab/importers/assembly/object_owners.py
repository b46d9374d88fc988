"""Whose each object is: the cloud's or an on-premises organisation's, and which one's; and which of them belong together.

One folder is one side of one organisation, or both of its sides; what an object says of itself counts more than where it
lies, and where it lies more than what lies beside it. Sides belong together by accepted domains; where those do not tell it,
by the hybrid configuration, by routing addresses, or for want of others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from lab.importers.assembly.exported_object import ExportedProperties
from lab.importers.assembly.types import ImportNotes
from lab.importers.exchange_values import address_spaces
from lab.importers.types import ExportedObject
from lab.model.value import dataclass
from lab.sentence import sentence

_CLOUD = frozenset(
    ("InboundConnector", "OutboundConnector", "DkimSigningConfig", "ArcConfig", "UnifiedGroup")
)
_OWN = frozenset(
    (
        "SendConnector",
        "ReceiveConnector",
        "ExchangeCertificate",
        "ExchangeServer",
        "HybridConfiguration",
        "RemoteMailbox",
    )
)
_SAYING = ("DistinguishedName", "OriginatingServer", "OrganizationId", "OrganizationalUnitRoot", "Identity")
"""Properties that tell whose directory an object is in."""
_CLOUD_PATH = re.compile(r"(?<![a-z])(online|exo|eop|cloud|tenant|o365|m365|office365)(?![a-z])")
_OWN_PATH = re.compile(r"(?<![a-z])(on-?prem(ises)?|local|server|exchange20\d\d)(?![a-z])")
_SERVICE = re.compile(r"PROD\.OUTLOOK\.COM|DC=PROD,DC=OUTLOOK|\.onmicrosoft\.com", re.IGNORECASE)
_DIRECTORY = re.compile(r"CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=", re.IGNORECASE)
MOERA = ".onmicrosoft.com"
ROUTING = ".mail.onmicrosoft.com"


@dataclass(slots=True)
class ExportedSide:
    """A tenant, or an on-premises organisation, as it was exported."""

    cloud: bool
    folder: str
    objects: list[ExportedProperties] = field(default_factory=list)
    lent: str = ""
    """Whose accepted domains stand in for its own, which were not exported: `those of the tenant`."""

    def of(self, *kinds: str) -> list[ExportedProperties]:
        """The objects of some kinds, in the order of the files."""
        return [exported for exported in self.objects if exported.kind in kinds]

    @property
    def domains(self) -> tuple[str, ...]:
        """The names of its accepted domains, in lower case, the default one first."""
        listed = sorted(self.of("AcceptedDomain"), key=lambda domain: domain.truth("Default") is not True)
        names = ((domain.text("DomainName") or domain.name).lower().removeprefix("*.") for domain in listed)
        return tuple(dict.fromkeys(filter(None, names)))

    def says(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first match in what its objects say of their directory."""
        for exported in self.objects:
            for name in _SAYING:
                match = pattern.search(exported.text(name))
                if match:
                    return match
        return None


def sides(objects: Iterable[ExportedProperties], notes: ImportNotes) -> list[ExportedSide]:
    """All sides that an export set has."""
    made: dict[tuple[str, bool], ExportedSide] = {}
    by_folder: dict[str, list[ExportedProperties]] = {}
    for exported in objects:
        by_folder.setdefault(exported.place.folder, []).append(exported)
    for folder, lying in by_folder.items():
        other = _majority(lying)
        for exported in lying:
            in_cloud = _told(exported)
            cloud = other if in_cloud is None else in_cloud
            made.setdefault((folder, cloud), ExportedSide(cloud, folder)).objects.append(exported)
    joined = _joined(made.values(), notes)
    for side in joined:
        side.objects = list(_once(side.objects, notes))
    return joined


def _told(given: ExportedProperties) -> bool | None:
    """Whether it is the cloud's, by its kind, its directory, or the names of its folders and file."""
    if given.kind in _CLOUD or given.kind in _OWN:
        return given.kind in _CLOUD
    said = " ".join(given.text(name) for name in _SAYING)
    if _DIRECTORY.search(said):
        return False
    if given.truth("InitialDomain") or _SERVICE.search(said):
        return True
    path = given.place.file.lower()
    positions = [
        (m.end(), cloud)
        for pattern, cloud in ((_CLOUD_PATH, True), (_OWN_PATH, False))
        for m in pattern.finditer(path)
    ]
    return max(positions)[1] if positions else None


def _majority(lying: Iterable[ExportedProperties]) -> bool:
    """What most objects of a folder are; where none tells, a tenant has a domain in onmicrosoft.com of its own."""
    sides = [_told(exported) for exported in lying]
    cloud, own = sides.count(True), sides.count(False)
    if cloud or own:
        return cloud >= own
    names = [exported.name.lower() for exported in lying if exported.kind == "AcceptedDomain"]
    return any(name.endswith(MOERA) and not name.endswith(ROUTING) for name in names)


def _joined(made: Iterable[ExportedSide], notes: ImportNotes) -> list[ExportedSide]:
    """Folders of one tenant or organisation are one side: they share a domain, or tell none and lie beside another."""
    whole: list[ExportedSide] = []
    for side in sorted(made, key=lambda side: not side.domains):
        home = next((other for other in whole if _same(other, side)), None)
        if home is None and not side.domains:
            home = _beside(side, whole)
        if home is None:
            whole.append(side)
            continue
        home.objects += side.objects
        if home.folder != side.folder and side.domains:
            folders = [folder or sentence("the top folder") for folder in (side.folder, home.folder)]
            text = sentence(
                "{folder} belongs to {home}: they share accepted domains", folder=folders[0], home=folders[1]
            )
            notes.say(side.objects[0].place, text)
    return sorted(whole, key=lambda side: (side.folder, side.cloud))


def _same(one: ExportedSide, other: ExportedSide) -> bool:
    """A domain is in one tenant only (R105: that of routing addresses may be in several forests of one tenant)."""
    if one.cloud is not other.cloud:
        return False
    shared = set(one.domains) & set(other.domains)
    return any(not name.endswith(ROUTING) for name in shared)


def _beside(side: ExportedSide, whole: Iterable[ExportedSide]) -> ExportedSide | None:
    fitting = [other for other in whole if other.cloud is side.cloud]
    near = [other for other in fitting if other.folder.partition("/")[0] == side.folder.partition("/")[0]]
    candidates = near or fitting
    return candidates[0] if len(candidates) == 1 else None


def _once(objects: Iterable[ExportedProperties], notes: ImportNotes) -> Iterator[ExportedProperties]:
    """Each object once: the same one may have been exported in two formats."""
    seen: dict[tuple[str, str], ExportedProperties] = {}
    for exported in objects:
        identity = exported.text(
            "Thumbprint", "Guid", "ExchangeGuid", "PrimarySmtpAddress", "DomainName", "Name", "Identity"
        ).lower()
        known = bool(identity and exported.kind)
        first = seen.setdefault((exported.kind, identity), exported) if known else exported
        if first is exported:
            yield exported
            continue
        label, place = exported.label, first.place
        text = sentence("{label} is in {place} too; the one there counts", label=label, place=place)
        notes.say(exported.place, text)


def known(side: ExportedSide) -> frozenset[str]:
    """Domains that a side has something to do with as its own, besides those that it accepts."""
    if not side.cloud:
        return frozenset((*_hybrid(side), *_routing(side)))
    initial = [name for name in side.domains if name.endswith(MOERA) and not name.endswith(ROUTING)]
    return frozenset(f"{name.removesuffix(MOERA)}{ROUTING}" for name in initial)


def lend(found: Sequence[ExportedSide]) -> None:
    """Give a side without exported accepted domains those of the side that it belongs to; it says then whose they are."""
    for side in [bare for bare in found if not bare.domains]:
        home = _home(side, found)
        if home is not None:
            side.lent = "those of the tenant" if home.cloud else "those of the organisation"
            side.objects += [_accepted(name, side, domain) for name, domain in _lendable(home)]
        elif hybrid := list(_hybrid(side)):
            side.lent = "the domains of its hybrid configuration"
            side.objects += [_accepted(name, side, side.objects[0]) for name in hybrid]


def _home(side: ExportedSide, found: Sequence[ExportedSide]) -> ExportedSide | None:
    """The one other side that knows the same domains; else the only one, where that is clear."""
    others = [other for other in found if other.cloud is not side.cloud and other.domains]
    own = known(side)
    fitting = [other for other in others if own & {*other.domains, *known(other)}]
    if fitting or any(name.endswith(ROUTING) for name in own):
        return fitting[0] if len(fitting) == 1 else None
    alike = [other for other in found if other.cloud is side.cloud]
    return others[0] if len(others) == len(alike) == 1 else None


def _lendable(home: ExportedSide) -> Iterator[tuple[str, ExportedProperties]]:
    """Accepted domains that both sides may have: not the initial one, which is the tenant's."""
    for domain in home.of("AcceptedDomain"):
        name = (domain.text("DomainName") or domain.name).lower()
        if not name.endswith(MOERA) or name.endswith(ROUTING):
            yield name, domain


def _accepted(name: str, side: ExportedSide, source: ExportedProperties) -> ExportedProperties:
    """On-premises, mail to routing addresses goes on to the tenant (R105)."""
    passes = not side.cloud and name.endswith(ROUTING)
    said = {
        "DomainName": name,
        "DomainType": "InternalRelay" if passes else "Authoritative",
        "Default": bool(source.truth("Default")),
    }
    return ExportedProperties(ExportedObject(kind="AcceptedDomain", place=source.place, values=said))


def _hybrid(side: ExportedSide) -> Iterator[str]:
    """`Domains` of the hybrid configuration; `autod:` marks the one that Autodiscover asks."""
    for configuration in side.of("HybridConfiguration"):
        yield from (name.lower().removeprefix("autod:") for name in configuration.many("Domains"))


def _routing(side: ExportedSide) -> Iterator[str]:
    """`t.mail.onmicrosoft.com` of routing addresses and of the send connectors that lead there."""
    names = [domain.text("DomainName") for domain in side.of("RemoteDomain")]
    names += [
        space.domain
        for connector in side.of("SendConnector")
        for space in address_spaces(connector.value("AddressSpaces"))
    ]
    names += [mailbox.text("RemoteRoutingAddress").rpartition("@")[2] for mailbox in side.of("RemoteMailbox")]
    yield from (name.lower() for name in names if name.lower().endswith(ROUTING))
