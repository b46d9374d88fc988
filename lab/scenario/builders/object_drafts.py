"""Exchange objects in the making: what the wizard would create, with what the author wrote laid over it by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from fnmatch import fnmatchcase
from typing import Any, Generic, TypeVar

from lab.model.value import dataclass
from lab.scenario.language.exchange_objects import arguments, parameter
from lab.scenario.syntax.problem_report import unknown
from lab.scenario.syntax.records import Fields
from lab.sentence import NOTHING, Sentence, sentence

M = TypeVar("M")


@dataclass(frozen=True)
class Draft(Generic[M]):
    """An object to be: its class, its arguments, and the place that speaks for it."""

    cls: type[M]
    arguments: Mapping[str, Any]
    written: Fields
    """The record that was written or, for a generated object, the one that had it generated."""

    def get(self, name: str) -> Any:
        """A field's value, its default included."""
        if name in self.arguments:
            return self.arguments[name]
        default = next(field.default for field in fields(self.cls) if field.name == name)  # type: ignore[arg-type]
        return None if default is MISSING else default

    def wrong(self, name: str, wanted: Sentence, hint: Sentence = NOTHING) -> None:
        """Report a problem at a field."""
        self.written.wrong(parameter(name, self.cls), wanted, hint)

    def implying(self, name: str, value: object) -> Draft[M]:
        """With a field that follows from others, unless it is written."""
        if name in self.arguments:
            return self
        return Draft(self.cls, {**self.arguments, name: value}, self.written)

    def make(self) -> M:
        """The model object."""
        return self.cls(**self.arguments)


def drafted(
    cls: type[M], written: Iterable[Fields], generated: Iterable[Mapping[str, Any]], by: Fields
) -> tuple[Draft[M], ...]:
    """All objects of a kind: the generated ones with their amendments, then those only written.

    An object that a `change:` addresses by name must exist; its name may end in `*`.
    """
    drafts = {str(arguments["name"]).lower(): Draft(cls, arguments, by) for arguments in generated}
    for record in written:
        own = arguments(record, cls)
        name = str(own["name"])
        fitting = [key for key in drafts if fnmatchcase(key, name.lower().replace("[", "[[]"))]
        if record.removes:
            for key in fitting:
                del drafts[key]
        elif record.amends and not fitting:
            names = (str(draft.arguments["name"]) for draft in drafts.values())
            record.wrong("Name", sentence("no connector is named {name!r}", name=name), unknown(name, names))
        elif record.amends or (fitting and drafts[fitting[0]].written is by):
            for key in fitting:
                kept = {**drafts[key].arguments, **own, "name": drafts[key].arguments["name"]}
                drafts[key] = Draft(cls, kept, record)
        elif fitting:
            wanted = sentence("a second connector named {name!r}", name=name)
            record.wrong("Name", wanted, sentence("names are unique"))
        else:
            drafts[name.lower()] = Draft(cls, own, record)
    return tuple(drafts.values())
