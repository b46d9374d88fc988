"""What is sent: everybody to everybody, under every reverse-path, from every machine; or the few messages that tell most."""

from __future__ import annotations

from collections.abc import Iterator

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, message
from lab.model.names import Address, ReversePath
from lab.model.topology import Topology
from lab.scenario.builders.correspondents import cast
from lab.scenario.model import MatrixParty, MessageSpec


def every(world: AuditContext, topology: Topology) -> tuple[MessageSpec, ...]:
    """All messages that concern the company, the plainest first: stand-in partners, outsiders and a stranger included."""
    known = cast(topology)
    pairs = [(a, b) for a in known.senders for b in known.recipients if _concerns(a, b)]
    found = [
        _message(sender, recipient, reverse_path, via)
        for reverse_path in _kinds(world)
        for via in (None, *_machines(world))
        for sender, recipient in pairs
        if via is None or sender.via is None
    ]
    return tuple({each.key: each for each in found}.values())


def core(world: AuditContext, topology: Topology) -> tuple[MessageSpec, ...]:
    """What goes astray if anything does: each of the company's people and machines to partners, and outsiders to each."""
    known = cast(topology)
    own = [each for each in known.senders if each.own and each.via is None]
    others = [each for each in known.recipients if not each.own]
    foreign = [each for each in known.senders if not each.own and each.via is None]
    mine = [each for each in known.recipients if each.own]
    first = own[:1]
    return tuple(
        {
            each.key: each
            for each in (
                *(_message(a, b, None, None) for a in own for b in others),
                *(_message(a, b, None, via) for via in _machines(world) for a in first for b in others),
                *(_message(a, b, None, None) for a in foreign[:2] for b in mine),
                *(_message(a, b, _NULL, None) for a in first for b in others[:2]),
            )
        }.values()
    )


def few(world: AuditContext, topology: Topology) -> tuple[MessageSpec, ...]:
    """One of each kind of way out, to the partner in the same region."""
    own = [each for each in cast(topology).senders if each.own and each.via is None]
    near = MatrixParty(name="near", address=stand_ins.NEAR, own=False)
    ways = [(each, None) for each in own] + [(each, via) for each in own[:1] for via in _machines(world)]
    return tuple(_message(sender, near, None, via) for sender, via in ways)


_NULL = ReversePath(None)


def _kinds(world: AuditContext) -> tuple[ReversePath | None, ...]:
    """The sender's own address, none, one outside, and one of the tenant's initial domain."""
    initial = [ReversePath(Address("sender", each.initial_domain)) for each in world.tenants[:1]]
    return (None, _NULL, ReversePath(stand_ins.OUTSIDE), *initial)


def _concerns(sender: MatrixParty, recipient: MatrixParty) -> bool:
    return (sender.own or recipient.own) and sender.address.key != recipient.address.key


def _machines(world: AuditContext) -> Iterator[str]:
    """Machines of the company that hand in mail themselves, and the stranger at the front door."""
    yield from (host.name for host in (*world.exchange_servers(), *world.filters()))
    if world.tenants:
        yield stand_ins.STRANGER_HOST


def _message(
    sender: MatrixParty, recipient: MatrixParty, reverse_path: ReversePath | None, via: str | None
) -> MessageSpec:
    start = via or sender.via
    told = [sender.name, "to", recipient.name]
    told += ["as", _word(reverse_path)] if reverse_path is not None else []
    told += ["by", start.replace(":", "-")] if start is not None else []
    return message(
        sender.address, recipient.address, key="-".join(told), reverse_path=reverse_path, via=start
    )


def _word(reverse_path: ReversePath) -> str:
    if reverse_path.address is None:
        return "nobody"
    return "somebody-else" if reverse_path.address == stand_ins.OUTSIDE else "onmicrosoft"
