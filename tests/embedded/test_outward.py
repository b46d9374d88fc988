"""Nothing leaves the lab: every socket of every run stays on loopback, and a stranger's address gets no socket at all."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from ipaddress import IPv4Network, ip_address
from pathlib import Path

import pytest

from lab.core.smtp_delivery import OUTSIDE, Dial
from lab.drivers.embedded import run_embedded
from lab.model.steps import Deferred
from lab.model.trace import Disposition
from lab.model.transport import Target
from lab.wire.client import ClientWire, Conversation
from tests.embedded.labs import played

pytestmark = pytest.mark.wire
ROOT = Path(__file__).parents[2]
LOOPBACK = IPv4Network("127.0.0.0/8")
FILES = sorted(str(path) for path in (ROOT / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=[Path(file).stem for file in FILES])
def test_every_socket_of_every_variant_stays_on_loopback(file):
    command = [sys.executable, "-m", "tests.embedded.outward", file]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["ran"] > 0
    assert {event for event, _ in told["seen"]} >= {"socket.connect", "socket.bind"}
    assert [pair for pair in told["seen"] if ip_address(pair[1]) not in LOOPBACK] == []


@pytest.mark.parametrize("address", ["198.51.100.99", "8.8.8.8", "127.0.0.1", "127.51.100.25"])
async def test_an_address_outside_the_book_is_refused_without_a_socket(address, monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    conversation = Conversation(ClientWire(book={"198.51.100.25": ("127.51.100.25", 25)}))
    answer = await conversation.answer(
        Dial(Target("mx.outside.example", address), "198.51.100.10", "198.51.100.10")
    )
    assert getattr(answer, "reply", None) is OUTSIDE


def test_a_route_out_of_the_lab_waits_with_a_text_that_says_why_and_comes_back(tmp_path):
    variant = played(
        "messages: {offer: {from: useronline@msxfaq.example, to: friend@outside.example}}\n"
        "dns: {records: {outside.example: {MX: 10 mx.outside.example}, mx.outside.example: {A: 198.51.100.99}}}\n"
    )
    trace = run_embedded(variant, state=tmp_path).trace("offer")
    deferred = [step for hop in trace.hops for step in hop.all(Deferred)]
    assert str(deferred[0].reply) == (
        "450 4.4.316 Connection refused [Message=this address is not in the lab's address book]"
    )
    assert trace.dispositions == {"friend@outside.example": Disposition.BOUNCED}
