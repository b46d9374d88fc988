"""What could not be read. A check that needs it is left out: it would tell the same mistake again, in false words."""

from __future__ import annotations

import re
from typing import Any

from lab.model.value import dataclass
from lab.scenario.language.scenario_keys import SectionKeys
from lab.scenario.syntax.problem_report import ProblemReport
from lab.scenario.syntax.records import Fields, RecordKey
from lab.scenario.validation.address_rules import written_hosts
from lab.scenario.validation.references import WrittenNames

_OF_MAILBOXES = re.compile(r"(organizations|tenants|hosts)\.[^.]+\.(mailboxes|remote_mailboxes|domains)\b")
_OF_NAMES = re.compile(
    r"(organizations\.[^.]+\.)?hosts\.[^.]+\.(fqdn|helo|domains)\b|organizations\.[^.]+\.domains\b"
    r"|tenants\.[^.]+\.accepteddomains\b|dns\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class UnreadParts:
    """The mistakes that were found while reading, before anything was compared with anything else."""

    report: ProblemReport
    missing: bool
    """Whether a host, an organisation or a tenant is not there at all."""

    @classmethod
    def of(cls, read: Fields, known: WrittenNames, report: ProblemReport) -> UnreadParts:
        """What is wrong so far."""
        there = {name for name, _ in written_hosts(read)}
        missing = (
            bool(set(known.hosts) - there)
            or bool(set(known.tenants) - set(read[SectionKeys.tenants]))
            or bool(set(known.organizations) - set(read[SectionKeys.organizations]))
        )
        return cls(ProblemReport(dict(report.found)), missing)

    def below(self, fields: Fields, key: RecordKey[Any]) -> bool:
        """Whether a key, or part of what it says, could not be read."""
        return self.report.troubled(fields.at.key(key.name).path)

    @property
    def mailboxes(self) -> bool:
        """Whether somebody's mailbox may be among what could not be read."""
        return self.missing or self._found(_OF_MAILBOXES)

    @property
    def host_names(self) -> bool:
        """Whether a name that DNS would have had may be."""
        return self.missing or self._found(_OF_NAMES)

    def _found(self, pattern: re.Pattern[str]) -> bool:
        return any(pattern.match(problem.path) for problem in self.report.found.values())
