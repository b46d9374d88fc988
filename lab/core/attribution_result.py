"""How an attribution came about, as data: the connectors considered, and why each won or lost.

Looks only at the tenants that the facts point to (owner of a certificate name, of MAIL FROM, of RCPT TO, and of every
connector that matched), so an explanation too takes the same time however many tenants there are.
"""

from __future__ import annotations

from dataclasses import field

from lab.core.certificate_matching import certificate_names, may_match, name_match, near_miss
from lab.core.client_credentials import Credentials
from lab.core.directory import Candidate, TenantDirectory
from lab.core.incoming import in_scope
from lab.core.rulebook import settings_behind
from lab.model.decision import (
    AttributionDecision,
    AttributionFacts,
    Basis,
    DecisionCandidate,
    Direction,
    Phrase,
    Reason,
    Verdict,
    Why,
    phrase,
)
from lab.model.names import Address, DomainPattern, ReversePath
from lab.model.reply import Reply
from lab.model.switches import Switches
from lab.model.tenant import ConnectorType, InboundConnector, Tenant
from lab.model.value import value

Verdicts = tuple[Phrase, tuple[str, ...]]
"""Why a connector won or lost, and the rules that say so."""


@value(kw_only=True)
class Attribution:
    """Which tenant and connector a message speaks for, for one recipient."""

    verdict: Verdict
    tenant: Tenant | None
    """The tenant it travels through, or whose rules refused it; None if no tenant is concerned."""
    reason: Reason
    basis: Basis
    connector: InboundConnector | None
    chosen: Candidate | None = None
    owner: Why | None = None
    """What settled the tenant among the candidates."""
    rules: tuple[str, ...]
    reply: Reply | None = None
    """Set when refused."""
    direction: Direction | None = None
    credentials: Credentials = field(repr=False)
    reverse_path: ReversePath
    recipient: Address
    candidates: tuple[Candidate, ...] = field(repr=False)
    directory: TenantDirectory = field(repr=False, compare=False)
    switches: Switches = field(repr=False)
    _explained: AttributionDecision | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def tenant_name(self) -> str | None:
        """The tenant's name, or None."""
        return self.tenant.name if self.tenant else None

    @property
    def connector_name(self) -> str:
        """The connector's name, or ''."""
        return self.connector.name if self.connector else ""

    @property
    def status(self) -> str:
        """The enhanced status of a refusal, or ''."""
        return self.reply.enhanced if self.reply else ""

    def explain(self) -> AttributionDecision:
        """The decision as data, with each connector that could have claimed the connection; made once."""
        if self._explained is None:
            self._explained = explained(self)  # type: ignore[misc]  # a value remembers of itself
        return self._explained


@value()
class _CertificateNames:
    """The names of the certificate that was shown, whether they count or not; and all of them as text."""

    names: tuple[DomainPattern, ...]
    text: str

    @classmethod
    def of(cls, attribution: Attribution) -> _CertificateNames:
        certificate = attribution.credentials.certificate
        if certificate is None:
            return cls((), "")
        names = certificate_names(certificate, attribution.switches)
        return cls(names, ", ".join(map(str, names)) or certificate.label)


def explained(attribution: Attribution) -> AttributionDecision:
    """The decision as data."""
    tenant, rules = attribution.tenant, tuple(dict.fromkeys(attribution.rules))
    candidates = considered(attribution)
    return AttributionDecision(
        facts=_facts(attribution),
        verdict=attribution.verdict,
        tenant=attribution.tenant_name,
        basis=attribution.basis,
        connector=attribution.connector.name if attribution.connector else None,
        reason=attribution.reason,
        reply=attribution.reply,
        rules=rules,
        candidates=candidates,
        recipient_only_steers=attribution.verdict is Verdict.ORIGINATING
        and tenant is not None
        and tenant.accepts(attribution.recipient.domain) is None,
        switches=settings_behind(rules, attribution.switches),
    )


def _facts(attribution: Attribution) -> AttributionFacts:
    credentials = attribution.credentials
    certificate = credentials.certificate
    return AttributionFacts(
        client=credentials.address,
        tls=credentials.tls,
        certificate=(certificate.names or (certificate.label,)) if certificate else (),
        ignored=credentials.ignored,
        credential_rules=credentials.rules,
        reverse_path=str(attribution.reverse_path),
        recipient=str(attribution.recipient),
    )


def considered(attribution: Attribution) -> tuple[DecisionCandidate, ...]:
    """Every connector of the tenants concerned, the winner first, then by tenant and name."""
    shown = _CertificateNames.of(attribution)
    candidates = [
        _consider(attribution, shown, tenant, connector)
        for tenant in _concerned(attribution, shown.names)
        for connector in tenant.inbound_connectors
    ]
    return tuple(sorted(candidates, key=lambda c: (not c.won, c.tenant, c.name)))


def _concerned(attribution: Attribution, names: tuple[DomainPattern, ...]) -> tuple[Tenant, ...]:
    directory = attribution.directory
    tenants = [candidate.tenant for candidate in attribution.candidates]
    domains = [attribution.reverse_path.domain, attribution.recipient.domain]
    for name in names:
        domains += [name.domain, *(name.domain.parents() if name.domain else ())]
    for domain in domains:
        owner = directory.owner(domain)
        if owner is not None:
            tenants.append(owner)
    return tuple({tenant.name: tenant for tenant in tenants}.values())


def _consider(
    attribution: Attribution, shown: _CertificateNames, tenant: Tenant, connector: InboundConnector
) -> DecisionCandidate:
    won = attribution.connector is connector and attribution.tenant is tenant and attribution.reply is None
    why, rules = _why(attribution, shown, tenant, connector)
    if attribution.reply is not None and why.code in (Why.SETTLED, Why.PARTNER_FITS):
        why = phrase(Why.REFUSED_OTHERWISE, fit=why)
    return DecisionCandidate(name=connector.name, won=won, why=(why,), rules=rules, tenant=tenant.name)


def _why(
    attribution: Attribution, shown: _CertificateNames, tenant: Tenant, connector: InboundConnector
) -> Verdicts:
    if not connector.enabled:
        return phrase(Why.DISABLED), ("R69",)
    if connector.connector_type is ConnectorType.PARTNER:
        return _why_partner(attribution, tenant, connector)
    for candidate in attribution.candidates:
        if candidate.connector is connector and candidate.tenant is tenant:
            return _why_lost_or_won(attribution, candidate)
    return _why_no_match(attribution, shown, connector)


def _why_lost_or_won(attribution: Attribution, candidate: Candidate) -> Verdicts:
    tenant, connector, match = candidate.tenant, candidate.connector, candidate.match
    fit = _fit(attribution, connector, match.name if match else None)
    rules = (match.rule,) if match else ("R21",)
    chosen = attribution.chosen
    owner = phrase(attribution.owner) if attribution.owner else ""
    if chosen is not None and chosen.connector is connector and chosen.tenant is tenant:
        return phrase(Why.SETTLED, fit=fit, owner=owner), (*rules, "R3")
    if not in_scope(connector, attribution.reverse_path, attribution.switches):
        return phrase(Why.OUT_OF_SCOPE, fit=fit), (*rules, "R57")
    if match and not candidate.value_accepted:
        value = connector.tls_sender_certificate_name
        why = phrase(
            Why.VALUE_NOT_ACCEPTED, fit=fit, domain=str(value.domain) if value else "", tenant=tenant.name
        )
        return why, (*rules, "R11", "R83")
    if chosen is not None and chosen.tenant is tenant:
        why = phrase(Why.OTHER_CONNECTOR_FIRST, fit=fit, connector=chosen.connector.name)
        return why, (*rules, "R81")
    if chosen is not None:
        why = phrase(Why.OTHER_TENANT, fit=fit, owner=owner, tenant=chosen.tenant.name)
        return why, (*rules, "R3", "R18")
    if not match and connector.require_tls and not attribution.credentials.tls:
        return phrase(Why.NEEDS_TLS, fit=fit), (*rules, "R60")
    return phrase(Why.NO_DOMAIN_ACCEPTED, fit=fit, tenant=tenant.name), (*rules, "R5", "R7")


def _why_partner(attribution: Attribution, tenant: Tenant, connector: InboundConnector) -> Verdicts:
    by_client = attribution.basis in (Basis.CERTIFICATE, Basis.ADDRESS)
    if by_client or tenant.accepts(attribution.recipient.domain) is None:
        return phrase(Why.PARTNER_NOT_ASKED), ("R23",)
    if attribution.connector is connector:
        return _why_partner_chosen(attribution)
    domain = attribution.reverse_path.domain
    if domain is None and not any(p.is_any for p in connector.sender_domains):
        return phrase(Why.NULL_SENDER), ("R57",)
    if domain and not any(p.covers(domain) for p in connector.sender_domains):
        return phrase(Why.OTHER_SENDER_DOMAIN, domain=domain), ("R57",)
    if connector.restricts and attribution.credentials.service:
        return phrase(Why.SERVICE_EXEMPT), ("R246",)
    return phrase(Why.RESTRICTS_NOTHING), ("R22", "R23")


def _why_partner_chosen(attribution: Attribution) -> Verdicts:
    if attribution.reason is Reason.PARTNER_RESTRICTS:
        return phrase(Why.PARTNER_RESTRICTS), ("R22", "R38")
    if attribution.reason is Reason.PARTNER_NEEDS_TLS:
        return phrase(Why.PARTNER_NEEDS_TLS), ("R60",)
    return phrase(Why.PARTNER_FITS), ("R22", "R23")


def _why_no_match(
    attribution: Attribution, shown: _CertificateNames, connector: InboundConnector
) -> Verdicts:
    value, credentials = connector.tls_sender_certificate_name, attribution.credentials
    if value is None:
        return phrase(Why.ADDRESS_NOT_LISTED, address=credentials.address), ("R21",)
    wanted = str(value)
    if credentials.certificate is None and credentials.tls:
        return phrase(Why.NO_CERTIFICATE, value=wanted), ("R132",)
    if credentials.certificate is None:
        return phrase(Why.NO_TLS, value=wanted), ("R195",)
    missed = ""  # the rule whose switch said no, where a name came near
    for name in shown.names:
        if not may_match(value, name):
            continue
        if name_match(value, name, attribution.switches):
            why = phrase(Why.CERTIFICATE_IGNORED, name=str(name), value=wanted, faults=credentials.ignored)
            return why, credentials.rules
        missed = missed or near_miss(value, name, attribution.switches) or ""
    return phrase(Why.NAME_MISFIT, names=shown.text, value=wanted), (missed or "R85",)


def _fit(attribution: Attribution, connector: InboundConnector, name: DomainPattern | None) -> Phrase:
    if name is None:
        return phrase(Why.ADDRESS_FITS, address=attribution.credentials.address)
    return phrase(Why.NAME_FITS, name=str(name), value=str(connector.tls_sender_certificate_name))
