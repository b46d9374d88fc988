"""What a machine remembers of DNS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from lab.drivers.address_mapping import DirectMapping, Endpoint
from lab.drivers.machine_context import MachineContext
from lab.drivers.outages import Outages
from lab.model.dns import DEFAULT_TTL, DnsAnswer, DnsQuestion, DnsRecords, NoData, NxDomain, ServFail
from lab.model.names import Domain
from lab.wire.resolver import TimedAnswer
from tests.drivers.test_outages import VARIANT

QUESTION = DnsQuestion(Domain("msxfaq.example"), "TXT")


class Source:
    """Gives one answer after the other, and a clock that only moves when told."""

    def __init__(self, *answers: DnsAnswer) -> None:
        self.answers = list(answers)
        self.asked: list[DnsQuestion] = []
        self.now = datetime(2031, 5, 4, tzinfo=UTC)

    async def look_up(self, question: DnsQuestion) -> TimedAnswer:
        self.asked.append(question)
        return TimedAnswer(self.answers.pop(0), DEFAULT_TTL)

    def remembered(self) -> MachineContext:
        """A machine that asks here."""
        topology = VARIANT.topology
        lab: Any = SimpleNamespace(
            outages=Outages((), topology, self.now),
            resolver=Endpoint("127.0.0.1", 53),
            mapping=DirectMapping(),
            clock=SimpleNamespace(now=lambda: self.now),
        )
        machine = MachineContext(lab, next(iter(topology.hosts.values())))
        vars(machine)["_resolver"] = self
        return machine


@pytest.mark.parametrize("answer", [DnsRecords(("v=spf1 -all",)), NoData(), NxDomain()], ids=repr)
async def test_answers_and_denials_are_asked_for_once(answer):
    source = Source(answer)
    memory = source.remembered()
    assert [await memory.answer(QUESTION) for _ in range(3)] == [answer] * 3
    assert source.asked == [QUESTION]


async def test_failures_are_not_remembered():
    source = Source(ServFail(), NoData())
    memory = source.remembered()
    assert [await memory.answer(QUESTION) for _ in range(2)] == [ServFail(), NoData()]


async def test_answers_are_forgotten_when_their_time_is_over():
    source = Source(NxDomain(), NoData(), DnsRecords(("new",)))
    memory = source.remembered()
    assert await memory.answer(QUESTION) == NxDomain()
    source.now += timedelta(seconds=DEFAULT_TTL - 1)
    assert await memory.answer(QUESTION) == NxDomain()
    source.now += timedelta(seconds=1)
    assert await memory.answer(QUESTION) == NoData()


async def test_types_of_one_name_are_different_questions():
    source = Source(NoData(), NxDomain())
    memory = source.remembered()
    other = DnsQuestion(QUESTION.name, "MX")
    assert [await memory.answer(QUESTION), await memory.answer(other)] == [NoData(), NxDomain()]


async def test_memory_does_not_grow_without_end(monkeypatch):
    monkeypatch.setattr("lab.core.bounded_memory.BoundedMemory.most", 2)
    names = [DnsQuestion(Domain(f"{name}.example"), "A") for name in "abca"]
    source = Source(*[NoData()] * 4)
    memory = source.remembered()
    for question in names:
        await memory.answer(question)
    assert source.asked == names
