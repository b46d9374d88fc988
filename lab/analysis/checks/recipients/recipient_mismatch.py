"""Recipients that the two sides of the company know differently: a stale routing address, or none at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message
from lab.analysis.checks.finding import Cure, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import is_moera, lost, values
from lab.model.names import Address
from lab.model.onprem import OnPremOrganization
from lab.model.tenant import DomainType, Recipient, RecipientKind, Tenant
from lab.scenario.builders.correspondents import AddressOwner, distinct
from lab.scenario.builders.hybrid_wizard import coexistence_domain
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, listed, sentence

_REFUSED = frozenset({"5.1.10", "5.4.1", "5.1.1", "5.4.14", "5.4.6"})
_LISTS = ("remote_mailboxes", "mail_contacts", "mailboxes", "distribution_groups", "mail_users", "groups")
_NAMED = 3
"""How many recipients a text lists."""


def unreached(played: PlayedProbe) -> Sentence:
    """Who is said not to exist, or goes round."""
    return lost(played) if any(fate.status in _REFUSED for fate in played.fates.values()) else NOTHING


def written_key(written: Any) -> str:
    """The key of a recipient as it is written: an address, alone or in a table; '' if it is none."""
    address = written.get("address", "") if isinstance(written, dict) else written
    try:
        return Address.parse(str(address)).key
    except ValueError:
        return ""


def written_at(context: AuditContext, above: str) -> dict[str, str]:
    """The paths of all recipients that an organisation or tenant lists, by the key of their addresses."""
    return {
        written_key(written): f"{above}.{kind}[{address(written)}]"
        for kind in _LISTS
        for written in values(context, f"{above}.{kind}")
    }


def address(written: Any) -> str:
    """The address of a recipient, as it is spelled there."""
    return str(written.get("address", "")) if isinstance(written, dict) else str(written)


def entry(context: AuditContext, above: str, recipient: Address) -> str:
    """The path of a recipient, '' if it is written nowhere."""
    return written_at(context, above).get(recipient.key, "")


@check("MFL-ROUTE-017", Severity.WARNING, "R137", "R141", "R241", "R244")
def known_on_one_side(context: AuditContext) -> Iterator[Suspicion]:
    """A recipient is known on one side only.

    A public folder, a dynamic group, a Microsoft 365 group is known on one side only. The other side is authoritative
    for the domain, and refuses: 5.4.1 at the edge of the tenant, 5.1.10 behind it and on-premises.

    Cure: Synchronise it, or give it a remote mailbox, mail user or contact on the other side.
    """
    for tenant in context.tenants:
        for organization in context.organizations:
            yield from _not_in_tenant(context, organization, tenant)
            yield from _not_on_premises(context, organization, tenant)


def _refused(
    context: AuditContext, owner: AddressOwner, other: AddressOwner
) -> tuple[list[Recipient], Probe | None]:
    """Recipients of the other side that one refuses as unknown, and mail from here to the first of them."""
    missing = [recipient for recipient in distinct(other.recipients.values()) if _refuses(owner, recipient)]
    sender = context.mailbox(owner)
    return missing, Probe((message(sender, missing[0].primary),)) if sender and missing else None


def _not_in_tenant(
    context: AuditContext, organization: OnPremOrganization, tenant: Tenant
) -> Iterator[Suspicion]:
    missing, probe = _refused(context, tenant, organization)
    if probe is None or not unreached(context.play(probe)):
        return
    here = entry(context, f"organizations.{organization.name}", missing[0].primary)
    path = f"tenants.{tenant.name}.mail_users"
    users = [*values(context, path), *(str(recipient.primary) for recipient in missing)]
    wrong = "tenant {tenant} does not know {recipients}"
    template = "{tenant} knows all recipients of the domain"
    once = "once somebody in the cloud writes to them, or mail from outside comes to the tenant first"
    yield Suspicion(
        about=f"tenant:{tenant.name}",
        text=sentence(wrong, tenant=tenant.name, recipients=named(missing)),
        facts=(
            fact(here, "{recipient} is on-premises", recipient=missing[0].primary),
            fact(_authoritative(context, tenant, missing[0]), template, tenant=tenant.name),
        ),
        probe=probe,
        shows=lost,
        cures=(cure("synchronise them, as mail users for instance", {path: users}),),
        condition=sentence(once),
    )


def _not_on_premises(
    context: AuditContext, organization: OnPremOrganization, tenant: Tenant
) -> Iterator[Suspicion]:
    missing, probe = _refused(context, organization, tenant)
    if probe is None or not unreached(context.play(probe)):
        return
    wrong = "{organization} on-premises does not know {recipients}"
    template = "{organization} knows all recipients of the domain"
    there = entry(context, f"tenants.{tenant.name}", missing[0].primary)
    once = "once somebody on-premises writes to them, or mail from outside comes to on-premises first"
    yield Suspicion(
        about=organization.name,
        text=sentence(wrong, organization=organization.name, recipients=named(missing)),
        facts=(
            fact(there, "{recipient} is in the cloud", recipient=missing[0].primary),
            fact(_authoritative(context, organization, missing[0]), template, organization=organization.name),
        ),
        probe=probe,
        shows=lost,
        cures=tuple(_known(context, organization, tenant, missing)),
        condition=sentence(once),
    )


def _known(
    context: AuditContext, organization: OnPremOrganization, tenant: Tenant, missing: list[Recipient]
) -> Iterator[Cure]:
    """In a hybrid, people with mailboxes in the cloud are remote mailboxes (R106); contacts are for the others."""
    kinds = {recipient.kind for recipient in missing}
    if RecipientKind.MAILBOX in kinds:
        objects = _objects(
            context, organization, tenant, missing, {RecipientKind.MAILBOX: "remote_mailboxes"}
        )
        helps = "give them remote mailboxes on-premises that lead to their routing addresses"
        if len(kinds) > 1:
            helps = (
                "give them remote mailboxes on-premises, and the others contacts, that lead to their routing "
                "addresses"
            )
        yield cure(helps, objects)
    contacts = _objects(context, organization, tenant, missing, {})
    yield cure("give them contacts on-premises that lead to their routing addresses", contacts)


def _objects(
    context: AuditContext,
    organization: OnPremOrganization,
    tenant: Tenant,
    missing: list[Recipient],
    lists: Mapping[RecipientKind, str],
) -> SettingChange:
    """Contacts, or what is wanted of a kind; who has no routing address gets one, if the tenant takes mail for such."""
    routing = coexistence_domain(tenant.initial_domain)
    above = f"organizations.{organization.name}"
    change: dict[str, Any] = {}
    made: dict[str, list[Any]] = {}
    paths = written_at(context, f"tenants.{tenant.name}")
    for recipient in missing:
        there = in_cloud(tenant, recipient)
        written = paths.get(recipient.primary.key)
        if written and tenant.accepts(routing) and (there is None or there.domain != routing):
            there = Address(recipient.primary.local, routing)
            change[f"{written}.proxies"] = [str(proxy) for proxy in (*recipient.proxies, there)]
        if there is not None:
            kind = lists.get(recipient.kind, "mail_contacts")
            made.setdefault(kind, []).append({"address": str(recipient.primary), "external": str(there)})
    return {
        **change,
        **{f"{above}.{kind}": [*values(context, f"{above}.{kind}"), *made[kind]] for kind in made},
    }


def in_cloud(tenant: Tenant, recipient: Recipient) -> Address | None:
    """Its routing address, else one in another domain of Microsoft's."""
    routing = coexistence_domain(tenant.initial_domain)
    microsofts = [proxy for proxy in recipient.proxies if is_moera(proxy.domain)]
    return min(microsofts, key=lambda proxy: proxy.domain != routing, default=None)


def _refuses(owner: AddressOwner, recipient: Recipient) -> bool:
    accepted = owner.accepts(recipient.primary.domain)
    authoritative = accepted is not None and accepted.domain_type is DomainType.AUTHORITATIVE
    return authoritative and owner.find(recipient.primary) is None


def _authoritative(context: AuditContext, owner: AddressOwner, recipient: Recipient) -> str:
    accepted = owner.accepts(recipient.primary.domain)
    assert accepted is not None, "it refuses recipients of the domain"
    return context.setting(owner, accepted)


def named(recipients: list[Recipient]) -> Sentence:
    """The first of them, and how many more there are."""
    first = listed(recipient.primary for recipient in recipients[:_NAMED])
    more = len(recipients) - _NAMED
    return sentence("{recipients} and {number} more", recipients=first, number=more) if more > 0 else first
