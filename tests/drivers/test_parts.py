"""The lab as programs of their own, here in one process: conducted over control sockets, it gives the same traces."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import pytest

from lab.drivers import control_socket, shared_folder
from lab.drivers.address_mapping import Endpoint, LoopbackMapping
from lab.drivers.container_node import ContainerDns, ContainerNode
from lab.drivers.control_socket import Sockets
from lab.drivers.lab_clock import LabClock
from lab.drivers.remote_run import RemoteRun, nodes_of
from lab.drivers.shared_folder import ClockReading
from lab.drivers.simulator import simulate
from lab.pki import certificate_folder as pki
from lab.pki import rsa_signing
from lab.scenario.load import load
from tests.normalised_traces import diff, normalise

pytestmark = pytest.mark.wire
SCENARIOS = Path(__file__).parents[2] / "scenarios"
DOZEN = (
    "wildcard-misrouting:shared-wildcard",
    "wildcard-misrouting:dedicated-certificate",
    "wildcard-misrouting:shared-address",  # behind NAT
    "topologies/multi-forest",
    "topologies/two-regions",
    "topologies/several-front-ends",
    "flows/distribution-list",
    "flows/special-senders",
    "flows/timeline-cure",
    "flows/timeline-mx-move",
    "flows/unreachable:host-down",
    "authentication/second-hop",
)


def free_port():
    with contextlib.closing(socket.socket()) as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def set_up(variant, root):
    shared_folder.note(root, ClockReading.of(variant.starts, LabClock(variant.starts)))
    pki.make(root / "certificates", variant.every_profile, variant.starts)
    rsa_signing.signatures(variant, root)


@contextlib.asynccontextmanager
async def parts(variant, root):
    """All parts of a variant, listening on loopback."""
    names, port, site = Endpoint("127.0.0.1", free_port()), free_port(), LoopbackMapping(variant.topology)
    async with contextlib.AsyncExitStack() as stack:
        for name in nodes_of(variant):
            part = (
                ContainerDns(variant, root, names)
                if name == shared_folder.DNS
                else ContainerNode(variant, root, name, names, mapping=site, port=port)
            )
            await stack.enter_async_context(part)
            await stack.enter_async_context(control_socket.listening(part.state, part.answer))
        yield Sockets(root)


def chosen(case):
    name, _, variant = case.partition(":")
    variants = load(SCENARIOS / f"{name}.yaml").variants
    return variants[variant] if variant else next(iter(variants.values()))


@pytest.mark.parametrize("case", DOZEN)
async def test_parts_that_are_conducted_give_the_same_trace(case, tmp_path):
    variant = chosen(case)
    set_up(variant, tmp_path)
    async with parts(variant, tmp_path) as cast:
        outcome = await RemoteRun(variant, cast, variant.starts).play("containers")
    assert [str(finding) for finding in outcome.findings() if not finding.ok] == []
    simulated = simulate(variant)
    wire = normalise(outcome.traces, outcome.messages)
    assert diff(normalise(simulated.traces, simulated.messages), wire, ("simulator", "parts")) == ""
