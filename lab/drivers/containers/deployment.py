"""The containers of one run: made, started as soon as what they need is there, and always removed."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from lab.drivers.containers import found, trouble
from lab.drivers.containers.engine import Engine
from lab.drivers.containers.found import Lab
from lab.drivers.containers.plan import INSIDE, Machine, plan
from lab.drivers.containers.programs import IMAGES, SCENARIO, VOLUME, Program, Programs
from lab.drivers.containers.stream import Stream
from lab.errors import DriverError
from lab.scenario.model import Variant
from lab.scenario.render import render

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
        self.labels = found.labels(self.run, variant.name)

    def __enter__(self) -> Deployment:
        """Start all. Raises DriverError when something is missing or in the way; then nothing is left."""
        self.engine.require(IMAGES)
        trouble.check_ranges((each.subnet for each in self.plan.networks), self.engine.ranges())
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

    def _hold(self, machine: Machine) -> None:
        """The program may listen on an address only when its holder has added that."""
        self._run_net(self.programs.holder(machine))
        self._run(self.programs.machine(machine))

    def _route(self) -> None:
        program = self.programs.router()
        self.engine.create(program, self.labels)
        if self.plan.router.docker_inside is not None:
            self.engine.join(program.name, self.programs.named(INSIDE), self.plan.router.docker_inside)
        self._start_net(program)

    def _relay(self) -> Stream:
        program = self.programs.relay()
        self.engine.create(program, self.labels)
        stream = self.engine.attach(program.name)
        self.engine.start(program.name)
        return stream

    def _run(self, program: Program) -> None:
        self.engine.create(program, self.labels)
        self.engine.start(program.name)

    def _run_net(self, program: Program) -> None:
        self.engine.create(program, self.labels)
        self._start_net(program)

    def _start_net(self, program: Program) -> None:
        """Until it says that it has done its work; it stays afterwards."""
        self.engine.start(program.name)
        said = ""
        for part in self.engine.follow(program.name):
            said += part
            if program.ready in said:
                return
        raise DriverError(f"{program.name} has ended: {said.strip()}")

    def machine(self, node: str) -> Machine:
        """The machine that plays a node, `gateway` or `eop:EUR`. Raises DriverError when there is none."""
        address = next(
            (each for each, name in self.variant.topology.addresses().items() if name == node), None
        )
        if address is None:
            raise DriverError(f"{self.variant.name} has no machine {node}")
        return self.plan.at(address)

    # -- when it fails

    def logs(self) -> str:
        """The last lines of everybody."""
        told = []
        for lab in self.engine.labs():
            for name in lab.containers if lab.run == self.run else ():
                said = self.engine.log(name, _LINES).rstrip()
                told += [
                    f"{name.removeprefix(self.programs.prefix + '-')}: {line}" for line in said.splitlines()
                ]
        return "\n".join(told)


def _errors(work: Iterable[Future[None]]) -> list[str]:
    """What has gone wrong, when all has been tried."""
    found = (each.exception() for each in work)
    return [str(error) for error in found if error is not None]


def _all(work: Iterable[Future[None]]) -> None:
    """Wait for it. Raises the first error."""
    for each in work:
        each.result()


def remove(engine: Engine, labs: Iterable[Lab]) -> None:
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
