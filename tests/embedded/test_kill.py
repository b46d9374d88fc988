"""kill -9 of a lab under load: what was acknowledged is delivered, bounced or queued, in one place; nothing is lost."""

from __future__ import annotations

import asyncio

import pytest

from tests.embedded.fire import Child, Load
from tests.embedded.labs import PATIENCE
from tests.embedded.reckoning import finish, reckon

pytestmark = pytest.mark.wire


def test_nothing_that_was_acknowledged_is_lost_when_the_lab_is_killed(tmp_path):
    child = Child(tmp_path)
    child.start()
    load = Load(child.port, seed=2026)
    with load.running(3):
        for _ in range(3):
            load.wait_for(load.dice.randint(5, 25), PATIENCE)
            child.kill()
            halfway = reckon(tmp_path, {}, kills=3)
            assert halfway.wrong == []
            child.start()
        load.wait_for(5, PATIENCE)
    child.kill()
    asyncio.run(finish(tmp_path))
    found = reckon(tmp_path, load.sent, kills=4)
    assert found.wrong == []
    assert found.acknowledged == load.acknowledged > 0
    assert set(found.ends) == {"delivered", "bounced"}
