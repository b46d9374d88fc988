"""TLS that one side demands and the other does not give: what Exchange shows as a server, what its connectors want."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

from lab.analysis.checks import shared_cures
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, of_host
from lab.analysis.checks.certificate_flaws import CHAIN, OUTDATED, PRIVATE, CertificateFlaw, mended, named
from lab.analysis.checks.finding import Cure, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.hybrid_flows import Flow, flows, pairs, refusals, whose
from lab.core.certificate_store import is_stale
from lab.core.service_host_names import SERVICE
from lab.evidence.hop_facts import connector_of
from lab.model.certificate import CertificateProfile
from lab.model.onprem import SendConnector
from lab.model.steps import Bounced, Deferred, Dropped
from lab.model.tenant import OutboundConnector, Tenant
from lab.model.topology import Host
from lab.model.value import dataclass
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence, together

SUBJECT, CHAINLESS, NO_STARTTLS = "SubjectMismatch", "CertificateValidationFailure", "STARTTLS is required"
_Waiting = Deferred | Bounced | Dropped
C = TypeVar("C", OutboundConnector, SendConnector)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A tenant's connector that is not satisfied with a server of the company."""

    tenant: Tenant
    connector: OutboundConnector
    host: Host
    probe: Probe


def _unsatisfied(context: AuditContext, cause: str) -> Iterator[_Refusal]:
    for pair in pairs(context):
        probe = Probe((pair.from_cloud(),))
        waiting = _waiting(context.play(probe), cause, pair.tenant.outbound_connectors)
        host = _behind(context, waiting[1]) if waiting else None
        if waiting and host:
            yield _Refusal(pair.tenant, waiting[0], host, probe)


def _waiting(played: PlayedProbe, cause: str, connectors: Iterable[C]) -> tuple[C, _Waiting] | None:
    """Which of the connectors mail waits at for that cause, and the first step that tells of it."""
    for hop in played.hops:
        for step in hop.steps:
            if isinstance(step, _Waiting) and step.reply is not None and cause in step.reply.text:
                name = connector_of(hop, step)
                return next(((connector, step) for connector in connectors if connector.name == name), None)
    return None


def _behind(context: AuditContext, step: _Waiting) -> Host | None:
    """The company's machine that was spoken to."""
    return next((host for host in context.machines() if str(host.fqdn) == step.contact.host), None)


def _shows(cause: str, played: PlayedProbe) -> Sentence:
    reply = next((reply for reply in refusals(played) if cause in reply), "")
    fate = played.first
    if not reply or fate is None:
        return NOTHING
    waits = "{mail} waits, and is {outcome}: {reply}"
    return sentence(waits, mail=whose(fate), outcome=fate.outcome, reply=_said(reply))


def _said(reply: str) -> str:
    """What stands in brackets is what the other side, or the judge of it, said."""
    inner = reply.partition("[Message=")[2].partition("]")[0] or reply.partition('"')[2].partition('"')[0]
    return inner or reply


@check("MFL-CERT-009", Severity.ERROR, "R90", "R91", "R111")
def subject_mismatch(context: AuditContext) -> Iterator[Suspicion]:
    """TlsDomain of the tenant's connector is no name of Exchange's certificate.

    The tenant delivers to on-premises only if the server's certificate has the name in TlsDomain (DomainValidation). It
    has another, after a renewal perhaps; mail from the cloud waits with 450 4.4.317 SubjectMismatch for a day and then
    fails with 5.4.317.

    Cure: Let TlsDomain name what the certificate names; the wizard does so when it is run again.
    """
    for refusal in _unsatisfied(context, SUBJECT):
        profile = context.profile(refusal.host)
        if profile is None:
            continue
        connector, host = refusal.connector, refusal.host
        path = context.setting(refusal.tenant, connector, "TlsDomain")
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
            shows=partial(_shows, SUBJECT),
            cures=(cure("TlsDomain is {name}", {path: profile.names[0]}, name=profile.names[0]),),
        )


@check("MFL-CERT-010", Severity.ERROR, "R90", "R125", "R150")
def unacceptable(context: AuditContext) -> Iterator[Suspicion]:
    """Exchange's certificate is none that the tenant delivers to.

    The tenant's connector to on-premises demands a certificate with a public chain that is valid. Exchange's has
    expired, comes from no public authority, or is sent without its intermediate. Mail from the cloud waits and fails
    with 5.4.317.

    Cure: A valid certificate from a public authority, with its intermediate installed.
    """
    for refusal in _unsatisfied(context, CHAINLESS):
        profile = context.profile(refusal.host)
        flaws = _untrusted(profile) if profile else ()
        if profile is None or not flaws:
            continue
        connector = refusal.connector
        path = f"certificates.{profile.name}.{flaws[0].parameter}"
        names = {"host": refusal.host.name, "tenant": refusal.tenant.name, "connector": connector.name}
        level = connector.tls_settings.value if connector.tls_settings else ""
        wrong = {"certificate": named(profile), "flaws": together(flaw.text for flaw in flaws)}
        demand = context.setting(refusal.tenant, connector, "TlsSettings")
        yield Suspicion(
            about=connector.name,
            text=sentence("{host} shows a certificate that {tenant} does not deliver to", **names),
            facts=(
                fact(path, "the {certificate} of {host} {flaws}", **wrong, **names),
                fact(demand, '"{connector}" has TlsSettings {level}', level=level, **names),
            ),
            probe=refusal.probe,
            shows=partial(_shows, CHAINLESS),
            cures=(_mended(profile, flaws),),
        )


def _untrusted(profile: CertificateProfile) -> tuple[CertificateFlaw, ...]:
    return tuple(flaw for flaw in (OUTDATED, CHAIN, PRIVATE) if flaw.has(profile))


def _mended(profile: CertificateProfile, flaws: tuple[CertificateFlaw, ...]) -> Cure:
    ways = together(flaw.mended for flaw in flaws)
    return cure("the certificate is {mended}", mended(profile.name, flaws), mended=ways)


@check("MFL-CERT-011", Severity.ERROR, "R90", "R111", "R115")
def without_starttls(context: AuditContext) -> Iterator[Suspicion]:
    """Exchange offers no STARTTLS to the tenant.

    The tenant's connector to on-premises demands TLS. Exchange has no certificate, or a firewall that inspects SMTP
    takes STARTTLS out of the answer. Mail from the cloud waits with 4.4.317 and fails a day later.

    Cure: A certificate for SMTP, and no inspection between the tenant and Exchange.
    """
    for refusal in _unsatisfied(context, NO_STARTTLS):
        host = refusal.host
        if not _stale_receiver(context, host):
            parameter = "certificate" if host.certificate is None else "offers_tls"
            path = context.setting(refusal.tenant, refusal.connector, "TlsSettings")
            wrong = "{host} offers no STARTTLS, which {tenant} demands"
            yield Suspicion(
                about=host.name,
                text=sentence(wrong, host=host.name, tenant=refusal.tenant.name),
                facts=(
                    fact(of_host(host, parameter), "{host} offers no STARTTLS", host=host.name),
                    fact(path, '"{connector}" delivers by TLS only', connector=refusal.connector.name),
                ),
                probe=refusal.probe,
                shows=partial(_shows, NO_STARTTLS),
                cures=(_with_tls(host, refusal.connector),),
            )


def _stale_receiver(context: AuditContext, host: Host) -> bool:
    """Told by MFL-CERT-007."""
    receivers = context.topology.organizations[host.organization or ""].receive_connectors
    return any(
        is_stale(host, receiver.tls_certificate_name, context.topology.certificates) for receiver in receivers
    )


def _with_tls(host: Host, connector: OutboundConnector) -> Cure:
    if host.certificate is not None:
        helps = "{host} offers STARTTLS: no inspection in between"
        return cure(helps, {of_host(host, "offers_tls"): True}, host=host.name)
    name = str(connector.tls_domain or host.fqdn)
    change: SettingChange = {
        f"certificates.{shared_cures.HYBRID}": {"names": [name]},
        of_host(host, "certificate"): shared_cures.HYBRID,
    }
    return cure("{host} gets a certificate for {name}", change, host=host.name, name=name)


@check("MFL-CERT-012", Severity.ERROR, "R90", "R101")
def demanded(context: AuditContext) -> Iterator[Suspicion]:
    """A send connector demands TLS that its next hop does not give.

    RequireTLS, TlsAuthLevel or TlsDomain of a send connector ask for more than the next hop has: no STARTTLS, another
    name, no public chain. The queue says 4.4.101, and the report comes after two days.

    Cure: Let the next hop give what is demanded, or demand what it gives.
    """
    for flow in flows(context):
        played = context.play(flow.probe)
        for cause in (SUBJECT, CHAINLESS, NO_STARTTLS):
            waiting = _waiting(played, cause, flow.organization.send_connectors)
            if waiting:
                yield _demanding(context, flow, cause, *waiting)


def _demanding(
    context: AuditContext, flow: Flow, cause: str, connector: SendConnector, step: _Waiting
) -> Suspicion:
    def path(parameter: str) -> str:
        return context.setting(flow.organization, connector, parameter)

    parameter = "TlsDomain" if cause == SUBJECT else "TlsAuthLevel" if cause == CHAINLESS else "RequireTLS"
    host = _behind(context, step)
    names = {"connector": connector.name, "host": host.name if host else step.contact.host}
    demand = {"parameter": parameter, "value": _setting(connector, parameter)}
    shown = of_host(host, "certificate") if host else ""
    reply = _said(str(step.reply))
    return Suspicion(
        about=connector.name,
        text=sentence('"{connector}" demands TLS that {host} does not give', **names),
        facts=(
            fact(path(parameter), '"{connector}" has {parameter} {value}', **demand, **names),
            fact(shown, "{host}: {reply}", reply=reply, **names),
        ),
        probe=flow.probe,
        shows=partial(_shows, cause),
        cures=tuple(_given(context, host, cause, path)),
    )


def _setting(connector: SendConnector, parameter: str) -> str | Sentence:
    if parameter == "TlsAuthLevel":
        return connector.tls_auth_level.value if connector.tls_auth_level else sentence("(nothing)")
    return str(connector.tls_domain) if parameter == "TlsDomain" else sentence("on")


def _given(
    context: AuditContext, host: Host | None, cause: str, path: Callable[[str], str]
) -> Iterator[Cure]:
    profile = context.profile(host) if host else None
    if cause == SUBJECT:
        name = profile.names[0] if profile else str(SERVICE)
        yield cure("TlsDomain is {name}", {path("TlsDomain"): name}, name=name)
    elif cause == NO_STARTTLS and host and profile:
        yield cure("{host} offers STARTTLS", {of_host(host, "offers_tls"): True}, host=host.name)
    elif cause == CHAINLESS and profile:
        yield _mended(profile, _untrusted(profile))
    weaker: SettingChange = {path("RequireTLS"): False, path("TlsAuthLevel"): None}
    yield cure("demand no TLS there: it is used all the same where it is offered", weaker)
