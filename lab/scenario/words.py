"""The single values of the language: truth, numbers, names, addresses, times."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from lab.model.dns import Mx
from lab.model.names import Address, Domain, DomainPattern, ReversePath
from lab.model.onprem import AddressSpace
from lab.model.reply import Reply
from lab.scenario.kinds import JsonSchema, Single, choice

TRUTH: Single[bool] = Single(
    "true or false",
    lambda text: _truth(text),
    {"anyOf": [{"type": "boolean"}, {"enum": ["$true", "$false"]}]},
    refuses=(),
)
WHOLE_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_REPETITION = re.compile(r"#[1-9]\d{0,2}(-[1-9]\d{0,2})?", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
RESERVED = (".example", ".test")
SERVICE_NAMES = (
    "onmicrosoft.com",
    "outlook.com",
    "office365.com",
    "microsoft.com",
    "microsoftonline.com",
    "mx.microsoft",
    "planner.com",
    "project.com",
    "sharepointonline.com",
    "teams.com",
    "teams.ms",
    "yammer.com",
)
"""Names that only Microsoft's cloud has (R156-R160, R231-R237, Teams channels R241); they exist in the lab's own DNS only."""
_FQDN: JsonSchema = {"type": "string"}


def _truth(text: str) -> bool:
    bare = text.lower().removeprefix("$")
    if bare not in ("true", "false"):
        raise ValueError(f"not {text!r}")
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


def _message_key(text: str) -> str:
    name, hash_, _ = text.partition("#")
    _name(name)
    if hash_ and not _REPETITION.fullmatch(text.removeprefix(name)):
        raise ValueError(f"{text!r}: a repetition is offer#2, several are offer#2-5")
    return text


def _whole(text: str) -> int:
    if not WHOLE_NUMBER.fullmatch(text):
        raise ValueError(f"not {text!r}")
    return int(text)


def _date(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise ValueError(f"not {text!r}")
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
        raise ValueError(f"not {text!r}")
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[found[2]]
    return timedelta(**{unit: int(found[1])})


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError:
        raise ValueError(f"not {text!r}") from None


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
        raise ValueError(f"not {text!r}")
    bare = host.strip()
    return Mx(int(preference), "" if bare == "." else _domain(bare))


def _capability(text: str) -> DomainPattern:
    return _pattern(text.partition(":")[0])


def in_lab(domain: Domain) -> Domain:
    """A name that cannot be anybody's: reserved by RFC 2606, or one of Microsoft's service names in the lab's DNS."""
    if "." not in domain:
        raise ValueError(f"{str(domain)!r} is no full domain name: it ends in {' or '.join(RESERVED)} here")
    if not domain.endswith(RESERVED) and not any(f".{domain}".endswith(f".{own}") for own in SERVICE_NAMES):
        raise ValueError(f"{str(domain)!r} may be real: names in a scenario end in {' or '.join(RESERVED)}")
    return domain


def _certificate_name(text: str) -> str:
    bare = _filled(text).strip()
    return bare if re.fullmatch(r"<I>.+<S>.+", bare) else _name(bare)


def _domain(text: str) -> Domain:
    return in_lab(Domain.parse(text))


def _spelled(text: str) -> str:
    _domain(text)
    return text.strip().rstrip(".")


def _pattern(text: str) -> DomainPattern:
    pattern = DomainPattern.parse(text)
    if pattern.domain is not None:
        in_lab(pattern.domain)
    return pattern


def _space(text: str) -> AddressSpace:
    space = AddressSpace.parse(text)
    if space.pattern.domain is not None:
        in_lab(space.pattern.domain)
    return space


def _mailbox(text: str) -> Address:
    address = Address.parse(text)
    in_lab(address.domain)
    return address


def _reverse_path(text: str) -> ReversePath:
    path = ReversePath.parse(text)
    if path.domain is not None:
        in_lab(path.domain)
    return path


def _initial(text: str) -> Domain:
    domain = Domain.parse(text)
    _, dot, parent = domain.partition(".")
    if not dot or parent != "onmicrosoft.com":
        raise ValueError(f"not {text!r}")
    return domain


def _region(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", text, re.ASCII):
        raise ValueError(f"{text!r}: three capital letters")
    return text


def _place(text: str) -> str:
    _name(text.removeprefix("tenant:"))
    return text


def _side(text: str) -> str:
    _name(text.removeprefix("organization:").removeprefix("tenant:"))
    return text


def _fault(text: str) -> str:
    if not re.fullmatch(r"P[1-9]\d?", text):
        raise ValueError("the number of a known misconfiguration, such as P7")
    return text


def _status(text: str) -> str:
    if not re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", text, re.ASCII):
        raise ValueError("an enhanced status code has three parts")
    return text


def _refusal(text: str) -> Reply:
    reply = Reply.parse(_line(text))
    if reply.positive:
        raise ValueError("a reply that refuses, 4xx or 5xx")
    return reply


def _party(text: str) -> str:
    return str(_mailbox(text)) if "@" in text else _name(text)


def _record_name(text: str) -> str:
    domain = Domain.parse(text)
    return str(domain if domain.endswith(".in-addr.arpa") else in_lab(domain))


def _smart_host(text: str) -> str:
    bare = text.strip().removeprefix("[").removesuffix("]")
    if re.fullmatch(r"[\d.]+", bare, re.ASCII):
        return _ipv4(bare)
    return _name(bare) if "." not in bare else str(_domain(bare))


TEXT = Single("text", _text, {"type": ["string", "number"]})
LINE = Single("one line of text", _line, {"type": ["string", "number"]})
FILLED = Single("one line of text, not empty", _filled, {"type": ["string", "number"], "minLength": 1})
NAME = Single("a name", _name, {"type": "string", "pattern": f"^{_NAME.pattern}$"})
MESSAGE_KEY = Single(
    "a message, or repetitions of it such as offer#2 or offer#2-5", _message_key, {"type": "string"}
)
WHOLE = Single("a whole number, 0 or more", _whole, {"type": "integer", "minimum": 0})
DATE = Single("a date such as 2023-10-31", _date, {"type": "string", "format": "date"})
MOMENT = Single("a time such as 2026-03-03T09:15:00Z", _moment, {"type": "string", "format": "date-time"})
SPAN = Single("a span of time such as 90s, 15m, 48h or 2d", _span, {"type": "string"})
CERTIFICATE_NAME = Single(
    "a certificate of the scenario, or <I>issuer<S>subject", _certificate_name, {"type": "string"}
)
DOMAIN = Single("a domain such as contoso.example", _domain, _FQDN)
SPELLED_DOMAIN = Single("a host name, spelled as in logs", _spelled, _FQDN)
HELO = Single("a host name", Domain.parse, _FQDN)
INITIAL = Single(
    "a domain such as contoso.onmicrosoft.com",
    _initial,
    {"type": "string", "pattern": r"\.onmicrosoft\.com$"},
)
REGION_NAME = Single("a region such as EUR", _region, {"type": "string", "pattern": "^[A-Z]{3}$"})
PATTERN = Single("a domain, *.domain or *", _pattern, _FQDN)
MAILBOX = Single("a mail address such as user@contoso.example", _mailbox, {"type": "string"})
REVERSE_PATH = Single("a mail address, or <> for none", _reverse_path, {"type": "string"})
IPV4 = Single("an IPv4 address such as 198.51.100.10", _ipv4, {"type": "string"})
NETWORK = Single("an IPv4 address or a network such as 198.51.100.0/24", _network, {"type": "string"})
SPACE = Single("an address space such as smtp:*;1", _space, {"type": "string"})
MX = Single("an MX record such as 10 mail.contoso.example", _mx, {"type": "string"})
CAPABILITY = Single("a domain, with or without :AcceptCloudServicesMail", _capability, _FQDN)
PLACE = Single("a host of the scenario, or tenant:NAME", _place, {"type": "string"})
SIDE = Single(
    "a host or an organisation of the scenario, organization:NAME or tenant:NAME", _side, {"type": "string"}
)
FAULT = Single("the number of a known misconfiguration, such as P7", _fault, {"type": "string"})
STATUS = Single("an enhanced status code such as 5.7.51", _status, {"type": "string"})
REFUSAL = Single("a reply such as 550 5.4.1 Relay Access Denied", _refusal, {"type": "string"})
PARTY = Single("auto, a class such as onprem, or a mail address", _party, {"type": "string"})
RECORD_NAME = Single("a DNS name", _record_name, _FQDN)
CHANGE_PATH = Single("a path such as tenants.contoso.region", _filled, {"type": "string"})
SMART_HOST = Single("a host of the scenario, a host name or an address", _smart_host, {"type": "string"})


def word(*values: str) -> Single[str]:
    """One of a few words."""
    return choice({value: value for value in values})


def from_enum(values: Any) -> Single[Any]:
    """One of an enumeration's values."""
    return choice({member.value: member for member in values})
