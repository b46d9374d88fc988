"""`mflab diagnose`: from a bounce, a mail, a log line or a message trace to the tenant and the rule that explain it."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from lab.analysis.diagnose import KnownConfiguration, NotText, diagnose
from lab.analysis.diagnose.evidence_file import MAX_OCTETS
from lab.analysis.diagnose.scenario_rebuild import MARK, RebuiltScenario, rebuild
from lab.cli.arguments import add_json, add_variant, variant_of
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.output import draw, plainly, put, put_json, talk
from lab.cli.verb_declaration import Verb, declare
from lab.reports.findings.diagnosis_report import as_data, drawn

_STDOUT = Path("-")
_ABOUT = """\
FILE is a delivery report (.eml, or its text), a mail or only its headers, lines of a mail.log (Postfix), a message trace
(Get-MessageTraceV2, its details, as CSV or JSON) or a message tracking log; - is standard input. Tells which way the
message took, for which tenant Exchange Online took it and by which rule; what the file does not tell is left open. With
--config, names are those of a configuration, and its front end is asked whether it explains what is seen. With --scenario,
the smallest scenario that shows the same is written, played in the simulator, and compared. Nothing is sent."""

_EXAMPLES = """\
  mflab diagnose ndr.eml
  mflab diagnose headers.txt --config my.yaml
  mflab diagnose ndr.eml --scenario again.yaml && mflab explain again.yaml
  mflab mailbox wildcard-misrouting --message 1 --raw | mflab diagnose - --json"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    parser.add_argument("file", metavar="FILE", help="what to read; - is standard input")
    parser.add_argument("--config", metavar="FILE", help="scenario that names tenants, hosts and connectors")
    add_variant(parser)
    parser.add_argument(
        "--scenario",
        type=Path,
        metavar="OUT",
        help="write a scenario that makes it happen again; - is stdout",
    )
    add_json(parser)


def run(args: Namespace) -> int:
    """Read, judge, tell."""
    if args.variant is not None and args.config is None:
        raise BadInput("--variant is for --config")
    if args.scenario is not None:
        _check(args.scenario, as_json=args.json)
    topologies = KnownConfiguration(variant_of(args.config, args.variant)) if args.config else None
    try:
        diagnosis = diagnose(_octets(args.file), topologies)
    except NotText as error:
        raise BadInput(f"{args.file}: {error}") from None
    if args.json:
        put_json(as_data(diagnosis))
    elif args.scenario != _STDOUT:
        draw(drawn(diagnosis, "standard input" if args.file == "-" else args.file))
    return _write(args.scenario, rebuild(diagnosis)) if args.scenario is not None else Exit.OK


def _check(path: Path, *, as_json: bool) -> None:
    """Only what this verb has written before may be replaced. Raises BadInput."""
    if path == _STDOUT:
        if as_json:
            raise BadInput("--scenario -: --json writes to stdout as well; give one of them a file")
        return
    try:
        if path.exists() and not path.read_bytes().startswith(MARK.encode()):
            raise BadInput(f"--scenario {path}: it is there already, and not written by mflab diagnose")
    except OSError as error:
        raise BadInput(f"--scenario {plainly(error)}") from None


def _write(path: Path, made: RebuiltScenario | None) -> int:
    """Write it, and say whether it shows the same."""
    if made is None:
        talk("no scenario: no server of Exchange Online had the mail, so there is nothing to play")
        return Exit.NOTHING
    if path == _STDOUT:
        put(made.text, end="")
    else:
        path.write_text(made.text, "utf-8")
    if not made.differs:
        talk(f"{path}: in the simulator the same tenants have the mail, and it ends with the same status")
        return Exit.OK
    for difference in made.differs:
        talk(f"{path}: it does not show the same: {difference}")
    return Exit.WARNINGS


def _octets(name: str) -> bytes:
    """One octet more than is looked at, so that it can be told."""
    if name == "-":
        return sys.stdin.buffer.read(MAX_OCTETS + 1)
    try:
        with Path(name).open("rb") as file:
            return file.read(MAX_OCTETS + 1)
    except OSError as error:
        raise BadInput(plainly(error)) from None
