"""What runs in the containers of a plan, and with which rights. Pure: no engine is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from lab.drivers.containers.network_plan import INTERNET, NetworkPlan, PlannedMachine
from lab.model.value import dataclass
from lab.scenario.model import Variant

LAB, ROUTER = "mailflow-lab:local", "mailflow-lab-router:local"
IMAGES = LAB, ROUTER
ROUTES = "router"
"""What the router is called."""
VOLUME = "/var/lib/mflab"
"""Where the lab's volume is mounted."""
OWNER = 10001, 10001
"""User and group of the lab's programs."""
SCENARIO = "variant.yaml"
"""The file in the volume that says what to set up."""
_STATE = f"{VOLUME}/lab"
_LISTENING = {"net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ip_nonlocal_bind": "1"}
"""Programs that have no rights may listen on ports 25 and 53, and one whose cable was pulled still knows its address:
it finds out by dialling that it reaches nobody. Belongs to the network namespace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A container to be made. It can write nowhere but to the volume and /tmp, and has no rights but those named."""

    name: str
    image: str = LAB
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    network: str | None = None
    address: str | None = None
    """Its address in that network."""
    shares: str | None = None
    """The container whose network it uses."""
    dns: tuple[str, ...] = ()
    """Whom the engine's own resolver asks; it must never be one of the host's."""
    user: str | None = None
    """Instead of the image's."""
    capabilities: tuple[str, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    volume: str | None = None
    asks: bool = False
    """Whether it reads stdin."""
    ready: bytes = b""
    """Part of what it says when it has done what others wait for."""
    memory: str = "256m"
    pids: int = 128

    @property
    def network_mode(self) -> str:
        """Where the engine puts it; nowhere, if nothing else is said."""
        return self.network or (f"container:{self.shares}" if self.shares else "none")


@dataclass(frozen=True, slots=True)
class Programs:
    """The containers of a run. `prefix` begins all names."""

    prefix: str
    plan: NetworkPlan
    variant: Variant
    seed: int

    def named(self, name: str) -> str:
        """What a container, network or volume of this run is called."""
        return f"{self.prefix}-{name}"

    @property
    def volume(self) -> str:
        """The name of the shared folder."""
        return self.named("state")

    def setup(self) -> Program:
        """Writes certificates and keys, and ends."""
        return self._lab("setup", "setup", "--starts", self.variant.starts.isoformat())

    def relay(self) -> Program:
        """Carries our questions to the others' control sockets; it needs no network for that."""
        return replace(self._lab("relay", "relay"), asks=True)

    def dns(self) -> Program:
        """The name server."""
        at = self.plan.dns
        return self._listening(self._lab("dns", "dns", "--at", at), INTERNET, at)

    def machine(self, machine: PlannedMachine) -> Program:
        """The program of a machine: with its own network, or in its holder's."""
        arguments = ("node", "--at", machine.addresses[0], "--dns", self.plan.dns, "--seed", str(self.seed))
        program = self._lab(machine.name, *arguments)
        if machine.held:
            return replace(program, shares=self.named(machine.holder))
        return self._listening(program, machine.network, machine.docker)

    def _lab(self, name: str, *told: str) -> Program:
        return Program(
            name=self.named(name),
            command=("mflab", "part", *told),
            environment={"MFLAB_STATE": _STATE, "SCENARIO": f"{VOLUME}/{SCENARIO}", "VARIANT": ""},
            volume=self.volume,
        )

    # -- what belongs to the network

    def holder(self, machine: PlannedMachine) -> Program:
        """Owns the network namespace of a machine, with all its addresses."""
        environment = {"DOCKER_ADDRESS": machine.docker, "ADDRESSES": " ".join(machine.addresses)}
        program = replace(self._net(machine.holder, "holder.sh"), environment=environment, ready=b" has ")
        return self._listening(program, machine.network, machine.docker)

    def router(self) -> Program:
        """Connects the ranges, and hides inside hosts."""
        router = self.plan.router
        environment = {"DOCKER_ADDRESS": router.docker, "GATEWAYS": " ".join(router.gateways)}
        if router.docker_inside is not None:
            environment |= {
                "INSIDE_ADDRESS": router.docker_inside,
                "INSIDE_GATEWAY": self.plan.networks[-1].gateway,
                "NAT": "\n".join(f"* {inside} {public}" for inside, public in router.nat.items()),
            }
        return replace(
            self._wired(self._net(ROUTES, "router.sh"), INTERNET, router.docker),
            environment=environment,
            sysctls={"net.ipv4.ip_forward": "1"},
            ready=b"routing between",
        )

    def beside(self, container: str, *command: str) -> Program:
        """A command with rights over the network of a container, which itself has none."""
        return replace(self._net("net", *command), shares=container)

    def _net(self, name: str, *command: str) -> Program:
        return Program(
            name=self.named(name),
            image=ROUTER,
            command=command,
            capabilities=("NET_ADMIN",),
            memory="64m",
            pids=32,
        )

    def _listening(self, program: Program, network: str, address: str) -> Program:
        return replace(self._wired(program, network, address), sysctls=_LISTENING)

    def _wired(self, program: Program, network: str, address: str) -> Program:
        return replace(program, network=self.named(network), address=address, dns=(self.plan.dns,))
