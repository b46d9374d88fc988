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
from lab.scenario.builders.correspondents import distinct
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


def written_at(world: AuditContext, above: str) -> dict[str, str]:
    """The paths of all recipients that an organisation or tenant lists, by the key of their addresses."""
    return {
        written_key(written): f"{above}.{kind}[{address(written)}]"
        for kind in _LISTS
        for written in values(world, f"{above}.{kind}")
    }


def address(written: Any) -> str:
    """The address of a recipient, as it is spelled there."""
    return str(written.get("address", "")) if isinstance(written, dict) else str(written)


def entry(world: AuditContext, above: str, recipient: Address) -> str:
    """The path of a recipient, '' if it is written nowhere."""
    return written_at(world, above).get(recipient.key, "")


@check("MFL-ROUTE-017", Severity.WARNING, "R137", "R141", "R241", "R244")
def known_on_one_side(world: AuditContext) -> Iterator[Suspicion]:
    """A recipient is known on one side only.

    A public folder, a dynamic group, a Microsoft 365 group is known on one side only. The other side is authoritative
    for the domain, and refuses: 5.4.1 at the edge of the tenant, 5.1.10 behind it and on-premises.

    Cure: Synchronise it, or give it a remote mailbox, mail user or contact on the other side.
    """
    for tenant in world.tenants:
        for organization in world.organizations:
            yield from _not_in_tenant(world, organization, tenant)
            yield from _not_on_premises(world, organization, tenant)


def _not_in_tenant(
    world: AuditContext, organization: OnPremOrganization, tenant: Tenant
) -> Iterator[Suspicion]:
    sender = world.mailbox(tenant)
    missing = [
        recipient for recipient in distinct(organization.recipients.values()) if _refuses(tenant, recipient)
    ]
    probe = Probe((message(sender, missing[0].primary),)) if sender and missing else None
    if probe is None or not unreached(world.play(probe)):
        return
    here = entry(world, f"organizations.{organization.name}", missing[0].primary)
    path = f"tenants.{tenant.name}.mail_users"
    users = [*values(world, path), *(str(recipient.primary) for recipient in missing)]
    told = "{tenant} knows all recipients of the domain"
    yield Suspicion(
        about=f"tenant:{tenant.name}",
        text=sentence(
            "tenant {tenant} does not know {recipients}", tenant=tenant.name, recipients=named(missing)
        ),
        facts=(
            fact(here, "{recipient} is on-premises", recipient=missing[0].primary),
            fact(_authoritative(world, tenant, missing[0]), told, tenant=tenant.name),
        ),
        probe=probe,
        shows=lost,
        cures=(cure("synchronise them, as mail users for instance", {path: users}),),
        condition=sentence(
            "once somebody in the cloud writes to them, or mail from outside comes to the tenant first"
        ),
    )


def _not_on_premises(
    world: AuditContext, organization: OnPremOrganization, tenant: Tenant
) -> Iterator[Suspicion]:
    sender = world.mailbox(organization)
    missing = [
        recipient for recipient in distinct(tenant.recipients.values()) if _refuses(organization, recipient)
    ]
    probe = Probe((message(sender, missing[0].primary),)) if sender and missing else None
    if probe is None or not unreached(world.play(probe)):
        return
    wrong = "{organization} on-premises does not know {recipients}"
    told = "{organization} knows all recipients of the domain"
    yield Suspicion(
        about=organization.name,
        text=sentence(wrong, organization=organization.name, recipients=named(missing)),
        facts=(
            fact(
                entry(world, f"tenants.{tenant.name}", missing[0].primary),
                "{recipient} is in the cloud",
                recipient=missing[0].primary,
            ),
            fact(_authoritative(world, organization, missing[0]), told, organization=organization.name),
        ),
        probe=probe,
        shows=lost,
        cures=tuple(_known(world, organization, tenant, missing)),
        condition=sentence(
            "once somebody on-premises writes to them, or mail from outside comes to on-premises first"
        ),
    )


def _known(
    world: AuditContext, organization: OnPremOrganization, tenant: Tenant, missing: list[Recipient]
) -> Iterator[Cure]:
    """In a hybrid, people with mailboxes in the cloud are remote mailboxes (R106); contacts are for the others."""
    kinds = {recipient.kind for recipient in missing}
    if RecipientKind.MAILBOX in kinds:
        objects = _objects(world, organization, tenant, missing, {RecipientKind.MAILBOX: "remote_mailboxes"})
        if len(kinds) > 1:
            yield cure(
                "give them remote mailboxes on-premises, and the others contacts, that lead to their routing "
                "addresses",
                objects,
            )
        else:
            yield cure("give them remote mailboxes on-premises that lead to their routing addresses", objects)
    yield cure(
        "give them contacts on-premises that lead to their routing addresses",
        _objects(world, organization, tenant, missing, {}),
    )


def _objects(
    world: AuditContext,
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
    paths = written_at(world, f"tenants.{tenant.name}")
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
        **{f"{above}.{kind}": [*values(world, f"{above}.{kind}"), *made[kind]] for kind in made},
    }


def in_cloud(tenant: Tenant, found: Recipient) -> Address | None:
    """Its routing address, else one in another domain of Microsoft's."""
    routing = coexistence_domain(tenant.initial_domain)
    microsofts = [proxy for proxy in found.proxies if is_moera(proxy.domain)]
    return min(microsofts, key=lambda proxy: proxy.domain != routing, default=None)


def _refuses(owner: OnPremOrganization | Tenant, found: Recipient) -> bool:
    accepted = owner.accepts(found.primary.domain)
    return (
        accepted is not None
        and accepted.domain_type is DomainType.AUTHORITATIVE
        and owner.find(found.primary) is None
    )


def _authoritative(world: AuditContext, owner: OnPremOrganization | Tenant, found: Recipient) -> str:
    accepted = owner.accepts(found.primary.domain)
    assert accepted is not None, "it refuses recipients of the domain"
    return world.setting(owner, "AcceptedDomains", accepted.domain_name)


def named(found: list[Recipient]) -> Sentence:
    """The first of them, and how many more there are."""
    first = listed(recipient.primary for recipient in found[:_NAMED])
    more = len(found) - _NAMED
    return sentence("{recipients} and {number} more", recipients=first, number=more) if more > 0 else first
