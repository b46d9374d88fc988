"""A client's connection under pressure: neither side can make the other keep more than it can chew."""

import asyncio
from typing import cast

from lab.core.smtp_delivery import BROKEN_OFF
from lab.model.reply import Reply
from lab.wire.channel import Channel
from lab.wire.reply_reader import ROOM
from tests.wire.pipe import Pipe


def a_channel() -> tuple[Channel, Pipe]:
    channel, pipe = Channel(), Pipe()
    channel.connection_made(pipe)
    return channel, pipe


async def test_server_that_says_too_much_unasked_has_to_wait():
    channel, pipe = a_channel()
    line = b"250 " + b"x" * 500 + b"\r\n"
    count = ROOM // len(line) + 1
    channel.data_received(line * count)
    channel.data_received(line)
    assert pipe.told == ["pause"]
    replies = [await channel.reply(1) for _ in range(count + 1)]
    assert pipe.told == ["pause", "resume"]
    assert {reply.code for reply in replies} == {250}


async def test_writing_waits_for_a_slow_server():
    channel, pipe = a_channel()
    channel.pause_writing()
    sending = asyncio.ensure_future(channel.send(b"x" * 200_000, 10))
    await asyncio.sleep(0)
    assert 0 < pipe.written < 100_000
    channel.resume_writing()
    await sending
    assert pipe.written == 200_000


async def test_writing_ends_when_the_server_has_gone():
    channel, pipe = a_channel()
    channel.pause_writing()
    sending = asyncio.ensure_future(channel.send(b"x" * 200_000, 10))
    await asyncio.sleep(0)
    channel.connection_lost(None)
    await sending
    assert pipe.written < 100_000
    assert await channel.reply(10) == BROKEN_OFF


async def test_reply_that_came_before_the_end_is_still_read():
    channel, _ = a_channel()
    channel.data_received(b"552 5.3.4 too big\r\n")
    channel.connection_lost(None)
    assert await channel.reply(10) == Reply(552, "5.3.4", "too big")
    assert await channel.reply(10) == BROKEN_OFF


async def test_first_reason_stays():
    channel, _ = a_channel()
    channel.data_received(b"421 4.3.2 closing\r\n250 ok\r\n")
    first = await channel.reply(10)
    assert channel.give_up(BROKEN_OFF) is first
    assert await channel.reply(10) is cast(object, first)


class AsInDebian12(Pipe):
    """TLS's transport of Python 3.11.2: to close it twice breaks it, and so does to abort it then."""

    def __init__(self) -> None:
        super().__init__()
        self.closes = 0

    def is_closing(self) -> bool:
        return self.closes > 0

    def close(self) -> None:
        self.closes += 1

    def abort(self) -> None:
        assert self.closes < 2
        self.told.append("abort")


async def test_what_ends_already_is_not_closed_again():
    channel, pipe = Channel(), AsInDebian12()
    channel.connection_made(pipe)
    pipe.close()
    await channel.close(0.01)
    assert pipe.told == ["abort"]


async def test_nothing_happens_to_what_has_ended():
    channel, pipe = Channel(), AsInDebian12()
    channel.connection_made(pipe)
    channel.connection_lost(None)
    channel.abort()
    assert pipe.told == []
