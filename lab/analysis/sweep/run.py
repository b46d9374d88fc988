"""A sweep from its input to its result: read, group, plan, decide what is not decided yet."""

from __future__ import annotations

import shlex
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache, partial
from typing import TypeAlias

from lab.analysis.sweep.executors import Executor
from lab.analysis.sweep.line_reader import read_line
from lab.analysis.sweep.result_store import ResultStore
from lab.analysis.sweep.shard_decision import ShardDecision
from lab.analysis.sweep.shard_plan import CROWD, Peers, Shard, ShardPlan
from lab.analysis.sweep.tenant_source import TenantLine, TenantSource
from lab.analysis.sweep.tenant_traits import ScannedLines, TenantTraits, scan
from lab.analysis.sweep.trait_groups import Index, groups
from lab.analysis.sweep.types import Customer, Misroute, ShardResult, SharedTrait, Summary
from lab.errors import DriverError, Problem, ScenarioError
from lab.model.switches import Switches
from lab.model.value import dataclass
from lab.scenario.syntax.problem_report import ProblemReport
from lab.scenario.syntax.source_tree import SourceLocation
from lab.sentence import sentence

MOST_MISTAKES = 100
_CHUNK = 500
SweepStage: TypeAlias = Callable[[str, int, int], None]
"""Told of the progress: what is done, how much of it, of how much (0: nobody knows)."""


class OtherInput(Exception):  # noqa: N818 - it says what is in the way
    """The result is of another input, or of the same with other options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What is asked for."""

    source: TenantSource
    switches: Switches
    crowd: int = CROWD
    fresh: bool = False
    """Forget a result that is there, whatever it is of."""
    ask: tuple[str, ...] = ("mflab", "attribute")
    """The command that asks about one decision, but for the connection and the message."""

    def fingerprint(self) -> Mapping[str, object]:
        """What a result must be of to be gone on with."""
        return {"input": self.source.fingerprint, "switches": asdict(self.switches), "crowd": self.crowd}

    def run(self, store: ResultStore, crew: Executor, step: SweepStage = lambda *_: None) -> Summary:
        """Do what is not done. Raises ScenarioError with the mistakes of the input, and OtherInput."""
        index, every = self._read(crew, step)
        shared = tuple(index.shared())
        plan = ShardPlan(groups(index.count, shared), shared, self.crowd)
        self._begin(store, every, shared)
        self._decide(store, crew, plan, step)
        return _summary(every, plan, store)

    def _read(self, crew: Executor, step: SweepStage) -> tuple[Index, list[TenantTraits]]:
        found: dict[int, ScannedLines] = {}
        work = partial(_scan, self.source.file)
        problems, seen = 0, 0
        for number, scanned in crew.each(work, enumerate(self.source.chunks(_CHUNK))):
            found[number] = scanned
            problems += len(scanned.problems)
            seen += len(scanned.marks)
            step("tenants read", seen, 0)
            if problems > MOST_MISTAKES:
                break
        every = [marks for number in sorted(found) for marks in found[number].marks]
        _refuse(self.source.file, [p for n in sorted(found) for p in found[n].problems], every)
        index = Index()
        for marks in every:
            index.add(marks)
        return index, every

    def _begin(
        self, store: ResultStore, every: Sequence[TenantTraits], shared: Sequence[SharedTrait]
    ) -> None:
        before = store.meta()
        mine = self.fingerprint()
        if before and not self.fresh:
            if before["fingerprint"] != mine:
                raise OtherInput(f"{store.path} has the result of {_difference(before['fingerprint'], mine)}")
            return
        tenants = ((place, marks.name, marks.line) for place, marks in enumerate(every))
        store.begin({"fingerprint": mine, "file": self.source.file}, tenants, shared)

    def _decide(self, store: ResultStore, crew: Executor, plan: ShardPlan, step: SweepStage) -> None:
        shards = tuple(plan.shards())
        done = store.done()
        left = [shard for shard in shards if shard.number not in done]
        step("shards decided", len(shards) - len(left), len(shards))
        for count, decided in enumerate(crew.each(decide, self._tasks(left)), 1 + len(shards) - len(left)):
            store.keep(decided, map(self.command, decided.findings))
            step("shards decided", count, len(shards))

    def _tasks(self, shards: Iterable[Shard]) -> Iterator[Task]:
        packed: tuple[tuple[int, ...], Members] = ((), Members(self.source.file, (), (), b""))
        for shard in shards:
            if packed[0] != shard.tenants:  # the shards of a crowd follow each other
                packed = (shard.tenants, Members.of(self.source, shard.tenants))
            yield Task(shard.number, packed[1], shard.asks, self.switches)

    def command(self, found: Misroute) -> str:
        """The command line that asks about a finding again."""
        shown = [arg for name in found.names for arg in ("--name", name)] if found.tls else ["--no-tls"]
        faults = [arg for fault in found.faults for arg in ("--fault", fault)]
        mail = ("--mail-from", found.mail_from or "<>", "--rcpt-to", found.rcpt_to, "--region", found.region)
        return shlex.join([*self.ask, "--ip", found.address, *shown, *faults, *mail])


@dataclass(frozen=True, slots=True)
class Members:
    """Tenants as they are written, packed to travel."""

    file: str
    places: tuple[int, ...]
    """In the input."""
    numbers: tuple[int, ...]
    """Of their lines in the file."""
    packed: bytes

    @classmethod
    def of(cls, source: TenantSource, places: tuple[int, ...]) -> Members:
        """Read them again."""
        lines = [source.line(place) for place in places]
        text = b"\n".join(line.strip() for _, line in lines)
        return cls(source.file, places, tuple(number for number, _ in lines), zlib.compress(text, 1))

    def customers(self) -> Mapping[int, Customer]:
        """By their place. Raises DriverError where a line that was right is wrong now."""
        report, found = ProblemReport(), {}
        lines = zlib.decompress(self.packed).split(b"\n")
        for place, number, line in zip(self.places, self.numbers, lines, strict=True):
            customer = read_line(line, SourceLocation(self.file, number), report)
            if customer is None:
                raise DriverError(f"{self.file}:{number}: the file has changed since the sweep began")
            found[place] = customer
        return found


@dataclass(frozen=True, slots=True)
class Task:
    """A shard with all that it needs, to be sent to a worker that has nothing."""

    number: int
    members: Members
    asks: tuple[tuple[int, Peers], ...]
    switches: Switches


def decide(task: Task) -> ShardResult:
    """What a worker does."""
    return ShardDecision(_customers(task.members), task.switches).decided(task.number, task.asks)


@lru_cache(maxsize=1)  # a crowd is cut into many shards, each with the same tenants
def _customers(members: Members) -> Mapping[int, Customer]:
    return members.customers()


def _scan(file: str, chunk: tuple[int, tuple[TenantLine, ...]]) -> tuple[int, ScannedLines]:
    return chunk[0], scan(file, chunk[1])


def _refuse(file: str, found: Sequence[Problem], every: Sequence[TenantTraits]) -> None:
    """Raise ScenarioError with the first mistakes, those between lines too."""
    problems = [*found, *_twice(file, every)]
    if not problems and not every:
        problems = [
            Problem(
                file, 1, 1, "(top level)", sentence("no tenant"), sentence("one JSON object on each line")
            )
        ]
    problems.sort(key=lambda p: p.line)
    if len(problems) > MOST_MISTAKES:
        more = sentence("more than {most} mistakes; the rest is not told", most=MOST_MISTAKES)
        last = problems[MOST_MISTAKES - 1]
        problems = [*problems[:MOST_MISTAKES], Problem(file, last.line, 1, "(top level)", more)]
    if problems:
        raise ScenarioError(tuple(problems))


def _twice(file: str, every: Sequence[TenantTraits]) -> Iterator[Problem]:
    """One tenant a name, and one tenant a domain."""
    names: dict[str, TenantTraits] = {}
    domains: dict[str, TenantTraits] = {}
    for marks in every:
        first = names.setdefault(marks.name, marks)
        if first is not marks:
            hint = sentence("the first: line {line}", line=first.line)
            wanted = sentence("a second tenant named {name!r}", name=marks.name)
            yield Problem(file, marks.line, 1, "name", wanted, hint)
        for domain in marks.domains:
            first = domains.setdefault(domain, marks)
            if first is not marks:
                wanted = sentence(
                    "{domain} is accepted by {owner!r} (line {line}) already",
                    domain=domain,
                    owner=first.name,
                    line=first.line,
                )
                hint = sentence("in Exchange Online a domain belongs to one tenant")
                yield Problem(file, marks.line, 1, "AcceptedDomains", wanted, hint)


def _difference(before: Mapping[str, object], mine: Mapping[str, object]) -> str:
    if before.get("input") != mine["input"]:
        return "another input"
    changed = [name for name in ("switches", "crowd") if before.get(name) != mine[name]]
    return f"this input with another setting of {' and '.join(changed)}"


def _summary(every: Sequence[TenantTraits], plan: ShardPlan, store: ResultStore) -> Summary:
    pairs: Counter[str] = Counter()
    for each in plan.shared:
        pairs[each.kind.value] += each.pairs
    several = [len(group) for group in plan.groups if len(group) > 1]
    return Summary(
        tenants=len(every),
        connectors=sum(marks.connectors for marks in every),
        names=sum(len(marks.values) + len(marks.shown) for marks in every),
        connections=sum(marks.connections for marks in every),
        groups=len(several),
        largest_group=max(several, default=0),
        pairs=dict(pairs),
        crowds=plan.crowds,
        **store.counts(),
    )
