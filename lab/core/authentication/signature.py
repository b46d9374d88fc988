"""The fields DKIM-Signature and ARC-Message-Signature as values: read strictly (RFC 6376 3.5, RFC 8617 4.1.2), written folded."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from lab.core.authentication.canonical import covered, relaxed_header, simple_header
from lab.core.authentication.signature_suite import ALGORITHMS, base64_octets, tags
from lab.model.message import Header, Message
from lab.model.names import Domain
from lab.model.value import dataclass

_B = re.compile(r"((?:^|;)(?:[ \t]|\r\n)*b(?:[ \t]|\r\n)*=)[^;]*")
_NUMBER = re.compile(r"\d{1,12}", re.ASCII)
_COLUMNS = 72
"""Of base64 in one line of a header field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature field."""

    domain: Domain
    selector: str
    algorithm: str
    value: bytes
    body_hash: str
    names: tuple[str, ...]
    """h=, in lower case."""
    relaxed_headers: bool = False
    relaxed_body: bool = False
    identity: Domain
    """The domain of i=, d= if there is none."""
    length: int | None = None
    """l=: octets of the body that are covered."""
    made: int | None = None
    """t=: seconds since 1970."""
    expires: int | None = None
    """x=."""

    @property
    def key_name(self) -> Domain:
        """Where the public key is: `selector1._domainkey.a.example`."""
        return key_name(self.domain, self.selector)


def key_name(domain: str, selector: str) -> Domain:
    """Where a public key is published (RFC 6376 3.6.2.1)."""
    return Domain(f"{selector}._domainkey.{domain}".lower())


def read_signature(value: str, *, arc: bool = False) -> Signature:
    """Read the field's value, unfolded; `arc`: an ARC-Message-Signature, whose i= is a number.

    Raises ValueError with the reason when a required tag is missing or a value is not as it must be.
    """
    read = tags(value)
    missing = [tag for tag in ("a", "b", "bh", "d", "h", "s") if not read.get(tag)]
    if missing or (not arc and read.get("v") != "1"):
        raise ValueError(f"signature lacks {', '.join(missing) or 'v=1'}")
    if read["a"] not in ALGORITHMS:
        raise ValueError(f"unsupported algorithm {read['a'][:20]}")
    if "dns/txt" not in read.get("q", "dns/txt"):
        raise ValueError("unsupported query method")
    names = tuple(name.strip().lower() for name in read["h"].split(":"))
    if "from" not in names or "" in names:
        raise ValueError("From is not signed" if "" not in names else "an empty name in h=")
    domain, made, expires = Domain.parse(read["d"]), _number(read, "t"), _number(read, "x")
    if made is not None and expires is not None and expires <= made:
        raise ValueError("signature expires before it was made")
    headers, body = _canonicalisation(read.get("c", "simple/simple"))
    return Signature(
        domain=domain,
        selector=_selector(domain, read["s"]),
        algorithm=read["a"],
        value=base64_octets(read["b"]),
        body_hash="".join(read["bh"].split()),
        names=names,
        relaxed_headers=headers,
        relaxed_body=body,
        identity=domain if arc else _identity(read, domain),
        length=_number(read, "l"),
        made=made,
        expires=expires,
    )


def _canonicalisation(value: str) -> tuple[bool, bool]:
    """Whether headers and body are relaxed; a body without a word of its own is simple (3.5)."""
    words = value.split("/")
    if len(words) > 2 or not set(words) <= {"simple", "relaxed"}:
        raise ValueError("unknown canonicalization")
    return words[0] == "relaxed", words[1:] == ["relaxed"]


def _selector(domain: Domain, selector: str) -> str:
    Domain.parse(
        f"{selector}._domainkey.{domain}"
    )  # a selector is labels, so that there is a name to ask for
    return selector


def _identity(read: dict[str, str], domain: Domain) -> Domain:
    identity = Domain.parse(read["i"].rpartition("@")[2]) if "i" in read else domain
    if identity != domain and not identity.is_under(domain):
        raise ValueError("i= is not under d=")
    return identity


def _number(read: dict[str, str], tag: str) -> int | None:
    if tag not in read:
        return None
    if not _NUMBER.fullmatch(read[tag]):
        raise ValueError(f"{tag}= is no number")
    return int(read[tag])


def signed_data(message: Message, signature: Signature, own: Header) -> bytes:
    """What the signature covers: the fields of h=, then the signature's own field without the value of b= (3.7)."""
    form: Callable[[Header], str] = relaxed_header if signature.relaxed_headers else simple_header
    if own.name.lower() in signature.names:  # other signatures may be covered, the own one never is (3.5)
        message = Message(tuple([h for h in message.headers if h is not own]), message.body)
    return joined((*covered(message, signature.names), without_value(own)), form)


def without_value(own: Header) -> Header:
    """A signature field as it is hashed: b= is empty."""
    if own.raw.endswith(" b="):
        return own
    return Header(own.name, _B.sub(r"\1", own.raw, count=1))


def joined(headers: tuple[Header, ...], form: Callable[[Header], str] = relaxed_header) -> bytes:
    """Canonical fields in a row, the last one without its line end."""
    return "\r\n".join([form(header) for header in headers]).encode("utf-8", "surrogateescape")


def folded(value: str) -> str:
    """Base64 in lines."""
    return "\r\n ".join(value[at : at + _COLUMNS] for at in range(0, len(value), _COLUMNS))


def seconds(now: datetime) -> int:
    """A time as t= has it."""
    return int(now.timestamp())
