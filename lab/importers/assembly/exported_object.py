"""One exported object, asked by property. What is null, empty or missing is all the same here: nothing is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.importers import property_values
from lab.importers.types import ExportedObject, ExportedValue

_LONGEST = 60


class ExportedProperties:
    """An object with its properties, by name in any case."""

    def __init__(self, exported: ExportedObject, said: Mapping[str, ExportedValue] | None = None) -> None:
        self.exported = exported
        self.kind = exported.kind
        self.place = exported.place
        self.names = tuple(exported.values)
        self.lost = tuple(name for name in exported.where if name not in exported.values)
        """Properties that are set, to what could not be read."""
        self._values = {name.lower(): value for name, value in {**exported.values, **(said or {})}.items()}

    def value(self, *names: str) -> ExportedValue:
        """The first of these properties that says something; None if none does."""
        for name in names:
            value = self._values.get(name.lower())
            if property_values.is_set(value) and value != "System.String[]":
                return value
        return None

    def text(self, *names: str) -> str:
        """As one text; '' for nothing."""
        return property_values.text(self.value(*names)) or ""

    def many(self, *names: str, blanks: bool = False) -> tuple[str, ...]:
        """As a list of texts, each once; `blanks` separate items that have none."""
        return tuple(dict.fromkeys(property_values.texts(self.value(*names), blanks=blanks)))

    def truth(self, name: str) -> bool | None:
        """As a truth value; None where it is none."""
        return property_values.truth(self.value(name))

    def number(self, name: str) -> int | None:
        """As a whole number; None where it is none."""
        return property_values.number(self.value(name))

    def word(self, name: str, numbered: Sequence[str] = ()) -> str:
        """A word of an enumeration, which may have been written as its number in `numbered`."""
        return (property_values.choice(self.value(name), numbered) if numbered else None) or self.text(name)

    def saying(self, said: Mapping[str, ExportedValue]) -> ExportedProperties:
        """The same object with some properties written otherwise."""
        kept = {
            name: value
            for name, value in self.exported.values.items()
            if name.lower() not in map(str.lower, said)
        }
        return ExportedProperties(
            ExportedObject(kind=self.kind, place=self.place, values=kept, where=self.exported.where), said
        )

    def showing(self, name: str) -> str:
        """A property with its value in a few words."""
        value = self.value(name)
        return name if value is None else f"{name} ({shown(value)})"

    @property
    def name(self) -> str:
        """Its name; configurations as code have it as `Identity`, which may begin with a server."""
        return self.text("Name", "DomainName") or self.text("Identity", "Id").rpartition("\\")[2]

    @property
    def label(self) -> str:
        """What to call it: `InboundConnector "Inbound from …"`."""
        name = self.name or self.text("PrimarySmtpAddress", "Thumbprint")
        return f'{self.kind} "{short(name)}"' if name else self.kind


def shown(value: ExportedValue) -> str:
    """A value in a few words, for a report."""
    return short(", ".join(property_values.texts(value, blanks=False)) or str(value))


def short(text: str) -> str:
    """One line of it."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
