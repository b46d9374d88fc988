"""Two configurations with the same people in their matrices, so that what one person got in both can be compared.

Each configuration finds its own cast, one person for each class; a further mailbox may change who stands for a class.
So each gets the other's cells as well, those of people that it does not have excepted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import TypeAlias

from lab.model.topology import Topology
from lab.scenario.builders.correspondents import address_owners
from lab.scenario.builders.matrix_messages import by_rule, message
from lab.scenario.builders.message_origin import has_mailbox
from lab.scenario.model import Expectation, MatrixCell, MatrixParty, MatrixPlan, Variant

VariantPair: TypeAlias = tuple[str, str, str]
"""Who a cell is about, whatever their class is called: address and start of the sender, address of the recipient."""
_NOTICE = "tenant:"


def pair(sender: MatrixParty, recipient: MatrixParty) -> VariantPair:
    """The key by which a cell is found in another matrix."""
    return sender.address.key, sender.via or "", recipient.address.key


def with_cells_of(variant: Variant, other: Variant) -> Variant:
    """A variant that is prepared for its matrix, with the other's cells that it can play."""
    own, theirs = variant.matrix, other.matrix
    if own is None or theirs is None:
        return variant
    missing = tuple(_missing(own, theirs, variant.topology))
    cells = tuple(cell for cell, _ in missing)
    plan = MatrixPlan(
        senders=_joined(own.senders, (cell.sender for cell in cells)),
        recipients=_joined(own.recipients, (cell.recipient for cell in cells)),
        cells=(*own.cells, *cells),
    )
    return replace(
        variant,
        matrix=plan,
        messages=(*variant.messages, *map(message, cells)),
        expect={
            **variant.expect,
            **{cell.key: _claim(cell, variant, former, other) for cell, former in missing},
        },
    )


def _claim(cell: MatrixCell, variant: Variant, former: MatrixCell, other: Variant) -> Expectation:
    """The rule, with what the other configuration says of the pair instead of its own rule."""
    rule, theirs = by_rule(cell, _times(variant)), by_rule(former, _times(other))
    claim = other.expect.get(former.key, theirs)
    names = [
        field.name for field in fields(claim) if getattr(claim, field.name) != getattr(theirs, field.name)
    ]
    return replace(rule, **{name: getattr(claim, name) for name in names})


def _times(variant: Variant) -> tuple[Topology, ...]:
    return (variant.topology, *(moment.topology for moment in variant.timeline))


def _missing(
    own: MatrixPlan, theirs: MatrixPlan, topology: Topology
) -> Iterator[tuple[MatrixCell, MatrixCell]]:
    """Each cell as it is called here, and as it is called there."""
    owners = address_owners(topology)
    pairs = {pair(present.sender, present.recipient) for present in own.cells}
    for cell in theirs.cells:
        who = pair(cell.sender, cell.recipient)
        if who in pairs:
            continue
        pairs.add(who)
        address = cell.recipient.address
        is_known = topology.mailbox_node(address) is not None or any(owner.find(address) for owner in owners)
        if is_known and _can_send(cell.sender, topology):
            sender, recipient = _called(cell.sender, own.senders), _called(cell.recipient, own.recipients)
            key = f"{sender.name}_to_{recipient.name}"
            yield MatrixCell(key=key, sender=sender, recipient=recipient), cell


def _called(party: MatrixParty, known: tuple[MatrixParty, ...]) -> MatrixParty:
    """As it is called here; by its address where somebody else has its name."""
    same = [other for other in known if (other.address.key, other.via) == (party.address.key, party.via)]
    if same:
        return same[0]
    return replace(party, name=party.address.key) if party.name in {other.name for other in known} else party


def _joined(own: tuple[MatrixParty, ...], more: Iterator[MatrixParty]) -> tuple[MatrixParty, ...]:
    return tuple({party.name: party for party in (*own, *more)}.values())


def _can_send(party: MatrixParty, topology: Topology) -> bool:
    if party.via is None:
        return has_mailbox(party.address, topology)
    return party.via in topology.hosts or party.via.removeprefix(_NOTICE) in topology.tenants
