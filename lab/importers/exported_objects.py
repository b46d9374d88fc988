"""What all readers of objects share: recognise them, take out certificates and records, and tell what was cut off."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace

from lab.importers import cmdlet_recognition
from lab.importers.certificates import certificate_in
from lab.importers.text_decoding import TextSource
from lab.importers.types import ExportedObject, ExportedValue, ExportLocation, Exports, FoundRecord, Notice
from lab.model.value import dataclass
from lab.sentence import Sentence, listed, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class UnrecognisedObject:
    """An object as a format gives it, before anybody knows its kind."""

    line: int
    values: Mapping[str, ExportedValue]
    where: Mapping[str, int] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    """.NET types, `@odata.type` or `#TYPE`, most specific first."""
    kind: str = ""
    """Where the format itself says it, as a DSC resource does."""


_NOISE = frozenset(("serializationdata", "psshowcomputername"))
"""How .NET would build the object again; nothing that an administrator reads, and long."""
DEEPEST = 24
"""Levels of lists and tables in a property that are kept; -Depth 10 is what anybody needs."""
_CERTIFICATE = frozenset(("rawdata", "serializationdata"))
_TYPE_NAME = re.compile(r"(?:Deserialized\.)?(?:System|Microsoft)\.[A-Za-z][\w.+`]*(?:\[.*\])?", re.DOTALL)
_TYPED = frozenset("Actions Conditions Exceptions ObjectClass OrganizationId PSTypeNames".lower().split())
"""Properties whose text is a type even where nothing is cut off."""
_WEIGHTY = frozenset(
    """
    AcceptMessagesOnlyFrom AddressSpaces ArcTrustedSealers AssociatedAcceptedDomains Bindings CertificateDomains Domains
    DomainName EFSkipIPs EFUsers EdgeTransportServers EmailAddresses ForwardingSmtpAddress InternalSMTPServers Members RawData
    RecipientDomains RemoteIPRanges SendingTransportServers SenderDomains SenderIPAddresses SmartHosts SourceTransportServers
    TlsCertificateName TrustedOrganizations
    """.lower().split()
)
"""Properties without which an import goes wrong."""

_DNS_VALUES = {
    "MX": ("nameexchange",),
    "TXT": ("strings", "text"),
    "A": ("ipaddress", "ip4address"),
    "AAAA": ("ipaddress", "ip6address"),
    "CNAME": ("namehost", "server"),
    "PTR": ("namehost", "server"),
    "NS": ("namehost", "server"),
}
"""Which property of an object of `Resolve-DnsName` has the value."""
_DNS_NUMBERS = {1: "A", 2: "NS", 5: "CNAME", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA"}


def refused(source: TextSource, line: int, why: Sentence) -> Exports:
    """Nothing of a file that is broken somewhere: half an export misleads."""
    return Exports.noting(sentence("{why}; the file is left out", why=why), source.file, line)


def exports(file: str, objects: Iterable[UnrecognisedObject], notices: Iterable[Notice] = ()) -> Exports:
    """All that a file's objects are for an import. Objects that nobody recognises stay, and are told."""
    collector, given, noticed = _FileObjects(file), tuple(objects), tuple(notices)
    if not given and not noticed and cmdlet_recognition.of_file(file):
        return Exports(without=(ExportLocation(file),))
    taken = Exports.joined(collector.taken(item) for item in given)
    return Exports.joined((taken, Exports(notices=(*noticed, *collector.notices()))))


class _FileObjects:
    """Takes the objects of one file, and counts what its owner should know."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.cut: dict[str, int] = {}
        self.unknown: list[int] = []

    def taken(self, one: UnrecognisedObject) -> Exports:
        kind = one.kind or cmdlet_recognition.kind(one.types, self.file, one.values)
        place = ExportLocation(self.file, one.line)
        if kind == cmdlet_recognition.RESOLVED:
            return Exports(records=tuple(_resolved(place, one.values)))
        inside = certificate_in(place, one.values) if kind == "ExchangeCertificate" else Exports()
        left_out = _NOISE | _CERTIFICATE if inside.certificates else _NOISE
        if not kind:
            self.unknown.append(one.line)
        values = {name: value for name, value in self._whole(one) if name.lower() not in left_out}
        there = ExportedObject(kind=kind, place=place, values=values, where=one.where)
        return replace(inside, objects=(there,))

    def _whole(self, one: UnrecognisedObject) -> Iterator[tuple[str, ExportedValue]]:
        """Values but for those that a depth limit has replaced by text: what is not known is missing, not wrong."""
        for name, value in one.values.items():
            if name.lower() not in _TYPED and cut_off(value):
                self.cut.setdefault(name, one.where.get(name) or one.line)
            else:
                yield name, value

    def notices(self) -> Iterator[Notice]:
        """What its owner should know: one line for all that was cut off and matters little, one each for what matters."""
        cure = sentence("export again with ConvertTo-Json -Depth 10, or Export-Clixml")
        for name, line in self.cut.items():
            if name.lower() in _WEIGHTY:
                text = sentence("{name} was cut off when it was exported; {cure}", name=name, cure=cure)
                yield Notice(ExportLocation(self.file, line), text, serious=True)
        light = [name for name in self.cut if name.lower() not in _WEIGHTY]
        if light:
            lines = min(self.cut[name] for name in light)
            notice = sentence("cut off when they were exported: {names}", names=listed(light))
            yield Notice(ExportLocation(self.file, lines), notice)
        one = sentence(
            "an object of no known kind; name the file after its cmdlet, such as Get-InboundConnector.json"
        )
        several = sentence(
            "{number} objects of no known kind; name the file after its cmdlet, such as Get-InboundConnector.json",
            number=len(self.unknown),
        )
        for line in self.unknown[:1]:
            yield Notice(ExportLocation(self.file, line), one if len(self.unknown) == 1 else several)


def cut_off(value: ExportedValue) -> bool:
    """Whether only the name of a type is left, or what PowerShell prints of a table: `@{Name=x}`."""
    if isinstance(value, tuple):
        return any(isinstance(item, str) and cut_off(item) for item in value)
    if not isinstance(value, str):
        return False
    text = value.strip()
    return (text.startswith("@{") and text.endswith("}")) or _TYPE_NAME.fullmatch(text) is not None


def _resolved(place: ExportLocation, values: Mapping[str, ExportedValue]) -> Iterator[FoundRecord]:
    """The DNS record that an object of `Resolve-DnsName` is; none for what only says that a name is not there (SOA)."""
    there = {name.lower(): value for name, value in values.items()}
    kind = _dns_type(there)
    name = there.get("name")
    value = next((there[key] for key in _DNS_VALUES.get(kind, ()) if there.get(key)), None)
    if not isinstance(name, str) or value is None:
        return
    text = "".join(map(str, value)) if isinstance(value, tuple) else str(value)
    if kind == "MX":
        text = f"{there.get('preference') or 0} {text.rstrip('.')}"
    ttl = there.get("ttl")
    yield FoundRecord(
        place=place,
        name=name.rstrip(".").lower(),
        type=kind,
        value=text if kind == "TXT" else text.rstrip("."),
        ttl=ttl if isinstance(ttl, int) else None,
    )


def _dns_type(there: Mapping[str, ExportedValue]) -> str:
    """`Type` is a name or a number; where it is missing, the properties tell."""
    given = there.get("type", there.get("querytype"))
    if isinstance(given, str) and given.upper() in _DNS_VALUES:
        return given.upper()
    if isinstance(given, int | str) and str(given).isdigit():
        return _DNS_NUMBERS.get(int(given), "")
    values = {"nameexchange": "MX", "strings": "TXT", "ip4address": "A"}
    return next((kind for key, kind in values.items() if there.get(key)), "")
