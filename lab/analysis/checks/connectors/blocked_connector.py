"""A connector that Microsoft has taken for compromised (R40)."""

from __future__ import annotations

from collections.abc import Iterator

from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message, of_host
from lab.analysis.checks.finding import Severity, Suspicion, check, cure, fact
from lab.analysis.checks.hybrid_flows import entries, flows, inward
from lab.model.decision import Reason
from lab.model.names import Address
from lab.sentence import NOTHING, Sentence, sentence


@check("MFL-CONN-011", Severity.ERROR, "R40", "R43")
def blocked(world: AuditContext) -> Iterator[Suspicion]:
    """Microsoft has blocked a connector.

    The service has taken the connector for compromised, after spam through it perhaps. Whatever matches the connector
    is refused with 5.7.711, and the message trace shows nothing.

    Cure: Find out who sent what through it and stop that; then remove the block in Defender (Restricted entities).
    """
    if not any(connector.blocked for _, connector in world.inbound()):
        return
    for probe in _probes(world):
        for entry in entries(world.play(probe)):
            tenant, connector = entry.decision.tenant, entry.decision.connector
            if tenant is None or connector is None or tenant not in world.tenants:
                continue
            if entry.decision.reason is Reason.CONNECTOR_BLOCKED:
                path = world.setting(tenant, "InboundConnectors", connector.name, "blocked")
                wrong = 'Microsoft has blocked "{connector}" of {tenant}'
                yield Suspicion(
                    about=connector.name,
                    text=sentence(wrong, connector=connector.name, tenant=tenant.name),
                    facts=(
                        fact(path, '"{connector}" counts as compromised', connector=connector.name),
                        fact(of_host(entry.host, "address"), "{host} uses it", host=entry.host.name),
                    ),
                    probe=probe,
                    shows=_refused,
                    cures=(
                        cure(
                            "find out who sent what through it, then have it unblocked in Defender",
                            {path: False},
                        ),
                    ),
                )


def _probes(world: AuditContext) -> Iterator[Probe]:
    for flow in flows(world):
        yield flow.probe
    for tenant in world.tenants:
        recipient = world.mailbox(tenant)
        if recipient is not None:
            yield Probe((inward(recipient),))
            for host in world.topology.hosts.values():
                sender = Address("device", tenant.default_domain)
                if host.is_filter and host.smart_hosts:
                    yield Probe((message(sender, recipient, via=host.name),))


def _refused(played: PlayedProbe) -> Sentence:
    refused = (entry for entry in entries(played) if entry.decision.reason is Reason.CONNECTOR_BLOCKED)
    return next((entry.told for entry in refused), NOTHING)
