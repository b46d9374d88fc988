"""Mail that is changed or passed on by the company's own machines: signatures break, and nobody speaks for the author."""

from __future__ import annotations

from collections.abc import Iterator

from lab.analysis.checks import shared_cures, stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message, of_host
from lab.analysis.checks.finding import Cure, Fact, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import authenticated, in_tenant, last_step, routed_by, straight
from lab.analysis.checks.own_senders import writers
from lab.evidence.hop_facts import place
from lab.model.names import Domain
from lab.model.steps import Routed
from lab.model.tenant import Tenant
from lab.model.topology import Host
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence

_SIGNING = {
    f"hosts.{stand_ins.OUTSIDE_HOST}.dkim_signs": [str(stand_ins.OUTSIDE.domain)],
    f"hosts.{stand_ins.OUTSIDE_HOST}.dmarc": "reject",
}
"""Somebody outside who signs his mail, and asks for what is not signed to be refused."""


@check("MFL-AUTH-007", Severity.WARNING, "R167", "R173")
def disclaimer(context: AuditContext) -> Iterator[Suspicion]:
    """A gateway breaks signatures.

    A gateway appends a disclaimer or a warning. The body is not the one that was signed any more: DKIM fails, and with
    it DMARC of all whose SPF does not name the gateway, which is everybody outside.

    Cure: Let the system that makes the judgement add the warning; sign own mail after the last change; make the gateway
    a trusted ARC sealer where it has to change mail.
    """
    for host in context.filters():
        if not host.disclaimer:
            continue
        for tenant, colleague in context.with_mailbox(context.tenants):
            probe = Probe((message(stand_ins.OUTSIDE, colleague),), _SIGNING)
            signer = stand_ins.OUTSIDE.domain
            yield from _broken(context, host, probe, in_tenant(tenant), signer, f"{host.name}:in")
        for writer in writers(context):
            probe = Probe((message(writer.address, stand_ins.NEAR),))
            yield from _broken(context, host, probe, stand_ins.NEAR_PLACE, writer.domain, f"{host.name}:out")


def _broken(
    context: AuditContext, host: Host, probe: Probe, where: str, signer: Domain, about: str
) -> Iterator[Suspicion]:
    def shows(played: PlayedProbe) -> Sentence:
        step = authenticated(played, where)
        passed = any(host.name in fate.places for fate in played.fates.values())
        results = {dkim.result for dkim in step.dkim if dkim.domain == str(signer)} if step else set()
        if step is None or not passed or "fail" not in results or "pass" in results:
            return NOTHING
        shown = "behind {host} the signature of {signer} does not fit any more, and dmarc={dmarc}"
        return sentence(shown, host=host.name, signer=signer, dmarc=step.dmarc)

    untouched: SettingChange = {of_host(host, "disclaimer"): None}
    if shows(context.play(Probe(probe.messages, {**probe.change, **untouched}))):
        return  # something else is wrong with the signature
    judged = authenticated(context.play(probe), where)
    once = sentence("once somebody goes by the result: a rule, a filter, a mailbox that forwards")
    counts = judged is not None and judged.dmarc == "fail" and judged.enforced
    yield Suspicion(
        about=about,
        text=sentence("{host} breaks signatures of {signer}", host=host.name, signer=signer),
        facts=(
            fact(of_host(host, "disclaimer"), "{host} appends a text", host=host.name),
            fact("", "{signer} signs what it sends, body included", signer=signer),
        ),
        probe=probe,
        shows=shows,
        cures=(
            cure("append nothing; Exchange Online can tag mail from outside itself", untouched),
            *_signs_itself(host, signer, about),
        ),
        severity=Severity.ERROR if counts else None,
        condition=NOTHING if counts else once,
    )


def _signs_itself(host: Host, signer: Domain, about: str) -> tuple[Cure, ...]:
    """Own mail can be signed after the change."""
    if about.endswith(":in"):
        return ()
    signs = {of_host(host, "dkim_signs"): [*map(str, sorted(host.dkim_signs)), str(signer)]}
    return (cure("{host} signs for {signer} after the change", signs, host=host.name, signer=signer),)


# -- somebody else's mail


@check("MFL-AUTH-011", Severity.WARNING, "R46", "R151", "R166")
def relay_pool(context: AuditContext) -> Iterator[Suspicion]:
    """Relayed mail leaves by the relay pool.

    On-premises sends to the internet through the tenant. Its own mail does so well; somebody else's that it passes on
    (a redirect, a list, a forward) has failed authentication at the tenant's entry, and leaves by the relay pool, which
    is in no SPF record and has a poor reputation.

    Cure: Another way out for what on-premises passes on, or forwards in the cloud, behind the MX.
    """
    for tenant in context.tenants:
        for server in context.exchange_servers():
            probe = Probe((message(stand_ins.OUTSIDE, stand_ins.NEAR, via=server.name),))
            played = context.play(probe)
            last = _before(context, played, tenant)
            if last is not None and straight(played) and _pool(played, tenant) == "relay":
                yield _relayed(context, tenant, last, probe, played)


def _pool(played: PlayedProbe, tenant: Tenant) -> str:
    routed = last_step(played, in_tenant(tenant), Routed)
    return routed.pool if routed else ""


def _before(context: AuditContext, played: PlayedProbe, tenant: Tenant) -> Host | None:
    """The machine that hands over to the tenant."""
    for fate in played.fates.values():
        places = [place(hop) for hop in fate.trace.hops]
        if in_tenant(tenant) in places[1:]:
            return context.topology.hosts.get(places[places.index(in_tenant(tenant)) - 1])
    return None


def _relayed(
    context: AuditContext, tenant: Tenant, host: Host, probe: Probe, played: PlayedProbe
) -> Suspicion:
    def shows(again: PlayedProbe) -> Sentence:
        if _pool(again, tenant) != "relay":
            return NOTHING
        judged = authenticated(again, stand_ins.NEAR_PLACE)
        spf = judged.spf if judged else ""
        shown = "{tenant} sends it from the relay pool, and the recipient finds spf={spf}"
        return sentence(shown, tenant=tenant.name, spf=spf)

    names = {"host": host.name}
    wrong = "mail of others that {host} passes on leaves {tenant} by the relay pool"
    return Suspicion(
        about=host.name,
        text=sentence(wrong, tenant=tenant.name, **names),
        facts=(
            _way_out(context, host, played),
            fact("", "SPF of other senders does not name {host}, and nothing else speaks for them", **names),
        ),
        probe=probe,
        shows=shows,
        cures=_past_tenant(context, host, played),
        condition=sentence("once a mailbox, a list or a redirect on-premises passes on somebody else's mail"),
    )


def _way_out(context: AuditContext, host: Host, played: PlayedProbe) -> Fact:
    """Where it is written that the machine sends to the internet by the tenant."""
    if host.is_filter or host.organization is None:
        path = of_host(host, "smart_hosts")
        return fact(path, "{host} sends to the internet by the tenant", host=host.name)
    organization = context.topology.organizations[host.organization]
    name = routed_by(played, host.name) or ""
    path = context.named_setting(organization, "SendConnectors", name, "SmartHosts")
    return fact(path, '"{connector}" sends to the internet by the tenant', connector=name)


def _past_tenant(context: AuditContext, host: Host, played: PlayedProbe) -> tuple[Cure, ...]:
    """By MX; the certificate must not be that of the hybrid connection then."""
    path = _way_out(context, host, played).path
    if host.is_filter or host.organization is None:
        silent: SettingChange = {path: [], of_host(host, "client_certificate"): False}
        return (cure("{host} delivers by MX", silent, host=host.name),)
    organization = context.topology.organizations[host.organization]
    change = {path: [], path.replace(".SmartHosts", ".DNSRoutingEnabled"): True}
    for other in shared_cures.other_certificate(context, organization):
        change |= other.change
    return (cure("{host} delivers to the internet by MX, with another certificate", change, host=host.name),)
