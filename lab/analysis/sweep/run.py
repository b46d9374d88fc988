"""A sweep from its input to its result: read, group, plan, decide what is not decided yet."""

from __future__ import annotations

import shlex
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache, partial
from itertools import groupby
from typing import TypeAlias

from lab.analysis.sweep.executors import Executor
from lab.analysis.sweep.line_reader import read_line
from lab.analysis.sweep.result_store import ResultStore
from lab.analysis.sweep.shard_decision import ShardDecision
from lab.analysis.sweep.shard_plan import CROWD, Peers, Shard, ShardPlan
from lab.analysis.sweep.tenant_source import TenantLine, TenantSource
from lab.analysis.sweep.trait_groups import TenantTraits, TraitIndex, groups, traits
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
"""Called with the progress: what is done, how much of it, of how much (0: nobody knows)."""


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

    def run(self, store: ResultStore, executor: Executor, progress: SweepStage = lambda *_: None) -> Summary:
        """Do what is not done. Raises ScenarioError with the mistakes of the input, and OtherInput."""
        tenants = self._read(executor, progress)
        index = TraitIndex()
        for tenant in tenants:
            index.add(tenant)
        shared = tuple(index.shared())
        plan = ShardPlan(groups(index.count, shared), shared, self.crowd)
        self._begin(store, tenants, shared)
        self._decide(store, executor, plan, progress)
        return _summary(tenants, plan, store)

    def _read(self, executor: Executor, progress: SweepStage) -> list[TenantTraits]:
        chunks: dict[int, list[TenantTraits]] = {}
        problems: list[Problem] = []
        work = partial(_scan, self.source.file)
        count = 0
        for number, tenants, mistakes in executor.each(work, enumerate(self.source.chunks(_CHUNK))):
            chunks[number] = tenants
            problems += mistakes
            count += len(tenants)
            progress("tenants read", count, 0)
            if len(problems) > MOST_MISTAKES:
                break
        every = [tenant for number in sorted(chunks) for tenant in chunks[number]]
        _refuse(self.source.file, problems, every)
        return every

    def _begin(
        self, store: ResultStore, tenants: Sequence[TenantTraits], shared: Sequence[SharedTrait]
    ) -> None:
        before, now = store.meta(), self.fingerprint()
        if not before or self.fresh:
            rows = ((place, tenant.name, tenant.line) for place, tenant in enumerate(tenants))
            store.begin({"fingerprint": now, "file": self.source.file}, rows, shared)
        elif before["fingerprint"] != now:
            raise OtherInput(f"{store.path} has the result of {_difference(before['fingerprint'], now)}")

    def _decide(self, store: ResultStore, executor: Executor, plan: ShardPlan, progress: SweepStage) -> None:
        shards, done = tuple(plan.shards()), store.done()
        left = [shard for shard in shards if shard.number not in done]
        count = len(shards) - len(left)
        progress("shards decided", count, len(shards))
        for result in executor.each(decide, self._tasks(left)):
            store.keep(result, map(self.command, result.findings))
            count += 1
            progress("shards decided", count, len(shards))

    def _tasks(self, shards: Iterable[Shard]) -> Iterator[Task]:
        for tenants, alike in groupby(
            shards, lambda shard: shard.tenants
        ):  # the shards of a crowd follow each other
            lines = [self.source.line(place) for place in tenants]
            packed = zlib.compress(b"\n".join(line.strip() for _, line in lines), 1)
            members = Members(self.source.file, tenants, tuple(number for number, _ in lines), packed)
            yield from (Task(shard.number, members, shard.asks, self.switches) for shard in alike)

    def command(self, misroute: Misroute) -> str:
        """The command line that asks about a finding again."""
        names = [part for name in misroute.names for part in ("--name", name)]
        faults = [part for fault in misroute.faults for part in ("--fault", fault)]
        connection = ["--ip", misroute.address, *(names if misroute.tls else ["--no-tls"]), *faults]
        mail = ("--mail-from", misroute.mail_from or "<>", "--rcpt-to", misroute.rcpt_to)
        return shlex.join([*self.ask, *connection, *mail, "--region", misroute.region])


@dataclass(frozen=True, slots=True)
class Members:
    """Tenants as they are written, packed to travel."""

    file: str
    places: tuple[int, ...]
    """In the input."""
    numbers: tuple[int, ...]
    """Of their lines in the file."""
    packed: bytes


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
    """By their place. Raises DriverError where a line that was right is wrong now."""
    report, customers = ProblemReport(), {}
    lines = zlib.decompress(members.packed).split(b"\n")
    for place, number, line in zip(members.places, members.numbers, lines, strict=True):
        customer = read_line(line, SourceLocation(members.file, number), report)
        if customer is None:
            raise DriverError(f"{members.file}:{number}: the file has changed since the sweep began")
        customers[place] = customer
    return customers


def _scan(
    file: str, chunk: tuple[int, tuple[TenantLine, ...]]
) -> tuple[int, list[TenantTraits], list[Problem]]:
    """What of each tenant may be shared, and the mistakes; with the number of the chunk."""
    report, tenants = ProblemReport(), []
    for number, line in chunk[1]:
        customer = read_line(line, SourceLocation(file, number), report)
        if customer is not None:
            tenants.append(traits(customer))
    return chunk[0], tenants, list(report.found.values())


def _refuse(file: str, mistakes: Sequence[Problem], tenants: Sequence[TenantTraits]) -> None:
    """Raise ScenarioError with the first mistakes, those between lines too."""
    problems = [*mistakes, *_duplicates(file, tenants)]
    if not problems and not tenants:
        wanted, hint = sentence("no tenant"), sentence("one JSON object on each line")
        problems = [Problem(file, 1, 1, "(top level)", wanted, hint)]
    problems.sort(key=lambda problem: problem.line)
    if len(problems) > MOST_MISTAKES:
        more = sentence("more than {most} mistakes; the rest is not told", most=MOST_MISTAKES)
        last = problems[MOST_MISTAKES - 1]
        problems = [*problems[:MOST_MISTAKES], Problem(file, last.line, 1, "(top level)", more)]
    if problems:
        raise ScenarioError(tuple(problems))


def _duplicates(file: str, tenants: Sequence[TenantTraits]) -> Iterator[Problem]:
    """A second tenant with a name, and a second one with a domain."""
    names: dict[str, TenantTraits] = {}
    domains: dict[str, TenantTraits] = {}
    for tenant in tenants:
        first = names.setdefault(tenant.name, tenant)
        if first is not tenant:
            hint = sentence("the first: line {line}", line=first.line)
            wanted = sentence("a second tenant named {name!r}", name=tenant.name)
            yield Problem(file, tenant.line, 1, "name", wanted, hint)
        for domain in tenant.domains:
            first = domains.setdefault(domain, tenant)
            if first is not tenant:
                accepted = "{domain} is accepted by {owner!r} (line {line}) already"
                wanted = sentence(accepted, domain=domain, owner=first.name, line=first.line)
                hint = sentence("in Exchange Online a domain belongs to one tenant")
                yield Problem(file, tenant.line, 1, "AcceptedDomains", wanted, hint)


def _difference(before: Mapping[str, object], now: Mapping[str, object]) -> str:
    if before.get("input") != now["input"]:
        return "another input"
    changed = [name for name in ("switches", "crowd") if before.get(name) != now[name]]
    return f"this input with another setting of {' and '.join(changed)}"


def _summary(tenants: Sequence[TenantTraits], plan: ShardPlan, store: ResultStore) -> Summary:
    pairs: Counter[str] = Counter()
    for trait in plan.shared:
        pairs[trait.kind.value] += trait.pairs
    several = [len(group) for group in plan.groups if len(group) > 1]
    return Summary(
        tenants=len(tenants),
        connectors=sum(tenant.connectors for tenant in tenants),
        names=sum(len(tenant.values) + len(tenant.shown) for tenant in tenants),
        connections=sum(tenant.connections for tenant in tenants),
        groups=len(several),
        largest_group=max(several, default=0),
        pairs=dict(pairs),
        crowds=plan.crowds,
        **store.counts(),
    )
