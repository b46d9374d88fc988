"""A customer as a line of `tenants.jsonl`: what `line_reader` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum

from lab.analysis.sweep.types import Customer, TenantConnection
from lab.scenario.language.exchange_objects import parameters

_REGION = "EUR"


def as_line(customer: Customer) -> bytes:
    """One line, without its line break."""
    tenant = customer.tenant
    told = {
        "name": tenant.name,
        **({"id": tenant.id} if tenant.id != tenant.name else {}),
        **({"region": tenant.region} if tenant.region != _REGION else {}),
        "AcceptedDomains": [_object(each) for each in tenant.accepted_domains],
        "InboundConnectors": [_object(each) for each in tenant.inbound_connectors],
        "OutboundConnectors": [_object(each) for each in tenant.outbound_connectors],
        "connections": [_connection(each) for each in customer.connections],
    }
    return json.dumps({key: value for key, value in told.items() if value}, ensure_ascii=False).encode()


def _object(made: object) -> Mapping[str, object] | object:
    return {name: _plain(value) for name, value in parameters(made).items()}


def _plain(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case None | bool() | int():
            return value
        case tuple():
            return [_plain(each) for each in value]
        case _:
            return str(value)


def _connection(connection: TenantConnection) -> Mapping[str, object]:
    certificate = connection.certificate
    told = {
        "host": connection.host,
        "addresses": [connection.address],
        "names": list(certificate.names) if certificate else [],
        "faults": sorted(fault.value for fault in certificate.faults) if certificate else [],
        "sends": [sends.value for sends in connection.sends],
    }
    return {
        **{key: value for key, value in told.items() if value},
        **({} if connection.tls else {"tls": False}),
    }
