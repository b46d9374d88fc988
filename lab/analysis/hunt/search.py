"""The search: messages without any change, then single changes, then pairs; it ends with the fewest that lead mail astray."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import combinations, islice, product

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
"""Called before each configuration: how many changes it has, how many of that depth were tried, and how many there are."""
_DEPTHS = sentences("no change", "one change", "two changes")
Messages = Callable[[AuditContext, Topology], tuple[MessageSpec, ...]]


@dataclass(frozen=True, slots=True)
class Cause:
    """What led a message astray: messages with the same cause are reported as one."""

    origin: str
    """The place that handed it over; '' where it entered the lab."""
    tenant: str
    """The tenant it was attributed to, or that saw it."""
    basis: Basis | None
    connector: str


@dataclass(frozen=True, slots=True)
class FoundMisroute:
    """A message that goes to a wrong tenant, in a configuration with some settings changed."""

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
    misroutes: tuple[FoundMisroute, ...]
    configurations: int
    messages: int
    left: int
    """How many configurations of that depth were not tried, as the budget had been used up or enough was found."""


def hunt(
    context: AuditContext, *, depth: int, limit: int, budget: int, watch: SearchListener = lambda *_: None
) -> Hunt:
    """Search up to `depth` changes; end at the first depth that finds anything, or after `limit` finds there.

    `budget` is the number of configurations to try at most, at each depth. The order is always the same.
    """
    search = _Search(context, limit, budget, watch)
    single = steps(context) if depth else ()
    search.at(0, [()], probe_messages.every)
    if depth >= 1 and not search.misroutes:
        search.at(1, [(step,) for step in single], probe_messages.core)
    if depth >= 2 and not search.misroutes:
        buildable = [step for step in single if step not in search.impossible]
        search.at(2, list(_pairs(buildable)), probe_messages.few)
    return Hunt(search.depth, tuple(search.misroutes), search.tried, search.sent, search.left)


def _pairs(single: Iterable[SettingStep]) -> Iterator[tuple[SettingStep, ...]]:
    """Pairs of settings, the likely ones first; two guesses about the service at once are of no use to anybody."""
    likely = [step for step in single if not step.is_guess]
    guesses = [step for step in single if step.is_guess]
    for one, other in combinations(likely, 2):
        # of one setting within the other, the later would undo the earlier
        if not one.path.startswith(other.path) and not other.path.startswith(one.path):
            yield one, other
    yield from product(likely, guesses)


class _Search:
    def __init__(self, context: AuditContext, limit: int, budget: int, watch: SearchListener) -> None:
        self._context, self._limit, self._budget, self._watch = context, limit, budget, watch
        self.misroutes: list[FoundMisroute] = []
        self.impossible: set[SettingStep] = set()
        """Those that make no configuration on their own."""
        self.depth = self.tried = self.sent = self.left = 0

    def at(self, depth: int, candidates: list[tuple[SettingStep, ...]], messages: Messages) -> None:
        """Try all configurations that are so many steps away."""
        self.depth = depth
        for number, chosen in enumerate(candidates):
            if number >= self._budget or len(self.misroutes) >= self._limit:
                self.left = len(candidates) - number
                return
            self._watch(say(_DEPTHS[depth]), number, len(candidates))
            self.misroutes += islice(self._try(chosen, messages), self._limit - len(self.misroutes))

    def _try(self, chosen: tuple[SettingStep, ...], messages: Messages) -> Iterator[FoundMisroute]:
        """What goes astray with these settings, each cause once: the plainest message that has it."""
        self.tried += 1
        try:
            built = self._context.built({step.path: step.value for step in chosen})
        except ScenarioError:
            self.impossible.update(chosen if len(chosen) == 1 else ())
            return
        variant = replace(built, messages=messages(self._context, built.topology))
        self.sent += len(variant.messages)
        run = simulate(variant)
        lost = misplaced(run.hops, variant)
        astray: dict[Cause, list[tuple[Fate, Hop]]] = {}
        for fate in fates(run):
            hop = _wrong_hop(fate, lost.get(fate.trace.message_id, ()))
            if hop is not None:
                astray.setdefault(_cause(fate, hop), []).append((fate, hop))
        for cause, ((fate, hop), *others) in astray.items():
            yield FoundMisroute(chosen, cause, fate, hop, variant, len(others))


def _wrong_hop(fate: Fate, lost: tuple[str, ...]) -> Hop | None:
    """The hop that put the message into the wrong tenant, or the first of a tenant that nothing leads it to."""
    if fate.misrouted is not None:
        return fate.misrouted.hop
    return next((hop for hop in fate.trace.hops if taken(hop) and place(hop) in lost), None)


def _cause(fate: Fate, hop: Hop) -> Cause:
    attributed = hop.first(Attributed)
    origin = next((leg.origin or "" for leg in fate.legs if leg.hop is hop), "")
    if attributed is None:
        return Cause(origin, hop.head.tenant or "", None, "")
    return Cause(origin, attributed.tenant or hop.head.tenant or "", attributed.basis, attributed.connector)
