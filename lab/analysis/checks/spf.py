"""SPF: who may send for the company's domains, as a receiver outside sees it (R166, R176)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from lab.analysis.checks import standins
from lab.analysis.checks.flows import authenticated
from lab.analysis.checks.nouns import Check, Fact, Played, Probe, Severity, Suspicion
from lab.analysis.checks.senders import (
    Writer,
    domains,
    machine,
    named,
    record_path,
    spf_outside,
    spf_problem,
    spf_records,
    writers,
)
from lab.analysis.checks.world import World, message
from lab.core.authentication.spf import LOOKUPS
from lab.model.names import Address, Domain

_SERVICE = "Exchange Online"
_REFUSED = frozenset({"fail", "softfail"})
_TOO_MANY, _NO_ANSWER, _NO_POLICY = (
    f"more than {LOOKUPS} terms",
    "look-ups without an answer",
    "has no policy",
)


def lacks_exchange_online(world: World) -> Iterator[Suspicion]:
    """Mail of the domain leaves by the service's addresses, and the record does not include them."""
    return (each for each, host in _unnamed(world) if host == _SERVICE)


def lacks_machine(world: World) -> Iterator[Suspicion]:
    """Mail of the domain leaves by an own machine, and the record does not name it."""
    return (each for each, host in _unnamed(world) if host != _SERVICE)


def _unnamed(world: World) -> Iterator[tuple[Suspicion, str]]:
    """What fails, with the machine that the record lacks."""
    for writer in writers(world):
        seen = spf_outside(world.play(writer.outward))
        host = machine(world, seen.client) if seen and seen.result in _REFUSED else ""
        if seen and host:
            about = str(writer.domain) if host == _SERVICE else f"{writer.domain}:{host}"
            yield _lacking(world, writer, about, host, seen.client), host


def _lacking(world: World, writer: Writer, about: str, host: str, client: str) -> Suspicion:
    record = " and ".join(spf_records(world, writer.domain))
    return Suspicion(
        about=about,
        text=f"SPF of {writer.domain} lacks {host}",
        facts=(
            Fact(record_path(world, writer.domain), f"TXT of {writer.domain}: {record}"),
            Fact("", f"mail of {writer.address} leaves by {host}, {client}"),
        ),
        probe=writer.outward,
        shows=_failed,
        cures=(named(world, writer.domain, (client,)),),
        severity=Severity.WARNING if _softly(world, writer) else None,
        condition="once a receiver counts a softfail" if _softly(world, writer) else "",
    )


def _softly(world: World, writer: Writer) -> bool:
    seen = spf_outside(world.play(writer.outward))
    return seen is not None and seen.result == "softfail"


def _failed(played: Played) -> str:
    seen = spf_outside(played)
    if seen is None or seen.result not in _REFUSED:
        return ""
    ends = "and refuses it: 5.7.23" if seen.result == "fail" else "and may put it into junk"
    return f"a receiver outside finds spf={seen.result} for {seen.client}, {ends}"


# -- records that cannot be evaluated


def too_many_lookups(world: World) -> Iterator[Suspicion]:
    """More than ten terms that ask DNS (RFC 7208 4.6.4)."""
    return _broken(world, lambda problem: _TOO_MANY in problem)


def malformed(world: World) -> Iterator[Suspicion]:
    """Two records, or one that does not follow the grammar (RFC 7208 4.5, 4.6)."""
    return _broken(world, lambda problem: not any(k in problem for k in (_TOO_MANY, _NO_ANSWER, _NO_POLICY)))


def leads_nowhere(world: World) -> Iterator[Suspicion]:
    """An include without a policy, or look-ups without an answer.

    The configuration knows DNS of others only as far as somebody has told it: only names below the company's own domains
    are known to be missing.
    """
    for each in _broken(world, lambda problem: _NO_ANSWER in problem or _NO_POLICY in problem):
        problem = each.facts[1].text
        named_ = problem.partition("include:")[2].split(" ")[0]
        yield each if named_ and _is_ours(world, named_) else _doubted(each, problem)


def _is_ours(world: World, name: str) -> bool:
    above = [accepted.domain_name for owner in world.own.owners for accepted in owner.accepted_domains]
    return any(name == each or Domain(name).is_under(each) for each in above)


def _doubted(found: Suspicion, problem: str) -> Suspicion:
    condition = f"unless DNS has what this configuration does not know of ({problem})"
    return replace(found, severity=Severity.WARNING, condition=condition)


def _broken(world: World, fits: Callable[[str], bool]) -> Iterator[Suspicion]:
    for writer in writers(world):
        seen = spf_outside(world.play(writer.outward))
        problem = (
            spf_problem(world, writer.domain, seen.client) if seen and seen.result == "permerror" else ""
        )
        if problem and fits(problem):
            yield Suspicion(
                about=writer.domain,
                text=f"SPF of {writer.domain} cannot be evaluated",
                facts=(
                    Fact(record_path(world, writer.domain), " and ".join(spf_records(world, writer.domain))),
                    Fact("", problem),
                ),
                probe=writer.outward,
                shows=lambda played: _says(played, "permerror"),
                cures=(named(world, writer.domain, ()),),
            )


def _says(played: Played, result: str) -> str:
    seen = spf_outside(played)
    return (
        f"a receiver outside finds spf={result} for {seen.client}" if seen and seen.result == result else ""
    )


def missing(world: World) -> Iterator[Suspicion]:
    """A domain that people write from, and that says nothing."""
    for writer in writers(world):
        if not spf_records(world, writer.domain):
            yield Suspicion(
                about=writer.domain,
                text=f"{writer.domain} has no SPF record",
                facts=(
                    Fact(
                        f"dns.records[{writer.domain}].TXT", f"no TXT of {writer.domain} begins with v=spf1"
                    ),
                    Fact("", f"{writer.address} writes to the outside"),
                ),
                probe=writer.outward,
                shows=lambda played: _says(played, "none"),
                cures=(named(world, writer.domain, ()),),
                condition="once a receiver wants SPF or DKIM for the author's domain, as large ones do",
            )


def too_wide(world: World) -> Iterator[Suspicion]:
    """Somebody outside passes for the domain: +all, ?all, or a network that is far too large."""
    for domain in domains(world):
        sender = Address("somebody", domain)
        probe = Probe((message(sender, standins.NEAR, via=standins.OUTSIDE_HOST),))
        result = _of_stranger(world.play(probe))
        if result in ("pass", "neutral"):
            yield Suspicion(
                about=domain,
                text=f"SPF of {domain} lets strangers pass",
                facts=(
                    Fact(record_path(world, domain), " and ".join(spf_records(world, domain))),
                    Fact("", f"a server outside writes as {sender}"),
                ),
                probe=probe,
                shows=lambda played: _passed(played),
                cures=(named(world, domain, ()),),
                severity=Severity.NOTE if result == "neutral" else None,
                condition="once somebody writes in the company's name",
            )


def _of_stranger(played: Played) -> str:
    judged = authenticated(played, f"tenant:{standins.NEAR_TENANT}")
    return judged.spf if judged else ""


def _passed(played: Played) -> str:
    result = _of_stranger(played)
    return (
        f"a partner finds spf={result} for a server that is not the company's"
        if result in ("pass", "neutral")
        else ""
    )


CHECKS = (
    Check(
        code="MFL-AUTH-001",
        title="SPF lacks Exchange Online",
        severity=Severity.ERROR,
        about="""\
Mail of the domain leaves by Exchange Online's addresses, and the SPF record does not include them: since centralized
transport was turned off, say, or since the first mailboxes moved. Strict receivers refuse it with 5.7.23, and with a DMARC
policy DKIM alone has to carry it.""",
        cure="include:spf.protection.outlook.com in the SPF record.",
        rules=("R145", "R166", "R176"),
        find=lacks_exchange_online,
    ),
    Check(
        code="MFL-AUTH-002",
        title="SPF lacks a machine that sends",
        severity=Severity.ERROR,
        about="""\
Mail of the domain leaves by a gateway or an Exchange server of the company whose public address the SPF record does not
name: after a change of provider, behind another NAT address, or for a domain that was forgotten.""",
        cure="The address, as others see it, in the SPF record; or another way out for that mail.",
        rules=("R166", "R176"),
        find=lacks_machine,
    ),
    Check(
        code="MFL-AUTH-003",
        title="SPF needs more than ten look-ups",
        severity=Severity.ERROR,
        about="""\
include, a, mx, ptr, exists and redirect ask DNS; after ten of them, nested ones counted, the result is permerror. To a
receiver the domain has no SPF, whoever sends.""",
        cure="Addresses (ip4, ip6) instead of names, and no include that nobody needs any more.",
        rules=("R166", "R168"),
        find=too_many_lookups,
    ),
    Check(
        code="MFL-AUTH-004",
        title="The SPF record is malformed, or there are two",
        severity=Severity.ERROR,
        about="""\
Two TXT records begin with v=spf1, or one has a term that is none. The result is permerror: to a receiver the domain has no
SPF, whoever sends.""",
        cure="One record, with all who send.",
        rules=("R166", "R168"),
        find=malformed,
    ),
    Check(
        code="MFL-AUTH-005",
        title="A domain has no SPF record",
        severity=Severity.WARNING,
        about="""\
Somebody writes from a domain that says nothing of who may send for it. Exchange Online then has only DKIM to go by
(composite authentication), and large receivers refuse what has neither.""",
        cure="An SPF record with all who send.",
        rules=("R166", "R169"),
        find=missing,
    ),
    Check(
        code="MFL-AUTH-010",
        title="SPF lets strangers pass",
        severity=Severity.WARNING,
        about="""\
The record ends in +all or ?all, or names networks that others send from, too. Whoever writes as the company passes SPF, and
with it DMARC.""",
        cure="The addresses that really send, and -all (or ~all).",
        rules=("R166",),
        find=too_wide,
    ),
    Check(
        code="MFL-AUTH-012",
        title="SPF includes a name that leads nowhere",
        severity=Severity.ERROR,
        about="""\
An include or redirect leads to a name without an SPF record: a provider that was left, a typing error. The result is permerror
for whoever is not named before it; more than two look-ups without an answer have the same effect.""",
        cure="Take the name out of the record.",
        rules=("R166", "R168"),
        find=leads_nowhere,
    ),
)
