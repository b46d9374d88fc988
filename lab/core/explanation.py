"""How an attribution came about: the connectors considered, why each won or lost, and the decision told in lines.

Looks only at the tenants that the facts point to (owner of a certificate name, of MAIL FROM, of RCPT TO, and of every
connector that matched), so an explanation too takes the same time however many tenants there are.
"""

from __future__ import annotations

from collections.abc import Iterator

from lab.core.directory import Candidate
from lab.core.incoming import in_scope
from lab.core.matching import certificate_names, may_match, name_match, near_miss
from lab.core.verdicts import Attribution, Basis, Considered, Reason, Verdict
from lab.model.names import DomainPattern
from lab.model.tenant import ConnectorType, InboundConnector, Tenant
from lab.model.value import value


@value()
class _Shown:
    """The names of the certificate that was shown, whether they count or not; and all of them as text."""

    names: tuple[DomainPattern, ...]
    text: str

    @classmethod
    def of(cls, attribution: Attribution) -> _Shown:
        certificate = attribution.credentials.certificate
        if certificate is None:
            return cls((), "")
        names = certificate_names(certificate, attribution.switches)
        return cls(names, ", ".join(map(str, names)) or certificate.label)


def considered(attribution: Attribution) -> tuple[Considered, ...]:
    """Every connector of the tenants concerned, the winner first, then by tenant and name."""
    shown = _Shown.of(attribution)
    found = [
        _consider(attribution, shown, tenant, connector)
        for tenant in _concerned(attribution, shown.names)
        for connector in tenant.inbound_connectors
    ]
    return tuple(sorted(found, key=lambda c: (not c.fits, c.tenant, c.connector)))


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
    attribution: Attribution, shown: _Shown, tenant: Tenant, connector: InboundConnector
) -> Considered:
    won = attribution.connector is connector and attribution.tenant is tenant and attribution.reply is None
    why, rules = _why(attribution, shown, tenant, connector)
    return Considered(tenant.name, connector.name, won, why, rules)


def _why(
    attribution: Attribution, shown: _Shown, tenant: Tenant, connector: InboundConnector
) -> tuple[str, tuple[str, ...]]:
    if not connector.enabled:
        return "it is disabled", ("R69",)
    if connector.connector_type is ConnectorType.PARTNER:
        return _why_partner(attribution, tenant, connector)
    for candidate in attribution.candidates:
        if candidate.connector is connector and candidate.tenant is tenant:
            return _why_lost_or_won(attribution, candidate)
    return _why_no_match(attribution, shown, connector)


def _why_lost_or_won(attribution: Attribution, candidate: Candidate) -> tuple[str, tuple[str, ...]]:
    tenant, connector, match = candidate.tenant, candidate.connector, candidate.match
    fit = _fit_text(attribution, connector, match.name if match else None)
    rules = (match.rule,) if match else ("R21",)
    chosen = attribution.chosen
    if chosen is not None and chosen.connector is connector and chosen.tenant is tenant:
        return f"{fit}; settled by the {attribution.owner}", (*rules, "R3")
    if not in_scope(connector, attribution.reverse_path, attribution.switches):
        return f"{fit}, but its SenderDomains do not mean the sender (switch)", (*rules, "R57")
    if match and not candidate.value_accepted:
        return f"{fit}, but {_value_domain(connector)} is no accepted domain of {tenant.name}", (
            *rules,
            "R11",
            "R83",
        )
    if chosen is not None and chosen.tenant is tenant:
        return f'{fit}, but "{chosen.connector.name}" fits as well and goes first', (*rules, "R81")
    if chosen is not None:
        return f"{fit}, but the {attribution.owner} belongs to {chosen.tenant.name}", (*rules, "R3", "R18")
    if not match and connector.require_tls and not attribution.credentials.tls:
        return f"{fit}, but the connector requires TLS", (*rules, "R60")
    return f"{fit}, but neither MAIL FROM nor RCPT TO is an accepted domain of {tenant.name}", (
        *rules,
        "R5",
        "R7",
    )


def _why_partner(
    attribution: Attribution, tenant: Tenant, connector: InboundConnector
) -> tuple[str, tuple[str, ...]]:
    if (
        attribution.basis in (Basis.CERTIFICATE, Basis.ADDRESS)
        or tenant.accepts(attribution.recipient.domain) is None
    ):
        return "partner connectors are looked at only in the tenant found by the recipient", ("R23",)
    if (
        attribution.reply is not None
        and attribution.reply.enhanced == "5.7.51"
        and attribution.connector is connector
    ):
        return "it restricts this sender domain, and the client is not the one it names", ("R22", "R38")
    if attribution.connector is connector and attribution.reason is Reason.PARTNER_NEEDS_TLS:
        return "it is about this client, but requires TLS", ("R60",)
    if attribution.connector is connector and attribution.reply is None:
        return "the client is the partner that the connector names", ("R22", "R23")
    domain = attribution.reverse_path.domain
    if domain is None and not any(p.is_any for p in connector.sender_domains):
        return "a null reverse-path has no domain that its SenderDomains could mean (assumed)", ("R57",)
    if domain and not any(p.covers(domain) for p in connector.sender_domains):
        return f"its SenderDomains do not mean {domain}", ("R57",)
    if connector.restricts and attribution.credentials.service:
        return "it restricts, but hosts of Microsoft's services are spared (switch service_mail_exempt)", (
            "R246",
        )
    return "it restricts nothing", ("R22", "R23")


def _why_no_match(
    attribution: Attribution, shown: _Shown, connector: InboundConnector
) -> tuple[str, tuple[str, ...]]:
    value, credentials = connector.tls_sender_certificate_name, attribution.credentials
    if value is None:
        return f"{credentials.address} is not in its SenderIPAddresses", ("R21",)
    if credentials.certificate is None:
        absent = "no client certificate was shown" if credentials.tls else "the connection is not encrypted"
        return f"it wants a certificate for {value}; {absent}", ("R132" if credentials.tls else "R195",)
    missed = ""  # the rule whose switch said no, where a name came near
    for name in shown.names:
        if not may_match(value, name):
            continue
        if name_match(value, name, attribution.switches):
            why = f"{name} would fit {value}, but the certificate is ignored: {credentials.ignored}"
            return why, credentials.rules
        missed = missed or near_miss(value, name, attribution.switches) or ""
    return f"{shown.text} does not fit {value}", (missed or "R85",)


def _value_domain(connector: InboundConnector) -> str:
    value = connector.tls_sender_certificate_name
    return str(value.domain) if value else ""


def _fit_text(attribution: Attribution, connector: InboundConnector, name: DomainPattern | None) -> str:
    if name is None:
        return f"address {attribution.credentials.address} is in its SenderIPAddresses"
    return f"certificate name {name} fits TlsSenderCertificateName {connector.tls_sender_certificate_name}"


def story(attribution: Attribution) -> tuple[str, ...]:
    """The decision as indented lines; each names its rules in brackets."""
    return tuple(_tell(attribution))


def _tell(a: Attribution) -> Iterator[str]:
    yield _headline(a)
    yield f"  facts: {_facts(a)}"
    yield f"  certificate: {_certificate(a)}"
    losers = []
    for one in considered(a):
        line = f'{one.tenant} / "{one.connector}": {one.why} [{" ".join(one.rules)}]'
        if one.fits:
            yield f"  won:  {line}"
        else:
            losers.append(f"  lost: {line}")
    yield from losers
    if not losers and a.connector is None:
        yield "  no inbound connector of the tenants concerned matches"
    if a.verdict is Verdict.ORIGINATING and a.tenant and not a.tenant.accepts(a.recipient.domain):
        yield f"  RCPT TO {a.recipient.domain} was not used to find the tenant; it only steers routing now [R6 R15]"
    yield f"  rules: {' '.join(dict.fromkeys(a.rules))}"


def _headline(a: Attribution) -> str:
    if a.reply is not None:
        whose = f" by tenant {a.tenant.name}" if a.tenant else ""
        return f"{a.recipient}: refused{whose}: {a.reply.bare} — {a.reason}"
    tenant = a.tenant.name if a.tenant else "?"
    through = f' through "{a.connector.name}"' if a.connector else ""
    return f"{a.recipient}: {a.verdict} mail of tenant {tenant}, by {a.basis}{through} — {a.reason}"


def _facts(a: Attribution) -> str:
    tls = "TLS" if a.credentials.tls else "no TLS"
    return f"from {a.credentials.address}, {tls}, MAIL FROM:{a.reverse_path}, RCPT TO:<{a.recipient}>; EHLO is not used [R20]"


def _certificate(a: Attribution) -> str:
    c = a.credentials
    if c.certificate is None:
        return "none shown [R132]"
    names = ", ".join(c.certificate.names) or c.certificate.label
    if c.ignored:
        return f"{names} — ignored: {c.ignored} [{' '.join(c.rules)}]"
    return f"{names} — counts [{' '.join(c.rules)}]"
