"""The containers of one run: made, started as soon as what they need is there, and always removed."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from types import TracebackType

from lab.drivers.containers import engine_problems, existing_labs
from lab.drivers.containers.container_programs import IMAGES, SCENARIO, VOLUME, Program, Programs
from lab.drivers.containers.engine import Engine
from lab.drivers.containers.existing_labs import ContainerLab
from lab.drivers.containers.network_plan import INSIDE, PlannedMachine, plan
from lab.drivers.containers.socket_relay import Stream
from lab.errors import DriverError
from lab.scenario.model import Variant
from lab.scenario.rendering.render import render

_HANDS = 16
"""Requests to the engine at the same time."""
_LINES = 5
"""Of each log, where a run fails."""


class Deployment:
    """A variant in containers. Use as a context manager: whatever happens, nothing is left of it."""

    def __init__(self, engine: Engine, variant: Variant, *, seed: int = 0) -> None:
        """Raises DriverError for a variant that containers cannot carry."""
        self.engine = engine
        self.variant = variant
        self.plan = plan([variant])
        self.run = secrets.token_hex(3)
        self.programs = Programs(f"mflab-{self.run}", self.plan, variant, seed)
        self.labels = existing_labs.labels(self.run, variant.name)

    def __enter__(self) -> Deployment:
        """Start all. Raises DriverError when something is missing or in the way; then nothing is left."""
        self.engine.require(IMAGES)
        engine_problems.check_ranges((network.subnet for network in self.plan.networks), self.engine.ranges())
        try:
            with ThreadPoolExecutor(_HANDS) as hands:
                self._start(hands)
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove all."""
        self.relay.close()
        self.remove()

    def remove(self) -> None:
        """What there is of this run, and of no other."""
        remove(self.engine, (lab for lab in self.engine.labs() if lab.run == self.run))

    # -- starting

    def _start(self, hands: ThreadPoolExecutor) -> None:
        """Setting up takes longest, so the network is made meanwhile."""
        network = hands.submit(self._networks)
        self._set_up()
        network.result()
        holders = [hands.submit(self._hold, machine) for machine in self.plan.machines if machine.held]
        routing = hands.submit(self._route)
        relaying = hands.submit(self._relay)
        nodes = [self.programs.dns(), *(self.programs.machine(m) for m in self.plan.machines if not m.held)]
        _all([hands.submit(self._run, program) for program in nodes])
        _all([routing, *holders])
        self.relay = relaying.result()

    def _networks(self) -> None:
        for network in self.plan.networks:
            name = self.programs.named(network.name)
            self.engine.create_network(name, network.subnet, network.gateway, self.labels)

    def _set_up(self) -> None:
        program = self.programs.setup()
        self.engine.create_volume(self.programs.volume, self.labels)
        self.engine.create(program, self.labels)
        self.engine.put(program.name, VOLUME, SCENARIO, render(self.variant))
        self.engine.start(program.name)
        if self.engine.wait(program.name):
            raise DriverError(f"setting up failed: {self.engine.log(program.name).strip()}")

    def _hold(self, machine: PlannedMachine) -> None:
        self.engine.create(self.programs.holder(machine), self.labels)
        self.engine.create(self.programs.machine(machine), self.labels)
        self.start(machine)

    def start(self, machine: PlannedMachine) -> None:
        """The first time or again. A program may listen on an address only when its holder has added that."""
        if machine.held:
            self._await(self.programs.holder(machine))
        self.engine.start(self.programs.named(machine.name))

    def _route(self) -> None:
        program = self.programs.router()
        self.engine.create(program, self.labels)
        if self.plan.router.docker_inside is not None:
            self.engine.join(program.name, self.programs.named(INSIDE), self.plan.router.docker_inside)
        self._await(program)

    def _relay(self) -> Stream:
        program = self.programs.relay()
        self.engine.create(program, self.labels)
        return self._attached(program)

    def _run(self, program: Program) -> None:
        self.engine.create(program, self.labels)
        self.engine.start(program.name)

    def _attached(self, program: Program) -> Stream:
        """Started, and nothing of what it says is missed."""
        stream = self.engine.attach(program.name)
        self.engine.start(program.name)
        return stream

    def _await(self, program: Program) -> None:
        """Start it, and wait until it says that it has done its work; it stays afterwards."""
        said = b""
        with closing(self._attached(program)) as stream:
            for _, piece in stream.frames():
                said += piece
                if program.ready in said:
                    return
        raise DriverError(f"{program.name} has ended: {said.decode(errors='replace').strip()}")

    def machine(self, node: str) -> PlannedMachine:
        """The machine that plays a node, `gateway` or `eop:EUR`. Raises DriverError when there is none."""
        address = next((at for at, name in self.variant.topology.addresses().items() if name == node), None)
        if address is None:
            raise DriverError(f"{self.variant.name} has no machine {node}")
        return self.plan.at(address)

    # -- when it fails

    def check(self) -> None:
        """Raises DriverError when a container has ended that should run."""
        ended = set(self.engine.ended(self.run)) - {self.programs.setup().name}
        if ended:
            raise DriverError(f"it has ended: {', '.join(sorted(ended))}")

    def logs(self) -> str:
        """The last lines of everybody."""
        logs = []
        for lab in self.engine.labs():
            for name in lab.containers if lab.run == self.run else ():
                said = self.engine.log(name, _LINES).rstrip()
                logs += [
                    f"{name.removeprefix(self.programs.prefix + '-')}: {line}" for line in said.splitlines()
                ]
        return "\n".join(logs)


def _errors(work: Iterable[Future[None]]) -> list[str]:
    """What has gone wrong, when all has been tried."""
    errors = (future.exception() for future in work)
    return [str(error) for error in errors if error is not None]


def _all(work: Iterable[Future[None]]) -> None:
    """Wait for it. Raises the first error."""
    for future in work:
        future.result()


def remove(engine: Engine, labs: Iterable[ContainerLab]) -> None:
    """Containers first, then what they have used. Raises DriverError, with all that is wrong, once it has tried all."""
    wrong: list[str] = []
    for lab in labs:
        with ThreadPoolExecutor(_HANDS) as hands:
            for verb, names in (
                (engine.remove, lab.containers),
                (engine.remove_network, lab.networks),
                (engine.remove_volume, lab.volumes),
            ):
                wrong += _errors([hands.submit(verb, name) for name in names])
    if wrong:
        raise DriverError("; ".join(wrong))
