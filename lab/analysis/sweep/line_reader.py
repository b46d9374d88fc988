"""From a line of `tenants.jsonl` to a customer, or to everything that is wrong with the line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from lab.analysis.sweep.json_values import (
    STRING,
    JsonParameter,
    LinePosition,
    address,
    parameters,
    read,
    text,
    truth,
    unknown_key,
    word,
    words,
)
from lab.analysis.sweep.types import Customer, MailUse, TenantConnection
from lab.errors import words_of
from lab.model.certificate import CertFault, CertificateIdentity
from lab.model.names import Domain
from lab.model.tenant import AcceptedDomain, InboundConnector, OutboundConnector, Tenant
from lab.model.value import dataclass
from lab.scenario.builders.object_drafts import Draft, check
from lab.scenario.language.exchange_objects import ACCEPTED_DOMAIN, INBOUND, OUTBOUND
from lab.scenario.syntax.problem_report import ProblemPath, ProblemReport, one_of
from lab.scenario.syntax.records import Fields, RecordSchema, is_missing
from lab.scenario.syntax.source_tree import SourceLocation
from lab.sentence import Sentence, listed, sentence

M = TypeVar("M")


def _region(given: object) -> str:
    name = text(given)
    if not (len(name) == 3 and name.isascii() and name.isalpha() and name.isupper()):
        raise ValueError(f"not {given!r}")
    return name


_SEVERAL_IPV4 = {"type": "string", "format": "ipv4"}
CONNECTION: dict[str, JsonParameter] = {
    each.name: each
    for each in (
        JsonParameter(
            "host",
            sentence("a name"),
            text,
            STRING,
            required=True,
            doc="Name of the machine, for the reader.",
        ),
        JsonParameter(
            "addresses",
            sentence("IPv4 addresses"),
            address,
            _SEVERAL_IPV4,
            many=True,
            required=True,
            doc="Where its connections come from, as Exchange Online sees it: behind NAT, the public address.",
        ),
        JsonParameter(
            "names",
            sentence("names of a certificate"),
            text,
            STRING,
            many=True,
            doc="CN and DNS names of the certificate that it shows as a client, the CN first; none: it shows none.",
        ),
        JsonParameter(
            "faults",
            one_of(words(CertFault)),
            word(CertFault),
            {"enum": list(words(CertFault))},
            many=True,
            doc="What is wrong with the certificate; nothing: a public CA's, in date.",
        ),
        JsonParameter(
            "tls",
            sentence("true or false"),
            truth,
            {"type": "boolean"},
            doc="Whether it encrypts; true if not said.",
        ),
        JsonParameter(
            "sends",
            one_of(words(MailUse)),
            word(MailUse),
            {"enum": list(words(MailUse))},
            many=True,
            required=True,
            doc="hybrid: own mail to own cloud recipients; relay: mail to the world by the own tenant; internet: mail "
            "to the world by MX; inbound: the world's mail to the tenant.",
        ),
    )
}
TENANT: dict[str, JsonParameter] = {
    each.name: each
    for each in (
        JsonParameter(
            "name", sentence("a name"), text, STRING, required=True, doc="The tenant, unique in the file."
        ),
        JsonParameter("id", sentence("text of one line"), text, STRING, doc="Its GUID."),
        JsonParameter(
            "region",
            sentence("three capital letters, such as EUR"),
            _region,
            {"type": "string", "pattern": "^[A-Z]{3}$"},
            doc="Where it lives; EUR if not said.",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Objects(Generic[M]):
    """Exchange's objects of a kind."""

    cls: Callable[..., M]
    record: RecordSchema
    parameters: dict[str, tuple[str, JsonParameter]]


ACCEPTED = Objects(AcceptedDomain, ACCEPTED_DOMAIN, parameters(AcceptedDomain))
INBOUND_CONNECTORS = Objects(InboundConnector, INBOUND, parameters(InboundConnector))
OUTBOUND_CONNECTORS = Objects(OutboundConnector, OUTBOUND, parameters(OutboundConnector))
OBJECTS: dict[str, Objects[Any]] = {
    "AcceptedDomains": ACCEPTED,
    "InboundConnectors": INBOUND_CONNECTORS,
    "OutboundConnectors": OUTBOUND_CONNECTORS,
}
_KEYS = (*TENANT, *OBJECTS, "connections")
_REGION = "EUR"


def read_line(line: bytes, place: SourceLocation, report: ProblemReport) -> Customer | None:
    """One customer; None, and problems in the report, where something is wrong."""
    own = ProblemReport()
    where = LinePosition(place, ProblemPath(own))
    made = _customer(_object(line, where), where)
    report.take(own)
    return None if own else made


def _object(line: bytes, where: LinePosition) -> dict[str, object] | None:
    try:
        found = json.loads(line)
    except UnicodeDecodeError:
        where.wrong(sentence("the line is not UTF-8"))
        return None
    except RecursionError:
        where.wrong(sentence("nested too deep for a tenant"))
        return None
    except ValueError as error:
        where.wrong(sentence("a JSON object on one line"), words_of(error))
        return None
    if not isinstance(found, dict):
        where.wrong(
            sentence("a JSON object, a tenant with its keys"),
            sentence("such as {keys}", keys=listed(_KEYS[:4])),
        )
        return None
    return found


def _customer(found: dict[str, object] | None, where: LinePosition) -> Customer | None:
    if found is None:
        return None
    for name in found:
        if name not in _KEYS:
            unknown_key(name, sentence("a tenant"), dict.fromkeys(_KEYS), where)
    own = _values(found, TENANT, where)
    accepted = _objects(ACCEPTED, "AcceptedDomains", found, where)
    if not accepted:
        where.key("AcceptedDomains").wrong(sentence("a tenant accepts at least one domain"))
    inbound = _objects(INBOUND_CONNECTORS, "InboundConnectors", found, where)
    outbound = _objects(OUTBOUND_CONNECTORS, "OutboundConnectors", found, where)
    connections = _connections(found.get("connections"), where.key("connections"))
    if where.at.report:
        return None
    tenant = Tenant(
        name=own["name"],
        id=own.get("id") or own["name"],
        initial_domain=_initial(accepted),
        region=own.get("region") or _REGION,
        age=where.place.line,  # the order of the file stands for that of creation (R18)
        accepted_domains=accepted,
        inbound_connectors=inbound,
        outbound_connectors=outbound,
        dbeb=False,  # a sweep asks for the tenant, not for the mailbox: who is known in it is not in the file
    )
    return Customer(tenant=tenant, connections=connections, file=where.place.file, line=where.place.line)


def _initial(accepted: tuple[AcceptedDomain, ...]) -> Domain:
    names = [each.domain_name for each in accepted]
    return next((name for name in names if name.endswith(".onmicrosoft.com")), names[0])


def _values(found: dict[str, object], keys: dict[str, JsonParameter], where: LinePosition) -> dict[str, Any]:
    """What is said of declared keys; a required one that is missing is a problem."""
    values: dict[str, Any] = {}
    for name, how in keys.items():
        value = read(found.get(name), how, where.key(name)) if name in found else None
        if value is not None and value != ():
            values[name] = value
        elif how.required and not where.key(name).at.troubled:
            where.key(name).wrong(is_missing(name), Sentence(how.doc) or how.wanted)
    return values


def _objects(kind: Objects[M], key: str, found: dict[str, object], where: LinePosition) -> tuple[M, ...]:
    given = found.get(key)
    if given is None:
        return ()
    items = given if isinstance(given, list) else [given]
    made = (_exchange_object(kind, item, where.key(key).index(i)) for i, item in enumerate(items))
    return tuple(each for each in made if each is not None)


def _exchange_object(kind: Objects[M], item: object, where: LinePosition) -> M | None:
    """One of Exchange's objects; what `Get-...` shows of it and nobody sets is passed over."""
    record = kind.record
    if isinstance(item, str) and record.short is not None:
        item = {record.short: item}
    if not isinstance(item, dict):
        where.wrong(sentence("an object with the keys of {record}", record=record.name))
        return None
    arguments: dict[str, Any] = {}
    for name, given in item.items():
        declared = kind.parameters.get(name.lower())
        if declared is not None:
            value = read(given, declared[1], where.key(name))
            if value is not None:
                arguments[declared[0]] = value
        elif name.lower() not in record.not_emulated and "@odata" not in name:
            unknown_key(name, record.name, {key.name: key for key in record.keys}, where)
    for field, how in kind.parameters.values():
        if how.required and field not in arguments and not where.key(how.name).at.troubled:
            where.key(how.name).wrong(is_missing(how.name))
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
    return tuple(each for i, item in enumerate(given) for each in _connection(item, where.index(i)))


def _connection(item: object, where: LinePosition) -> tuple[TenantConnection, ...]:
    if not isinstance(item, dict):
        where.wrong(sentence("an object with the keys of a connection"))
        return ()
    for name in item:
        if name not in CONNECTION:
            unknown_key(name, sentence("a connection"), CONNECTION, where)
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
    shown = (
        CertificateIdentity(names[0], names, frozenset(faults), subject=f"CN={names[0]}") if names else None
    )
    return tuple(
        TenantConnection(host=values["host"], address=each, tls=tls, certificate=shown, sends=values["sends"])
        for each in values["addresses"]
    )
