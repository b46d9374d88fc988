"""Collects the mistakes of a scenario, so that all of them can be told at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from lab.errors import Problem, ScenarioError
from lab.model.value import dataclass, value
from lab.scenario.syntax.source_tree import SourceLocation
from lab.sentence import NOTHING, Sentence, listed, sentence


@dataclass(frozen=True, slots=True)
class ProblemReport:
    """The problems found so far; the same one found again (in another variant) counts once."""

    found: dict[tuple[str, int, int, Sentence], Problem] = field(default_factory=dict)
    real: bool = False
    """Whether names and addresses may be somebody's: nothing of the scenario leaves the simulator."""

    def add(self, place: SourceLocation, path: str, wanted: Sentence, hint: Sentence = NOTHING) -> None:
        """Note a problem."""
        problem = Problem(place.file, place.line, place.column, path, wanted, hint)
        self.found.setdefault((place.file, place.line, place.column, wanted), problem)

    def troubled(self, path: str) -> bool:
        """Whether something at a path or below it was found to be wrong; PowerShell's names are not case-sensitive."""
        above = path.lower()
        paths = (problem.path.lower() for problem in self.found.values())
        return any(below == above or below.startswith((f"{above}.", f"{above}[")) for below in paths)

    def __bool__(self) -> bool:
        return bool(self.found)

    def take(self, other: ProblemReport) -> None:
        """What another report found, too."""
        for key, problem in other.found.items():
            self.found.setdefault(key, problem)

    def settle(self, first: str) -> None:
        """Raise ScenarioError if anything was found: in order of the lines, the file `first` before its includes."""
        if self.found:
            order = sorted(
                self.found.values(), key=lambda p: (p.file != first, p.file, p.line, p.column, p.path)
            )
            raise ScenarioError(tuple(order))


@value()
class ProblemPath:
    """A path in the scenario and the report that its problems go to."""

    report: ProblemReport
    path: str = ""

    def key(self, name: str) -> ProblemPath:
        """One level down, in a table."""
        step = f"[{name}]" if "." in name or " " in name else f".{name}" if self.path else name
        return ProblemPath(self.report, self.path + step)

    def index(self, number: int) -> ProblemPath:
        """One level down, in a list."""
        return ProblemPath(self.report, f"{self.path}[{number}]")

    @property
    def troubled(self) -> bool:
        """Whether a problem here or below is known already: what follows from it alone is not worth telling."""
        return self.report.troubled(self.path)

    def wrong(self, place: SourceLocation, wanted: Sentence, hint: Sentence = NOTHING) -> None:
        """Note a problem here."""
        self.report.add(place, self.path or "(top level)", wanted, hint)


def did_you_mean(name: str, known: Iterable[str]) -> Sentence:
    """A hint with the nearest known name, if one is near."""
    from difflib import get_close_matches

    spelled = {word.lower(): word for word in known}
    near = get_close_matches(name.lower(), spelled, n=1, cutoff=0.6)
    return sentence("did you mean {name!r}?", name=spelled[near[0]]) if near else NOTHING


def one_of(names: Iterable[object]) -> Sentence:
    """Names for a sentence: `a, b or c`."""
    *others, last = names
    return sentence("{others} or {last}", others=listed(others), last=last) if others else listed([last])


def unknown(name: str, known: Iterable[str]) -> Sentence:
    """The hint for an unknown name: the nearest, or all of them if they are few."""
    names = tuple(dict.fromkeys(known))
    near = did_you_mean(name, names)
    if not near and names and len(names) <= 12:
        return sentence("known: {names}", names=listed(names))
    return near or sentence("no known name is like it")
