"""DMARC, RFC 7489: do SPF or DKIM vouch for the author's domain, and if not, what does it ask for? (R175)"""

from __future__ import annotations

from typing import Literal

from lab.core.authentication.organizational import organizational_domain
from lab.core.authentication.results import Dkim, DkimResult, Dmarc, DmarcResult, Spf, SpfResult
from lab.model.dns import DnsAnswer, DnsQueries, DnsQuestion, DnsRecords, ServFail
from lab.model.names import Domain
from lab.model.value import dataclass

Policy = Literal["none", "quarantine", "reject"]
_POLICIES: tuple[Policy, ...] = ("none", "quarantine", "reject")


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """A published policy."""

    policy: Policy
    subdomain_policy: Policy
    strict_spf: bool = False
    strict_dkim: bool = False
    percent: int = 100


@dataclass(frozen=True, slots=True)
class PublishedPolicy:
    """Where a record was found, and which of its policies counts."""

    record: DmarcRecord
    policy: Policy


def parse(text: str) -> DmarcRecord | None:
    """Read a TXT record; None if it is no DMARC record.

    A record with reports wanted (rua) but no valid p= counts as `none` (6.6.3); odd values mean the default.
    """
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    if not pairs or [word.strip() for word in pairs[0]] != ["v", "=", "DMARC1"]:
        return None
    tags = {
        name.strip().lower(): value.strip() for name, _, value in reversed(pairs)
    }  # the first of a name counts
    policy = _policy(tags.get("p"))
    if policy is None:
        if "rua" not in tags:
            return None
        policy = "none"
    percent = tags.get("pct", "100")
    return DmarcRecord(
        policy,
        _policy(tags.get("sp")) or policy,
        strict_spf=tags.get("aspf", "r").lower() == "s",
        strict_dkim=tags.get("adkim", "r").lower() == "s",
        percent=int(percent) if percent.isascii() and percent.isdigit() and int(percent) <= 100 else 100,
    )


def _policy(value: str | None) -> Policy | None:
    return next((policy for policy in _POLICIES if value is not None and value.lower() == policy), None)


def published(author: Domain) -> DnsQueries[PublishedPolicy | ServFail | None]:
    """The policy for an author's domain: its own record, else that of its organizational domain (6.6.3)."""
    record = yield from _record(author)
    if not isinstance(record, DmarcRecord):
        above = organizational_domain(author)
        if isinstance(record, ServFail) or above == author:
            return record
        record = yield from _record(above)
        return PublishedPolicy(record, record.subdomain_policy) if isinstance(record, DmarcRecord) else record
    return PublishedPolicy(record, record.policy)


def _record(domain: Domain) -> DnsQueries[DmarcRecord | ServFail | None]:
    answer: DnsAnswer = yield DnsQuestion(Domain(f"_dmarc.{domain}"), "TXT")
    if isinstance(answer, ServFail):
        return answer
    texts = answer.texts() if isinstance(answer, DnsRecords) else ()
    records = [record for record in map(parse, texts) if record is not None]
    return records[0] if len(records) == 1 else None


def aligned(author: Domain, other: str, *, strict: bool) -> bool:
    """Whether an authenticated domain speaks for the author's (3.1)."""
    domain = Domain(other.lower())
    if strict or domain == author:
        return domain == author
    return organizational_domain(domain) == organizational_domain(author)


def evaluate(
    author: Domain,
    spf: SpfResult,
    dkim: tuple[DkimResult, ...] = (),
    *,
    enforced: bool = True,
    draw: int = 0,
) -> DnsQueries[DmarcResult]:
    """Judge the author's domain (From header).

    `enforced`: whether the receiver will do what the policy asks for; if not, a reject is an `oreject` (R167).
    `draw`: 0 to 99, the lot for pct=.
    """
    policy = yield from published(author)
    if isinstance(policy, ServFail):
        return DmarcResult(Dmarc.TEMPERROR, author, problem=f"no DNS answer for _dmarc.{author}")
    record = policy.record if policy else DmarcRecord("none", "none")
    vouched = _vouched(author, spf, dkim, record)
    if policy is None:
        return DmarcResult(Dmarc.BEST_GUESS_PASS if vouched else Dmarc.NONE, author, aligned_by=vouched)
    if vouched:
        return DmarcResult(Dmarc.PASS, author, policy=policy.policy, aligned_by=vouched)
    action = _action(policy, enforced=enforced, spared=draw >= record.percent)
    return DmarcResult(Dmarc.FAIL, author, action, policy=policy.policy)


def _vouched(author: Domain, spf: SpfResult, dkim: tuple[DkimResult, ...], record: DmarcRecord) -> str:
    """What vouches for the author: `spf`, `dkim` or nothing."""
    if spf.result is Spf.PASS and aligned(author, spf.domain, strict=record.strict_spf):
        return "spf"
    for signature in dkim:
        if signature.result is Dkim.PASS and aligned(author, signature.domain, strict=record.strict_dkim):
            return "dkim"
    return ""


def _action(policy: PublishedPolicy, *, enforced: bool, spared: bool) -> str:
    if policy.policy == "none":
        return "none"
    if spared:
        return f"pct.{policy.policy}"
    return "oreject" if policy.policy == "reject" and not enforced else policy.policy
