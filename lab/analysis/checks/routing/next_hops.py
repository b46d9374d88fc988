"""Smart hosts that lead nowhere, or to somebody else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message, of_host
from lab.analysis.checks.finding import Cure, ProbeJudgement, Severity, Suspicion, check, cure, fact
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
    sender: Address
    recipient: Address

    @property
    def probe(self) -> Probe:
        """That mail."""
        return Probe((message(self.sender, self.recipient),))

    def setting(self, world: AuditContext, parameter: str) -> str:
        """The path of one of its parameters."""
        kind = "OutboundConnectors" if isinstance(self.owner, Tenant) else "SendConnectors"
        return world.setting(self.owner, kind, self.name, parameter)


def hops(world: AuditContext) -> Iterator[SmartHostConnector]:
    """Connectors of both sides that routing may choose, with their smart hosts."""
    for tenant in world.tenants:
        for out in tenant.outbound_connectors:
            usable = out.enabled and not out.is_transport_rule_scoped and not out.test_mode
            if usable and not out.use_mx_record:
                patterns = list(out.recipient_domains)
                if out.all_accepted_domains:
                    patterns += [DomainPattern(accepted.domain_name) for accepted in tenant.accepted_domains]
                yield from _hop(world, tenant, out.name, out.smart_hosts, patterns)
    for organization in world.organizations:
        for send in organization.send_connectors:
            if send.enabled and not send.dns_routing_enabled:
                spaces = [space.pattern for space in send.address_spaces]
                yield from _hop(world, organization, send.name, send.smart_hosts, spaces)


def _hop(
    world: AuditContext,
    owner: OnPremOrganization | Tenant,
    name: str,
    smart_hosts: tuple[str, ...],
    patterns: Iterable[DomainPattern],
) -> Iterator[SmartHostConnector]:
    sender = world.mailbox(owner)
    recipient = next((_somebody(world, owner, pattern) for pattern in patterns), None)
    if sender is not None and recipient is not None:
        yield SmartHostConnector(owner, name, smart_hosts, sender, recipient)


def _somebody(world: AuditContext, owner: OnPremOrganization | Tenant, pattern: DomainPattern) -> Address:
    """Whom the pattern means: a colleague on the other side, or anybody."""
    if pattern.domain is None:
        return stand_ins.OUTSIDE
    others = filter(None, (world.mailbox(other) for other in world.own.owners if other is not owner))
    colleagues = (other for other in others if pattern.covers(other.domain))
    return next(colleagues, Address("somebody", pattern.domain))


# -- nobody there


@check("MFL-ROUTE-012", Severity.ERROR, "R89", "R149", "R150")
def leads_nowhere(world: AuditContext) -> Iterator[Suspicion]:
    """A connector leads nowhere.

    The smart hosts of a connector have no address in DNS, or nothing listens there. Mail waits in the queue for a day
    or two, and fails: 4.4.312 or 4.4.316, then 5.4.312 or 5.4.316 (on-premises 4.4.7).

    Cure: A smart host that exists, or no smart host.
    """
    for hop in hops(world):
        down = [_down(world, name) for name in hop.smart_hosts]
        unnamed = [name for name in hop.smart_hosts if not _addresses(world, name)]
        if len(unnamed) == len(hop.smart_hosts):
            yield _unnamed(world, hop)
        elif all(down):
            yield _broken(world, hop, [host for host in down if host])


def _addresses(world: AuditContext, name: str) -> tuple[str, ...]:
    """What a smart host stands for."""
    bare = name.strip("[]")
    if bare.replace(".", "").isdigit():
        return (bare,)
    answer = world.topology.zones.answer(DnsQuestion(Domain.parse(bare), "A"))
    return answer.texts() if isinstance(answer, DnsRecords) else ()


def _down(world: AuditContext, name: str) -> Host | None:
    """The machine behind a name, if it is down."""
    there = [host for host in world.topology.hosts.values() if host.address in _addresses(world, name)]
    return next((host for host in there if host.down), None)


def _unnamed(world: AuditContext, hop: SmartHostConnector) -> Suspicion:
    names = ", ".join(hop.smart_hosts)
    wrong = '"{connector}" of {owner} leads to {names}, which has no address'
    told = '"{connector}" has the smart host {names}'
    return Suspicion(
        about=hop.name,
        text=sentence(wrong, connector=hop.name, owner=hop.owner.name, names=names),
        facts=(
            fact(hop.setting(world, "SmartHosts"), told, connector=hop.name, names=names),
            fact("", "DNS, as far as this configuration has it, has no address for {names}", names=names),
        ),
        probe=hop.probe,
        shows=_stuck(hop),
        cures=tuple(_other_way(world, hop)),
        condition=sentence(
            "unless DNS has an address for {names} that this configuration does not know of", names=names
        ),
        severity=Severity.WARNING,
    )


def _broken(world: AuditContext, hop: SmartHostConnector, down: list[Host]) -> Suspicion:
    names = ", ".join(host.name for host in down)
    wrong = '"{connector}" of {owner} leads to {names}, where nothing listens'
    told = '"{connector}" leads to {names} only'
    return Suspicion(
        about=hop.name,
        text=sentence(wrong, connector=hop.name, owner=hop.owner.name, names=names),
        facts=(
            fact(hop.setting(world, "SmartHosts"), told, connector=hop.name, names=names),
            fact(of_host(down[0], "down"), "{names} is down", names=names),
        ),
        probe=hop.probe,
        shows=_stuck(hop),
        cures=(cure("{names} listens again", {of_host(host, "down"): False for host in down}, names=names),),
    )


def _stuck(hop: SmartHostConnector) -> ProbeJudgement:
    refused = (CONNECTION_REFUSED.text, TIMED_OUT.text)

    def shows(played: PlayedProbe) -> Sentence:
        for fate in played.fates.values():
            for stop in fate.trace.hops:
                routed = stop.first(Routed)
                waits: list[Deferred | Bounced] = [*stop.all(Deferred), *stop.all(Bounced)]
                if routed is None or routed.connector != hop.name:
                    continue
                if routed.how in UNROUTABLE or any(step.reply.text in refused for step in waits):
                    shown = 'mail by "{connector}" waits, and fails: {outcome}'
                    return sentence(shown, connector=hop.name, outcome=fate.outcome)
        return NOTHING

    return shows


def _other_way(world: AuditContext, hop: SmartHostConnector) -> Iterator[Cure]:
    """To the servers of on-premises, by a gateway, or by MX."""
    leads = '"{connector}" leads to {names}'
    path = hop.setting(world, "SmartHosts")
    if isinstance(hop.owner, Tenant):
        names = [name for organization in world.organizations for name in servers(world, organization)]
        if names:
            yield cure(leads, {path: names}, connector=hop.name, names=", ".join(names))
        return
    names = [str(host.fqdn) for host in world.filters(hop.owner.name)]
    if names:
        yield cure(leads, {path: names}, connector=hop.name, names=", ".join(names))
    by_dns: SettingChange = {path: [], hop.setting(world, "DNSRoutingEnabled"): True}
    yield cure('"{connector}" delivers by DNS', by_dns, connector=hop.name)


# -- somebody else's door


@check("MFL-ROUTE-013", Severity.ERROR, "R31", "R32", "R156")
def foreign_door(world: AuditContext) -> Iterator[Suspicion]:
    """A smart host is another tenant's door.

    The smart host below mail.protection.outlook.com belongs to a domain of another tenant. In another region its front
    ends answer 451 4.4.62 ATTR35 until the mail expires; in the same region it works by accident, and only as long as
    the connector is found by certificate or address.

    Cure: The name of the own initial or default domain.
    """
    own = {
        str(front_door(accepted.domain_name)).lower()
        for tenant in world.tenants
        for accepted in tenant.accepted_domains
    }
    for hop in hops(world):
        foreign = [name for name in hop.smart_hosts if _is_door(name) and name.lower() not in own]
        if foreign and _addresses(world, foreign[0]) and world.tenants and not isinstance(hop.owner, Tenant):
            yield _elsewhere(world, hop, foreign[0], world.tenants[0])


def _is_door(name: str) -> bool:
    return name.lower().endswith(f".{SERVICE}")


def _elsewhere(world: AuditContext, hop: SmartHostConnector, name: str, tenant: Tenant) -> Suspicion:
    path = hop.setting(world, "SmartHosts")
    told = "the own tenant is at {name}, in {region}"
    own = '"{connector}" leads to the own tenant, {name}'
    return Suspicion(
        about=hop.name,
        text=sentence('"{connector}" leads to the front ends of another tenant', connector=hop.name),
        facts=(
            fact(path, '"{connector}" has the smart host {name}', connector=hop.name, name=name),
            fact(f"tenants.{tenant.name}.region", told, name=door(tenant), region=tenant.region),
        ),
        probe=hop.probe,
        shows=lost,
        cures=(cure(own, {path: [door(tenant)]}, connector=hop.name, name=door(tenant)),),
    )
