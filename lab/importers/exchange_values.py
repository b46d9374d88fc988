"""Values that Exchange writes in a notation of its own: address spaces, domains, addresses, networks, certificate names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Network,
    NetmaskValueError,
    summarize_address_range,
)

from lab.importers.property_values import MISSING, PropertyValue, get, number, text, texts
from lab.importers.types import ExportedValue
from lab.model.value import dataclass

_SPACE = re.compile(r"(?:(?P<type>[A-Za-z0-9]+):)?(?P<domain>[^;]*)(?:;(?P<cost>\d{1,5}))?")
_IDENTIFIER = re.compile(r"\s*<I>(?P<issuer>.*?)<S>(?P<subject>.*)", re.DOTALL | re.IGNORECASE)
_RANGE = re.compile(r"(?P<low>[0-9.]+)\s*-\s*(?P<high>[0-9.]+)")
_MASK = re.compile(r"(?P<address>[0-9.]+)\s*\(\s*(?P<mask>[0-9.]+)\s*\)")


@dataclass(frozen=True, slots=True)
class ExportedAddressSpace:
    """`SMTP:*.contoso.example;5`."""

    domain: str
    """Lower case; `*` for all, `--` where only rules choose the connector."""
    cost: int = 1
    type: str = "SMTP"
    """Upper case; others than SMTP lead to connectors of other kinds."""

    def __str__(self) -> str:
        return f"{self.type}:{self.domain};{self.cost}"


@dataclass(frozen=True, slots=True)
class ExportedCertificateName:
    """`<I>issuer<S>subject`, which names a certificate, or a plain name, which is a subject without issuer."""

    issuer: str
    subject: str

    @property
    def common_name(self) -> str:
        """The CN of the subject; of a plain name that itself."""
        match = re.search(r"(?:^|,)\s*CN=(\"[^\"]*\"|(?:\\.|[^,\\])*)", self.subject, re.IGNORECASE)
        return match[1].strip().strip('"') if match else "" if "=" in self.subject else self.subject.strip()


@dataclass(frozen=True, slots=True)
class Networks:
    """Addresses of a connector, as networks; what is left out, and why, is for a notice."""

    v4: tuple[str, ...] = ()
    """`198.51.100.25`, `198.51.100.0/24`, in the order given; a range as the networks it consists of."""
    v6: tuple[str, ...] = ()
    """As written. The lab knows no IPv6."""
    unread: tuple[str, ...] = ()


def address_spaces(value: PropertyValue) -> tuple[ExportedAddressSpace, ...]:
    """Of a send connector: `SMTP:*;1`, or tables of Type, Domain and Cost."""
    items: tuple[ExportedValue, ...] = value if isinstance(value, tuple) else texts(value)
    return tuple(space for item in items if (space := _space(item)) is not None)


def _space(item: ExportedValue) -> ExportedAddressSpace | None:
    if isinstance(item, Mapping):
        domain = text(get(item, "Domain", "Address", "SmtpDomain"))
        if domain is not None:
            cost = number(get(item, "Cost"))
            kind = text(get(item, "Type")) or "SMTP"
            return ExportedAddressSpace(domain.lower(), 1 if cost is None else cost, kind.upper())
    match = _SPACE.fullmatch(text(item) or "")
    if match is None or not match["domain"].strip():
        return None
    domain, kind = match["domain"].strip().lower(), match["type"] or "SMTP"
    return ExportedAddressSpace(domain, int(match["cost"] or 1), kind.upper())


def proxy_addresses(value: PropertyValue) -> tuple[str, ...]:
    """The SMTP addresses of a recipient, the primary one (`SMTP:` in capitals) first; others (X500, SIP) are left out."""
    primary: list[str] = []
    others: list[str] = []
    for item in texts(value):
        kind, colon, address = item.partition(":")
        if not colon:
            others.append(item)
        elif kind.lower() == "smtp":
            (primary if kind == "SMTP" else others).append(address)
    return tuple(dict.fromkeys((*primary, *others)))


def smtp_address(value: PropertyValue) -> str | None:
    """One address, without the `smtp:` that target and forwarding addresses begin with."""
    written = text(value)
    return None if written is None else re.sub(r"^smtp:", "", written, flags=re.IGNORECASE).strip() or None


def certificate_name(value: PropertyValue) -> ExportedCertificateName | None:
    """What `TlsCertificateName` names; None if nothing is set."""
    if isinstance(value, Mapping):
        issuer, subject = get(value, "CertificateIssuer"), get(value, "CertificateSubject")
        if subject is not MISSING:
            return ExportedCertificateName(text(issuer) or "", text(subject) or "")
    written = text(value)
    if written is None:
        return None
    match = _IDENTIFIER.fullmatch(written)
    return ExportedCertificateName(*match.group("issuer", "subject") if match else ("", written))


def networks(value: PropertyValue) -> Networks:
    """IPv4 addresses, CIDR, ranges (`a-b`), Exchange's `a(mask)`; IPv6 apart, and what is neither."""
    v4: list[str] = []
    v6: list[str] = []
    unread: list[str] = []
    for item in _addresses(value):
        ranges = _networks(item)
        if ranges is not None:
            v4 += ranges
        else:
            (v6 if _is_v6(item) else unread).append(item)
    return Networks(tuple(dict.fromkeys(v4)), tuple(v6), tuple(unread))


def _addresses(value: PropertyValue) -> tuple[str, ...]:
    """Blanks around the dash of a range do not separate."""
    return texts(re.sub(r"\s*-\s*", "-", value) if isinstance(value, str) else value)


def _networks(written: str) -> list[str] | None:
    try:
        if match := _RANGE.fullmatch(written):
            low, high = IPv4Address(match["low"]), IPv4Address(match["high"])
            return [_short(network) for network in summarize_address_range(low, high)]
        if match := _MASK.fullmatch(written):
            return [_short(IPv4Network((match["address"], match["mask"]), strict=False))]
        return [_short(IPv4Network(written, strict=False))]
    except (AddressValueError, NetmaskValueError, ValueError):
        return None


def _short(network: IPv4Network) -> str:
    return str(network.network_address) if network.prefixlen == 32 else str(network)


def _is_v6(written: str) -> bool:
    try:
        return bool(IPv6Network(written.partition("-")[0].partition("%")[0], strict=False))
    except (AddressValueError, NetmaskValueError, ValueError):
        return False
