"""Enhanced Filtering: which hop counts as the sender (R67)."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from lab.core.received import received_by_exchange, received_by_gateway, received_by_internet_host
from lab.core.skip_listing import Sender, senders, skip_listed
from lab.model.message import Header, Message
from lab.model.names import Address
from lab.model.tenant import InboundConnector
from tests.core.mail import NOW, a_message
from tests.core.worlds import a_tenant, on_premises

FILTER = Sender("198.51.100.70", "mx.filter.example")
USER = Address.parse("user@a.example")
OUT = Header.of(
    "Received", "from out.b.example (out.b.example [203.0.113.200]) by mx.filter.example with ESMTP id 1; x"
)
INNER = Header.of(
    "Received", "from inner.filter.example (198.18.0.9) by relay.filter.example with ESMTP id 2; x"
)


def found(connector: InboundConnector, *received: Header, client: Sender = FILTER, to: Address = USER):
    message = a_message().on_top(received)
    return skip_listed(message, client, a_tenant("a", connector), [to], connector)


def address_of(connector: InboundConnector, *received: Header, **more) -> str | None:
    judged = found(connector, *received, **more)
    return judged.sender.address if judged else None


LAST = on_premises(ef_skip_last_ip=True)
LISTED = on_premises(ef_skip_ips=(IPv4Network("198.51.100.64/28"), IPv4Network("203.0.113.200/32")))


def test_nothing_is_skipped_unless_asked():
    assert found(on_premises(), OUT) is None


def test_last_address_is_the_client_s():
    assert address_of(LAST, OUT) == "203.0.113.200"


def test_inner_networks_are_always_skipped():
    judged = found(LAST, INNER, OUT)
    assert judged is not None
    assert (judged.sender, judged.skipped) == (
        Sender("203.0.113.200", "out.b.example"),
        ("198.51.100.70", "198.18.0.9"),
    )


def test_listed_addresses_are_skipped_wherever_they_are():
    before = Header.of("Received", "from far.example (far.example [203.0.113.9]) by out.b.example; x")
    assert address_of(LISTED, OUT, before) == "203.0.113.9"


def test_client_that_is_not_listed_counts_itself():
    assert found(LISTED, OUT, client=Sender("198.51.100.1", "x")) is None


def test_nobody_is_left():
    assert found(LISTED, OUT) is None


def test_users_limit_it():
    connector = on_premises(ef_skip_last_ip=True, ef_users=(USER,))
    assert address_of(connector, OUT) == "203.0.113.200"
    assert address_of(connector, OUT, to=Address.parse("other@a.example")) is None


def test_partner_connector_that_restricts_nothing_is_found_by_its_addresses():
    connector = InboundConnector(
        name="Filter", ef_skip_last_ip=True, sender_ip_addresses=(IPv4Network("198.51.100.70/32"),)
    )
    tenant, message = a_tenant("a", connector), a_message().on_top([OUT])
    assert skip_listed(message, FILTER, tenant, [USER], None) is not None
    assert skip_listed(message, Sender("198.51.100.71", "x"), tenant, [USER], None) is None


def test_headers_name_the_sender():
    judged = found(LAST, OUT)
    assert judged is not None
    assert [(h.name, h.value) for h in judged.headers()] == [
        ("X-MS-Exchange-SkipListedInternetSender", "ip=[203.0.113.200];domain=out.b.example"),
        ("X-MS-Exchange-ExternalOriginalInternetSender", "ip=[203.0.113.200];domain=out.b.example"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        received_by_gateway(
            helo="x.example", client="203.0.113.7", client_host="", host="g.example", queue_id="1", now=NOW
        ),
        received_by_exchange(
            helo="x.example",
            client="203.0.113.7",
            host="e.example",
            address="198.51.100.10",
            tls=None,
            now=NOW,
        ),
        received_by_internet_host(
            helo="x.example",
            client="203.0.113.7",
            client_host="p",
            host="i.example",
            queue_id="1",
            tls=None,
            now=NOW,
        ),
    ],
    ids=["gateway", "exchange", "internet"],
)
def test_received_lines_of_every_kind_of_server_are_read(line):
    assert list(senders(Message((line,)))) == [Sender("203.0.113.7", "x.example")]


@pytest.mark.parametrize(
    "value", ["", "from x by y", "by y with x", "from x (999.1.1.1) by y; z", "from [::1] (2603::1) by y"]
)
def test_odd_lines_tell_nothing(value):
    assert list(senders(Message((Header.of("Received", value),)))) == []
