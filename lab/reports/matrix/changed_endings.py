"""When repeated messages came to another end: a line for each in the summary, and a table of time by message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from rich.console import RenderableType
from rich.text import Text

from lab.evidence.repeated_tests import Series, series
from lab.reports.scenario_runs import Run
from lab.reports.text.console import indented, safe_text
from lab.reports.text.html import Content, Html, el, join, table
from lab.reports.text.printable import one_line

Json = dict[str, object]


def repeated(run: Run) -> tuple[Series, ...]:
    """The repeated messages of a run."""
    return series(run.variant.messages, run.messages, run.traces)


def clock(at: timedelta) -> str:
    """`0:49` for 49 minutes after the start; with seconds where there are any."""
    minutes, seconds = divmod(int(at.total_seconds()), 60)
    text = f"{minutes // 60}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text


def told(run: Run) -> Iterator[RenderableType]:
    """For each message that came to different ends: what it was at first, and every change."""
    for repeat in repeated(run):
        if repeat.flips:
            first = repeat.tests[0]
            ends = [
                (first.at, first.gist.told),
                *((flip.after.at, flip.after.gist.told) for flip in repeat.flips),
            ]
            yield indented(safe_text(repeat.name, "bold"), 9)
            for at, end in ends:
                yield indented(Text.assemble((f"{clock(at):>5}", "cyan"), f" {one_line(end)}"), 11, hang=6)


def as_json(run: Run) -> list[Json]:
    """Every test with its end, and where the end changed."""
    return [
        {
            "message": repeat.name,
            "tests": [
                {
                    "key": test.key,
                    "at_seconds": test.at.total_seconds(),
                    "ends": list(test.gist.ends),
                    "status": test.gist.status,
                    "path": list(test.gist.path),
                    "ways": [list(path) for path in test.gist.ways or (test.gist.path,)],
                    "attributed": test.gist.attributed,
                }
                for test in repeat.tests
            ],
            "flips": [flip.after.key for flip in repeat.flips],
        }
        for repeat in repeated(run)
    ]


def section(run: Run) -> Html:
    """A table: a row for each time at which something was sent or changed; nothing where no message is repeated."""
    repeats = repeated(run)
    if not repeats:
        return join()
    times = {test.at for repeat in repeats for test in repeat.tests} | {m.at for m in run.variant.timeline}
    columns = ("time", "change", *(repeat.name for repeat in repeats))
    caption = "When each message was sent again, and what became of it"
    return table(columns, [_row(run, repeats, at) for at in sorted(times)], caption)


def _row(run: Run, repeats: Sequence[Series], at: timedelta) -> list[Content]:
    changes = [moment.title for moment in run.variant.timeline if moment.at == at]
    return [clock(at), "; ".join(changes), *(_cell(repeat, at) for repeat in repeats)]


def _cell(repeat: Series, at: timedelta) -> Content:
    test = next((test for test in repeat.tests if test.at == at), None)
    if test is None:
        return ""
    flipped = test.key in {flip.after.key for flip in repeat.flips}
    return el("strong", test.gist.told) if flipped else test.gist.told
