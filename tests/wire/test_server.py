"""What the server promises its node, its host and its clients, whatever those do."""

from __future__ import annotations

import asyncio
import resource
import tracemalloc

import pytest

from lab.errors import WireError
from lab.model.dns import NxDomain
from lab.model.reply import Reply
from lab.model.steps import Accepted, Attributed, Connected, Refused
from lab.model.transport import DsnParameters
from lab.wire.server import ServerLimits, serve
from lab.wire.server_replies import encode
from tests.wire.fakes import EXTENSIONS, LOCAL, NOW, Client, MemoryHost, RecordingNode, serving

pytestmark = pytest.mark.wire

TO_DATA = b"MAIL FROM:<a@msxfaq.example>\r\nRCPT TO:<b@uclabor.example>\r\nDATA\r\n"


async def deliver(client: Client, content: bytes) -> str:
    """Send one message; the reply to its data."""
    for command in TO_DATA.splitlines(keepends=True):
        await client.say(command)
    return await client.say(content + b".\r\n")


async def test_the_node_gets_content_and_envelope_as_they_were_said() -> None:
    async with serving() as server:
        client = await server.connect()
        await client.hello()
        await client.say(b"MAIL FROM:<A@msxfaq.example> SIZE=99 BODY=8BITMIME RET=HDRS ENVID=7\r\n")
        await client.say(b"RCPT TO:<b@uclabor.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;x@y.example\r\n")
        await client.say(b"RCPT TO:<nobody@uclabor.example>\r\n")
        await client.say(b"RCPT TO:<c@uclabor.example>\r\n")
        await client.say(b"DATA\r\n")
        await client.say(b"Subject: \xc3\xbc\r\n\r\n..\r\n...dots\r\n.x\r\n.\r\n")
        (taken,) = server.node.taken
    assert taken.content == b"Subject: \xc3\xbc\r\n\r\n.\r\n..dots\r\nx\r\n"
    assert str(taken.transaction.reverse_path) == "<A@msxfaq.example>"
    assert taken.transaction.parameters == {"SIZE": "99", "BODY": "8BITMIME", "RET": "HDRS", "ENVID": "7"}
    first, second = taken.transaction.recipients
    assert str(first.address) == "b@uclabor.example"
    assert first.dsn == DsnParameters(frozenset({"FAILURE", "DELAY"}), "rfc822;x@y.example")
    assert first.decision == NxDomain()
    assert second.dsn == DsnParameters()


async def test_connection_facts_are_in_the_scenarios_addresses() -> None:
    async with serving() as server:
        client = await server.connect()
        await client.hello()
        await deliver(client, b"")
        port = client.writer.get_extra_info("sockname")[1]
        (taken,) = server.node.taken
    connection = taken.connection
    assert (connection.client, connection.server) == ("198.51.100.25", "203.0.113.7")
    assert connection.key == f"198.51.100.25:{port}>203.0.113.7"
    assert connection.helo == "client.example"
    assert connection.started == NOW
    assert len(connection.session) == 16
    assert connection.tls is None


async def test_a_hop_is_kept_with_all_steps_of_its_transaction() -> None:
    async with serving() as server:
        client = await server.connect()
        await client.hello()
        await client.say(b"MAIL FROM:<a@msxfaq.example>\r\n")
        await client.say(b"RCPT TO:<b@uclabor.example>\r\n")
        await client.say(b"RCPT TO:<nobody@uclabor.example>\r\n")
        await client.say(b"DATA\r\n")
        await client.say(b"\r\n.\r\n")
        kept = [[type(step) for step in steps] for _, steps in server.host.kept]
    so_far = [Connected, Attributed]
    assert kept == [[*so_far, Refused], [*so_far, Accepted]]


async def test_a_message_is_on_disk_before_its_reply() -> None:
    host = MemoryHost(writing=asyncio.Event(), written=asyncio.Event())
    assert host.writing
    assert host.written
    async with serving(host=host) as server:
        client = await server.connect()
        await client.hello()
        reply = asyncio.ensure_future(deliver(client, b"\r\n"))
        await host.writing.wait()
        assert not reply.done()
        assert not host.kept
        host.written.set()
        assert (await reply).startswith("250 2.6.0")
        assert len(host.kept) == 1


async def test_what_cannot_be_kept_is_not_accepted() -> None:
    async with serving(host=MemoryHost(full=True)) as server:
        client = await server.connect()
        await client.hello()
        assert (await deliver(client, b"\r\n")).startswith("451 4.3.0 ")
        assert (await client.say(b"MAIL FROM:<blocked@msxfaq.example>\r\n")).startswith("451 4.3.0 ")
        assert not server.host.kept


async def test_a_client_that_vanishes_before_the_end_of_data_leaves_nothing() -> None:
    async with serving() as server:
        client = await server.connect()
        await client.hello()
        for command in TO_DATA.splitlines(keepends=True):
            await client.say(command)
        client.writer.write(b"Subject: half\r\n\r\nbody\r\n.")
        await client.close()
        await server.listener.close()
        assert not server.node.taken
        assert not server.host.kept


async def test_a_client_that_vanishes_while_its_message_is_written_does_not_stop_that() -> None:
    host = MemoryHost(writing=asyncio.Event(), written=asyncio.Event())
    assert host.writing
    assert host.written
    async with serving(host=host) as server:
        client = await server.connect()
        await client.hello()
        client.writer.write(TO_DATA + b"\r\n.\r\n")
        await host.writing.wait()
        client.writer.transport.abort()
        await asyncio.sleep(0)
        host.written.set()
    assert len(host.kept) == 1


async def test_what_was_said_before_half_closing_is_answered() -> None:
    async with serving() as server:
        client = await server.connect()
        client.writer.write(b"HELO c.example\r\n" + TO_DATA + b"\r\n.\r\n")
        client.writer.write_eof()
        replies = (await client.rest()).splitlines()
    assert [reply[:3] for reply in replies] == ["220", "250", "250", "250", "354", "250"]


async def test_a_mistake_of_the_node_ends_its_connection_and_no_other() -> None:
    async with serving() as server:
        healthy, client = await server.connect(), await server.connect()
        await healthy.hello()
        await client.hello()
        assert (await client.say(b"MAIL FROM:<crash@msxfaq.example>\r\n")).startswith("451 4.3.0 ")
        assert await client.reply() == "(closed)"
        assert (await deliver(healthy, b"\r\n")).startswith("250 ")
        (bug,) = server.host.bugs
        server.host.bugs.clear()
    assert str(bug) == "a node's mistake"


async def test_421_closes_the_connection() -> None:
    async with serving() as server:
        client = await server.connect()
        await client.hello()
        assert await client.say(b"MAIL FROM:<busy@msxfaq.example>\r\n") == "421 4.3.2 Busy"
        assert await client.reply() == "(closed)"


async def test_a_node_may_refuse_a_greeting() -> None:
    async with serving(RecordingNode(refused_hello="bad.example")) as server:
        client = await server.connect()
        await client.reply()
        assert await client.say(b"EHLO bad.example\r\n") == "550 5.7.1 Not you"
        assert (await client.say(b"MAIL FROM:<a@msxfaq.example>\r\n")).startswith("503 ")
        assert (await client.say(b"EHLO good.example\r\n")).startswith("250-")


@pytest.mark.parametrize(
    ("keyword", "command"),
    [
        ("SIZE", b"MAIL FROM:<a@b.example> SIZE=1\r\n"),
        ("8BITMIME", b"MAIL FROM:<a@b.example> BODY=8BITMIME\r\n"),
        ("BINARYMIME", b"MAIL FROM:<a@b.example> BODY=BINARYMIME\r\n"),
        ("SMTPUTF8", b"MAIL FROM:<a@b.example> SMTPUTF8\r\n"),
        ("DSN", b"MAIL FROM:<a@b.example> RET=FULL\r\n"),
        ("XOORG", b"MAIL FROM:<a@b.example> XOORG=b.example\r\n"),
    ],
)
async def test_parameters_are_known_only_where_their_extension_is_offered(
    keyword: str, command: bytes
) -> None:
    without = tuple(line for line in EXTENSIONS if line.split()[0] != keyword)
    for offers, reply in ((without, "555 "), ((*without, f"{keyword} 100"), "250 ")):
        async with serving(RecordingNode(offers=offers)) as server:
            client = await server.connect()
            await client.hello()
            assert (await client.say(command)).startswith(reply)


async def test_starttls_is_not_offered_without_a_certificate() -> None:
    async with serving() as server:
        client = await server.connect()
        await client.reply()
        assert "STARTTLS" not in await client.say(b"EHLO c.example\r\n")


async def test_a_message_larger_than_offered_is_swallowed_and_refused() -> None:
    async with serving(RecordingNode(offers=("SIZE 1000", "CHUNKING"))) as server:
        client = await server.connect()
        await client.hello()
        line = b"x" * 48 + b"\r\n"
        assert (await deliver(client, line * 20)).startswith("250 ")
        assert (await deliver(client, line * 20 + b"y\r\n")).startswith("552 5.3.4 ")
        assert (await deliver(client, line * 20_000)).startswith("552 5.3.4 ")
        for command in TO_DATA.splitlines(keepends=True)[:2]:
            await client.say(command)
        assert (await client.say(b"BDAT 600\r\n" + b"y" * 600)).startswith("250 ")
        assert (await client.say(b"BDAT 401\r\n" + b"QUIT\r\n" * 66 + b"QUIT\r")).startswith("552 5.3.4 ")
        assert (await client.say(b"BDAT 6 LAST\r\nQUIT\r\n")).startswith("503 ")
        assert (await client.say(b"NOOP\r\n")).startswith("250 ")
        assert len(server.node.taken) == 1


async def test_a_message_that_is_too_large_takes_no_memory() -> None:
    async with serving(RecordingNode(offers=("SIZE 1000",))) as server:
        client = await server.connect()
        await client.hello()
        for command in TO_DATA.splitlines(keepends=True):
            await client.say(command)
        tracemalloc.start()
        for _ in range(320):
            client.writer.write(b"x" * 65536)
            await client.writer.drain()
        assert (await client.say(b"\r\n.\r\n")).startswith("552 ")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2_000_000  # of 20 MiB sent


async def test_over_long_lines_are_refused_and_the_next_one_is_understood() -> None:
    async with serving() as server:
        client = await server.connect()
        await client.hello()
        for length in (2049, 4096, 50_000):
            line = b"NOOP " + b"x" * (length - 7) + b"\r\n"
            assert await client.say(line) == "500 5.5.2 Line too long"
        assert (await client.say(b"NOOP " + b"x" * 2041 + b"\r\n")).startswith("250 ")
        for _ in range(100):
            client.writer.write(b"x" * 100_000)
            await client.writer.drain()
        assert await client.say(b"\r\n") == "500 5.5.2 Line too long"
        assert await client.say(b"NOOP\r\n") == "250 2.0.0 OK"


async def test_over_long_text_lines_are_refused_unless_they_are_binary() -> None:
    async with serving() as server:
        client = await server.connect()
        await client.hello()
        assert (await deliver(client, b"\r\n" + b"x" * 998 + b"\r\n")).startswith("250 ")
        assert (await deliver(client, b"\r\n" + b"x" * 999 + b"\r\n")).startswith("550 5.6.0 ")
        await client.say(b"MAIL FROM:<> BODY=BINARYMIME\r\n")
        await client.say(b"RCPT TO:<b@uclabor.example>\r\n")
        assert (await client.say(b"BDAT 5000 LAST\r\n" + b"\0\r\n\n\r" * 1000)).startswith("250 ")
        assert server.node.taken[-1].content.count(b"\0") == 1000


async def test_recipients_are_capped() -> None:
    async with serving(limits=ServerLimits(recipients=3)) as server:
        client = await server.connect()
        await client.hello()
        await client.say(b"MAIL FROM:<>\r\n")
        replies = [await client.say(b"RCPT TO:<r%d@uclabor.example>\r\n" % i) for i in range(5)]
    assert [reply[:9] for reply in replies] == ["250 2.1.5"] * 3 + ["452 4.5.3"] * 2


async def test_connections_are_capped() -> None:
    async with serving(limits=ServerLimits(connections=2)) as server:
        first, second = await server.connect(), await server.connect()
        await first.hello()
        await second.hello()
        third = await server.connect()
        assert (await third.reply()).startswith("421 4.3.2 ")
        assert await third.reply() == "(closed)"
        await first.say(b"QUIT\r\n")
        await first.rest()
        await first.close()
        await server.fewer_than(2)
        await (await server.connect()).hello()


async def test_a_silent_client_is_told_and_sent_away() -> None:
    async with serving(limits=ServerLimits(idle=0.3)) as server:
        silent, halfway = await server.connect(), await server.connect()
        await silent.hello()
        await halfway.hello()
        for command in TO_DATA.splitlines(keepends=True):
            await halfway.say(command)
        for client in (silent, halfway):
            assert (await client.reply()).startswith("451 4.7.0 Timeout")
            assert await client.reply() == "(closed)"
        assert not server.node.taken


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    async with serving(limits=ServerLimits(idle=0.2)) as server:
        client = await server.connect()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]

        async def talk_on() -> None:
            while True:
                client.writer.write(b"HELP\r\n" * 10_000)
                await client.writer.drain()

        with pytest.raises(ConnectionError):
            await talk_on()


async def test_closing_the_listener_sends_clients_away_and_finishes_what_is_being_written() -> None:
    host = MemoryHost(writing=asyncio.Event(), written=asyncio.Event())
    assert host.writing
    assert host.written
    async with serving(host=host) as server:
        waiting, writing = await server.connect(), await server.connect()
        await waiting.hello()
        await writing.hello()
        reply = asyncio.ensure_future(deliver(writing, b"\r\n"))
        await host.writing.wait()
        closing = asyncio.ensure_future(server.listener.close())
        assert (await waiting.reply()).startswith("421 4.3.2 ")
        assert await waiting.reply() == "(closed)"
        host.written.set()
        assert (await reply).startswith("250 ")
        assert (await writing.reply()).startswith("421 4.3.2 ")
        await closing
        assert len(host.kept) == 1


async def test_a_port_in_use_is_a_wire_error() -> None:
    async with serving() as server:
        _, port = server.listener.address
        with pytest.raises(WireError, match=f"cannot listen on {LOCAL[1]} port {port}"):
            await serve(RecordingNode(), MemoryHost(), LOCAL[1], port, None)


async def test_ten_thousand_commands_in_one_session() -> None:
    async with serving() as server:
        client = await server.connect()
        await client.hello()
        replies = asyncio.ensure_future(client.reader.readuntil(b"221 2.0.0"))
        client.reader._limit = 1 << 20  # type: ignore[attr-defined]
        client.writer.write(b"NOOP\r\nRSET\r\n" * 5000 + b"QUIT\r\n")
        said = await replies
    assert said.count(b"250 2.0.0 OK\r\n") == said.count(b"250 2.0.0 Resetting\r\n") == 5000


async def test_two_hundred_clients_at_once_do_not_hear_of_each_other() -> None:
    async def talk(client: Client, number: int) -> None:
        mark = b"%03d" % number
        await client.reply()
        await client.say(b"EHLO c%b.example\r\n" % mark)
        await client.say(b"MAIL FROM:<s%b@msxfaq.example>\r\n" % mark)
        await client.say(b"RCPT TO:<r%b@uclabor.example>\r\n" % mark)
        await client.say(b"DATA\r\n")
        assert (await client.say(b"Message-ID: <%b>\r\n\r\n%b\r\n.\r\n" % (mark, mark))).startswith(
            f"250 2.6.0 <{number:03}>"
        )

    async with serving() as server:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        clients = [await server.connect() for _ in range(200)]
        await asyncio.gather(*(talk(client, number) for number, client in enumerate(clients)))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        for taken in server.node.taken:
            mark = taken.content[-5:-2].decode()
            assert taken.connection.helo == f"c{mark}.example"
            assert str(taken.transaction.reverse_path) == f"<s{mark}@msxfaq.example>"
            assert taken.recipients == (f"r{mark}@uclabor.example",)
        assert len({taken.connection.session for taken in server.node.taken}) == 200
    assert grown < 100_000  # KiB, clients included


def test_replies_of_several_lines_repeat_the_code() -> None:
    assert encode(Reply(250, "", "one\nSIZE 1\nlast")) == b"250-one\r\n250-SIZE 1\r\n250 last\r\n"
    assert encode(Reply(250, "2.1.0", "Sender OK")) == b"250 2.1.0 Sender OK\r\n"
    trailer = "[FE 2031-05-04T12:00:00.000Z 08DDB07650EC6878]"
    assert encode(Reply(550, "5.7.1", "a\nb", trailer)) == f"550-5.7.1 a\r\n550 b {trailer}\r\n".encode()
