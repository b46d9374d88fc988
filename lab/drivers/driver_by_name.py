"""The bodies of the lab by name, and which of them runs a variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.errors import DriverError
from lab.scenario.model import Variant

if TYPE_CHECKING:
    from lab.drivers.run_outcome import RunOutcome

DRIVERS = ("simulator", "embedded", "containers")


def run_in(driver: str, variant: Variant, *, seed: int = 0) -> RunOutcome:
    """Run a variant to its end in one of DRIVERS.

    Raises DriverError when the variant is for another one; DriverError or WireError when this machine cannot run it.
    """
    why = skipped(variant, driver)
    if why:
        raise DriverError(f"{variant.name} runs only in {variant.only}: {why}")
    # a body is loaded only for a lab that needs it
    if driver == "simulator":
        from lab.drivers.simulator import simulate

        return simulate(variant, seed=seed)
    if driver == "containers":
        from lab.drivers.containers.driver import run_containers

        return run_containers(variant, seed=seed)
    from lab.drivers.embedded import run_embedded

    return run_embedded(variant, seed=seed)


def skipped(variant: Variant, driver: str) -> str:
    """Why this body does not run the variant; '' if it does."""
    return "" if variant.only in (None, driver) else variant.only_why
