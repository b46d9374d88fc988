"""The Python API: a configuration that can be asked. docs/api.md has recipes, and says what is stable.

Each method does what the verb of its name does, and returns the value that the verb prints. Nothing is printed here, and
nothing leaves the machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lab.analysis.attribution_question import (
    CERTIFICATE_FILES,
    AttributionQuestion,
    certificate_in_file,
    certificate_of_names,
    decide,
)
from lab.analysis.checks.catalogue import CHECKS
from lab.analysis.checks.finding_report import audit
from lab.analysis.difference import Variation, difference, pairs
from lab.analysis.matrix import matrix
from lab.analysis.run_result import RunResult, played
from lab.drivers.lab_clock import today
from lab.errors import ArgumentError, Problem, ScenarioError, demand, plainly
from lab.model.certificate import CertFault, CertificateIdentity
from lab.model.decision import AttributionDecision
from lab.model.names import Address, ReversePath
from lab.reports.comparison.compared_variants import Difference
from lab.reports.findings.audit_report import Audit
from lab.reports.matrix.matrix_cells import JudgedMatrix
from lab.scenario import scenario_lookup
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.load import expanded_text
from lab.scenario.model import Variant
from lab.scenario.syntax.problem_report import did_you_mean, unknown
from lab.sentence import listed, sentence

T = TypeVar("T")
_NONE = type(None)
Certificate = str | os.PathLike[str] | Iterable[str] | None


@dataclass(frozen=True, slots=True, repr=False)
class Session:
    """A configuration that was loaded, and the variant of it that is asked. Made by `load` or `from_text`.

    Without a variant's name `run`, `attribute` and `matrix` take the first one of the file; `check` and `diff` take all.
    All methods may be called again and again, in any order; none changes the session.
    """

    _configuration: ChangeableScenario
    _named: str | None = None

    @classmethod
    def load(cls, file: str | os.PathLike[str], variant: str | None = None) -> Session:
        """Load a scenario: a file, or the name of one that comes with the lab, as `mflab scenarios` lists them.

        Raises ScenarioError with every mistake in the file and in what it includes, or when there is no such file;
        ArgumentError when it has no such variant.
        """
        demand("file", file, str, os.PathLike)
        name = os.fspath(file)
        try:
            path = scenario_lookup.find(name)
        except (scenario_lookup.NoSuchScenario, OSError) as error:
            raise ScenarioError(
                (Problem(name, 1, 1, "(top level)", sentence("{error}", error=plainly(error))),)
            ) from None
        return cls._of(ChangeableScenario.load(path), variant)

    @classmethod
    def from_text(cls, text: str, variant: str | None = None, *, file: str = "scenario.yaml") -> Session:
        """Load a scenario from YAML text. Includes are relative to `file`, which need not exist.

        Raises ScenarioError and ArgumentError, as `load` does.
        """
        demand("text", text, str)
        demand("file", file, str)
        return cls._of(ChangeableScenario.of(expanded_text(text, file)), variant)

    @classmethod
    def _of(cls, configuration: ChangeableScenario, variant: str | None) -> Session:
        demand("variant", variant, str, _NONE)
        file, names = configuration.scenario.file, configuration.scenario.variants
        if not names:
            raise ScenarioError((Problem(file, 1, 1, "variants", sentence("at least one variant")),))
        if variant is not None and variant not in names:
            hint = did_you_mean(variant, names) or sentence("known: {names}", names=listed(names))
            raise ArgumentError("variant", f"{file}: no variant is named {variant!r}: {hint}")
        return cls(configuration, variant)

    @property
    def name(self) -> str:
        """What the scenario calls itself."""
        return self._configuration.scenario.name

    @property
    def file(self) -> str:
        """The file that was loaded, relative to the current folder where it lies below."""
        return self._configuration.scenario.file

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of all variants, in the order of the file."""
        return tuple(self._configuration.scenario.variants)

    @property
    def variant(self) -> str:
        """The variant that was named, else the first."""
        return self._named or self.variants[0]

    @property
    def _variant(self) -> Variant:
        return self._configuration.scenario.variants[self.variant]

    def __repr__(self) -> str:
        return f"<Session {self.file} ({self.variant})>"

    def run(self, driver: str = "simulator", *, seed: int = 0) -> RunResult:
        """Send the variant's messages, and wait until nothing is under way any more.

        `driver` is `simulator` (milliseconds, no sockets), `embedded` (seconds; SMTP, TLS and DNS on loopback) or
        `containers` (needs Docker). Waiting takes no real time. `seed` is where made-up ids come from.

        Raises ArgumentError for an unknown driver; DriverError when the variant is for another driver, or when this machine
        cannot run it; WireError likewise, for ports and addresses; LabBug when the lab broke.
        """
        return RunResult.of(played(driver, self._variant, seed))

    def attribute(
        self,
        *,
        ip: str,
        mail_from: str,
        rcpt_to: str,
        certificate: Certificate = None,
        tls: bool = True,
        header_from: str | None = None,
        faults: Iterable[CertFault | str] = (),
        region: str | None = None,
    ) -> AttributionDecision:
        """Decide one connection and envelope as a front end of Exchange Online does. Nothing is sent.

        `ip` is the client's IPv4 address as seen from outside; `mail_from` may be `<>`. `certificate` is a name or
        several, the first as CN, of a certificate from a public authority; or a file with one (a path, or text that ends in
        `.pem`, `.crt`, `.cer` or `.der`), whose dates are judged by today's. `faults` are what is wrong with it besides.
        `header_from` is as `mail_from`, and `region` where the recipient's MX leads, if not given.

        Raises ArgumentError that names the argument which is wrong.
        """
        for argument, text in (("ip", ip), ("mail_from", mail_from), ("rcpt_to", rcpt_to)):
            demand(argument, text, str)
        for argument, name in (("header_from", header_from), ("region", region)):
            demand(argument, name, str, _NONE)
        demand("tls", tls, bool)
        shown = _shown(certificate, faults)
        if shown is not None and not tls:
            raise ArgumentError("certificate", "none can be shown without TLS")
        question = AttributionQuestion(
            ip=ip,
            tls=tls,
            certificate=shown,
            mail_from=_parsed("mail_from", ReversePath.parse, mail_from),
            rcpt_to=_parsed("rcpt_to", Address.parse, rcpt_to),
            header_from=None if header_from is None else _parsed("header_from", Address.parse, header_from),
            region=region,
        )
        topology = self._variant.topology
        return decide(question, topology, topology.switches).explain()

    def matrix(self, driver: str = "simulator", *, seed: int = 0) -> JudgedMatrix:
        """Let every class of people write to every other, and judge each cell. No cells: nobody there writes to anybody.

        Raises what `run` raises.
        """
        scenario = self._configuration.scenario
        return matrix(
            self._variant,
            scenario=scenario.name,
            file=scenario.file,
            play=lambda prepared: played(driver, prepared, seed),
        )

    def check(self) -> Audit:
        """Look for known mistakes; each finding was shown by a message in the simulator. Takes seconds per variant.

        Suppressions end by this machine's date. Raises LabBug when the lab broke.
        """
        return audit(self._configuration, today().date(), CHECKS, only=self._named)

    def diff(self, other: Session) -> tuple[Difference, ...]:
        """What changes from this configuration to the other: settings, cells of the matrix, findings.

        One difference for each pair of variants: the two that were named; where only one side names one, its namesake, else
        the first; where none does, all namesakes, and if there are none the first of each. Raises LabBug when the lab broke.
        """
        demand("other", other, Session)
        before, after = self._configuration, other._configuration
        named = pairs(before, after, self._named, other._named)
        sides = ((Variation(before, older), Variation(after, newer)) for older, newer in named)
        return tuple(difference(older, newer, today().date(), CHECKS) for older, newer in sides)


def _shown(certificate: Certificate, faults: Iterable[CertFault | str]) -> CertificateIdentity | None:
    wrong = [_fault(fault) for fault in _texts("faults", faults)]
    if isinstance(certificate, os.PathLike) or (
        isinstance(certificate, str) and certificate.lower().endswith(CERTIFICATE_FILES)
    ):
        return certificate_in_file(Path(certificate), today(), wrong)
    return certificate_of_names(() if certificate is None else _texts("certificate", certificate), wrong)


def _texts(argument: str, given: object) -> tuple[str, ...]:
    """One text or several."""
    if isinstance(given, str):
        return (given,)
    if isinstance(given, bytes) or not isinstance(given, Iterable):
        raise ArgumentError(argument, f"wanted str or several, not {given!r}")
    texts = tuple(given)
    for text in texts:
        demand(argument, text, str)
    return texts


def _fault(name: str) -> CertFault:
    try:
        return CertFault(name)
    except ValueError:
        raise ArgumentError("faults", f"no fault is {name!r}: {unknown(name, map(str, CertFault))}") from None


def _parsed(argument: str, parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise ArgumentError(argument, str(error)) from None
