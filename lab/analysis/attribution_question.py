"""One decision of Exchange Online's front end, for a connection and an envelope that somebody thought of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from lab.core.attribution import attribute
from lab.core.attribution_result import Attribution
from lab.core.client_credentials import Credentials, judge_credentials
from lab.core.directory import TenantDirectory
from lab.errors import ArgumentError, plainly
from lab.model.certificate import CertFault, CertificateIdentity
from lab.model.names import Address, Domain, DomainPattern, ReversePath
from lab.model.switches import Switches
from lab.model.topology import Topology
from lab.scenario.syntax.problem_report import unknown

CERTIFICATE_FILES = (".pem", ".crt", ".cer", ".der", ".key")
"""How names of files with certificates end; no top-level domain is called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionQuestion:
    """What a client shows and says."""

    ip: str
    """As Exchange Online sees it."""
    tls: bool = True
    certificate: CertificateIdentity | None = None
    mail_from: ReversePath
    rcpt_to: Address
    header_from: Address | None = None
    """None: as MAIL FROM."""
    region: str | None = None
    """Of the front end; None is where the recipient's MX leads."""


def decide(question: AttributionQuestion, topology: Topology, switches: Switches) -> Attribution:
    """What the front end decides. Raises ArgumentError for an address or a region that is none."""
    directory = TenantDirectory(topology.tenants.values())
    author = question.header_from or question.mail_from
    return attribute(
        _credentials(question, topology, switches),
        question.mail_from,
        question.rcpt_to,
        region=_region(question.region, question.rcpt_to.domain, topology, directory),
        directory=directory,
        switches=switches,
        author=author.domain,
    )


def _credentials(question: AttributionQuestion, topology: Topology, switches: Switches) -> Credentials:
    try:
        judged = judge_credentials(question.ip, question.tls, question.certificate, switches)
    except ValueError as error:
        raise ArgumentError("ip", str(error)) from None
    return replace(judged, service=True) if question.ip in topology.services() else judged


def _region(given: str | None, recipient: Domain, topology: Topology, directory: TenantDirectory) -> str:
    """Where the client has connected to: by MX, that is the recipient's region."""
    if given is None:
        owner = directory.owner(recipient)
        return owner.region if owner else next(iter(topology.regions), "")
    if given not in topology.regions:
        raise ArgumentError("region", f"no tenant lives in {given!r}: {unknown(given, topology.regions)}")
    return given


def certificate_of_names(
    names: Sequence[str], faults: Iterable[CertFault] = ()
) -> CertificateIdentity | None:
    """A certificate with these names, the first as its CN; None without names.

    Raises ArgumentError for a name that is none, and for faults of no certificate.
    """
    wrong = frozenset(faults)
    if not names:
        if wrong:
            raise ArgumentError("faults", "no certificate is shown that could have any")
        return None
    for name in names:
        try:
            DomainPattern.parse(name)
        except ValueError as error:
            raise ArgumentError("certificate", str(error)) from None
    return CertificateIdentity(names[0], tuple(names), wrong, subject=f"CN={names[0]}")


def certificate_in_file(path: Path, at: datetime, faults: Iterable[CertFault] = ()) -> CertificateIdentity:
    """The certificate in a file, its chain taken on trust and its dates judged at that time, with further faults.

    Raises ArgumentError, also for a file with a private key.
    """
    from lab.pki.certificate_files import identity

    try:
        certificate = identity(path.read_bytes(), at)
    except OSError as error:
        raise ArgumentError("certificate", plainly(error)) from None
    except ValueError as error:
        raise ArgumentError("certificate", f"{path}: {error}") from None
    return replace(certificate, faults=certificate.faults | frozenset(faults))
