"""What became of each cell of a matrix: its way, whom it was taken for, how it ended, and whether that was meant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from lab.evidence.admin_views import TENANT
from lab.evidence.expectations import ClaimKind, ExpectationResult, decisive_reply
from lab.evidence.hop_facts import place, taken
from lab.evidence.message_paths import MessagePath, NodePath, in_a_line
from lab.model.decision import Basis
from lab.model.steps import Attributed
from lab.model.trace import Disposition
from lab.model.value import dataclass
from lab.reports.explanation.alarms import LEADS_ASTRAY, Alarm, alarms
from lab.reports.explanation.conclusions import Fate, fates
from lab.reports.matrix.changed_endings import clock
from lab.reports.scenario_runs import Run
from lab.scenario.model import MatrixCell, MatrixParty
from lab.sentence import NOTHING, Sentence, listed, say, sentence
from lab.words.english import BASES, ENDS


@dataclass(frozen=True, slots=True)
class CellFlip:
    """How a cell was from some time on."""

    at: timedelta
    ending: Sentence
    path: tuple[str, ...]
    taken: Sentence
    """`msxfaq by certificate`; nothing where no front end was asked."""
    ways: tuple[NodePath, ...]
    """The paths of all copies, each once."""

    @property
    def told(self) -> Sentence:
        """`0:49 delivered by way of exchange > tenant:uclabor, taken for uclabor by recipient`."""
        return sentence(
            "{time} {ending} by way of {ways}{taken}",
            time=clock(self.at),
            ending=self.ending,
            ways=in_a_line(self.ways),
            taken=sentence(", taken for {whom}", whom=self.taken) if self.taken else NOTHING,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One sender and one recipient, judged; of one that is tried again and again the first try that alarmed, else the last."""

    key: str
    sender: MatrixParty
    recipient: MatrixParty
    path: tuple[str, ...]
    """Hosts by key and tenants as `tenant:NAME`; all places of a message that split, copy after copy."""
    ways: tuple[MessagePath, ...]
    """The ways of its copies: one, unless it split."""
    at: timedelta
    """When it was sent, from the start of the run."""
    tenant: str
    """Whom the first front end took the message for; '' where none was asked."""
    basis: Basis | None
    connector: str
    direction: str
    end: Disposition | None
    """How it ended for everybody; None where that differs, and where nothing was sent."""
    ending: Sentence
    """`delivered`, `bounced 5.7.51`."""
    partly: bool
    """Whether its copies ended differently: some got it, and some did not."""
    status: str
    """The enhanced status of a failure, '' where there was none."""
    reply: str
    """The decisive SMTP reply."""
    alarms: tuple[Alarm, ...]
    """What is not as expected; empty if all is."""
    findings: tuple[ExpectationResult, ...]
    flips: tuple[CellFlip, ...] = ()
    """Of a cell that is tried again and again: how it was first, and each change."""

    @property
    def pair(self) -> str:
        """Who to whom, by the names of their classes."""
        return f"{self.sender.name} > {self.recipient.name}"

    @property
    def alarms_told(self) -> Sentence:
        """All that is not as expected, in a line; nothing if all is."""
        return listed((alarm.told for alarm in self.alarms), "; ") if self.alarms else NOTHING

    @property
    def outcome(self) -> str:
        """How it ended, for programs."""
        return say(self.ending)

    @property
    def expected(self) -> bool:
        """Whether all went as the scenario, or the rule, expects it."""
        return not self.alarms

    @property
    def arrived(self) -> bool:
        """Whether everybody got it."""
        return self.end is Disposition.DELIVERED

    @property
    def says(self) -> tuple[object, ...]:
        """What makes two cells of different variants differ."""
        flips = tuple((flip.at, flip.ending, flip.ways, flip.taken) for flip in self.flips)
        paths = tuple(way.path for way in self.ways)
        return paths, self.tenant, self.basis, self.direction, self.ending, self.expected, flips

    @property
    def word(self) -> Sentence | str:
        """How it ended, in a word that fits into a grid: `ok`, `part`, `5.7.51`, `queued`."""
        if self.arrived:
            return sentence("ok")
        if self.partly:
            return sentence("part")
        return self.status or (ENDS[self.end] if self.end else sentence("nothing"))

    @property
    def taken_by(self) -> Sentence:
        """`msxfaq by certificate`; nothing where no front end was asked."""
        return _taken_by(self.tenant, self.basis)

    @property
    def taken_for(self) -> Sentence:
        """`taken for msxfaq by certificate through "Inbound from …"`; nothing where no front end was asked."""
        if not self.tenant:
            return NOTHING
        through = sentence(' through "{connector}"', connector=self.connector) if self.connector else NOTHING
        return sentence("taken for {whom}{through}", whom=self.taken_by, through=through)

    @property
    def when(self) -> str:
        """The time of the try, of a cell that changed meanwhile; '' else."""
        return clock(self.at) if len(self.flips) > 1 else ""

    def way(self, arrow: str = " → ") -> str:
        """`exchange → {msxfaq; gateway → uclabor}`; tenants without their prefix."""
        paths = (tuple(place.removeprefix(TENANT) for place in way.path) for way in self.ways)
        return in_a_line(tuple(paths), arrow)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedMatrix:
    """All cells of one variant."""

    scenario: str
    variant: str
    title: str
    driver: str
    senders: tuple[MatrixParty, ...]
    recipients: tuple[MatrixParty, ...]
    cells: tuple[Cell, ...]

    @property
    def alarms(self) -> tuple[Cell, ...]:
        """Cells that are not as expected."""
        return tuple(cell for cell in self.cells if not cell.expected)

    def at(self, sender: str, recipient: str) -> Cell | None:
        """One cell by the names of its classes; None where the pair is not tried."""
        fitting = (c for c in self.cells if (c.sender.name, c.recipient.name) == (sender, recipient))
        return next(fitting, None)


def judged(scenario: str, run: Run) -> JudgedMatrix | None:
    """The matrix of a run; None if its variant has none."""
    plan = run.variant.matrix
    if plan is None:
        return None
    tried, findings = _by_cell(fates(run)), _by_message(run)
    return JudgedMatrix(
        scenario=scenario,
        variant=run.variant.name,
        title=run.variant.title,
        driver=run.driver,
        senders=plan.senders,
        recipients=plan.recipients,
        cells=tuple(_cell(cell, tried.get(cell.key, []), findings.get(cell.key, [])) for cell in plan.cells),
    )


def _by_cell(ends: Iterable[Fate]) -> Mapping[str, list[Fate]]:
    """All tries of each cell, in order of time."""
    fates: dict[str, list[Fate]] = defaultdict(list)
    for fate in sorted(ends, key=lambda fate: fate.spec.at):
        fates[fate.spec.series or fate.spec.key].append(fate)
    return fates


def _by_message(run: Run) -> Mapping[str, list[ExpectationResult]]:
    cells = {spec.key: spec.series or spec.key for spec in run.variant.messages}
    results: dict[str, list[ExpectationResult]] = defaultdict(list)
    for finding in run.findings():
        results[cells.get(finding.message, finding.message)].append(finding)
    return results


def _cell(cell: MatrixCell, tries: Sequence[Fate], findings: Sequence[ExpectationResult]) -> Cell:
    fate = _telling(tries, findings)
    decision = _decision(fate, findings) if fate else None
    end = fate.end if fate else None
    return Cell(
        key=cell.key,
        sender=cell.sender,
        recipient=cell.recipient,
        path=fate.places if fate else (),
        ways=fate.ways if fate else (),
        at=fate.spec.at if fate else timedelta(),
        tenant=decision.tenant if decision else "",
        basis=decision.basis if decision else None,
        connector=decision.connector if decision else "",
        direction=decision.direction.value if decision and decision.direction else "",
        end=end,
        ending=fate.ending if fate else sentence("nothing"),
        partly=fate is not None and len(set(fate.trace.dispositions.values())) > 1,
        status=fate.status if fate and end is not Disposition.DELIVERED else "",
        reply=str(decisive_reply(fate.trace) or "") if fate else "",
        alarms=_all_alarms(findings, tries),
        findings=tuple(findings),
        flips=tuple(_flips(tries)) if len(tries) > 1 else (),
    )


def _telling(tries: Sequence[Fate], findings: Sequence[ExpectationResult]) -> Fate | None:
    """The try to tell of: the first that alarmed, else the last."""
    failed = {finding.message for finding in findings if not finding.ok}
    alarmed = (fate for fate in tries if fate.spec.key in failed)
    return next(alarmed, tries[-1] if tries else None)


def _decision(fate: Fate, findings: Sequence[ExpectationResult]) -> Attributed | None:
    """Whom a front end took the message for: the one that led it astray, else the first that was asked."""
    for finding in findings:
        if finding.ok or finding.message != fate.spec.key or finding.kind not in LEADS_ASTRAY:
            continue
        for hop in fate.trace.hops:
            decided = hop.first(Attributed)
            meant = finding.kind is ClaimKind.NOT_SEEN_BY or set(finding.strays) & set(hop.head.recipients)
            if decided and place(hop) == finding.about and taken(hop) and meant:
                return decided
    return fate.decision


def _flips(tries: Sequence[Fate]) -> Iterator[CellFlip]:
    before = None
    for fate in tries:
        decision = fate.decision
        taken_by = _taken_by(decision.tenant, decision.basis) if decision else NOTHING
        paths = tuple(way.path for way in fate.ways)
        now = CellFlip(fate.spec.at, fate.ending, fate.places, taken_by, paths)
        if before is None or now != replace(before, at=now.at):
            yield now
        before = now


def _taken_by(tenant: str, basis: Basis | None) -> Sentence:
    return sentence("{tenant} by {basis}", tenant=tenant, basis=BASES[basis]) if tenant and basis else NOTHING


def _all_alarms(findings: Sequence[ExpectationResult], tries: Sequence[Fate]) -> tuple[Alarm, ...]:
    """The alarms of all tries, each once, with the number of tries that had it if not all did."""
    counted: Counter[Alarm] = Counter()
    keys = dict.fromkeys(finding.message for finding in findings)
    endings = {fate.spec.key: fate.ending for fate in tries}
    for key in keys:
        judged = [finding for finding in findings if finding.message == key]
        counted.update(alarms(judged, endings.get(key, sentence("nothing"))))
    return tuple(alarm.counted(number, len(keys)) for alarm, number in counted.items())


def pairs(matrices: Sequence[JudgedMatrix]) -> tuple[tuple[str, str], ...]:
    """Sender and recipient of all cells of these, each once, in the order of the first."""
    return tuple(dict.fromkeys((c.sender.name, c.recipient.name) for m in matrices for c in m.cells))


def differing(matrices: Sequence[JudgedMatrix]) -> tuple[tuple[str, str], ...]:
    """The pairs whose cells are not the same in all of these."""
    first = matrices[0]
    return tuple(
        pair for pair in pairs(matrices) if any(differs(m.at(*pair), first.at(*pair)) for m in matrices)
    )


def differs(cell: Cell | None, first: Cell | None) -> bool:
    """Whether a cell is another one than in the first variant, or there in one of them only."""
    return (cell.says if cell else None) != (first.says if first else None)
