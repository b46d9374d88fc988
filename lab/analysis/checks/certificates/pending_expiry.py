"""What will happen to certificates: they end, are renewed, are repaired; and what that does to mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe
from lab.analysis.checks.certificate_flaws import flaws, mended, named, presented
from lab.analysis.checks.connectors.misattribution import (
    astray,
    cures_at,
    expects,
    misrouted,
    to_partner,
    told_at,
)
from lab.analysis.checks.finding import Fact, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.hybrid_flows import entries, inward, out, own_entries, pairs, whose
from lab.model.certificate import CertificateProfile, Validity
from lab.model.topology import Host
from lab.reports.explanation.conclusions import Fate
from lab.scenario.changeable_scenario import SettingChange
from lab.scenario.model import MessageSpec
from lab.sentence import NOTHING, Sentence, sentence, together

SOON = timedelta(days=30)
"""How long before its end a certificate is told of."""


@check("MFL-CERT-002", Severity.WARNING, "R127", "R115")
def ending(world: AuditContext) -> Iterator[Suspicion]:
    """A certificate that mail relies on ends within 30 days.

    The certificate is still valid. The flow shows what stops on the day after its end: the hybrid connection is not
    recognised, Exchange Online does not deliver to a server with an outdated certificate, or a partner connector that
    names the certificate refuses.

    Cure: Renew it in time. If the authority or the subject changes, TlsCertificateName of the connectors has to follow
    (MFL-CERT-007).
    """
    for profile in world.variant.profiles.values():
        last = profile.not_after
        if last is None or profile.validity is not Validity.CURRENT or last - world.today > SOON:
            continue
        holders = [
            host for host in _own_machines(world) if profile.name in (host.certificate, *host.certificates)
        ]
        if holders:
            yield from _when_ended(world, profile, holders[0])


def _own_machines(world: AuditContext) -> Iterator[Host]:
    yield from world.exchange_servers()
    yield from world.filters()


def _when_ended(world: AuditContext, profile: CertificateProfile, holder: Host) -> Iterator[Suspicion]:
    path, last = f"certificates.{profile.name}", profile.not_after
    assert last is not None, "it ends"
    renewed: SettingChange = {
        f"{path}.validity": "current",
        f"{path}.not_after": str(world.today + timedelta(days=365)),
    }
    over = last < world.today
    names = {"certificate": named(profile), "last": last}
    ends = (
        sentence("the {certificate} ended on {last}", **names)
        if over
        else sentence("the {certificate} ends on {last}", **names)
    )
    for spec in _daily_mail(world):
        good = world.play(Probe((spec,)))
        told = "{host} has it, and {sender} writes to {recipient}"
        yield Suspicion(
            about=profile.name,
            text=ends,
            facts=(
                Fact(f"{path}.not_after", ends),
                fact("", told, host=holder.name, sender=spec.sender, recipient=spec.recipients[0]),
            ),
            probe=Probe((spec,), {f"{path}.validity": Validity.EXPIRED.value}),
            shows=partial(worse, good),
            cures=(
                cure("renew it in time: same names, same authority, on every machine that has it", renewed),
            ),
            condition=NOTHING if over else sentence("after {last}, unless it is renewed", last=last),
            severity=Severity.ERROR if over else None,
        )


def _daily_mail(world: AuditContext) -> Iterator[MessageSpec]:
    for pair in pairs(world):
        yield from (pair.to_cloud(), pair.from_cloud(), inward(pair.cloud))
    for organization in world.organizations:
        outgoing = out(world, organization)
        if outgoing is not None:
            yield outgoing
    for tenant in world.tenants:
        mailbox = world.mailbox(tenant)
        if mailbox is not None:
            yield inward(mailbox)


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
def latent(world: AuditContext) -> Iterator[Suspicion]:
    """An ignored certificate hides that a sender opens the hybrid connector.

    The gateway's certificate would fit the hybrid connector, and does no harm only because Exchange Online ignores it:
    it has expired, is self-signed, or is sent without its chain. Whoever repairs that switches the fault of
    MFL-ATTR-001 on.

    Cure: As for MFL-ATTR-001, and before the certificate is repaired.
    """
    for organization in world.organizations:
        probe = to_partner(world, organization, stand_ins.NEAR)
        if probe is None or misrouted(world.play(probe)):
            continue
        for entry in own_entries(world, world.play(probe)):
            profile = presented(world, entry)
            if profile is not None and entry.decision.credentials.ignored:
                yield from _once_mended(world, probe, entry.host, profile)


def _once_mended(
    world: AuditContext, probe: Probe, host: Host, profile: CertificateProfile
) -> Iterator[Suspicion]:
    has = tuple(flaws(world, profile))
    what_if = replace(probe, change=mended(profile.name, has))
    entry = next(
        (entry for entry in own_entries(world, world.play(what_if)) if entry.host.name == host.name), None
    )
    tenant, connector = (entry.decision.tenant, entry.decision.connector) if entry else (None, None)
    if tenant is None or connector is None or not misrouted(world.play(what_if)):
        return
    wrong = '{host} does not open "{connector}" of {tenant} only because its certificate is ignored'
    yield Suspicion(
        about=host.name,
        text=sentence(wrong, host=host.name, connector=connector.name, tenant=tenant.name),
        facts=(
            fact(
                f"certificates.{profile.name}.{has[0].parameter}",
                "{host} shows the {certificate}, which {flaws}",
                host=host.name,
                certificate=named(profile),
                flaws=together(flaw.text for flaw in has),
            ),
            Fact(told_at(world, tenant, connector), expects(connector)),
        ),
        probe=what_if,
        shows=astray,
        cures=tuple(cures_at(world, host, tenant, connector)),
        condition=sentence("once the certificate is {mended}", mended=together(flaw.mended for flaw in has)),
    )
