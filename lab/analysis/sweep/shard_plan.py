"""Shards: pieces of the work that need nothing but themselves, small enough to lose one and large enough to be worth it."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from lab.analysis.sweep.types import SharedTrait
from lab.model.value import dataclass

CROWD = 30
"""Up to so many tenants that share one thing, all pairs are asked about; see `ShardPlan`."""
_SHARD = 2_000_000
"""Microseconds that a shard is to take, roughly; larger where a crowd is so large that reading it takes as long."""
_READ = 300
"""To read a tenant."""
_ASK, _LOOK = 20, 2
"""To ask a question, and to look at one of its candidates, which are hardly more than the group."""
_KINDS = 3
"""Questions about a pair, roughly."""

Peers = tuple[tuple[int, str], ...]
"""Other tenants by their place, each with what is shared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Tenants by their place, and which of them are asked about which others."""

    number: int
    tenants: tuple[int, ...]
    """All that a decision may need."""
    asks: tuple[tuple[int, Peers], ...]


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """How a sweep is cut into shards; the same input gives the same plan.

    A provider's gateway may be shared by thousands of tenants, and their pairs are millions that hardly differ. Where more
    than `crowd` share one thing, each tenant is asked about its next neighbours in the input only, so many that
    `crowd` squared pairs are asked about, one at least; every pair is still listed.
    """

    groups: Sequence[tuple[int, ...]]
    shared: Sequence[SharedTrait]
    crowd: int = CROWD

    @property
    def crowds(self) -> int:
        """How many things are shared by too many."""
        return sum(len(trait.tenants) > self.crowd for trait in self.shared)

    def shards(self) -> Iterator[Shard]:
        """All of them, in order."""
        peers_of = self._peers()
        batch: list[int] = []
        asks: list[tuple[int, Peers]] = []
        work = number = 0
        for group in self.groups:
            for start, part in _cut(group, peers_of):
                weight = _READ * len(group) + sum(_asking(len(peers), len(group)) for _, peers in part)
                if asks and (work + weight > _SHARD or start):
                    yield Shard(number=number, tenants=tuple(batch), asks=tuple(asks))
                    batch, asks, work, number = [], [], 0, number + 1
                batch += group
                asks += part
                work += weight
        if asks:
            yield Shard(number=number, tenants=tuple(batch), asks=tuple(asks))

    def _peers(self) -> Callable[[int], Peers]:
        traits: dict[int, list[SharedTrait]] = defaultdict(list)
        for trait in self.shared:
            for tenant in trait.tenants:
                traits[tenant].append(trait)

        def of(tenant: int) -> Peers:
            peers: dict[int, str] = {}
            for trait in traits.get(tenant, ()):
                for other in self._beside(tenant, trait.tenants):
                    peers.setdefault(other, f"{trait.kind} {trait.what}")
            return tuple(sorted(peers.items()))

        return of

    def _beside(self, tenant: int, members: tuple[int, ...]) -> Iterator[int]:
        """The others that a tenant is asked about, in both directions taken together."""
        count = len(members)
        if count <= self.crowd:
            yield from (other for other in members if other != tenant)
            return
        place = bisect_left(members, tenant)
        for step in range(1, max(1, self.crowd**2 // count) + 1):
            yield members[(place + step) % count]


def _cut(
    group: tuple[int, ...], peers_of: Callable[[int], Peers]
) -> Iterator[tuple[int, list[tuple[int, Peers]]]]:
    """The group's tenants with their peers, in parts of a shard's size; each with where it starts."""
    part: list[tuple[int, Peers]] = []
    start = work = 0
    most = max(_SHARD, 2 * _READ * len(group))
    for place, tenant in enumerate(group):
        peers = peers_of(tenant)
        more = _asking(len(peers), len(group))
        if part and work + more > most:
            yield start, part
            part, start, work = [], place, 0
        part.append((tenant, peers))
        work += more
    yield start, part


def _asking(peers: int, group: int) -> int:
    return _KINDS * (peers + 1) * (_ASK + _LOOK * group)
