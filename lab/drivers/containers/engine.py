"""The Docker engine, as far as the lab needs it. No other module knows the SDK; whatever that raises is a DriverError.

Everything that is made here carries labels, so that what a crashed lab has left is found again.
"""

from __future__ import annotations

import io
import socket
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from typing import Any

import docker
from docker.context import ContextAPI
from docker.errors import APIError, DockerException, NotFound
from docker.types import IPAMConfig, IPAMPool, Mount
from docker.utils import kwargs_from_env
from requests.exceptions import RequestException

from lab.drivers.containers import engine_problems
from lab.drivers.containers.container_programs import OWNER, VOLUME, Program
from lab.drivers.containers.existing_labs import RUN, ContainerLab, Range, labs
from lab.drivers.containers.socket_relay import Stream
from lab.errors import DriverError
from lab.model.value import dataclass

_PATIENCE = 60
"""Seconds for one answer of the engine."""
_POOL = 32
"""Connections to the engine at the same time."""
_QUIETLY = {
    "com.docker.network.bridge.inhibit_ipv4": "true",
    "com.docker.network.bridge.enable_ip_masquerade": "false",
    "com.docker.network.bridge.gateway_mode_ipv4": "routed",
}
"""The host's side of a bridge has no address, so there is no way out, and nothing of the host's own network is hidden.

Engine 28 drops packets for a container's address that come by another bridge than its own, also between two containers,
as with an inside host and the router; not so in a `routed` network. Older engines do not, and ignore what they do not know.
"""
_UNDER_WAY = "already in progress"
"""What an engine says when it is told twice to remove a container."""
_TMP = "rw,noexec,nosuid,nodev,size=16m"


@dataclass(frozen=True, slots=True)
class CommandOutput:
    """What a command in a container has said."""

    code: int
    text: str


class Engine:
    """A connection to an engine; may be used by several threads at once."""

    def __init__(self, api: docker.APIClient) -> None:
        self._api = api

    @classmethod
    def connect(cls, patience: int = _PATIENCE) -> Engine:
        """The engine that the environment or Docker's current context names.

        Raises DriverError, with what to do, when there is none, when we may not use it, and when it is too old.
        """
        place = _place()
        try:
            _knock(place.get("base_url") or "")
            api = docker.APIClient(version="auto", timeout=patience, max_pool_size=_POOL, **place)
        except (DockerException, RequestException, OSError, ValueError) as error:
            raise engine_problems.unreachable(place.get("base_url") or "the usual socket", error) from error
        engine_problems.check_version(api.api_version)
        return cls(api)

    def close(self) -> None:
        """Give the connections back."""
        self._api.close()

    def version(self) -> str:
        """`20.10.24, API 1.41`."""
        with _asking("the version"):
            return f"{self._api.version()['Version']}, API {self._api.api_version}"

    def require(self, images: Iterable[str]) -> None:
        """Raises DriverError, with how to build them, when images are not there. Nothing is ever pulled."""
        missing = [image for image in dict.fromkeys(images) if not self._has(image)]
        if missing:
            raise engine_problems.not_built(missing)

    def _has(self, image: str) -> bool:
        with _asking(image):
            try:
                self._api.inspect_image(image)
            except NotFound:
                return False
            return True

    # -- networks and volumes

    def ranges(self) -> list[Range]:
        """The address ranges of all networks of the engine."""
        with _asking("its networks"):
            networks = self._api.networks()
        return [
            Range(network["Name"], pool["Subnet"], network["Labels"] or {})
            for network in networks
            for pool in network["IPAM"]["Config"] or ()
            if pool.get("Subnet")
        ]

    def create_network(self, name: str, subnet: str, gateway: str, labels: Mapping[str, str]) -> None:
        """A bridge that the host itself has no address in."""
        ipam = IPAMConfig(pool_configs=[IPAMPool(subnet=subnet, gateway=gateway)])
        with _asking(f"network {name}"):
            self._api.create_network(name, "bridge", options=_QUIETLY, ipam=ipam, labels=dict(labels))

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """An empty one."""
        with _asking(f"volume {name}"):
            self._api.create_volume(name, labels=dict(labels))

    def join(self, container: str, network: str, address: str) -> None:
        """Put a container into a network."""
        with _asking(container):
            self._api.connect_container_to_network(container, network, ipv4_address=address)

    def leave(self, container: str, network: str) -> None:
        """Take a container out of a network."""
        with _asking(container):
            self._api.disconnect_container_from_network(container, network)

    # -- containers

    def create(self, program: Program, labels: Mapping[str, str]) -> None:
        """A hardened container, not started."""
        with _asking(program.name):
            self._api.create_container(
                program.image,
                list(program.command),
                name=program.name,
                labels=dict(labels),
                environment=dict(program.environment),
                stdin_open=program.asks,
                user=program.user,
                host_config=self._host(program),
                networking_config=self._networking(program),
            )

    def _host(self, program: Program) -> dict[str, Any]:
        host: dict[str, Any] = self._api.create_host_config(
            network_mode=program.network_mode,
            read_only=True,
            tmpfs={"/tmp": _TMP},  # noqa: S108 - the container's own
            init=True,
            cap_drop=["ALL"],
            cap_add=list(program.capabilities),
            security_opt=["no-new-privileges:true"],
            sysctls=dict(program.sysctls),
            mem_limit=program.memory,
            pids_limit=program.pids,
            mounts=[Mount(VOLUME, program.volume, "volume")] if program.volume else [],
            dns=list(program.dns),
        )
        return host

    def _networking(self, program: Program) -> dict[str, Any] | None:
        if program.network is None:
            return None
        at = self._api.create_endpoint_config(ipv4_address=program.address)
        networking: dict[str, Any] = self._api.create_networking_config({program.network: at})
        return networking

    def start(self, name: str) -> None:
        """Start one that was created, or has ended."""
        with _asking(name):
            self._api.start(name)

    def wait(self, name: str) -> int:
        """Wait until it has ended; its exit code."""
        with _asking(name):
            return int(self._api.wait(name)["StatusCode"])

    def kill(self, name: str) -> None:
        """As a power cut does."""
        with _asking(name):
            self._api.kill(name)

    def pause(self, name: str) -> None:
        """Freeze all its processes."""
        with _asking(name):
            self._api.pause(name)

    def unpause(self, name: str) -> None:
        """Let them go on."""
        with _asking(name):
            self._api.unpause(name)

    def remove(self, name: str) -> None:
        """Kill it, if it runs, and remove it. That somebody else does so at the same moment is no error."""
        with _asking(name), suppress(NotFound):
            try:
                self._api.remove_container(name, force=True, v=True)
            except APIError as error:
                if error.status_code != HTTPStatus.CONFLICT or _UNDER_WAY not in str(error.explanation):
                    raise
                self._api.wait(name, condition="removed")

    def run(self, program: Program, labels: Mapping[str, str]) -> CommandOutput:
        """Run one to its end, and remove it."""
        self.create(program, labels)
        try:
            self.start(program.name)
            return CommandOutput(self.wait(program.name), self.log(program.name))
        finally:
            self.remove(program.name)

    def execute(self, name: str, command: Iterable[str]) -> CommandOutput:
        """Run a command in one that runs. It has to end by itself: the engine knows no limit of time."""
        with _asking(name):
            execution = self._api.exec_create(name, list(command))["Id"]
            text = self._api.exec_start(execution)
            return CommandOutput(self._api.exec_inspect(execution)["ExitCode"], text.decode(errors="replace"))

    def log(self, name: str, lines: int | str = "all") -> str:
        """The last lines that it has said."""
        with _asking(name):
            text: bytes = self._api.logs(name, tail=lines)
            return text.decode(errors="replace")

    def put(self, name: str, folder: str, file: str, text: str) -> None:
        """Write a file into a volume of a container, whoever and wherever the engine is."""
        packed, content = io.BytesIO(), text.encode()
        entry = tarfile.TarInfo(file)
        entry.size, entry.mode, (entry.uid, entry.gid) = len(content), 0o600, OWNER
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.addfile(entry, io.BytesIO(content))
        with _asking(name):
            self._api.put_archive(name, folder, packed.getvalue())

    def attach(self, name: str) -> Stream:
        """Its stdin, stdout and stderr. Attach before it starts, and nothing that it says is lost."""
        with _asking(name):
            wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            return Stream(self._api.attach_socket(name, params=wanted))

    # -- labs

    def ended(self, run: str) -> list[str]:
        """The containers of a run that have ended."""
        wanted = {"label": f"{RUN}={run}", "status": "exited"}
        with _asking("the lab's containers"):
            return [
                str(container["Names"][0]).lstrip("/")
                for container in self._api.containers(all=True, filters=wanted)
            ]

    def labs(self) -> list[ContainerLab]:
        """What there is of labs in containers, running or left behind."""
        marked = {"label": RUN}
        with _asking("the lab's containers"):
            return labs(
                self._api.containers(all=True, filters=marked),
                self._api.networks(filters=marked),
                self._api.volumes(filters=marked)["Volumes"] or (),
            )

    def remove_network(self, name: str) -> None:
        """It has to be empty."""
        with _asking(f"network {name}"), suppress(NotFound):
            self._api.remove_network(name)

    def remove_volume(self, name: str) -> None:
        """It has to be unused."""
        with _asking(f"volume {name}"), suppress(NotFound):
            self._api.remove_volume(name, force=True)


def _place() -> dict[str, Any]:
    """Where the engine is: DOCKER_HOST, or Docker's current context, which the SDK does not look at by itself."""
    settings: dict[str, Any] = kwargs_from_env()
    if settings:
        return settings
    context = ContextAPI.get_current_context()
    return {"base_url": context.Host, "tls": context.TLSConfig or False} if context else {}


def _knock(url: str) -> None:
    """Raises OSError when nobody is behind a local socket; the SDK would leave its own socket open then."""
    scheme, _, path = url.partition("://")
    if scheme == "unix":
        with closing(socket.socket(socket.AF_UNIX)) as trial:
            trial.connect(path)


@contextmanager
def _asking(what: str) -> Iterator[None]:
    """The engine's refusals in words; what has gone meanwhile is told as any other."""
    try:
        yield
    except APIError as error:
        raise DriverError(f"Docker, about {what}: {error.explanation or error}") from error
    except (DockerException, RequestException, OSError) as error:
        raise DriverError(f"Docker does not answer about {what}: {error}") from error
