"""Changes while the lab runs: each is laid over what held before it, and must leave a configuration that could be loaded.

Machines, tenants and organisations are there from the start and stay, a tenant's region excepted. A certificate does not
change either: whoever renews one makes a new one, and lets the host show it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lab.model.certificate import CertificateProfile
from lab.model.topology import Topology
from lab.scenario import overlay
from lab.scenario.language import EventKeys, SectionKeys
from lab.scenario.model import Moment
from lab.scenario.records import Fields
from lab.scenario.tree import Items, Table, is_null

MAY_CHANGE = ("organizations", "tenants", "hosts", "certificates", "dns")


@dataclass(frozen=True)
class World:
    """A configuration that was read and built."""

    read: Fields
    topology: Topology
    profiles: dict[str, CertificateProfile]


@dataclass(frozen=True)
class Event:
    """A change as it is written."""

    read: Fields
    tree: Table


def events(tree: Table, read: Fields) -> tuple[Event, ...]:
    """All changes in order of time, those of one time as they are written."""
    node = tree.get(SectionKeys.timeline.name)
    written = node.items if isinstance(node, Items) else () if node is None else (node,)
    tables = (each for each in written if isinstance(each, Table) and not is_null(each))
    found = [Event(*pair) for pair in zip(read[SectionKeys.timeline], tables, strict=False)]
    return tuple(sorted(found, key=lambda each: each.read[EventKeys.at]))


def moments(tree: Table, start: World, build: Callable[[Table], World | None]) -> tuple[Moment, ...]:
    """The configuration after each change; ends early where one was reported to be wrong."""
    made: list[Moment] = []
    before = start
    for event in events(tree, start.read):
        tree = _changed(tree, event)
        after = build(tree)
        if after is None:
            break
        _stays(before, after, event.read)
        made.append(
            Moment(
                at=event.read[EventKeys.at],
                title=event.read[EventKeys.title] or _summary(event),
                topology=after.topology,
                profiles=after.profiles,
            )
        )
        before = after
    return tuple(made)


def with_regions(tree: Table, names: Iterable[str]) -> Table:
    """A tree in which regions exist before any tenant lives there."""
    node = tree.get(SectionKeys.regions.name)
    regions = node if isinstance(node, Table) else Table(tree.place)
    for name in sorted(names):
        regions = regions.having(name, Table(tree.place))
    return tree.having(SectionKeys.regions.name, regions)


def _changed(tree: Table, event: Event) -> Table:
    change = event.tree.get(EventKeys.change.name)
    if change is None:
        event.read.wrong(EventKeys.change, "an event changes something", "such as change: {PATH: VALUE}")
        return tree
    return overlay.changed(tree, change, event.read.at.key(EventKeys.change.name), MAY_CHANGE)


def _summary(event: Event) -> str:
    """What an event without a title is called: the paths that it changes."""
    change = event.tree.get(EventKeys.change.name)
    return ", ".join(change.entries) if isinstance(change, Table) else ""


def _stays(before: World, after: World, event: Fields) -> None:
    """What cannot change while a lab runs."""
    for what, old, new in _fixed(before.topology, after.topology):
        if old != new:
            event.at.wrong(
                event.place, f"{what} neither come nor go while the lab runs", "have them from the start"
            )
    for name, host in after.topology.hosts.items():
        was = before.topology.hosts.get(name)
        if was is not None and (was.address, was.source, was.role) != (host.address, host.source, host.role):
            event.at.wrong(event.place, f"{name} keeps its address and role", "let another host take over")
    for name, profile in after.profiles.items():
        if before.profiles.get(name, profile) != profile:
            wanted = f"the certificate {name!r} cannot change while the lab runs"
            event.at.wrong(event.place, wanted, "make a new one, and let the host show it")


def _fixed(before: Topology, after: Topology) -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    yield "hosts", frozenset(before.hosts), frozenset(after.hosts)
    yield "tenants", frozenset(before.tenants), frozenset(after.tenants)
    yield "organizations", frozenset(before.organizations), frozenset(after.organizations)
