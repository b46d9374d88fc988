"""The section `outages:` of a scenario: what breaks while the lab runs, and for how long."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

from lab.model.outage import How, Outage
from lab.model.topology import Topology
from lab.scenario.builders.message_origin import sending_node
from lab.scenario.language.scenario_keys import OutageKeys, SectionKeys
from lab.scenario.model import MessageSpec
from lab.scenario.syntax.problem_report import unknown
from lab.scenario.syntax.records import Fields
from lab.sentence import sentence


def outages(read: Fields, topology: Topology) -> tuple[Outage, ...]:
    """All outages in order of time; what is wrong with one is reported."""
    nodes = tuple(dict.fromkeys(topology.addresses().values()))
    outages: list[Outage] = []
    for written in read[SectionKeys.outages]:
        for outage in _outage(written, nodes):
            _apart(written, outage, outages)
            outages.append(outage)
    return tuple(sorted(outages, key=lambda outage: outage.at))


def check(
    read: Fields, found: Collection[Outage], specs: Collection[MessageSpec], topology: Topology
) -> None:
    """Nobody sends from a machine that stands still."""
    for spec in specs:
        node = sending_node(spec, topology)
        for outage in found:
            still = outage.stands_still and node in outage.nodes
            if still and outage.at <= spec.at < outage.at + outage.lasts:
                fields = read[SectionKeys.messages][spec.series or spec.key]
                wanted = sentence("{node} sends it, and is {how} at that time", node=node, how=outage.how)
                fields.at.wrong(fields.place, wanted, sentence("send it before or after, with `at:`"))


def _apart(written: Fields, new: Outage, others: Collection[Outage]) -> None:
    """A machine that is broken cannot be broken again before it is mended."""
    for other in others:
        node = next((shared for shared in new.nodes if shared in other.nodes), None)
        first, then = sorted((other, new), key=lambda outage: outage.at)
        if node and (first.at == then.at or then.at < first.at + first.lasts):
            hint = sentence("one outage of a machine begins when the one before has ended")
            wanted = sentence("{node} is {how} at that time", node=node, how=other.how)
            written.wrong(OutageKeys.at, wanted, hint)
            return


def _outage(written: Fields, known: Collection[str]) -> Iterator[Outage]:
    how, machine = written[OutageKeys.how], written[OutageKeys.machine]
    nodes = (*((machine,) if machine else ()), *written[OutageKeys.between])
    lasts = written[OutageKeys.lasts]
    wanted = 2 if how is How.DROPPED else 1
    key = OutageKeys.between if how is How.DROPPED else OutageKeys.machine
    if len(nodes) != wanted or len(set(nodes)) != wanted:
        single = sentence("{how} is about one machine", how=how)
        two = sentence("{how} is about two machines", how=how)
        hint = sentence("`machine: gateway`") if wanted == 1 else sentence("`between: [gateway, eop:EUR]`")
        written.wrong(key, single if wanted == 1 else two, hint)
        return
    for node in nodes:
        if node not in known:
            written.wrong(key, sentence("no machine is called {node!r}", node=node), unknown(node, known))
            return
    if (lasts is None) != (how is How.RESTARTED):
        none, some = sentence("{how} takes no `for:`", how=how), sentence("{how} needs a `for:`", how=how)
        hint = sentence("it is back at once") if lasts else sentence("say `for: 30m`")
        written.wrong(OutageKeys.lasts, none if lasts else some, hint)
        return
    yield Outage(how=how, nodes=nodes, at=written[OutageKeys.at], lasts=lasts or timedelta())
