"""Files of `ConvertTo-Json`: one object, a list, or a table of lists by noun; the shapes of one and the same thing made one.

Windows PowerShell wraps lists (`{"value": [...], "Count": 2}`), dates (`/Date(1700000000000)/`, or with their own
`DateTime`) and what came over remoting; enumerations are numbers, names, or both (`{"value": 1, "Value": "OnPremises"}`);
Exchange Online's cmdlets add `Name@odata.type` beside a property.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from json import JSONDecodeError

from lab.errors import words_of
from lab.importers import cmdlet_recognition, dsc
from lab.importers.exported_objects import DEEPEST, UnrecognisedObject, exports, refused
from lab.importers.json_positions import Member, Thing, inner, things
from lab.importers.text_decoding import LineNumbers, TextSource, whole
from lab.importers.types import ExportedValue, Exports
from lab.sentence import sentence

_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_NOTE = re.compile(r"@(?:odata|data)\.[A-Za-z]+$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BESIDE = frozenset(
    """
    Count Length LongLength Rank SyncRoot IsReadOnly IsFixedSize IsSynchronized DateTime DisplayHint PSComputerName RunspaceId
    PSShowComputerName PSTypeNames PSPath PSParentPath PSChildName PSDrive PSProvider ReadCount
    """.lower().split()
)
"""What PowerShell hangs on a list, a date or a text; no property of its own."""


def read(source: TextSource) -> Exports:
    """All objects of a file. A file that is broken somewhere gives none: half an export misleads."""
    lines = LineNumbers(source.text)
    try:
        objects = [item for thing in things(source.text) for item in _objects(source.text, lines, thing, "")]
        return exports(source.file, objects)
    except JSONDecodeError as broken:
        return refused(source, broken.lineno, sentence("{problem}", problem=broken.msg.lower()))
    except RecursionError:
        return refused(source, 0, sentence("nested too deeply for an export"))
    except ValueError as broken:
        return refused(source, 0, words_of(broken))


def _objects(
    text: str, lines: LineNumbers, thing: Thing, kind: str, levels: int = 4
) -> Iterator[UnrecognisedObject]:
    """The object itself, or those that it only wraps."""
    if thing.members is None:
        if thing.value is not None and thing.value != []:
            raise JSONDecodeError("Expecting an object", text, thing.at)
        return
    wrapped = list(_wrapped(thing.members)) if levels else []
    if not wrapped:
        yield from _resource(_object(lines, thing, thing.members, kind))
    for member, named in wrapped:
        for below in inner(text, _value_at(text, member)):
            yield from _objects(text, lines, below, named or kind, levels - 1)


def _resource(one: UnrecognisedObject) -> Iterator[UnrecognisedObject]:
    """An object of Microsoft365DSC's JSON says what it is; hundreds of its resources are not about mail flow."""
    name = one.values.get("ResourceName")
    if not isinstance(name, str):
        yield one
        return
    kind, values = dsc.resource(name, one.values)
    if kind:
        yield replace(one, kind=kind, values=values)


def _wrapped(members: tuple[Member, ...]) -> Iterator[tuple[Member, str]]:
    """Lists that are the content proper: `value` of a list or of a REST answer; or one for each noun."""
    table = {member.name: member.value for member in members if not is_note(member.name)}
    only = unwrapped({**table, "count": 0}) if isinstance(table.get("value"), list) else None
    nouns = {
        name: cmdlet_recognition.of_file(name)
        for name, value in table.items()
        if isinstance(value, list | dict)
    }
    everything = bool(table) and all(nouns.get(name) for name in table)
    for member in members:
        if (only is not None and member.name == "value") or (everything and nouns.get(member.name)):
            yield member, nouns.get(member.name, "")


def _value_at(text: str, member: Member) -> int:
    """Where a member's value begins: behind its name and the colon. Its name may have escapes, so the text is asked."""
    at = member.at + 1
    while text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return text.index(":", at) + 1


def _object(lines: LineNumbers, thing: Thing, members: tuple[Member, ...], kind: str) -> UnrecognisedObject:
    kept = [member for member in members if not is_note(member.name)]
    types = [member.value for member in members if member.name in ("@odata.type", "@data.type")]
    return UnrecognisedObject(
        line=lines.at(thing.at),
        values={whole(member.name): property_value(member.value) for member in kept},
        where={whole(member.name): lines.at(member.at) for member in kept},
        types=tuple(str(name) for name in types),
        kind=kind,
    )


def property_value(read: object, levels: int = DEEPEST) -> ExportedValue:
    """A decoded JSON value as a property. Raises ValueError when it is nested more deeply than any export."""
    match read:
        case None | bool() | int():
            return read
        case float():
            return read if math.isfinite(read) else str(read)
        case str():
            return date(whole(read))
        case _ if levels == 0:
            raise ValueError(sentence("nested more than {most} levels deep", most=DEEPEST))
        case list():
            return tuple(property_value(item, levels - 1) for item in read)
        case dict():
            return _table(read, levels - 1)
        case _:
            raise ValueError(sentence("no JSON value: {type}", type=type(read).__name__))


def _table(read: Mapping[str, object], levels: int) -> ExportedValue:
    kept = {name: item for name, item in read.items() if not is_note(name)}
    wrapped = unwrapped(kept)
    if wrapped is not None:
        return property_value(wrapped[0], levels)
    return {whole(name): property_value(item, levels) for name, item in kept.items()}


def unwrapped(table: Mapping[str, object]) -> tuple[object] | None:
    """What a wrapper holds, in a tuple; None if the table is none. Of a number and a name the name is taken."""
    if "value" not in table:
        return None
    others = {name for name in table if name not in ("value", "Value") and name.lower() not in _BESIDE}
    if others or len(table) == 1:
        return None
    return (table.get("Value", table["value"]),)


def is_note(name: str) -> bool:
    """Whether it is about a property, not one: `@odata.type`, `SenderDomains@odata.type`, `Members@data.type`."""
    return "@" in name and (name.startswith("@") or _NOTE.search(name) is not None)


def date(text: str) -> str:
    """Milliseconds since 1970 as ISO 8601; any other text as it is."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return text
    try:
        return (_EPOCH + timedelta(milliseconds=int(match[1]))).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return text
