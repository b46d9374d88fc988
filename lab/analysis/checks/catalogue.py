"""All checks, in the order of their codes."""

from __future__ import annotations

from lab.analysis.checks import attribution
from lab.analysis.checks.nouns import Check

CHECKS: tuple[Check, ...] = (*attribution.CHECKS,)
BY_CODE = {check.code: check for check in CHECKS}
