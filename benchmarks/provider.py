"""A made-up provider: tenants as lines of `tenants.jsonl`, with overlaps such as providers have.

Each tenant has an OnPremises connector, an Exchange server with a certificate of five names and a gateway with four, so
ten names with the connector's value. Of a hundred tenants, 62 share nothing; 30 send by a gateway of a reseller, which has
2 to 400 customers and one certificate for all of them, and know it by that name; 4 know the gateway by the range of the
reseller's addresses (a /28) instead; 2 have a wildcard as connector value and show it at the gateway, too (the article's
fault), and 2 show a neighbour's wildcard.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random  # noqa: TID251 - a seed of its own, as a driver has
from typing import Any

Json = dict[str, Any]
OWN, CUSTOMER, RANGE, WILDCARD, NEIGHBOUR = "own", "customer", "range", "wildcard", "neighbour"
SHARES = {OWN: 62, CUSTOMER: 30, RANGE: 4, WILDCARD: 2, NEIGHBOUR: 2}
NAMES = 10
_LARGEST = 400


def lines(count: int) -> Iterator[bytes]:
    """So many tenants; the same ones each time."""
    dice = Random(5)  # noqa: S311 - no secrets
    kinds = dice.choices(list(SHARES), weights=list(SHARES.values()), k=count)
    resellers = _resellers(dice)
    for number, kind in enumerate(kinds):
        reseller = next(resellers) if kind in (CUSTOMER, RANGE) else 0
        yield json.dumps(_tenant(number, kind, reseller)).encode()


def _resellers(dice: Random) -> Iterator[int]:
    """The reseller of one customer after the other: many small ones, few large ones."""
    number = 0
    while True:
        number += 1
        for _ in range(min(_LARGEST, int(2 * dice.paretovariate(0.8)))):
            yield number


def _tenant(number: int, kind: str, reseller: int) -> Json:
    domain = f"t{number}.example"
    value, shown, inside = (
        f"hybrid.{domain}",
        [f"{each}.{domain}" for each in ("mx", "mx1", "mx2", "smtp")],
        [],
    )
    source = _address(1 << 20 | number)
    if kind in (CUSTOMER, RANGE):
        shown = [f"{each}.r{reseller}.example" for each in ("mx", "mx1", "mx2", "smtp")]
        source = _address(1 << 22 | 16 * reseller + 3)
    if kind == RANGE:
        inside = [f"{_address(1 << 22 | 16 * reseller)}/28"]
    if kind == WILDCARD:
        value, shown = f"*.{domain}", [f"*.{domain}", *shown[1:]]
    if kind == NEIGHBOUR:
        shown = [f"*.t{max(0, number - 1)}.example", *shown[1:]]
    return {
        "name": f"t{number}",
        "AcceptedDomains": list(
            dict.fromkeys((domain, value.removeprefix("*."), f"t{number}.onmicrosoft.com"))
        ),
        "InboundConnectors": [_connector("Hybrid", value, []), *_more(kind, reseller, inside)],
        "connections": [
            {
                "host": "ex",
                "addresses": [_address(number)],
                "names": [value, *(f"{each}.{domain}" for each in ("mail", "owa", "autodiscover", "ex"))],
                "sends": ["hybrid"],
            },
            {"host": "gateway", "addresses": [source], "names": shown, "sends": ["internet", "inbound"]},
        ],
    }


def _more(kind: str, reseller: int, inside: list[str]) -> list[Json]:
    if kind == CUSTOMER:
        return [_connector("Filter", f"mx.r{reseller}.example", [])]
    return [_connector("Filter", None, inside)] if kind == RANGE else []


def _connector(name: str, value: str | None, addresses: list[str]) -> Json:
    return {
        "Name": name,
        "ConnectorType": "OnPremises",
        "TlsSenderCertificateName": value,
        "SenderIPAddresses": addresses,
    }


def _address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
