"""Who shares what with whom: by index, never by comparing all pairs.

Two tenants are of one group when something that one has could take part in a decision about the other's connections,
under any position of the switches. So whatever a decision about a tenant's connections looks at lies in its group (and
in the recipient's tenant, which the asker brings): deciding in the group is deciding among all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from typing import TypeVar

from lab.analysis.sweep.tenant_traits import TenantTraits
from lab.analysis.sweep.types import SharedTrait, TraitKind
from lab.model.value import dataclass

K = TypeVar("K", str, int)
_Owners = dict[K, "int | list[int]"]
"""Nearly everything has one owner; a list for each would take gigabytes."""


@dataclass(slots=True)
class Index:
    """All tenants' marks, by what they are."""

    count: int = 0
    values: _Owners[str] = field(default_factory=dict)
    shown: _Owners[str] = field(default_factory=dict)
    gateways: _Owners[str] = field(default_factory=dict)
    sources: _Owners[int] = field(default_factory=dict)
    networks: dict[int, _Owners[int]] = field(default_factory=dict)
    """By prefix length, then by the first bits."""

    def add(self, marks: TenantTraits) -> int:
        """The next tenant; returns its place."""
        number = self.count
        self.count += 1
        for value in marks.values:
            _own(self.values, value, number)
        for name in marks.shown:
            _own(self.shown, name, number)
        for gateway in marks.gateways:
            _own(self.gateways, gateway, number)
        for source in marks.sources:
            _own(self.sources, source, number)
        for first, bits in marks.networks:
            _own(self.networks.setdefault(bits, {}), first, number)
        return number

    def shared(self) -> Iterator[SharedTrait]:
        """Everything that two tenants or more have in common, in a settled order."""
        yield from _settled(TraitKind.CERTIFICATE_VALUE, self._by_value())
        yield from _settled(TraitKind.CERTIFICATE_NAME, _common(self.shown))
        yield from _settled(TraitKind.RANGE, self._by_range())
        yield from _settled(TraitKind.ADDRESS, ((_dotted(k), who) for k, who in _common(self.sources)))
        yield from _settled(TraitKind.GATEWAY, _common(self.gateways))

    def _by_value(self) -> Iterator[tuple[str, set[int]]]:
        """For each connector value, its owners and whoever has a value or shows a name that fits it."""
        found: dict[str, set[int]] = defaultdict(set)
        for table in (self.values, self.shown):
            for pattern, owners in table.items():
                for value in self._values_near(pattern):
                    if table is self.shown or value != pattern:
                        found[value].update(_all(owners))
        for value, owners in self.values.items():
            wildcard = f"*.{value.partition('.')[2]}"
            if not value.startswith("*.") and wildcard in self.shown:  # R77
                found[value].update(_all(self.shown[wildcard]))
            if value in found:
                found[value].update(_all(owners))
            elif isinstance(owners, list):
                found[value] = set(owners)
        return iter(found.items())

    def _values_near(self, pattern: str) -> Iterator[str]:
        """The connector values that a name fits, as the directory of the core looks for them (R72-R79)."""
        domain = pattern.removeprefix("*.")
        if domain in self.values:
            yield domain
        while domain:
            if f"*.{domain}" in self.values:
                yield f"*.{domain}"
            domain = domain.partition(".")[2]

    def _by_range(self) -> Iterator[tuple[str, set[int]]]:
        """For each range of a connector, its owners and whoever has a range or an address in it."""
        found: dict[tuple[int, int], set[int]] = defaultdict(set)
        inside = [(first, bits, who) for bits, table in self.networks.items() for first, who in table.items()]
        for first, bits, owners in (*inside, *((source, 32, who) for source, who in self.sources.items())):
            for wider, table in self.networks.items():
                key = first >> (bits - wider) if wider <= bits else None
                if key is not None and key in table:
                    found[key, wider].update(_all(owners))
        for (first, bits), members in found.items():
            members.update(_all(self.networks[bits][first]))
        return ((f"{_dotted(first << (32 - bits))}/{bits}", who) for (first, bits), who in found.items())


def groups(count: int, shared: Iterable[SharedTrait]) -> list[tuple[int, ...]]:
    """All `count` tenants, those of one group together: the groups in order of their first, each in order.

    A tenant that shares nothing is a group by itself.
    """
    above = list(range(count))

    def top(number: int) -> int:
        while above[number] != number:
            above[number] = number = above[above[number]]
        return number

    for each in shared:
        first = top(each.tenants[0])
        for other in each.tenants[1:]:
            root = top(other)
            first, root = min(first, root), max(first, root)
            above[root] = first
    found: dict[int, list[int]] = defaultdict(list)
    for number in range(count):
        found[top(number)].append(number)
    return [tuple(members) for members in found.values()]


def _own(table: _Owners[K], key: K, number: int) -> None:
    owners = table.get(key)
    if owners is None:
        table[key] = number
    elif isinstance(owners, list):
        owners.append(number)
    else:
        table[key] = [owners, number]


def _all(owners: int | list[int]) -> Sequence[int]:
    return owners if isinstance(owners, list) else (owners,)


def _common(table: _Owners[K]) -> Iterator[tuple[K, set[int]]]:
    return ((key, set(owners)) for key, owners in table.items() if isinstance(owners, list))


def _settled(kind: TraitKind, found: Iterable[tuple[str, set[int]]]) -> list[SharedTrait]:
    made = [SharedTrait(kind, what, tuple(sorted(who))) for what, who in found if len(who) > 1]
    return sorted(made, key=lambda each: (each.tenants[0], each.what))


def _dotted(number: int) -> str:
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
