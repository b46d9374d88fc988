"""What became of each cell of a matrix: its way, whom it was taken for, how it ended, and whether that was meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lab.evidence.expect import Finding, decisive_reply
from lab.evidence.facts import text
from lab.reports.reading import Fate, fates
from lab.reports.run import Run
from lab.scenario.model import MatrixCell, Party

_SILENT = "not_seen_by."
_ROUND = "not_twice."


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
        return self.path, self.tenant, self.basis, self.direction, self.outcome, self.expected


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
    ends = {fate.spec.key: fate for fate in fates(run)}
    findings = _by_message(run.findings())
    return Matrix(
        scenario=scenario,
        variant=run.variant.name,
        title=run.variant.title,
        driver=run.driver,
        senders=plan.senders,
        recipients=plan.recipients,
        cells=tuple(_cell(cell, ends.get(cell.key), findings.get(cell.key, ())) for cell in plan.cells),
    )


def _by_message(findings: Iterable[Finding]) -> Mapping[str, tuple[Finding, ...]]:
    found: dict[str, tuple[Finding, ...]] = defaultdict(tuple)
    for finding in findings:
        found[finding.message] += (finding,)
    return found


def _cell(cell: MatrixCell, fate: Fate | None, findings: tuple[Finding, ...]) -> Cell:
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
        alarms=tuple(_alarms([each for each in findings if not each.ok], outcome)),
        findings=findings,
    )


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
