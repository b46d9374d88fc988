"""SPF: who may send for the company's domains, as a receiver outside sees it (R166, R176)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message
from lab.analysis.checks.finding import Fact, Severity, Suspicion, check, fact
from lab.analysis.checks.flow_facts import authenticated
from lab.analysis.checks.own_senders import (
    SERVICE_NAME,
    Writer,
    domains,
    judged_outside,
    machine,
    named,
    record_path,
    spf_evaluated,
    spf_records,
    writers,
)
from lab.core.authentication.results import SpfFault, SpfResult
from lab.model.names import Address, Domain
from lab.model.steps import Authenticated
from lab.sentence import NOTHING, Sentence, sentence, together

_REFUSED = frozenset({"fail", "softfail"})
_NOWHERE = frozenset({SpfFault.VOIDS, SpfFault.NO_POLICY})
"""A name that DNS does not have, or has without a policy."""


@check("MFL-AUTH-001", Severity.ERROR, "R145", "R166", "R176")
def lacks_exchange_online(context: AuditContext) -> Iterator[Suspicion]:
    """SPF lacks Exchange Online.

    Mail of the domain leaves by Exchange Online's addresses, and the SPF record does not include them: since
    centralized transport was turned off, say, or since the first mailboxes moved. Strict receivers refuse it with
    5.7.23, and with a DMARC policy DKIM alone has to carry it.

    Cure: include:spf.protection.outlook.com in the SPF record.
    """
    return (suspicion for suspicion, host in _unnamed(context) if host == SERVICE_NAME)


@check("MFL-AUTH-002", Severity.ERROR, "R166", "R176")
def lacks_machine(context: AuditContext) -> Iterator[Suspicion]:
    """SPF lacks a machine that sends.

    Mail of the domain leaves by a gateway or an Exchange server of the company whose public address the SPF record does
    not name: after a change of provider, behind another NAT address, or for a domain that was forgotten.

    Cure: The address, as others see it, in the SPF record; or another way out for that mail.
    """
    return (suspicion for suspicion, host in _unnamed(context) if host != SERVICE_NAME)


def _unnamed(context: AuditContext) -> Iterator[tuple[Suspicion, str]]:
    """What fails, with the machine that the record lacks."""
    for writer in writers(context):
        judged = judged_outside(context, writer)
        host = machine(context, judged.client) if judged and judged.spf in _REFUSED else ""
        if judged and host:
            yield _lacking(context, writer, host, judged), host


def _lacking(context: AuditContext, writer: Writer, host: str, judged: Authenticated) -> Suspicion:
    records = together(spf_records(context, writer.domain))
    names = {"domain": writer.domain, "host": host}
    leaves = "mail of {sender} leaves by {host}, {client}"
    softly = judged.spf == "softfail"
    return Suspicion(
        about=str(writer.domain) if host == SERVICE_NAME else f"{writer.domain}:{host}",
        text=sentence("SPF of {domain} lacks {host}", **names),
        facts=(
            fact(record_path(context, writer.domain), "TXT of {domain}: {records}", records=records, **names),
            fact("", leaves, sender=writer.address, client=judged.client, **names),
        ),
        probe=writer.outward,
        shows=_failed,
        cures=(named(context, writer.domain, (judged.client,)),),
        severity=Severity.WARNING if softly else None,
        condition=sentence("once a receiver counts a softfail") if softly else NOTHING,
    )


def _failed(played: PlayedProbe) -> Sentence:
    judged = authenticated(played, stand_ins.OUTSIDE_HOST)
    if judged is None or judged.spf not in _REFUSED:
        return NOTHING
    if judged.spf == "fail":
        refuses = "a receiver outside finds spf=fail for {client}, and refuses it: 5.7.23"
        return sentence(refuses, client=judged.client)
    junk = "a receiver outside finds spf={result} for {client}, and may put it into junk"
    return sentence(junk, result=judged.spf, client=judged.client)


# -- records that cannot be evaluated


@check("MFL-AUTH-003", Severity.ERROR, "R166", "R168")
def too_many_lookups(context: AuditContext) -> Iterator[Suspicion]:
    """SPF needs more than ten look-ups.

    include, a, mx, ptr, exists and redirect ask DNS; after ten of them, nested ones counted, the result is permerror.
    To a receiver the domain has no SPF, whoever sends.

    Cure: Addresses (ip4, ip6) instead of names, and no include that nobody needs any more.
    """
    return (suspicion for suspicion, spf in _broken(context) if spf.fault is SpfFault.TERMS)


@check("MFL-AUTH-004", Severity.ERROR, "R166", "R168")
def malformed(context: AuditContext) -> Iterator[Suspicion]:
    """The SPF record is malformed, or there are two.

    Two TXT records begin with v=spf1, or one has a term that is none. The result is permerror: to a receiver the domain
    has no SPF, whoever sends.

    Cure: One record, with all who send.
    """
    return (suspicion for suspicion, spf in _broken(context) if spf.fault is SpfFault.OTHER)


@check("MFL-AUTH-012", Severity.ERROR, "R166", "R168")
def leads_nowhere(context: AuditContext) -> Iterator[Suspicion]:
    """SPF includes a name that leads nowhere.

    An include or redirect leads to a name without an SPF record: a provider that was left, a typing error. The result
    is permerror for whoever is not named before it; more than two look-ups without an answer have the same effect.

    Cure: Take the name out of the record.
    """
    # DNS of others is known only as far as somebody has told it: only names below own domains are known to be missing
    for suspicion, spf in _broken(context):
        if spf.fault in _NOWHERE:
            name = spf.about
            unless = "unless DNS has what this configuration does not know of ({problem})"
            ours = any(name == domain or Domain(name).is_under(domain) for domain in context.domains if name)
            condition = sentence(unless, problem=spf.problem)
            yield suspicion if ours else replace(suspicion, severity=Severity.WARNING, condition=condition)


def _broken(context: AuditContext) -> Iterator[tuple[Suspicion, SpfResult]]:
    for writer in writers(context):
        judged = judged_outside(context, writer)
        if judged is None or judged.spf != "permerror":
            continue
        spf = spf_evaluated(context, writer.domain, judged.client)
        if spf.problem:
            suspicion = Suspicion(
                about=writer.domain,
                text=sentence("SPF of {domain} cannot be evaluated", domain=writer.domain),
                facts=(
                    Fact(record_path(context, writer.domain), together(spf_records(context, writer.domain))),
                    Fact("", spf.problem),
                ),
                probe=writer.outward,
                shows=partial(_says, "permerror"),
                cures=(named(context, writer.domain, ()),),
            )
            yield suspicion, spf


def _says(result: str, played: PlayedProbe) -> Sentence:
    judged = authenticated(played, stand_ins.OUTSIDE_HOST)
    if judged is None or judged.spf != result:
        return NOTHING
    return sentence("a receiver outside finds spf={result} for {client}", result=result, client=judged.client)


@check("MFL-AUTH-005", Severity.WARNING, "R166", "R169")
def missing(context: AuditContext) -> Iterator[Suspicion]:
    """A domain has no SPF record.

    Somebody writes from a domain that says nothing of who may send for it. Exchange Online then has only DKIM to go by
    (composite authentication), and large receivers refuse what has neither.

    Cure: An SPF record with all who send.
    """
    for writer in writers(context):
        if not spf_records(context, writer.domain):
            absent = "no TXT of {domain} begins with v=spf1"
            once = "once a receiver wants SPF or DKIM for the author's domain, as large ones do"
            yield Suspicion(
                about=writer.domain,
                text=sentence("{domain} has no SPF record", domain=writer.domain),
                facts=(
                    fact(f"dns.records[{writer.domain}].TXT", absent, domain=writer.domain),
                    fact("", "{sender} writes to the outside", sender=writer.address),
                ),
                probe=writer.outward,
                shows=partial(_says, "none"),
                cures=(named(context, writer.domain, ()),),
                condition=sentence(once),
            )


@check("MFL-AUTH-010", Severity.WARNING, "R166")
def too_wide(context: AuditContext) -> Iterator[Suspicion]:
    """SPF lets strangers pass.

    The record ends in +all or ?all, or names networks that others send from, too. Whoever writes as the company passes
    SPF, and with it DMARC.

    Cure: The addresses that really send, and -all (or ~all).
    """
    for domain in domains(context):
        sender = Address("somebody", domain)
        probe = Probe((message(sender, stand_ins.NEAR, via=stand_ins.OUTSIDE_HOST),))
        result = _of_stranger(context.play(probe))
        if result in ("pass", "neutral"):
            yield Suspicion(
                about=domain,
                text=sentence("SPF of {domain} lets strangers pass", domain=domain),
                facts=(
                    Fact(record_path(context, domain), together(spf_records(context, domain) or (NOTHING,))),
                    fact("", "a server outside writes as {sender}", sender=sender),
                ),
                probe=probe,
                shows=_passed,
                cures=(named(context, domain, ()),),
                severity=Severity.NOTE if result == "neutral" else None,
                condition=sentence("once somebody writes in the company's name"),
            )


def _of_stranger(played: PlayedProbe) -> str:
    judged = authenticated(played, stand_ins.NEAR_PLACE)
    return judged.spf if judged else ""


def _passed(played: PlayedProbe) -> Sentence:
    result = _of_stranger(played)
    if result not in ("pass", "neutral"):
        return NOTHING
    return sentence("a partner finds spf={result} for a server that is not the company's", result=result)
