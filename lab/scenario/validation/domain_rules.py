"""Who receives for which domain: one tenant at most, and mailboxes only where their domain is accepted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lab.model.names import Address, Domain
from lab.model.tenant import AcceptedDomain, DomainType, Tenant
from lab.scenario.builders.companies import Company
from lab.scenario.language.party_keys import HostKeys, OrganizationKeys, RecipientKeys, TenantKeys
from lab.scenario.language.scenario_keys import SectionKeys
from lab.scenario.syntax.problem_report import unknown
from lab.scenario.syntax.records import Fields, RecordKey
from lab.scenario.validation.address_rules import written_hosts
from lab.scenario.validation.references import UnreadParts
from lab.sentence import Sentence, sentence

_SHARED = ".mail.onmicrosoft.com"
_ROUTING = AcceptedDomain(Domain("mail.onmicrosoft.com"), match_sub_domains=True)
"""Stands for the domain of routing addresses where the wizard that would have made it could not be run."""


def check(
    read: Fields, companies: Sequence[Company], tenants: Mapping[str, Tenant], unread: UnreadParts
) -> None:
    """All of it, as far as what it needs could be read."""
    owners: dict[str, str] = {}
    routing = (_ROUTING,) if any(company.failed for company in companies) else ()
    for name, fields in read[SectionKeys.tenants].items():
        _accepted_once(name, fields, tenants[name], owners)
        _tenant(fields, tenants[name])
        if not unread.below(fields, TenantKeys.accepted_domains):
            _cloud_addresses(fields, (*tenants[name].accepted_domains, *routing))
    taken: dict[str, str] = {}
    for company in companies:
        for domain in company.domains:
            if domain.endswith(_SHARED):  # R105: every forest of a tenant has the domain of routing addresses
                continue
            if taken.setdefault(domain, company.name) != company.name:
                wanted = sentence("{domain} belongs to {owner!r} already", domain=domain, owner=taken[domain])
                company.read.wrong(OrganizationKeys.domains, wanted, sentence("a domain has one owner"))
        listed = (OrganizationKeys.domains, OrganizationKeys.accepted_domains)
        if not any(unread.below(company.read, key) for key in listed):
            _company(company, routing)
    for _, host in written_hosts(read):
        _internet_mailboxes(host)


def _accepted_once(name: str, fields: Fields, tenant: Tenant, owners: dict[str, str]) -> None:
    for accepted in tenant.accepted_domains:
        owner = owners.setdefault(accepted.domain_name, name)
        if owner != name:
            wanted = sentence(
                "{domain} is accepted in tenant {owner!r} already", domain=accepted.domain_name, owner=owner
            )
            hint = sentence("in Exchange Online a domain belongs to one tenant")
            _wrong_domain(fields, accepted, wanted, hint)


def _wrong_domain(fields: Fields, accepted: AcceptedDomain, wanted: Sentence, hint: Sentence) -> None:
    """A problem where the accepted domain is written, or where it follows from."""
    for record in fields[TenantKeys.accepted_domains]:
        if record.values["DomainName"] == accepted.domain_name:
            record.wrong("DomainName", wanted, hint)
            return
    fields.wrong(TenantKeys.initial_domain, wanted, hint)


def _cloud_addresses(fields: Fields, accepted: Iterable[AcceptedDomain]) -> None:
    domains = tuple(accepted)
    for key in (
        TenantKeys.mailboxes,
        TenantKeys.mail_users,
        TenantKeys.mail_contacts,
        TenantKeys.groups,
        TenantKeys.distribution_groups,
    ):
        for recipient in fields[key]:
            _addresses(recipient, domains, sentence("the tenant"))


def _tenant(fields: Fields, tenant: Tenant) -> None:
    for accepted in tenant.accepted_domains:
        if accepted.domain_type is DomainType.EXTERNAL_RELAY:
            wanted = sentence("ExternalRelay exists on-premises only")
            _wrong_domain(fields, accepted, wanted, sentence("R139"))
    names = [accepted.domain_name for accepted in tenant.accepted_domains]
    for domain in fields[TenantKeys.dkim]:
        if domain not in names:
            problem = sentence("{domain} is not accepted in the tenant", domain=domain)
            fields.wrong(TenantKeys.dkim, problem, unknown(domain, names))
    if sum(accepted.default for accepted in tenant.accepted_domains) > 1:
        wanted = sentence("one accepted domain is the default")
        fields.wrong(TenantKeys.accepted_domains, wanted, sentence("Default: true stands twice"))


def _company(company: Company, routing: Iterable[AcceptedDomain]) -> None:
    accepted = [*(AcceptedDomain(domain) for domain in company.domains), *routing]
    accepted += [AcceptedDomain(company.hybrid.coexistence)] if company.hybrid else []
    for key in (
        OrganizationKeys.mailboxes,
        OrganizationKeys.remote_mailboxes,
        OrganizationKeys.mail_contacts,
        OrganizationKeys.distribution_groups,
    ):
        for recipient in company.read[key]:
            _addresses(recipient, accepted, sentence("the organisation"))


def _addresses(recipient: Fields, accepted: Iterable[AcceptedDomain], who: Sentence) -> None:
    domains = tuple(accepted)
    written: tuple[tuple[RecordKey[object], Iterable[Address]], ...] = (
        (RecipientKeys.address, (recipient[RecipientKeys.address],)),
        (RecipientKeys.proxies, recipient[RecipientKeys.proxies]),
    )
    for key, addresses in written:
        for address in addresses:
            if not any(domain.covers(address.domain) for domain in domains):
                names = [str(domain.domain_name) for domain in domains]
                recipient.wrong(
                    key,
                    sentence("{domain} is not an accepted domain of {who}", domain=address.domain, who=who),
                    unknown(address.domain, names),
                )


def _internet_mailboxes(host: Fields) -> None:
    domains = host[HostKeys.domains]
    for mailbox in host[HostKeys.mailboxes]:
        if mailbox.domain not in domains:
            wanted = sentence("{domain} is not a domain of this host", domain=mailbox.domain)
            host.wrong(HostKeys.mailboxes, wanted, unknown(mailbox.domain, domains))
