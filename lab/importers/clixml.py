"""Files of `Export-Clixml` (MS-PSRP 2.2.5): objects with types, properties, lists and references.

A reference repeats an object, and a repeated list that repeats a list grows without end in a small file; so what values
unfold to is counted, and bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field

from lab.errors import words_of
from lab.importers.exported_objects import DEEPEST, UnrecognisedObject, exports, refused
from lab.importers.text_decoding import TextSource, whole
from lab.importers.types import ExportedValue, ExportLocation, Exports, Notice
from lab.importers.xml_elements import XmlChildren, XmlElement, XmlRefused
from lab.model.value import dataclass
from lab.sentence import sentence

LARGEST = 5_000_000
"""Values of one file with all references unfolded."""

_LISTS = ("LST", "STK", "QUE", "IE")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SECRETS = ("SS",)


@dataclass(frozen=True, slots=True)
class _Sized:
    """A value with what it unfolds to."""

    value: ExportedValue
    weight: int = 1
    depth: int = 1


@dataclass(slots=True)
class _Document:
    """What later objects may refer to."""

    values: dict[str, _Sized] = field(default_factory=dict)
    types: dict[str, tuple[str, ...]] = field(default_factory=dict)
    weight: int = 0
    secrets: list[int] = field(default_factory=list)


def read(source: TextSource) -> Exports:
    """All objects of a file; none of one that is broken somewhere."""
    document = _Document()
    try:
        objects = [item for node in XmlChildren(source.text, "Objs") for item in _objects(document, node)]
    except XmlRefused as broken:
        return refused(source, broken.line, words_of(broken))
    text = sentence("a password or key (SecureString) was left out; export without it")
    secrets = [Notice(ExportLocation(source.file, line), text) for line in document.secrets[:1]]
    return exports(source.file, objects, secrets)


def _objects(document: _Document, node: XmlElement) -> Iterator[UnrecognisedObject]:
    """An object of the outermost level; of a list, its items."""
    inside = _child(node, *_LISTS)
    if node.tag == "Obj" and inside is not None and _child(node, "Props") is None:
        for item in inside.children:
            yield from _objects(document, item)
    elif node.tag == "Obj":
        yield _object(document, node)


def _object(document: _Document, node: XmlElement) -> UnrecognisedObject:
    types = _types(document, node)
    values: dict[str, ExportedValue] = {}
    where: dict[str, int] = {}
    weight, depth = 1, 1
    for child in _properties(node):
        sized = _sized(document, child)
        name = _text(child.attributes.get("N", ""))
        values[name], where[name] = sized.value, child.line
        weight, depth = weight + sized.weight, max(depth, sized.depth + 1)
        document.weight = _bounded(document.weight + sized.weight, child.line)
    _remember(document, node, _Sized(values, weight, depth))
    return UnrecognisedObject(line=node.line, values=values, where=where, types=types)


def _sized(document: _Document, node: XmlElement) -> _Sized:
    if node.tag == "Obj":
        made = _complex(document, node)
        if made.depth > DEEPEST:
            raise XmlRefused(node.line, sentence("nested more than {most} levels deep", most=DEEPEST))
        _remember(document, node, made)
        return made
    if node.tag == "Ref":  # to an object around this one, it is nothing that a property could be
        return document.values.get(node.attributes.get("RefId", ""), _Sized(None))
    if node.tag in _SECRETS:
        document.secrets.append(node.line)
    return _Sized(_simple(node))


def _complex(document: _Document, node: XmlElement) -> _Sized:
    """A list, a table, a text that stands for the object, its properties: whatever it has, in this order."""
    types = _types(document, node)
    inside, table, shown = _child(node, *_LISTS), _child(node, "DCT"), _child(node, "ToString")
    if inside is not None:
        return _summed(tuple, [_sized(document, child) for child in inside.children], node.line)
    if table is not None:
        entries = [(key, item) for key, item in map(_entry, table.children) if key and item]
        return _table({key: _sized(document, item) for key, item in entries}, node.line)
    # Also where the object is only shown by its text: others may refer to what is inside.
    properties = {
        _text(child.attributes.get("N", "")): _sized(document, child) for child in _properties(node)
    }
    if shown is not None and not (properties and _text(shown.text) in types):
        return _Sized(_text(shown.text))
    if properties:
        return _table(properties, node.line)
    plain = next(
        (child for child in node.children if child.tag not in ("TN", "TNRef", "ToString", "MS")), None
    )
    return _Sized(None) if plain is None else _sized(document, plain)


def _table(entries: Mapping[str, _Sized], line: int) -> _Sized:
    return _summed(lambda items: dict(zip(entries, items, strict=True)), list(entries.values()), line)


def _summed(
    build: Callable[[Iterator[ExportedValue]], ExportedValue], items: list[_Sized], line: int
) -> _Sized:
    weight = _bounded(1 + sum(item.weight for item in items), line)
    return _Sized(
        build(item.value for item in items), weight, 1 + max((item.depth for item in items), default=0)
    )


def _bounded(weight: int, line: int) -> int:
    if weight > LARGEST:
        raise XmlRefused(line, sentence("unfolds to more than {most} values", most=LARGEST))
    return weight


def _entry(node: XmlElement) -> tuple[str, XmlElement | None]:
    """Key and value of one `<En>`."""
    key = next((child for child in node.children if child.attributes.get("N") == "Key"), None)
    item = next((child for child in node.children if child.attributes.get("N") == "Value"), None)
    return (str(_simple(key)) if key is not None else "", item)


def _types(document: _Document, node: XmlElement) -> tuple[str, ...]:
    types = _child(node, "TN", "TNRef")
    if types is None:
        return ()
    number = types.attributes.get("RefId", "")
    if types.tag == "TNRef":
        return document.types.get(number, ())
    return document.types.setdefault(
        number, tuple(_text(type_.text) for type_ in types.children if type_.tag == "T")
    )


def _properties(node: XmlElement) -> list[XmlElement]:
    """Those of the object, and those that PowerShell has added; the first of a name stands."""
    both = [child for part in node.children if part.tag in ("Props", "MS") for child in part.children]
    named: dict[str, XmlElement] = {}
    for child in both:
        named.setdefault(child.attributes.get("N", ""), child)
    return list(named.values())


def _child(node: XmlElement, *tags: str) -> XmlElement | None:
    return next((child for child in node.children if child.tag in tags), None)


def _remember(document: _Document, node: XmlElement, made: _Sized) -> None:
    number = node.attributes.get("RefId")
    if number is not None:
        document.values[number] = made


def _simple(node: XmlElement) -> ExportedValue:
    """A primitive; numbers and truths that are none stay text."""
    make = _PRIMITIVES.get(node.tag)
    if make is not None:
        return make(node.text)
    return None if node.tag in ("Nil", *_SECRETS) else _text(node.text)


def _truth(text: str) -> ExportedValue:
    return {"true": True, "false": False}.get(text.strip().lower(), text)


def _number(text: str) -> ExportedValue:
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,30}", text.strip(), re.ASCII) else text


def _fraction(text: str) -> ExportedValue:
    plain = re.fullmatch(r"[+-]?[0-9]{1,30}(\.[0-9]{1,40})?(E[+-]?[0-9]{1,2})?", text.strip(), re.ASCII)
    return float(text) if plain else text


def _character(text: str) -> ExportedValue:
    number = _number(text)
    return whole(chr(number)) if isinstance(number, int) and 0 < number < 0x10000 else text


_PRIMITIVES: Mapping[str, Callable[[str], ExportedValue]] = {
    "B": _truth,
    "C": _character,
    **dict.fromkeys(("I16", "I32", "I64", "SB", "By", "U16", "U32", "U64"), _number),
    **dict.fromkeys(("Sg", "Db", "D"), _fraction),
}


def _text(written: str) -> str:
    """`_x000D_` is a carriage return; halves of a pair are escaped one by one."""
    return whole(_ESCAPE.sub(lambda found: chr(int(found[1], 16)), written))
