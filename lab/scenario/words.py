"""The single values of the language: truth, numbers, names, addresses, times."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from lab.model.dns import Mx
from lab.model.names import Address, Domain, DomainPattern, ReversePath
from lab.model.onprem import AddressSpace
from lab.scenario.kinds import JsonSchema, Single, choice

TRUTH: Single[bool] = Single(
    "true or false",
    lambda text: _truth(text),
    {"anyOf": [{"type": "boolean"}, {"enum": ["$true", "$false"]}]},
    refuses=(),
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_FQDN: JsonSchema = {"type": "string"}


def _truth(text: str) -> bool:
    bare = text.lower().removeprefix("$")
    if bare not in ("true", "false"):
        raise ValueError(f"{text!r} is neither")
    return bare == "true"


def _text(text: str) -> str:
    if "\x00" in text:
        raise ValueError("it has a NUL character")
    return text


def _line(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("no line breaks or control characters here")
    return text


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty")
    return _line(text)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text!r}: letters, digits, dashes and underscores; 63 at most")
    return text


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise ValueError(f"{text!r} is none")
    return int(text)


def _date(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise ValueError(f"{text!r} is none")
    return date.fromisoformat(text)


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; end it with Z")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is out of range") from None


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})\s*([smhd])", text, re.ASCII)
    if not found:
        raise ValueError(f"{text!r} is none")
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[found[2]]
    return timedelta(**{unit: int(found[1])})


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError:
        raise ValueError(f"{text!r} is none") from None


def _network(text: str) -> IPv4Network:
    if ":" in text:
        raise ValueError("connectors take IPv4 only (R58)")
    try:
        return IPv4Network(text)
    except ValueError as error:
        raise ValueError(str(error)) from None


def _mx(text: str) -> Mx:
    preference, _, host = text.strip().partition(" ")
    if not re.fullmatch(r"\d{1,5}", preference, re.ASCII) or not host.strip():
        raise ValueError(f"{text!r} is none")
    bare = host.strip()
    return Mx(int(preference), "" if bare == "." else Domain.parse(bare))


def _capability(text: str) -> DomainPattern:
    return DomainPattern.parse(text.partition(":")[0])


def _place(text: str) -> str:
    _name(text.removeprefix("tenant:"))
    return text


def _record_name(text: str) -> str:
    return str(Domain.parse(text))


def _smart_host(text: str) -> str:
    bare = text.strip().removeprefix("[").removesuffix("]")
    if re.fullmatch(r"[\d.]+", bare, re.ASCII):
        return _ipv4(bare)
    return _name(bare) if "." not in bare else str(Domain.parse(bare))


TEXT = Single("text", _text, {"type": ["string", "number"]})
LINE = Single("one line of text", _line, {"type": ["string", "number"]})
FILLED = Single("one line of text, not empty", _filled, {"type": ["string", "number"], "minLength": 1})
NAME = Single("a name", _name, {"type": "string", "pattern": f"^{_NAME.pattern}$"})
WHOLE = Single("a whole number, 0 or more", _whole, {"type": "integer", "minimum": 0})
DATE = Single("a date such as 2023-10-31", _date, {"type": "string", "format": "date"})
MOMENT = Single("a time such as 2026-03-03T09:15:00Z", _moment, {"type": "string", "format": "date-time"})
SPAN = Single("a span of time such as 90s, 15m, 48h or 2d", _span, {"type": "string"})
DOMAIN = Single("a domain such as contoso.example", Domain.parse, _FQDN)
PATTERN = Single("a domain, *.domain or *", DomainPattern.parse, _FQDN)
MAILBOX = Single("a mail address such as user@contoso.example", Address.parse, {"type": "string"})
REVERSE_PATH = Single("a mail address, or <> for none", ReversePath.parse, {"type": "string"})
IPV4 = Single("an IPv4 address such as 198.51.100.10", _ipv4, {"type": "string"})
NETWORK = Single("an IPv4 address or a network such as 198.51.100.0/24", _network, {"type": "string"})
SPACE = Single("an address space such as smtp:*;1", AddressSpace.parse, {"type": "string"})
MX = Single("an MX record such as 10 mail.contoso.example", _mx, {"type": "string"})
CAPABILITY = Single("a domain, with or without :AcceptCloudServicesMail", _capability, _FQDN)
PLACE = Single("a host of the scenario, or tenant:NAME", _place, {"type": "string"})
RECORD_NAME = Single("a DNS name", _record_name, _FQDN)
CHANGE_PATH = Single("a path such as tenants.contoso.region", _filled, {"type": "string"})
SMART_HOST = Single("a host of the scenario, a host name or an address", _smart_host, {"type": "string"})


def word(*values: str) -> Single[str]:
    """One of a few words."""
    return choice({value: value for value in values})


def from_enum(values: Any) -> Single[Any]:
    """One of an enumeration's values."""
    return choice({member.value: member for member in values})
