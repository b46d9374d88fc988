"""`mflab doctor`: whether this machine can run the lab, and what to do where it cannot."""

from __future__ import annotations

import platform
import shutil
import socket
import sqlite3
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from importlib import metadata
from pathlib import Path

from lab.cli import locations
from lab.cli.arguments import add_json
from lab.cli.exit_codes import Exit
from lab.cli.labs import container_labs
from lab.cli.labs.lab_state import DNS_PORT, HTTP_PORT, SMTP_PORT
from lab.cli.output import columns, plainly, put, put_json
from lab.cli.verb_declaration import Verb, declare
from lab.drivers.address_mapping import all_hosts, loopback
from lab.drivers.containers import engine_problems
from lab.drivers.containers.container_programs import IMAGES
from lab.drivers.containers.network_plan import LAN, WIRE
from lab.errors import DriverError
from lab.model.value import dataclass
from lab.scenario.load import load

PACKAGES = (
    "aiosmtpd",
    "cryptography",
    "dnspython",
    "docker",
    "h11",
    "prometheus-client",
    "pyopenssl",
    "pyyaml",
    "rich",
)
TOOLS = {
    "swaks": "plays any host by hand",
    "openssl": "shows what a server presents",
    "dig": "asks the lab's DNS",
    "curl": "sends a message",
}


@dataclass(frozen=True, slots=True)
class MachineCheck:
    """One thing that was looked at."""

    what: str
    ok: bool
    found: str
    needed: bool = True
    """Whether the lab cannot run without it."""
    hint: str = ""

    @property
    def verdict(self) -> str:
        """For the first column."""
        return "ok" if self.ok else "MISSING" if self.needed else "without"


def add(verb: Verb) -> None:
    """Declare the verb."""
    about = (
        "The simulator needs only Python and its packages; addresses, ports and the state folder are for the embedded lab\n"
        "(up, demo, --driver embedded), Docker and what belongs to it for --driver containers."
    )
    parser = declare(verb, run, about=about, examples="  mflab doctor\n  mflab doctor --json")
    parser.add_argument("--state", metavar="DIR", help="state folder to check (default: .mflab)")
    add_json(parser)


def run(args: Namespace) -> int:
    """Look, and tell."""
    checks = list(examine(locations.state_folder(args.state)))
    if args.json:
        put_json({"ok": _fit(checks), "checks": checks})
    else:
        put("\n".join(columns([(check.verdict, check.what, check.found) for check in checks])))
        put(
            "\n".join(f"-> {check.what}: {check.hint}" for check in checks if check.hint and not check.ok)
            or "All is there."
        )
    return Exit.OK if _fit(checks) else Exit.ENVIRONMENT


def examine(state: Path) -> Iterator[MachineCheck]:
    """Everything, in the order in which it would be missed."""
    yield MachineCheck(
        "python", sys.version_info >= (3, 11), platform.python_version(), hint="install Python 3.11 or newer"
    )
    yield from map(_package, PACKAGES)
    yield _loopback(lab_addresses())
    yield _port("smtp port", SMTP_PORT, loopback("198.51.100.25"), (socket.SOCK_STREAM,), "--port")
    yield _port("dns port", DNS_PORT, "127.0.0.1", (socket.SOCK_STREAM, socket.SOCK_DGRAM), "--dns-port")
    yield _port("http port", HTTP_PORT, "127.0.0.1", (socket.SOCK_STREAM,), "--http-port")
    yield _store(state)
    yield from (_tool(name, use) for name, use in TOOLS.items())
    yield from _containers()


def lab_addresses() -> tuple[str, ...]:
    """The loopback addresses of the demo's hosts."""
    checks = {
        loopback(address)
        for variant in load(locations.find_scenario("wildcard-misrouting")).variants.values()
        for host in all_hosts(variant.topology)
        for address in (host.address, host.source)
    }
    return tuple(sorted(checks, key=socket.inet_aton))


def _fit(checks: Iterable[MachineCheck]) -> bool:
    return all(check.ok for check in checks if check.needed)


def _package(name: str) -> MachineCheck:
    try:
        return MachineCheck(name, True, metadata.version(name))
    except metadata.PackageNotFoundError:
        return MachineCheck(name, False, "not installed", hint=f"pip install {name}")


def _loopback(addresses: tuple[str, ...]) -> MachineCheck:
    """Linux has all of 127.0.0.0/8; macOS only what was added to lo0."""
    missing = [address for address in addresses if not _can_bind(address, 0, socket.SOCK_STREAM)]
    if not missing:
        return MachineCheck(
            "loopback addresses", True, f"all {len(addresses)} can be used, such as {addresses[0]}"
        )
    lines = "; ".join(f"sudo ifconfig lo0 alias {address}" for address in missing)
    return MachineCheck(
        "loopback addresses", False, f"{len(missing)} of {len(addresses)} cannot be used", hint=lines
    )


def _port(
    what: str, port: int, address: str, kinds: tuple[socket.SocketKind, ...], option: str
) -> MachineCheck:
    """Only `mflab up` has fixed ports, and it can be given others."""
    free = all(_can_bind(address, port, kind) for kind in kinds)
    state = f"{port} is {'free' if free else 'taken'}"
    return MachineCheck(what, free, state, needed=False, hint=f"`mflab up {option} N` takes another one")


def _can_bind(address: str, port: int, kind: socket.SocketKind) -> bool:
    with closing(socket.socket(socket.AF_INET, kind)) as trial:
        try:
            trial.bind((address, port))
        except OSError:
            return False
    return True


def _store(state: Path) -> MachineCheck:
    """A message is on disk before its 250: WAL and full sync must work where the state folder is, or will be."""
    folder = next((parent for parent in (state, *state.absolute().parents) if parent.is_dir()), Path.cwd())
    what = f"SQLite {sqlite3.sqlite_version} in {folder}"
    try:
        with tempfile.TemporaryDirectory(prefix=".mflab-doctor-", dir=folder) as trial:
            _write(Path(trial) / "trial.sqlite")
    except (OSError, sqlite3.Error) as error:
        return MachineCheck(
            "state folder",
            False,
            f"{what}: {plainly(error)}",
            hint="--state DIR names a folder that can be written",
        )
    return MachineCheck("state folder", True, f"{what}, WAL with full sync")


def _write(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise sqlite3.OperationalError(f"no WAL on this file system, only {mode}")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE trial (n INTEGER)")


def _tool(name: str, use: str) -> MachineCheck:
    program = shutil.which(name)
    return MachineCheck(
        name, program is not None, program or "not found", needed=False, hint=f"optional; it {use}"
    )


def _containers() -> Iterator[MachineCheck]:
    """What --driver containers needs."""
    try:
        with container_labs.engine() as engine:
            ranges = [str(WIRE), str(LAN)]
            yield MachineCheck("docker engine", True, engine.version(), needed=False)
            yield _tried("lab images", ", ".join(IMAGES), lambda: engine.require(IMAGES))
            yield _tried(
                "lab networks",
                f"{' and '.join(ranges)} are free",
                lambda: engine_problems.check_ranges(ranges, engine.ranges()),
            )
    except DriverError as error:
        yield MachineCheck("docker engine", False, "cannot be used", needed=False, hint=str(error))


def _tried(what: str, version: str, trial: Callable[[], None]) -> MachineCheck:
    try:
        trial()
    except DriverError as error:
        return MachineCheck(what, False, "not as it has to be", needed=False, hint=str(error))
    return MachineCheck(what, True, version, needed=False)
