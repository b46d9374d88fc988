"""What is sent: everybody to everybody, under every reverse-path, from every machine; or the few messages that tell most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, message
from lab.model.names import Address, ReversePath
from lab.model.topology import Topology
from lab.scenario.builders.correspondents import cast
from lab.scenario.model import MatrixParty, MessageSpec


def every(context: AuditContext, topology: Topology) -> tuple[MessageSpec, ...]:
    """All messages that concern the company, the plainest first: stand-in partners, outsiders and a stranger included."""
    known = cast(topology)
    pairs = [
        (sender, recipient)
        for sender in known.senders
        for recipient in known.recipients
        if (sender.own or recipient.own) and sender.address.key != recipient.address.key
    ]
    initial = [ReversePath(Address("sender", tenant.initial_domain)) for tenant in context.tenants[:1]]
    return _distinct(
        _message(sender, recipient, reverse_path, via)
        for reverse_path in (None, ReversePath.NULL, ReversePath(stand_ins.OUTSIDE), *initial)
        for via in (None, *_machines(context))
        for sender, recipient in pairs
        if via is None or sender.via is None
    )


def core(context: AuditContext, topology: Topology) -> tuple[MessageSpec, ...]:
    """What goes astray if anything does: each of the company's people and machines to partners, and outsiders to each."""
    known = cast(topology)
    own = [sender for sender in known.senders if sender.own and sender.via is None]
    outsiders = [sender for sender in known.senders if not sender.own and sender.via is None]
    partners = [recipient for recipient in known.recipients if not recipient.own]
    colleagues = [recipient for recipient in known.recipients if recipient.own]
    machines, first = tuple(_machines(context)), own[:1]
    return _distinct(
        (
            *(_message(sender, partner) for sender in own for partner in partners),
            *(
                _message(sender, partner, None, via)
                for via in machines
                for sender in first
                for partner in partners
            ),
            *(_message(outsider, colleague) for outsider in outsiders[:2] for colleague in colleagues),
            *(_message(sender, partner, ReversePath.NULL) for sender in first for partner in partners[:2]),
        )
    )


def few(context: AuditContext, topology: Topology) -> tuple[MessageSpec, ...]:
    """One of each kind of way out, to the partner in the same region."""
    own = [sender for sender in cast(topology).senders if sender.own and sender.via is None]
    near = MatrixParty(name="near", address=stand_ins.NEAR, own=False)
    by_machine = (_message(sender, near, None, via) for sender in own[:1] for via in _machines(context))
    return (*(_message(sender, near) for sender in own), *by_machine)


def _distinct(messages: Iterable[MessageSpec]) -> tuple[MessageSpec, ...]:
    return tuple({message.key: message for message in messages}.values())


def _machines(context: AuditContext) -> Iterator[str]:
    """Machines of the company that hand in mail themselves, and the stranger who connects to the tenant directly."""
    yield from (host.name for host in (*context.exchange_servers(), *context.filters()))
    if context.tenants:
        yield stand_ins.STRANGER_HOST


def _message(
    sender: MatrixParty,
    recipient: MatrixParty,
    reverse_path: ReversePath | None = None,
    via: str | None = None,
) -> MessageSpec:
    start = via or sender.via
    key = f"{sender.name}-to-{recipient.name}"
    if reverse_path is not None:
        key += f"-as-{_word(reverse_path)}"
    if start is not None:
        key += f"-by-{start.replace(':', '-')}"
    return message(sender.address, recipient.address, key=key, reverse_path=reverse_path, via=start)


def _word(reverse_path: ReversePath) -> str:
    if reverse_path.address is None:
        return "nobody"
    return "somebody-else" if reverse_path.address == stand_ins.OUTSIDE else "onmicrosoft"
