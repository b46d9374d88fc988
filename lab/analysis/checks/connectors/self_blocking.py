"""Partner connectors that are to keep strangers out, and refuse the company's own mail, or a partner's (R42)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from lab.analysis.checks import shared_cures
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message, of_host
from lab.analysis.checks.certificate_flaws import named, presented
from lab.analysis.checks.connectors.unrecognised_connection import fitted, meant
from lab.analysis.checks.finding import Cure, Fact, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.hybrid_flows import (
    FrontEndEntry,
    exchange_entries,
    filter_entries,
    flows,
    inward,
    pairs,
    whose,
)
from lab.core.attribution_result import Attribution
from lab.model.decision import Basis, Reason
from lab.model.names import Address
from lab.model.steps import Attributed
from lab.model.tenant import ConnectorType, InboundConnector, Tenant
from lab.model.topology import Host
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence


def refused(played: PlayedProbe) -> Attribution | None:
    """The first decision by which a restricting partner connector refused."""
    for step in played.all(Attributed):
        if isinstance(step.cause, Attribution) and step.cause.reason is Reason.PARTNER_RESTRICTS:
            return step.cause
    return None


def _refusal(played: PlayedProbe) -> Sentence:
    decision = refused(played)
    if decision is None:
        return NOTHING
    fate = next(iter(played.fates.values()))
    shown = '{mail} is refused with 5.7.51 by "{connector}" of {tenant}'
    return sentence(shown, mail=whose(fate), connector=decision.connector_name, tenant=decision.tenant_name)


@check("MFL-CONN-001", Severity.ERROR, "R42", "R38", "R23")
def own_mail(context: AuditContext) -> Iterator[Suspicion]:
    """The company's own restriction refuses its Exchange.

    A partner connector for all domains takes mail only from the filter. Exchange passes as long as it is recognised by
    a connector of type OnPremises. It is not; RCPT TO decides, the lock holds, and colleagues' mail is refused with
    5.7.51. The lock is blamed, and something else is the cause.

    Cure: Let the hybrid connector know Exchange again. Let the lock know Exchange's address besides.
    """
    for flow in flows(context):
        yield from _locked_out(context, flow.probe, exchange_entries)


@check("MFL-CONN-015", Severity.ERROR, "R38", "R61", "R62")
def own_gateway(context: AuditContext) -> Iterator[Suspicion]:
    """The company's own restriction refuses its gateway.

    The MX leads to a gateway that hands mail to the tenant, and the tenant's lock knows another address or certificate
    than the gateway has. All mail from outside is refused with 5.7.51.

    Cure: Let the lock know the gateway's address or certificate.
    """
    for _, recipient in context.with_mailbox(context.tenants):
        yield from _locked_out(context, Probe((inward(recipient),)), filter_entries)


def _locked_out(
    context: AuditContext,
    probe: Probe,
    entries: Callable[[AuditContext, PlayedProbe], Iterator[FrontEndEntry]],
) -> Iterator[Suspicion]:
    for entry in entries(context, context.play(probe)):
        tenant, lock = entry.decision.tenant, entry.decision.connector
        if tenant is None or lock is None or tenant not in context.tenants:
            continue
        if entry.decision.reason is Reason.PARTNER_RESTRICTS:
            yield _against(context, probe, entry, tenant, lock)


def _against(
    context: AuditContext, probe: Probe, entry: FrontEndEntry, tenant: Tenant, lock: InboundConnector
) -> Suspicion:
    profile, host = presented(context, entry), entry.host
    unknown = "{host} shows no certificate, comes from {address}, and is not recognised"
    shown: dict[str, object] = {"host": host.name, "address": host.source}
    if profile is not None:
        unknown = "{host} shows the {certificate}, comes from {address}, and is not recognised"
        shown["certificate"] = named(profile)
    hybrid = meant(tenant) if host.holds_mailboxes else None
    own = fitted(context, tenant, hybrid, host) if hybrid else None
    text = sentence('"{lock}" of {tenant} refuses {host}', lock=lock.name, tenant=tenant.name, host=host.name)
    cures = (*((own,) if own else ()), let_in(context, tenant, lock, host))
    stranger = fact(of_host(host, "certificate"), unknown, **shown)
    return _refusing(context, tenant, lock, probe, text, stranger, *cures)


def _refusing(
    context: AuditContext,
    tenant: Tenant,
    lock: InboundConnector,
    probe: Probe,
    text: Sentence,
    locked_out: Fact,
    *cures: Cure,
) -> Suspicion:
    return Suspicion(
        about=lock.name,
        text=text,
        facts=(_restriction(context, tenant, lock), locked_out),
        probe=probe,
        shows=_refusal,
        cures=cures,
    )


def _restriction(context: AuditContext, tenant: Tenant, lock: InboundConnector) -> Fact:
    if lock.restrict_domains_to_certificate:
        path = context.setting(tenant, lock, "TlsSenderCertificateName")
        name = lock.tls_sender_certificate_name
        return fact(path, '"{lock}" takes mail only by the certificate {name}', lock=lock.name, name=name)
    path = context.setting(tenant, lock, "SenderIPAddresses")
    template = '"{lock}" takes mail only from {addresses}'
    return fact(path, template, lock=lock.name, addresses=", ".join(map(str, lock.sender_ip_addresses)))


def let_in(context: AuditContext, tenant: Tenant, lock: InboundConnector, host: Host) -> Cure:
    """The lock knows one more address; by certificate, a second connector does (all for one domain are alternatives)."""
    helps = "the lock lets {address} in as well: mail then arrives, though as a stranger's"
    text = sentence(helps, address=host.source)
    if lock.restrict_domains_to_ip_addresses:
        path = context.setting(tenant, lock, "SenderIPAddresses")
        return Cure(text, {path: [*map(str, lock.sender_ip_addresses), host.source]})
    domains = [str(pattern) for pattern in lock.sender_domains]
    return Cure(text, shared_cures.known_address(tenant, f"{host.name} by address", host, domains))


@check("MFL-CONN-002", Severity.WARNING, "R42", "R127", "R126")
def once_unrecognised(context: AuditContext) -> Iterator[Suspicion]:
    """The company's own restriction will refuse its Exchange when the certificate fails.

    Exchange passes the company's own lock only by its certificate. On the day that one expires, or is sent without its
    chain, colleagues' mail is refused instead of arriving as a stranger's.

    Cure: Let the lock know Exchange's address as well.
    """
    for pair in pairs(context):
        locks = [lock for lock in pair.tenant.inbound_connectors if lock.enabled and lock.restricts]
        probe = Probe((pair.to_cloud(),))
        for entry in exchange_entries(context, context.play(probe)) if locks else ():
            profile = presented(context, entry)
            if entry.recognised and entry.decision.basis is Basis.CERTIFICATE and profile is not None:
                ended: SettingChange = {f"certificates.{profile.name}.validity": "expired"}
                yield from _once(context, replace(probe, change=ended), entry.host, named(profile))


def _once(context: AuditContext, probe: Probe, host: Host, certificate: Sentence) -> Iterator[Suspicion]:
    decision = refused(context.play(probe))
    tenant, lock = (decision.tenant, decision.connector) if decision else (None, None)
    if tenant is not None and lock is not None:
        names = {"lock": lock.name, "tenant": tenant.name, "host": host.name, "certificate": certificate}
        text = sentence('"{lock}" of {tenant} refuses {host} on the day its certificate fails', **names)
        comes = "{host} is recognised by the {certificate}, and comes from {address}"
        passes = fact(of_host(host, "address"), comes, address=host.source, **names)
        refusing = _refusing(context, tenant, lock, probe, text, passes, let_in(context, tenant, lock, host))
        failing = sentence("once the {certificate} has expired, or is sent without its chain", **names)
        yield replace(refusing, condition=failing)


@check("MFL-CONN-013", Severity.ERROR, "R62", "R38", "R28")
def partners_cloud(context: AuditContext) -> Iterator[Suspicion]:
    """A connector for a partner refuses his own tenant.

    A partner's domain is taken only from his gateway. But his mailboxes are in Exchange Online, and what they send
    comes from Microsoft's addresses. A certificate is no way out: Microsoft's is the same for all tenants (R28).

    Cure: Restrict nothing for such a partner, or let his tenant send through his gateway.
    """
    partners = [tenant for tenant in context.topology.tenants.values() if tenant not in context.tenants]
    for tenant, lock in context.inbound():
        recipient = context.mailbox(tenant)
        if recipient and lock.connector_type is ConnectorType.PARTNER and lock.restricts:
            named = [pattern for pattern in lock.sender_domains if not pattern.is_any]
            for _, sender in context.with_mailbox(partners):
                if any(pattern.covers(sender.domain) for pattern in named):
                    yield _partner(context, tenant, lock, sender, recipient)


def _partner(
    context: AuditContext, tenant: Tenant, lock: InboundConnector, sender: Address, recipient: Address
) -> Suspicion:
    flags = ("RestrictDomainsToIPAddresses", "RestrictDomainsToCertificate")
    free: SettingChange = dict.fromkeys((context.setting(tenant, lock, flag) for flag in flags), False)
    names = {"lock": lock.name, "tenant": tenant.name, "domain": sender.domain, "sender": sender}
    text = sentence('"{lock}" of {tenant} refuses what {domain} sends from its own tenant', **names)
    hosted = "{sender} has a mailbox in Exchange Online, which sends from Microsoft's addresses"
    cloud = fact("", hosted, **names)
    opened = cure('"{lock}" restricts nothing: SPF, DKIM and DMARC tell forged mail', free, **names)
    return _refusing(context, tenant, lock, Probe((message(sender, recipient),)), text, cloud, opened)
