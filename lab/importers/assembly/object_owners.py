"""Whose each object is: the cloud's or an on-premises organisation's, and which one's.

One folder is one side of one organisation, or both of its sides; what an object says of itself counts more than where it
lies, and where it lies more than what lies beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import field

from lab.importers.assembly.exported_object import ExportedProperties
from lab.importers.assembly.types import ImportNotes
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
        return [each for each in self.objects if each.kind in kinds]

    @property
    def domains(self) -> tuple[str, ...]:
        """The names of its accepted domains, in lower case, the default one first."""
        listed = sorted(self.of("AcceptedDomain"), key=lambda each: each.truth("Default") is not True)
        names = ((each.text("DomainName") or each.name).lower().removeprefix("*.") for each in listed)
        return tuple(dict.fromkeys(filter(None, names)))

    def says(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first match in what its objects say of their directory."""
        for each in self.objects:
            for name in _SAYING:
                found = pattern.search(each.text(name))
                if found:
                    return found
        return None


def sides(objects: Iterable[ExportedProperties], notes: ImportNotes) -> list[ExportedSide]:
    """All sides that an export set has."""
    made: dict[tuple[str, bool], ExportedSide] = {}
    for folder, lying in _by_folder(objects).items():
        other = _majority(lying)
        for each in lying:
            told = _told(each)
            cloud = other if told is None else told
            made.setdefault((folder, cloud), ExportedSide(cloud, folder)).objects.append(each)
    joined = _joined(made.values(), notes)
    for side in joined:
        side.objects = list(_once(side.objects, notes))
    return joined


def _by_folder(objects: Iterable[ExportedProperties]) -> dict[str, list[ExportedProperties]]:
    found: dict[str, list[ExportedProperties]] = {}
    for each in objects:
        found.setdefault(each.place.folder, []).append(each)
    return found


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
    found = [
        (m.end(), cloud)
        for pattern, cloud in ((_CLOUD_PATH, True), (_OWN_PATH, False))
        for m in pattern.finditer(path)
    ]
    return max(found)[1] if found else None


def _majority(lying: Iterable[ExportedProperties]) -> bool:
    """What most objects of a folder are; where none tells, a tenant has a domain in onmicrosoft.com of its own."""
    told = [_told(each) for each in lying]
    cloud, own = told.count(True), told.count(False)
    if cloud or own:
        return cloud >= own
    names = [each.name.lower() for each in lying if each.kind == "AcceptedDomain"]
    return any(name.endswith(MOERA) and not name.endswith(ROUTING) for name in names)


def _joined(made: Iterable[ExportedSide], notes: ImportNotes) -> list[ExportedSide]:
    """Folders of one tenant or organisation are one side: they share a domain, or tell none and lie beside another."""
    whole: list[ExportedSide] = []
    waiting = sorted(made, key=lambda side: not side.domains)
    for side in waiting:
        home = next((each for each in whole if _same(each, side)), None)
        if home is None and not side.domains:
            home = _beside(side, whole)
        if home is None:
            whole.append(side)
            continue
        home.objects += side.objects
        if home.folder != side.folder and side.domains:
            top = sentence("the top folder")
            text = sentence(
                "{folder} belongs to {home}: they share accepted domains",
                folder=side.folder or top,
                home=home.folder or top,
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
    fitting = [each for each in whole if each.cloud is side.cloud]
    near = [each for each in fitting if each.folder.partition("/")[0] == side.folder.partition("/")[0]]
    found = near or fitting
    return found[0] if len(found) == 1 else None


def _once(objects: Iterable[ExportedProperties], notes: ImportNotes) -> Iterator[ExportedProperties]:
    """Each object once: the same one may have been exported in two formats."""
    seen: dict[tuple[str, str], ExportedProperties] = {}
    for each in objects:
        identity = each.text(
            "Thumbprint", "Guid", "ExchangeGuid", "PrimarySmtpAddress", "DomainName", "Name", "Identity"
        ).lower()
        if identity and each.kind:
            first = seen.setdefault((each.kind, identity), each)
            if first is not each:
                notes.say(
                    each.place,
                    sentence(
                        "{label} is in {place} too; the one there counts", label=each.label, place=first.place
                    ),
                )
                continue
        yield each
