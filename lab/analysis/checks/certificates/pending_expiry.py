"""What will happen to certificates: they end, are renewed, are repaired; and what that does to mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe
from lab.analysis.checks.certificate_flaws import flaws, mended, named, presented
from lab.analysis.checks.connectors.misattribution import astray, cures_at, expectation, misrouted, to_partner
from lab.analysis.checks.finding import Fact, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.hybrid_flows import entries, inward, outgoing, own_entries, pairs, whose
from lab.model.certificate import CertificateProfile, Validity
from lab.model.topology import Host
from lab.reports.explanation.conclusions import Fate
from lab.scenario.changeable_scenario import SettingChange
from lab.scenario.model import MessageSpec
from lab.sentence import NOTHING, Sentence, sentence, together

SOON = timedelta(days=30)
"""How long before its end a certificate is told of."""


@check("MFL-CERT-002", Severity.WARNING, "R127", "R115")
def ending(context: AuditContext) -> Iterator[Suspicion]:
    """A certificate that mail relies on ends within 30 days.

    The certificate is still valid. The flow shows what stops on the day after its end: the hybrid connection is not
    recognised, Exchange Online does not deliver to a server with an outdated certificate, or a partner connector that
    names the certificate refuses.

    Cure: Renew it in time. If the authority or the subject changes, TlsCertificateName of the connectors has to follow
    (MFL-CERT-007).
    """
    for profile in context.variant.profiles.values():
        last = profile.not_after
        if last is None or profile.validity is not Validity.CURRENT or last - context.today > SOON:
            continue
        for host in context.machines():
            if profile.name in (host.certificate, *host.certificates):
                yield from _when_ended(context, profile, host)
                break


def _when_ended(context: AuditContext, profile: CertificateProfile, holder: Host) -> Iterator[Suspicion]:
    path, last = f"certificates.{profile.name}", profile.not_after
    assert last is not None, "it ends"
    renewed: SettingChange = {
        f"{path}.validity": "current",
        f"{path}.not_after": str(context.today + timedelta(days=365)),
    }
    over = last < context.today
    names = {"certificate": named(profile), "last": last}
    template = "the {certificate} ended on {last}" if over else "the {certificate} ends on {last}"
    ends = sentence(template, **names)
    helps = "renew it in time: same names, same authority, on every machine that has it"
    for spec in _daily_mail(context):
        good = context.play(Probe((spec,)))
        use = "{host} has it, and {sender} writes to {recipient}"
        yield Suspicion(
            about=profile.name,
            text=ends,
            facts=(
                Fact(f"{path}.not_after", ends),
                fact("", use, host=holder.name, sender=spec.sender, recipient=spec.recipients[0]),
            ),
            probe=Probe((spec,), {f"{path}.validity": Validity.EXPIRED.value}),
            shows=partial(worse, good),
            cures=(cure(helps, renewed),),
            condition=NOTHING if over else sentence("after {last}, unless it is renewed", last=last),
            severity=Severity.ERROR if over else None,
        )


def _daily_mail(context: AuditContext) -> Iterator[MessageSpec]:
    for pair in pairs(context):
        yield from (pair.to_cloud(), pair.from_cloud(), inward(pair.cloud))
    yield from (spec for _, spec in outgoing(context))
    yield from (inward(mailbox) for _, mailbox in context.with_mailbox(context.tenants))


def worse(before: PlayedProbe, after: PlayedProbe) -> Sentence:
    """What a message has lost: it does not arrive any more, or is nobody's own any more. NOTHING if all is as it was."""
    for key, fate in after.fates.items():
        was = before.fates.get(key)
        if was is None or not was.arrived:
            continue
        if not fate.arrived:
            return sentence("{mail} does not arrive: {outcome}", mail=whose(fate), outcome=fate.outcome)
        if _connections(before, was) - _connections(after, fate):
            return sentence("{mail} arrives, but no connector knows it any more", mail=whose(fate))
    return NOTHING


def _connections(played: PlayedProbe, fate: Fate) -> set[str]:
    return {
        entry.decision.connector_name
        for entry in entries(played)
        if entry.fate.spec.key == fate.spec.key and entry.decision.connector is not None
    }


@check("MFL-CERT-006", Severity.WARNING, "R3", "R126", "R127")
def latent(context: AuditContext) -> Iterator[Suspicion]:
    """An ignored certificate hides that a sender opens the hybrid connector.

    The gateway's certificate would fit the hybrid connector, and does no harm only because Exchange Online ignores it:
    it has expired, is self-signed, or is sent without its chain. Whoever repairs that switches the fault of
    MFL-ATTR-001 on.

    Cure: As for MFL-ATTR-001, and before the certificate is repaired.
    """
    for organization in context.organizations:
        probe = to_partner(context, organization, stand_ins.NEAR)
        if probe is None or misrouted(context.play(probe)):
            continue
        for entry in own_entries(context, context.play(probe)):
            profile = presented(context, entry)
            if profile is not None and entry.decision.credentials.ignored:
                yield from _once_mended(context, probe, entry.host, profile)


def _once_mended(
    context: AuditContext, probe: Probe, host: Host, profile: CertificateProfile
) -> Iterator[Suspicion]:
    has = tuple(flaws(context, profile))
    what_if = replace(probe, change=mended(profile.name, has))
    at_host = (entry for entry in own_entries(context, context.play(what_if)) if entry.host.name == host.name)
    entry = next(at_host, None)
    tenant, connector = (entry.decision.tenant, entry.decision.connector) if entry else (None, None)
    if tenant is None or connector is None or not misrouted(context.play(what_if)):
        return
    path = f"certificates.{profile.name}.{has[0].parameter}"
    wrongs = together(flaw.text for flaw in has)
    shown = "{host} shows the {certificate}, which {flaws}"
    wrong = '{host} does not open "{connector}" of {tenant} only because its certificate is ignored'
    yield Suspicion(
        about=host.name,
        text=sentence(wrong, host=host.name, connector=connector.name, tenant=tenant.name),
        facts=(
            fact(path, shown, host=host.name, certificate=named(profile), flaws=wrongs),
            expectation(context, tenant, connector),
        ),
        probe=what_if,
        shows=astray,
        cures=tuple(cures_at(context, host, tenant, connector)),
        condition=sentence("once the certificate is {mended}", mended=together(flaw.mended for flaw in has)),
    )
