"""Certificates of the hybrid connection that do not count, or soon will not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe
from lab.analysis.checks.certificate_flaws import (
    CHAIN,
    OUTDATED,
    PRIVATE,
    PURPOSE,
    CertificateFlaw,
    flaws,
    mended,
    named,
    presented,
)
from lab.analysis.checks.connectors.misattribution import expectation
from lab.analysis.checks.finding import Severity, Suspicion, check, cure, fact
from lab.analysis.checks.hybrid_flows import FrontEndEntry, exchange_entries, flows, own_entries
from lab.model.certificate import CertificateProfile
from lab.model.decision import Basis
from lab.model.topology import Host
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence
from lab.words.reasons import faults


@check("MFL-CERT-001", Severity.ERROR, "R127", "R15")
def expired(context: AuditContext) -> Iterator[Suspicion]:
    """The certificate of the hybrid connection has expired.

    Exchange shows a certificate that is out of date. Exchange Online then treats it as if there were none: no connector
    matches, colleagues' mail arrives as a stranger's, and mail that is to be relayed is refused with 5.7.64.

    Cure: Renew the certificate, with the same names and from the same authority, and give it to all servers.
    """
    return _ignored(context, OUTDATED)


@check("MFL-CERT-003", Severity.ERROR, "R8", "R126")
def incomplete(context: AuditContext) -> Iterator[Suspicion]:
    """Exchange sends its certificate without the intermediate.

    Exchange Online cannot build the chain to a public root and treats the certificate as absent. Mail to own cloud
    mailboxes still arrives, as a stranger's; relayed mail is refused with 5.7.64. Nothing on-premises tells of it.

    Cure: Install the intermediate certificate of the authority on every server that sends to Exchange Online.
    """
    return _ignored(context, CHAIN)


@check("MFL-CERT-004", Severity.ERROR, "R8", "R9", "R125")
def private(context: AuditContext) -> Iterator[Suspicion]:
    """The certificate of the hybrid connection comes from no public authority.

    Exchange shows a self-signed certificate, or one of the company's own authority. Exchange Online attributes nothing
    to it, whatever its names are.

    Cure: A certificate from a public authority for the hybrid connection.
    """
    return _ignored(context, PRIVATE)


@check("MFL-CERT-005", Severity.ERROR, "R129", "R130")
def without_client_auth(context: AuditContext) -> Iterator[Suspicion]:
    """The certificate of the hybrid connection lacks clientAuth.

    Public authorities stop issuing certificates with the key usage clientAuth. Whether Exchange Online needs it is not
    documented; a vendor says so. Unless the switch `require_client_eku` says that it does, this is a warning: the flow
    shows what would happen.

    Cure: A certificate with both usages for the hybrid connection, as long as authorities issue them.
    """
    if context.topology.switches.require_client_eku:
        yield from _ignored(context, PURPOSE)
        return
    wanted: SettingChange = {"switches.require_client_eku": True}
    for suspicion in _ignored(context, PURPOSE, wanted):
        yield replace(
            suspicion,
            condition=sentence("if Exchange Online should want clientAuth, now or one day"),
            severity=Severity.WARNING,
        )


def _ignored(
    context: AuditContext, flaw: CertificateFlaw, change: SettingChange | None = None
) -> Iterator[Suspicion]:
    """Refusals before mail that merely arrives as a stranger's."""
    suspicions = [
        pair
        for flow in flows(context)
        for pair in _of_flow(context, flaw, replace(flow.probe, change=change or {}))
    ]
    suspicions.sort(key=lambda pair: not pair[0].leg.refusal)
    return (suspicion for _, suspicion in suspicions)


def _of_flow(
    context: AuditContext, flaw: CertificateFlaw, probe: Probe
) -> Iterator[tuple[FrontEndEntry, Suspicion]]:
    for entry in exchange_entries(context, context.play(probe)):
        profile = presented(context, entry)
        if profile is None or not entry.decision.credentials.ignored or not flaw.has(profile):
            continue
        right_one = mended(profile.name, (*flaws(context, profile), flaw))
        right = _recognised(context, replace(probe, change={**probe.change, **right_one}), entry.host)
        if right is not None:
            yield entry, _suspicion(context, flaw, probe, profile, right, right_one)


def _recognised(context: AuditContext, probe: Probe, host: Host) -> FrontEndEntry | None:
    """The connection as it should be: a certificate that no connector means is nobody's loss."""
    for entry in own_entries(context, context.play(probe)):
        if entry.host.name == host.name and entry.recognised and entry.decision.basis is Basis.CERTIFICATE:
            return entry
    return None


def _suspicion(
    context: AuditContext,
    flaw: CertificateFlaw,
    probe: Probe,
    profile: CertificateProfile,
    right: FrontEndEntry,
    change: SettingChange,
) -> Suspicion:
    tenant, connector = right.decision.tenant, right.decision.connector
    assert tenant is not None, "who is recognised is somebody's"
    assert connector is not None, "by a connector"
    names = {"certificate": named(profile), "flaw": flaw.text}
    helps = "{host} gets the certificate {mended}, with the same names"
    return Suspicion(
        about=profile.name,
        text=sentence("the {certificate} of the hybrid connection {flaw}", **names),
        facts=(
            fact(f"certificates.{profile.name}.{flaw.parameter}", "the {certificate} {flaw}", **names),
            expectation(context, tenant, connector),
        ),
        probe=probe,
        shows=partial(_not_counting, context),
        cures=(cure(helps, change, host=right.host.name, mended=flaw.mended),),
    )


def _not_counting(context: AuditContext, played: PlayedProbe) -> Sentence:
    for entry in exchange_entries(context, played):
        ignored = entry.decision.credentials.ignored
        if ignored and not entry.recognised:
            shown = "Exchange Online ignores the certificate ({faults}): {mail}"
            return sentence(shown, faults=faults(ignored), mail=entry.outcome)
    return NOTHING
