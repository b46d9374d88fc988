"""SPF, RFC 7208: may this client send for this domain?

`check_sender` picks the identity (R170), `check_host` is the function of section 4. Both yield DNS questions.
"""

from __future__ import annotations

import re
from dataclasses import field, replace
from functools import lru_cache
from ipaddress import IPv4Address, ip_address

from lab.core.authentication.results import Spf, SpfFault, SpfResult
from lab.core.authentication.spf_macro import (
    IpAddress,
    MacroFacts,
    check_macros,
    expand,
    expand_domain,
    needs_validation,
    reverse_name,
)
from lab.core.authentication.spf_record import Mechanism, SpfRecord, is_spf, parse
from lab.model.dns import (
    DnsAnswer,
    DnsQueries,
    DnsQuestion,
    DnsRecords,
    NoData,
    NxDomain,
    RecordType,
    ServFail,
)
from lab.model.names import Domain, ReversePath
from lab.model.value import dataclass
from lab.sentence import Sentence, sentence

LOOKUPS = 10
"""4.6.4: terms that ask DNS, and names behind one MX or PTR."""
VOID_LOOKUPS = 2
_QUALIFIED = {"+": Spf.PASS, "-": Spf.FAIL, "~": Spf.SOFTFAIL, "?": Spf.NEUTRAL}
_LABEL = re.compile(r"[^.]{1,63}")


@dataclass(slots=True)
class _Budget:
    """What one evaluation may still ask, includes and redirects together."""

    lookups: int = LOOKUPS
    voids: int = VOID_LOOKUPS

    def spend(self) -> None:
        self.lookups -= 1
        if self.lookups < 0:
            problem = sentence("more than {number} terms that need DNS", number=LOOKUPS)
            raise _Stop(Spf.PERMERROR, problem, SpfFault.TERMS)

    def void(self) -> None:
        self.voids -= 1
        if self.voids < 0:
            problem = sentence("more than {number} look-ups without an answer", number=VOID_LOOKUPS)
            raise _Stop(Spf.PERMERROR, problem, SpfFault.VOIDS)


class _Stop(Exception):  # noqa: N818 - not an error: it ends the evaluation with a result
    """The evaluation ends here, however deep in includes."""

    def __init__(
        self, result: Spf, problem: Sentence, fault: SpfFault = SpfFault.OTHER, about: str = ""
    ) -> None:
        super().__init__(str(problem))
        self.result = result
        self.problem = problem
        self.fault = fault
        self.about = about


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one record says."""

    result: Spf
    mechanism: str = ""
    exp: str | None = None
    facts: MacroFacts | None = None
    """Of the record that decided, after redirects: its `exp` is expanded with them."""


@dataclass(frozen=True, slots=True)
class _Check:
    """One evaluation, the domain aside."""

    facts: MacroFacts
    budget: _Budget = field(default_factory=_Budget)


def check_sender(client: str, reverse_path: ReversePath, helo: str) -> DnsQueries[SpfResult]:
    """SPF of a transaction: of MAIL FROM, or of the HELO name when the reverse-path is null (2.4, R170)."""
    if reverse_path.address is None:
        result = yield from check_host(client, helo, f"postmaster@{helo}", helo)
        return replace(result, helo_identity=True)
    return (yield from check_host(client, reverse_path.address.domain, str(reverse_path.address), helo))


def check_host(
    ip: str, domain: str, sender: str, helo: str, *, receiver: str = "unknown", timestamp: int = 0
) -> DnsQueries[SpfResult]:
    """Evaluate the policy of `domain` for a client; `sender` may lack its local part (4.3: postmaster).

    `receiver` and `timestamp` (seconds since 1970) are only for the macros of explanations.
    """
    local, _, sender_domain = sender.rpartition("@")
    facts = MacroFacts(
        sender_local=local or "postmaster",
        sender_domain=sender_domain,
        domain=domain,
        client=_address(ip),
        helo=helo,
        receiver=receiver,
        timestamp=timestamp,
    )
    name = domain.removesuffix(".").lower()
    if not _is_name(name) or "." not in name:
        return SpfResult(
            Spf.NONE, domain, ip, problem=sentence("{domain} is no full domain name", domain=repr(domain))
        )
    try:
        verdict = yield from _evaluate(_Check(replace(facts, domain=name)))
    except _Stop as stop:
        return SpfResult(stop.result, domain, ip, problem=stop.problem, fault=stop.fault, about=stop.about)
    explanation = yield from _explained(verdict)
    return SpfResult(verdict.result, domain, ip, mechanism=verdict.mechanism, explanation=explanation)


@lru_cache(maxsize=1024)
def _address(ip: str) -> IpAddress:
    address = ip_address(ip)
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if isinstance(mapped, IPv4Address) else address


def _is_name(name: str) -> bool:
    return len(name) <= 253 and all(_LABEL.fullmatch(label) for label in name.split("."))


def _evaluate(check: _Check) -> DnsQueries[_Verdict]:
    record = yield from _record(check.facts.domain)
    if record is None:
        return _Verdict(Spf.NONE)
    for mechanism in record.mechanisms:
        if (yield from _fits(mechanism, check)):
            return _Verdict(_QUALIFIED[mechanism.qualifier], str(mechanism), record.exp, check.facts)
    if record.redirect is None:
        return _Verdict(Spf.NEUTRAL)
    check.budget.spend()
    target = yield from _target(record.redirect, check)
    verdict = yield from _evaluate(replace(check, facts=replace(check.facts, domain=target)))
    if verdict.result is Spf.NONE:  # 6.1
        raise _Stop(
            Spf.PERMERROR,
            sentence("redirect to {domain}, which has no policy", domain=target),
            SpfFault.NO_POLICY,
        )
    return verdict


def _record(domain: str) -> DnsQueries[SpfRecord | None]:
    if not _is_name(domain):
        return None
    answer: DnsAnswer = yield DnsQuestion(Domain(domain), "TXT")
    if isinstance(answer, ServFail):
        raise _Stop(Spf.TEMPERROR, sentence("no DNS answer for the policy of {domain}", domain=domain))
    texts = answer.texts() if isinstance(answer, DnsRecords) else ()
    policies = [text for text in texts if is_spf(text)]
    if len(policies) > 1:
        raise _Stop(
            Spf.PERMERROR, sentence("{domain} has {number} policies", domain=domain, number=len(policies))
        )
    if not policies:
        return None
    try:
        return parse(policies[0])
    except ValueError as error:
        raise _Stop(Spf.PERMERROR, sentence("{domain}: {error}", domain=domain, error=error)) from None


def _fits(mechanism: Mechanism, check: _Check) -> DnsQueries[bool]:
    if mechanism.name == "all":
        return True
    if mechanism.name in ("ip4", "ip6"):
        assert mechanism.spec is not None, "the grammar demands it"
        return _covers(mechanism.spec, mechanism, check.facts.client)
    check.budget.spend()
    target = yield from _target(mechanism.spec, check)
    match mechanism.name:
        case "include":
            return (yield from _included(target, check))
        case "a":
            return (yield from _has_address(target, mechanism, check))
        case "mx":
            return (yield from _mx_has_address(target, mechanism, check))
        case "ptr":
            names = yield from _validated(check)
            return any(name == target or name.endswith("." + target) for name in names)
        case _:  # exists
            return bool((yield from _ask(target, "A", check)))


def _included(target: str, check: _Check) -> DnsQueries[bool]:
    """5.2: only a pass is a match; a missing or broken policy is the includer's permerror."""
    verdict = yield from _evaluate(replace(check, facts=replace(check.facts, domain=target)))
    if verdict.result is Spf.NONE:
        problem = sentence("include:{domain} has no policy", domain=target)
        raise _Stop(Spf.PERMERROR, problem, SpfFault.NO_POLICY, target)
    return verdict.result is Spf.PASS


def _has_address(name: str, mechanism: Mechanism, check: _Check) -> DnsQueries[bool]:
    addresses = yield from _ask(name, _address_type(check), check)
    return any(_covers(address, mechanism, check.facts.client) for address in addresses)


def _mx_has_address(name: str, mechanism: Mechanism, check: _Check) -> DnsQueries[bool]:
    rows = yield from _ask(name, "MX", check)
    hosts = [row.partition(" ")[2] for row in rows]
    if len(hosts) > LOOKUPS:
        raise _Stop(
            Spf.PERMERROR, sentence("{name} has more than {number} MX hosts", name=name, number=LOOKUPS)
        )
    for host in hosts:
        if (yield from _has_address(host.removesuffix("."), mechanism, check)):
            return True
    return False


def _covers(network: str, mechanism: Mechanism, client: IpAddress) -> bool:
    address = _address(network)
    if address.version != client.version:
        return False
    free = 32 - mechanism.prefix4 if client.version == 4 else 128 - mechanism.prefix6
    return int(address) >> free == int(client) >> free


def _address_type(check: _Check) -> RecordType:
    return "A" if check.facts.client.version == 4 else "AAAA"


def _ask(name: str, kind: RecordType, check: _Check) -> DnsQueries[tuple[str, ...]]:
    """The rows found; a name that cannot exist has none (4.8)."""
    if not _is_name(name):
        return ()
    answer: DnsAnswer = yield DnsQuestion(Domain(name), kind)
    match answer:
        case DnsRecords() as records:
            return records.texts()
        case ServFail():
            raise _Stop(Spf.TEMPERROR, sentence("no DNS answer for {name} {kind}", name=name, kind=kind))
        case NoData() | NxDomain():
            check.budget.void()
    return ()


def _validated(check: _Check) -> DnsQueries[tuple[str, ...]]:
    """PTR names of the client that lead back to it (5.5); DNS errors only make names drop out."""
    client = check.facts.client
    answer: DnsAnswer = yield DnsQuestion(Domain(reverse_name(client)), "PTR")
    if not isinstance(answer, DnsRecords):
        return ()
    names = []
    for name in (text.removesuffix(".").lower() for text in answer.texts()[:LOOKUPS]):
        back: DnsAnswer = yield DnsQuestion(Domain(name), _address_type(check))
        if isinstance(back, DnsRecords) and any(ip_address(row) == client for row in back.texts()):
            names.append(name)
    return tuple(names)


def _target(spec: str | None, check: _Check) -> DnsQueries[str]:
    """The domain a term is about: its domain-spec expanded, or the current domain."""
    if spec is None:
        return check.facts.domain
    facts = yield from _with_validated(spec, check)
    return expand_domain(spec, facts)


def _with_validated(text: str, check: _Check) -> DnsQueries[MacroFacts]:
    """The facts with `%{p}` filled in if `text` uses it: the domain itself, a name under it, or any (7.3)."""
    if not needs_validation(text):
        return check.facts
    names = yield from _validated(check)
    domain = check.facts.domain
    best = sorted(names, key=lambda name: (name != domain, not name.endswith("." + domain)))
    return replace(check.facts, validated=best[0] if best else "unknown")


def _explained(verdict: _Verdict) -> DnsQueries[str]:
    """6.2: the text behind exp=, '' if there is none or anything about it is wrong."""
    if verdict.result is not Spf.FAIL or verdict.exp is None or verdict.facts is None:
        return ""
    check = _Check(verdict.facts)
    target = yield from _target(verdict.exp, check)
    if not _is_name(target):
        return ""
    answer: DnsAnswer = yield DnsQuestion(Domain(target), "TXT")
    if not isinstance(answer, DnsRecords) or len(answer.rows) != 1:
        return ""
    text = answer.texts()[0]
    try:
        check_macros(text, explanation=True)
    except ValueError:
        return ""
    return expand(text, (yield from _with_validated(text, check)))
