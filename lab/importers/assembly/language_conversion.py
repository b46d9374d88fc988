"""An exported object in the words of the scenario language: each property is read as the loader would read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lab.importers.assembly.exported_object import ExportedProperties
from lab.importers.assembly.types import ImportNotes
from lab.importers.exchange_values import networks
from lab.scenario.language.exchange_objects import OWN
from lab.scenario.syntax.problem_report import ProblemPath, ProblemReport
from lab.scenario.syntax.records import RecordKey, RecordSchema, is_missing
from lab.scenario.syntax.scalar_values import CAPABILITY, DOMAIN, NETWORK, PATTERN, SMART_HOST, SPACE, TRUTH
from lab.scenario.syntax.source_tree import ScalarNode, SourceLocation
from lab.scenario.syntax.value_kinds import Many, Single, ValueKind
from lab.scenario.syntax.yaml_dump import PlainData, plain
from lab.sentence import Sentence, sentence

Numbers = Mapping[str, Sequence[str]]
"""Words of enumerations by property, where exports write their numbers."""
_WITHOUT_BLANKS = (CAPABILITY, DOMAIN, PATTERN, SMART_HOST, SPACE)
_CLOUD_MAIL = ":acceptcloudservicesmail"


class ConvertedTable(dict[str, Any]):
    """A table of the scenario that remembers which exported object it came from."""

    def __init__(self, table: Mapping[str, Any], given: ExportedProperties) -> None:
        super().__init__(table)
        self.given = given


def written(
    given: ExportedProperties, record: RecordSchema, notes: ImportNotes, numbers: Numbers | None = None
) -> ConvertedTable | None:
    """The object with what differs from the defaults; None, and a notice, where a needed property cannot be read."""
    table: PlainData = {}
    for key in record.keys:
        if key.name in OWN:
            continue
        value = _value(given, key, notes, (numbers or {}).get(key.name, ()))
        if value is None and key.required:
            text = given.text(key.name)
            unread = sentence("{key} is {text!r}", key=key.name, text=text) if text else is_missing(key.name)
            notes.without(given, unread)
            return None
        if value is not None and value != key.default:
            table[key.name] = _spelled(key, value)
    return ConvertedTable(table, given)


def _value(
    given: ExportedProperties, key: RecordKey[Any], notes: ImportNotes, numbered: Sequence[str]
) -> Any:
    kind: ValueKind[Any] = key.kind
    if isinstance(kind, Many):
        return _list(given, key, kind, notes)
    if key.required and given.value(key.name) is None and given.name:
        return _read(kind, given.name, given, key, notes) if isinstance(kind, Single) else None
    if not isinstance(kind, Single) or given.value(key.name) is None:
        return None
    if kind is TRUTH:
        truth = given.truth(key.name)
        if truth is None:
            _without(given, key, given.text(key.name), sentence("it is neither true nor false"), notes)
        return truth
    return _read(kind, given.word(key.name, numbered), given, key, notes)


def _without(
    given: ExportedProperties, key: RecordKey[Any], text: str, why: Sentence, notes: ImportNotes
) -> None:
    """Tell of a value that is left out."""
    part = sentence("{label}: {key} {text!r}", label=given.label, key=key.name, text=text)
    notes.leave(given.place, sentence("{label} is left out: {why}", label=part, why=why))


def _list(
    given: ExportedProperties, key: RecordKey[Any], kind: Many[Any], notes: ImportNotes
) -> tuple[Any, ...] | None:
    """The items that can be read; what cannot is told."""
    assert isinstance(kind.of, Single), "Exchange's lists are of single values"
    texts = _texts(given, key, kind.of, notes)
    if kind.of is CAPABILITY:
        texts = tuple(text for text in texts if _CLOUD_MAIL in text.lower() or ":" not in text)
    values = (_read(kind.of, text, given, key, notes) for text in texts)
    return tuple(item for item in values if item is not None) if texts else None


def _texts(
    given: ExportedProperties, key: RecordKey[Any], of: Single[Any], notes: ImportNotes
) -> tuple[str, ...]:
    if of is not NETWORK:
        return given.many(key.name, blanks=of in _WITHOUT_BLANKS)
    ranges = networks(given.value(key.name))
    for address in (*ranges.v6, *ranges.unread):
        _without(given, key, address, sentence("the lab has IPv4 only (R58)"), notes)
    return ranges.v4


def _read(
    kind: Single[Any], text: str, given: ExportedProperties, key: RecordKey[Any], notes: ImportNotes
) -> Any:
    report = ProblemReport(real=True)
    value = kind.read(ScalarNode(SourceLocation(given.place.file), text), ProblemPath(report))
    for problem in report.found.values():
        wanted, hint = sentence("wanted is {wanted}", wanted=problem.wanted), problem.hint
        why = sentence("{wanted}, {hint}", wanted=wanted, hint=hint) if hint else wanted
        _without(given, key, text, why, notes)
    return value


def _spelled(key: RecordKey[Any], value: Any) -> Any:
    """As the language writes it; capabilities with what they allow."""
    if isinstance(key.kind, Many) and key.kind.of is CAPABILITY:
        return [f"{name}:AcceptCloudServicesMail" for name in value]
    return plain(value)


def distinct(converted: Iterable[ConvertedTable | None], notes: ImportNotes) -> list[ConvertedTable]:
    """One of each name: the lab knows objects by it. Servers may have receive connectors of equal names."""
    by_name: dict[str, ConvertedTable] = {}
    for table in converted:
        if table is not None and by_name.setdefault(str(table["Name"]).lower(), table) is not table:
            notes.without(table.given, sentence("an earlier object has the same name"))
    return list(by_name.values())
