"""From a line of `tenants.jsonl` to a customer, or to everything that is wrong with the line."""

from __future__ import annotations

import json
from typing import Any

from lab.analysis.sweep.json_values import JsonParameter, LinePosition, read
from lab.analysis.sweep.line_schema import CONNECTION, DEFAULT_REGION, OBJECTS, TENANT, ExchangeObjects
from lab.analysis.sweep.types import Customer, TenantConnection
from lab.errors import words_of
from lab.model.certificate import CertificateIdentity
from lab.model.tenant import InboundConnector, Tenant
from lab.scenario.builders.object_drafts import Draft, check
from lab.scenario.language.exchange_objects import INBOUND
from lab.scenario.syntax.problem_report import ProblemPath, ProblemReport
from lab.scenario.syntax.records import Fields, is_missing
from lab.scenario.syntax.source_tree import SourceLocation
from lab.sentence import Sentence, listed, sentence

_KEYS = (*TENANT, *OBJECTS, "connections")


def read_line(line: bytes, place: SourceLocation, report: ProblemReport) -> Customer | None:
    """One customer; None, and problems in the report, where something is wrong."""
    own = ProblemReport()
    where = LinePosition(place, ProblemPath(own))
    given = _parsed(line, where)
    customer = _customer(given, where) if isinstance(given, dict) else None
    report.take(own)
    return customer


def _parsed(line: bytes, where: LinePosition) -> object:
    """The JSON; None, and a problem, where it is no object."""
    try:
        given = json.loads(line)
    except UnicodeDecodeError:
        where.wrong(sentence("the line is not UTF-8"))
        return None
    except RecursionError:
        where.wrong(sentence("nested too deep for a tenant"))
        return None
    except ValueError as error:
        where.wrong(sentence("a JSON object on one line"), words_of(error))
        return None
    if not isinstance(given, dict):
        such_as = sentence("such as {keys}", keys=listed(_KEYS[:4]))
        where.wrong(sentence("a JSON object, a tenant with its keys"), such_as)
    return given


def _customer(given: dict[str, object], where: LinePosition) -> Customer | None:
    for name in given:
        if name not in _KEYS:
            where.unknown_key(name, sentence("a tenant"), dict.fromkeys(_KEYS))
    values = _values(given, TENANT, where)
    accepted, inbound, outbound = (_objects(key, given, where) for key in OBJECTS)
    connections = _connections(given.get("connections"), where.key("connections"))
    if where.at.report:
        return None
    names = [domain.domain_name for domain in accepted]
    tenant = Tenant(
        name=values["name"],
        id=values.get("id") or values["name"],
        initial_domain=next((name for name in names if name.endswith(".onmicrosoft.com")), names[0]),
        region=values.get("region") or DEFAULT_REGION,
        age=where.place.line,  # the order of the file stands for that of creation (R18)
        accepted_domains=accepted,
        inbound_connectors=inbound,
        outbound_connectors=outbound,
        dbeb=False,  # a sweep asks for the tenant, not for the mailbox: who is known in it is not in the file
    )
    return Customer(tenant=tenant, connections=connections, file=where.place.file, line=where.place.line)


def _values(given: dict[str, object], keys: dict[str, JsonParameter], where: LinePosition) -> dict[str, Any]:
    """What is said of declared keys; a required one that is missing is a problem."""
    values: dict[str, Any] = {}
    for name, parameter in keys.items():
        value = read(given.get(name), parameter, where.key(name)) if name in given else None
        if value is not None and value != ():
            values[name] = value
        elif parameter.required and not where.key(name).at.troubled:
            where.key(name).wrong(is_missing(name), Sentence(parameter.doc) or parameter.kind.wanted)
    return values


def _objects(key: str, given: dict[str, object], where: LinePosition) -> tuple[Any, ...]:
    value = given.get(key)
    items = value if isinstance(value, list) else [] if value is None else [value]
    made = (_object(OBJECTS[key], item, where.key(key).index(number)) for number, item in enumerate(items))
    objects = tuple(value for value in made if value is not None)
    if not objects and key == "AcceptedDomains":
        where.key(key).wrong(sentence("a tenant accepts at least one domain"))
    return objects


def _object(kind: ExchangeObjects, item: object, where: LinePosition) -> Any:
    """One of Exchange's objects; what `Get-...` shows of it and nobody sets is passed over."""
    record = kind.record
    if isinstance(item, str) and record.short is not None:
        item = {record.short: item}
    if not isinstance(item, dict):
        where.wrong(sentence("an object with the keys of {record}", record=record.name))
        return None
    arguments: dict[str, Any] = {}
    for name, given in item.items():
        field, parameter = kind.parameters.get(name.lower(), ("", None))
        if parameter is not None:
            value = read(given, parameter, where.key(name))
            if value is not None:
                arguments[field] = value
        elif name.lower() not in record.not_emulated and "@odata" not in name:
            where.unknown_key(name, record.name, {key.name: key for key in record.keys})
    for field, parameter in kind.parameters.values():
        if parameter.required and field not in arguments and not where.key(parameter.name).at.troubled:
            where.key(parameter.name).wrong(is_missing(parameter.name))
    if not where.at.troubled and record is INBOUND:  # an outbound connector only tells of gateways here
        draft = Draft(InboundConnector, arguments, Fields(where.place, where.at, {}, {}))
        check(draft)  # what the cmdlet would refuse (R63)
    return None if where.at.troubled else kind.cls(**arguments)


def _connections(given: object, where: LinePosition) -> tuple[TenantConnection, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        where.wrong(sentence("a list of connections"))
        return ()
    return tuple(
        connection
        for number, item in enumerate(given)
        for connection in _connection(item, where.index(number))
    )


def _connection(item: object, where: LinePosition) -> tuple[TenantConnection, ...]:
    """One for each address."""
    if not isinstance(item, dict):
        where.wrong(sentence("an object with the keys of a connection"))
        return ()
    for name in item:
        if name not in CONNECTION:
            where.unknown_key(name, sentence("a connection"), CONNECTION)
    values = _values(item, CONNECTION, where)
    names, faults, tls = values.get("names", ()), values.get("faults", ()), values.get("tls", True)
    if names and not tls:
        where.key("names").wrong(
            sentence("no certificate without TLS"), sentence("leave out names, or tls: false")
        )
    if faults and not names:
        where.key("faults").wrong(sentence("no certificate is shown"), sentence("give its names"))
    if where.at.troubled:
        return ()
    certificate = None
    if names:
        certificate = CertificateIdentity(names[0], names, frozenset(faults), subject=f"CN={names[0]}")
    return tuple(
        TenantConnection(
            host=values["host"], address=address, tls=tls, certificate=certificate, sends=values["sends"]
        )
        for address in values["addresses"]
    )
