"""What readers find in files, before anybody knows what it means for mail flow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, fields
from datetime import datetime
from typing import TypeAlias

from lab.model.certificate import CertFault
from lab.model.value import dataclass
from lab.sentence import Sentence

ExportedValue: TypeAlias = (
    "str | int | float | bool | tuple[ExportedValue, ...] | Mapping[str, ExportedValue] | None"
)
"""A property as it was written. Null is None; a property that is not there is missing from the mapping; dates are text."""


@dataclass(frozen=True, slots=True)
class ExportLocation:
    """Where something stands."""

    file: str
    """Relative to the folder that is imported, with slashes."""
    line: int = 0
    """From 1; 0 where the format does not tell."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def folder(self) -> str:
        """The folder of the export set that it stands in, '' at the top: one folder is one organisation's one side."""
        return self.file.rpartition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedObject:
    """One object as a cmdlet printed it."""

    kind: str
    """The noun of the cmdlet, singular and without Get-: `InboundConnector`, `ExchangeCertificate`, `Mailbox`; '' if not
    recognised."""
    place: ExportLocation
    values: Mapping[str, ExportedValue]
    """By property name as it was written (look up with `lab.importers.property_values`, in any case)."""
    where: Mapping[str, int] = field(default_factory=dict)
    """Lines of single properties, where the format tells; also of those that are there and whose value could not be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCertificate:
    """A certificate, the public part of it; with what came with it (its chain) judged like a peer would."""

    place: ExportLocation
    """The same as that of its object, where it was inside an `ExchangeCertificate`."""
    common_name: str | None
    dns_names: tuple[str, ...]
    subject: str
    issuer: str
    serial: str
    thumbprint: str
    """SHA-1 in upper-case hex."""
    not_before: datetime
    not_after: datetime
    self_signed: bool
    chain: int
    """How many certificates came with it."""
    public: bool | None
    """Whether its chain leads to a root that the world trusts; None where that cannot be told: the certificate above it
    is missing."""
    faults: frozenset[CertFault] = frozenset()
    """Apart from dates, which depend on when one asks."""
    server: str = ""
    """Host (and port) that showed it, of `openssl s_client`; '' if a file does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecord:
    """A DNS record: of a zone file or, when asked for, of the world."""

    place: ExportLocation
    name: str
    """Lower case, without the last dot."""
    type: str
    """`A`, `MX`, `TXT`, `CNAME`, `PTR`, `AAAA`; others are read too, and are nobody's concern here."""
    value: str
    """As the scenario language writes it: `10 mail.contoso.example`, joined text of TXT."""
    ttl: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGateway:
    """A Postfix: `postconf -n`, and its maps by name (`transport`, `relay_domains`, `tls_policy`)."""

    place: ExportLocation
    settings: Mapping[str, str]
    maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a file that its owner should know."""

    place: ExportLocation
    text: Sentence
    """`the depth of ConvertTo-Json cut off SenderDomains; export again with -Depth 10`"""
    serious: bool = False
    """What was refused or could not be read; the import goes on without it, and says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """Everything that was found in a folder."""

    objects: tuple[ExportedObject, ...] = ()
    certificates: tuple[FoundCertificate, ...] = ()
    records: tuple[FoundRecord, ...] = ()
    gateways: tuple[FoundGateway, ...] = ()
    notices: tuple[Notice, ...] = ()
    without: tuple[ExportLocation, ...] = ()
    """Files of a cmdlet that printed nothing, such as `[]`: there is none, which a missing file does not say."""
    answers: str = ""
    """Name of a file `answers.yaml` in the folder: what exports do not tell, in the scenario language; '' if there is
    none."""

    @classmethod
    def noting(cls, text: Sentence, file: str, line: int = 0, *, serious: bool = True) -> Exports:
        """Nothing of a file but a notice."""
        return cls(notices=(Notice(ExportLocation(file, line), text, serious),))

    @classmethod
    def joined(cls, parts: Iterable[Exports]) -> Exports:
        """All of several, in their order; the first file of answers is the one."""
        several = tuple(parts)
        names = [part.name for part in fields(cls) if part.name != "answers"]
        lists = {name: tuple(item for part in several for item in getattr(part, name)) for name in names}
        return cls(**lists, answers=next((part.answers for part in several if part.answers), ""))
