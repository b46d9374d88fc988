"""Composite authentication: one word, and the reason that an administrator looks up (R169)."""

from __future__ import annotations

import pytest

from lab.core.authentication.composite import composite
from lab.core.authentication.results import Dmarc, DmarcResult


def judged(result: Dmarc | None, policy: str = "", **facts) -> str:
    found = DmarcResult(result, "a.example", policy=policy) if result else None
    return str(composite(found, **{"own": False, **facts}))


@pytest.mark.parametrize(
    ("result", "policy", "facts", "wanted"),
    [
        (Dmarc.PASS, "reject", {}, "compauth=pass reason=100"),
        (Dmarc.BEST_GUESS_PASS, "", {}, "compauth=pass reason=109"),
        (Dmarc.FAIL, "reject", {"overridden": True}, "compauth=pass reason=130"),
        (Dmarc.FAIL, "reject", {}, "compauth=fail reason=000"),
        (Dmarc.FAIL, "quarantine", {}, "compauth=fail reason=000"),
        (Dmarc.FAIL, "none", {}, "compauth=fail reason=001"),
        (Dmarc.NONE, "", {}, "compauth=fail reason=001"),
        (Dmarc.FAIL, "reject", {"own": True}, "compauth=fail reason=010"),
        (Dmarc.NONE, "", {"own": True}, "compauth=fail reason=601"),
        (Dmarc.NONE, "", {"client_host": "out.mail.a.example"}, "compauth=softpass reason=201"),
        (Dmarc.FAIL, "reject", {"client_host": "out.mail.a.example"}, "compauth=fail reason=000"),
        (Dmarc.NONE, "", {"client_host": "out.b.example"}, "compauth=fail reason=001"),
        (Dmarc.TEMPERROR, "", {}, "compauth=none reason=301"),
        (None, "", {}, "compauth=none reason=301"),
    ],
)
def test_reasons(result, policy, facts, wanted):
    assert judged(result, policy, **facts) == wanted
