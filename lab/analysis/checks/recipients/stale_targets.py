"""Remote mailboxes and contacts on-premises that say where in the tenant somebody is, and nobody is there (R106)."""

from __future__ import annotations

from collections.abc import Iterator

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


_ADDED = {
    True: "in {tenant}, {recipients} has the target address, too",
    False: "in {tenant}, {recipients} have the target address, too",
}
_RENAMED = {
    True: "a target address that {recipients} has in {tenant}",
    False: "a target address that {recipients} have in {tenant}",
}
_AGAIN = {
    True: "{recipients} has a mailbox in {tenant} again, instead of a mail user",
    False: "{recipients} have a mailbox in {tenant} again, instead of a mail user",
}
"""What cures say of one recipient, and of several."""


@check("MFL-ROUTE-007", Severity.ERROR, "R106", "R141", "R161")
def stale_target(context: AuditContext) -> Iterator[Suspicion]:
    """A target address leads to nobody.

    On-premises a remote mailbox or contact says where in the tenant the recipient is (targetAddress). After a migration
    back, or a rename, nobody has that address, or a mail user has it whose mail goes to on-premises: 5.1.10, or a loop.

    Cure: The address that the mailbox really has; or a mailbox where the mail user is.
    """
    for organization, sender in context.with_mailbox(context.organizations):
        recipients = distinct(organization.recipients.values())
        for tenant in context.tenants:
            doubtful = [recipient for recipient in recipients if _doubtful(tenant, recipient)]
            for is_user in (False, True):
                stale = [recipient for recipient in doubtful if _known(tenant, recipient) is is_user]
                yield from _by_cause(context, organization, tenant, sender, stale, is_user=is_user)


def _doubtful(tenant: Tenant, recipient: Recipient) -> bool:
    """Whether the tenant does not know the address that it would have to know, or has no mailbox under it."""
    if recipient.external is None or tenant.accepts(recipient.external.domain) is None:
        return False
    there = tenant.find(recipient.external)
    return there is None or there.kind is RecipientKind.MAIL_USER


def _known(tenant: Tenant, recipient: Recipient) -> bool:
    return recipient.external is not None and tenant.find(recipient.external) is not None


def _by_cause(
    context: AuditContext,
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
        addresses = (recipient.primary for recipient in group[:_SINGLY])
        probe = Probe(tuple(message(sender, address, key=str(address)) for address in addresses))
        if unreached(context.play(probe)):
            yield _stale(context, organization, tenant, group, about, probe)


def _stale(
    context: AuditContext,
    organization: OnPremOrganization,
    tenant: Tenant,
    stale: list[Recipient],
    about: str,
    probe: Probe,
) -> Suspicion:
    first = stale[0]
    here = written_at(context, f"organizations.{organization.name}").get(first.primary.key, "")
    there = tenant.find(first.external) if first.external else None
    path = written_at(context, f"tenants.{tenant.name}").get(first.primary.key, "")
    target = fact(path, "tenant {tenant}: nobody has that address", tenant=tenant.name)
    if there is not None:
        goes = "tenant {tenant}: there is a mail user, whose mail goes to {address}"
        target = fact(path, goes, tenant=tenant.name, address=there.external)
    wrong = "on-premises sends mail for {recipients} to an address that nobody has"
    template = "on-premises: {recipient} is at {address}"
    return Suspicion(
        about=about,
        text=sentence(wrong, recipients=named(stale)),
        facts=(
            fact(
                f"{here}.external" if here else "", template, recipient=first.primary, address=first.external
            ),
            target,
        ),
        probe=probe,
        shows=lost,
        cures=tuple(_targets(context, organization, tenant, stale)),
    )


def _targets(
    context: AuditContext, organization: OnPremOrganization, tenant: Tenant, stale: list[Recipient]
) -> Iterator[Cure]:
    """The address that the mailboxes really have; or mailboxes where the mail users are."""
    in_tenant = [(recipient, there) for recipient in stale if (there := tenant.find(recipient.primary))]
    moved = [
        (recipient, there) for recipient, there in in_tenant if there.kind is not RecipientKind.MAIL_USER
    ]
    users = [there for _, there in in_tenant if there.kind is RecipientKind.MAIL_USER]
    names: dict[str, object] = {"tenant": tenant.name, "recipients": named(stale)}
    one = len(stale) == 1
    paths = written_at(context, f"organizations.{organization.name}")
    cloud_paths = written_at(context, f"tenants.{tenant.name}")
    added = {
        f"{path}.proxies": [str(proxy) for proxy in (*there.proxies, recipient.external)]
        for recipient, there in moved
        if (path := cloud_paths.get(there.primary.key))
    }
    if added:
        yield cure(_ADDED[one], added, **names)
    renamed = {
        f"{path}.external": str(address)
        for recipient, there in moved
        if (path := paths.get(recipient.primary.key)) and (address := in_cloud(tenant, there))
    }
    if renamed:
        yield cure(_RENAMED[one], renamed, **names)
    if users:
        yield cure(_AGAIN[one], _boxes(context, tenant, users), **names)


def _boxes(context: AuditContext, tenant: Tenant, users: list[Recipient]) -> SettingChange:
    """Mailboxes in place of mail users."""
    written, boxes = f"tenants.{tenant.name}.mail_users", f"tenants.{tenant.name}.mailboxes"
    gone = {user.primary.key for user in users}
    left = [user for user in values(context, written) if written_key(user) not in gone]
    made = [{"address": str(user.primary), "proxies": [*map(str, user.proxies)]} for user in users]
    return {written: left, boxes: [*values(context, boxes), *made]}
