"""TlsCertificateName: the string by which Exchange's connectors find their certificate, and do not any more (R115)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, of_host
from lab.analysis.checks.finding import Cure, Fact, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.hybrid_flows import Colleagues, pairs, refusals, whose
from lab.core.certificate_matching import certificate_names, name_match
from lab.core.certificate_store import description, is_stale, stored
from lab.model.certificate import CertFault
from lab.model.onprem import OnPremOrganization, ReceiveConnector, SendConnector
from lab.model.switches import Switches
from lab.model.topology import Host
from lab.model.value import dataclass
from lab.scenario.changeable_scenario import SettingChange
from lab.scenario.model import MessageSpec
from lab.sentence import NOTHING, Sentence, listed, sentence
from lab.words.reasons import faults

_DATED = frozenset({CertFault.EXPIRED, CertFault.NOT_YET_VALID})
_NOT_FOUND = "The certificate specified in TlsCertificateName of the SendConnector could not be found."
_NO_STARTTLS = "STARTTLS is required to send mail"


@dataclass(frozen=True, slots=True)
class _Named:
    """A connector that names its certificate, on the server that has it or not."""

    organization: OnPremOrganization
    host: Host
    connector: SendConnector | ReceiveConnector
    name: str

    def path(self, context: AuditContext) -> str:
        """Where the name is written."""
        return context.setting(self.organization, self.connector, "TlsCertificateName")

    def stated(self, context: AuditContext) -> Fact:
        """What is written there."""
        template = '"{connector}" has TlsCertificateName {name}'
        return fact(self.path(context), template, connector=self.connector.name, name=self.name)

    def message(self, pair: Colleagues) -> MessageSpec:
        """The mail that needs the connector: out by a send connector, in by a receive connector."""
        return pair.to_cloud() if isinstance(self.connector, SendConnector) else pair.from_cloud()


def _naming(context: AuditContext, organization: OnPremOrganization) -> Iterator[_Named]:
    sending = (
        send for send in organization.send_connectors if send.enabled and send.cloud_services_mail_enabled
    )
    connectors: tuple[SendConnector | ReceiveConnector, ...] = (*sending, *organization.receive_connectors)
    for host in context.exchange_servers(organization.name):
        for connector in connectors:
            if connector.tls_certificate_name is not None:
                yield _Named(organization, host, connector, connector.tls_certificate_name)


@check("MFL-CERT-007", Severity.ERROR, "R115", "R135")
def stale(context: AuditContext) -> Iterator[Suspicion]:
    """TlsCertificateName finds no certificate.

    Exchange's connectors find their certificate by issuer and subject, as the wizard wrote them: <I>...<S>.... After a
    renewal from another authority, or with another subject, the string fits nothing in the store. Mail to the cloud
    waits with 454 4.7.5; the receive connector offers no STARTTLS any more (event 12014), and the tenant waits with
    4.4.317.

    Cure: Run the Hybrid Configuration Wizard again, or write the new string into both connectors.
    """
    for pair in pairs(context):
        for naming in _naming(context, pair.organization):
            if is_stale(naming.host, naming.name, context.topology.certificates):
                yield _stale(context, pair, naming)


def _stale(context: AuditContext, pair: Colleagues, naming: _Named) -> Suspicion:
    names = {"connector": naming.connector.name, "host": naming.host.name}
    path = of_host(naming.host, "certificates" if naming.host.certificates else "certificate")
    wrong = '"{connector}" names a certificate that {host} does not have, or that is not valid'
    store = listed((_described(context, profile) for profile in _store(naming.host)), "; ")
    return Suspicion(
        about=naming.connector.name,
        text=sentence(wrong, **names),
        facts=(naming.stated(context), fact(path, "{host} has {store}", store=store, **names)),
        probe=Probe((naming.message(pair),)),
        shows=_waiting,
        cures=tuple(_named_anew(context, naming)),
    )


def _described(context: AuditContext, profile: str) -> Sentence:
    identity = context.topology.certificates[profile]
    certificate, dated = description(identity), sorted(identity.faults & _DATED)
    if not dated:
        return sentence("{certificate}", certificate=certificate)
    return sentence("{certificate} ({faults})", certificate=certificate, faults=faults(dated))


def _waiting(played: PlayedProbe) -> Sentence:
    for fate in played.fates.values():
        for reply in refusals(played):
            if _NOT_FOUND in reply:
                shown = "{mail} waits with 454 4.7.5 and is {outcome}"
                return sentence(shown, mail=whose(fate), outcome=fate.outcome)
            if _NO_STARTTLS in reply:
                shown = "{mail} waits with 4.4.317, as Exchange offers no STARTTLS, and is {outcome}"
                return sentence(shown, mail=whose(fate), outcome=fate.outcome)
    return NOTHING


def _named_anew(context: AuditContext, naming: _Named) -> Iterator[Cure]:
    """The wizard, run again, writes the new string everywhere."""
    certificates = context.topology.certificates
    valid = [profile for profile in _store(naming.host) if not certificates[profile].faults & _DATED]
    fitting = [profile for profile in valid if _serves(context, profile)] or valid
    if fitting:
        yield _run_again(context, naming, fitting[-1])
    else:
        outdated = {f"certificates.{profile}.validity": "current" for profile in _store(naming.host)}
        yield cure("renew the certificate, with the same subject and from the same authority", outdated)


def _store(host: Host) -> tuple[str, ...]:
    return host.certificates or tuple(filter(None, (host.certificate,)))


def _serves(context: AuditContext, profile: str) -> bool:
    """Whether a certificate has a name that a hybrid connector of the tenant knows."""
    plain = Switches()
    names = certificate_names(context.topology.certificates[profile], plain)
    values = [connector.tls_sender_certificate_name for _, connector in context.inbound()]
    return any(name_match(value, name, plain) for value in values if value for name in names)


def _run_again(context: AuditContext, naming: _Named, profile: str) -> Cure:
    name = description(context.topology.certificates[profile])
    certificates = context.topology.certificates
    others = [
        other
        for other in _naming(context, naming.organization)
        if is_stale(other.host, other.name, certificates)
    ]
    return _wizard_writes(name, [other.path(context) for other in (naming, *others)])


def _wizard_writes(name: str, paths: Iterable[str]) -> Cure:
    helps = "run the wizard again: it writes {name} into the connectors"
    return cure(helps, dict.fromkeys(paths, name), name=name)


@check("MFL-CERT-008", Severity.WARNING, "R115", "R135")
def superseded(context: AuditContext) -> Iterator[Suspicion]:
    """The connectors still name the certificate before the renewed one.

    The renewed certificate is in the store, but its authority or subject is another one, and TlsCertificateName still
    means its predecessor. Mail flows until that one expires or somebody tidies up.

    Cure: Run the Hybrid Configuration Wizard again before the old certificate goes.
    """
    certificates = context.topology.certificates
    for pair in pairs(context):
        for naming in _naming(context, pair.organization):
            used = stored(naming.host, naming.name, certificates) if naming.host.certificates else None
            successor = _successor(context, naming, used) if used else None
            if used and successor:
                yield _superseded(context, pair, naming, used, successor)


def _successor(context: AuditContext, naming: _Named, used: str) -> str | None:
    """A later certificate of the store with the same names that the connector would not find."""
    certificates = context.topology.certificates
    later = naming.host.certificates[naming.host.certificates.index(used) + 1 :]
    fitting = [
        profile
        for profile in later
        if set(certificates[used].names) <= set(certificates[profile].names)
        and naming.name not in (profile, description(certificates[profile]))
        and not certificates[profile].faults & _DATED
    ]
    return fitting[-1] if fitting else None


def _superseded(
    context: AuditContext, pair: Colleagues, naming: _Named, used: str, successor: str
) -> Suspicion:
    ended: SettingChange = {f"certificates.{used}.validity": "expired"}
    name = description(context.topology.certificates[successor])
    names = {"connector": naming.connector.name, "certificate": used, "host": naming.host.name}
    wrong = '"{connector}" still names the certificate {certificate}, though {host} has its successor'
    return Suspicion(
        about=naming.connector.name,
        text=sentence(wrong, **names),
        facts=(
            naming.stated(context),
            fact(of_host(naming.host, "certificates"), "{host} has {name} as well", name=name, **names),
        ),
        probe=Probe((naming.message(pair),), ended),
        shows=_waiting,
        cures=(_wizard_writes(name, [naming.path(context)]),),
        condition=sentence("once {certificate} has expired, or is removed", **names),
    )
