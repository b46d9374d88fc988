"""The search: messages alone, then single changes, then pairs; it ends with the smallest that leads mail astray."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import combinations

from lab.analysis.checks.audit_context import AuditContext
from lab.analysis.hunt import probe_messages
from lab.analysis.hunt.setting_changes import SettingStep, steps
from lab.drivers.simulator import simulate
from lab.errors import ScenarioError
from lab.evidence.hop_facts import place, taken
from lab.evidence.misplacement import misplaced
from lab.model.decision import Basis
from lab.model.steps import Attributed
from lab.model.topology import Topology
from lab.model.trace import Hop
from lab.model.value import dataclass
from lab.reports.explanation.conclusions import Fate, fates
from lab.scenario.model import MessageSpec, Variant
from lab.sentence import say, sentences

SearchListener = Callable[[str, int, int], None]
"""Told before each configuration: how far away it is, how many were tried there, and how many there are."""
_DEPTHS = sentences("no change", "one change", "two changes")
Messages = Callable[[AuditContext, Topology], tuple[MessageSpec, ...]]


@dataclass(frozen=True, slots=True)
class Cause:
    """What led a message astray: messages with the same cause are told as one."""

    origin: str
    """The place that handed it over; '' where it entered the lab."""
    tenant: str
    """The tenant it was attributed to, or that saw it."""
    basis: Basis | None
    connector: str


@dataclass(frozen=True, slots=True)
class FoundMisroute:
    """A message that goes to a wrong tenant, in a configuration that is some steps away."""

    steps: tuple[SettingStep, ...]
    cause: Cause
    fate: Fate
    hop: Hop
    """At which it was attributed to the wrong tenant, or seen by one."""
    variant: Variant
    """What was played, with all messages."""
    alike: int
    """How many other messages went astray by the same cause."""


@dataclass(frozen=True, slots=True)
class Hunt:
    """How the search went."""

    depth: int
    """How many settings were changed when it ended."""
    catches: tuple[FoundMisroute, ...]
    configurations: int
    messages: int
    left: int
    """How many configurations of that depth were not tried, as the budget had been used up or enough was caught."""


def hunt(
    world: AuditContext, *, depth: int, limit: int, budget: int, watch: SearchListener = lambda *_: None
) -> Hunt:
    """Search up to `depth` changes; end at the first depth that catches anything, or after `limit` catches there.

    `budget` is the number of configurations to try at most, at each depth. The order is always the same.
    """
    search = _Search(world, limit, budget, watch)
    single = steps(world) if depth else ()
    search.at(0, [()], probe_messages.every)
    if depth >= 1 and not search.catches:
        search.at(1, [(step,) for step in single], probe_messages.core)
    if depth >= 2 and not search.catches:
        search.at(2, list(_pairs(search.buildable(single))), probe_messages.few)
    return search.result()


def _pairs(single: Iterable[SettingStep]) -> Iterator[tuple[SettingStep, ...]]:
    """Pairs of settings, the likely ones first; two guesses about the service at once are of no use to anybody."""
    likely = [step for step in single if not step.is_guess]
    guesses = [step for step in single if step.is_guess]
    yield from (pair for pair in combinations(likely, 2) if not _same(*pair))
    yield from ((one, guess) for one in likely for guess in guesses)


def _same(one: SettingStep, other: SettingStep) -> bool:
    """Whether one setting stands within the other: then the later would undo the earlier."""
    return one.path.startswith(other.path) or other.path.startswith(one.path)


class _Search:
    def __init__(self, world: AuditContext, limit: int, budget: int, watch: SearchListener) -> None:
        self._world, self._limit, self._budget, self._watch = world, limit, budget, watch
        self.catches: list[FoundMisroute] = []
        self._impossible: set[SettingStep] = set()
        self._depth = self._tried = self._sent = self._left = 0

    def at(self, depth: int, candidates: list[tuple[SettingStep, ...]], messages: Messages) -> None:
        """Try all configurations that are so many steps away."""
        self._depth = depth
        for number, chosen in enumerate(candidates):
            if number >= self._budget or len(self.catches) >= self._limit:
                self._left = len(candidates) - number
                return
            self._watch(say(_DEPTHS[depth]), number, len(candidates))
            self.catches += self._caught(chosen, messages)[: self._limit - len(self.catches)]

    def buildable(self, single: Iterable[SettingStep]) -> list[SettingStep]:
        """Those that make a configuration on their own."""
        return [step for step in single if step not in self._impossible]

    def result(self) -> Hunt:
        """How it went."""
        return Hunt(self._depth, tuple(self.catches), self._tried, self._sent, self._left)

    def _caught(self, chosen: tuple[SettingStep, ...], messages: Messages) -> list[FoundMisroute]:
        self._tried += 1
        try:
            built = self._world.built({step.path: step.value for step in chosen})
        except ScenarioError:
            self._impossible.update(chosen if len(chosen) == 1 else ())
            return []
        specs = messages(self._world, built.topology)
        self._sent += len(specs)
        return list(_catches(chosen, built, specs))


def _catches(
    chosen: tuple[SettingStep, ...], built: Variant, specs: tuple[MessageSpec, ...]
) -> Iterator[FoundMisroute]:
    """What goes astray when these messages are sent, each cause once: the plainest message that has it."""
    variant = replace(built, messages=specs)
    run = simulate(variant)
    lost = misplaced(run.hops, variant)
    found: dict[Cause, list[tuple[Fate, Hop]]] = {}
    for fate in fates(run):
        hop = _astray(fate, lost.get(fate.trace.message_id, ()))
        if hop is not None:
            found.setdefault(_cause(fate, hop), []).append((fate, hop))
    for cause, strays in found.items():
        fate, hop = strays[0]
        yield FoundMisroute(chosen, cause, fate, hop, variant, len(strays) - 1)


def _astray(fate: Fate, lost: tuple[str, ...]) -> Hop | None:
    """The hop that put the message into the wrong tenant, or the first of a tenant that nothing leads it to."""
    if fate.misrouted is not None:
        return fate.misrouted.hop
    return next((hop for hop in fate.trace.hops if taken(hop) and place(hop) in lost), None)


def _cause(fate: Fate, hop: Hop) -> Cause:
    decided = hop.first(Attributed)
    origin = next((leg.origin or "" for leg in fate.legs if leg.hop is hop), "")
    if decided is None:
        return Cause(origin, hop.head.tenant or "", None, "")
    return Cause(origin, decided.tenant or hop.head.tenant or "", decided.basis, decided.connector)
