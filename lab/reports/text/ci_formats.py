"""JUnit and SARIF 2.1.0: what continuous integration and code hosting read of every report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import PurePath
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from lab import __version__
from lab.model.value import dataclass
from lab.reports.text.printable import printable
from lab.sentence import NOTHING, Sentence

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class JUnitCase:
    """One test case; `group` is what viewers group by, `file` and `line` lead to what is tested."""

    group: str
    name: str
    file: str | None = None
    line: int = 0
    failure: Sentence | str = NOTHING
    """Why it fails; nothing if it does not."""
    failure_type: str = ""
    details: Sentence | str = NOTHING
    skipped: Sentence | str = NOTHING
    """Why it counts for nothing."""

    def element(self) -> Element:
        """As JUnit has it."""
        attributes = {"classname": printable(self.group), "name": printable(self.name)}
        if self.file is not None:
            attributes |= {"file": printable(self.file), "line": str(self.line)}
        case = Element("testcase", attributes)
        if self.failure:
            failure = SubElement(case, "failure", message=printable(self.failure), type=self.failure_type)
            failure.text = printable(self.details) or None
        if self.skipped:
            SubElement(case, "skipped", message=printable(self.skipped))
        return case


@dataclass(frozen=True, slots=True)
class JUnitSuite:
    """The test cases of a variant or of a file."""

    name: str
    cases: Sequence[JUnitCase]
    properties: Mapping[str, str] = field(default_factory=dict)

    def element(self) -> Element:
        """As JUnit has it."""
        suite = Element("testsuite", {"name": printable(self.name), **_counts(self.cases)})
        if self.properties:
            properties = SubElement(suite, "properties")
            for name, value in self.properties.items():
                SubElement(properties, "property", name=name, value=printable(value))
        suite.extend(case.element() for case in self.cases)
        return suite


def junit(name: str, suites: Iterable[JUnitSuite]) -> str:
    """A report in JUnit's XML."""
    every = tuple(suites)
    root = Element("testsuites", {"name": name, **_counts(case for suite in every for case in suite.cases)})
    root.extend(suite.element() for suite in every)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _counts(cases: Iterable[JUnitCase]) -> dict[str, str]:
    failed = [bool(case.failure) for case in cases]
    return {"tests": str(len(failed)), "failures": str(sum(failed)), "errors": "0"}


def sarif(rules: Iterable[Json], results: Iterable[Json]) -> str:
    """A log in SARIF; without results it says that all is well."""
    driver = {"name": "mailflow-lab", "version": __version__, "rules": list(rules)}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": list(results)}],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def sarif_result(rule: str, level: str, text: Sentence | str, file: str, line: int) -> Json:
    """One result of a rule, at a line of a file."""
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": printable(text)},
        "locations": [sarif_location(file, line)],
    }


def sarif_location(file: str, line: int) -> Json:
    """A line of a file; the whole file where the line is 0."""
    region = {"region": {"startLine": line}} if line else {}
    return {"physicalLocation": {"artifactLocation": {"uri": PurePath(file).as_posix()}, **region}}
