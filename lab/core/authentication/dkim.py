"""DKIM as a claim, not as cryptography: in this version a signature carries hashes, but no key has signed them.

The header looks like DKIM (RFC 6376): `bh=` is the real SHA-256 of the relaxed body, so that a change of the
body breaks it; `b=` is the SHA-256 of the relaxed headers it covers, so that a change of those breaks it too.
What is missing is the private key: whoever can compute a hash can make the claim. Real signatures come with a
later version. Verification demands both hashes, and that the selector is known: named by the caller, or in DNS.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Container
from hashlib import sha256

from lab.core.authentication.results import NOT_SIGNED, Dkim, DkimResult
from lab.model.dns import Asking, DnsAnswer, DnsQuestion, Records, ServFail
from lab.model.message import Header, Message
from lab.model.names import Domain
from lab.model.tenant import Tenant

NAME = "DKIM-Signature"
SIGNED = (
    "From",
    "Date",
    "Subject",
    "Message-ID",
    "Content-Type",
    "MIME-Version",
    "X-MS-Exchange-SenderADCheck",
)
"""What Exchange Online signs (R171)."""
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_IN_HEADERS = re.compile(r"(?:[ \t]|\r\n)+")
_B = re.compile(r"(\bb=)[^;]*")


def signing_domain(tenant: Tenant, author: Domain | None) -> tuple[Domain, str]:
    """Domain and selector of a tenant's signature (R171): the author's domain if enabled, else the initial one."""
    if author is not None and author in tenant.dkim_domains:
        return author, "selector1"
    return tenant.initial_domain, f"selector1-{tenant.initial_domain.replace('.', '-')}"


def key_name(domain: str, selector: str) -> Domain:
    """Where the key would be: `selector1._domainkey.a.example`."""
    return Domain(f"{selector}._domainkey.{domain}".lower())


def sign(message: Message, domain: Domain, selector: str, headers: tuple[str, ...] = SIGNED) -> Message:
    """The message with a signature on top."""
    present = message.named()
    signed = ":".join(name for name in headers if name.lower() in present)
    raw = (
        f" v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain};\r\n s={selector};\r\n h={signed};\r\n"
        f" bh={body_hash(message.body)};\r\n b="
    )
    return message.on_top((Header(NAME, raw + _header_hash(message, signed, raw)),))


def verify(message: Message, known: Container[str] = frozenset()) -> Asking[tuple[DkimResult, ...]]:
    """Judge each signature, top first; `known` holds key names that need no question to DNS."""
    results: tuple[DkimResult, ...] = ()
    for header in message.named().get(NAME.lower(), ()):
        results = (*results, (yield from _verified(message, header, known)))
    return results or (NOT_SIGNED,)


def _verified(message: Message, header: Header, known: Container[str]) -> Asking[DkimResult]:
    tags = _tags(header.value)
    domain, selector, signed = tags.get("d", ""), tags.get("s", ""), tags.get("h", "")
    if not (domain and selector and "bh" in tags) or "from" not in signed.lower().split(":"):
        return DkimResult(Dkim.PERMERROR, domain, selector, "signature is malformed")
    if tags["bh"] != body_hash(message.body):
        return DkimResult(Dkim.FAIL, domain, selector, "body hash did not verify")
    if tags.get("b") != _header_hash(message, signed, _B.sub(r"\1", header.raw)):
        return DkimResult(Dkim.FAIL, domain, selector, "signature did not verify")
    name = key_name(domain, selector)
    if name not in known:
        answer: DnsAnswer = yield DnsQuestion(name, "TXT")
        if isinstance(answer, ServFail):
            return DkimResult(Dkim.TEMPERROR, domain, selector, "key query timeout")
        if not isinstance(answer, Records):
            return DkimResult(Dkim.FAIL, domain, selector, "no key for signature")
    return DkimResult(Dkim.PASS, domain, selector, "signature was verified")


def body_hash(body: bytes) -> str:
    """SHA-256 of the relaxed body in base64 (RFC 6376 3.4.4, 3.7)."""
    return b64encode(sha256(relaxed_body(body)).digest()).decode()


def relaxed_body(body: bytes) -> bytes:
    """Blanks in a row are one, none stand at the end of a line, no empty lines at the end."""
    if b"\t" in body or b"  " in body or b" \r\n" in body or body.endswith(b" "):
        body = _BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n").removesuffix(b" ")
    body = body.rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def relaxed_header(header: Header) -> str:
    """Name in lower case, value unfolded, blanks in a row one, none at the ends (3.4.2)."""
    return f"{header.name.lower().rstrip()}:{_BLANKS_IN_HEADERS.sub(' ', header.raw).strip()}"


def _header_hash(message: Message, signed: str, own: str) -> str:
    """The lab's stand-in for a signature; `own` is the signature field with an empty b=, last as in 3.7."""
    named = message.named()
    rows: dict[str, list[Header]] = {}
    lines = []
    for name in signed.lower().split(":"):
        fields = rows.setdefault(name, list(named.get(name.strip(), ())))
        if fields:
            lines.append(relaxed_header(fields.pop()))  # the lowest first, 5.4.2
    lines.append(relaxed_header(Header(NAME, own)))
    return b64encode(sha256("\r\n".join(lines).encode("utf-8", "surrogateescape")).digest()).decode()


def _tags(value: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in value.split(";"))
    return {name.strip(): re.sub(r"\s+", "", text) for name, _, text in pairs}
