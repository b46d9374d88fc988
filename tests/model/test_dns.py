"""For how long an answer may be remembered."""

import pytest

from lab.model.dns import DEFAULT_TTL, DENIED_TTL, DnsQuestion, Zones, zones_of
from lab.model.names import Domain

ROWS = zones_of(
    [
        ("a.example", "A", "198.51.100.1"),
        ("www.example", "CNAME", "web.example"),
        ("web.example", "CNAME", "a.example"),
        ("lost.example", "CNAME", "nowhere.example"),
    ]
).rows


@pytest.mark.parametrize(
    ("ttls", "name", "lasts"),
    [
        ({}, "a.example", DEFAULT_TTL),
        ({"a.example": 300}, "a.example", 300),
        ({"a.example": 86_400}, "a.example", 86_400),
        ({"web.example": 60}, "www.example", 60),
        ({"www.example": 86_400, "web.example": 86_400, "a.example": 86_400}, "www.example", 86_400),
        ({}, "nobody.example", DENIED_TTL),
        ({"lost.example": 5}, "lost.example", DENIED_TTL),
    ],
)
def test_an_answer_lasts_as_long_as_the_shortest_of_its_records(ttls, name, lasts):
    assert Zones(ROWS, ttls=ttls).lasting(DnsQuestion(Domain(name), "A")) == lasts
