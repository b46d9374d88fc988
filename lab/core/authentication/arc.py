"""ARC, RFC 8617: a chain of seals, each of which says what its system saw of a message before it changed it.

A set is three fields with one instance number: what the system found (ARC-Authentication-Results), a signature under
the message as it left (ARC-Message-Signature), and a seal over all sets so far (ARC-Seal). Exchange Online adds a set
at each exit of a tenant, so the first set of a misrouted message shows the address that the own tenant saw (R174).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lab.core.authentication.canonical import body_hash, covered
from lab.core.authentication.dkim import (
    SIGNED,
    SignatureOutcome,
    Signer,
    asked_key,
    judged,
    spoken,
    unfit_key,
)
from lab.core.authentication.results import Arc, ArcResult, Dkim
from lab.core.authentication.signature import folded, joined, key_name, read_signature, seconds, without_value
from lab.core.authentication.signature_suite import ALGORITHMS, Suite, base64_octets, tags
from lab.model.dns import DnsQueries
from lab.model.message import Header, Message
from lab.model.names import Domain
from lab.model.value import dataclass

RESULTS = "ARC-Authentication-Results"
SIGNATURE = "ARC-Message-Signature"
SEAL = "ARC-Seal"
MOST = 50
"""Sets in a chain (RFC 8617 4.2.1)."""
NO_CHAIN = ArcResult(Arc.NONE)


@dataclass(frozen=True, slots=True)
class ArcSet:
    """One system's three fields."""

    instance: int
    results: Header
    signature: Header
    seal: Header
    chain: str
    """cv= of the seal: what the system made of the sets before."""
    sealer: str
    """d= of the seal."""

    @property
    def findings(self) -> str:
        """What the system found, as text behind its own name: `spf=pass ...; dkim=...`."""
        return self.results.value.partition(";")[2].partition(";")[2].strip()


def validate(message: Message, suite: Suite, now: datetime) -> DnsQueries[ArcResult]:
    """Judge the chain (5.2): complete, the last message signature right, and every seal right."""
    try:
        sets = chain_of(message)
    except ValueError as error:
        return ArcResult(Arc.FAIL, spoken(error))
    if not sets:
        return NO_CHAIN
    last = sets[-1]
    if last.chain == "fail":
        return ArcResult(Arc.FAIL, f"broken before instance {last.instance}")
    outcome = yield from _message_signature(message, last, suite, now)
    if outcome.result is not Dkim.PASS:
        return ArcResult(Arc.FAIL, f"instance {last.instance}: {outcome.reason}")
    for count in range(len(sets), 0, -1):
        outcome = yield from _seal(sets[:count], suite)
        if outcome.result is not Dkim.PASS:
            return ArcResult(Arc.FAIL, f"seal {count}: {outcome.reason}")
    return ArcResult(Arc.PASS, sealers=tuple(seal.sealer for seal in sets))


def chain_of(message: Message) -> tuple[ArcSet, ...]:
    """The sets, the first first. Raises ValueError when one is incomplete, doubled, out of order, or says odd things."""
    named = message.named()
    if SEAL.lower() not in named and SIGNATURE.lower() not in named and RESULTS.lower() not in named:
        return ()
    rows = [_by_instance(named.get(name.lower(), ())) for name in (RESULTS, SIGNATURE, SEAL)]
    count = max(len(row) for row in rows)
    if count > MOST:
        raise ValueError("too many sets")
    wanted = set(range(1, count + 1))
    if any(row.keys() != wanted for row in rows):
        raise ValueError("incomplete chain")
    sets = tuple(_set(number, *(row[number] for row in rows)) for number in sorted(wanted))
    for seal in sets:
        if seal.chain not in (("none",) if seal.instance == 1 else ("pass", "fail")):
            raise ValueError(f"cv={seal.chain} in instance {seal.instance}")
    return sets


def _by_instance(fields: tuple[Header, ...]) -> dict[int, Header]:
    by_instance: dict[int, Header] = {}
    for header in fields:
        name, _, number = header.value.partition(";")[0].partition("=")
        if header.name.lower() != RESULTS.lower():
            number = tags(header.value).get("i", "")
            name = "i"
        if name.strip() != "i" or not number.strip().isdecimal() or int(number) in by_instance:
            raise ValueError("bad instance")
        by_instance[int(number)] = header
    return by_instance


def _set(number: int, results: Header, signature: Header, seal: Header) -> ArcSet:
    read = tags(seal.value)
    return ArcSet(number, results, signature, seal, read.get("cv", "").lower(), read.get("d", "").lower())


def _message_signature(
    message: Message, last: ArcSet, suite: Suite, now: datetime
) -> DnsQueries[SignatureOutcome]:
    try:
        signature = read_signature(last.signature.value, arc=True)
    except ValueError:
        return SignatureOutcome(Dkim.PERMERROR, "message signature is malformed")
    return (yield from judged(message, last.signature, signature, suite, now))


def _seal(sets: tuple[ArcSet, ...], suite: Suite) -> DnsQueries[SignatureOutcome]:
    """The seal of the last of the sets, over all of them (5.1.1)."""
    try:
        name, algorithm, value = _read_seal(sets[-1].seal)
    except (KeyError, ValueError):
        return SignatureOutcome(Dkim.PERMERROR, "malformed")
    key = yield from asked_key(name)
    if isinstance(key, SignatureOutcome):
        return key
    try:
        right = not unfit_key(key, algorithm) and suite.verifies(key, algorithm, _sealed(sets), value)
    except ValueError:
        right = False
    return (
        SignatureOutcome(Dkim.PASS, "") if right else SignatureOutcome(Dkim.FAIL, "signature did not verify")
    )


def _read_seal(header: Header) -> tuple[Domain, str, bytes]:
    """Where its key is, its algorithm, its value. Raises KeyError or ValueError when it is no seal (4.1.3)."""
    read = tags(header.value)
    if read["a"] not in ALGORITHMS or "h" in read:
        raise ValueError("no seal")
    name = key_name(Domain.parse(read["d"]), read["s"])
    return Domain.parse(name), read["a"], base64_octets(read["b"])


def _sealed(sets: tuple[ArcSet, ...]) -> bytes:
    """What the last seal covers."""
    *fields, own = (header for seal in sets for header in _fields(seal))
    return joined((*fields, without_value(own)))


def _fields(each: ArcSet) -> Iterator[Header]:
    yield from (each.results, each.signature, each.seal)


def seal(
    message: Message, findings: str, before: ArcResult, signer: Signer, suite: Suite, now: datetime, by: str
) -> Message:
    """The message with one more set on top.

    `findings`: what this system found at entry, the chain (`before`) among it; `by`: its name as it gives it. A chain
    that is broken gets one more set, which says so; one that says so already, or is full, gets none (5.1.2).
    """
    try:
        sets = chain_of(message)
    except ValueError:
        return message  # nobody could tell this set's place
    if len(sets) == MOST or (sets and sets[-1].chain == "fail"):
        return message
    number = len(sets) + 1
    results = Header(RESULTS, f" i={number}; {by}; {findings}")
    signature = _signed(message, number, signer, suite, now)
    chain = ("pass" if before.result is Arc.PASS else "fail") if sets else "none"
    start = (
        f" i={number}; a=rsa-sha256; s={signer.selector}; d={signer.domain};\r\n"
        f" cv={chain}; t={seconds(now)};\r\n b="
    )
    unsealed = ArcSet(number, results, signature, Header(SEAL, start), chain, signer.domain)
    scope = (*sets, unsealed) if chain != "fail" else (unsealed,)
    sealed = Header(SEAL, start + folded(suite.sign(signer.key, _sealed(scope))))
    return message.on_top((sealed, signature, results))


def _signed(message: Message, number: int, signer: Signer, suite: Suite, now: datetime) -> Header:
    names = [name for name in SIGNED if name.lower() in message.named()]
    raw = (
        f" i={number}; a=rsa-sha256; c=relaxed/relaxed; d={signer.domain};\r\n s={signer.selector}; t={seconds(now)};\r\n"
        f" h={':'.join(names)};\r\n bh={body_hash(message.body)};\r\n b="
    )
    fields = covered(message, [name.lower() for name in names])
    return Header(SIGNATURE, raw + folded(suite.sign(signer.key, joined((*fields, Header(SIGNATURE, raw))))))
