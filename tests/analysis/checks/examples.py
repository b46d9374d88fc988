"""Small configurations on top of the library's parts, and what a few checks find in them."""

from datetime import date

from lab.analysis.checks.audit_context import AuditContext
from lab.analysis.checks.engine import findings
from lab.analysis.checks.finding import Check, Finding
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.load import expanded_text

TODAY = date(2026, 11, 24)
HYBRID = ("msxfaq", "dedicated")


def example(text: str, *parts: str) -> ChangeableScenario:
    """A scenario that includes some of the library's common parts: the cured hybrid company, if none are named."""
    named = ", ".join(f"common/{part}.yaml" for part in parts or HYBRID)
    return ChangeableScenario.of(
        expanded_text(f"scenario: example\ninclude: [{named}]\n{text}", "scenarios/example.yaml")
    )


def found(
    configuration: ChangeableScenario, checks: tuple[Check, ...], variant: str = "base"
) -> dict[str, Finding]:
    """By id."""
    told = findings(AuditContext(configuration, configuration.variant(variant), TODAY), checks)
    return {each.id: each for each in told}
