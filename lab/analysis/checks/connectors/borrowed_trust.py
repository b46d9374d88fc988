"""The own connection fits a connector, and still counts only while MAIL FROM vouches for it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from lab.analysis.checks import shared_cures
from lab.analysis.checks.audit_context import AuditContext, Probe, of_host
from lab.analysis.checks.connectors.misattribution import expectation
from lab.analysis.checks.connectors.unrecognised_connection import accepting
from lab.analysis.checks.finding import Severity, Suspicion, check, cure, fact
from lab.analysis.checks.hybrid_flows import FrontEndEntry, exchange_entries, of_exchange, outgoing, pairs
from lab.model.names import ReversePath
from lab.model.tenant import InboundConnector, Tenant
from lab.model.topology import Host
from lab.sentence import sentence


@check("MFL-ATTR-007", Severity.ERROR, "R5", "R11", "R83")
def unaccepted_name(context: AuditContext) -> Iterator[Suspicion]:
    """The name on the hybrid connector is no accepted domain.

    The connector has an exact name that nobody added to the tenant as an accepted domain. The certificate then counts
    only while MAIL FROM is one: reports and automatic answers (which have none), forwarded mail and applications with a
    bounce domain of their own are refused with 5.7.64 or 5.7.51, or arrive as a stranger's. Where they only arrive as a
    stranger's, this is a warning.

    Cure: Add the connector's name as an accepted domain of the tenant.
    """
    reports = [pair.to_cloud(ReversePath.NULL) for pair in pairs(context)]
    reports += [spec for _, spec in outgoing(context, ReversePath.NULL)]
    suspicions = [
        (entry, _unaccepted(context, Probe((spec,)), entry))
        for spec in reports
        for entry in exchange_entries(context, context.play(Probe((spec,))))
        if _by_name_alone(entry)
    ]
    suspicions.sort(key=lambda pair: not pair[0].leg.refusal)
    return (suspicion for _, suspicion in suspicions)


def _by_name_alone(entry: FrontEndEntry) -> bool:
    matched = [candidate for candidate in entry.decision.candidates if candidate.match]
    vouched = any(candidate.value_accepted for candidate in matched)
    return not entry.recognised and bool(matched) and not vouched


def _unaccepted(context: AuditContext, probe: Probe, entry: FrontEndEntry) -> Suspicion:
    candidate = next(fitting for fitting in entry.decision.candidates if fitting.match)
    tenant, connector = candidate.tenant, candidate.connector
    name = str(connector.tls_sender_certificate_name)
    helps = "{name} is an accepted domain of {tenant}"
    added = cure(helps, accepting(context, tenant, name), name=name, tenant=tenant.name)
    wrong = 'the name on "{connector}" is no accepted domain of {tenant}'
    template = "{tenant} does not accept {name}"
    return Suspicion(
        about=connector.name,
        text=sentence(wrong, connector=connector.name, tenant=tenant.name),
        facts=(
            expectation(context, tenant, connector),
            fact(f"tenants.{tenant.name}.AcceptedDomains", template, tenant=tenant.name, name=name),
        ),
        probe=probe,
        shows=partial(of_exchange, context, _by_name_alone),
        cures=(added,) if tenant in context.tenants else (),
        severity=None if entry.leg.refusal else Severity.WARNING,
    )


@check("MFL-ATTR-008", Severity.ERROR, "R5", "R7", "R29")
def report_by_address(context: AuditContext) -> Iterator[Suspicion]:
    """Reports and automatic answers cannot leave through a connector by address.

    Exchange sends to the world through the tenant, which knows it by address. Relay then needs a MAIL FROM with an
    accepted domain; reports and automatic answers have the null reverse-path and are refused with 5.7.64. So is
    forwarded mail.

    Cure: Know Exchange by a certificate whose name is an accepted domain: then no sender is needed.
    """
    for _, spec in outgoing(context, ReversePath.NULL):
        probe = Probe((spec,))
        for entry in exchange_entries(context, context.play(probe)):
            fitting = next(iter(entry.decision.candidates), None)
            if fitting is not None and _refused_by_address(entry):
                yield _by_address(context, probe, entry.host, fitting.tenant, fitting.connector)


def _refused_by_address(entry: FrontEndEntry) -> bool:
    candidates = entry.decision.candidates
    by_name = any(candidate.match for candidate in candidates)
    return bool(entry.leg.refusal) and bool(candidates) and not by_name


def _by_address(
    context: AuditContext, probe: Probe, host: Host, tenant: Tenant, connector: InboundConnector
) -> Suspicion:
    wrong = '"{connector}" knows {host} by address, and mail without a reverse-path cannot leave'
    template = "{host} sends its reports through {tenant}"
    return Suspicion(
        about=connector.name,
        text=sentence(wrong, connector=connector.name, host=host.name),
        facts=(
            expectation(context, tenant, connector),
            fact(of_host(host, "address"), template, host=host.name, tenant=tenant.name),
        ),
        probe=probe,
        shows=partial(of_exchange, context, _refused_by_address),
        cures=(shared_cures.own_name(context, tenant, connector, tenant.default_domain),),
    )
