"""The generated pages: what stands in them stands elsewhere first, and tests hold the two together.

`python -m lab.cli.pages` writes them into the checkout.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from lab.cli import manual, scenarios
from lab.core.rulebook import RULES, Confidence, Rule
from lab.core.rulebook.render import as_markdown as rulebook
from lab.scenario import load
from lab.scenario.reference import reference
from lab.scenario.schema import schema_text

_RULES = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->)", re.DOTALL)


def pages(root: Path) -> Mapping[Path, str]:
    """Every generated page of a checkout, with what it should say."""
    readme = root / "README.md"
    return {
        root / "docs" / "cli.md": manual.as_markdown(),
        root / "docs" / "rules.md": rulebook(),
        root / "docs" / "scenario-language.md": reference(),
        root / "schemas" / "scenario.schema.json": schema_text(),
        root / "scenarios" / "README.md": scenarios.as_markdown(map(load, scenarios.own())),
        readme: _RULES.sub(lambda _: emulated(), readme.read_text("utf-8")),
    }


def emulated() -> str:
    """How much of the rulebook the lab does, by confidence: the part of the README that changes with the rules."""
    lines = ["| Confidence | Rules | Emulated | Partly | Not |", "| --- | --- | --- | --- | --- |"]
    for confidence in Confidence:
        own = [rule for rule in RULES.values() if rule.confidence is confidence]
        count = Counter(map(_extent, own))
        cells = (confidence.value, len(own), count["emulated"], count["partly"], count["not"])
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def _extent(rule: Rule) -> str:
    if rule.not_emulated is None:
        return "emulated"
    return "partly" if rule.not_emulated.startswith("partly:") else "not"


def main() -> None:
    """Write what has changed."""
    for path, text in pages(Path(__file__).parents[2]).items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(path)


if __name__ == "__main__":
    main()
