"""The durable store: on disk when it says so, each recipient in exactly one place."""

import asyncio
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from lab.errors import LabBug, WireError
from lab.model.reply import Reply
from lab.model.steps import Bounced, Refused, Routed, Sent
from lab.model.transport import Heard, Settlement
from lab.wire.store import LabStore, mark, snapshot
from lab.wire.store_tables import Mark
from tests.wire.store_items import (
    Counts,
    a_head,
    a_route,
    a_step,
    an_item,
    counts,
    deferred,
    delivered,
    heard,
    note,
)


@pytest.fixture
async def store(tmp_path):
    store = LabStore.open(tmp_path / "lab" / "lab.db")
    yield store
    await store.close()


async def test_accepted_item_is_in_the_file_before_accept_returns(store):
    item = an_item("1")
    await store.accept(heard(item), [a_step(reverse_path="<>")])
    with sqlite3.connect(store.path) as other:  # a second connection sees only what was committed
        assert other.execute("SELECT id FROM queue").fetchall() == [("1",)]
    other.close()
    (hop,) = await store.hops()
    assert (hop.head, hop.steps) == (a_head("1"), (a_step(reverse_path="<>"),))
    assert await store.pending() == [item]


async def test_each_settlement_replaces_the_item(store):
    item = an_item("1", ("b", "c"))
    await store.accept(heard(item), [])
    left = an_item("2", ("c",), hop="1", minutes=15)
    first = an_item("1", ("b",))
    await store.settle(item, replace(delivered(first), queue=(left,)))
    assert await store.pending() == [left]
    assert [each.mailbox.local for each in await store.mailboxes()] == ["b"]
    await store.settle(left, delivered(left))
    assert await counts(store) == Counts(queued=0, relaying=0, mailboxed=2, hops=1, steps=2)


async def test_deferred_item_may_keep_its_id(store):
    item = an_item("1")
    await store.accept(heard(item), [])
    await store.settle(item, deferred(item))
    (later,) = await store.pending()
    assert (later.id, later.attempts, later.due > item.due) == ("1", 1, True)


async def test_item_stays_while_it_is_relayed(store):
    item = an_item("1", ("b", "c"))
    await store.accept(heard(item), [])
    moved = an_item("2", ("c",), hop="1")
    stays = await store.settle(item, Settlement(relay=a_route("b"), queue=(moved,)))
    assert stays == replace(item, recipients=item.recipients[:1])
    assert await store.pending() == [stays, moved]
    assert (await counts(store)).relaying == 1
    assert await store.settle(stays, Settlement(steps=(a_step(Sent),))) is None
    assert await store.pending() == [moved]


async def test_report_begins_a_hop_of_its_own(store):
    item, report = an_item("1"), an_item("9")
    await store.accept(heard(item), [])
    await store.settle(
        item, Settlement(steps=(a_step(Bounced, ndr="9"),), heads=(a_head("9"),), queue=(report,))
    )
    await note(store, "9", a_step(Routed))
    assert [(hop.head.id, [type(step) for step in hop.steps]) for hop in await store.hops()] == [
        ("1", [Bounced]),
        ("9", [Routed]),
    ]


async def test_refusals_of_one_session_share_its_id(store):
    refusal = Heard(reply=Reply(550, "5.4.1", "Access denied"), head=a_head("08DD"))
    for recipient in ("b", "c"):
        await store.accept(refusal, [a_step(Refused, recipient=recipient)])
    assert [hop.steps[0].about for hop in await store.hops()] == [("b",), ("c",)]


async def test_queue_is_read_in_order_of_due(store):
    for name, minutes in (("late", 30), ("soon", 5), ("also-soon", 5), ("now", 0)):
        await store.accept(heard(an_item(name, minutes=minutes)), [])
    assert [item.id for item in await store.pending()] == ["now", "soon", "also-soon", "late"]


async def test_store_reads_the_same_after_reopening(store):
    item = an_item("1", ("b", "c"))
    await store.accept(heard(item), [a_step(reply="250 2.6.0 Queued")])
    before = await store.hops(), await store.pending(), await store.mailboxes(), await counts(store)
    await store.close()
    again = LabStore.open(store.path)
    try:
        assert before == (
            await again.hops(),
            await again.pending(),
            await again.mailboxes(),
            await counts(again),
        )
    finally:
        await again.close()


@pytest.mark.parametrize(
    ("settlement", "why"),
    [
        (Settlement(queue=(an_item("2"), an_item("2"))), "UNIQUE"),
        (Settlement(relay=a_route("b"), queue=(an_item("1"),)), "UNIQUE"),
    ],
    ids=["two-items-of-one-id", "item-stays-and-is-queued"],
)
async def test_nothing_of_a_failed_settlement_is_written(store, settlement, why):
    item = an_item("1")
    await store.accept(heard(item), [])
    before = await counts(store)
    with pytest.raises(LabBug, match=why):
        await store.settle(item, settlement)
    assert await counts(store) == before
    assert await store.pending() == [item]


async def test_item_cannot_be_settled_twice(store):
    item = an_item("1")
    await store.accept(heard(item), [])
    await store.settle(item, delivered(item))
    for again in (delivered(item), Settlement(relay=a_route("b"))):
        with pytest.raises(LabBug, match="item 1 is not in the queue"):
            await store.settle(item, again)
    assert len(await store.mailboxes()) == 1


async def test_steps_need_their_hop(store):
    with pytest.raises(LabBug, match="no hop 77"):
        await note(store, "77", a_step())
    with pytest.raises(LabBug, match="no hop begins"):
        await store.accept(Heard(reply=Reply(250)), [])


async def test_failure_in_a_shared_commit_hits_only_its_author(store):
    items = [an_item(str(number)) for number in range(30)]
    await store.accept(heard(items[13]), [])
    outcomes = await asyncio.gather(
        *(store.accept(heard(each), []) for each in items), return_exceptions=True
    )
    assert [number for number, outcome in enumerate(outcomes) if outcome is not None] == [13]
    assert isinstance(outcomes[13], LabBug)
    assert Counter(item.id for item in await store.pending()) == Counter(item.id for item in items)


async def test_waiters_share_commits(store):
    before = store._commits.commits
    await asyncio.gather(*(store.accept(heard(an_item(str(number))), []) for number in range(100)))
    assert store._commits.commits - before < 50


async def test_full_disk_is_told_to_the_waiter_and_forgotten(store):
    await store.accept(heard(an_item("1")), [])

    def fill(connection):
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    await store._commits.do(fill)
    large = an_item("2")
    large = replace(large, message=replace(large.message, body=bytes(100_000)))
    with pytest.raises(WireError, match="full"):
        await store.accept(heard(large), [a_step()])
    assert (await counts(store)) == Counts(queued=1, relaying=0, mailboxed=0, hops=1, steps=0)
    await store._commits.do(
        lambda connection: connection.execute("PRAGMA max_page_count = 1000000").fetchall()
    )
    await store.accept(heard(large), [])
    assert (await counts(store)).queued == 2


async def test_cancelled_waiter_takes_nothing_back(store):
    accepting = asyncio.ensure_future(store.accept(heard(an_item("1")), []))
    await asyncio.sleep(0)  # it has handed over its work and waits
    accepting.cancel()
    await asyncio.wait([accepting])
    assert (await counts(store)).queued == 1


async def test_work_that_comes_turn_by_turn_shares_a_commit(store):
    before, accepting = store.commits, []
    for number in range(20):
        accepting.append(asyncio.ensure_future(store.accept(heard(an_item(str(number))), [])))
        await asyncio.sleep(0)
    await asyncio.gather(*accepting)
    assert store.commits - before == 1


async def test_closed_store_refuses_work(store):
    await store.close()
    with pytest.raises(WireError, match="closed"):
        await counts(store)


async def test_what_was_asked_before_closing_is_done(store):
    accepting = [asyncio.ensure_future(store.accept(heard(an_item(str(number))), [])) for number in range(20)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*accepting)
    assert len(snapshot(store.path).queue) == 20


def test_store_outlives_the_loop_of_its_waiters(tmp_path):
    store = LabStore.open(tmp_path / "lab.db")

    async def leave_early() -> None:
        accepting = asyncio.ensure_future(store.accept(heard(an_item("1")), []))
        await asyncio.sleep(0)
        accepting.cancel()

    asyncio.run(leave_early())
    assert asyncio.run(counts(store)).queued == 1
    asyncio.run(store.close())


async def test_files_are_private(store):
    await store.accept(heard(an_item("1")), [])
    modes = {each.name: each.stat().st_mode & 0o777 for each in store.path.parent.iterdir()}
    assert set(modes) == {"lab.db", "lab.db-wal", "lab.db-shm", "lab.db.lock"}
    assert set(modes.values()) == {0o600}
    assert store.path.parent.stat().st_mode & 0o777 == 0o700


async def test_second_lab_is_kept_out(store):
    with pytest.raises(WireError, match="in use by another lab"):
        LabStore.open(store.path)


async def test_who_looks_again_sees_what_came_since(store):
    assert mark(store.path) == Mark(0, 0)
    for name in ("1", "2"):
        item = an_item(name)
        await store.accept(heard(item), [a_step()])
        await store.settle(item, delivered(item))
    seen = snapshot(store.path, Mark(hops=1, mailboxes=1))
    assert ([hop.head.id for hop in seen.hops], len(seen.mailboxes)) == (["2"], 1)
    assert snapshot(store.path, mark(store.path)).hops == ()


async def test_others_may_look_while_the_lab_runs(store):
    item = an_item("1")
    await store.accept(heard(item), [a_step()])
    seen = snapshot(store.path)
    assert (seen.queue, seen.mailboxes) == ((item,), ())
    assert seen.hops == tuple(await store.hops())


async def test_other_versions_are_refused(store):
    await store._commits.do(lambda connection: connection.execute("UPDATE meta SET value = '99'").fetchall())
    await store.close()
    for attempt in (LabStore.open, snapshot, mark):
        with pytest.raises(WireError, match="another version"):
            attempt(store.path)


def test_file_that_is_no_store_is_refused(tmp_path):
    path = tmp_path / "lab.db"
    path.write_bytes(b"Dear diary, " * 100)
    with pytest.raises(WireError, match="not a database"):
        LabStore.open(path)
    with pytest.raises(WireError, match="unable to open"):
        snapshot(tmp_path / "missing.db")
    with pytest.raises(WireError, match="File exists"):
        LabStore.open(path / "lab.db")


@pytest.mark.parametrize("seed", range(2))
async def test_killed_at_any_moment_nothing_promised_is_lost(tmp_path, seed):
    """Three lives on one file, each killed -9 in the middle of its work."""
    dice, path = random.Random(seed), tmp_path / "lab.db"
    accepted: set[str] = set()
    settled: set[str] = set()
    for turn in range(3):
        for promise, name in _promises(path, str(turn), dice.randrange(1, 400)):
            (accepted if promise == "accepted" else settled).add(name)
        store = LabStore.open(path)
        queued = Counter(item.id for item in await store.pending())
        mailboxed = Counter(each.message.message_id[1:].partition("@")[0] for each in await store.mailboxes())
        hops = Counter(hop.head.id for hop in await store.hops())
        await store.close()
        assert set(queued.values()) <= {1}
        assert set(mailboxed.values()) <= {2}  # both recipients or none
        assert not queued.keys() & mailboxed.keys()
        assert accepted <= queued.keys() | mailboxed.keys() == hops.keys()
        assert settled <= mailboxed.keys()
        assert set(hops.values()) == {1}


def _promises(path: Path, turn: str, lines: int) -> list[tuple[str, str]]:
    """Let a child work, kill it after that many promises, and return all that it made."""
    command = [sys.executable, "-m", "tests.wire.store_under_fire", str(path), turn]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as child:
        assert child.stdout is not None
        told = [child.stdout.readline() for _ in range(lines)]
        child.kill()
        told += child.stdout.readlines()
    whole = [line.split() for line in told if line.endswith("\n")]
    return [(promise, name) for promise, name in whole]
