"""Behind somebody else's filter: every message comes from its address, and SPF judges that (R166, R67)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from lab.analysis.checks import shared_cures, stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, of_host
from lab.analysis.checks.finding import Cure, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import authenticated, in_tenant
from lab.analysis.checks.hybrid_flows import FrontEndEntry, entries, inward, whose
from lab.model.tenant import InboundConnector, Tenant
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence


@check("MFL-CONN-009", Severity.WARNING, "R67", "R166", "R175")
def behind_a_filter(context: AuditContext) -> Iterator[Suspicion]:
    """Enhanced Filtering is off behind a filter.

    The MX leads to a filter that hands mail to the tenant. To Exchange Online every message comes from the filter's
    address: SPF fails for everybody, DMARC with it unless a signature survived, and composite authentication is wrong.
    Good mail lands in junk, forged mail beside it.

    Cure: Enhanced Filtering (skip listing) on the inbound connector that the filter's mail comes through.
    """
    for tenant, mailbox in context.with_mailbox(context.tenants):
        probe = Probe((inward(mailbox),))
        for entry in entries(context.play(probe)):
            in_front = entry.host.name != stand_ins.OUTSIDE_HOST and not entry.host.holds_mailboxes
            if in_front and entry.leg.place == in_tenant(tenant) and not entry.recognised:
                yield _unskipped(context, tenant, entry, probe)


def _unskipped(context: AuditContext, tenant: Tenant, entry: FrontEndEntry, probe: Probe) -> Suspicion:
    connector, host = entry.decision.connector, entry.host
    above = f"tenants.{tenant.name}.InboundConnectors"
    path = context.setting(tenant, connector, "EFSkipLastIP") if connector else above
    unskipped = fact(path, "no connector of {tenant} is for {host}", tenant=tenant.name, host=host.name)
    if connector is not None:
        unskipped = fact(path, '"{connector}" skips nothing', connector=connector.name)
    address = of_host(host, "address") if host.name in context.topology.hosts else ""
    hands_over = "{host} hands over what comes by the MX, from {address}"
    wrong = "to {tenant}, all mail from outside seems to come from {host}"
    return Suspicion(
        about=connector.name if connector else tenant.name,
        text=sentence(wrong, tenant=tenant.name, host=host.name),
        facts=(unskipped, fact(address, hands_over, host=host.name, address=host.source)),
        probe=probe,
        shows=partial(_judged, tenant),
        cures=(_skipping(context, tenant, connector, entry),),
    )


def _judged(tenant: Tenant, played: PlayedProbe) -> Sentence:
    step = authenticated(played, in_tenant(tenant))
    if step is None or step.spf == "pass" or not step.compauth.startswith("fail"):
        return NOTHING
    mail = whose(next(iter(played.fates.values())))
    shown = "{mail}: spf={spf} for {client}, compauth={compauth}"
    return sentence(shown, mail=mail, spf=step.spf, client=step.client, compauth=step.compauth)


def _skipping(
    context: AuditContext, tenant: Tenant, connector: InboundConnector | None, entry: FrontEndEntry
) -> Cure:
    """The last machine is skipped, or all that stand in front."""
    hosts = (context.topology.hosts.get(leg.origin or "") for leg in entry.fate.legs[1:])
    in_front = [host.source for host in hosts if host]
    skip: SettingChange = {"EFSkipLastIP": True} if len(in_front) < 2 else {"EFSkipIPs": in_front}
    if connector is None:
        name = f"Only from {entry.host.name}"
        lock = shared_cures.known_address(tenant, name, entry.host)
        change: SettingChange = {path: {**partner, **skip} for path, partner in lock.items()}
        helps = "a Partner connector for {address} with Enhanced Filtering"
        return cure(helps, change, address=entry.host.source)
    path = context.setting(tenant, connector)
    change = {f"{path}.{parameter}": value for parameter, value in skip.items()}
    return cure('Enhanced Filtering on "{connector}"', change, connector=connector.name)
