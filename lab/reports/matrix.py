"""What became of each cell of a matrix: its way, whom it was taken for, how it ended, and whether that was meant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from lab.evidence.expect import Finding, decisive_reply
from lab.evidence.facts import text
from lab.reports.reading import Fate, fates
from lab.reports.run import Run
from lab.scenario.model import MatrixCell, Party

_SILENT = "not_seen_by."
_ROUND = "not_twice."


@dataclass(frozen=True, slots=True)
class Flip:
    """How a cell was from some time on."""

    at: timedelta
    outcome: str
    path: tuple[str, ...]
    taken: str
    """`msxfaq by certificate`; '' where no front end was asked."""

    def __str__(self) -> str:
        minutes, seconds = divmod(int(self.at.total_seconds()), 60)
        when = f"{minutes}m{seconds}s" if seconds else f"{minutes}m"
        taken = f", taken for {self.taken}" if self.taken else ""
        return f"{when} {self.outcome} by way of {' > '.join(self.path)}{taken}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One sender and one recipient, judged."""

    key: str
    sender: Party
    recipient: Party
    path: tuple[str, ...]
    """Hosts by key and tenants as `tenant:NAME`."""
    tenant: str
    """Whom the first front end took the message for; '' where none was asked."""
    basis: str
    connector: str
    direction: str
    outcome: str
    """`delivered`, `bounced 5.7.51`."""
    status: str
    """The enhanced status of a failure, '' where there was none."""
    reply: str
    """The decisive SMTP reply."""
    alarms: tuple[str, ...]
    """What nobody expects, in words; empty if all is as expected."""
    findings: tuple[Finding, ...]
    flips: tuple[Flip, ...] = ()
    """Of a cell that is tried again and again: how it was first, and each change. All else is of the last try."""

    @property
    def expected(self) -> bool:
        """Whether all went as somebody, or the rule, expects it."""
        return not self.alarms

    @property
    def arrived(self) -> bool:
        """Whether everybody got it."""
        return self.outcome == "delivered"

    @property
    def says(self) -> tuple[object, ...]:
        """What makes two cells of different variants differ."""
        flips = tuple(map(str, self.flips))
        return self.path, self.tenant, self.basis, self.direction, self.outcome, self.expected, flips


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """All cells of one variant."""

    scenario: str
    variant: str
    title: str
    driver: str
    senders: tuple[Party, ...]
    recipients: tuple[Party, ...]
    cells: tuple[Cell, ...]

    @property
    def alarms(self) -> tuple[Cell, ...]:
        """Cells that nobody expects to be so."""
        return tuple(cell for cell in self.cells if not cell.expected)

    def at(self, sender: str, recipient: str) -> Cell | None:
        """One cell by the names of its classes; None where the pair is not tried."""
        fitting = (c for c in self.cells if (c.sender.name, c.recipient.name) == (sender, recipient))
        return next(fitting, None)


def judged(scenario: str, run: Run) -> Matrix | None:
    """The matrix of a run; None if its variant has none."""
    plan = run.variant.matrix
    if plan is None:
        return None
    tried, findings = _by_cell(fates(run)), _by_message(run)
    return Matrix(
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
    found: dict[str, list[Fate]] = defaultdict(list)
    for fate in sorted(ends, key=lambda each: each.spec.at):
        found[fate.spec.series or fate.spec.key].append(fate)
    return found


def _by_message(run: Run) -> Mapping[str, list[Finding]]:
    cells = {spec.key: spec.series or spec.key for spec in run.variant.messages}
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in run.findings():
        found[cells.get(finding.message, finding.message)].append(finding)
    return found


def _cell(cell: MatrixCell, tries: Sequence[Fate], findings: Sequence[Finding]) -> Cell:
    fate = tries[-1] if tries else None
    decision = fate.decision if fate else None
    outcome = fate.outcome if fate else "nothing"
    return Cell(
        key=cell.key,
        sender=cell.sender,
        recipient=cell.recipient,
        path=fate.places if fate else (),
        tenant=text(decision, "tenant"),
        basis=text(decision, "basis"),
        connector=text(decision, "connector"),
        direction=text(decision, "direction"),
        outcome=outcome,
        status=fate.status if fate and outcome != "delivered" else "",
        reply=decisive_reply(fate.trace) if fate else "",
        alarms=_all_alarms(findings, tries),
        findings=tuple(findings),
        flips=tuple(_flips(tries)) if len(tries) > 1 else (),
    )


def _flips(tries: Sequence[Fate]) -> Iterator[Flip]:
    before = None
    for fate in tries:
        tenant, basis = text(fate.decision, "tenant"), text(fate.decision, "basis")
        now = fate.outcome, fate.places, f"{tenant} by {basis}" if tenant else ""
        if now != before:
            yield Flip(fate.spec.at, *now)
        before = now


def _all_alarms(findings: Sequence[Finding], tries: Sequence[Fate]) -> tuple[str, ...]:
    """The alarms of all tries, each once, with the number of tries that had it if not all did."""
    counted: Counter[str] = Counter()
    keys = dict.fromkeys(finding.message for finding in findings)
    outcomes = {fate.spec.key: fate.outcome for fate in tries}
    for key in keys:
        failed = [each for each in findings if each.message == key and not each.ok]
        counted.update(_alarms(failed, outcomes.get(key, "nothing")))
    told = len(keys)
    return tuple(f"{alarm} ({n} of {told} times)" if n < told else alarm for alarm, n in counted.items())


def _alarms(failed: Sequence[Finding], outcome: str) -> Iterator[str]:
    """What is wrong with a cell; a report is no second alarm where the message was to be delivered."""
    fields = {finding.field for finding in failed}
    for finding in failed:
        if finding.field.startswith(_SILENT):
            yield f"seen by {finding.field.removeprefix(_SILENT)}, where nothing leads it"
        elif finding.field.startswith(_ROUND):
            yield f"taken {finding.got} by {finding.field.removeprefix(_ROUND)}"
        elif finding.field == "ends":
            yield f"{outcome}, and not {finding.wanted}"
        elif finding.field == "no_ndr" and "ends" in fields:
            continue
        else:
            yield f"{finding.field}: {finding.got}, and not {finding.wanted}"


def differing(matrices: Sequence[Matrix]) -> tuple[tuple[str, str], ...]:
    """The pairs (sender, recipient) whose cells are not the same in all of these, in the order of the first."""
    pairs = dict.fromkeys((c.sender.name, c.recipient.name) for m in matrices for c in m.cells)
    return tuple(pair for pair in pairs if len({_says(m.at(*pair)) for m in matrices}) > 1)


def _says(cell: Cell | None) -> tuple[object, ...] | None:
    return cell.says if cell else None
