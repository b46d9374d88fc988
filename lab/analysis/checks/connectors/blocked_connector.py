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
def blocked(context: AuditContext) -> Iterator[Suspicion]:
    """Microsoft has blocked a connector.

    The service has taken the connector for compromised, after spam through it perhaps. Whatever matches the connector
    is refused with 5.7.711, and the message trace shows nothing.

    Cure: Find out who sent what through it and stop that; then remove the block in Defender (Restricted entities).
    """
    if not any(connector.blocked for _, connector in context.inbound()):
        return
    for probe in _probes(context):
        for entry in entries(context.play(probe)):
            tenant, connector = entry.decision.tenant, entry.decision.connector
            if tenant is None or connector is None or tenant not in context.tenants:
                continue
            if entry.decision.reason is Reason.CONNECTOR_BLOCKED:
                path = context.setting(tenant, connector, "blocked")
                names = {"connector": connector.name, "tenant": tenant.name}
                helps = "find out who sent what through it, then have it unblocked in Defender"
                yield Suspicion(
                    about=connector.name,
                    text=sentence('Microsoft has blocked "{connector}" of {tenant}', **names),
                    facts=(
                        fact(path, '"{connector}" counts as compromised', **names),
                        fact(of_host(entry.host, "address"), "{host} uses it", host=entry.host.name),
                    ),
                    probe=probe,
                    shows=_refused,
                    cures=(cure(helps, {path: False}),),
                )


def _probes(context: AuditContext) -> Iterator[Probe]:
    for flow in flows(context):
        yield flow.probe
    for tenant, recipient in context.with_mailbox(context.tenants):
        yield Probe((inward(recipient),))
        for host in context.topology.hosts.values():
            if host.is_filter and host.smart_hosts:
                yield Probe((message(Address("device", tenant.default_domain), recipient, via=host.name),))


def _refused(played: PlayedProbe) -> Sentence:
    refused = (entry for entry in entries(played) if entry.decision.reason is Reason.CONNECTOR_BLOCKED)
    return next((entry.outcome for entry in refused), NOTHING)
