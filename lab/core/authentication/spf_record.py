"""The grammar of SPF records, RFC 7208 sections 4.6, 5, 6 and 12: text in, terms out, any mistake refused."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal

from lab.core.authentication.spf_macro import check_macros
from lab.model.value import dataclass

Qualifier = Literal["+", "-", "~", "?"]
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE)
_DIRECTIVE = re.compile(r"([-+~?]?)([a-z0-9]+)(.*)", re.IGNORECASE)
_CIDRS = re.compile(r"(.*?)(?:/(\d+))?(?://(\d+))?")
_TOP_LABEL = re.compile(r"\.(?=[a-z0-9-]*[a-z-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.?$", re.IGNORECASE)
_MACRO_END = re.compile(r"%\{[^}]*\}$|%[%_-]$")


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One directive: what to compare the client with, and the result if it fits."""

    qualifier: str
    name: str
    spec: str | None = None
    """The domain-spec, macros and all; for ip4 and ip6 the address."""
    prefix4: int = 32
    prefix6: int = 128

    def __str__(self) -> str:
        return f"{self.name}:{self.spec}" if self.spec else self.name


@dataclass(frozen=True, slots=True)
class SpfRecord:
    """A record without mistakes."""

    mechanisms: tuple[Mechanism, ...]
    redirect: str | None = None
    exp: str | None = None


def is_spf(text: str) -> bool:
    """Whether a TXT record is meant to be an SPF record (4.5)."""
    return text.lower() == "v=spf1" or text[:7].lower() == "v=spf1 "


@lru_cache(maxsize=1024)
def parse(text: str) -> SpfRecord:
    """Read a record, remembering the last thousand; raises ValueError with the offending term, wherever it stands (4.6)."""
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, str] = {}
    if not text.isascii():
        raise ValueError("a character that is not ASCII")
    for term in filter(None, text.split(" ")[1:]):
        if modifier := _MODIFIER.fullmatch(term):
            _modify(modifiers, modifier[1].lower(), modifier[2])
        else:
            mechanisms.append(_mechanism(term))
    return SpfRecord(tuple(mechanisms), modifiers.get("redirect"), modifiers.get("exp"))


def _modify(modifiers: dict[str, str], name: str, value: str) -> None:
    if name not in ("redirect", "exp"):  # 6: unknown ones are ignored, but only if well formed
        check_macros(value)
        return
    if name in modifiers:
        raise ValueError(f"{name}= given twice")
    modifiers[name] = _domain_spec(value)


def _mechanism(term: str) -> Mechanism:
    match = _DIRECTIVE.fullmatch(term)
    if match is None:
        raise ValueError(f"{term!r} is no term")
    qualifier, name, rest = match[1] or "+", match[2].lower(), match[3]
    match name:
        case "all":
            if rest:
                raise ValueError(f"{term!r} has an argument")
            return Mechanism(qualifier, name)
        case "include" | "exists":
            return Mechanism(qualifier, name, _domain_spec(_behind_colon(term, rest)))
        case "ptr":
            return Mechanism(qualifier, name, _domain_spec(_behind_colon(term, rest)) if rest else None)
        case "a" | "mx":
            return _addressed(qualifier, name, term, rest)
        case "ip4" | "ip6":
            return _literal(qualifier, name, _behind_colon(term, rest))
        case _:
            raise ValueError(f"unknown mechanism {name!r}")


def _behind_colon(term: str, rest: str) -> str:
    if not rest.startswith(":") or len(rest) == 1:
        raise ValueError(f"{term!r} lacks its argument")
    return rest[1:]


def _addressed(qualifier: str, name: str, term: str, rest: str) -> Mechanism:
    match = _CIDRS.fullmatch(rest)
    assert match is not None, "its first group takes everything"
    spec = _domain_spec(_behind_colon(term, match[1])) if match[1] else None
    return Mechanism(qualifier, name, spec, _prefix(match[2], 32), _prefix(match[3], 128))


def _literal(qualifier: str, name: str, argument: str) -> Mechanism:
    address, slash, prefix = argument.partition("/")
    if slash and not prefix.isdigit():
        raise ValueError(f"{argument!r} has no prefix length behind the slash")
    try:
        if name == "ip4":
            return Mechanism(qualifier, name, str(IPv4Address(address)), prefix4=_prefix(prefix, 32))
        if "%" in address:
            raise ValueError(f"{address!r} has a zone")
        return Mechanism(qualifier, name, str(IPv6Address(address)), prefix6=_prefix(prefix, 128))
    except AddressValueError:
        raise ValueError(f"{address!r} is no address for {name}") from None


def _prefix(digits: str | None, most: int) -> int:
    if not digits:
        return most
    if (len(digits) > 1 and digits.startswith("0")) or int(digits) > most:
        raise ValueError(f"/{digits} is no prefix length")
    return int(digits)


def _domain_spec(text: str) -> str:
    """12: a macro-string that ends in a top-level label or a macro."""
    check_macros(text)
    if not (_MACRO_END.search(text) or _TOP_LABEL.search(text)):
        raise ValueError(f"{text!r} is no domain")
    return text
