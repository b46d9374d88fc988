"""An import without a command line around it."""

from datetime import UTC, datetime
from pathlib import Path

from lab.importers.assembly.answers_file import Answers
from lab.importers.assembly.assemble import assembled
from lab.importers.assembly.types import ImportOptions
from lab.importers.folder_reader import read
from lab.importers.types import ExportedObject, ExportLocation, Exports

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
            ExportedObject(
                kind=kind,
                place=ExportLocation(file),
                values={name: _value(each) for name, each in values.items()},
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
    return ImportOptions(**{"source": "exports", "now": NOW, "partners": False, **options})
