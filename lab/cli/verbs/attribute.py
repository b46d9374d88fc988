"""`mflab attribute`: one decision of Exchange Online's front end, from the command line."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from lab.analysis import attribution_question
from lab.analysis.attribution_question import AttributionQuestion
from lab.cli import locations
from lab.cli.arguments import add_json, add_variant, today, variant_of
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.output import put, put_json
from lab.cli.verb_declaration import Parser, Verb, declare
from lab.cli.verbs.rules import as_data as rule_data
from lab.core.attribution_result import Attribution
from lab.core.rulebook.dates_in_force import in_force
from lab.errors import ArgumentError
from lab.model.certificate import CertFault, CertificateIdentity
from lab.model.names import Address, ReversePath
from lab.model.switches import Switches
from lab.reports.text.printable import printable
from lab.scenario.language.scenario_keys import SWITCHES_RECORD
from lab.scenario.model import Variant
from lab.scenario.syntax.problem_report import unknown
from lab.scenario.syntax.value_kinds import Single
from lab.scenario.variant_builder import START
from lab.sentence import say
from lab.words.decisions import considered, story
from lab.words.reasons import faults, reason

FAULTS: dict[str, CertFault] = {
    "expired": CertFault.EXPIRED,
    "not-yet-valid": CertFault.NOT_YET_VALID,
    "self-signed": CertFault.SELF_SIGNED,
    "untrusted": CertFault.UNTRUSTED,
    "no-client-auth": CertFault.NO_CLIENT_AUTH,
}

_OPTIONS = {"certificate": "name", "faults": "fault"}
"""What arguments of the decision are called here, where they have another name."""

_ABOUT = """\
The tenants and connectors come from a scenario; the connection and the message from the arguments. Nothing is sent.
A certificate is read from a file (--cert; its chain is taken on trust, its dates are judged) or made up from names
(--name; a public CA's, unless --fault says otherwise). Ends with 0 whatever the decision is."""

_EXAMPLES = """\
  mflab attribute --config scenarios/wildcard-misrouting.yaml --variant shared-wildcard \\
      --ip 198.51.100.25 --name '*.msxfaq.example' --mail-from a@msxfaq.example --rcpt-to b@uclabor.example
  mflab attribute --config wildcard-misrouting --variant dedicated-certificate \\
      --ip 198.51.100.25 --cert mail.pem --mail-from '<>' --rcpt-to b@uclabor.example --json
  mflab attribute --config wildcard-misrouting --ip 203.0.113.99 --no-tls \\
      --mail-from a@msxfaq.example --rcpt-to b@uclabor.example --as-of 2023-10-31"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    parser.add_argument(
        "--config", required=True, metavar="FILE", help="scenario with the tenants, or what mflab sweep reads"
    )
    add_variant(parser)
    _add_connection(parser)
    parser.add_argument(
        "--mail-from", required=True, type=_parsed(ReversePath), metavar="X", help="MAIL FROM; '<>' for none"
    )
    parser.add_argument("--rcpt-to", required=True, type=_parsed(Address), metavar="Y", help="RCPT TO")
    parser.add_argument(
        "--header-from", type=_parsed(Address), metavar="X", help="From header; MAIL FROM if not given"
    )
    parser.add_argument("--region", metavar="EUR", help="region of the front end; that of the recipient's MX")
    add_rules(parser)
    add_json(parser)


def add_rules(parser: Parser) -> None:
    """`--switch` and `--as-of`."""
    parser.add_argument(
        "--switch",
        action="append",
        default=[],
        metavar="K=V",
        help="an undocumented behaviour (mflab rules --switches)",
    )
    parser.add_argument("--as-of", type=_day, metavar="DATE", help="follow the rules in force on that day")


def _add_connection(parser: Parser) -> None:
    parser.add_argument(
        "--ip", required=True, metavar="A", help="the client's IPv4 address, as seen from outside"
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument(
        "--cert", type=Path, metavar="PEM", help="file with the client's certificate, without its key"
    )
    shown.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="N",
        help="a name in the client's certificate; the first is the CN",
    )
    shown.add_argument("--no-tls", action="store_true", help="the client does not encrypt")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        choices=sorted(FAULTS),
        help="what is wrong with the certificate",
    )


def run(args: Namespace) -> int:
    """Decide and tell."""
    decision = decide(args, _configuration(args.config, args.variant))
    if args.json:
        put_json(as_data(decision))
    else:
        put(printable("\n".join(story(decision.explain()))))
    return Exit.OK


def _configuration(config: str, variant: str | None) -> Variant:
    """A scenario's variant, or what `mflab sweep` reads: tenants, and nothing besides."""
    if not locations.is_bulk(config):
        return variant_of(config, variant)
    from lab.cli import tenant_files

    return Variant(
        name=config,
        topology=tenant_files.topology(config, variant),
        profiles={},
        messages=(),
        expect={},
        starts=START,
    )


def decide(args: Namespace, variant: Variant) -> Attribution:
    """The decision for these arguments. Raises BadInput."""
    topology = variant.topology
    chosen_switches = switches(topology.switches, variant.as_of, args.as_of, args.switch)
    try:
        return attribution_question.decide(_question(args), topology, chosen_switches)
    except ArgumentError as error:
        raise BadInput(f"--{_OPTIONS.get(error.argument, error.argument)}: {error.why}") from None


def _question(args: Namespace) -> AttributionQuestion:
    return AttributionQuestion(
        ip=args.ip,
        tls=not args.no_tls,
        certificate=_certificate(args),
        mail_from=args.mail_from,
        rcpt_to=args.rcpt_to,
        header_from=args.header_from,
        region=args.region,
    )


def as_data(decision: Attribution) -> Mapping[str, object]:
    """The decision for programs."""
    return {
        "tenant": decision.tenant_name,
        "connector": decision.connector.name if decision.connector else None,
        "basis": decision.basis,
        "direction": decision.direction,
        "verdict": decision.verdict,
        "reply": decision.reply.bare if decision.reply else None,
        "reason": say(reason(decision.reason)),
        "reason_code": decision.reason,
        "certificate": {
            "names": decision.credentials.certificate.names if decision.credentials.certificate else (),
            "ignored": say(faults(decision.credentials.ignored)) or None,
        },
        "rules": [rule_data(rule) for rule in dict.fromkeys(decision.rules)],
        "considered": [considered(candidate) for candidate in decision.explain().candidates],
    }


def _certificate(args: Namespace) -> CertificateIdentity | None:
    faults = frozenset(FAULTS[name] for name in args.fault)
    if args.cert is None:
        return attribution_question.certificate_of_names(args.name, faults)
    judged_at = datetime.combine(args.as_of, time(12), UTC) if args.as_of else today()
    return read_certificate(args.cert, judged_at, faults)


def read_certificate(path: Path, at: datetime, faults: Iterable[CertFault] = ()) -> CertificateIdentity:
    """The certificate in a file, its chain taken on trust. Raises BadInput, also for a file with a private key."""
    try:
        return attribution_question.certificate_in_file(path, at, faults)
    except ArgumentError as error:
        raise BadInput(error.why) from None


def switches(
    configured: Switches, configured_as_of: date | None, as_of: date | None, given: Iterable[str]
) -> Switches:
    """The configuration's switches; with a date, only what it sets itself and that date's positions.

    `given` comes on top. Raises BadInput.
    """
    before = in_force(configured_as_of)
    own = {field.name: getattr(configured, field.name) for field in fields(Switches)}
    if as_of is not None:
        own = {name: value for name, value in own.items() if value != getattr(before, name)}
    for setting in given:
        name, equals, text = setting.partition("=")
        own[name] = _value(name, text if equals else None)
    return in_force(as_of, own)


def _value(name: str, text: str | None) -> object:
    kinds = {key.name: key.kind for key in SWITCHES_RECORD.keys}
    kind = kinds.get(name)
    if not isinstance(kind, Single):
        raise BadInput(f"--switch: no switch is named {name!r}: {unknown(name, kinds)}")
    if text is None:
        raise BadInput(f"--switch {name}: write {name}=VALUE; VALUE is {kind.wanted}")
    try:
        value: object = kind.parse(text)
    except ValueError:
        raise BadInput(f"--switch {name}: {kind.wanted}, not {text!r}") from None
    return value


def _parsed(kind: Any) -> Any:
    """An argparse type that tells why a value is none, in the words of the model."""

    def parse(text: str) -> Any:
        try:
            return kind.parse(text)
        except ValueError as error:
            raise ArgumentTypeError(str(error)) from None

    return parse


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no date such as 2023-10-31") from None
