"""The tenant's front door: who may hand in mail there, past the MX, and who may not and should."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from lab.analysis.checks import shared_cures, stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message, of_host
from lab.analysis.checks.connectors.misattribution import expects, told_at
from lab.analysis.checks.finding import Cure, Fact, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import in_tenant
from lab.analysis.checks.hybrid_flows import entries, inward, whose
from lab.model.names import Address
from lab.model.tenant import ConnectorType, InboundConnector, Tenant
from lab.model.topology import Host
from lab.model.value import dataclass
from lab.sentence import NOTHING, Sentence, sentence

_CONDITION = sentence("once somebody takes the tenant's own name in DNS instead of the MX")


@dataclass(frozen=True, slots=True)
class _Door:
    """A tenant behind machines that its MX leads to, and a stranger who walks round them."""

    tenant: Tenant
    mailbox: Address
    last: Host
    """The machine that hands the tenant what comes in by the MX."""
    knows: InboundConnector | None
    """The OnPremises connector that takes that machine for the company's own."""


def _doors(context: AuditContext) -> Iterator[_Door]:
    for tenant, mailbox in context.with_mailbox(context.tenants):
        handed_over = entries(context.play(Probe((inward(mailbox),))))
        at_home = (entry for entry in handed_over if entry.leg.taken and entry.leg.place == in_tenant(tenant))
        entry = next(at_home, None)
        if entry is not None and entry.host.name != stand_ins.OUTSIDE_HOST:
            knows = entry.decision.connector if entry.recognised else None
            yield _Door(tenant, mailbox, entry.host, knows)


def _past(door: _Door, played: PlayedProbe) -> Sentence:
    fate = played.first
    if fate is None or not fate.arrived or door.last.name in fate.places:
        return NOTHING
    return sentence("{mail} is delivered, and {host} has not seen it", mail=whose(fate), host=door.last.name)


@check("MFL-CONN-004", Severity.WARNING, "R1", "R22", "R156")
def unrestricted(context: AuditContext) -> Iterator[Suspicion]:
    """The tenant takes mail from everybody, though its MX is elsewhere.

    The MX leads to a filter or to on-premises, but the tenant's front ends serve whoever comes, and their name follows
    from the domain. Spam and forged mail passes the filter by: the side entrance.

    Cure: A connector of type Partner for *, restricted to the certificate or addresses of what the MX leads to.
    """
    for door in _doors(context):
        if not _believed(door) and _unflagged(door.tenant) is None:
            tenant = door.tenant.name
            template = "no connector of {tenant} restricts who may deliver"
            unlocked = fact(f"tenants.{tenant}.InboundConnectors", template, tenant=tenant)
            yield _open(context, door, tenant, unlocked, _lock(door))


@check("MFL-CONN-003", Severity.WARNING, "R22", "R56", "R156")
def believed(context: AuditContext) -> Iterator[Suspicion]:
    """A connector of type OnPremises is to lock the tenant, and locks nothing.

    A connector "from your organization's email server" names the filter. It identifies the filter and gives it rights,
    but never refuses what does not match. Who knows the tenant's name in DNS, which follows from its domain, delivers
    past the filter as before.

    Cure: A connector of type Partner for *, restricted to the filter's certificate or addresses.
    """
    for door in _doors(context):
        if _believed(door) and door.knows and _unflagged(door.tenant) is None:
            template = "{connector}, is of type OnPremises and restricts nobody"
            unlocked = fact(
                told_at(context, door.tenant, door.knows), template, connector=expects(door.knows)
            )
            yield _open(context, door, door.knows.name, unlocked, _lock(door))


def _believed(door: _Door) -> bool:
    """Whether the connector is for a filter; that Exchange is known by one is no belief."""
    return door.knows is not None and not door.last.holds_mailboxes


@check("MFL-CONN-014", Severity.WARNING, "R61", "R62", "R22")
def unflagged(context: AuditContext) -> Iterator[Suspicion]:
    """A partner connector for all domains lacks its Restrict flag.

    A connector of type Partner for * names the filter's addresses or certificate, but neither
    RestrictDomainsToIPAddresses nor RestrictDomainsToCertificate is set. It refuses nobody.

    Cure: Set the flag that goes with the connector's value.
    """
    for door in _doors(context):
        connector = _unflagged(door.tenant)
        if connector is not None:
            by_name = connector.tls_sender_certificate_name is not None
            flag = "RestrictDomainsToCertificate" if by_name else "RestrictDomainsToIPAddresses"
            path = context.setting(door.tenant, connector, flag)
            template = "{connector}, but neither of the Restrict flags is set"
            unlocked = fact(path, template, connector=expects(connector))
            yield _open(
                context, door, connector.name, unlocked, cure("{flag} is on", {path: True}, flag=flag)
            )


def _unflagged(tenant: Tenant) -> InboundConnector | None:
    """What would be a lock if it had its flag."""
    for connector in tenant.inbound_connectors:
        valued = connector.tls_sender_certificate_name is not None or connector.sender_ip_addresses
        for_all = any(pattern.is_any for pattern in connector.sender_domains)
        meant = connector.connector_type is ConnectorType.PARTNER and for_all
        if connector.enabled and meant and valued and not connector.restricts:
            return connector
    return None


def _open(context: AuditContext, door: _Door, about: str, unlocked: Fact, lock: Cure) -> Suspicion:
    wrong = "strangers may hand mail to {tenant} directly, past {host}"
    template = "the MX of {domain} leads to {host}"
    path = of_host(door.last, "address") if door.last.name in context.topology.hosts else ""
    return Suspicion(
        about=about,
        text=sentence(wrong, tenant=door.tenant.name, host=door.last.name),
        facts=(unlocked, fact(path, template, domain=door.mailbox.domain, host=door.last.name)),
        probe=Probe((message(stand_ins.STRANGER, door.mailbox, via=stand_ins.STRANGER_HOST),)),
        shows=partial(_past, door),
        cures=(lock,),
        condition=_CONDITION,
    )


def _lock(door: _Door) -> Cure:
    change = shared_cures.known_address(door.tenant, f"Only from {door.last.name}", door.last)
    helps = "a Partner connector for * that takes mail only from {address}"
    return cure(helps, change, address=door.last.source)
