"""One message stays one message, whatever stands in it, and however the octets come."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.wire.dialogue import objection
from lab.wire.receive_buffer import ClientGone, LineFlaw, ReceiveBuffer
from lab.wire.server_replies import INVALID_CHARACTERS, TEXT_LINE_TOO_LONG
from tests.wire.fakes import serving

HIDDEN = b"MAIL FROM:<admin@msxfaq.example>\r\nRCPT TO:<b@uclabor.example>\r\nDATA\r\nsmuggled\r\n.\r\n"
NO_ENDS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r\n.\r\r\n",
    b"\n\n.\r\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\r\n.\n",
]


@pytest.mark.wire
@pytest.mark.parametrize("no_end", NO_ENDS, ids=repr)
async def test_only_crlf_dot_crlf_ends_data_and_the_rest_is_refused(no_end: bytes) -> None:
    async with serving() as server:
        client = await server.connect()
        await client.hello()
        await client.say(b"MAIL FROM:<a@msxfaq.example>\r\n")
        await client.say(b"RCPT TO:<b@uclabor.example>\r\n")
        await client.say(b"DATA\r\n")
        reply = await client.say(b"Subject: x\r\n\r\ntext" + no_end + HIDDEN)
        assert reply == "550 5.6.11 Invalid characters"
        assert await client.say(b"NOOP\r\n") == "250 2.0.0 OK"
        assert not server.node.taken
        assert not server.host.kept


@pytest.mark.wire
async def test_a_stuffed_end_is_text() -> None:
    async with serving() as server:
        client = await server.connect()
        await client.hello()
        await client.say(b"MAIL FROM:<a@msxfaq.example>\r\n")
        await client.say(b"RCPT TO:<b@uclabor.example>\r\n")
        await client.say(b"DATA\r\n")
        await client.say(b"text\r\n..\r\n" + HIDDEN.replace(b"\r\n.\r\n", b"\r\n..\r\n") + b".\r\n")
        (taken,) = server.node.taken
    assert b"smuggled\r\n.\r\n" in taken.content


@pytest.mark.wire
async def test_a_chunk_is_never_read_as_commands() -> None:
    async with serving() as server:
        client = await server.connect()
        await client.hello()
        await client.say(b"MAIL FROM:<a@msxfaq.example>\r\n")
        replies = b"BDAT %d LAST\r\n" % len(HIDDEN) + HIDDEN
        assert (await client.say(replies)).startswith("503 5.5.2 Need rcpt")
        await client.say(b"RCPT TO:<b@uclabor.example>\r\n")
        assert (await client.say(replies)).startswith("250 2.6.0 ")
        assert len(server.node.taken) == 1


def test_objections() -> None:
    assert objection(b"") is None
    assert objection(b"a\r\n\r\nb") is None
    for bad in (b"a\nb\r\n", b"a\rb\r\n", b"\r\n\n", b"\n\r", b"a\0"):
        assert objection(bad) is INVALID_CHARACTERS
    for at in (0, 1, 997, 998, 5000):
        before = b"y" * (at % 900) + b"\r\n" if at else b""
        assert objection(before + b"x" * 998 + b"\r\n" + before) is None
        assert objection(before + b"x" * 999 + b"\r\n" + before) is TEXT_LINE_TOO_LONG
        assert objection(before + b"x" * 999) is TEXT_LINE_TOO_LONG


@given(
    st.lists(
        st.binary(max_size=1200).map(lambda line: line.replace(b"\r", b"").replace(b"\n", b"")), max_size=8
    )
)
def test_long_lines_are_found_as_by_splitting(lines: list[bytes]) -> None:
    content = b"\r\n".join(lines).replace(b"\0", b"")
    long = any(len(line) > 998 for line in content.split(b"\r\n"))
    assert objection(content) is (TEXT_LINE_TOO_LONG if long else None)


async def _nothing() -> None:
    """What these inboxes do before they wait."""


async def read(pieces: list[bytes], limit: int = 60) -> list[object]:
    """What comes out of an inbox, reading lines, and content after each line `DATA`."""
    inbox = ReceiveBuffer(asyncio.get_running_loop(), _nothing)
    found: list[object] = []

    async def reader() -> None:
        while True:
            line = inbox.line()
            if line is None:
                await inbox.more()
                continue
            found.append(line)
            if line == b"DATA":
                found.append(await inbox.content(limit))
            elif isinstance(line, bytes) and line.startswith(b"BDAT ") and line[5:].isdigit():
                found.append(await inbox.octets(int(line[5:])))

    task = asyncio.ensure_future(reader())
    for piece in pieces:
        inbox.feed(piece)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    inbox.end()
    with pytest.raises(ClientGone):
        await task
    return found


PIECES = st.sampled_from(
    [
        b"\r\n",
        b"\r",
        b"\n",
        b".",
        b"\r\n.\r\n",
        b"NOOP",
        b"DATA\r\n",
        b"BDAT 3\r\n",
        b"x" * 30,
        b"\0",
        b"y" * 2100,
    ]
)


@given(st.lists(PIECES, max_size=25), st.data())
def test_what_is_read_does_not_depend_on_how_it_was_cut(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=12)))
    cut = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert asyncio.run(read([stream])) == asyncio.run(read([piece for piece in cut if piece]))


async def test_a_line_ends_only_in_crlf() -> None:
    assert await read([b"NOOP\r\nNOOP\nQUIT\r\nRSET\r\n"]) == [b"NOOP", LineFlaw.BARE, LineFlaw.BARE, b"RSET"]
    assert await read([b"x" * 5000, b"x", b"\r", b"\nRSET\r\n"]) == [LineFlaw.TOO_LONG, b"RSET"]


async def test_content_is_unstuffed_from_its_first_line_on() -> None:
    assert await read([b"DATA\r\n..a\r\nb.\r\n.c\r\n.\r\nQUIT\r\n"]) == [
        b"DATA",
        b".a\r\nb.\r\nc\r\n",
        b"QUIT",
    ]
    assert await read([b"DATA\r\n.\r\nQUIT\r\n"]) == [b"DATA", b"", b"QUIT"]
    assert await read([b"DATA\r\n" + b"x" * 61 + b"\r\n.\r\nQUIT\r\n"]) == [b"DATA", None, b"QUIT"]
