"""Whether a lab is ready, and what it says of itself in numbers."""

from __future__ import annotations

import pytest

from lab.cli.labs.health_pages import pages
from lab.drivers.embedded import Embedded
from lab.drivers.lab_health import QUEUED, SESSIONS, ready, vitals
from lab.drivers.run_outcome import again
from tests.embedded.labs import played

pytestmark = pytest.mark.wire


async def trouble(lab: Embedded) -> dict[str, str]:
    """By what has it."""
    return {each.what: each.trouble for each in await ready(lab) if each.trouble}


async def test_a_lab_that_runs_is_ready(tmp_path):
    async with Embedded(played(), tmp_path) as lab:
        assert await trouble(lab) == {}
        page = await pages(lab, "played")["/readyz"]()
        assert (page.status, page.body) == (200, "store: ok\nlisteners: ok\ndns: ok\n")


async def test_a_closed_listener_is_named(tmp_path):
    async with Embedded(played(), tmp_path) as lab:
        listener = next(listener for node, listener in lab.listeners() if node == "gateway")
        await listener.close()
        assert await trouble(lab) == {"listeners": "closed: gateway"}
        assert (await pages(lab, "played")["/readyz"]()).status == 503


async def test_dns_and_store_must_answer(tmp_path):
    async with Embedded(played(), tmp_path) as lab:
        await lab.dns.close()
        await lab.store.close()
        assert await trouble(lab) == {"dns": "no answer", "store": "the store is closed"}


async def test_queue_and_sessions_are_told_by_place(tmp_path):
    async with Embedded(played(), tmp_path, working=False) as lab:
        await lab.submit()
        found = {family.declared: family.samples for family in vitals(lab, "played")}
        assert found[QUEUED][("exchange",)] == 1
        assert sum(float(value) for value in found[QUEUED].values() if not hasattr(value, "below")) == 1
        assert set(found[SESSIONS]) == {(node,) for node in lab.nodes}


async def test_a_message_sent_again_is_another_message(tmp_path):
    async with Embedded(played(), tmp_path) as lab:
        (spec,) = lab.variant.messages
        first = await lab.send([spec])
        second = await lab.send(again([spec], "2"))
        await lab.settled()
        assert set(first.values()).isdisjoint(second.values())
        assert lab.queued() == ()
