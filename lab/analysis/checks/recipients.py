"""Recipients that the two sides of the company know differently: a stale routing address, or none at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.analysis.checks.flows import is_moera, lost
from lab.analysis.checks.nouns import Check, Cure, Fact, Played, Probe, Severity, Suspicion
from lab.analysis.checks.world import World, distinct, message
from lab.model.names import Address
from lab.model.onprem import OnPremOrganization
from lab.model.tenant import DomainType, Recipient, RecipientKind, Tenant
from lab.scenario.hybrid import coexistence_domain
from lab.scenario.whatif import Change

_REFUSED = frozenset({"5.1.10", "5.4.1", "5.1.1", "5.4.14", "5.4.6"})
_LISTS = ("remote_mailboxes", "mail_contacts", "mailboxes", "distribution_groups", "mail_users", "groups")
_NAMED = 3
"""How many recipients a text lists."""


def _unreached(played: Played) -> str:
    """Who is said not to exist, or goes round."""
    return lost(played) if any(fate.status in _REFUSED for fate in played.fates.values()) else ""


def entry(world: World, above: str, address: Address) -> str:
    """The path of a recipient, '' if it is written nowhere."""
    paths = (f"{above}.{kind}[{address}]" for kind in _LISTS)
    return next((path for path in paths if world.value(path) is not None), "")


# -- routing addresses that lead nowhere


def stale_target(world: World) -> Iterator[Suspicion]:
    """A remote mailbox or contact whose address in the tenant nobody has, or somebody who is elsewhere (R106, P31)."""
    for organization in world.organizations:
        sender = world.mailbox(organization)
        for found in distinct(organization.recipients.values()) if sender else ():
            tenant = _home(world, found.external)
            if tenant is not None and found.external is not None and _doubtful(tenant, found.external):
                assert sender is not None, "else nobody is looked at"
                probe = Probe((message(sender, found.primary),))
                if _unreached(world.play(probe)):
                    yield _stale(world, organization, tenant, found, probe)


def _home(world: World, address: Address | None) -> Tenant | None:
    """The own tenant that an address belongs to."""
    return next((each for each in world.tenants if address and each.accepts(address.domain)), None)


def _doubtful(tenant: Tenant, target: Address) -> bool:
    """Whether the tenant does not know the address, or has no mailbox under it."""
    found = tenant.find(target)
    return found is None or found.kind is RecipientKind.MAIL_USER


def _stale(
    world: World, organization: OnPremOrganization, tenant: Tenant, found: Recipient, probe: Probe
) -> Suspicion:
    here = entry(world, f"organizations.{organization.name}", found.primary)
    there = tenant.find(found.external) if found.external else None
    knows = (
        f"there is a mail user, whose mail goes to {there.external}" if there else "nobody has that address"
    )
    return Suspicion(
        about=str(found.primary),
        text=f"on-premises sends {found.primary} to where nobody is",
        facts=(
            Fact(f"{here}.external" if here else "", f"on-premises: {found.primary} is at {found.external}"),
            Fact(entry(world, f"tenants.{tenant.name}", found.primary), f"tenant {tenant.name}: {knows}"),
        ),
        probe=probe,
        shows=lost,
        cures=tuple(_targets(world, organization, tenant, found)),
    )


def _targets(
    world: World, organization: OnPremOrganization, tenant: Tenant, found: Recipient
) -> Iterator[Cure]:
    """The address that the mailbox really has; or a mailbox where the mail user is."""
    here = entry(world, f"organizations.{organization.name}", found.primary)
    there = tenant.find(found.primary)
    if there is not None and there.kind is not RecipientKind.MAIL_USER:
        path = entry(world, f"tenants.{tenant.name}", there.primary)
        if path:
            proxies = [str(each) for each in (*there.proxies, found.external)]
            yield Cure(f"{there.primary} has the address {found.external}, too", {f"{path}.proxies": proxies})
        known = _in_cloud(tenant, there)
        if here and known:
            yield Cure(f"the target address is {known}", {f"{here}.external": str(known)})
    users = f"tenants.{tenant.name}.mail_users"
    listed = world.value(users)
    if isinstance(listed, list) and there is not None and there.kind is RecipientKind.MAIL_USER:
        left = [each for each in listed if written_address(each).lower() != str(found.primary).lower()]
        boxes = f"tenants.{tenant.name}.mailboxes"
        box = {"address": str(found.primary), "proxies": [str(each) for each in there.proxies]}
        change = {users: left, boxes: [*(world.value(boxes) or ()), box]}
        yield Cure(f"{found.primary} has a mailbox in {tenant.name} again, instead of a mail user", change)


def written_address(written: Any) -> str:
    """The address of a recipient as it is written, alone or in a table."""
    return str(written.get("address", "")) if isinstance(written, dict) else str(written)


# -- known on one side


def known_on_one_side(world: World) -> Iterator[Suspicion]:
    """What synchronisation leaves out, is refused by the other side as unknown (R141, R244)."""
    for tenant in world.tenants:
        for organization in world.organizations:
            yield from _not_in_tenant(world, organization, tenant)
            yield from _not_on_premises(world, organization, tenant)


def _not_in_tenant(world: World, organization: OnPremOrganization, tenant: Tenant) -> Iterator[Suspicion]:
    sender = world.mailbox(tenant)
    missing = [each for each in distinct(organization.recipients.values()) if _refuses(tenant, each)]
    probe = Probe((message(sender, missing[0].primary),)) if sender and missing else None
    if probe is None or not _unreached(world.play(probe)):
        return
    here = entry(world, f"organizations.{organization.name}", missing[0].primary)
    path = f"tenants.{tenant.name}.mail_users"
    users = [*(world.value(path) or ()), *(str(each.primary) for each in missing)]
    yield Suspicion(
        about=f"tenant:{tenant.name}",
        text=f"tenant {tenant.name} does not know {_listed(missing)}",
        facts=(
            Fact(here, f"{missing[0].primary} is on-premises"),
            Fact(
                _authoritative(world, tenant, missing[0]), f"{tenant.name} knows all recipients of the domain"
            ),
        ),
        probe=probe,
        shows=lost,
        cures=(Cure("synchronise them, as mail users for instance", {path: users}),),
        condition="once somebody in the cloud writes to them, or mail from outside comes to the tenant first",
    )


def _not_on_premises(world: World, organization: OnPremOrganization, tenant: Tenant) -> Iterator[Suspicion]:
    sender = world.mailbox(organization)
    missing = [each for each in distinct(tenant.recipients.values()) if _refuses(organization, each)]
    probe = Probe((message(sender, missing[0].primary),)) if sender and missing else None
    if probe is None or not _unreached(world.play(probe)):
        return
    yield Suspicion(
        about=organization.name,
        text=f"{organization.name} on-premises does not know {_listed(missing)}",
        facts=(
            Fact(
                entry(world, f"tenants.{tenant.name}", missing[0].primary),
                f"{missing[0].primary} is in the cloud",
            ),
            Fact(
                _authoritative(world, organization, missing[0]),
                f"{organization.name} knows all recipients of the domain",
            ),
        ),
        probe=probe,
        shows=lost,
        cures=(
            Cure(
                "give them contacts on-premises that lead to their routing addresses",
                _contacts(world, organization, tenant, missing),
            ),
        ),
        condition="once somebody on-premises writes to them, or mail from outside comes to on-premises first",
    )


def _contacts(
    world: World, organization: OnPremOrganization, tenant: Tenant, missing: list[Recipient]
) -> Change:
    """Contacts for all of them; who has no routing address gets one, if the tenant takes mail for such."""
    routing = coexistence_domain(tenant.initial_domain)
    path = f"organizations.{organization.name}.mail_contacts"
    contacts, change = [*(world.value(path) or ())], {}
    for each in missing:
        there = _in_cloud(tenant, each)
        written = entry(world, f"tenants.{tenant.name}", each.primary)
        if written and tenant.accepts(routing) and (there is None or there.domain != routing):
            there = Address(each.primary.local, routing)
            change[f"{written}.proxies"] = [str(proxy) for proxy in (*each.proxies, there)]
        if there is not None:
            contacts.append({"address": str(each.primary), "external": str(there)})
    return {**change, path: contacts}


def _in_cloud(tenant: Tenant, found: Recipient) -> Address | None:
    """Its routing address, else one in another domain of Microsoft's."""
    routing = coexistence_domain(tenant.initial_domain)
    microsofts = [each for each in found.proxies if is_moera(each.domain)]
    return min(microsofts, key=lambda each: each.domain != routing, default=None)


def _refuses(owner: OnPremOrganization | Tenant, found: Recipient) -> bool:
    accepted = owner.accepts(found.primary.domain)
    return (
        accepted is not None
        and accepted.domain_type is DomainType.AUTHORITATIVE
        and owner.find(found.primary) is None
    )


def _authoritative(world: World, owner: OnPremOrganization | Tenant, found: Recipient) -> str:
    accepted = owner.accepts(found.primary.domain)
    assert accepted is not None, "it refuses recipients of the domain"
    return world.setting(owner, "AcceptedDomains", accepted.domain_name)


def _listed(found: list[Recipient]) -> str:
    named = ", ".join(str(each.primary) for each in found[:_NAMED])
    return f"{named} and {len(found) - _NAMED} more" if len(found) > _NAMED else named


CHECKS = (
    Check(
        code="MFL-ROUTE-007",
        title="A target address leads to nobody",
        severity=Severity.ERROR,
        about="""\
On-premises a remote mailbox or contact says where in the tenant the recipient is (targetAddress). After a migration back, or
a rename, nobody has that address, or a mail user has it whose mail goes to on-premises: 5.1.10, or a loop.""",
        cure="The address that the mailbox really has; or a mailbox where the mail user is.",
        rules=("R106", "R141", "R161"),
        find=stale_target,
    ),
    Check(
        code="MFL-ROUTE-017",
        title="A recipient is known on one side only",
        severity=Severity.WARNING,
        about="""\
A public folder, a dynamic group, a Microsoft 365 group is known on one side only. The other side is authoritative for the
domain, and refuses: 5.4.1 at the edge of the tenant, 5.1.10 behind it and on-premises.""",
        cure="Synchronise it, or give it a mail user or contact on the other side.",
        rules=("R137", "R141", "R241", "R244"),
        find=known_on_one_side,
    ),
)
