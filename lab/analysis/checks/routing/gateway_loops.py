"""Gateways that get again what they have just handed over (R161, R162): a rule without an exception, a route to itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message, of_host
from lab.analysis.checks.finding import Cure, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import door, in_tenant, looped, mailbox_where, servers
from lab.analysis.checks.routing.connector_rules import fits, routing_rules
from lab.evidence.hop_facts import place
from lab.model.names import Address
from lab.model.rules import TransportRule
from lab.model.steps import Ruled
from lab.model.tenant import RecipientKind, Tenant
from lab.model.topology import Host
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import sentence

_LOOP_MARK = "X-Mflab-Loop"


@check("MFL-ROUTE-006", Severity.ERROR, "R93", "R161", "R162")
def sent_out_again(context: AuditContext) -> Iterator[Suspicion]:
    """A rule sends mail to a gateway again and again.

    A mail flow rule sends outgoing mail to a gateway that signs or encrypts it and hands it back to the tenant. The
    rule has no exception for what comes back, or one for a header that the gateway does not write.

    Cure: An exception for a header that the gateway really puts on everything it hands back.
    """
    for tenant, rule in routing_rules(context):
        sender = mailbox_where(tenant, partial(fits, rule.conditions))
        probe = Probe((message(sender, stand_ins.OUTSIDE),)) if sender else None
        gateway = _bringer(context, context.play(probe), tenant, rule) if probe else None
        if probe and gateway:
            yield _again(context, tenant, rule, gateway, probe)


def _bringer(context: AuditContext, played: PlayedProbe, tenant: Tenant, rule: TransportRule) -> Host | None:
    """The own machine that brings back what the rule has sent to it, if the rule then sends it again."""
    if not looped(played):
        return None
    for fate in played.fates.values():
        hits = [hop for hop in fate.trace.hops for step in hop.all(Ruled) if rule.name in step.names]
        for before, after in pairwise(fate.trace.hops):
            host = context.topology.hosts.get(place(after))
            if len(hits) > 1 and place(before) == in_tenant(tenant) and host is not None:
                return host
    return None


def _again(context: AuditContext, tenant: Tenant, rule: TransportRule, host: Host, probe: Probe) -> Suspicion:
    path = context.setting(tenant, rule)
    name, value = next(iter(host.adds_headers), (_LOOP_MARK, str(host.fqdn)))
    change: SettingChange = {
        f"{path}.ExceptIfHeaderContainsMessageHeader": name,
        f"{path}.ExceptIfHeaderContainsWords": value,
        **({} if host.adds_headers else {of_host(host, "adds_headers"): {name: value}}),
    }
    connector = rule.actions.route_message_outbound_connector
    names = {"rule": rule.name, "host": host.name}
    template = '"{rule}" routes by "{connector}", with no exception that holds for what comes back'
    helps = "the rule excepts mail with {name}: {value}, which {host} writes into it"
    return Suspicion(
        about=rule.name,
        text=sentence('the rule "{rule}" sends to {host} what {host} has just brought back', **names),
        facts=(
            fact(path, template, connector=connector, **names),
            fact(of_host(host, "smart_hosts"), "{host} hands mail back to the tenant", **names),
        ),
        probe=probe,
        shows=looped,
        cures=(cure(helps, change, name=name, value=value, **names),),
    )


@check("MFL-ROUTE-009", Severity.ERROR, "R156")
def next_hop_is_itself(context: AuditContext) -> Iterator[Suspicion]:
    """A gateway delivers to itself.

    The gateway's route inward is the MX of the domain, or the name that the MX has: the gateway itself. It connects to
    itself until its own limit of Received lines.

    Cure: A fixed route inward: the tenant's name below mail.protection.outlook.com, or the Exchange servers.
    """
    for host in context.filters():
        recipient = _guarded(context, host)
        if recipient is None:
            continue
        probe = Probe((message(stand_ins.OUTSIDE, recipient),))
        if _to_itself(context.play(probe), host):
            template = "its next hop inward is {hosts}"
            next_hops = ", ".join(host.forwards_to) or "MX"
            names = {"host": host.name, "domain": recipient.domain}
            yield Suspicion(
                about=host.name,
                text=sentence("{host} hands mail for {domain} to itself", **names),
                facts=(
                    fact(of_host(host, "forwards_to"), template, hosts=next_hops),
                    fact(f"dns.records[{recipient.domain}].MX", "that name leads to {host}", **names),
                ),
                probe=probe,
                shows=looped,
                cures=(_fixed_route(context, host, recipient),),
            )


def _guarded(context: AuditContext, host: Host) -> Address | None:
    """Somebody whose mail the gateway takes in."""
    domains = host.accepts_domains
    guarded = (mailbox_where(owner, lambda domain: domain in domains) for owner in context.own.owners)
    return next(filter(None, guarded), None)


def _to_itself(played: PlayedProbe, host: Host) -> bool:
    return bool(looped(played)) and any(
        place(before) == place(after) == host.name
        for fate in played.fates.values()
        for before, after in pairwise(fate.trace.hops)
    )


def _fixed_route(context: AuditContext, host: Host, recipient: Address) -> Cure:
    for tenant in context.tenants:
        there = tenant.find(recipient)
        if there is not None and there.kind is RecipientKind.MAILBOX:
            name = door(tenant)
            to_tenant = "{host} hands mail inward to the tenant's own name, {name}"
            return cure(to_tenant, {of_host(host, "forwards_to"): name}, host=host.name, name=name)
    names = [name for organization in context.organizations for name in servers(context, organization)]
    helps = "{host} hands mail inward to {names}"
    return cure(helps, {of_host(host, "forwards_to"): names}, host=host.name, names=", ".join(names))
