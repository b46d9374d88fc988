"""TlsCertificateName: the string by which Exchange's connectors find their certificate, and do not any more (R115)."""

from __future__ import annotations

from collections.abc import Iterator

from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, of_host
from lab.analysis.checks.finding import Cure, Severity, Suspicion, check, cure, fact
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

    def path(self, world: AuditContext) -> str:
        """Where the name is written."""
        kind = "SendConnectors" if isinstance(self.connector, SendConnector) else "ReceiveConnectors"
        return world.setting(self.organization, kind, self.connector.name, "TlsCertificateName")

    def message(self, pair: Colleagues) -> MessageSpec:
        """The mail that needs the connector: out by a send connector, in by a receive connector."""
        return pair.to_cloud() if isinstance(self.connector, SendConnector) else pair.from_cloud()


def _naming(world: AuditContext, organization: OnPremOrganization) -> Iterator[_Named]:
    connectors: tuple[SendConnector | ReceiveConnector, ...] = (
        *(
            connector
            for connector in organization.send_connectors
            if connector.enabled and connector.cloud_services_mail_enabled
        ),
        *organization.receive_connectors,
    )
    for host in world.exchange_servers(organization.name):
        for connector in connectors:
            if connector.tls_certificate_name is not None:
                yield _Named(organization, host, connector, connector.tls_certificate_name)


@check("MFL-CERT-007", Severity.ERROR, "R115", "R135")
def stale(world: AuditContext) -> Iterator[Suspicion]:
    """TlsCertificateName finds no certificate.

    Exchange's connectors find their certificate by issuer and subject, as the wizard wrote them: <I>...<S>.... After a
    renewal from another authority, or with another subject, the string fits nothing in the store. Mail to the cloud
    waits with 454 4.7.5; the receive connector offers no STARTTLS any more (event 12014), and the tenant waits with
    4.4.317.

    Cure: Run the Hybrid Configuration Wizard again, or write the new string into both connectors.
    """
    for pair in pairs(world):
        for naming in _naming(world, pair.organization):
            if is_stale(naming.host, naming.name, world.topology.certificates):
                yield _stale(world, pair, naming)


def _stale(world: AuditContext, pair: Colleagues, naming: _Named) -> Suspicion:
    names = {"connector": naming.connector.name, "host": naming.host.name}
    path = of_host(naming.host, "certificates" if naming.host.certificates else "certificate")
    store = listed((_described(world, profile) for profile in _store(naming.host)), "; ")
    return Suspicion(
        about=naming.connector.name,
        text=sentence(
            '"{connector}" names a certificate that {host} does not have, or that is not valid', **names
        ),
        facts=(
            fact(
                naming.path(world), '"{connector}" has TlsCertificateName {name}', name=naming.name, **names
            ),
            fact(path, "{host} has {store}", store=store, **names),
        ),
        probe=Probe((naming.message(pair),)),
        shows=_waiting,
        cures=tuple(_named_anew(world, naming)),
    )


def _described(world: AuditContext, profile: str) -> Sentence:
    identity = world.topology.certificates[profile]
    certificate, dated = description(identity), sorted(identity.faults & _DATED)
    if not dated:
        return sentence("{certificate}", certificate=certificate)
    return sentence("{certificate} ({faults})", certificate=certificate, faults=faults(dated))


def _waiting(played: PlayedProbe) -> Sentence:
    for fate in played.fates.values():
        for reply in refusals(played):
            if _NOT_FOUND in reply:
                return sentence(
                    "{mail} waits with 454 4.7.5 and is {outcome}", mail=whose(fate), outcome=fate.outcome
                )
            if _NO_STARTTLS in reply:
                shown = "{mail} waits with 4.4.317, as Exchange offers no STARTTLS, and is {outcome}"
                return sentence(shown, mail=whose(fate), outcome=fate.outcome)
    return NOTHING


def _named_anew(world: AuditContext, naming: _Named) -> Iterator[Cure]:
    """The wizard, run again, writes the new string everywhere."""
    valid = [
        profile for profile in _store(naming.host) if not world.topology.certificates[profile].faults & _DATED
    ]
    fitting = [profile for profile in valid if _serves(world, profile)] or valid
    if fitting:
        yield _run_again(world, naming, fitting[-1])
    else:
        outdated = {f"certificates.{profile}.validity": "current" for profile in _store(naming.host)}
        yield cure("renew the certificate, with the same subject and from the same authority", outdated)


def _store(host: Host) -> tuple[str, ...]:
    return host.certificates or tuple(filter(None, (host.certificate,)))


def _serves(world: AuditContext, profile: str) -> bool:
    """Whether a certificate has a name that a hybrid connector of the tenant knows."""
    plain = Switches()
    names = certificate_names(world.topology.certificates[profile], plain)
    values = [connector.tls_sender_certificate_name for _, connector in world.inbound()]
    return any(name_match(value, name, plain) for value in values if value for name in names)


def _run_again(world: AuditContext, naming: _Named, profile: str) -> Cure:
    name = description(world.topology.certificates[profile])
    known = world.topology.certificates
    others = [
        other for other in _naming(world, naming.organization) if is_stale(other.host, other.name, known)
    ]
    helps = "run the wizard again: it writes {name} into the connectors"
    return cure(helps, {other.path(world): name for other in (naming, *others)}, name=name)


@check("MFL-CERT-008", Severity.WARNING, "R115", "R135")
def superseded(world: AuditContext) -> Iterator[Suspicion]:
    """The connectors still name the certificate before the renewed one.

    The renewed certificate is in the store, but its authority or subject is another one, and TlsCertificateName still
    means its predecessor. Mail flows until that one expires or somebody tidies up.

    Cure: Run the Hybrid Configuration Wizard again before the old certificate goes.
    """
    known = world.topology.certificates
    for pair in pairs(world):
        for naming in _naming(world, pair.organization):
            used = stored(naming.host, naming.name, known) if naming.host.certificates else None
            successor = _successor(world, naming, used) if used else None
            if used and successor:
                yield _superseded(world, pair, naming, used, successor)


def _successor(world: AuditContext, naming: _Named, used: str) -> str | None:
    """A later certificate of the store with the same names that the connector would not find."""
    known = world.topology.certificates
    later = naming.host.certificates[naming.host.certificates.index(used) + 1 :]
    fitting = [
        profile
        for profile in later
        if set(known[used].names) <= set(known[profile].names)
        and naming.name not in (profile, description(known[profile]))
        and not known[profile].faults & _DATED
    ]
    return fitting[-1] if fitting else None


def _superseded(
    world: AuditContext, pair: Colleagues, naming: _Named, used: str, successor: str
) -> Suspicion:
    ended: SettingChange = {f"certificates.{used}.validity": "expired"}
    name = description(world.topology.certificates[successor])
    names = {"connector": naming.connector.name, "certificate": used, "host": naming.host.name}
    wrong = '"{connector}" still names the certificate {certificate}, though {host} has its successor'
    return Suspicion(
        about=naming.connector.name,
        text=sentence(wrong, **names),
        facts=(
            fact(
                naming.path(world), '"{connector}" has TlsCertificateName {name}', name=naming.name, **names
            ),
            fact(of_host(naming.host, "certificates"), "{host} has {name} as well", name=name, **names),
        ),
        probe=Probe((naming.message(pair),), ended),
        shows=_waiting,
        cures=(
            cure(
                "run the wizard again: it writes {name} into the connectors",
                {naming.path(world): name},
                name=name,
            ),
        ),
        condition=sentence("once {certificate} has expired, or is removed", **names),
    )
