"""The pages by which a running lab is watched: `/livez`, `/readyz`, `/metrics`."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from lab.drivers.embedded import Embedded
from lab.drivers.lab_health import ready, vitals
from lab.evidence.metrics import Tally
from lab.reports.run_reports.prometheus_text import CONTENT_TYPE, exposition
from lab.wire.http import Page, Pages

_AT_ONCE = 1000
"""Things of the journal to count before others get their turn: some 20 ms."""


def pages(lab: Embedded, scenario: str) -> Pages:
    """The pages of a lab that runs."""
    tally = Tally(lab.variant, lab.history.topology)

    async def livez() -> Page:
        return Page("ok\n")

    async def readyz() -> Page:
        checks = await ready(lab)
        body = "".join(f"{check.what}: {check.trouble or 'ok'}\n" for check in checks)
        well = not any(check.trouble for check in checks)
        return Page(body, HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE)

    async def metrics() -> Page:
        more = True
        while more:
            more = tally.read(lab.journal, _AT_ONCE)
            await asyncio.sleep(0)  # a long journal is read after a restart; mail goes on meanwhile
        return Page(exposition([({}, (*tally.families(), *vitals(lab, scenario)))]), type=CONTENT_TYPE)

    return {"/livez": livez, "/readyz": readyz, "/metrics": metrics}
