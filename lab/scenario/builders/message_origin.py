"""Where messages start from, and whether each has such a place."""

from __future__ import annotations

from lab.errors import DriverError
from lab.model.names import Address
from lab.model.tenant import RecipientKind, Tenant
from lab.model.topology import Topology
from lab.scenario.builders.correspondents import address_owners
from lab.scenario.language.scenario_keys import MessageKeys, SectionKeys
from lab.scenario.model import MessageSpec
from lab.scenario.syntax.problem_report import did_you_mean
from lab.scenario.syntax.records import Fields
from lab.sentence import sentence

_TENANT = "tenant:"


def sending_node(spec: MessageSpec, topology: Topology) -> str:
    """The node that sends a message: where the author's mailbox is, unless `via` says otherwise.

    Raises DriverError when there is none.
    """
    tenant = notifying_tenant(spec, topology)
    if tenant is not None:
        return topology.regions[tenant.region].node
    if spec.via is not None:
        region = next((r for r in topology.regions.values() if spec.via in (r.name, r.node)), None)
        return region.node if region else spec.via
    home = topology.mailbox_node(spec.sender)
    if home is None:
        why = sentence("{sender} has no mailbox in this lab; say `via:` a host", sender=spec.sender)
        raise DriverError(sentence("message {key}: {why}", key=spec.key, why=why))
    return home


def notifying_tenant(spec: MessageSpec, topology: Topology) -> Tenant | None:
    """The tenant that a message is handed to inside the service, as `via: tenant:NAME` says (R245)."""
    if spec.via is None or not spec.via.startswith(_TENANT):
        return None
    return topology.tenants[spec.via.removeprefix(_TENANT)]


def check(read: Fields, topology: Topology, *, whole: bool) -> None:
    """An author without a mailbox in the lab needs `via:`; one driver alone needs a reason.

    Unless the topology is whole, the author's mailbox may be what could not be read.
    """
    for message in read[SectionKeys.messages].values() if whole else ():
        author = message[MessageKeys.sender]
        if message[MessageKeys.via] is None and not has_mailbox(author, topology):
            hint = did_you_mean(author.key, _mailboxes(topology)) or sentence("say `via:` a host")
            message.wrong(MessageKeys.sender, sentence("{author} has no mailbox here", author=author), hint)
    if read[SectionKeys.only] is not None and not read[SectionKeys.only_why]:
        wanted = sentence("`only:` needs `only_why:`")
        read.wrong(SectionKeys.only, wanted, sentence("say why the other drivers cannot run it"))


def has_mailbox(author: Address, topology: Topology) -> bool:
    """Whether an address has a mailbox in the lab that could send."""
    if author.key in _mailboxes(topology):
        return True
    return any(
        host.is_final and not host.mailboxes and author.domain in host.accepts_domains
        for host in topology.hosts.values()
    )


def _mailboxes(topology: Topology) -> set[str]:
    directories = [owner.recipients for owner in address_owners(topology)]
    recipients = [addressed for directory in directories for addressed in directory.items()]
    people = {key for key, recipient in recipients if recipient.kind is RecipientKind.MAILBOX}
    return people.union(*(host.mailboxes for host in topology.hosts.values()))
