"""The single values of the language: truth, numbers, names, addresses, times."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network
from itertools import chain, count
from typing import Any, TypeVar

from lab.errors import words_of
from lab.model.dns import Mx
from lab.model.names import Address, Domain, DomainPattern, ReversePath
from lab.model.onprem import AddressSpace
from lab.model.reply import Reply
from lab.model.value import dataclass
from lab.scenario.syntax.problem_report import ProblemPath, one_of
from lab.scenario.syntax.source_tree import TreeNode
from lab.scenario.syntax.value_kinds import Single, choice, misread
from lab.sentence import Sentence, sentence

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

WHOLE_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_REPETITION = re.compile(r"#[1-9]\d{0,2}(-[1-9]\d{0,2})?", re.ASCII)
_NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,62}"
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


def fitting(
    pattern: str, make: Callable[[str], T], hint: Callable[[str], Sentence] | None = None
) -> Callable[[str], T]:
    """How a text is read that must fit a pattern as a whole; `hint` is what is said of any other."""
    fits = re.compile(pattern, re.ASCII).fullmatch

    def parse(text: str) -> T:
        if not fits(text):
            raise misread(text) if hint is None else ValueError(hint(text))
        return make(text)

    return parse


_name = fitting(
    _NAME,
    str,
    hint=lambda text: sentence("{text!r}: letters, digits, dashes and underscores; 63 at most", text=text),
)


def unused_name(name: str, taken: Container[str]) -> str:
    """The name, or the name with the first number that is free: `cloud-2`."""
    numbered = (f"{name}-{number}" for number in count(2))
    return next(candidate for candidate in chain((name,), numbered) if candidate not in taken)


def _truth(text: str) -> bool:
    bare = text.lower().removeprefix("$")
    if bare not in ("true", "false"):
        raise misread(text)
    return bare == "true"


def _text(text: str) -> str:
    if "\x00" in text:
        raise ValueError(sentence("it has a NUL character"))
    return text


def _line(text: str) -> str:
    if not text.isprintable() and any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError(sentence("no line breaks or control characters here"))
    return text


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError(sentence("it is empty"))
    return _line(text)


def _message_key(text: str) -> str:
    name, hash_, _ = text.partition("#")
    _name(name)
    if hash_ and not _REPETITION.fullmatch(text.removeprefix(name)):
        raise ValueError(sentence("{text!r}: a repetition is offer#2, several are offer#2-5", text=text))
    return text


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(sentence("{text!r} has no time zone; end it with Z", text=text))
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError(sentence("{text!r} is out of range", text=text)) from None


def _span(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,5})\s*([smhd])", text, re.ASCII)
    if not match:
        raise misread(text)
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[match[2]]
    return timedelta(**{unit: int(match[1])})


@lru_cache(maxsize=1024)  # each variant of a scenario says the same
def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError:
        raise misread(text) from None


def _network(text: str) -> IPv4Network:
    if ":" in text:
        raise ValueError(sentence("connectors take IPv4 only (R58)"))
    try:
        return IPv4Network(text)
    except ValueError as error:
        raise ValueError(words_of(error)) from None


def _mx(text: str) -> Mx:
    preference, _, host = text.strip().partition(" ")
    if not re.fullmatch(r"\d{1,5}", preference, re.ASCII) or not host.strip():
        raise misread(text)
    bare = host.strip()
    return Mx(int(preference), "" if bare == "." else Domain.parse(bare))


def is_in_lab(domain: Domain) -> bool:
    """Whether a name cannot be anybody's: reserved by RFC 2606, or one of Microsoft's service names in the lab's DNS."""
    return domain.endswith(RESERVED) or any(f".{domain}".endswith(f".{own}") for own in SERVICE_NAMES)


def in_lab(domain: Domain, *, real: bool) -> Domain:
    """A full name that a scenario may have: any, where nothing leaves the simulator (`real`), else one that is nobody's.

    Raises ValueError.
    """
    ends = one_of(RESERVED)
    if "." not in domain:
        raise ValueError(
            sentence("{domain!r} is no full domain name: it ends in {ends} here", domain=domain, ends=ends)
        )
    if not real and not is_in_lab(domain):
        raise ValueError(
            sentence("{domain!r} may be real: names in a scenario end in {ends}", domain=domain, ends=ends)
        )
    return domain


@dataclass(frozen=True)
class LabName(Single[T_co]):
    """A value with a domain in it, which must not be anybody's unless the scenario is for the simulator alone."""

    domain: Callable[[Any], Domain | None] = lambda _: None
    """The domain of a value that was read."""

    def read(self, node: TreeNode, at: ProblemPath) -> T_co | None:
        """Parse the text, and judge the domain in it."""
        value = super().read(node, at)
        domain = None if value is None else self.domain(value)
        if domain is None:
            return value
        try:
            in_lab(domain, real=at.report.real)
        except ValueError as error:
            at.wrong(node.place, self.wanted, words_of(error))
            return None
        return value


def _certificate_name(text: str) -> str:
    bare = _filled(text).strip()
    return bare if re.fullmatch(r"<I>.+<S>.+", bare) else _name(bare)


def _spelled(text: str) -> str:
    Domain.parse(text)
    return text.strip().rstrip(".")


def _initial(text: str) -> Domain:
    domain = Domain.parse(text)
    if domain.partition(".")[2] != "onmicrosoft.com":
        raise misread(text)
    return domain


def _place(text: str) -> str:
    _name(text.removeprefix("tenant:"))
    return text


def _side(text: str) -> str:
    _name(text.removeprefix("organization:").removeprefix("tenant:"))
    return text


def _finding(text: str) -> str:
    code = _filled(text).strip()
    if not re.fullmatch(r"(?i)MFL-[A-Z]+-(\d{3}(:.+)?|\*)", code):
        raise ValueError(
            sentence("`mflab check` tells them, such as MFL-ATTR-001:gateway; MFL-ATTR-* means all of a kind")
        )
    return code


def _refusal(text: str) -> Reply:
    reply = Reply.parse(_line(text))
    if reply.positive:
        raise ValueError(sentence("a reply that refuses, 4xx or 5xx"))
    return reply


def _party(text: str) -> str:
    return str(Address.parse(text)) if "@" in text else _name(text)


def _smart_host(text: str) -> str:
    bare = text.strip().removeprefix("[").removesuffix("]")
    if re.fullmatch(r"[\d.]+", bare, re.ASCII):
        return _ipv4(bare)
    return _name(bare) if "." not in bare else str(Domain.parse(bare))


def _of_smart_host(text: str) -> Domain | None:
    """Neither a host's key nor an address is a name in DNS."""
    return Domain(text) if "." in text and not re.fullmatch(r"[\d.]+", text, re.ASCII) else None


TRUTH: Single[bool] = Single(
    sentence("true or false"),
    _truth,
    {"anyOf": [{"type": "boolean"}, {"enum": ["$true", "$false"]}]},
    refuses=(),
)
TEXT = Single(sentence("text"), _text, {"type": ["string", "number"]})
LINE = Single(sentence("one line of text"), _line, {"type": ["string", "number"]})
FILLED = Single(
    sentence("one line of text, not empty"), _filled, {"type": ["string", "number"], "minLength": 1}
)
NAME = Single(sentence("a name"), _name, {"type": "string", "pattern": f"^{_NAME}$"})
MESSAGE_KEY = Single(sentence("a message, or repetitions of it such as offer#2 or offer#2-5"), _message_key)
WHOLE = Single(
    sentence("a whole number, 0 or more"),
    fitting(WHOLE_NUMBER.pattern, int),
    {"type": "integer", "minimum": 0},
)
DATE = Single(
    sentence("a date such as 2023-10-31"),
    fitting(r"\d{4}-\d\d-\d\d", date.fromisoformat),
    {"type": "string", "format": "date"},
)
MOMENT = Single(
    sentence("a time such as 2026-03-03T09:15:00Z"), _moment, {"type": "string", "format": "date-time"}
)
SPAN = Single(sentence("a span of time such as 90s, 15m, 48h or 2d"), _span)
CERTIFICATE_NAME = Single(
    sentence("a certificate of the scenario, or <I>issuer<S>subject"), _certificate_name
)
DOMAIN = LabName(sentence("a domain such as contoso.example"), Domain.parse, domain=lambda domain: domain)
SPELLED_DOMAIN = LabName(sentence("a host name, spelled as in logs"), _spelled, domain=Domain.parse)
HELO = Single(sentence("a host name"), Domain.parse)
INITIAL = Single(
    sentence("a domain such as contoso.onmicrosoft.com"),
    _initial,
    {"type": "string", "pattern": r"\.onmicrosoft\.com$"},
)
REGION_NAME = Single(
    sentence("a region such as EUR"),
    fitting("[A-Z]{3}", str, hint=lambda text: sentence("{text!r}: three capital letters", text=text)),
    {"type": "string", "pattern": "^[A-Z]{3}$"},
)
PATTERN = LabName(
    sentence("a domain, *.domain or *"), DomainPattern.parse, domain=lambda pattern: pattern.domain
)
MAILBOX = LabName(
    sentence("a mail address such as user@contoso.example"),
    Address.parse,
    domain=lambda address: address.domain,
)
REVERSE_PATH = LabName(
    sentence("a mail address, or <> for none"), ReversePath.parse, domain=lambda path: path.domain
)
IPV4 = Single(sentence("an IPv4 address such as 198.51.100.10"), _ipv4)
NETWORK = Single(sentence("an IPv4 address or a network such as 198.51.100.0/24"), _network)
SPACE = LabName(
    sentence("an address space such as smtp:*;1"),
    AddressSpace.parse,
    domain=lambda space: space.pattern.domain,
)
MX = LabName(
    sentence("an MX record such as 10 mail.contoso.example"),
    _mx,
    domain=lambda mx: Domain(mx.host) if mx.host else None,
)
CAPABILITY = LabName(
    sentence("a domain, with or without :AcceptCloudServicesMail"),
    lambda text: DomainPattern.parse(text.partition(":")[0]),
    domain=lambda pattern: pattern.domain,
)
PLACE = Single(sentence("a host of the scenario, or tenant:NAME"), _place)
SIDE = Single(
    sentence("a host or an organisation of the scenario, organization:NAME or tenant:NAME"),
    _side,
)
FINDING = Single(sentence("the code of a finding of `mflab check`"), _finding)
FAULT = Single(
    sentence("the number of a known misconfiguration, such as P7"),
    fitting(r"P[1-9]\d?", str, hint=lambda _: sentence("the number of a known misconfiguration, such as P7")),
)
STATUS = Single(
    sentence("an enhanced status code such as 5.7.51"),
    fitting(
        r"[245]\.\d{1,3}\.\d{1,3}", str, hint=lambda _: sentence("an enhanced status code has three parts")
    ),
)
REFUSAL = Single(sentence("a reply such as 550 5.4.1 Relay Access Denied"), _refusal)
PARTY = LabName(
    sentence("auto, a class such as onprem, or a mail address"),
    _party,
    domain=lambda party: Address.parse(party).domain if "@" in party else None,
)
RECORD_NAME = LabName(
    sentence("a DNS name"),
    lambda text: str(Domain.parse(text)),
    domain=lambda name: None if name.endswith(".in-addr.arpa") else Domain(name),
)
CHANGE_PATH = Single(sentence("a path such as tenants.contoso.region"), _filled)
SMART_HOST = LabName(
    sentence("a host of the scenario, a host name or an address"), _smart_host, domain=_of_smart_host
)


def word(*values: str) -> Single[str]:
    """One of a few words."""
    return choice({value: value for value in values})


def from_enum(values: Any) -> Single[Any]:
    """One of an enumeration's values."""
    return choice({member.value: member for member in values})
