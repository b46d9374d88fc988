"""Outages done to real containers give the same traces as outages that the simulator only thinks of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lab.drivers.containers.driver import run_containers
from lab.drivers.simulator import simulate
from lab.model.outage import How, Outage
from tests.drivers.test_parts import chosen
from tests.normalised_traces import diff, normalise

pytestmark = pytest.mark.docker
SHIPPED = (
    "outages/gateway:killed-with-a-queue",
    "outages/gateway:packets-dropped",
    *(
        pytest.param(case, marks=pytest.mark.slow)
        for case in (
            "outages/gateway:paused",
            "outages/gateway:killed",
            "outages/gateway:restarted",
            "outages/gateway:cut-off",
            "outages/exchange:cut-off",
            "outages/exchange-online:an-hour",
        )
    ),
)
BASE = "outages/gateway:killed"


def outage(how, *nodes):
    return Outage(how=how, nodes=nodes, at=timedelta(minutes=5), lasts=timedelta(minutes=30))


OTHERS = {
    "a region dies": (BASE, outage(How.KILLED, "eop:EUR")),
    "a region hangs": (BASE, outage(How.PAUSED, "eop:EUR")),
    "two machines of one network": (BASE, outage(How.DROPPED, "exchange", "gateway")),
}


def same(variant):
    outcome, simulated = run_containers(variant), simulate(variant)
    real = normalise(outcome.traces, outcome.messages)
    assert diff(normalise(simulated.traces, simulated.messages), real, ("simulator", "containers")) == ""
    return outcome


@pytest.mark.parametrize("case", SHIPPED)
def test_an_outage_of_a_scenario(case, docker_engine):
    outcome = same(chosen(case))
    assert [str(finding) for finding in outcome.findings() if not finding.ok] == []
    assert docker_engine.labs() == []


@pytest.mark.slow
@pytest.mark.usefixtures("docker_engine")
@pytest.mark.parametrize(("case", "breaks"), OTHERS.values(), ids=OTHERS)
def test_other_outages(case, breaks):
    outcome = same(replace(chosen(case), outages=(breaks,)))
    tries = [step for hop in outcome.hops for step in hop.steps if step.kind == "deferred"]
    assert tries, "the outage was felt"
    assert {each for trace in outcome.traces.values() for each in trace.dispositions.values()} == {
        "delivered"
    }
