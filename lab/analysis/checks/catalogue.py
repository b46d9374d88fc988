"""All checks, in the order of their codes."""

from __future__ import annotations

from types import ModuleType

from lab.analysis.checks.finding import Check

_MODULES = [given for given in dict(globals()).values() if isinstance(given, ModuleType)]
CHECKS: tuple[Check, ...] = tuple(
    sorted((check for module in _MODULES for check in module.CHECKS), key=lambda check: check.code)
)
BY_CODE = {check.code: check for check in CHECKS}
