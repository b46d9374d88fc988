"""Several tenants, one connection: own companies, a provider's customers, and a domain that is nobody's yet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from lab.analysis.checks import shared_cures
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, first_domain, message, of_host
from lab.analysis.checks.certificate_flaws import named, presented
from lab.analysis.checks.connectors.misattribution import expects, told_at
from lab.analysis.checks.connectors.unrecognised_connection import expecting
from lab.analysis.checks.finding import Cure, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import routed_by, values
from lab.analysis.checks.hybrid_flows import (
    Colleagues,
    FrontEndEntry,
    exchange_entries,
    inward,
    of_exchange,
    own_entries,
    pairs,
    whose,
)
from lab.model.decision import Basis
from lab.model.tenant import Tenant
from lab.model.topology import Host
from lab.scenario.model import MessageSpec
from lab.sentence import NOTHING, Sentence, sentence, together


def _taken_for_another(context: AuditContext, tenant: Tenant, played: PlayedProbe) -> Sentence:
    entry = _another(context, played, tenant)
    if entry is None:
        return NOTHING
    return sentence(
        '{mail} is taken for {tenant} by {basis}, through "{connector}"',
        mail=whose(entry.fate),
        tenant=entry.decision.tenant_name,
        basis=entry.decision.basis,
        connector=entry.decision.connector_name,
    )


def _another(context: AuditContext, played: PlayedProbe, tenant: Tenant) -> FrontEndEntry | None:
    """A hand-over of an own machine for one tenant that was taken for another's own."""
    recognised = (entry for entry in own_entries(context, played) if entry.recognised)
    return next((entry for entry in recognised if entry.decision.tenant_name != tenant.name), None)


@check("MFL-ATTR-009", Severity.ERROR, "R3", "R18", "R19")
def one_certificate(context: AuditContext) -> Iterator[Suspicion]:
    """Exchange shows one certificate to several of the company's tenants.

    Connectors of several tenants fit the same certificate. The tenant that has its name as an accepted domain gets all
    of the mail, that for the others included, and sends it on by MX as a stranger's. Which one wins among equals is not
    documented, and may change.

    Cure: A certificate with a name of its own, and a send connector, for each tenant.
    """
    for pair in pairs(context) if len(context.tenants) > 1 else ():
        probe = Probe((pair.to_cloud(),))
        played = context.play(probe)
        entry = _another(context, played, pair.tenant)
        if entry is not None and entry.decision.basis is Basis.CERTIFICATE and entry.host.holds_mailboxes:
            used = routed_by(played, entry.host.name) or ""
            separate = _certificate_each(context, pair, entry.host, used)
            yield _confused(context, pair.tenant, entry, probe, separate)


def _confused(
    context: AuditContext, tenant: Tenant, entry: FrontEndEntry, probe: Probe, *offered: Cure
) -> Suspicion:
    other, connector, profile = entry.decision.tenant, entry.decision.connector, presented(context, entry)
    assert other is not None, "who is recognised is somebody's"
    assert connector is not None, "by a connector"
    host = entry.host
    template = "{host} comes from {address} to both tenants"
    shown = fact(of_host(host, "certificate"), template, host=host.name, address=host.source)
    if profile is not None:
        both = "{host} shows the {certificate} to both tenants"
        shown = fact(shown.path, both, host=host.name, certificate=named(profile))
    wrong = "what {host} hands over for {tenant} is taken for {other}"
    seen = "{connector} in {tenant}"
    return Suspicion(
        about=f"{entry.host.name}/{tenant.name}",
        text=sentence(wrong, host=host.name, tenant=tenant.name, other=other.name),
        facts=(
            shown,
            fact(told_at(context, other, connector), seen, connector=expects(connector), tenant=other.name),
        ),
        probe=probe,
        shows=partial(_taken_for_another, context, tenant),
        cures=offered,
    )


def _label(tenant: Tenant) -> str:
    return tenant.initial_domain.partition(".")[0]


def _certificate_each(context: AuditContext, pair: Colleagues, host: Host, used: str) -> Cure:
    tenant = pair.tenant
    name, profile = f"hybrid.{tenant.default_domain}", f"mflab-{_label(tenant)}"
    change: dict[str, Any] = {
        f"certificates.{profile}": {"names": [name]},
        context.named_setting(pair.organization, "SendConnectors", used, "TlsCertificateName"): profile,
    }
    if host.certificates:
        change[of_host(host, "certificates")] = [*host.certificates, profile]
    return cure(
        'a certificate for {name} on "{connector}" alone, which the connector of {tenant} expects, and which '
        "it accepts",
        {**change, **expecting(context, tenant, name)},
        name=name,
        connector=used,
        tenant=tenant.name,
    )


@check("MFL-ATTR-010", Severity.ERROR, "R3", "R18", "R19", "R30")
def customers(context: AuditContext) -> Iterator[Suspicion]:
    """What a gateway hands in for one customer is taken for another.

    A provider's gateway is the MX of several tenants and shows all of them one certificate, or comes from one address.
    The tenant that has the name as an accepted domain, or the sender's domain, gets the mail; it sends it to the
    recipient's MX, which is the gateway, and round it goes.

    Cure: A name, a certificate and an address for each customer, verified in the customer's tenant.
    """
    gateways = tuple(context.filters())
    tenants = context.topology.tenants.values()
    served = [tenant for tenant in tenants if any(_serves(host, tenant) for host in gateways)]
    for host in gateways:
        for tenant in (tenant for tenant in served if _serves(host, tenant)):
            for spec in _incoming(context, tenant, served):
                probe = Probe((spec,))
                entry = _another(context, context.play(probe), tenant)
                if entry is not None and entry.host.name == host.name:
                    cures = _name_each(context, tenant, host), shared_cures.shows_nothing(host)
                    yield _confused(context, tenant, entry, probe, *cures)


def _serves(host: Host, tenant: Tenant) -> bool:
    return bool(host.forwards_to) and any(tenant.accepts(domain) for domain in host.accepts_domains)


def _incoming(context: AuditContext, tenant: Tenant, served: list[Tenant]) -> Iterator[MessageSpec]:
    """What strangers write to a customer, and what another customer does."""
    recipient = context.mailbox(tenant)
    if recipient is None:
        return
    yield inward(recipient)
    others = (context.mailbox(other) for other in served if other.name != tenant.name)
    sender = next(filter(None, others), None)
    if sender is not None:
        yield message(sender, recipient)


def _name_each(context: AuditContext, tenant: Tenant, host: Host) -> Cure:
    organization = context.topology.organizations[host.organization or ""]
    name, profile = f"{_label(tenant)}.{first_domain(organization) or host.fqdn}", f"mflab-{_label(tenant)}"
    return cure(
        "a name and a certificate for each customer: {name} on a machine for {tenant} alone, in its "
        "connector, and as its accepted domain",
        {
            f"certificates.{profile}": {"names": [name]},
            of_host(host, "certificate"): profile,
            **expecting(context, tenant, name),
        },
        name=name,
        tenant=tenant.name,
    )


@check("MFL-TENANT-001", Severity.ERROR, "R5", "R11")
def unverified(context: AuditContext) -> Iterator[Suspicion]:
    """The company's domain is not verified in its tenant.

    The domain of the on-premises mailboxes is no accepted domain of the tenant. Neither the hybrid certificate nor MAIL
    FROM vouches for a connection then: colleagues' mail is a stranger's, and synchronised users get addresses at
    onmicrosoft.com.

    Cure: Verify the domain in the tenant, and the name on the hybrid connector.
    """
    for pair in pairs(context):
        domain = pair.onprem.domain
        probe = Probe((pair.to_cloud(),))
        strangers = [entry for entry in exchange_entries(context, context.play(probe)) if _stranger(entry)]
        if pair.tenant.accepts(domain) is None and strangers:
            yield _unverified(context, pair, probe, strangers[0])


def _stranger(entry: FrontEndEntry) -> bool:
    """A connector fits, and neither its name nor MAIL FROM is accepted."""
    return not entry.recognised and bool(entry.decision.candidates)


def _unverified(context: AuditContext, pair: Colleagues, probe: Probe, entry: FrontEndEntry) -> Suspicion:
    domain, tenant = pair.onprem.domain, pair.tenant
    connector = entry.decision.candidates[0].connector
    value = connector.tls_sender_certificate_name
    names = [str(domain)]
    if value and not value.wildcard and tenant.accepts(value.domain) is None:
        names.append(str(value))
    path = f"tenants.{tenant.name}.AcceptedDomains"
    template = "{sender} writes in its name"
    helps = "verify {domains} in {tenant}"
    return Suspicion(
        about=str(domain),
        text=sentence("{domain} is no accepted domain of {tenant}", domain=domain, tenant=tenant.name),
        facts=(
            fact(path, "{tenant} does not accept {domain}", tenant=tenant.name, domain=domain),
            fact(f"organizations.{pair.organization.name}.domains", template, sender=pair.onprem),
        ),
        probe=probe,
        shows=partial(of_exchange, context, _stranger),
        cures=(
            cure(
                helps, {path: [*values(context, path), *names]}, domains=together(names), tenant=tenant.name
            ),
        ),
    )
