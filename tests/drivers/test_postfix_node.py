"""The part that answers for a Postfix from its log."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.drivers import node_control, shared_folder
from lab.drivers.lab_clock import LabClock
from lab.drivers.postfix_node import LOG, PostfixNode
from lab.drivers.shared_folder import ClockReading
from lab.errors import DriverError
from lab.pki import rsa_signing
from lab.scenario.load import load

TOP = Path(__file__).parents[2]
VARIANT = load(TOP / "scenarios" / "wildcard-misrouting.yaml").variants["shared-wildcard"]
TOLD = (TOP / "tests" / "evidence" / "postfix" / "shared-wildcard.log").read_text()
DIED = "Nov 24 10:20:00 mail postfix/master[1]: fatal: bind 198.51.100.25 port 25: Address already in use\n"


@pytest.fixture
def root(tmp_path):
    shared_folder.note(tmp_path, ClockReading.of(VARIANT.starts, LabClock(VARIANT.starts)))
    rsa_signing.signatures(VARIANT, tmp_path)
    return tmp_path


def log(root: Path) -> Path:
    return shared_folder.make_folder(root, "gateway") / LOG


async def test_it_is_at_rest_before_there_is_a_log(root):
    told = await PostfixNode(VARIANT, root, "gateway").answer({"do": "rest"})
    assert told == {"moves": 0, "due": None, "hops": 0, "bugs": []}


async def test_at_rest_it_has_seen_what_the_log_tells(root):
    shadow = PostfixNode(VARIANT, root, "gateway")
    log(root).write_text(TOLD)
    assert (await shadow.answer({"do": "rest"}))["moves"] > 0
    (hop,), mail = node_control.read(await shadow.answer({"do": "record"}))
    assert (hop.head.node, hop.head.message_id) == ("gateway", "<offer@ex01.msxfaq.example>")
    assert mail == ()


async def test_what_its_postfix_dies_of_is_told_once_and_not_for_a_lab_bug(root):
    shadow = PostfixNode(VARIANT, root, "gateway")
    log(root).write_text(DIED)
    with pytest.raises(DriverError, match=r"gateway: postfix/master: fatal: bind .* in use"):
        await shadow.answer({"do": "rest"})
    assert await PostfixNode(VARIANT, root, "gateway").answer({"do": "rest"})


async def test_the_logs_time_becomes_the_labs_and_moves_with_it(root):
    shadow = PostfixNode(VARIANT, root, "gateway")
    day = VARIANT.starts.replace(year=VARIANT.starts.year + 1)
    told = await shadow.answer({"do": "clock", "lab": day.isoformat()})
    assert told["now"].startswith(day.date().isoformat())


async def test_it_sends_nothing_of_its_own(root):
    with pytest.raises(ValueError, match="submit"):
        await PostfixNode(VARIANT, root, "gateway").answer({"do": "submit", "message": "offer"})
