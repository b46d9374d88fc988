"""Start, stop, start again: nothing is left behind, nothing is in the way of another lab, nothing piles up."""

from __future__ import annotations

import asyncio
import gc
import os
import smtplib
import socket
import ssl
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from OpenSSL import SSL

from lab.drivers.embedded import Embedded
from lab.errors import WireError
from lab.model.transport import QueueItem
from lab.wire.channel import Channel
from lab.wire.dialogue import Dialogue
from lab.wire.server import SmtpSession
from lab.wire.store import snapshot
from tests.embedded.labs import PATIENCE, Lab, played, running
from tests.embedded.tools import SENDER, Mail, python

pytestmark = pytest.mark.wire
TLS = ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def variant():
    return played("hosts: {elsewhere: {address: 203.0.113.200, domains: [elsewhere.example]}}\n")


def left_behind() -> tuple[set[asyncio.Task[object]], set[str], int]:
    """Tasks, threads and open files of this process."""
    return asyncio.all_tasks(), {t.name for t in threading.enumerate()}, len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux lists open files there")
async def test_twenty_starts_and_stops_leave_nothing_behind(variant, tmp_path):
    await asyncio.to_thread(int)  # the loop's own pool has its threads from here on
    async with Embedded(variant, tmp_path):
        pass
    before = left_behind()
    for _ in range(20):
        async with Embedded(variant, tmp_path) as lab:
            await lab.submit()
            await lab.finish()
            assert len(left_behind()[0]) > len(before[0])
    gc.collect()
    assert left_behind() == before


async def test_a_lab_that_stops_in_the_middle_of_its_work_finishes_it_later(variant, tmp_path):
    async with Embedded(variant, tmp_path) as lab:
        sent = await lab.submit()
    assert snapshot(tmp_path / "lab.sqlite").queue, "it was stopped before it could do anything"
    async with Embedded(variant, tmp_path) as lab:
        await lab.finish()
        hops = lab.journal.hops()
    assert sent["offer"] in {hop.head.message_id for hop in hops}
    assert snapshot(tmp_path / "lab.sqlite").queue == ()
    assert [str(m.mailbox) for m in snapshot(tmp_path / "lab.sqlite").mailboxes] == [SENDER]  # the report


def test_names_go_on_after_a_restart(variant, tmp_path):
    for number in range(3):
        with running(variant, tmp_path) as lab:
            python(lab, Mail(message_id=f"<{number}@again.example>"), version=TLS)
            lab.finish()
    hops = snapshot(tmp_path / "lab.sqlite").hops
    taken = [hop.head for hop in hops if not hop.head.id.startswith("refused-")]
    assert len({head.id for head in taken}) == len(taken)
    tracked = [head.network_message_id for head in taken if head.network_message_id]
    assert len(set(tracked)) == len(tracked)


async def test_a_stop_ends_open_sessions_with_a_farewell(variant, tmp_path):
    async with AsyncExitStack() as stack:
        lab = await stack.enter_async_context(Embedded(variant, tmp_path))
        reader, writer = await asyncio.open_connection("127.51.100.25", lab.port)
        assert (await reader.readline()).startswith(b"220 ")
        await stack.aclose()
        assert (await reader.read()).startswith(b"421 ")
        writer.close()
        await writer.wait_closed()


async def test_two_labs_run_side_by_side_on_the_same_addresses(variant, tmp_path):
    async with Embedded(variant, tmp_path / "1") as one, Embedded(variant, tmp_path / "2") as two:
        assert one.port != two.port
        assert one.dns_port != two.dns_port
        for lab in (one, two):
            await lab.submit()
        await asyncio.gather(one.finish(), two.finish())
        for lab in (one, two):
            assert len(lab.mailboxes) == 1


async def test_a_state_folder_has_one_lab(variant, tmp_path):
    async with Embedded(variant, tmp_path):
        with pytest.raises(WireError, match="in use by another lab"):
            await Embedded(variant, tmp_path).__aenter__()


async def test_a_port_that_is_taken_is_named_and_nothing_stays_open(variant, tmp_path):
    with socket.create_server(("127.51.100.25", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(WireError, match=rf"127\.51\.100\.25 port {port}: Address already in use$"):
            await Embedded(variant, tmp_path, port=port).__aenter__()
    async with Embedded(variant, tmp_path, port=port) as lab:
        assert lab.port == port


async def test_a_dns_port_that_is_taken_is_named(variant, tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        with pytest.raises(WireError, match=str(port)):
            await Embedded(variant, tmp_path, dns_port=port).__aenter__()


def alive(*kinds: type) -> Counter[type]:
    """How many objects of each kind there are, in the whole process."""
    gc.collect()
    return Counter(type(each) for each in gc.get_objects() if type(each) in kinds)


KINDS = (QueueItem, SmtpSession, Dialogue, Channel, SSL.Connection)


def send_some(lab: Lab, numbers: range) -> None:
    """Messages to a mailbox on the internet, on one connection."""
    here, there = lab.here("gateway"), lab.here("elsewhere")
    with smtplib.SMTP(there, lab.port, "many.example", PATIENCE, (here, 0)) as client:
        for number in numbers:
            content = f"Message-ID: <{number}@many.example>\r\n\r\n{'x' * 900}\r\n"
            client.sendmail("x@many.example", "y@elsewhere.example", content)


def test_two_thousand_messages_leave_only_evidence_in_memory(variant, tmp_path):
    """The journal and the mailboxes stay, as they are what a lab is for; of queue, sessions and TLS nothing does."""
    before = alive(*KINDS)
    with running(variant, tmp_path) as lab:
        with ThreadPoolExecutor(8) as clients:
            parts = [range(start, start + 50) for start in range(0, 2000, 50)]
            assert len(list(clients.map(lambda part: send_some(lab, part), parts))) == 40
        for number in range(20):
            python(lab, Mail(message_id=f"<tls{number}@many.example>"), version=TLS)
        lab.finish()
        assert len(lab.mailboxes()) == 2000 + 20
        assert not alive(*KINDS) - before
