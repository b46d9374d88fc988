"""The parts of a lab in containers, as far as they are no servers: setting up, playing, and finding out who is where."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cli import locations
from lab.cli.arguments import chosen, today
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.labs import compose_labs, lab_state
from lab.cli.labs.lab_state import RunningLab
from lab.cli.output import put, tell_story
from lab.drivers import shared_folder
from lab.drivers.control_socket import Sockets
from lab.drivers.shared_folder import ClockReading
from lab.errors import DriverError
from lab.scenario.load import load
from lab.scenario.model import Variant

if TYPE_CHECKING:
    from lab.drivers.run_outcome import RunOutcome

DEFAULT_SCENARIO = "wildcard-misrouting"
PATIENCE = 60.0
"""Seconds for all parts to start."""
_OURS = (lab_state.SCENARIO, lab_state.CERTIFICATES, "signing", *shared_folder.OURS)
"""What setting up writes, and the parts."""
NAT_PATIENCE = 5.0
"""Seconds for those that have told Docker that they are well."""
_HINT = "is the lab up (`docker compose up`)? `docker compose ps -a` and `docker compose logs` tell of those"


def set_up(starts: datetime | None) -> int:
    """Write the variant that the environment names into the shared folder, with its certificates and keys.

    A folder of the same variant is left as it is, queues and all. Raises BadInput when parts with another one run.
    """
    from lab.drivers.lab_clock import LabClock
    from lab.pki import certificate_folder as pki  # loads OpenSSL, which few verbs need
    from lab.pki import rsa_signing

    scenario = load(_scenario_file(os.environ.get("SCENARIO") or DEFAULT_SCENARIO))
    variant = chosen(scenario, os.environ.get("VARIANT") or None)
    _check_addresses(scenario.name, variant)
    _check_outages(variant)
    state = compose_labs.set_up_in(locations.state_folder(None), variant.name)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_same(state, variant):
        _forget(state)
    if not shared_folder.has_clock(state):
        begins = starts or today()
        shared_folder.note(state, ClockReading.of(begins, LabClock(begins)))
    reading = shared_folder.latest(state)
    pki.make(state / lab_state.CERTIFICATES, variant.every_profile, reading.starts)
    rsa_signing.signatures(variant, state)
    lab = RunningLab(
        pid=None,
        scenario=str(Path(scenario.file).absolute()),
        variant=variant.name,
        kind=variant.kind,
        port=shared_folder.SMTP_PORT,
        dns_port=shared_folder.DNS_PORT,
    )
    lab_state.write(state, lab, variant)
    put(f"{scenario.name}, {variant.name}: set up in {state}")
    return Exit.OK


def _scenario_file(name: str) -> Path:
    """Raises BadInput when there is none; a container does not see all that is there outside."""
    try:
        return locations.find_scenario(name)
    except BadInput as error:
        if compose_labs.volume() is None:
            raise
        seen = "below the top of the repository, or below the folder that MFLAB_FILES names"
        raise BadInput(f"{error}. Only files {seen}, can be seen here") from None


def _check_outages(variant: Variant) -> None:
    """What runs in a compose file's containers has no hands on them. Raises BadInput for what would need some."""
    if compose_labs.volume() is not None and variant.outages:
        raise BadInput(
            f"{variant.name} has outages, and a lab of a compose file cannot break its own machines: `mflab run SCENARIO "
            "--driver containers` does so"
        )


def _check_addresses(scenario: str, variant: Variant) -> None:
    """Whoever starts the containers may tell which addresses they have. Raises BadInput when that is not enough."""
    given = os.environ.get("MFLAB_ADDRESSES", "").split()
    missing = [
        f"{node} ({address})" for address, node in variant.topology.nodes().items() if address not in given
    ]
    if given and missing:
        raise BadInput(
            f"this compose file has no machine for {', '.join(missing)} of {variant.name}; `mflab render {scenario} "
            f"--compose > compose/{scenario}.yaml` writes one that has, and COMPOSE_LAB={scenario} chooses it"
        )


def _is_same(state: Path, variant: Variant) -> bool:
    from lab.scenario.rendering.render import render

    path = state / lab_state.SCENARIO
    return path.exists() and path.read_text("utf-8") == render(variant)


def _forget(state: Path) -> None:
    """The lab of an older text of the scenario, and nothing else that somebody may have put there.

    Raises BadInput when the folder is not that of a lab in parts, or when one of them runs.
    """
    if not any(state.iterdir()):
        return
    if not lab_state.has_lab(state) or lab_state.read(state).pid is not None:
        raise BadInput(
            f"MFLAB_STATE={state}: there is something else in that folder; name an empty or a new one"
        )
    for store in shared_folder.stores(state):
        if lab_state.is_locked(store):
            raise BadInput(
                f"{state}: {store.parent.name} still runs another text of this scenario; end that lab first"
            )
    for name in _OURS:
        path = state / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def gateway_at(variant: Variant, address: str) -> str:
    """The gateway at an address. Raises BadInput when none is there."""
    node = variant.topology.nodes().get(address)
    host = variant.topology.hosts.get(node or "")
    if host is None or not host.is_filter:
        raise BadInput(f"{variant.name}: {address} is {node or 'nobody'}, and no gateway")
    return host.name


async def yielded(state: Path, address: str) -> None:
    """Have the lab's own node make way for a real server. Raises DriverError when it is not there in time."""
    from lab.drivers.postfix_node import YIELD

    sockets = Sockets(state)
    await sockets.awaited([address], PATIENCE)
    await sockets.ask(address, YIELD)


def listening(variant: Variant, node: str) -> Sequence[str]:
    """The addresses of a node."""
    return [address for address, name in variant.topology.addresses().items() if name == node]


def play() -> int:
    """Send the variant's messages through the parts, tell what happened, and judge it."""
    from lab.reports.scenario_runs import ScenarioRuns

    state = compose_labs.lab_to_play()
    variant = lab_state.variant_of(state)
    runs = ScenarioRuns(load(state / lab_state.SCENARIO), (asyncio.run(_played(state, variant)),))
    return tell_story(runs)


async def _check_profile(variant: Variant, sockets: Sockets) -> None:
    """Compose starts hosts of a profile, and waits for them, before us. Raises DriverError when it was not told to."""
    only_nat = os.environ.get("MFLAB_ONLY_NAT", "").split()
    hidden = [node for address, node in variant.topology.nodes().items() if address in only_nat]
    try:
        await sockets.awaited(hidden, NAT_PATIENCE)
    except DriverError:
        raise DriverError(
            f"{', '.join(hidden)} of {variant.name} are behind NAT: `docker compose --profile nat up` starts them"
        ) from None


async def _played(state: Path, variant: Variant) -> RunOutcome:
    from lab.drivers.remote_run import RemoteRun, nodes_of

    sockets, parts = Sockets(state), nodes_of(variant)
    await _check_profile(variant, sockets)
    try:
        await sockets.awaited(parts, PATIENCE)
    except DriverError as error:
        raise DriverError(f"{error}; {_HINT}") from None
    rests = [await sockets.ask(part, {"do": "rest"}) for part in parts]
    mark = secrets.token_hex(3) if any(rest["hops"] for rest in rests) else ""
    if mark and (variant.timeline or any(spec.at for spec in variant.messages)):
        raise DriverError(
            f"{variant.name} takes its course in time, and once: `{lab_state.DOWN} -v` begins anew"
        )
    return await RemoteRun(variant, sockets, shared_folder.latest(state).starts, mark=mark).play("containers")
