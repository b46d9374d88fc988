"""What the reports for terminals share: colours of confidence, and text that hangs."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from lab.core.rulebook import Confidence
from lab.model.value import dataclass
from lab.reports.text.printable import one_line
from lab.sentence import Sentence

CONFIDENCE_STYLE: Mapping[Confidence, str] = {
    Confidence.DOCUMENTED: "green",
    Confidence.OBSERVED: "yellow",
    Confidence.ASSUMED: "magenta",
}


@dataclass(frozen=True, slots=True)
class Hanging:
    """Text indented by `by`, whose second and later lines stand `hang` further in."""

    text: Text
    by: int
    hang: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = max(options.max_width - self.by, 20)
        first, *more = self.text.wrap(console, room)
        yield Text.assemble(" " * self.by, first)
        if more:
            rest = self.text[len(first.plain) :]
            rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
            for line in rest.wrap(console, max(room - self.hang, 20)):
                yield Text.assemble(" " * (self.by + self.hang), line)


def indented(what: RenderableType, by: int, hang: int = 0) -> RenderableType:
    """Indented by that many columns; wrapped lines of a text hang further in."""
    return Hanging(what, by, hang) if isinstance(what, Text) else Padding(what, (0, 0, 0, by))


def heading(text: Sentence) -> Text:
    """The line above a part."""
    return Text(one_line(text), style="bold")
