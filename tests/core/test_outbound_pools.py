"""Outbound pools: who leaves from where (R46, R151)."""

from __future__ import annotations

import pytest

from lab.core.authentication.results import (
    AuthenticationResults,
    Dkim,
    DkimResult,
    Dmarc,
    DmarcResult,
    Spf,
    SpfResult,
)
from lab.core.outbound_pools import Pool, pool_of
from lab.model.names import Domain
from tests.core.mail import an_item, the_tenant

OWN, FOREIGN = "user1@a.example", "x@elsewhere.example"


def found(spf: Spf = Spf.FAIL, dkim: Dkim = Dkim.NONE, dmarc: Dmarc = Dmarc.NONE) -> AuthenticationResults:
    return AuthenticationResults(
        SpfResult(spf, "x.example", "198.51.100.25"),
        (DkimResult(dkim, "x.example"),),
        DmarcResult(dmarc, "x.example"),
    )


@pytest.mark.parametrize(
    ("sender", "author", "results", "pool"),
    [
        (OWN, "a.example", None, Pool.NORMAL),
        (OWN, "a.example", found(), Pool.NORMAL),
        (OWN, "elsewhere.example", found(), Pool.NORMAL),
        (FOREIGN, "elsewhere.example", found(Spf.PASS), Pool.NORMAL),
        (FOREIGN, "elsewhere.example", found(dkim=Dkim.PASS), Pool.NORMAL),
        (FOREIGN, "elsewhere.example", found(), Pool.RELAY),
        (FOREIGN, "elsewhere.example", found(Spf.SOFTFAIL, Dkim.FAIL), Pool.RELAY),
        ("<>", "a.example", found(), Pool.NORMAL),
        ("<>", "elsewhere.example", found(), Pool.RELAY),
        (OWN, "a.example", found(dmarc=Dmarc.FAIL), Pool.HIGH_RISK),
        (FOREIGN, "elsewhere.example", found(Spf.PASS, dmarc=Dmarc.FAIL), Pool.NORMAL),
    ],
)
def test_pool(sender, author, results, pool):
    assert pool_of(an_item(sender=sender), the_tenant(), Domain(author), results) is pool


def test_reports_are_a_risk():
    assert pool_of(an_item(sender="<>", report=True), the_tenant(), None, None) is Pool.HIGH_RISK
