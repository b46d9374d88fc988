"""What a line of `tenants.jsonl` may have: declarations to read it by, and the JSON Schema made from them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lab.analysis.sweep.json_values import (
    NAME,
    TRUTH,
    JsonKind,
    JsonParameter,
    address,
    one_word,
    parameters,
    text,
)
from lab.analysis.sweep.types import MailUse
from lab.model.certificate import CertFault
from lab.model.tenant import AcceptedDomain, InboundConnector, OutboundConnector
from lab.model.value import dataclass
from lab.scenario.language.exchange_objects import ACCEPTED_DOMAIN, INBOUND, OUTBOUND
from lab.scenario.syntax.records import RecordSchema
from lab.sentence import sentence

Json = dict[str, object]
DEFAULT_REGION = "EUR"


def _region(given: object) -> str:
    name = text(given)
    if not (len(name) == 3 and name.isascii() and name.isalpha() and name.isupper()):
        raise ValueError(f"not {given!r}")
    return name


def _by_name(*declared: JsonParameter) -> dict[str, JsonParameter]:
    return {parameter.name: parameter for parameter in declared}


CONNECTION = _by_name(
    JsonParameter("host", NAME, required=True, doc="Name of the machine, for the reader."),
    JsonParameter(
        "addresses",
        JsonKind(sentence("IPv4 addresses"), address, {"type": "string", "format": "ipv4"}),
        many=True,
        required=True,
        doc="Where its connections come from, as Exchange Online sees it: behind NAT, the public address.",
    ),
    JsonParameter(
        "names",
        JsonKind(sentence("names of a certificate"), text),
        many=True,
        doc="CN and DNS names of the certificate that it shows as a client, the CN first; none: it shows none.",
    ),
    JsonParameter(
        "faults",
        one_word(CertFault),
        many=True,
        doc="What is wrong with the certificate; nothing: a public CA's, in date.",
    ),
    JsonParameter("tls", TRUTH, doc="Whether it encrypts; true if not said."),
    JsonParameter(
        "sends",
        one_word(MailUse),
        many=True,
        required=True,
        doc="hybrid: own mail to own cloud recipients; relay: mail to the world by the own tenant; internet: mail "
        "to the world by MX; inbound: the world's mail to the tenant.",
    ),
)
TENANT = _by_name(
    JsonParameter("name", NAME, required=True, doc="The tenant, unique in the file."),
    JsonParameter("id", JsonKind(sentence("text of one line"), text), doc="Its GUID."),
    JsonParameter(
        "region",
        JsonKind(
            sentence("three capital letters, such as EUR"),
            _region,
            {"type": "string", "pattern": "^[A-Z]{3}$"},
        ),
        doc="Where it lives; EUR if not said.",
    ),
)


@dataclass(frozen=True, slots=True)
class ExchangeObjects:
    """Exchange's objects of a kind."""

    cls: Callable[..., Any]
    record: RecordSchema
    parameters: dict[str, tuple[str, JsonParameter]]
    """By name in lower case, each with its field in `cls`."""


OBJECTS = {
    "AcceptedDomains": ExchangeObjects(AcceptedDomain, ACCEPTED_DOMAIN, parameters(AcceptedDomain)),
    "InboundConnectors": ExchangeObjects(InboundConnector, INBOUND, parameters(InboundConnector)),
    "OutboundConnectors": ExchangeObjects(OutboundConnector, OUTBOUND, parameters(OutboundConnector)),
}


def schema_text() -> str:
    """The file `schemas/tenants.schema.json`: draft 2020-12, for one line."""
    return json.dumps(schema(), indent=2) + "\n"


def schema() -> Json:
    """As JSON."""
    objects = {name: _one_or_many(_exchange_object(kind), kind.record.doc) for name, kind in OBJECTS.items()}
    connections = {
        "type": ["array", "null"],
        "items": _object(CONNECTION.values()),
        "description": "The machines that this tenant's mail comes from, as Exchange Online sees them; its own, or a "
        "provider's.",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Mailflow Lab: a tenant in tenants.jsonl",
        **_object(TENANT.values(), {**objects, "connections": connections}, ("AcceptedDomains",)),
    }


def _object(
    declared: Iterable[JsonParameter],
    more: Mapping[str, object] | None = None,
    required: tuple[str, ...] = (),
) -> Json:
    keys = tuple(declared)
    return {
        "type": "object",
        "properties": {**{key.name: _parameter(key, key.doc) for key in keys}, **(more or {})},
        "required": [*(key.name for key in keys if key.required), *required],
        "additionalProperties": False,
    }


def _exchange_object(kind: ExchangeObjects) -> Json:
    """Other keys are those that `Get-...` shows of the object; names are taken in any case, which JSON cannot say."""
    docs = {key.name: key.doc for key in kind.record.keys}
    keys = [parameter for _, parameter in kind.parameters.values()]
    schema: Json = {
        "type": "object",
        "properties": {key.name: _parameter(key, docs[key.name]) for key in keys},
        "required": [key.name for key in keys if key.required],
    }
    return {"anyOf": [{"type": "string"}, schema]} if kind.record.short else schema


def _parameter(parameter: JsonParameter, doc: str) -> Json:
    value = parameter.kind.json
    if parameter.many:
        return _one_or_many(value, doc)
    schema = value if parameter.required else {"anyOf": [value, {"type": "null"}]}
    return {**schema, "description": doc}


def _one_or_many(item: Mapping[str, object], doc: str) -> Json:
    return {"anyOf": [item, {"type": "array", "items": item}, {"type": "null"}], "description": doc}
