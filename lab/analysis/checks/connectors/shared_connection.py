"""Several tenants, one connection: own companies, a provider's customers, and a domain that is nobody's yet."""

from __future__ import annotations

from collections.abc import Iterator

from lab.analysis.checks import shared_cures
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message, of_host
from lab.analysis.checks.certificate_flaws import named, presented
from lab.analysis.checks.connectors.misattribution import expects, told_at
from lab.analysis.checks.connectors.unrecognised_connection import accepting, meant
from lab.analysis.checks.finding import Cure, ProbeJudgement, Severity, Suspicion, check, cure, fact
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
from lab.scenario.changeable_scenario import SettingChange
from lab.scenario.model import MessageSpec
from lab.sentence import NOTHING, Sentence, sentence, together


def _taken_for_another(world: AuditContext, tenant: Tenant) -> ProbeJudgement:
    def shows(played: PlayedProbe) -> Sentence:
        entry = _another(world, played, tenant)
        if entry is None:
            return NOTHING
        return sentence(
            '{mail} is taken for {tenant} by {basis}, through "{connector}"',
            mail=whose(entry.fate),
            tenant=entry.decision.tenant_name,
            basis=entry.decision.basis,
            connector=entry.decision.connector_name,
        )

    return shows


def _another(world: AuditContext, played: PlayedProbe, tenant: Tenant) -> FrontEndEntry | None:
    """A hand-over of an own machine for one tenant that was taken for another's own."""
    found = (entry for entry in own_entries(world, played) if entry.recognised)
    return next((entry for entry in found if entry.decision.tenant_name != tenant.name), None)


@check("MFL-ATTR-009", Severity.ERROR, "R3", "R18", "R19")
def one_certificate(world: AuditContext) -> Iterator[Suspicion]:
    """Exchange shows one certificate to several of the company's tenants.

    Connectors of several tenants fit the same certificate. The tenant that has its name as an accepted domain gets all
    of the mail, that for the others included, and sends it on by MX as a stranger's. Which one wins among equals is not
    documented, and may change.

    Cure: A certificate with a name of its own, and a send connector, for each tenant.
    """
    for pair in pairs(world) if len(world.tenants) > 1 else ():
        probe = Probe((pair.to_cloud(),))
        played = world.play(probe)
        entry = _another(world, played, pair.tenant)
        if entry is not None and entry.decision.basis is Basis.CERTIFICATE and entry.host.holds_mailboxes:
            used = routed_by(played, entry.host.name) or ""
            yield _confused(
                world, pair.tenant, entry, probe, _certificate_each(world, pair, entry.host, used)
            )


def _confused(
    world: AuditContext, tenant: Tenant, entry: FrontEndEntry, probe: Probe, *offered: Cure
) -> Suspicion:
    other, connector, profile = entry.decision.tenant, entry.decision.connector, presented(world, entry)
    assert other is not None, "who is recognised is somebody's"
    assert connector is not None, "by a connector"
    host = entry.host
    told = "{host} comes from {address} to both tenants"
    shown = fact(of_host(host, "certificate"), told, host=host.name, address=host.source)
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
            fact(told_at(world, other, connector), seen, connector=expects(connector), tenant=other.name),
        ),
        probe=probe,
        shows=_taken_for_another(world, tenant),
        cures=offered,
    )


def _label(tenant: Tenant) -> str:
    return tenant.initial_domain.partition(".")[0]


def _certificate_each(world: AuditContext, pair: Colleagues, host: Host, used: str) -> Cure:
    tenant = pair.tenant
    name, profile = f"hybrid.{tenant.default_domain}", f"mflab-{_label(tenant)}"
    connector = meant(tenant)
    store: SettingChange = (
        {of_host(host, "certificates"): [*host.certificates, profile]} if host.certificates else {}
    )
    inbound: SettingChange = (
        {world.setting(tenant, "InboundConnectors", connector.name, "TlsSenderCertificateName"): name}
        if connector
        else {}
    )
    return cure(
        'a certificate for {name} on "{connector}" alone, which the connector of {tenant} expects, and which '
        "it accepts",
        {
            f"certificates.{profile}": {"names": [name]},
            world.setting(pair.organization, "SendConnectors", used, "TlsCertificateName"): profile,
            **store,
            **inbound,
            **accepting(world, tenant, name),
        },
        name=name,
        connector=used,
        tenant=tenant.name,
    )


@check("MFL-ATTR-010", Severity.ERROR, "R3", "R18", "R19", "R30")
def customers(world: AuditContext) -> Iterator[Suspicion]:
    """What a gateway hands in for one customer is taken for another.

    A provider's gateway is the MX of several tenants and shows all of them one certificate, or comes from one address.
    The tenant that has the name as an accepted domain, or the sender's domain, gets the mail; it sends it to the
    recipient's MX, which is the gateway, and round it goes.

    Cure: A name, a certificate and an address for each customer, verified in the customer's tenant.
    """
    gateways = tuple(world.filters())
    served = [t for t in world.topology.tenants.values() if any(_serves(host, t) for host in gateways)]
    for host in gateways:
        for tenant in (tenant for tenant in served if _serves(host, tenant)):
            for spec in _incoming(world, tenant, served):
                entry = _another(world, world.play(Probe((spec,))), tenant)
                if entry is not None and entry.host.name == host.name:
                    silent = shared_cures.shows_nothing(host)
                    yield _confused(
                        world, tenant, entry, Probe((spec,)), _name_each(world, tenant, host), silent
                    )


def _serves(host: Host, tenant: Tenant) -> bool:
    return bool(host.forwards_to) and any(tenant.accepts(domain) for domain in host.accepts_domains)


def _incoming(world: AuditContext, tenant: Tenant, served: list[Tenant]) -> Iterator[MessageSpec]:
    """What strangers write to a customer, and what another customer does."""
    recipient = world.mailbox(tenant)
    if recipient is None:
        return
    yield inward(recipient)
    others = (world.mailbox(other) for other in served if other.name != tenant.name)
    sender = next(filter(None, others), None)
    if sender is not None:
        yield message(sender, recipient)


def _name_each(world: AuditContext, tenant: Tenant, host: Host) -> Cure:
    organization = world.topology.organizations[host.organization or ""]
    domain = next((accepted.domain_name for accepted in organization.accepted_domains), host.fqdn)
    name, profile, connector = f"{_label(tenant)}.{domain}", f"mflab-{_label(tenant)}", meant(tenant)
    inbound: SettingChange = (
        {world.setting(tenant, "InboundConnectors", connector.name, "TlsSenderCertificateName"): name}
        if connector
        else {}
    )
    return cure(
        "a name and a certificate for each customer: {name} on a machine for {tenant} alone, in its "
        "connector, and as its accepted domain",
        {
            f"certificates.{profile}": {"names": [name]},
            of_host(host, "certificate"): profile,
            **inbound,
            **accepting(world, tenant, name),
        },
        name=name,
        tenant=tenant.name,
    )


@check("MFL-TENANT-001", Severity.ERROR, "R5", "R11")
def unverified(world: AuditContext) -> Iterator[Suspicion]:
    """The company's domain is not verified in its tenant.

    The domain of the on-premises mailboxes is no accepted domain of the tenant. Neither the hybrid certificate nor MAIL
    FROM vouches for a connection then: colleagues' mail is a stranger's, and synchronised users get addresses at
    onmicrosoft.com.

    Cure: Verify the domain in the tenant, and the name on the hybrid connector.
    """
    for pair in pairs(world):
        domain = pair.onprem.domain
        probe = Probe((pair.to_cloud(),))
        strangers = [entry for entry in exchange_entries(world, world.play(probe)) if _stranger(entry)]
        if pair.tenant.accepts(domain) is None and strangers:
            yield _unverified(world, pair, probe, strangers[0])


def _stranger(entry: FrontEndEntry) -> bool:
    """A connector fits, and neither its name nor MAIL FROM is accepted."""
    return not entry.recognised and bool(entry.decision.candidates)


def _unverified(world: AuditContext, pair: Colleagues, probe: Probe, entry: FrontEndEntry) -> Suspicion:
    domain, tenant = pair.onprem.domain, pair.tenant
    connector = entry.decision.candidates[0].connector
    value = connector.tls_sender_certificate_name
    names = [
        str(domain),
        *([str(value)] if value and not value.wildcard and tenant.accepts(value.domain) is None else []),
    ]
    path = f"tenants.{tenant.name}.AcceptedDomains"
    told = "{sender} writes in its name"
    helps = "verify {domains} in {tenant}"
    return Suspicion(
        about=str(domain),
        text=sentence("{domain} is no accepted domain of {tenant}", domain=domain, tenant=tenant.name),
        facts=(
            fact(path, "{tenant} does not accept {domain}", tenant=tenant.name, domain=domain),
            fact(f"organizations.{pair.organization.name}.domains", told, sender=pair.onprem),
        ),
        probe=probe,
        shows=of_exchange(world, _stranger),
        cures=(
            cure(helps, {path: [*values(world, path), *names]}, domains=together(names), tenant=tenant.name),
        ),
    )
