"""Which switch values were in force on a date.

The dates come from the time line (R45-R55). They move a default; a scenario may still set another value. What came in
steps is in force from the first of them.

Assumed here: that there was no accepted-domain test before July 2017 (R45), and that relayed mail was not
rewritten before SRS came for all forwarding (R48), though headers of 2022 and July 2023 show it (R153).
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from lab.core.rulebook.switches import SWITCHES
from lab.model.switches import Switches
from lab.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Until:
    """Before `day`, `switch` stood at `value`; `rule` says what changed on that day."""

    day: date
    switch: str
    value: str
    rule: str


HISTORY: tuple[Until, ...] = (
    Until(date(2017, 7, 5), "attribution_order", "legacy_pre2026", "R45"),
    Until(date(2017, 7, 5), "require_accepted_cert_domain", "false", "R45"),
    Until(date(2021, 7, 1), "relay_pool", "off", "R46"),
    Until(date(2023, 8, 1), "srs_relay", "off", "R48"),
    Until(date(2023, 11, 1), "p2_counts_for_relay", "true", "R49"),
    Until(date(2025, 4, 1), "reject_direct_send_available", "false", "R51"),
    Until(date(2025, 4, 3), "recipient_rate_limit", "off", "R50"),
    Until(date(2025, 10, 15), "onmicrosoft_limit", "off", "R53"),
)
"""Oldest first. R54 has no row: the order is assumed to have held before it was published."""


def switches_as_of(as_of: date | None) -> dict[str, str]:
    """The value of every switch that nobody has set, under the rules of that date (None: today's)."""
    then = {until.switch: until.value for until in HISTORY if as_of is not None and as_of < until.day}
    return {name: then.get(name, switch.default) for name, switch in SWITCHES.items()}


def in_force(as_of: date | None, chosen: Mapping[str, Any] | None = None) -> Switches:
    """The positions of all service-wide switches on a date; what is `chosen` stands whatever the date."""
    kinds = {each.name: type(each.default) for each in fields(Switches)}
    values: dict[str, Any] = {
        until.switch: until.value in ("true", "on") if kinds[until.switch] is bool else until.value
        for until in HISTORY
        if as_of is not None and as_of < until.day
    }
    return Switches(**{**values, **(chosen or {})})


def changed(switches: Switches) -> dict[str, Any]:
    """The positions that differ from today's defaults."""
    today = Switches()
    return {
        each.name: getattr(switches, each.name)
        for each in fields(Switches)
        if getattr(switches, each.name) != getattr(today, each.name)
    }
