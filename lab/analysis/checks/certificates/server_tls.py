"""TLS that one side demands and the other does not give: what Exchange shows as a server, what its connectors want."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lab.analysis.checks import shared_cures
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, of_host
from lab.analysis.checks.certificate_flaws import CHAIN, OUTDATED, PRIVATE, CertificateFlaw, mended, named
from lab.analysis.checks.finding import Cure, ProbeJudgement, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.hybrid_flows import flows, pairs, refusals, whose
from lab.core.certificate_store import is_stale
from lab.core.service_host_names import SERVICE
from lab.evidence.hop_facts import connector_of
from lab.model.certificate import CertificateProfile
from lab.model.onprem import OnPremOrganization, SendConnector
from lab.model.steps import Bounced, Deferred, Dropped
from lab.model.tenant import OutboundConnector, Tenant
from lab.model.topology import Host
from lab.model.trace import Hop
from lab.model.value import dataclass
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence, together

SUBJECT, CHAINLESS, NO_STARTTLS = "SubjectMismatch", "CertificateValidationFailure", "STARTTLS is required"
_Waiting = Deferred | Bounced | Dropped


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A tenant's connector that is not satisfied with a server of the company."""

    tenant: Tenant
    connector: OutboundConnector
    host: Host
    probe: Probe

    def path(self, world: AuditContext, parameter: str) -> str:
        """A setting of the connector."""
        return world.setting(self.tenant, "OutboundConnectors", self.connector.name, parameter)


def _unsatisfied(world: AuditContext, cause: str) -> Iterator[_Refusal]:
    for pair in pairs(world):
        probe = Probe((pair.from_cloud(),))
        found = _waits(world.play(probe), cause)
        host = _behind(world, found[1]) if found else None
        connectors = {connector.name: connector for connector in pair.tenant.outbound_connectors}
        connector = connectors.get(connector_of(*found)) if found else None
        if host is not None and connector is not None:
            yield _Refusal(pair.tenant, connector, host, probe)


def _waits(played: PlayedProbe, cause: str) -> tuple[Hop, _Waiting] | None:
    """The first step that tells of it."""
    for fate in played.fates.values():
        for hop in fate.trace.hops:
            for step in hop.steps:
                if isinstance(step, _Waiting) and step.reply is not None and cause in step.reply.text:
                    return hop, step
    return None


def _behind(world: AuditContext, step: _Waiting) -> Host | None:
    """The company's machine that was spoken to."""
    own = (*world.exchange_servers(), *world.filters())
    return next((host for host in own if str(host.fqdn) == step.contact.host), None)


def _shows(cause: str) -> ProbeJudgement:
    def shows(played: PlayedProbe) -> Sentence:
        reply = next((reply for reply in refusals(played) if cause in reply), "")
        fate = next(iter(played.fates.values()), None)
        if not reply or fate is None:
            return NOTHING
        waits = "{mail} waits, and is {outcome}: {reply}"
        return sentence(waits, mail=whose(fate), outcome=fate.outcome, reply=_said(reply))

    return shows


def _said(reply: str) -> str:
    """What stands in brackets is what the other side, or the judge of it, said."""
    inner = reply.partition("[Message=")[2].partition("]")[0] or reply.partition('"')[2].partition('"')[0]
    return inner or reply


@check("MFL-CERT-009", Severity.ERROR, "R90", "R91", "R111")
def subject_mismatch(world: AuditContext) -> Iterator[Suspicion]:
    """TlsDomain of the tenant's connector is no name of Exchange's certificate.

    The tenant delivers to on-premises only if the server's certificate has the name in TlsDomain (DomainValidation). It
    has another, after a renewal perhaps; mail from the cloud waits with 450 4.4.317 SubjectMismatch for a day and then
    fails with 5.4.317.

    Cure: Let TlsDomain name what the certificate names; the wizard does so when it is run again.
    """
    for refusal in _unsatisfied(world, SUBJECT):
        profile = world.variant.profiles.get(refusal.host.certificate or "")
        if profile is None:
            continue
        connector, host, path = refusal.connector, refusal.host, refusal.path(world, "TlsDomain")
        names = {"connector": connector.name, "tenant": refusal.tenant.name, "host": host.name}
        shown = of_host(host, "certificate")
        yield Suspicion(
            about=connector.name,
            text=sentence('"{connector}" of {tenant} expects a name that {host} does not show', **names),
            facts=(
                fact(path, '"{connector}" has TlsDomain {name}', name=connector.tls_domain, **names),
                fact(shown, "{host} shows the {certificate}", certificate=named(profile), **names),
            ),
            probe=refusal.probe,
            shows=_shows(SUBJECT),
            cures=(cure("TlsDomain is {name}", {path: profile.names[0]}, name=profile.names[0]),),
        )


@check("MFL-CERT-010", Severity.ERROR, "R90", "R125", "R150")
def unacceptable(world: AuditContext) -> Iterator[Suspicion]:
    """Exchange's certificate is none that the tenant delivers to.

    The tenant's connector to on-premises demands a certificate with a public chain that is valid. Exchange's has
    expired, comes from no public authority, or is sent without its intermediate. Mail from the cloud waits and fails
    with 5.4.317.

    Cure: A valid certificate from a public authority, with its intermediate installed.
    """
    for refusal in _unsatisfied(world, CHAINLESS):
        profile = world.variant.profiles.get(refusal.host.certificate or "")
        if profile is None:
            continue
        found = _untrusted(profile)
        if not found:
            continue
        connector, path = refusal.connector, f"certificates.{profile.name}.{found[0].parameter}"
        names = {"host": refusal.host.name, "tenant": refusal.tenant.name, "connector": connector.name}
        level = connector.tls_settings.value if connector.tls_settings else ""
        wrong = {"certificate": named(profile), "flaws": together(flaw.text for flaw in found)}
        told = '"{connector}" has TlsSettings {level}'
        yield Suspicion(
            about=connector.name,
            text=sentence("{host} shows a certificate that {tenant} does not deliver to", **names),
            facts=(
                fact(path, "the {certificate} of {host} {flaws}", **wrong, **names),
                fact(refusal.path(world, "TlsSettings"), told, level=level, **names),
            ),
            probe=refusal.probe,
            shows=_shows(CHAINLESS),
            cures=(_mended(profile, found),),
        )


def _untrusted(profile: CertificateProfile) -> tuple[CertificateFlaw, ...]:
    return tuple(flaw for flaw in (OUTDATED, CHAIN, PRIVATE) if flaw.has(profile))


def _mended(profile: CertificateProfile, found: tuple[CertificateFlaw, ...]) -> Cure:
    to = together(flaw.mended for flaw in found)
    return cure("the certificate is {mended}", mended(profile.name, found), mended=to)


@check("MFL-CERT-011", Severity.ERROR, "R90", "R111", "R115")
def without_starttls(world: AuditContext) -> Iterator[Suspicion]:
    """Exchange offers no STARTTLS to the tenant.

    The tenant's connector to on-premises demands TLS. Exchange has no certificate, or a firewall that inspects SMTP
    takes STARTTLS out of the answer. Mail from the cloud waits with 4.4.317 and fails a day later.

    Cure: A certificate for SMTP, and no inspection between the tenant and Exchange.
    """
    for refusal in _unsatisfied(world, NO_STARTTLS):
        host = refusal.host
        if not _stale_receiver(world, host):
            parameter = "certificate" if host.certificate is None else "offers_tls"
            path = refusal.path(world, "TlsSettings")
            wrong = "{host} offers no STARTTLS, which {tenant} demands"
            yield Suspicion(
                about=host.name,
                text=sentence(wrong, host=host.name, tenant=refusal.tenant.name),
                facts=(
                    fact(of_host(host, parameter), "{host} offers no STARTTLS", host=host.name),
                    fact(path, '"{connector}" delivers by TLS only', connector=refusal.connector.name),
                ),
                probe=refusal.probe,
                shows=_shows(NO_STARTTLS),
                cures=(_with_tls(host, refusal.connector),),
            )


def _stale_receiver(world: AuditContext, host: Host) -> bool:
    """Told by MFL-CERT-007."""
    receivers = world.topology.organizations[host.organization or ""].receive_connectors
    return any(
        is_stale(host, receiver.tls_certificate_name, world.topology.certificates) for receiver in receivers
    )


def _with_tls(host: Host, connector: OutboundConnector) -> Cure:
    if host.certificate is not None:
        helps = "{host} offers STARTTLS: no inspection in between"
        return cure(helps, {of_host(host, "offers_tls"): True}, host=host.name)
    name = str(connector.tls_domain or host.fqdn)
    return cure(
        "{host} gets a certificate for {name}",
        {
            f"certificates.{shared_cures.HYBRID}": {"names": [name]},
            of_host(host, "certificate"): shared_cures.HYBRID,
        },
        host=host.name,
        name=name,
    )


@check("MFL-CERT-012", Severity.ERROR, "R90", "R101")
def demanded(world: AuditContext) -> Iterator[Suspicion]:
    """A send connector demands TLS that its next hop does not give.

    RequireTLS, TlsAuthLevel or TlsDomain of a send connector ask for more than the next hop has: no STARTTLS, another
    name, no public chain. The queue says 4.4.101, and the report comes after two days.

    Cure: Let the next hop give what is demanded, or demand what it gives.
    """
    for flow in flows(world):
        played = world.play(flow.probe)
        for cause in (SUBJECT, CHAINLESS, NO_STARTTLS):
            found = _waits(played, cause)
            connectors = {connector.name: connector for connector in flow.organization.send_connectors}
            connector = connectors.get(connector_of(*found)) if found else None
            if found and connector:
                yield _demanding(world, flow.organization, connector, cause, found[1], flow.probe)


def _demanding(
    world: AuditContext,
    organization: OnPremOrganization,
    connector: SendConnector,
    cause: str,
    step: _Waiting,
    probe: Probe,
) -> Suspicion:
    def path(parameter: str) -> str:
        return world.setting(organization, "SendConnectors", connector.name, parameter)

    parameter = "TlsDomain" if cause == SUBJECT else "TlsAuthLevel" if cause == CHAINLESS else "RequireTLS"
    host = _behind(world, step)
    next_hop = host.name if host else step.contact.host
    return Suspicion(
        about=connector.name,
        text=sentence(
            '"{connector}" demands TLS that {host} does not give', connector=connector.name, host=next_hop
        ),
        facts=(
            fact(
                path(parameter),
                '"{connector}" has {parameter} {value}',
                connector=connector.name,
                parameter=parameter,
                value=_setting(connector, parameter),
            ),
            fact(
                of_host(host, "certificate") if host else "",
                "{host}: {reply}",
                host=next_hop,
                reply=_said(str(step.reply)),
            ),
        ),
        probe=probe,
        shows=_shows(cause),
        cures=tuple(_given(world, host, cause, path)),
    )


def _setting(connector: SendConnector, parameter: str) -> str | Sentence:
    if parameter == "TlsAuthLevel":
        return connector.tls_auth_level.value if connector.tls_auth_level else sentence("(nothing)")
    return str(connector.tls_domain) if parameter == "TlsDomain" else sentence("on")


def _given(world: AuditContext, host: Host | None, cause: str, path: Callable[[str], str]) -> Iterator[Cure]:
    profile = world.variant.profiles.get(host.certificate or "") if host else None
    if cause == SUBJECT:
        name = profile.names[0] if profile else str(SERVICE)
        yield cure("TlsDomain is {name}", {path("TlsDomain"): name}, name=name)
    elif cause == NO_STARTTLS and host and profile:
        yield cure("{host} offers STARTTLS", {of_host(host, "offers_tls"): True}, host=host.name)
    elif cause == CHAINLESS and profile:
        yield _mended(profile, _untrusted(profile))
    weaker: SettingChange = {path("RequireTLS"): False, path("TlsAuthLevel"): None}
    yield cure("demand no TLS there: it is used all the same where it is offered", weaker)
