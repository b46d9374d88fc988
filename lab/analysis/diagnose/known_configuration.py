"""A configuration of the reader's beside the evidence: it names tenants, and its front end decides on the same facts (R1-R34)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from ipaddress import AddressValueError, IPv4Address

from lab.core.attribution import attribute
from lab.core.attribution_result import Attribution
from lab.core.certificate_store import stored
from lab.core.client_credentials import judge_credentials
from lab.core.directory import TenantDirectory
from lab.core.outbound_tls import client_certificate
from lab.model.certificate import CertificateIdentity
from lab.model.decision import Basis
from lab.model.names import Address, Domain, ReversePath
from lab.model.tenant import Tenant
from lab.model.topology import Host
from lab.reports.findings.diagnosis import (
    Certainty,
    DeliveryReport,
    EvidenceRefusal,
    EvidenceTenant,
    Journey,
    Passage,
    TieToTenant,
    VerdictSentence,
)
from lab.scenario.model import Variant
from lab.sentence import NOTHING, Sentence, sentence
from lab.words.english import BASES
from lab.words.reasons import reason

_MOST = 5
"""Recipients that are asked about."""


class KnownConfiguration:
    """A configuration: tenants by GUID and domain, machines by address."""

    def __init__(self, variant: Variant) -> None:
        self._topology = variant.topology
        self._by_id = {tenant.id.lower(): tenant for tenant in self._topology.tenants.values()}
        self._directory = TenantDirectory(self._topology.tenants.values())

    def named(self, tenant: EvidenceTenant) -> EvidenceTenant:
        """The tenant with the name that the configuration gives it, and what else it knows of it."""
        known = self._by_id.get(tenant.id) or (None if tenant.id else self.owner(tenant.domain))
        if known is None:
            return tenant
        domain = tenant.domain or str(known.default_domain)
        return EvidenceTenant(id=known.id.lower(), domain=domain, name=known.name)

    def owner(self, domain: str) -> Tenant | None:
        """The tenant that has a domain among its accepted ones, or as its initial one."""
        try:
            return self._directory.owner(Domain.parse(domain)) if domain else None
        except ValueError:
            return None

    def machine(self, name: str) -> Host | None:
        """The machine that calls itself so in its log: by key, by name, or by the first label of that."""
        bare = name.lower()
        for key, host in self._topology.hosts.items():
            if bare in (key.lower(), host.fqdn, host.ehlo, host.fqdn.partition(".")[0]):
                return host
        return None

    def decisions(
        self, client: str, sender: str, recipients: Iterable[str], *, helo: str = "", front_end: str = ""
    ) -> Iterator[Attribution]:
        """What a front end of the configuration decides on mail of that client; nothing if there is too little to ask with.

        One decision for each recipient and for each certificate that the machine with the address may show. The region is
        that of the front end or, if it is none of the configuration's, that of the recipient's tenant.
        """
        topology = self._topology
        try:
            IPv4Address(client)
        except AddressValueError:
            return  # connectors know IPv4 only (R58), and so does the lab
        for recipient in recipients:
            try:
                path, to = ReversePath.parse(f"<{sender.strip('<>')}>"), Address.parse(recipient)
            except ValueError:
                continue
            for certificate in self._client_certificates(client, helo):
                credentials = judge_credentials(client, True, certificate, topology.switches)
                yield attribute(
                    replace(credentials, service=client in topology.services()),
                    path,
                    to,
                    region=self._region(front_end, to.domain),
                    directory=self._directory,
                    switches=topology.switches,
                    author=path.domain,
                )

    def explain_entry(self, passage: Passage, journey: Journey) -> Iterator[VerdictSentence]:
        """Whether the configuration explains for which tenant a stay was."""
        if not passage.client:
            return
        in_envelope = [hand_over.recipient for hand_over in journey.hand_overs if hand_over.recipient]
        recipients = dict.fromkeys((*in_envelope[-1:], *journey.recipients))
        decisions = tuple(
            self.decisions(
                passage.client,
                journey.sender or journey.author,
                tuple(recipients)[:_MOST],
                helo=passage.helo,
                front_end=passage.front_end,
            )
        )
        stranger = NOTHING
        if not passage.again and not self._host(passage.client):
            stranger = sentence("; no machine of it has {address}", address=passage.client)
        fitting = (decision for decision in decisions if decision.reply is None and _fits(decision, passage))
        yield from _explained(sentence("this"), next(fitting, None), decisions, stranger)

    def explain_refusal(self, refusal: EvidenceRefusal, report: DeliveryReport) -> Iterator[VerdictSentence]:
        """Whether it explains a refusal by a front end: of the report's maker or, if that is Exchange Online, of its outbound host."""
        if report.service:
            regions = self._topology.regions.values()
            client = next((host for region in regions for host in region.outbound), None)
        else:
            client = self.machine(report.maker)
        if client:
            sender = report.original.sender or report.original.author if report.original else ""
            decisions = tuple(
                self.decisions(client.source, sender, [refusal.recipient], helo=str(client.ehlo))
            )
            fitting = (decision for decision in decisions if decision.status == refusal.status)
            yield from _explained(sentence("the refusal"), next(fitting, None), decisions, NOTHING)

    def _host(self, address: str, helo: str = "") -> Host | None:
        """The machine that others see with that address; of several behind one, the one that greets so, else the first."""
        hosts = [host for host in self._topology.hosts.values() if address and host.source == address]
        greeting = (host for host in hosts if helo and host.ehlo == helo.lower())
        return next(greeting, next(iter(hosts), None))

    def _region(self, front_end: str, domain: Domain) -> str:
        regions = self._topology.regions
        for name, region in regions.items():
            if any(host.fqdn == front_end.lower() for host in region.front_ends):
                return name
        owner = self._directory.owner(domain)
        return owner.region if owner else next(iter(regions), "")

    def _client_certificates(self, address: str, helo: str) -> tuple[CertificateIdentity | None, ...]:
        """Those that the machine with an address may show, the likeliest first; None is none at all."""
        topology, host = self._topology, self._host(address, helo)
        if host is None or not host.client_certificate:
            return (None,)
        likeliest = topology.certificates.get(client_certificate(host, topology) or "")
        if not host.holds_mailboxes:
            return (likeliest,)
        connectors = topology.organizations[host.organization or ""].send_connectors
        names = (
            stored(host, connector.tls_certificate_name, topology.certificates) for connector in connectors
        )
        others = (topology.certificates.get(name) for name in (*names, *host.certificates) if name)
        return tuple(dict.fromkeys((likeliest, *others)))


def _fits(decision: Attribution, passage: Passage) -> bool:
    """Whether a decision is what the evidence shows; the tenant may be one that it does not name."""
    by = TieToTenant.RECIPIENT if decision.basis is Basis.RECIPIENT else TieToTenant.CONNECTOR
    same = not passage.tenant or decision.tenant_name == passage.tenant.name
    return same and (not passage.by or passage.by is by)


def _explained(
    what: Sentence, fitting: Attribution | None, decisions: Sequence[Attribution], more: Sentence
) -> Iterator[VerdictSentence]:
    """That it explains it, or what it leads to instead: on the facts that were asked with, which may not be all."""
    if fitting is not None:
        explains = "the configuration explains {what}: by it {outcome}{more}"
        text, decision = sentence(explains, what=what, outcome=_outcome(fitting), more=more), fitting
    elif decisions:
        decision = decisions[0]
        certificate, shown = decision.credentials.certificate, sentence("no certificate")
        if certificate is not None:
            shown = sentence("the certificate {certificate}", certificate=certificate.label)
        text = sentence(
            "the configuration does not explain {what}, if the mail was for {recipient} and the server showed {shown}: by it "
            "{outcome}{more}",
            what=what,
            recipient=decision.recipient,
            shown=shown,
            outcome=_outcome(decision),
            more=more,
        )
    else:
        return
    rules = tuple(dict.fromkeys(decision.rules))
    yield VerdictSentence(text=text, rules=rules, sure=Certainty.INFERRED)


def _outcome(decision: Attribution) -> Sentence:
    name, through = decision.connector_name, NOTHING
    if name:
        through = sentence(' through "{connector}"', connector=name)
    if decision.reply is not None:
        return sentence(
            "the mail is refused with {code}: {reason}{through}",
            code=f"{decision.reply.code} {decision.status}",
            reason=reason(decision.reason),
            through=through,
        )
    certificate, by = decision.credentials.certificate, BASES[decision.basis]
    if decision.basis is Basis.CERTIFICATE and certificate:
        by = sentence("certificate {certificate}", certificate=certificate.label)
    taken = "the mail is tenant {tenant}'s, by {basis}{through}"
    return sentence(taken, tenant=decision.tenant_name, basis=by, through=through)
