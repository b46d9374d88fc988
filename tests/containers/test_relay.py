"""Questions and answers by the line of an attached container."""

from __future__ import annotations

import asyncio
import json
import socket
import struct

import pytest

from lab.drivers.containers.socket_relay import Relay, Stream
from lab.errors import DriverError


class Other:
    """The container's end."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._lines = line.makefile("rb")

    async def asked(self) -> dict[str, object]:
        told: dict[str, object] = json.loads(await asyncio.to_thread(self._lines.readline))
        return told

    def say(self, text: bytes, kind: int = 1) -> None:
        self._line.sendall(struct.pack(">BxxxL", kind, len(text)) + text)

    def answer(self, number: object, **more: object) -> None:
        self.say(json.dumps({"id": number, **more}).encode() + b"\n")

    def end(self) -> None:
        self._lines.close()
        self._line.close()


@pytest.fixture
async def ends():
    here, there = socket.socketpair()
    other = Other(there)
    async with Relay(Stream(here)) as relay:
        yield relay, other
    other.end()


async def test_an_answer_finds_its_question_whatever_the_order(ends):
    relay, other = ends
    async with asyncio.TaskGroup() as group:
        first = group.create_task(relay.ask("gateway", {"do": "rest"}))
        second = group.create_task(relay.ask("dns", {"do": "clock"}))
        asked = {told["part"]: told for told in (await other.asked(), await other.asked())}
        assert asked["gateway"]["request"] == {"do": "rest"}
        other.answer(asked["dns"]["id"], answer={"now": 2})
        other.answer(asked["gateway"]["id"], answer={"now": 1})
    assert (first.result(), second.result()) == ({"now": 1}, {"now": 2})


async def test_a_line_may_come_in_pieces_and_with_another_one(ends):
    relay, other = ends
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(relay.ask("gateway", {"do": "rest"})) for _ in range(2)]
        numbers = [(await other.asked())["id"], (await other.asked())["id"]]
        text = b"".join(json.dumps({"id": n, "answer": {"n": n}}).encode() + b"\n" for n in numbers)
        for octet in text[:-30]:
            other.say(bytes([octet]))
        other.say(text[-30:])
    assert [task.result()["n"] for task in tasks] == numbers


async def test_a_part_that_refuses(ends):
    relay, other = ends
    asking = asyncio.ensure_future(relay.awaited(["gateway"]))
    told = await other.asked()
    assert told["await"] == ["gateway"]
    other.answer(told["id"], error="not there within 60 s: gateway")
    with pytest.raises(DriverError, match="not there within 60 s: gateway"):
        await asking


async def test_an_answer_that_nobody_waits_for_any_more(ends):
    relay, other = ends
    asking = asyncio.ensure_future(relay.ask("gateway", {"do": "rest"}))
    number = (await other.asked())["id"]
    asking.cancel()
    other.answer(number, answer={})
    again = asyncio.ensure_future(relay.ask("gateway", {"do": "rest"}))
    other.answer((await other.asked())["id"], answer={"moves": 1})
    assert await again == {"moves": 1}


async def test_the_end_of_the_relay_is_told_with_what_it_has_said(ends):
    relay, other = ends
    asking = asyncio.ensure_future(relay.ask("gateway", {"do": "rest"}))
    await other.asked()
    other.say(b"no space left\n", kind=2)
    other.end()
    with pytest.raises(DriverError, match=r"relay has ended: no space left"):
        await asking
    with pytest.raises(DriverError, match=r"relay has ended"):
        await relay.ask("gateway", {"do": "rest"})
