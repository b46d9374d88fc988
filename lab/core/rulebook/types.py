"""What the catalogue is made of: a rule, where it comes from, and a switch between behaviours."""

from datetime import date
from enum import Enum
from typing import Literal

from lab.model.value import dataclass


class Confidence(Enum):
    """How well a rule is known; never shown as more than it is."""

    DOCUMENTED = "documented"
    """Microsoft says so: an article, a Message Center post, a team blog, or staff in a signed reply."""
    OBSERVED = "observed"
    """Administrators, vendors, or real headers and logs show it."""
    ASSUMED = "assumed"
    """Inferred by this lab, or undocumented; a scenario must be able to choose otherwise."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One fact about mail flow, said once; everything else cites its id."""

    id: str
    text: str
    """One sentence; "P1" is the MAIL FROM address and "P2" the From header, as administrators say."""
    confidence: Confidence
    source: str
    """Comma-separated; the first word of each part is a tag of `sources`, the rest says where in there."""
    title: str
    since: date | None = None
    """The day it came into force or, where nothing else is known, was published."""
    switch: str | None = None
    """The switch that chooses another behaviour; `switches_of` knows further ones."""
    not_emulated: str | None = None
    """Why the lab leaves it out; begins with "partly:" where it does some of it."""

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the sources it rests on."""
        return tuple(part.split()[0] for part in self.source.split(","))


@dataclass(frozen=True, slots=True)
class RuleSource:
    """A document, reply, capture or report that rules are taken from."""

    tag: str
    title: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A choice between behaviours where the truth is unknown, is a setting, or has changed over time."""

    name: str
    values: tuple[str, ...]
    """All values of a choice; examples of the form for the other kinds."""
    default: str
    rules: tuple[str, ...]
    text: str
    kind: Literal["choice", "seconds", "loop_limit"] = "choice"
    scope: Literal["service", "tenant", "domain", "gateway", "connector"] = "service"
    """What it may be set for; everything but `service` is one customer's own setting or program."""
    not_emulated: str | None = None
    """Why it cannot be set yet."""

    def accepts(self, value: str) -> bool:
        """Whether `value` is one this switch understands."""
        match self.kind:
            case "choice":
                return value in self.values
            case "seconds":
                return _is_number(value)
            case "loop_limit":
                counted, _, limit = value.partition(":")
                return counted in ("eop_entries", "received") and _is_number(limit) and int(limit) > 0


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
