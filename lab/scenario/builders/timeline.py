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
from lab.scenario import setting_paths
from lab.scenario.cmdlets import cmdlet_changes
from lab.scenario.cmdlets.cmdlet_line import CmdletLine
from lab.scenario.language.scenario_keys import EventKeys, SectionKeys
from lab.scenario.model import ConfigurationMoment, MatrixSection
from lab.scenario.syntax.problem_report import ProblemPath, ProblemReport
from lab.scenario.syntax.records import Fields, RecordKey
from lab.scenario.syntax.source_tree import (
    ListNode,
    ScalarNode,
    SourceLocation,
    TableNode,
    TreeNode,
    is_null,
    items_of,
)
from lab.sentence import sentence

MAY_CHANGE = ("organizations", "tenants", "hosts", "certificates", "dns")


@dataclass(frozen=True)
class BuiltConfiguration:
    """A configuration that was read and built."""

    read: Fields
    topology: Topology
    profiles: dict[str, CertificateProfile]
    matrix: MatrixSection | None


Build = Callable[[TableNode, ProblemReport], BuiltConfiguration | None]


@dataclass(frozen=True)
class WrittenChange:
    """A change as it is written."""

    read: Fields
    tree: TableNode

    def at(self, key: RecordKey[Any]) -> ProblemPath:
        """The path to one of its keys."""
        return self.read.at.key(key.name)

    def lines(self) -> tuple[CmdletLine, ...]:
        """Its cmdlets."""
        node, side = self.tree.get(EventKeys.run.name), self.tree.get(EventKeys.where.name)
        where = side if isinstance(side, ScalarNode) else None
        return tuple(
            CmdletLine(line, where, self.at(EventKeys.run))
            for line in items_of(node)
            if isinstance(line, ScalarNode)
        )


def events(tree: TableNode, read: Fields) -> tuple[WrittenChange, ...]:
    """All changes in order of time, those of one time as they are written."""
    written = items_of(tree.get(SectionKeys.timeline.name))
    tables = (table for table in written if isinstance(table, TableNode) and not is_null(table))
    changes = [WrittenChange(*pair) for pair in zip(read[SectionKeys.timeline], tables, strict=False)]
    return tuple(sorted(changes, key=lambda change: change.read[EventKeys.at]))


def moments(tree: TableNode, start: BuiltConfiguration, build: Build) -> tuple[ConfigurationMoment, ...]:
    """The configuration after each change; what was reported to be wrong changes nothing."""
    made: list[ConfigurationMoment] = []
    before = start
    for event in events(tree, start.read):
        changed = _after(tree, before, event, build)
        if changed is None:
            continue
        tree, after = changed
        _stays(before, after, event.read)
        made.append(
            ConfigurationMoment(
                at=event.read[EventKeys.at],
                title=event.read[EventKeys.title] or _summary(event),
                topology=after.topology,
                profiles=after.profiles,
            )
        )
        before = after
    return tuple(made)


def afterwards(tree: TableNode, start: BuiltConfiguration, build: Build) -> TableNode:
    """The tree after all changes, without the timeline."""
    settled, world = tree, start
    for event in events(tree, start.read):
        settled, world = _after(settled, world, event, build) or (settled, world)
    return settled.without([SectionKeys.timeline.name])


def with_regions(tree: TableNode, names: Iterable[str]) -> TableNode:
    """A tree in which regions exist before any tenant lives there."""
    node = tree.get(SectionKeys.regions.name)
    regions = node if isinstance(node, TableNode) else TableNode(tree.place)
    for name in sorted(set(names) - set(regions.entries)):
        regions = regions.having(name, TableNode(tree.place))
    return tree.having(SectionKeys.regions.name, regions)


def _after(
    tree: TableNode, world: BuiltConfiguration, event: WrittenChange, build: Build
) -> tuple[TableNode, BuiltConfiguration] | None:
    """After the cmdlets, each of which must leave a configuration that holds, and then after single settings."""
    change, lines = event.tree.get(EventKeys.change.name), event.lines()
    if change is None and not lines:
        wanted = sentence("an event changes something")
        event.read.wrong(EventKeys.change, wanted, sentence("by `change:`, or by `in:` and `run:`"))
    for line in lines:
        built = _built(cmdlet_changes.run(tree, line, world.topology), line.text.place, line.at, event, build)
        if built is None:
            return None
        tree, world = built
    if change is None:
        return tree, world
    tree = setting_paths.changed(tree, change, event.at(EventKeys.change), MAY_CHANGE)
    return _built(tree, event.read.place, event.read.at, event, build)


def _built(
    tree: TableNode, place: SourceLocation, at: ProblemPath, event: WrittenChange, build: Build
) -> tuple[TableNode, BuiltConfiguration] | None:
    """What a change leads to. What is wrong with it elsewhere in the scenario is told at the change."""
    report = ProblemReport()
    made = build(tree, report)
    lines = set(_lines(event.tree))
    for problem in report.found.values():
        if (problem.file, problem.line) in lines:
            here = SourceLocation(problem.file, problem.line, problem.column)
            at.report.add(here, problem.path, problem.wanted, problem.hint)
        else:
            wanted = sentence("then {path}: {wanted}", path=problem.path, wanted=problem.wanted)
            at.wrong(place, wanted, problem.hint)
    return None if made is None else (tree, made)


def _lines(node: TreeNode) -> Iterator[tuple[str, int]]:
    """All lines that an event is written in."""
    yield node.place.file, node.place.line
    inner = [entry.value for entry in node.entries.values()] if isinstance(node, TableNode) else []
    for item in node.items if isinstance(node, ListNode) else inner:
        yield from _lines(item)


def _summary(event: WrittenChange) -> str:
    """What an event without a title is called: the cmdlets, or the paths that it changes."""
    change = event.tree.get(EventKeys.change.name)
    paths = tuple(change.entries) if isinstance(change, TableNode) else ()
    return "; ".join((*(line.text.text for line in event.lines()), *paths))


def _stays(before: BuiltConfiguration, after: BuiltConfiguration, event: Fields) -> None:
    """What cannot change while a lab runs."""
    for what in ("hosts", "tenants", "organizations"):
        if getattr(before.topology, what).keys() != getattr(after.topology, what).keys():
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
