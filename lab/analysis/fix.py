"""A cure, laid over a configuration as a file of its own, and proven with what that file says: by checks and by matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from lab.analysis.assumed_switches import other_positions
from lab.analysis.checks.audit_context import AuditContext
from lab.analysis.checks.engine import findings
from lab.analysis.checks.finding import Check, Finding, PlayedCure
from lab.analysis.checks.finding_report import reported
from lab.analysis.difference import Variation, difference, moves
from lab.drivers.simulator import simulate
from lab.errors import DriverError
from lab.model.value import dataclass
from lab.reports.cures.cure_report import AppliedCure, FixedFinding
from lab.reports.cures.todo import todos
from lab.reports.text.printable import one_line
from lab.scenario.changeable_scenario import ChangeableScenario, SettingChange, file_with_changes
from lab.scenario.load import expanded_text
from lab.scenario.model import Variant
from lab.scenario.syntax.problem_report import unknown
from lab.sentence import Sentence, counted, sentence

_OTHER_WAY_ROUND = "{switch} ({rules}): in its other position, the cure would also move the mail {mail}"


@dataclass(frozen=True, slots=True)
class Choice:
    """A finding, in every variant that has it, and which of its cures is meant."""

    configuration: ChangeableScenario
    findings: Mapping[str, Finding]
    """By variant."""
    number: int
    """Of the cure, from 1."""

    @property
    def first(self) -> Finding:
        """The finding in the first of these variants."""
        return next(iter(self.findings.values()))

    def changes(self) -> dict[str, SettingChange]:
        """What the cure changes, by variant. Raises DriverError for one that no setting says."""
        changes = {name: _cure(finding, self.number).cure.change for name, finding in self.findings.items()}
        if not all(changes.values()):
            raise DriverError(f"{self.first.id}: cure {self.number} is no setting of a configuration")
        return changes


def choose(
    configuration: ChangeableScenario, findings: Sequence[Finding], id_: str, number: int | None
) -> Choice:
    """The finding that an id means (its code alone is enough if it is the only one), and the first cure that works.

    Raises DriverError with what there is to choose from.
    """
    ids = dict.fromkeys(finding.id for finding in findings)
    pattern = id_.lower().replace("[", "[[]")
    fitting = [known for known in ids if fnmatchcase(known.lower(), pattern)]
    fitting = fitting or [known for known in ids if known.partition(":")[0].lower() == id_.lower()]
    if not fitting:
        raise DriverError(f"there is no finding {id_!r}: {unknown(id_, ids)}")
    if len(fitting) > 1:
        raise DriverError(f"{id_!r} is found {len(fitting)} times: {', '.join(fitting)}")
    meant = {finding.variant: finding for finding in findings if finding.id == fitting[0]}
    return Choice(configuration, meant, _number(next(iter(meant.values())), number))


def _number(finding: Finding, wanted: int | None) -> int:
    if wanted is not None:
        if not 1 <= wanted <= len(finding.cures):
            raise DriverError(f"{finding.id} has {len(finding.cures)} cures, and no cure {wanted}")
        return wanted
    working = [number for number, cured in enumerate(finding.cures, 1) if cured.works and cured.cure.change]
    if not working:
        raise DriverError(f"{finding.id}: no cure is known that works")
    return working[0]


def _cure(finding: Finding, number: int) -> PlayedCure:
    """The cure of that number; a variant in which there are fewer has none."""
    if number > len(finding.cures):
        raise DriverError(
            f"{finding.id} has no cure {number} in variant {finding.variant}; --variant chooses one"
        )
    return finding.cures[number - 1]


def fix(choice: Choice, file: Path, today: date, checks: Sequence[Check]) -> FixedFinding:
    """The file with the cure, and what it does. Raises ScenarioError if the cure makes no configuration, DriverError."""
    before, changes = choice.configuration, choice.changes()
    about = sentence("{id}: {text}", id=choice.first.id, text=choice.first.suspicion.text)
    words = _cure(choice.first, choice.number).cure.text
    cure = sentence("Cure of {date}: {cure}", date=today, cure=words)
    text = file_with_changes(before.scenario, file, changes, [one_line(about), one_line(cure)])
    after = ChangeableScenario.of(expanded_text(text, str(file)))
    (finding, *_) = reported(before, list(choice.findings.values()))
    return FixedFinding(
        finding=finding,
        number=choice.number,
        cure=words,
        applied=tuple(
            _applied(choice, after, name, change, today, checks) for name, change in changes.items()
        ),
        text=text,
        broken_claims=tuple(
            claim for name in changes for claim in _broken(before.variant(name), after.variant(name))
        ),
    )


def _applied(
    choice: Choice,
    after: ChangeableScenario,
    name: str,
    change: SettingChange,
    today: date,
    checks: Sequence[Check],
) -> AppliedCure:
    before = choice.configuration
    old, new = Variation(before, name), Variation(after, name)
    changed = difference(old, new, today, checks)
    left = findings(AuditContext(after, after.variant(name), today), checks)
    return AppliedCure(
        variant=name,
        settings=tuple(change.items()),
        places=todos(before.variant(name), after.variant(name), changed.settings),
        difference=changed,
        gone=all(finding.id != choice.first.id for finding in left),
        guesses=tuple(_guesses(old.variant, new.variant)),
    )


def _guesses(before: Variant, after: Variant) -> Iterator[Sentence]:
    """Undocumented rules that the proof rests on: the other way round, the cure moves other mail as well."""
    moved = moves(before, after)
    for (switch, old), (_, new) in zip(other_positions(before), other_positions(after), strict=True):
        more = sorted(f"{who} > {whom}" for who, whom in moves(old, new) - moved)
        if more:
            rules, mail = ", ".join(switch.rules), ", ".join(more)
            yield sentence(_OTHER_WAY_ROUND, switch=switch.name, rules=rules, mail=mail)


def _broken(before: Variant, after: Variant) -> Iterator[Sentence]:
    """Messages of which the file claims what the cure makes untrue, with how many claims."""
    if not before.messages:
        return
    met = {(claim.message, claim.field) for claim in simulate(before).findings() if claim.ok}
    failed = Counter(
        claim.message
        for claim in simulate(after).findings()
        if not claim.ok and (claim.message, claim.field) in met
    )
    for message, number in failed.items():
        claims = counted(number, "{number} claim", "{number} claims")
        template = "{variant}: {message} ({claims})"
        yield sentence(template, variant=after.name, message=message, claims=claims)
