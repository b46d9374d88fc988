"""Labs of compose files share a volume, a folder each; here it is found out which of them is meant.

`docker compose run` gives its container the SCENARIO and VARIANT of whoever types it, and not those that the lab was started
with. Its name server leaves a link to the lab that runs, or has run last, and whoever looks follows that.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from lab.cli import locations
from lab.cli.exit_codes import BadInput
from lab.cli.output import talk
from lab.drivers import shared_folder
from lab.errors import DriverError

FIRST = ".first"
"""What a compose file calls the folder where no VARIANT is given: a link to that of the first."""
LATEST = "latest"
"""In the volume: a link to the lab that runs, or has run last."""
_SLOW = 10.0
"""Seconds for an answer of somebody who is there; who is not refuses at once."""


def volume() -> Path | None:
    """What the labs of a compose file share; None where there is one lab only."""
    folder = os.environ.get("MFLAB_LABS")
    return Path(folder) if folder else None


def set_up_in(state: Path, variant: str) -> Path:
    """Where a variant is set up. One that nobody has named has the same folder as by its name."""
    if state.name != FIRST:
        return state
    state.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _link(state, variant)
    return state.with_name(variant)


def note_running(state: Path) -> None:
    """Note that the lab of a folder is the one that runs."""
    shares = volume()
    if shares is not None:
        _link(shares / LATEST, os.path.relpath(state.resolve(), shares.resolve()))


def lab_to_look_at(given: str | None) -> Path:
    """The lab that somebody wants to look at: of a state folder; else the one that runs; else the last one.

    Raises BadInput when another one runs than SCENARIO or VARIANT name.
    """
    asked, latest = locations.state_folder(given), None if given else _latest()
    if latest is None or latest == asked.resolve():
        return asked
    contradicts = _contradicts(latest)
    if _runs(latest):
        return _unless(contradicts, latest)
    if contradicts:
        return asked
    talk(f"no lab runs; {_told(latest)}, was the last one")
    return latest


def lab_to_play() -> Path:
    """The lab that messages are to be sent through: the one that runs, else the one that is being started.

    Raises BadInput when another one runs than SCENARIO or VARIANT name.
    """
    asked, latest = locations.state_folder(None), _latest()
    if latest is None or latest == asked.resolve() or not _runs(latest):
        return asked
    return _unless(_contradicts(latest), latest)


def _latest() -> Path | None:
    shares = volume()
    link = None if shares is None else shares / LATEST
    return link.resolve() if link is not None and link.is_dir() else None


def _runs(lab: Path) -> bool:
    """Whether its name server answers. Docker has ended that before another lab begins; single nodes may have been left."""
    import asyncio

    from lab.drivers import control_socket

    async def asked() -> None:
        async with asyncio.timeout(_SLOW):
            await control_socket.ask(shared_folder.folder_of(lab, shared_folder.DNS), {"do": "clock"})

    try:
        asyncio.run(asked())
    except TimeoutError:
        return True
    except DriverError:
        return False
    return True


def _contradicts(lab: Path) -> Mapping[str, str]:
    """What of the environment names another lab."""
    scenario, variant = os.environ.get("SCENARIO"), os.environ.get("VARIANT")
    contradicting: dict[str, str] = {}
    shares = volume()
    if scenario and shares is not None and Path(f"{shares.resolve()}/{scenario}") != lab.parent:
        contradicting["SCENARIO"] = scenario
    if variant and variant != lab.name:
        contradicting["VARIANT"] = variant
    return contradicting


def _unless(contradicts: Mapping[str, str], lab: Path) -> Path:
    if contradicts:
        variables = " ".join(f"{name}={value}" for name, value in contradicts.items())
        raise BadInput(
            f"the lab runs {_told(lab)}, and not {variables}: leave that out to look at what runs, or replace it by "
            f"`{variables} docker compose up`"
        )
    return lab


def _told(lab: Path) -> str:
    """In words: `wildcard-misrouting, dedicated-certificate`."""
    shares = volume()
    within = lab.parent.relative_to(shares.resolve()) if shares is not None else lab.parent
    return f"{within}, {lab.name}"


def _link(link: Path, target: str) -> None:
    """Made, or pointed elsewhere, at once."""
    fresh = link.with_name(f"{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
