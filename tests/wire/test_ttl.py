"""What the name server says of a record's time is what the zones say, and what the simulator believes."""

import pytest

from lab.model.dns import DnsQuestion, Zones, zones_of
from lab.model.names import Domain
from lab.wire.dns_server import DnsServer
from lab.wire.resolver import Resolver

pytestmark = pytest.mark.wire

ZONES = Zones(
    zones_of(
        [
            ("a.example", "A", "198.51.100.1"),
            ("www.example", "CNAME", "a.example"),
            ("b.example", "A", "198.51.100.2"),
        ]
    ).rows,
    ttls={"a.example": 300, "www.example": 7200},
)


@pytest.mark.parametrize("name", ["a.example", "www.example", "b.example", "c.example"])
async def test_both_bodies_remember_for_the_same_time(name):
    server = DnsServer(ZONES)
    await server.start("127.0.0.1")
    try:
        question = DnsQuestion(Domain(name), "A")
        found = await Resolver("127.0.0.1", server.port).look_up(question)
        assert (found.answer, found.ttl) == (ZONES.answer(question), ZONES.lasting(question))
    finally:
        await server.close()
