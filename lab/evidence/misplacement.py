"""Which tenants have a message although nothing leads it to them: what an administrator should be alarmed by.

Judged by rule (`lab.scenario.builders.tenants_meant`): the sender's and the recipients' own configuration. A message
may split, and each copy is judged by its own envelope recipients: that the group is known in a tenant leads no copy for
a foreign member there. What a scenario expects of a message counts as well; but not what it claims of a fault, for that
is what must be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from datetime import datetime

from lab.core.bounded_memory import BoundedMemory
from lab.evidence.hop_facts import bare_path, place, taken
from lab.model.names import Address, Domain
from lab.model.steps import Submitted
from lab.model.topology import Topology
from lab.model.trace import Hop
from lab.model.value import dataclass
from lab.scenario.builders.tenants_meant import origin, tenants_led_to
from lab.scenario.model import MatrixParty, Variant

_FAULTY = ("fault", "half-cure")
Claimed = Mapping[tuple[str, str], frozenset[str]]
"""Tenants that have a message because somebody expects it: by keys of a sender and a recipient."""
TopologyAt = Callable[[datetime], Topology]
"""The configuration that is in force at a moment."""
_TENANT = "tenant:"
_NOBODY = Address("nobody", Domain("invalid"))
"""Stands for the author of a report: it has no mailbox anywhere."""


@dataclass(slots=True)
class _MessageState:
    """What is known of a message so far."""

    sender: MatrixParty
    claimed: set[str] = field(default_factory=set)
    """Tenants that have it because somebody expects that."""
    seen: set[str] = field(default_factory=set)
    """Tenants that have had it."""
    reported: set[str] = field(default_factory=set)


class Placement:
    """Follows messages from hop to hop; hops are to be told in the order in which they began."""

    def __init__(self, variant: Variant, topology_at: TopologyAt | None = None) -> None:
        self._topology_at = topology_at or (lambda _: variant.topology)
        self._claimed = _claimed(variant)
        self._states: dict[str, _MessageState] = {}
        self._asked_of: Topology | None = None
        self._known = BoundedMemory[tuple[str, str | None, str, bool], frozenset[str]]()

    def misplaced(self, hop: Hop) -> bool:
        """Whether the hop is the first in a tenant that nothing leads its copy of the message to."""
        return bool(self.strays(hop))

    def strays(self, hop: Hop) -> tuple[str, ...]:
        """The same, told by the envelope recipients that do not lead there; none where all is well."""
        topology, tenant = self._topology_at(hop.head.arrived), hop.head.tenant
        name = hop.head.message_id or hop.head.id
        if name not in self._states:
            self._states[name] = _MessageState(_sender(hop, topology))
        state = self._states[name]
        copies = [address for text in hop.head.recipients if (address := _address(text)) is not None]
        for recipient in copies:
            state.claimed |= self._claimed.get((state.sender.name, recipient.key), frozenset())
        if tenant is None or tenant in state.reported or tenant in state.claimed:
            return ()
        again = tenant in state.seen
        state.seen.add(tenant)
        led = {copy: tenant in self._led_to(state.sender, copy, topology, again=again) for copy in copies}
        strays = tuple(str(copy) for copy, is_led in led.items() if not is_led)
        if strays:
            state.reported.add(tenant)
        return strays

    def _led_to(
        self, sender: MatrixParty, recipient: Address, topology: Topology, *, again: bool
    ) -> frozenset[str]:
        """Where a copy may be; the sender's own tenant is where it starts, and no reason to come there again.

        Remembered for the configuration that was asked about last: the same people write to each other all day.
        """
        if self._asked_of is not topology:
            self._asked_of = topology
            self._known.clear()
        key = sender.name, sender.via, recipient.key, again
        if key not in self._known:
            start = frozenset[str]() if again else origin(sender, topology)
            self._known[key] = start | tenants_led_to(sender, recipient, topology)
        return self._known[key]


def _sender(first: Hop, topology: Topology) -> MatrixParty:
    """Who the message is from and what it started at, by the first hop that the lab knows of it."""
    submitted = first.first(Submitted)
    author = _address(submitted.sender if submitted else bare_path(first.head.reverse_path)) or _NOBODY
    if first.head.tenant is not None and (submitted is not None or not first.head.client):
        return _party(
            author, f"tenant:{first.head.tenant}"
        )  # one of its mailboxes, its services, or its own report
    if submitted is not None or not first.head.client:
        return _party(author, first.head.node)
    came_from = (host.name for host in topology.hosts.values() if host.source == first.head.client)
    return _party(author, next(came_from, None))


def _party(address: Address, via: str | None = None) -> MatrixParty:
    return MatrixParty(name=address.key, address=address, own=False, via=via)


def _address(text: str) -> Address | None:
    try:
        return Address.parse(text)
    except ValueError:
        return None


def _claimed(variant: Variant) -> Claimed:
    """What a variant expects of its messages, if it is none that shows a fault."""
    claims: dict[tuple[str, str], frozenset[str]] = {}
    for spec in variant.messages if variant.kind not in _FAULTY else ():
        claim = variant.expect.get(spec.key)
        named = (*(claim.path or ()), *claim.seen_by) if claim else ()
        tenants = frozenset(place.removeprefix(_TENANT) for place in named if place.startswith(_TENANT))
        bounces_to = spec.reverse_path.address if spec.reverse_path else None
        for sender in (spec.sender, bounces_to or spec.sender):
            for recipient in spec.recipients:
                pair = sender.key, recipient.key
                claims[pair] = claims.get(pair, frozenset()) | tenants
    return claims


def misplaced(
    hops: Iterable[Hop], variant: Variant, topology_at: TopologyAt | None = None
) -> dict[str, tuple[str, ...]]:
    """By Message-ID, the tenants (`tenant:NAME`) that have a message although nothing leads it to them."""
    placement = Placement(variant, topology_at)
    by_message: dict[str, tuple[str, ...]] = {}
    for hop in hops:
        if taken(hop) and placement.misplaced(hop):
            name = hop.head.message_id
            by_message[name] = (*by_message.get(name, ()), place(hop))
    return by_message
