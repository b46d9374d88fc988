"""The JSON Schema of a line of `tenants.jsonl`, from the same declarations that read it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from lab.analysis.sweep.json_values import JsonParameter
from lab.analysis.sweep.line_reader import CONNECTION, OBJECTS, TENANT, Objects

Json = dict[str, object]


def schema_text() -> str:
    """The file `schemas/tenants.schema.json`: draft 2020-12, for one line."""
    return json.dumps(schema(), indent=2) + "\n"


def schema() -> Json:
    """As JSON."""
    objects = {name: _list(_exchange_object(kind), kind.record.doc) for name, kind in OBJECTS.items()}
    connections = {
        "type": ["array", "null"],
        "items": _object(CONNECTION.values()),
        "description": _CONNECTIONS,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Mailflow Lab: a tenant in tenants.jsonl",
        **_object(TENANT.values(), {**objects, "connections": connections}, ("AcceptedDomains",)),
    }


_CONNECTIONS = (
    "The machines that this tenant's mail comes from, as Exchange Online sees them; its own, or a provider's."
)


def _object(
    known: Iterable[JsonParameter], more: Mapping[str, object] | None = None, required: tuple[str, ...] = ()
) -> Json:
    keys = tuple(known)
    return {
        "type": "object",
        "properties": {**{each.name: _parameter(each) for each in keys}, **(more or {})},
        "required": [*(each.name for each in keys if each.required), *required],
        "additionalProperties": False,
    }


def _exchange_object(kind: Objects[object]) -> Json:
    """Other keys are those that `Get-...` shows of the object; names are taken in any case, which JSON cannot say."""
    docs = {key.name: key.doc for key in kind.record.keys}
    keys = [how for _, how in kind.parameters.values()]
    properties = {how.name: {**_parameter(how), "description": docs[how.name]} for how in keys}
    made: Json = {
        "type": "object",
        "properties": properties,
        "required": [how.name for how in keys if how.required],
    }
    return {"anyOf": [{"type": "string"}, made]} if kind.record.short else made


def _parameter(how: JsonParameter) -> Json:
    told: Json = {"description": how.doc} if how.doc else {}
    if how.many:
        return {"anyOf": [how.json, {"type": "array", "items": how.json}, {"type": "null"}], **told}
    return {**(how.json if how.required else {"anyOf": [how.json, {"type": "null"}]}), **told}


def _list(item: Json, doc: str) -> Json:
    return {"anyOf": [item, {"type": "array", "items": item}, {"type": "null"}], "description": doc}
