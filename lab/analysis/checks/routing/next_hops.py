"""Smart hosts that lead nowhere, or to somebody else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message, of_host
from lab.analysis.checks.finding import Cure, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import door, lost, servers
from lab.core.service_host_names import SERVICE, front_door
from lab.core.smtp_delivery import CONNECTION_REFUSED, TIMED_OUT
from lab.model.dns import DnsQuestion, DnsRecords
from lab.model.names import Address, Domain, DomainPattern
from lab.model.onprem import OnPremOrganization
from lab.model.steps import Bounced, Deferred, NextHop, Routed
from lab.model.tenant import Tenant
from lab.model.topology import Host
from lab.model.value import dataclass
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence

UNROUTABLE = frozenset({NextHop.NO_ADDRESS, NextHop.NO_DOMAIN, NextHop.NULL_MX})
"""What a route says that leads nowhere for good."""


@dataclass(frozen=True, slots=True)
class SmartHostConnector:
    """A connector with smart hosts, and mail that takes it."""

    owner: OnPremOrganization | Tenant
    name: str
    smart_hosts: tuple[str, ...]
    probe: Probe
    """That mail."""

    def setting(self, context: AuditContext, parameter: str) -> str:
        """The path of one of its parameters."""
        kind = "OutboundConnectors" if isinstance(self.owner, Tenant) else "SendConnectors"
        return context.named_setting(self.owner, kind, self.name, parameter)


def hops(context: AuditContext) -> Iterator[SmartHostConnector]:
    """Connectors of both sides that routing may choose, with their smart hosts."""
    for tenant in context.tenants:
        for out in tenant.outbound_connectors:
            usable = out.enabled and not out.is_transport_rule_scoped and not out.test_mode
            if usable and not out.use_mx_record:
                patterns = list(out.recipient_domains)
                if out.all_accepted_domains:
                    patterns += [DomainPattern(accepted.domain_name) for accepted in tenant.accepted_domains]
                yield from _hop(context, tenant, out.name, out.smart_hosts, patterns)
    for organization in context.organizations:
        for send in organization.send_connectors:
            if send.enabled and not send.dns_routing_enabled:
                spaces = [space.pattern for space in send.address_spaces]
                yield from _hop(context, organization, send.name, send.smart_hosts, spaces)


def _hop(
    context: AuditContext,
    owner: OnPremOrganization | Tenant,
    name: str,
    smart_hosts: tuple[str, ...],
    patterns: Iterable[DomainPattern],
) -> Iterator[SmartHostConnector]:
    sender = context.mailbox(owner)
    recipient = next((_somebody(context, owner, pattern) for pattern in patterns), None)
    if sender is not None and recipient is not None:
        yield SmartHostConnector(owner, name, smart_hosts, Probe((message(sender, recipient),)))


def _somebody(context: AuditContext, owner: OnPremOrganization | Tenant, pattern: DomainPattern) -> Address:
    """Whom the pattern means: a colleague on the other side, or anybody."""
    if pattern.domain is None:
        return stand_ins.OUTSIDE
    others = filter(None, (context.mailbox(other) for other in context.own.owners if other is not owner))
    colleagues = (other for other in others if pattern.covers(other.domain))
    return next(colleagues, Address("somebody", pattern.domain))


# -- nobody there


@check("MFL-ROUTE-012", Severity.ERROR, "R89", "R149", "R150")
def leads_nowhere(context: AuditContext) -> Iterator[Suspicion]:
    """A connector leads nowhere.

    The smart hosts of a connector have no address in DNS, or nothing listens there. Mail waits in the queue for a day
    or two, and fails: 4.4.312 or 4.4.316, then 5.4.312 or 5.4.316 (on-premises 4.4.7).

    Cure: A smart host that exists, or no smart host.
    """
    for hop in hops(context):
        down = [_down(context, name) for name in hop.smart_hosts]
        unnamed = [name for name in hop.smart_hosts if not _addresses(context, name)]
        if len(unnamed) == len(hop.smart_hosts):
            yield _unnamed(context, hop)
        elif all(down):
            yield _broken(context, hop, [host for host in down if host])


def _addresses(context: AuditContext, name: str) -> tuple[str, ...]:
    """What a smart host stands for."""
    bare = name.strip("[]")
    if bare.replace(".", "").isdigit():
        return (bare,)
    answer = context.topology.zones.answer(DnsQuestion(Domain.parse(bare), "A"))
    return answer.texts() if isinstance(answer, DnsRecords) else ()


def _down(context: AuditContext, name: str) -> Host | None:
    """The machine behind a name, if it is down."""
    there = [host for host in context.topology.hosts.values() if host.address in _addresses(context, name)]
    return next((host for host in there if host.down), None)


def _unnamed(context: AuditContext, hop: SmartHostConnector) -> Suspicion:
    names = ", ".join(hop.smart_hosts)
    wrong = '"{connector}" of {owner} leads to {names}, which has no address'
    template = '"{connector}" has the smart host {names}'
    unless = "unless DNS has an address for {names} that this configuration does not know of"
    return Suspicion(
        about=hop.name,
        text=sentence(wrong, connector=hop.name, owner=hop.owner.name, names=names),
        facts=(
            fact(hop.setting(context, "SmartHosts"), template, connector=hop.name, names=names),
            fact("", "DNS, as far as this configuration has it, has no address for {names}", names=names),
        ),
        probe=hop.probe,
        shows=partial(_stuck, hop.name),
        cures=tuple(_other_way(context, hop)),
        condition=sentence(unless, names=names),
        severity=Severity.WARNING,
    )


def _broken(context: AuditContext, hop: SmartHostConnector, down: list[Host]) -> Suspicion:
    names = ", ".join(host.name for host in down)
    wrong = '"{connector}" of {owner} leads to {names}, where nothing listens'
    template = '"{connector}" leads to {names} only'
    return Suspicion(
        about=hop.name,
        text=sentence(wrong, connector=hop.name, owner=hop.owner.name, names=names),
        facts=(
            fact(hop.setting(context, "SmartHosts"), template, connector=hop.name, names=names),
            fact(of_host(down[0], "down"), "{names} is down", names=names),
        ),
        probe=hop.probe,
        shows=partial(_stuck, hop.name),
        cures=(cure("{names} listens again", {of_host(host, "down"): False for host in down}, names=names),),
    )


def _stuck(name: str, played: PlayedProbe) -> Sentence:
    refused = (CONNECTION_REFUSED.text, TIMED_OUT.text)
    for fate in played.fates.values():
        for hop in fate.trace.hops:
            routed = hop.first(Routed)
            waits: list[Deferred | Bounced] = [*hop.all(Deferred), *hop.all(Bounced)]
            if routed is None or routed.connector != name:
                continue
            if routed.how in UNROUTABLE or any(step.reply.text in refused for step in waits):
                shown = 'mail by "{connector}" waits, and fails: {outcome}'
                return sentence(shown, connector=name, outcome=fate.outcome)
    return NOTHING


def _other_way(context: AuditContext, hop: SmartHostConnector) -> Iterator[Cure]:
    """To the servers of on-premises, by a gateway, or by MX."""
    leads = '"{connector}" leads to {names}'
    path = hop.setting(context, "SmartHosts")
    cloud = isinstance(hop.owner, Tenant)
    names = [name for organization in context.organizations for name in servers(context, organization)]
    if not cloud:
        names = [str(host.fqdn) for host in context.filters(hop.owner.name)]
    if names:
        yield cure(leads, {path: names}, connector=hop.name, names=", ".join(names))
    if not cloud:
        by_dns: SettingChange = {path: [], hop.setting(context, "DNSRoutingEnabled"): True}
        yield cure('"{connector}" delivers by DNS', by_dns, connector=hop.name)


# -- somebody else's door


@check("MFL-ROUTE-013", Severity.ERROR, "R31", "R32", "R156")
def foreign_door(context: AuditContext) -> Iterator[Suspicion]:
    """A smart host is another tenant's door.

    The smart host below mail.protection.outlook.com belongs to a domain of another tenant. In another region its front
    ends answer 451 4.4.62 ATTR35 until the mail expires; in the same region it works by accident, and only as long as
    the connector is found by certificate or address.

    Cure: The name of the own initial or default domain.
    """
    domains = (accepted.domain_name for tenant in context.tenants for accepted in tenant.accepted_domains)
    own = {str(front_door(domain)).lower() for domain in domains}
    for hop in hops(context):
        doors = (name for name in hop.smart_hosts if name.lower().endswith(f".{SERVICE}"))
        foreign = [name for name in doors if name.lower() not in own]
        if (
            foreign
            and _addresses(context, foreign[0])
            and context.tenants
            and not isinstance(hop.owner, Tenant)
        ):
            yield _elsewhere(context, hop, foreign[0], context.tenants[0])


def _elsewhere(context: AuditContext, hop: SmartHostConnector, name: str, tenant: Tenant) -> Suspicion:
    path = hop.setting(context, "SmartHosts")
    template = "the own tenant is at {name}, in {region}"
    own = '"{connector}" leads to the own tenant, {name}'
    return Suspicion(
        about=hop.name,
        text=sentence('"{connector}" leads to the front ends of another tenant', connector=hop.name),
        facts=(
            fact(path, '"{connector}" has the smart host {name}', connector=hop.name, name=name),
            fact(f"tenants.{tenant.name}.region", template, name=door(tenant), region=tenant.region),
        ),
        probe=hop.probe,
        shows=lost,
        cures=(cure(own, {path: [door(tenant)]}, connector=hop.name, name=door(tenant)),),
    )
