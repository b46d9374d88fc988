"""All checks, in the order of their codes: the `CHECKS` of every file in a room."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from lab.analysis.checks import authentication, certificates, connectors, recipients, routing
from lab.analysis.checks.finding import Check

_ROOMS = (authentication, certificates, connectors, recipients, routing)


def _checks(room: ModuleType) -> Iterator[Check]:
    for file in iter_modules(room.__path__, f"{room.__name__}."):
        yield from import_module(file.name).CHECKS


CHECKS: tuple[Check, ...] = tuple(
    sorted((check for room in _ROOMS for check in _checks(room)), key=lambda check: check.code)
)
BY_CODE = {check.code: check for check in CHECKS}
