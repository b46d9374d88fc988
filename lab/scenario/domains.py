"""Who receives for which domain: one tenant at most, and mailboxes only where their domain is accepted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lab.model.names import Address
from lab.model.tenant import AcceptedDomain, DomainType, Tenant
from lab.scenario.addresses import written_hosts
from lab.scenario.companies import Company
from lab.scenario.language import SectionKeys
from lab.scenario.parties import HostKeys, OrganizationKeys, RecipientKeys, TenantKeys
from lab.scenario.records import Fields, Key
from lab.scenario.report import unknown


def check(read: Fields, companies: Iterable[Company], tenants: Mapping[str, Tenant]) -> None:
    """All of it."""
    owners: dict[str, str] = {}
    for name, fields in read[SectionKeys.tenants].items():
        _accepted_once(name, fields, tenants[name], owners)
        _tenant(fields, tenants[name])
    taken: dict[str, str] = {}
    for company in companies:
        for domain in company.domains:
            if taken.setdefault(domain, company.name) != company.name:
                company.read.wrong(
                    OrganizationKeys.domains,
                    f"{domain} belongs to {taken[domain]!r} already",
                    "one owner a domain",
                )
        _company(company)
    for _, host in written_hosts(read):
        _internet_mailboxes(host)


def _accepted_once(name: str, fields: Fields, tenant: Tenant, owners: dict[str, str]) -> None:
    for accepted in tenant.accepted_domains:
        owner = owners.setdefault(accepted.domain_name, name)
        if owner != name:
            wanted = f"{accepted.domain_name} is accepted in tenant {owner!r} already"
            _wrong_domain(fields, accepted, wanted, "Exchange Online lets one tenant have a domain")


def _wrong_domain(fields: Fields, accepted: AcceptedDomain, wanted: str, hint: str) -> None:
    """A problem where the accepted domain is written, or where it follows from."""
    for each in fields[TenantKeys.accepted_domains]:
        if each.values["DomainName"] == accepted.domain_name:
            each.wrong("DomainName", wanted, hint)
            return
    fields.wrong(TenantKeys.initial_domain, wanted, hint)


def _tenant(fields: Fields, tenant: Tenant) -> None:
    for key in (
        TenantKeys.mailboxes,
        TenantKeys.mail_users,
        TenantKeys.mail_contacts,
        TenantKeys.groups,
        TenantKeys.distribution_groups,
    ):
        for recipient in fields[key]:
            _addresses(recipient, tenant.accepted_domains, "the tenant")
    for accepted in tenant.accepted_domains:
        if accepted.domain_type is DomainType.EXTERNAL_RELAY:
            _wrong_domain(fields, accepted, "ExternalRelay exists on-premises only", "R139")
    names = [accepted.domain_name for accepted in tenant.accepted_domains]
    for domain in fields[TenantKeys.dkim]:
        if domain not in names:
            fields.wrong(TenantKeys.dkim, f"{domain} is not accepted in the tenant", unknown(domain, names))
    if sum(accepted.default for accepted in tenant.accepted_domains) > 1:
        fields.wrong(
            TenantKeys.accepted_domains, "one accepted domain is the default", "Default: true stands twice"
        )


def _company(company: Company) -> None:
    accepted = [AcceptedDomain(domain) for domain in company.domains]
    accepted += [AcceptedDomain(company.hybrid.coexistence)] if company.hybrid else []
    for key in (
        OrganizationKeys.mailboxes,
        OrganizationKeys.remote_mailboxes,
        OrganizationKeys.mail_contacts,
        OrganizationKeys.distribution_groups,
    ):
        for recipient in company.read[key]:
            _addresses(recipient, accepted, "the organisation")


def _addresses(recipient: Fields, accepted: Iterable[AcceptedDomain], who: str) -> None:
    domains = tuple(accepted)
    written: tuple[tuple[Key[object], Iterable[Address]], ...] = (
        (RecipientKeys.address, (recipient[RecipientKeys.address],)),
        (RecipientKeys.proxies, recipient[RecipientKeys.proxies]),
    )
    for key, addresses in written:
        for address in addresses:
            if not any(each.covers(address.domain) for each in domains):
                names = [str(each.domain_name) for each in domains]
                recipient.wrong(
                    key,
                    f"{address.domain} is not an accepted domain of {who}",
                    unknown(address.domain, names),
                )


def _internet_mailboxes(host: Fields) -> None:
    domains = host[HostKeys.domains]
    for mailbox in host[HostKeys.mailboxes]:
        if mailbox.domain not in domains:
            host.wrong(
                HostKeys.mailboxes,
                f"{mailbox.domain} is not a domain of this host",
                unknown(mailbox.domain, domains),
            )
