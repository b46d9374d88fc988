"""DKIM, RFC 6376: sign a message, and judge the signatures that it carries.

What a key is and how it signs is the suite's business (`lab.core.authentication.signature_suite`). The key's record is
asked of DNS, as anybody would: a selector that is missing there, or points elsewhere, breaks the signature (R172).
"""

from __future__ import annotations

from datetime import datetime

from lab.core.authentication.canonical import body_hash, covered
from lab.core.authentication.results import NOT_SIGNED, Dkim, DkimResult
from lab.core.authentication.signature import (
    Signature,
    folded,
    joined,
    key_name,
    read_signature,
    seconds,
    signed_data,
)
from lab.core.authentication.signature_suite import ALGORITHMS, KeyRecord, Suite, key_record
from lab.model.dns import DnsAnswer, DnsQueries, DnsQuestion, DnsRecords, ServFail
from lab.model.message import Header, Message
from lab.model.names import Domain
from lab.model.value import dataclass

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
MOST = 8
"""Signatures that are judged; a message with more of them wants to keep us busy (RFC 6376 6.1)."""
_AHEAD = 300
"""Seconds that a signer's clock may be fast."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: d=, s=, and the key by the name of its record, which may be behind a CNAME (R172)."""

    domain: Domain
    selector: str
    key: str

    @classmethod
    def direct(cls, domain: Domain, selector: str) -> Signer:
        """A signer whose selector is the key's record itself."""
        return cls(domain, selector, key_name(domain, selector))


def sign(message: Message, signer: Signer, suite: Suite, headers: tuple[str, ...] = SIGNED) -> Message:
    """The message with a signature on top, relaxed/relaxed, over those of `headers` that it has."""
    present = message.named()
    names = [name for name in headers if name.lower() in present]
    raw = (
        f" v=1; a=rsa-sha256; c=relaxed/relaxed; d={signer.domain};\r\n s={signer.selector};\r\n"
        f" h={':'.join(names)};\r\n bh={body_hash(message.body)};\r\n b="
    )
    fields = covered(message, [name.lower() for name in names])
    value = suite.sign(signer.key, joined((*fields, Header(NAME, raw))))
    return message.on_top((Header(NAME, raw + folded(value)),))


def verify(message: Message, suite: Suite, now: datetime) -> DnsQueries[tuple[DkimResult, ...]]:
    """Judge each signature, top first; `now` decides on t= and x=."""
    results: tuple[DkimResult, ...] = ()
    for header in message.named().get(NAME.lower(), ())[:MOST]:
        results = (*results, (yield from _verified(message, header, suite, now)))
    return results or (NOT_SIGNED,)


def _verified(message: Message, header: Header, suite: Suite, now: datetime) -> DnsQueries[DkimResult]:
    try:
        signature = read_signature(header.value)
    except ValueError as error:
        return DkimResult(Dkim.PERMERROR, _told(header), "", f"signature is malformed: {spoken(error)}")
    outcome = yield from judged(message, header, signature, suite, now)
    return DkimResult(outcome.result, signature.domain, signature.selector, outcome.reason)


@dataclass(frozen=True, slots=True)
class SignatureOutcome:
    """What became of one signature."""

    result: Dkim
    reason: str


def judged(
    message: Message, header: Header, signature: Signature, suite: Suite, now: datetime
) -> DnsQueries[SignatureOutcome]:
    """Time, then the body's hash, then the key, then the signature itself; the first that is wrong decides."""
    late = _out_of_time(signature, now)
    if late:
        return SignatureOutcome(Dkim.FAIL, late)
    try:
        hashed = body_hash(message.body, relaxed=signature.relaxed_body, length=signature.length)
    except ValueError:
        return SignatureOutcome(Dkim.PERMERROR, "body is shorter than signed")
    if hashed != signature.body_hash:
        return SignatureOutcome(Dkim.FAIL, "body hash did not verify")
    key = yield from asked_key(signature.key_name)
    if isinstance(key, SignatureOutcome):
        return key
    return _compared(key, signature, signed_data(message, signature, header), suite)


def _out_of_time(signature: Signature, now: datetime) -> str:
    at = seconds(now)
    if signature.expires is not None and signature.expires < at:
        return "signature expired"
    if signature.made is not None and signature.made > at + _AHEAD:
        return "signature is from the future"
    return ""


def asked_key(name: Domain) -> DnsQueries[KeyRecord | SignatureOutcome]:
    """The key's record, or why there is none; of several records the first that is one counts (6.1.2)."""
    answer: DnsAnswer = yield DnsQuestion(name, "TXT")
    if isinstance(answer, ServFail):
        return SignatureOutcome(Dkim.TEMPERROR, "key query timeout")
    if not isinstance(answer, DnsRecords):
        return SignatureOutcome(Dkim.FAIL, "no key for signature")
    for text in answer.texts():
        try:
            record = key_record(text)
        except ValueError:
            continue
        return record if record.public else SignatureOutcome(Dkim.FAIL, "key is revoked")
    return SignatureOutcome(Dkim.PERMERROR, "key record is malformed")


def _compared(key: KeyRecord, signature: Signature, data: bytes, suite: Suite) -> SignatureOutcome:
    unfit = unfit_key(key, signature.algorithm)
    if not unfit and key.strict and signature.identity != signature.domain:
        unfit = "i= is not d="
    if unfit:
        return SignatureOutcome(Dkim.PERMERROR, unfit)
    try:
        right = suite.verifies(key, signature.algorithm, data, signature.value)
    except ValueError:
        return SignatureOutcome(Dkim.PERMERROR, "key cannot be used")
    if right:
        return SignatureOutcome(Dkim.PASS, "signature was verified")
    if key.testing:  # 3.6.1: as if it were not signed
        return SignatureOutcome(Dkim.NONE, "signature did not verify, key is being tested")
    return SignatureOutcome(Dkim.FAIL, "signature did not verify")


def unfit_key(key: KeyRecord, algorithm: str) -> str:
    """Why a key cannot have made such a signature (6.1.2), '' if it can."""
    if key.kind != ALGORITHMS[algorithm]:
        return "key is of another kind"
    if "sha256" not in key.hashes:
        return "key allows another hash"
    return "" if {"*", "email"} & set(key.services) else "key is not for mail"


def _told(header: Header) -> str:
    """The domain that a malformed signature names, as far as it names a readable one."""
    for part in header.value.split(";"):
        name, _, value = part.partition("=")
        if name.strip() == "d":
            try:
                return Domain.parse(value)
            except ValueError:
                return ""
    return ""


def spoken(error: ValueError) -> str:
    """A reason that can stand in a comment: no brackets, no semicolons, none of the message's own odd characters."""
    kept = "".join(c for c in str(error) if c.isascii() and (c.isalnum() or c in " =,'._-"))
    return " ".join(kept.split())[:60]
