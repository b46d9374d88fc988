"""SPF: who may send for the company's domains, as a receiver outside sees it (R166, R176)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message
from lab.analysis.checks.finding import Fact, Severity, Suspicion, check, fact
from lab.analysis.checks.flow_facts import authenticated
from lab.analysis.checks.own_senders import (
    Writer,
    domains,
    machine,
    named,
    record_path,
    spf_evaluated,
    spf_outside,
    spf_records,
    writers,
)
from lab.core.authentication.results import SpfFault, SpfResult
from lab.model.names import Address, Domain
from lab.sentence import NOTHING, Sentence, sentence, together

_SERVICE = "Exchange Online"
_REFUSED = frozenset({"fail", "softfail"})
_NOWHERE = frozenset({SpfFault.VOIDS, SpfFault.NO_POLICY})
"""A name that DNS does not have, or has without a policy."""


@check("MFL-AUTH-001", Severity.ERROR, "R145", "R166", "R176")
def lacks_exchange_online(world: AuditContext) -> Iterator[Suspicion]:
    """SPF lacks Exchange Online.

    Mail of the domain leaves by Exchange Online's addresses, and the SPF record does not include them: since
    centralized transport was turned off, say, or since the first mailboxes moved. Strict receivers refuse it with
    5.7.23, and with a DMARC policy DKIM alone has to carry it.

    Cure: include:spf.protection.outlook.com in the SPF record.
    """
    return (suspicion for suspicion, host in _unnamed(world) if host == _SERVICE)


@check("MFL-AUTH-002", Severity.ERROR, "R166", "R176")
def lacks_machine(world: AuditContext) -> Iterator[Suspicion]:
    """SPF lacks a machine that sends.

    Mail of the domain leaves by a gateway or an Exchange server of the company whose public address the SPF record does
    not name: after a change of provider, behind another NAT address, or for a domain that was forgotten.

    Cure: The address, as others see it, in the SPF record; or another way out for that mail.
    """
    return (suspicion for suspicion, host in _unnamed(world) if host != _SERVICE)


def _unnamed(world: AuditContext) -> Iterator[tuple[Suspicion, str]]:
    """What fails, with the machine that the record lacks."""
    for writer in writers(world):
        seen = spf_outside(world.play(writer.outward))
        host = machine(world, seen.client) if seen and seen.result in _REFUSED else ""
        if seen and host:
            about = str(writer.domain) if host == _SERVICE else f"{writer.domain}:{host}"
            yield _lacking(world, writer, about, host, seen.client), host


def _lacking(world: AuditContext, writer: Writer, about: str, host: str, client: str) -> Suspicion:
    records = together(spf_records(world, writer.domain))
    names = {"domain": writer.domain, "host": host}
    told = "mail of {sender} leaves by {host}, {client}"
    return Suspicion(
        about=about,
        text=sentence("SPF of {domain} lacks {host}", **names),
        facts=(
            fact(record_path(world, writer.domain), "TXT of {domain}: {records}", records=records, **names),
            fact("", told, sender=writer.address, client=client, **names),
        ),
        probe=writer.outward,
        shows=_failed,
        cures=(named(world, writer.domain, (client,)),),
        severity=Severity.WARNING if _softly(world, writer) else None,
        condition=sentence("once a receiver counts a softfail") if _softly(world, writer) else NOTHING,
    )


def _softly(world: AuditContext, writer: Writer) -> bool:
    seen = spf_outside(world.play(writer.outward))
    return seen is not None and seen.result == "softfail"


def _failed(played: PlayedProbe) -> Sentence:
    seen = spf_outside(played)
    if seen is None or seen.result not in _REFUSED:
        return NOTHING
    if seen.result == "fail":
        return sentence(
            "a receiver outside finds spf=fail for {client}, and refuses it: 5.7.23", client=seen.client
        )
    junk = "a receiver outside finds spf={result} for {client}, and may put it into junk"
    return sentence(junk, result=seen.result, client=seen.client)


# -- records that cannot be evaluated


@check("MFL-AUTH-003", Severity.ERROR, "R166", "R168")
def too_many_lookups(world: AuditContext) -> Iterator[Suspicion]:
    """SPF needs more than ten look-ups.

    include, a, mx, ptr, exists and redirect ask DNS; after ten of them, nested ones counted, the result is permerror.
    To a receiver the domain has no SPF, whoever sends.

    Cure: Addresses (ip4, ip6) instead of names, and no include that nobody needs any more.
    """
    return (suspicion for suspicion, spf in _broken(world) if spf.fault is SpfFault.TERMS)


@check("MFL-AUTH-004", Severity.ERROR, "R166", "R168")
def malformed(world: AuditContext) -> Iterator[Suspicion]:
    """The SPF record is malformed, or there are two.

    Two TXT records begin with v=spf1, or one has a term that is none. The result is permerror: to a receiver the domain
    has no SPF, whoever sends.

    Cure: One record, with all who send.
    """
    return (suspicion for suspicion, spf in _broken(world) if spf.fault is SpfFault.OTHER)


@check("MFL-AUTH-012", Severity.ERROR, "R166", "R168")
def leads_nowhere(world: AuditContext) -> Iterator[Suspicion]:
    """SPF includes a name that leads nowhere.

    An include or redirect leads to a name without an SPF record: a provider that was left, a typing error. The result
    is permerror for whoever is not named before it; more than two look-ups without an answer have the same effect.

    Cure: Take the name out of the record.
    """
    # DNS of others is known only as far as somebody has told it: only names below own domains are known to be missing
    for suspicion, spf in _broken(world):
        if spf.fault in _NOWHERE:
            ours = bool(spf.about) and _is_ours(world, spf.about)
            yield suspicion if ours else _doubted(suspicion, spf.problem)


def _is_ours(world: AuditContext, name: str) -> bool:
    above = [accepted.domain_name for owner in world.own.owners for accepted in owner.accepted_domains]
    return any(name == domain or Domain(name).is_under(domain) for domain in above)


def _doubted(found: Suspicion, problem: Sentence) -> Suspicion:
    condition = sentence(
        "unless DNS has what this configuration does not know of ({problem})", problem=problem
    )
    return replace(found, severity=Severity.WARNING, condition=condition)


def _broken(world: AuditContext) -> Iterator[tuple[Suspicion, SpfResult]]:
    for writer in writers(world):
        seen = spf_outside(world.play(writer.outward))
        if seen is None or seen.result != "permerror":
            continue
        spf = spf_evaluated(world, writer.domain, seen.client)
        if spf.problem:
            suspicion = Suspicion(
                about=writer.domain,
                text=sentence("SPF of {domain} cannot be evaluated", domain=writer.domain),
                facts=(
                    Fact(record_path(world, writer.domain), together(spf_records(world, writer.domain))),
                    Fact("", spf.problem),
                ),
                probe=writer.outward,
                shows=lambda played: _says(played, "permerror"),
                cures=(named(world, writer.domain, ()),),
            )
            yield suspicion, spf


def _says(played: PlayedProbe, result: str) -> Sentence:
    seen = spf_outside(played)
    if seen is None or seen.result != result:
        return NOTHING
    return sentence("a receiver outside finds spf={result} for {client}", result=result, client=seen.client)


@check("MFL-AUTH-005", Severity.WARNING, "R166", "R169")
def missing(world: AuditContext) -> Iterator[Suspicion]:
    """A domain has no SPF record.

    Somebody writes from a domain that says nothing of who may send for it. Exchange Online then has only DKIM to go by
    (composite authentication), and large receivers refuse what has neither.

    Cure: An SPF record with all who send.
    """
    for writer in writers(world):
        if not spf_records(world, writer.domain):
            told = "no TXT of {domain} begins with v=spf1"
            yield Suspicion(
                about=writer.domain,
                text=sentence("{domain} has no SPF record", domain=writer.domain),
                facts=(
                    fact(f"dns.records[{writer.domain}].TXT", told, domain=writer.domain),
                    fact("", "{sender} writes to the outside", sender=writer.address),
                ),
                probe=writer.outward,
                shows=lambda played: _says(played, "none"),
                cures=(named(world, writer.domain, ()),),
                condition=sentence(
                    "once a receiver wants SPF or DKIM for the author's domain, as large ones do"
                ),
            )


@check("MFL-AUTH-010", Severity.WARNING, "R166")
def too_wide(world: AuditContext) -> Iterator[Suspicion]:
    """SPF lets strangers pass.

    The record ends in +all or ?all, or names networks that others send from, too. Whoever writes as the company passes
    SPF, and with it DMARC.

    Cure: The addresses that really send, and -all (or ~all).
    """
    for domain in domains(world):
        sender = Address("somebody", domain)
        probe = Probe((message(sender, stand_ins.NEAR, via=stand_ins.OUTSIDE_HOST),))
        result = _of_stranger(world.play(probe))
        if result in ("pass", "neutral"):
            yield Suspicion(
                about=domain,
                text=sentence("SPF of {domain} lets strangers pass", domain=domain),
                facts=(
                    Fact(record_path(world, domain), together(spf_records(world, domain) or (NOTHING,))),
                    fact("", "a server outside writes as {sender}", sender=sender),
                ),
                probe=probe,
                shows=_passed,
                cures=(named(world, domain, ()),),
                severity=Severity.NOTE if result == "neutral" else None,
                condition=sentence("once somebody writes in the company's name"),
            )


def _of_stranger(played: PlayedProbe) -> str:
    judged = authenticated(played, f"tenant:{stand_ins.NEAR_TENANT}")
    return judged.spf if judged else ""


def _passed(played: PlayedProbe) -> Sentence:
    result = _of_stranger(played)
    if result not in ("pass", "neutral"):
        return NOTHING
    return sentence("a partner finds spf={result} for a server that is not the company's", result=result)
