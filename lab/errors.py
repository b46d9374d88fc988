"""What is raised when something is wrong that is not a verdict.

An expected outcome (a rejection, a deferral, a temporary DNS failure) is a value, never one of these.
"""

from dataclasses import dataclass

from lab.sentence import NOTHING, Sentence, sentence


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a scenario: where it is, what was wanted there, and perhaps what was meant."""

    file: str
    line: int
    column: int
    path: str
    """Dotted, as the reader would say it: `tenants.uclabor.InboundConnectors[0].Name`."""
    wanted: Sentence
    hint: Sentence = NOTHING

    @property
    def told(self) -> Sentence:
        """What was wanted, and what was meant in brackets."""
        return sentence("{wanted} ({hint})", wanted=self.wanted, hint=self.hint) if self.hint else self.wanted

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.path}: {self.told}"


class ScenarioError(Exception):
    """A scenario cannot be used; carries every problem found, in the order of the file."""

    problems: tuple[Problem, ...]

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class ArgumentError(ValueError):
    """An argument of a call is nothing that the lab can use: no address, no such variant, no such driver."""

    argument: str
    """Its name, as the call has it."""
    why: str

    def __init__(self, argument: str, why: str) -> None:
        super().__init__(argument, why)
        self.argument = argument
        self.why = why

    def __str__(self) -> str:
        return f"{self.argument}: {self.why}"


def demand(argument: str, given: object, *kinds: type) -> None:
    """Raise ArgumentError unless an argument is of one of these types. True and False are no numbers here."""
    if not isinstance(given, kinds) or (isinstance(given, bool) and bool not in kinds):
        wanted = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
        raise ArgumentError(argument, f"wanted {wanted}, not {given!r}")


def words_of(error: Exception) -> Sentence:
    """What an error says: the sentence that it was raised with, or the words of whoever else raised it."""
    said = error.args[0] if len(error.args) == 1 else None
    if isinstance(said, Sentence):
        return said
    return sentence("{text}", text=str(error)) if str(error) else NOTHING


class WireError(Exception):
    """The network side of the lab could not do its work: a port taken, an address missing, a peer gone."""


class DriverError(Exception):
    """A driver could not run the scenario: the environment lacks something, or the run got stuck."""


class LabBug(Exception):  # noqa: N818 - it is not the user's error, and says so
    """The lab broke a promise of its own; never the scenario's fault."""


def plainly(error: Exception) -> str:
    """An error in words: of the system's, the file and what is wrong with it, without its number."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
