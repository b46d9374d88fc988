"""Remote mailboxes and contacts on-premises that say where in the tenant somebody is, and nobody is there (R106)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

from lab.analysis.checks.audit_context import AuditContext, Probe, message
from lab.analysis.checks.finding import Cure, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import lost, values
from lab.analysis.checks.recipients.recipient_mismatch import (
    in_cloud,
    named,
    unreached,
    written_at,
    written_key,
)
from lab.model.names import Address
from lab.model.onprem import OnPremOrganization
from lab.model.tenant import Recipient, RecipientKind, Tenant
from lab.scenario.builders.correspondents import distinct
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import sentence

_SINGLY = 5
"""How many are told one by one; more of a kind have one cause, and are one finding, with as many in its flow."""


@check("MFL-ROUTE-007", Severity.ERROR, "R106", "R141", "R161")
def stale_target(world: AuditContext) -> Iterator[Suspicion]:
    """A target address leads to nobody.

    On-premises a remote mailbox or contact says where in the tenant the recipient is (targetAddress). After a migration
    back, or a rename, nobody has that address, or a mail user has it whose mail goes to on-premises: 5.1.10, or a loop.

    Cure: The address that the mailbox really has; or a mailbox where the mail user is.
    """
    for organization in world.organizations:
        sender = world.mailbox(organization)
        for tenant in world.tenants if sender else ():
            assert sender is not None, "else no tenant is looked at"
            doubtful = [
                recipient
                for recipient in distinct(organization.recipients.values())
                if _doubtful(tenant, recipient)
            ]
            for is_user, stale in groupby(sorted(doubtful, key=_known(tenant)), _known(tenant)):
                yield from _told(world, organization, tenant, sender, list(stale), is_user=is_user)


def _doubtful(tenant: Tenant, recipient: Recipient) -> bool:
    """Whether the tenant does not know the address that it would have to know, or has no mailbox under it."""
    if recipient.external is None or tenant.accepts(recipient.external.domain) is None:
        return False
    there = tenant.find(recipient.external)
    return there is None or there.kind is RecipientKind.MAIL_USER


def _known(tenant: Tenant) -> Callable[[Recipient], bool]:
    return lambda recipient: recipient.external is not None and tenant.find(recipient.external) is not None


def _told(
    world: AuditContext,
    organization: OnPremOrganization,
    tenant: Tenant,
    sender: Address,
    stale: list[Recipient],
    *,
    is_user: bool,
) -> Iterator[Suspicion]:
    groups = [[recipient] for recipient in stale] if len(stale) <= _SINGLY else [stale]
    for group in groups:
        kind = "mail users" if is_user else "unknown"
        about = str(group[0].primary) if len(group) == 1 else f"{organization.name}:{kind}"
        messages = (
            message(sender, recipient.primary, key=str(recipient.primary)) for recipient in group[:_SINGLY]
        )
        probe = Probe(tuple(messages))
        if unreached(world.play(probe)):
            yield _stale(world, organization, tenant, group, about, probe)


def _stale(
    world: AuditContext,
    organization: OnPremOrganization,
    tenant: Tenant,
    stale: list[Recipient],
    about: str,
    probe: Probe,
) -> Suspicion:
    first = stale[0]
    here = written_at(world, f"organizations.{organization.name}").get(first.primary.key, "")
    there = tenant.find(first.external) if first.external else None
    path = written_at(world, f"tenants.{tenant.name}").get(first.primary.key, "")
    known = fact(path, "tenant {tenant}: nobody has that address", tenant=tenant.name)
    if there is not None:
        goes = "tenant {tenant}: there is a mail user, whose mail goes to {address}"
        known = fact(path, goes, tenant=tenant.name, address=there.external)
    told = "on-premises: {recipient} is at {address}"
    return Suspicion(
        about=about,
        text=sentence(
            "on-premises sends mail for {recipients} to an address that nobody has", recipients=named(stale)
        ),
        facts=(
            fact(f"{here}.external" if here else "", told, recipient=first.primary, address=first.external),
            known,
        ),
        probe=probe,
        shows=lost,
        cures=tuple(_targets(world, organization, tenant, stale)),
    )


def _targets(
    world: AuditContext, organization: OnPremOrganization, tenant: Tenant, stale: list[Recipient]
) -> Iterator[Cure]:
    """The address that the mailboxes really have; or mailboxes where the mail users are."""
    known = [(recipient, there) for recipient in stale if (there := tenant.find(recipient.primary))]
    moved = [(recipient, there) for recipient, there in known if there.kind is not RecipientKind.MAIL_USER]
    users = [there for _, there in known if there.kind is RecipientKind.MAIL_USER]
    one = len(stale) == 1
    here = written_at(world, f"organizations.{organization.name}")
    there_ = written_at(world, f"tenants.{tenant.name}")
    added = {
        f"{there_[there.primary.key]}.proxies": [str(proxy) for proxy in (*there.proxies, recipient.external)]
        for recipient, there in moved
        if there.primary.key in there_
    }
    if added:
        yield cure(
            "in {tenant}, {recipients} has the target address, too"
            if one
            else "in {tenant}, {recipients} have the target address, too",
            added,
            tenant=tenant.name,
            recipients=named(stale),
        )
    renamed = {
        f"{here[recipient.primary.key]}.external": str(address)
        for recipient, there in moved
        if recipient.primary.key in here and (address := in_cloud(tenant, there))
    }
    if renamed:
        yield cure(
            "a target address that {recipients} has in {tenant}"
            if one
            else "a target address that {recipients} have in {tenant}",
            renamed,
            recipients=named(stale),
            tenant=tenant.name,
        )
    if users:
        yield cure(
            "{recipients} has a mailbox in {tenant} again, instead of a mail user"
            if one
            else "{recipients} have a mailbox in {tenant} again, instead of a mail user",
            _boxes(world, tenant, users),
            recipients=named(stale),
            tenant=tenant.name,
        )


def _boxes(world: AuditContext, tenant: Tenant, users: list[Recipient]) -> SettingChange:
    """Mailboxes in place of mail users."""
    written, boxes = f"tenants.{tenant.name}.mail_users", f"tenants.{tenant.name}.mailboxes"
    gone = {user.primary.key for user in users}
    left = [user for user in values(world, written) if written_key(user) not in gone]
    made = [{"address": str(u.primary), "proxies": [str(proxy) for proxy in u.proxies]} for u in users]
    return {written: left, boxes: [*values(world, boxes), *made]}
