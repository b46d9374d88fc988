"""Mail to others that Exchange Online takes for the own hybrid connection: the article's fault in all its forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from lab.analysis.checks import shared_cures, stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, first_domain, message, of_host
from lab.analysis.checks.finding import Cure, Fact, Severity, Suspicion, check, fact
from lab.core.attribution import ATTR35
from lab.core.attribution_result import Attribution
from lab.model.decision import Basis
from lab.model.names import Address, Domain
from lab.model.onprem import OnPremOrganization
from lab.model.steps import Attributed
from lab.model.tenant import ConnectorType, InboundConnector, Tenant
from lab.model.topology import Host
from lab.reports.explanation.conclusions import Leg
from lab.sentence import NOTHING, Sentence, sentence


def misrouted(played: PlayedProbe) -> Leg | None:
    """Where the message was taken for somebody whom its sender did not mean."""
    return next((fate.misrouted for fate in played.fates.values() if fate.misrouted), None)


def astray(played: PlayedProbe) -> Sentence:
    """The wrong tenant; NOTHING if the message went where it was sent."""
    leg = misrouted(played)
    if leg is None:
        return NOTHING
    decided = leg.hop.first(Attributed)
    assert decided is not None, "a front end led it astray"
    shown = 'mail for {meant} is taken for {tenant} by {basis}, through "{connector}"'
    return sentence(
        shown, meant=leg.meant, tenant=decided.tenant, basis=decided.basis, connector=decided.connector
    )


def to_partner(context: AuditContext, organization: OnPremOrganization, recipient: Address) -> Probe | None:
    """What somebody on-premises writes to a partner; without mailboxes there, what its gateway relays."""
    sender = context.mailbox(organization)
    if sender is not None:
        return Probe((message(sender, recipient),))
    domain = first_domain(organization)
    gateway = next((host for host in context.filters(organization.name) if host.relay_from), None)
    if domain is None or gateway is None:
        return None
    return Probe((message(Address("somebody", domain), recipient, via=gateway.name),))


def _to_partners(
    context: AuditContext, recipient: Address, wrong_leg: Callable[[PlayedProbe], Leg | None]
) -> Iterator[tuple[Suspicion, Host, Basis]]:
    """Every way on which mail for a partner goes wrong, with the machine that hands it over and the basis."""
    for organization in context.organizations:
        probe = to_partner(context, organization, recipient)
        leg = wrong_leg(context.play(probe)) if probe else None
        host = context.topology.hosts.get(leg.origin or "") if leg else None
        decided = leg.hop.first(Attributed) if leg else None
        if probe and host and decided:
            yield _opening(context, probe, host, decided), host, decided.basis


def _opening(context: AuditContext, probe: Probe, host: Host, decided: Attributed) -> Suspicion:
    decision = decided.cause  # names the connector itself; a foreign tenant's is not ours to change
    assert isinstance(decision, Attribution), "the simulator hangs decisions on their steps"
    tenant, connector = decision.tenant, decision.connector
    assert tenant is not None, "it was taken for somebody"
    assert connector is not None, "by a connector"
    wrong = '{host} opens the hybrid connector "{connector}" of {tenant}'
    return Suspicion(
        about=host.name,
        text=sentence(wrong, host=host.name, connector=connector.name, tenant=tenant.name),
        facts=(_shown(context, host, decided), expectation(context, tenant, connector)),
        probe=probe,
        shows=astray,
        cures=tuple(cures_at(context, host, tenant, connector)),
    )


def cures_at(
    context: AuditContext, host: Host, tenant: Tenant, connector: InboundConnector
) -> Iterator[Cure]:
    """What keeps a machine from opening a connector."""
    by_name = connector.tls_sender_certificate_name is not None
    if tenant in context.tenants:
        yield shared_cures.own_name(context, tenant, connector, tenant.default_domain)
    if by_name and host.is_filter:
        yield shared_cures.shows_nothing(host)
    if host.holds_mailboxes and host.organization:
        yield from shared_cures.other_certificate(context, context.topology.organizations[host.organization])


def told_at(context: AuditContext, tenant: Tenant, connector: InboundConnector) -> str:
    """Where the connector's value is written: with the wizard's settings, if those made it."""
    for organization in context.organizations:
        if shared_cures.made_by_wizard(context, organization, tenant, connector):
            return f"organizations.{organization.name}.hybrid.certificate_name"
    by_name = connector.tls_sender_certificate_name is not None
    parameter = "TlsSenderCertificateName" if by_name else "SenderIPAddresses"
    return context.setting(tenant, connector, parameter)


def _shown(context: AuditContext, host: Host, decided: Attributed) -> Fact:
    if decided.basis is Basis.ADDRESS:
        path = of_host(host, "nat" if host.nat else "address")
        return fact(path, "{host} comes from {address}", host=host.name, address=host.source)
    profile = context.profile(host)
    path = of_host(host, "certificate")
    if profile is None:
        return fact(path, "{host} shows a client certificate", host=host.name)
    shows = "{host} shows a client certificate with {names}"
    return fact(path, shows, host=host.name, names=", ".join(profile.names))


def expectation(context: AuditContext, tenant: Tenant, connector: InboundConnector) -> Fact:
    """By what a connector knows its peer, where it is written."""
    return Fact(told_at(context, tenant, connector), expects(connector))


def expects(connector: InboundConnector) -> Sentence:
    """By what a connector knows its peer."""
    value = connector.tls_sender_certificate_name
    if value is not None:
        by_name = '"{connector}" has TlsSenderCertificateName {name}'
        return sentence(by_name, connector=connector.name, name=value)
    addresses = ", ".join(map(str, connector.sender_ip_addresses))
    by_address = '"{connector}" has SenderIPAddresses {addresses}'
    return sentence(by_address, connector=connector.name, addresses=addresses)


@check("MFL-ATTR-001", Severity.ERROR, "R3", "R13", "R85")
def shared_certificate(context: AuditContext) -> Iterator[Suspicion]:
    """A sender to the internet shows the certificate of the hybrid connection.

    The gateway (or whatever delivers to the internet) shows the certificate that Exchange has, too. Where a recipient's
    mailbox is in Exchange Online, the service reads the client certificate before it looks at sender and recipient,
    takes the connection for the company's own hybrid connection, and the mail runs through the company's tenant instead
    of the recipient's.

    Cure: Give the hybrid connection a name and a certificate that nobody else has, and make the name an accepted
    domain. Or let the gateway show no client certificate: Exchange Online asks for one, but needs none.
    """
    for suspicion, host, basis in _to_partners(context, stand_ins.NEAR, misrouted):
        if host.is_filter and basis is Basis.CERTIFICATE and _shared(context, host):
            yield suspicion


@check("MFL-ATTR-002", Severity.ERROR, "R3", "R73", "R13")
def covered_certificate(context: AuditContext) -> Iterator[Suspicion]:
    """A sender's own certificate is covered by the hybrid connector's value.

    The gateway has a certificate of its own. But the connector's TlsSenderCertificateName is a wildcard that covers its
    name, or the certificate is a wildcard that covers the connector's name, and so it opens the hybrid connector.

    Cure: An exact name on the connector that no certificate of another machine has or covers, as an accepted domain.
    """
    for suspicion, host, basis in _to_partners(context, stand_ins.NEAR, misrouted):
        if host.is_filter and basis is Basis.CERTIFICATE and not _shared(context, host):
            yield suspicion


@check("MFL-ATTR-003", Severity.ERROR, "R5", "R7", "R21")
def shared_address(context: AuditContext) -> Iterator[Suspicion]:
    """A sender to the internet comes from an address that the hybrid connector knows.

    The connector knows Exchange by address, and something else that sends to the internet comes from the same address:
    behind one NAT address, say. Mail from an accepted domain is then taken for the company's own.

    Cure: Know Exchange by a certificate instead, or let it leave by an address of its own.
    """
    for suspicion, _, basis in _to_partners(context, stand_ins.NEAR, misrouted):
        if basis is Basis.ADDRESS:
            yield suspicion


@check("MFL-ATTR-004", Severity.ERROR, "R3", "R249")
def exchange_itself(context: AuditContext) -> Iterator[Suspicion]:
    """Exchange sends to the internet itself, with the certificate of the hybrid connection.

    The send connector for the internet has no gateway behind it, and Exchange shows the same certificate to everybody.
    Partners' front ends take it for the hybrid connection.

    Cure: Another certificate (TlsCertificateName) on the send connector for the internet.
    """
    for suspicion, host, basis in _to_partners(context, stand_ins.NEAR, misrouted):
        if host.holds_mailboxes and basis is Basis.CERTIFICATE:
            yield suspicion


def _shared(context: AuditContext, host: Host) -> bool:
    return any(
        host.certificate in (server.certificate, *server.certificates)
        for server in context.exchange_servers()
    )


@check("MFL-ATTR-005", Severity.ERROR, "R31", "R32")
def other_region(context: AuditContext) -> Iterator[Suspicion]:
    """Partners in another region cannot be reached with this certificate.

    The certificate fits the company's connector, the recipient's tenant is in another region. Its front ends answer 451
    4.4.62 ATTR35, the sender tries again until it gives up, and the sender's administrator sees only a slow queue.

    Cure: As for MFL-ATTR-001: whoever sends to partners must not fit the hybrid connector.
    """
    for suspicion, _, _ in _to_partners(context, stand_ins.FAR, _wrong_region):
        yield replace(suspicion, shows=lambda played: _stuck(played) or astray(played))


def _wrong_region(played: PlayedProbe) -> Leg | None:
    for leg in (leg for fate in played.fates.values() for leg in fate.legs):
        if leg.refusal and leg.refusal.text == ATTR35.text and leg.place != f"tenant:{leg.meant}":
            return leg
    return None


def _stuck(played: PlayedProbe) -> Sentence:
    leg = _wrong_region(played)
    if leg is None:
        return NOTHING
    return sentence(
        "front ends of another region say {code} {status} ATTR35 until {host} gives up; "
        "it is assumed that they do, and do not pass it on to the company's tenant (R32)",
        code=ATTR35.code,
        status=ATTR35.enhanced,
        host=leg.origin,
    )


@check("MFL-ATTR-006", Severity.WARNING, "R73", "R13")
def any_further_machine(context: AuditContext) -> Iterator[Suspicion]:
    """The hybrid connector's value is a wildcard.

    As things are, nothing need go wrong. But any machine that gets a certificate below that domain and sends mail to a
    customer of Exchange Online opens the connector, and nobody who orders a certificate knows.

    Cure: An exact name that only Exchange has, as an accepted domain.
    """
    for tenant, connector in context.inbound():
        value = connector.tls_sender_certificate_name
        if (
            connector.connector_type is ConnectorType.ON_PREMISES
            and value
            and value.wildcard
            and value.domain
        ):
            for organization, sender in context.with_mailbox(context.organizations):
                yield _further(context, tenant, connector, organization, value.domain, sender)


def _further(
    context: AuditContext,
    tenant: Tenant,
    connector: InboundConnector,
    organization: OnPremOrganization,
    domain: Domain,
    sender: Address,
) -> Suspicion:
    name = f"www.{domain}"
    machine = f"{stand_ins.PREFIX}-machine"
    path = f"organizations.{organization.name}.hosts.{machine}"
    host = {
        "role": "gateway",
        "address": stand_ins.free_address(context.topology),
        "certificate": machine,
        "accepts_domains": [],
    }
    wrong = 'every machine with a certificate below {domain} opens "{connector}" of {tenant}'
    return Suspicion(
        about=connector.name,
        text=sentence(wrong, domain=domain, connector=connector.name, tenant=tenant.name),
        facts=(
            expectation(context, tenant, connector),
            fact("", "any machine with a certificate for {name} fits", name=name),
        ),
        probe=Probe(
            (message(sender, stand_ins.NEAR, via=machine),),
            {path: host, f"certificates.{machine}": {"names": [name]}},
        ),
        shows=astray,
        cures=(shared_cures.own_name(context, tenant, connector, tenant.default_domain),),
        condition=sentence(
            "once a machine with a certificate for {name} sends to a partner in Exchange Online", name=name
        ),
    )
