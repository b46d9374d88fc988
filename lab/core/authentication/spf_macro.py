"""SPF macros, RFC 7208 section 7: `%{ir}.%{v}._spf.%{d2}`."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

from lab.model.value import dataclass

IpAddress = IPv4Address | IPv6Address
_MACRO = re.compile(r"%(?:\{([a-z])(\d*)(r?)([.+,/_=-]*)\}|([%_-]))", re.IGNORECASE)
_LITERAL = re.compile(r"[\x21-\x24\x26-\x7e]*")
_EXPLANATION = re.compile(r"[\x20-\x24\x26-\x7e]*")
_IN_RECORDS = "slodipvh"
_IN_EXPLANATIONS = _IN_RECORDS + "crt"
_FIXED = {"%": "%", "_": " ", "-": "%20"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MacroFacts:
    """What the letters stand for."""

    sender_local: str
    sender_domain: str
    domain: str
    """The domain whose record is being evaluated."""
    client: IpAddress
    helo: str
    validated: str = "unknown"
    """`%{p}`: the client's validated PTR name."""
    receiver: str = "unknown"
    timestamp: int = 0


def check_macros(text: str, *, explanation: bool = False) -> None:
    """Raise ValueError if `text` is no macro-string (7.1): an unknown letter, a lone `%`, a blank."""
    letters = _IN_EXPLANATIONS if explanation else _IN_RECORDS
    for letter, digits in ((m[1], m[2]) for m in _MACRO.finditer(text)):
        if letter and letter.lower() not in letters:
            raise ValueError(f"there is no macro %{{{letter}}} here")
        if digits and int(digits) == 0:
            raise ValueError("a macro that keeps no part")
    if not (_EXPLANATION if explanation else _LITERAL).fullmatch(_MACRO.sub("", text)):
        raise ValueError(f"{text!r} is no macro-string")


def needs_validation(text: str) -> bool:
    """Whether `%{p}` occurs, which costs DNS look-ups."""
    return any((m[1] or "").lower() == "p" for m in _MACRO.finditer(text))


def expand(text: str, facts: MacroFacts) -> str:
    """The text with its macros replaced; it has passed `check_macros`."""
    return _MACRO.sub(lambda found: _value(found, facts), text) if "%" in text else text


def expand_domain(text: str, facts: MacroFacts) -> str:
    """The domain meant: expanded, cut from the left to 253 octets (7.3), without the final dot."""
    name = expand(text, facts).removesuffix(".").lower()
    while len(name) > 253 and "." in name:
        name = name.partition(".")[2]
    return name


def _value(found: re.Match[str], facts: MacroFacts) -> str:
    letter, digits, reverse, delimiters, fixed = found.groups()
    if fixed:
        return _FIXED[fixed]
    value = _letter(letter.lower(), facts)
    if digits or reverse or delimiters:
        parts = re.split(f"[{re.escape(delimiters or '.')}]", value)
        if reverse:
            parts.reverse()
        if digits:
            parts = parts[-int(digits) :]
        value = ".".join(parts)
    return quote(value, safe="-._~") if letter.isupper() else value


def _letter(letter: str, facts: MacroFacts) -> str:
    match letter:
        case "s":
            return f"{facts.sender_local}@{facts.sender_domain}"
        case "l":
            return facts.sender_local
        case "o":
            return facts.sender_domain
        case "d":
            return facts.domain
        case "i":
            return dotted(facts.client)
        case "p":
            return facts.validated
        case "v":
            return "in-addr" if facts.client.version == 4 else "ip6"
        case "h":
            return facts.helo
        case "c":
            return str(facts.client)
        case "r":
            return facts.receiver
        case _:
            return str(facts.timestamp)


def dotted(address: IpAddress) -> str:
    """The address as `%{i}` gives it: IPv6 as 32 nibbles."""
    return str(address) if address.version == 4 else ".".join(address.packed.hex().upper())


def reverse_name(address: IpAddress) -> str:
    """The name to ask for PTR records."""
    suffix = "in-addr" if address.version == 4 else "ip6"
    return ".".join(reversed(dotted(address).lower().split("."))) + f".{suffix}.arpa"
