"""Which body of the lab runs a variant, as `--driver` names it."""

from __future__ import annotations

from lab.cli.exit_codes import BadInput
from lab.drivers import driver_by_name
from lab.drivers.driver_by_name import skipped
from lab.drivers.run_outcome import RunOutcome
from lab.scenario.model import Variant


def run_in(driver: str, variant: Variant, *, seed: int = 0) -> RunOutcome:
    """Run a variant to its end.

    Raises BadInput when the variant is for another body, DriverError or WireError when this machine cannot run it.
    """
    why = skipped(variant, driver)
    if why:
        raise BadInput(f"{variant.name} runs only with --driver {variant.only}: {why}")
    return driver_by_name.run_in(driver, variant, seed=seed)
