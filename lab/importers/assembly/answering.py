"""`answers.yaml`: what exports do not tell, in the scenario language, laid over the import as a scenario over its include."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from lab.importers.assembly.nouns import Path
from lab.scenario.dumping import Plain
from lab.scenario.load import load_laid_over
from lab.scenario.report import Report
from lab.scenario.text import compose


@dataclass(frozen=True, slots=True)
class Answers:
    """The file, or none."""

    file: str = ""
    text: str = ""

    @property
    def table(self) -> Plain:
        """As data. Raises ScenarioError if it is no table of keys."""
        if not self.text.strip():
            return {}
        report = Report()
        compose(self.text, self.file, report)
        report.settle(self.file)
        read: Any = yaml.safe_load(self.text)
        return dict(read)

    def tells(self, path: Path) -> bool:
        """Whether they say a setting, or all that it is part of."""
        node: Any = self.table
        for step in path:
            if not isinstance(node, Mapping):
                return True
            if step not in node:
                return False
            node = node[step]
        return True

    def over(self, tree: Plain, text: str) -> Plain:
        """The tree with the answers; `text` is what it is in YAML. Raises ScenarioError with lines of the answers."""
        if not self.table:
            return tree
        load_laid_over(text, "import.yaml", self.text, self.file)
        joined: Plain = _joined(tree, self.table)
        return joined


def _joined(under: Any, over: Any) -> Any:
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    return {**under, **{key: _joined(under.get(key), value) for key, value in over.items()}}
