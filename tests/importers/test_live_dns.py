"""Looking up DNS, against the lab's own server on loopback."""

import asyncio

import dns.resolver
import pytest

from lab.importers import live_dns
from lab.model.dns import Mx, Zones, zones_of
from lab.wire.dns_server import DnsServer

HOME = "127.53.7.1"
ZONES = Zones(
    zones_of(
        [
            ("msxfaq.example", "MX", Mx(10, "Mail.msxfaq.example")),
            ("msxfaq.example", "MX", Mx(20, "msxfaq-example.mail.protection.outlook.com")),
            (
                "msxfaq.example",
                "TXT",
                "v=spf1 include:spf.filter.test ?include:gone.test redirect=loop.test -all",
            ),
            ("msxfaq.example", "TXT", "MS=ms12345 include:never.test"),
            ("spf.filter.test", "TXT", "v=spf1 ip4:198.51.100.25 -all"),
            ("loop.test", "TXT", "v=spf1 include:loop.test include:%{i}.macro.test"),
            ("_dmarc.msxfaq.example", "TXT", "v=DMARC1; p=reject"),
            ("mail.msxfaq.example", "A", "198.51.100.25"),
            ("ex01.msxfaq.example", "A", "198.51.100.10"),
            ("null.example", "MX", Mx(0, "")),
        ]
    ).rows,
    frozenset({"broken.example"}),
)


@pytest.fixture
async def server():
    server = DnsServer(ZONES)
    await server.start(HOME)
    yield server
    await server.close()


def resolver_of(server: DnsServer) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [server.address], server.port
    return resolver


async def look_up(server: DnsServer, *names: str, hosts: tuple[str, ...] = ()):
    return await asyncio.to_thread(live_dns.look_up, names, hosts, resolver_of(server))


pytestmark = pytest.mark.wire


async def test_what_mail_needs_is_looked_up(server):
    found = await look_up(server, "MSXFAQ.example.", hosts=("ex01.msxfaq.example",))
    assert [(one.name, one.type, one.value) for one in found.records] == [
        ("msxfaq.example", "MX", "10 mail.msxfaq.example"),
        ("msxfaq.example", "MX", "20 msxfaq-example.mail.protection.outlook.com"),
        ("mail.msxfaq.example", "A", "198.51.100.25"),
        (
            "msxfaq.example",
            "TXT",
            "v=spf1 include:spf.filter.test ?include:gone.test redirect=loop.test -all",
        ),
        ("msxfaq.example", "TXT", "MS=ms12345 include:never.test"),
        ("spf.filter.test", "TXT", "v=spf1 ip4:198.51.100.25 -all"),
        ("loop.test", "TXT", "v=spf1 include:loop.test include:%{i}.macro.test"),
        ("_dmarc.msxfaq.example", "TXT", "v=DMARC1; p=reject"),
        ("ex01.msxfaq.example", "A", "198.51.100.10"),
    ]
    assert found.notices == ()
    assert str(found.records[0].place) == "DNS"


async def test_nothing_is_asked_twice_and_nothing_else_is_asked(server):
    await look_up(server, "msxfaq.example", "msxfaq.example")
    asked = sorted((query.name, query.type) for query in server.log)
    assert asked == [
        ("_dmarc.msxfaq.example", "TXT"),
        ("gone.test", "TXT"),
        ("loop.test", "TXT"),
        ("mail.msxfaq.example", "A"),
        ("msxfaq.example", "MX"),
        ("msxfaq.example", "TXT"),
        ("spf.filter.test", "TXT"),
    ]


async def test_names_that_are_patterns_or_addresses_are_not_asked(server):
    found = await look_up(server, "*", "*.msxfaq.example", "198.51.100.1", "", "single", "a b.example")
    assert (found.records, found.notices) == ((), ())
    assert list(server.log) == []


async def test_a_null_mx_names_no_host(server):
    found = await look_up(server, "null.example")
    assert [one.value for one in found.records] == ["0 ."]
    assert [query.type for query in server.log] == ["MX", "TXT", "TXT"]


async def test_a_server_that_fails_is_told(server):
    found = await look_up(server, "broken.example")
    assert found.records == ()
    assert found.notices[0].serious
    assert "MX of broken.example could not be looked up" in str(found.notices[0].text)


async def test_questions_are_bounded(server, monkeypatch):
    monkeypatch.setattr(live_dns, "MOST_QUESTIONS", 2)
    await look_up(server, "msxfaq.example")
    found = await look_up(server, "msxfaq.example")
    assert [str(notice.text) for notice in found.notices] == ["more than 2 questions; the rest is not asked"]
    assert len(server.log) == 4


def test_a_machine_without_resolver_is_told(monkeypatch):
    def none(*_: object) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "Resolver", none)
    assert "no resolver" in str(live_dns.look_up(["msxfaq.example"]).notices[0].text)
