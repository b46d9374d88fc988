"""An import without a command line around it."""

from datetime import UTC, datetime
from pathlib import Path

from lab.importers.assembly.answering import Answers
from lab.importers.assembly.assemble import assembled
from lab.importers.assembly.nouns import Options
from lab.importers.nouns import Exported, Exports, Place
from lab.importers.reading import read

ROOT = Path(__file__).parents[2]
EXPORTS = ROOT / "examples" / "exports"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def imported(folder, **options):
    """What is in a folder, with its answers; no partners unless asked for."""
    found = read(folder)
    answers = Answers(found.answers, (folder / found.answers).read_text("utf-8")) if found.answers else None
    return assembled(found, _options(options), answers)


def made(*objects, answers="", records=(), certificates=(), gateways=(), **options):
    """What comes of single objects, given as (file, kind, properties)."""
    exports = Exports(
        objects=tuple(
            Exported(
                kind=kind, place=Place(file), values={name: _value(each) for name, each in values.items()}
            )
            for file, kind, values in objects
        ),
        records=tuple(records),
        certificates=tuple(certificates),
        gateways=tuple(gateways),
    )
    return assembled(exports, _options(options), Answers("answers.yaml", answers))


def _value(written):
    return tuple(written) if isinstance(written, list) else written


def _options(options):
    return Options(**{"source": "exports", "now": NOW, "partners": False, **options})
