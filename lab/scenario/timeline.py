"""Changes while the lab runs: each is laid over what held before it, and must leave a configuration that could be loaded.

Machines, tenants and organisations are there from the start and stay, a tenant's region excepted. A certificate does not
change either: whoever renews one makes a new one, and lets the host show it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lab.model.certificate import CertificateProfile
from lab.model.topology import Topology
from lab.model.value import dataclass
from lab.scenario import commands, overlay
from lab.scenario.language import EventKeys, SectionKeys
from lab.scenario.model import Matrix, Moment
from lab.scenario.records import Fields, Key
from lab.scenario.report import At, Report
from lab.scenario.tree import Items, Node, Place, Scalar, Table, is_null
from lab.scenario.typed import Line
from lab.sentence import sentence

MAY_CHANGE = ("organizations", "tenants", "hosts", "certificates", "dns")


@dataclass(frozen=True)
class World:
    """A configuration that was read and built."""

    read: Fields
    topology: Topology
    profiles: dict[str, CertificateProfile]
    matrix: Matrix | None


Build = Callable[[Table, Report], World | None]


@dataclass(frozen=True)
class Event:
    """A change as it is written."""

    read: Fields
    tree: Table

    def at(self, key: Key[Any]) -> At:
        """The path to one of its keys."""
        return self.read.at.key(key.name)

    def lines(self) -> tuple[Line, ...]:
        """Its cmdlets."""
        node, side = self.tree.get(EventKeys.run.name), self.tree.get(EventKeys.where.name)
        written = node.items if isinstance(node, Items) else (node,)
        where = side if isinstance(side, Scalar) else None
        return tuple(
            Line(each, where, self.at(EventKeys.run)) for each in written if isinstance(each, Scalar)
        )


def events(tree: Table, read: Fields) -> tuple[Event, ...]:
    """All changes in order of time, those of one time as they are written."""
    node = tree.get(SectionKeys.timeline.name)
    written = node.items if isinstance(node, Items) else () if node is None else (node,)
    tables = (each for each in written if isinstance(each, Table) and not is_null(each))
    found = [Event(*pair) for pair in zip(read[SectionKeys.timeline], tables, strict=False)]
    return tuple(sorted(found, key=lambda each: each.read[EventKeys.at]))


def moments(tree: Table, start: World, build: Build) -> tuple[Moment, ...]:
    """The configuration after each change; what was reported to be wrong changes nothing."""
    made: list[Moment] = []
    before = start
    for event in events(tree, start.read):
        found = _after(tree, before, event, build)
        if found is None:
            continue
        tree, after = found
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


def afterwards(tree: Table, start: World, build: Build) -> Table:
    """The tree after all changes, without the timeline."""
    settled, world = tree, start
    for event in events(tree, start.read):
        settled, world = _after(settled, world, event, build) or (settled, world)
    return settled.without([SectionKeys.timeline.name])


def with_regions(tree: Table, names: Iterable[str]) -> Table:
    """A tree in which regions exist before any tenant lives there."""
    node = tree.get(SectionKeys.regions.name)
    regions = node if isinstance(node, Table) else Table(tree.place)
    for name in sorted(set(names) - set(regions.entries)):
        regions = regions.having(name, Table(tree.place))
    return tree.having(SectionKeys.regions.name, regions)


def _after(tree: Table, world: World, event: Event, build: Build) -> tuple[Table, World] | None:
    """After the cmdlets, each of which must leave a configuration that holds, and then after single settings."""
    change, lines = event.tree.get(EventKeys.change.name), event.lines()
    if change is None and not lines:
        wanted = sentence("an event changes something")
        event.read.wrong(EventKeys.change, wanted, sentence("by `change:`, or by `in:` and `run:`"))
    for line in lines:
        found = _built(commands.run(tree, line, world.topology), line.text.place, line.at, event, build)
        if found is None:
            return None
        tree, world = found
    if change is None:
        return tree, world
    tree = overlay.changed(tree, change, event.at(EventKeys.change), MAY_CHANGE)
    return _built(tree, event.read.place, event.read.at, event, build)


def _built(tree: Table, place: Place, at: At, event: Event, build: Build) -> tuple[Table, World] | None:
    """What a change leads to. What is wrong with it elsewhere in the scenario is told at the change."""
    told = Report()
    made = build(tree, told)
    lines = set(_lines(event.tree))
    for problem in told.found.values():
        if (problem.file, problem.line) in lines:
            at.report.add(
                Place(problem.file, problem.line, problem.column), problem.path, problem.wanted, problem.hint
            )
        else:
            wanted = sentence("then {path}: {wanted}", path=problem.path, wanted=problem.wanted)
            at.wrong(place, wanted, problem.hint)
    return None if made is None else (tree, made)


def _lines(node: Node) -> Iterator[tuple[str, int]]:
    """All lines that an event is written in."""
    yield node.place.file, node.place.line
    inner = node.items if isinstance(node, Items) else ()
    if isinstance(node, Table):
        inner = tuple(entry.value for entry in node.entries.values())
    for each in inner:
        yield from _lines(each)


def _summary(event: Event) -> str:
    """What an event without a title is called: the cmdlets, or the paths that it changes."""
    change = event.tree.get(EventKeys.change.name)
    paths = tuple(change.entries) if isinstance(change, Table) else ()
    return "; ".join((*(line.text.text for line in event.lines()), *paths))


def _stays(before: World, after: World, event: Fields) -> None:
    """What cannot change while a lab runs."""
    for what, old, new in _fixed(before.topology, after.topology):
        if old != new:
            wanted = sentence("{what} cannot be added or removed while the lab runs", what=what)
            event.at.wrong(event.place, wanted, sentence("define them from the start"))
    for name, host in after.topology.hosts.items():
        was = before.topology.hosts.get(name)
        if was is not None and (was.address, was.source, was.role) != (host.address, host.source, host.role):
            hint = sentence("let another host take over")
            event.at.wrong(event.place, sentence("{name} keeps its address and role", name=name), hint)
        if was is not None and was.down is not host.down:
            event.at.wrong(event.place, sentence("{name} is up or down for the whole run", name=name))
    for name, profile in after.profiles.items():
        if before.profiles.get(name, profile) != profile:
            wanted = sentence("the certificate {name!r} cannot change while the lab runs", name=name)
            event.at.wrong(event.place, wanted, sentence("make a new one, and let the host show it"))


def _fixed(before: Topology, after: Topology) -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    yield "hosts", frozenset(before.hosts), frozenset(after.hosts)
    yield "tenants", frozenset(before.tenants), frozenset(after.tenants)
    yield "organizations", frozenset(before.organizations), frozenset(after.organizations)
