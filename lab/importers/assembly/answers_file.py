"""`answers.yaml`: what exports do not tell, in the scenario language, laid over the import as a scenario over its include."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from lab.importers.assembly.types import SettingPath
from lab.model.value import dataclass
from lab.scenario.load import load_laid_over
from lab.scenario.syntax.problem_report import ProblemPath, ProblemReport
from lab.scenario.syntax.source_tree import plain_data
from lab.scenario.syntax.yaml_dump import PlainData
from lab.scenario.syntax.yaml_text import compose
from lab.sentence import sentence


@dataclass(frozen=True)
class Answers:
    """The file, or none."""

    file: str = ""
    text: str = ""

    @cached_property
    def table(self) -> PlainData:
        """As data, with values as they are written. Raises ScenarioError if it is no table of keys."""
        if not self.text.strip():
            return {}
        report = ProblemReport()
        read = compose(self.text, self.file, report)
        if read is not None and "include" in read.entries:
            place = read.entries["include"].place
            wanted = sentence("no `include:` in the answers")
            ProblemPath(report).key("include").wrong(
                place, wanted, sentence("what is imported must stand alone")
            )
        report.settle(self.file)
        made: PlainData = plain_data(read) if read is not None else {}
        return made

    def tells(self, path: SettingPath) -> bool:
        """Whether they say a setting, or all that it is part of."""
        node: Any = self.table
        for step in path:
            if not isinstance(node, Mapping):
                return True
            if step not in node:
                return False
            node = node[step]
        return True

    def over(self, tree: PlainData, text: str) -> PlainData:
        """The tree with the answers; `text` is what it is in YAML. Raises ScenarioError with lines of the answers."""
        if not self.table:
            return tree
        load_laid_over(text, "import.yaml", self.text, self.file)
        joined: PlainData = _joined(tree, self.table)
        return joined


def _joined(under: Any, over: Any) -> Any:
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    return {**under, **{key: _joined(under.get(key), value) for key, value in over.items()}}
