"""The generated pages: what stands in them stands elsewhere first, and tests hold the two together.

`python -m lab.cli.documentation.pages` writes them into the checkout.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from lab.analysis.checks.catalogue import as_markdown as checks
from lab.analysis.rule_coverage import RuleCoverage, rule_coverage
from lab.analysis.sweep import line_schema as tenants_schema
from lab.cli.documentation import command_reference, fault_index
from lab.cli.verbs import completion, config, scenarios
from lab.core.rulebook import RULES, Confidence, Rule
from lab.core.rulebook.render import as_markdown as rulebook
from lab.reports.text.printable import markdown_table
from lab.scenario.language.schema_and_reference import reference, schema_text
from lab.scenario.load import load
from lab.scenario.model import Scenario

_RULES = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->)", re.DOTALL)

_SETTINGS = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- /settings -->)", re.DOTALL)


def pages(root: Path) -> Mapping[Path, str]:
    """Every generated page of a checkout, with what it should say. Plays all scenarios once."""
    readme, limits = root / "README.md", root / "docs" / "limits.md"
    pipeline = root / "docs" / "pipeline.md"
    scripts = root / "lab" / "cli" / completion.COMPLETIONS.name
    played, shown = _played()
    return {
        root / "docs" / "cli.md": command_reference.as_markdown(),
        scripts / "mflab.bash": f"{command_reference.bash()}\n",
        scripts / "mflab.fish": f"{command_reference.fish()}\n",
        root / "docs" / "rules.md": rulebook(),
        root / "docs" / "checks.md": checks(),
        root / "docs" / "scenario-language.md": reference(),
        root / "schemas" / "scenario.schema.json": schema_text(),
        root / "schemas" / "tenants.schema.json": tenants_schema.schema_text(),
        root / "docs" / "faults.md": fault_index.faults(played, shown),
        root / "docs" / "status-codes.md": fault_index.status_codes(shown),
        limits: _RULES.sub(lambda _: fault_index.left_out(), limits.read_text("utf-8")),
        pipeline: _SETTINGS.sub(lambda _: config.as_markdown(), pipeline.read_text("utf-8")),
        root / "scenarios" / "README.md": scenarios.as_markdown(played),
        readme: _RULES.sub(lambda _: emulated(), readme.read_text("utf-8")),
    }


@cache
def _played() -> tuple[tuple[Scenario, ...], RuleCoverage]:
    """The lab's own scenarios, and what they show; they do not change while this program runs."""
    own = tuple(map(load, scenarios.own()))
    return own, rule_coverage(own)


def emulated() -> str:
    """How much of the rulebook the lab does, by confidence: the part of the README that changes with the rules."""
    rows = []
    for confidence in Confidence:
        own = [rule for rule in RULES.values() if rule.confidence is confidence]
        count = Counter(map(_extent, own))
        numbers = (len(own), count["emulated"], count["partly"], count["not"])
        rows.append([confidence.value, *map(str, numbers)])
    return markdown_table(("Confidence", "Rules", "Emulated", "Partly", "Not"), rows) + "\n"


def _extent(rule: Rule) -> str:
    if rule.not_emulated is None:
        return "emulated"
    return "partly" if rule.not_emulated.startswith("partly:") else "not"


def main() -> None:
    """Write what has changed."""
    for path, text in pages(Path(__file__).parents[3]).items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(path)


if __name__ == "__main__":
    main()
