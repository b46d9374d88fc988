"""Certificates: what each says, whether anybody trusts it, and which one of a server's store is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from datetime import UTC, datetime

from lab.importers.assembly.exported_object import ExportedProperties
from lab.importers.assembly.object_owners import ExportedSide
from lab.importers.assembly.types import ImportNotes
from lab.importers.exchange_values import ExportedCertificateName, certificate_name
from lab.importers.property_values import flags
from lab.importers.types import ExportLocation, FoundCertificate
from lab.model.certificate import CertFault
from lab.model.names import DomainPattern
from lab.model.value import dataclass
from lab.scenario.syntax.scalar_values import unused_name
from lab.scenario.syntax.yaml_dump import PlainData
from lab.sentence import sentence

_SERVICES = {
    0: "None",
    1: "IMAP",
    2: "POP",
    4: "UM",
    8: "IIS",
    16: "SMTP",
    32: "Federation",
    64: "UMCallRouter",
}
_PRIVATE = ("enterprise", "grouppolicy", "registry")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FILES = (".pem", ".crt", ".cer", ".der", ".p7b", ".txt", ".log")
OWN_CA = "internal"


@dataclass(slots=True)
class CollectedCertificate:
    """A certificate, under the key that it has in the scenario."""

    key: str
    names: tuple[str, ...]
    place: ExportLocation
    issuer: str = ""
    subject: str = ""
    thumbprint: str = ""
    san: bool = True
    public: bool = True
    self_signed: bool = False
    missing_intermediate: bool = False
    client: bool = True
    """Whether its key usage allows what a client does with it."""
    not_before: datetime = _EPOCH
    not_after: datetime | None = None
    smtp: bool = False
    server: str = ""

    def valid(self, now: datetime) -> bool:
        """Whether its dates are right."""
        return self.not_before <= now and (self.not_after is None or now <= self.not_after)

    def table(self, now: datetime) -> PlainData:
        """As the language writes it."""
        validity = "expired" if self.not_before <= now else "not-yet-valid"
        settings = (
            ("san", self.san, False),
            ("self_signed", not self.self_signed, True),
            ("issuer", self.public or self.self_signed, OWN_CA),
            ("missing_intermediate", not self.missing_intermediate, True),
            ("validity", self.valid(now), validity),
            ("key_usage", self.client, "server-only"),
        )  # what is wrong, whether it is right after all, and how the language says it
        return {"names": list(self.names)} | {key: value for key, right, value in settings if not right}


@dataclass(slots=True)
class CertificateCollection:
    """All certificates of a scenario, each once."""

    now: datetime
    by_key: dict[str, CollectedCertificate] = field(default_factory=dict)

    def enter(self, collected: CollectedCertificate) -> CollectedCertificate:
        """The certificate, or the one that is it already; its key becomes unique."""
        same = next(
            (
                own
                for own in self.by_key.values()
                if own.thumbprint and own.thumbprint == collected.thumbprint
            ),
            None,
        )
        if same is not None:
            same.smtp = same.smtp or collected.smtp
            same.server = same.server or collected.server
            same.missing_intermediate = same.missing_intermediate or collected.missing_intermediate
            return same
        collected.key = unused_name(collected.key, {*self.by_key, "eop"})
        self.by_key[collected.key] = collected
        return collected

    def table(self) -> PlainData:
        """The section `certificates:`."""
        return {key: collected.table(self.now) for key, collected in self.by_key.items()}

    def newest(self, fitting: Iterable[CollectedCertificate]) -> CollectedCertificate | None:
        """The valid one that was issued last, else the one that was."""
        ordered = sorted(
            fitting, key=lambda certificate: (certificate.valid(self.now), certificate.not_before)
        )
        return ordered[-1] if ordered else None


def usable(names: Iterable[str]) -> tuple[str, ...]:
    """Full host names and wildcards, in lower case: no connector could mean anything else."""
    usable_names = []
    for name in names:
        try:
            pattern = DomainPattern.parse(name)
        except ValueError:
            continue
        if pattern.domain is not None and "." in pattern.domain:
            usable_names.append(str(pattern))
    return tuple(dict.fromkeys(usable_names))


def key_of(names: Sequence[str]) -> str:
    """`*.contoso.example` -> `wildcard`, `hybrid.contoso.example` -> `hybrid`."""
    first = names[0] if names else "certificate"
    if first.startswith("*"):
        return "wildcard"
    return re.sub(r"[^a-z0-9-]", "-", first.partition(".")[0]).strip("-") or "own"


def of_file(found: FoundCertificate) -> CollectedCertificate | None:
    """A certificate that was found as such; None if it has no name that mail flow could use."""
    names = usable((*((found.common_name,) if found.common_name else ()), *found.dns_names))
    if not names:
        return None
    alone = bool(found.server) and found.chain == 0 and not found.self_signed and not found.public
    return CollectedCertificate(
        key=key_of(names),
        names=names,
        place=found.place,
        issuer=found.issuer,
        subject=found.subject,
        thumbprint=found.thumbprint,
        san=bool(found.dns_names),
        public=found.public is not False and CertFault.UNTRUSTED not in found.faults,
        self_signed=found.self_signed,
        missing_intermediate=alone,
        client=CertFault.NO_CLIENT_AUTH not in found.faults,
        not_before=found.not_before,
        not_after=found.not_after,
        server=found.server,
    )


def of_server(
    side: ExportedSide, found: Sequence[FoundCertificate], store: CertificateCollection, notes: ImportNotes
) -> list[CollectedCertificate]:
    """The store of an organisation's servers, the newest last (R115)."""
    held = []
    for given in side.of("ExchangeCertificate"):
        if given.text("Status").lower() in ("pendingrequest", "4"):
            continue
        collected = _of_object(given, found)
        if collected is None:
            if not given.truth("IsSelfSigned"):
                notes.without(given, sentence("it has no name that a connector could refer to"))
            continue
        held.append(store.enter(collected))
    return sorted(
        {collected.key: collected for collected in held}.values(),
        key=lambda certificate: certificate.not_before,
    )


def _of_object(given: ExportedProperties, found: Sequence[FoundCertificate]) -> CollectedCertificate | None:
    thumbprint = given.text("Thumbprint").upper()
    inside = next((shown for shown in found if thumbprint and shown.thumbprint == thumbprint), None)
    collected = of_file(inside) if inside is not None else _told(given, thumbprint)
    if collected is None:
        return None
    collected.smtp = "SMTP" in (flags(given.value("Services", "ServicesStringForm"), _SERVICES) or ())
    root = given.text("RootCAType").lower()
    collected.public = (collected.public or root == "thirdparty") and root not in _PRIVATE
    return collected


def _told(given: ExportedProperties, thumbprint: str) -> CollectedCertificate | None:
    """From what the object says of it, where the certificate itself is not in the export."""
    subject, issuer = given.text("Subject"), given.text("Issuer")
    common = ExportedCertificateName("", subject).common_name
    names = usable((common, *given.many("CertificateDomains", "DnsNameList", blanks=True)))
    if not names:
        return None
    return CollectedCertificate(
        key=key_of(names),
        names=names,
        place=given.place,
        issuer=issuer,
        subject=subject,
        thumbprint=thumbprint,
        self_signed=bool(given.truth("IsSelfSigned")) or bool(subject and subject == issuer),
        not_before=_date(given.text("NotBefore")) or _EPOCH,
        not_after=_date(given.text("NotAfter")),
    )


def _date(text: str) -> datetime | None:
    """ISO 8601, which the readers make of all dates that they understand."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def meant(
    given: ExportedProperties,
    held: Sequence[CollectedCertificate],
    store: CertificateCollection,
    notes: ImportNotes,
) -> str | None:
    """What a connector's TlsCertificateName is in the scenario: a key; `<I>…<S>…` where nothing fits any more (R115)."""
    name = certificate_name(given.value("TlsCertificateName"))
    if name is None:
        return None
    newest = store.newest([collected for collected in held if _fits(collected, name)])
    if newest is not None:
        return newest.key
    if held:
        notes.about(given, sentence("no certificate in the store fits its TlsCertificateName (R115)"))
        return f"<I>{name.issuer}<S>{name.subject}" if name.issuer else None
    names = usable((name.common_name,))
    if not names:
        return None
    text = sentence("without Get-ExchangeCertificate its certificate is known by {name} only", name=names[0])
    notes.about(given, text)
    alike = next((collected for collected in store.by_key.values() if collected.names == names), None)
    assumed = CollectedCertificate(key=key_of(names), names=names, place=given.place, smtp=True)
    return (alike or store.enter(assumed)).key


def _fits(collected: CollectedCertificate, name: ExportedCertificateName) -> bool:
    if _bare(collected.subject) != _bare(name.subject):
        return not name.issuer and name.common_name.lower() == collected.names[0]
    return not name.issuer or _bare(collected.issuer) == _bare(name.issuer)


def _bare(name: str) -> str:
    return re.sub(r"\s*([,=])\s*", r"\1", name).strip().lower()


def shown_by(
    found: Sequence[FoundCertificate],
    hosts: Iterable[str],
    store: CertificateCollection,
    named: re.Pattern[str] | None = None,
) -> Iterator[CollectedCertificate]:
    """Certificates that one of these hosts showed, or that lie in a file or folder of such a name."""
    wanted = {host.lower() for host in hosts if host}
    for certificate in found:
        server = (certificate.server.rpartition(":")[0] or certificate.server).lower()
        lies_there = not server and named is not None and named.search(certificate.place.file.lower())
        collected = of_file(certificate) if server in wanted or lies_there else None
        if collected is not None:
            yield store.enter(collected)


def stray(found: Sequence[FoundCertificate], store: CertificateCollection, notes: ImportNotes) -> None:
    """Tell of certificates that belong to no machine; those inside exported objects have been told of there."""
    thumbprints = {collected.thumbprint for collected in store.by_key.values()}
    for certificate in found:
        if certificate.thumbprint not in thumbprints and certificate.place.file.lower().endswith(_FILES):
            text = sentence(
                "the certificate {name} belongs to no machine: put it into gateway/ if the filter shows it",
                name=certificate.common_name or certificate.subject,
            )
            notes.say(certificate.place, text)
