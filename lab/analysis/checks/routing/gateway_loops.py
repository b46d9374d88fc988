"""Gateways that get again what they have just handed over (R161, R162): a rule without an exception, a route to itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message, of_host
from lab.analysis.checks.finding import Cure, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import door, in_tenant, looped, mailbox_where, servers
from lab.evidence.hop_facts import place
from lab.model.names import Address
from lab.model.rules import RuleMode, RuleState, TransportRule
from lab.model.steps import Ruled
from lab.model.tenant import RecipientKind, Tenant
from lab.model.topology import Host
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import sentence

_LOOP_MARK = "X-Mflab-Loop"


@check("MFL-ROUTE-006", Severity.ERROR, "R93", "R161", "R162")
def sent_out_again(world: AuditContext) -> Iterator[Suspicion]:
    """A rule sends mail to a gateway again and again.

    A mail flow rule sends outgoing mail to a gateway that signs or encrypts it and hands it back to the tenant. The
    rule has no exception for what comes back, or one for a header that the gateway does not write.

    Cure: An exception for a header that the gateway really puts on everything it hands back.
    """
    for tenant in world.tenants:
        for rule in tenant.transport_rules:
            sender = _who_is_ruled(tenant, rule)
            if rule.actions.route_message_outbound_connector and sender is not None and _acts(rule):
                probe = Probe((message(sender, stand_ins.OUTSIDE),))
                gateway = _bringer(world, world.play(probe), tenant, rule)
                if gateway is not None:
                    yield _again(world, tenant, rule, gateway, probe)


def _acts(rule: TransportRule) -> bool:
    return rule.state is RuleState.ENABLED and rule.mode is RuleMode.ENFORCE


def _who_is_ruled(tenant: Tenant, rule: TransportRule) -> Address | None:
    """A cloud mailbox in a domain that the rule is for."""
    wanted = rule.conditions.sender_domain_is
    return mailbox_where(tenant, lambda domain: not wanted or domain in wanted)


def _bringer(world: AuditContext, played: PlayedProbe, tenant: Tenant, rule: TransportRule) -> Host | None:
    """The own machine that brings back what the rule has sent to it, if the rule then sends it again."""
    if not looped(played):
        return None
    for fate in played.fates.values():
        hits = [hop for hop in fate.trace.hops for step in hop.all(Ruled) if rule.name in step.names]
        for before, after in pairwise(fate.trace.hops):
            host = world.topology.hosts.get(place(after))
            if len(hits) > 1 and place(before) == in_tenant(tenant) and host is not None:
                return host
    return None


def _again(world: AuditContext, tenant: Tenant, rule: TransportRule, host: Host, probe: Probe) -> Suspicion:
    path = world.setting(tenant, "TransportRules", rule.name)
    name, value = next(iter(host.adds_headers), (_LOOP_MARK, str(host.fqdn)))
    change: SettingChange = {
        f"{path}.ExceptIfHeaderContainsMessageHeader": name,
        f"{path}.ExceptIfHeaderContainsWords": value,
        **({} if host.adds_headers else {of_host(host, "adds_headers"): {name: value}}),
    }
    connector = rule.actions.route_message_outbound_connector
    names = {"rule": rule.name, "host": host.name}
    told = '"{rule}" routes by "{connector}", with no exception that holds for what comes back'
    helps = "the rule excepts mail with {name}: {value}, which {host} writes into it"
    return Suspicion(
        about=rule.name,
        text=sentence('the rule "{rule}" sends to {host} what {host} has just brought back', **names),
        facts=(
            fact(path, told, connector=connector, **names),
            fact(of_host(host, "smart_hosts"), "{host} hands mail back to the tenant", **names),
        ),
        probe=probe,
        shows=looped,
        cures=(cure(helps, change, name=name, value=value, **names),),
    )


@check("MFL-ROUTE-009", Severity.ERROR, "R156")
def next_hop_is_itself(world: AuditContext) -> Iterator[Suspicion]:
    """A gateway delivers to itself.

    The gateway's route inward is the MX of the domain, or the name that the MX has: the gateway itself. It connects to
    itself until its own limit of Received lines.

    Cure: A fixed route inward: the tenant's name below mail.protection.outlook.com, or the Exchange servers.
    """
    for host in world.filters():
        recipient = _guarded(world, host)
        if recipient is None:
            continue
        probe = Probe((message(stand_ins.OUTSIDE, recipient),))
        if _to_itself(world.play(probe), host):
            told = "its next hop inward is {hosts}"
            yield Suspicion(
                about=host.name,
                text=sentence(
                    "{host} hands mail for {domain} to itself", host=host.name, domain=recipient.domain
                ),
                facts=(
                    fact(of_host(host, "forwards_to"), told, hosts=", ".join(host.forwards_to) or "MX"),
                    fact(f"dns.records[{recipient.domain}].MX", "that name leads to {host}", host=host.name),
                ),
                probe=probe,
                shows=looped,
                cures=(_fixed_route(world, host, recipient),),
            )


def _guarded(world: AuditContext, host: Host) -> Address | None:
    """Somebody whose mail the gateway takes in."""
    found = (
        mailbox_where(owner, lambda domain: domain in host.accepts_domains) for owner in world.own.owners
    )
    return next(filter(None, found), None)


def _to_itself(played: PlayedProbe, host: Host) -> bool:
    return bool(looped(played)) and any(
        place(before) == place(after) == host.name
        for fate in played.fates.values()
        for before, after in pairwise(fate.trace.hops)
    )


def _fixed_route(world: AuditContext, host: Host, recipient: Address) -> Cure:
    for tenant in world.tenants:
        found = tenant.find(recipient)
        if found is not None and found.kind is RecipientKind.MAILBOX:
            return cure(
                "{host} hands mail inward to the tenant's own name, {name}",
                {of_host(host, "forwards_to"): door(tenant)},
                host=host.name,
                name=door(tenant),
            )
    names = [name for organization in world.organizations for name in servers(world, organization)]
    helps = "{host} hands mail inward to {names}"
    return cure(helps, {of_host(host, "forwards_to"): names}, host=host.name, names=", ".join(names))
