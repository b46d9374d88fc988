"""What an import comes to: a scenario, and all that its owner should know about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from lab.importers.assembly.exported_object import ExportedProperties
from lab.importers.types import ExportLocation, Notice
from lab.model.value import dataclass
from lab.scenario.syntax.yaml_dump import PlainData
from lab.sentence import Sentence, sentence

SettingPath = tuple[str, ...]
"""Keys down the tree; an item of a list by its `Name`, `DomainName` or `address`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What the user asked for."""

    source: str
    """The folder, as the user named it."""
    now: datetime
    """When it is imported, aware: certificates are judged by it, and the file says it."""
    name: str = ""
    """The scenario's name; made from the first organisation if unset."""
    lab_addresses: bool = False
    """Put names and addresses of the lab in the place of the real ones."""
    all_recipients: bool = False
    partners: bool = True
    """Whether to add people elsewhere where the exports have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingExport:
    """A fact that no export tells, and on which verdicts rest."""

    path: SettingPath
    """The setting that would say it, and before which the file tells of it."""
    text: Sentence
    """What is unknown, and what is taken for true meanwhile."""
    answer: Sentence
    """How to answer it."""
    rules: tuple[str, ...]
    """The rules that depend on it."""
    about: tuple[SettingPath, ...] = ()
    """What is unknown, of which a whole side may be one: findings there are no errors; `path` if unset."""

    @property
    def paths(self) -> tuple[str, ...]:
        """What is unknown, as under `change:`."""
        return tuple(".".join(path) for path in self.about or (self.path,))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownProperty:
    """A property that nobody here knows."""

    kind: str
    name: str
    times: int
    """How many objects have it set."""
    example: str
    """One of its values, shortened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedScenario:
    """A scenario that loads, with its to-dos and notices."""

    text: str
    """The scenario file."""
    tree: PlainData
    """The same as data."""
    todos: tuple[MissingExport, ...] = ()
    notices: tuple[Notice, ...] = ()
    unknown: tuple[UnknownProperty, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many objects of each kind were read."""
    partners: tuple[str, ...] = ()
    """People elsewhere that were added: names of tenants and hosts."""


@dataclass(slots=True)
class ImportNotes:
    """What is noted while a scenario is put together."""

    notices: list[Notice] = field(default_factory=list)
    todos: list[MissingExport] = field(default_factory=list)

    def say(self, place: ExportLocation, text: Sentence) -> None:
        """Something that was taken for granted, or is otherwise here."""
        self._note(Notice(place, text))

    def leave(self, place: ExportLocation, text: Sentence) -> None:
        """Something that was left out."""
        self._note(Notice(place, text, serious=True))

    def about(self, given: ExportedProperties, text: Sentence) -> None:
        """Something that was taken for granted of an exported object."""
        self.say(given.place, sentence("{label}: {text}", label=given.label, text=text))

    def without(self, given: ExportedProperties, why: Sentence) -> None:
        """An exported object that was left out."""
        self.leave(given.place, sentence("{label} is left out: {why}", label=given.label, why=why))

    def _note(self, notice: Notice) -> None:
        if notice not in self.notices:
            self.notices.append(notice)

    def ask(
        self,
        path: SettingPath,
        text: Sentence,
        answer: Sentence,
        *rules: str,
        about: tuple[SettingPath, ...] = (),
    ) -> None:
        """Something that nobody has told."""
        todo = MissingExport(path=path, text=text, answer=answer, rules=rules, about=about)
        if todo not in self.todos:
            self.todos.append(todo)
