"""Files of `ConvertTo-Json`: one object, a list, or a table of lists by noun."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from json import JSONDecodeError

from lab.errors import words_of
from lab.importers import cmdlet_recognition, dsc, json_shapes
from lab.importers.exported_objects import UnrecognisedObject, exports, refused
from lab.importers.json_positions import Member, Thing, inner, things
from lab.importers.text_decoding import LineNumbers, TextSource, whole
from lab.importers.types import Exports
from lab.sentence import sentence


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
    table = {member.name: member.value for member in members if not json_shapes.is_note(member.name)}
    only = json_shapes.unwrapped({**table, "count": 0}) if isinstance(table.get("value"), list) else None
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
    kept = [member for member in members if not json_shapes.is_note(member.name)]
    types = [member.value for member in members if member.name in ("@odata.type", "@data.type")]
    return UnrecognisedObject(
        line=lines.at(thing.at),
        values={whole(member.name): json_shapes.value(member.value) for member in kept},
        where={whole(member.name): lines.at(member.at) for member in kept},
        types=tuple(str(name) for name in types),
        kind=kind,
    )
