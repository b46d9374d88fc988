"""`mflab cert`: what a certificate says to Exchange Online, and which connectors it would open."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path

from lab.analysis.attribution_question import CERTIFICATE_FILES
from lab.cli.arguments import add_json, add_variant, today, variant_of
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.output import columns, put, put_json
from lab.cli.verb_declaration import Verb, declare
from lab.cli.verbs.attribute import read_certificate
from lab.core.certificate_matching import name_match
from lab.core.client_credentials import judge_credentials
from lab.model.certificate import CertificateIdentity
from lab.model.topology import Topology
from lab.model.value import dataclass
from lab.pki import certificate_folder
from lab.scenario.model import Variant
from lab.scenario.syntax.problem_report import unknown
from lab.sentence import say
from lab.words.reasons import faults

_ABOUT = """\
Names a scenario (all its certificates), one of its certificates (with --config), or a file with a certificate of your
own. The chain of a file is taken on trust, its dates are judged by today's date; a file with a private key is refused."""

_EXAMPLES = """\
  mflab cert wildcard-misrouting --variant shared-wildcard
  mflab cert wildcard --config wildcard-misrouting
  mflab cert mail.pem --config wildcard-misrouting
  mflab cert wildcard-misrouting --out certificates/"""


@dataclass(frozen=True, slots=True)
class FittingConnector:
    """A connector that a certificate fits, by name alone."""

    tenant: str
    connector: str
    type: str
    value: str
    name: str
    rule: str


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    parser.add_argument("what", metavar="SCENARIO|PROFILE|FILE", help="whose certificates")
    parser.add_argument("--config", metavar="SCENARIO", help="whose connectors, for a profile or a file")
    add_variant(parser)
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="make the scenario's certificates, with keys, there"
    )
    add_json(parser)


def run(args: Namespace) -> int:
    """Show one certificate, or all of a scenario."""
    if Path(args.what).suffix.lower() in CERTIFICATE_FILES:
        return _file(args)
    if args.config is not None:
        return _profile(args)
    return _scenario(args)


def _file(args: Namespace) -> int:
    shown = read_certificate(Path(args.what), today())
    topology = variant_of(args.config, args.variant).topology if args.config else None
    return _one(args, shown, topology, users=())


def _profile(args: Namespace) -> int:
    topology = variant_of(args.config, args.variant).topology
    if args.what not in topology.certificates:
        hint = unknown(args.what, topology.certificates)
        raise BadInput(f"{args.config} has no certificate {args.what!r}: {hint}")
    return _one(args, topology.certificates[args.what], topology, _users(args.what, topology))


def _scenario(args: Namespace) -> int:
    variant = variant_of(args.what, args.variant)
    if args.out is not None:
        return _write(args.out, variant)
    topology = variant.topology
    certificates = {name: shown for name, shown in topology.certificates.items() if name in variant.profiles}
    if args.json:
        entries = [
            _data(shown, topology, _users(name, topology), name) for name, shown in certificates.items()
        ]
        put_json({"variant": variant.name, "certificates": entries})
        return Exit.OK
    head = ("certificate", "names", "faults", "shown by", "fits connectors of")
    rows = [_row(name, shown, topology) for name, shown in certificates.items()]
    put("\n".join(columns([head, *rows])))
    return Exit.OK


def _write(folder: Path, variant: Variant) -> int:
    """The store clears its folder of old certificates and keys: it must not get one with somebody else's."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"--out {folder}: it is a file, and not a folder")
    others = [path.name for path in sorted(folder.glob("*")) if path.suffix in (".pem", ".key")]
    if others and not (folder / certificate_folder.MANIFEST).exists():
        raise BadInput(
            f"{folder} has certificates or keys that are not the lab's ({others[0]}); name another folder"
        )
    made = certificate_folder.make(folder, variant.profiles, today())
    put("\n".join(f"{made.chain(name)}  {made.key(name)}" for name in made.profiles))
    return Exit.OK


def _row(name: str, shown: CertificateIdentity, topology: Topology) -> tuple[str, ...]:
    tenants = dict.fromkeys(fit.tenant for fit in opened(shown, topology))
    return (
        name,
        " ".join(shown.names) or "-",
        ", ".join(sorted(shown.faults)) or "-",
        " ".join(_users(name, topology)) or "-",
        " ".join(tenants) or "-",
    )


def _one(
    args: Namespace, shown: CertificateIdentity, topology: Topology | None, users: tuple[str, ...]
) -> int:
    if args.json:
        put_json(_data(shown, topology, users, args.what))
    else:
        put("\n".join(_told(shown, topology, users)))
    return Exit.OK


def _told(shown: CertificateIdentity, topology: Topology | None, users: tuple[str, ...]) -> Iterator[str]:
    yield from columns(
        [
            ("names", ", ".join(shown.names) or "(none)"),
            ("subject", shown.subject or "-"),
            ("issuer", shown.issuer or "-"),
            ("thumbprint", shown.thumbprint or "(made when the lab starts)"),
            ("faults", ", ".join(sorted(shown.faults)) or "none"),
            ("shown by", ", ".join(users) or "-"),
        ]
    )
    if topology is None:
        return
    ignored = _ignored(shown, topology)
    if ignored:
        yield f"Exchange Online ignores it: {ignored}"
    fits = opened(shown, topology)
    for fit in fits:
        text = f"{fit.name} fits TlsSenderCertificateName {fit.value} [{fit.rule}]"
        yield f'{"would open" if ignored else "opens"} {fit.tenant} / "{fit.connector}" ({fit.type}): {text}'
    if not fits:
        yield "It fits no inbound connector."


def opened(shown: CertificateIdentity, topology: Topology) -> tuple[FittingConnector, ...]:
    """The enabled inbound connectors of all tenants whose TlsSenderCertificateName a name of the certificate fits."""
    faultless = CertificateIdentity(shown.common_name, shown.dns_names)
    names = judge_credentials("0.0.0.0", True, faultless, topology.switches).names  # noqa: S104 - no socket
    lines = []
    for tenant in topology.tenants.values():
        for connector in tenant.inbound_connectors:
            value = connector.tls_sender_certificate_name
            matches = (name_match(value, name, topology.switches) for name in names) if value else ()
            best = max(filter(None, matches), key=lambda match: match.rank, default=None)
            if best is not None and connector.enabled:
                kind = connector.connector_type.value
                lines.append(
                    FittingConnector(
                        tenant.name, connector.name, kind, str(best.value), str(best.name), best.rule
                    )
                )
    return tuple(lines)


def _ignored(shown: CertificateIdentity, topology: Topology) -> str:
    return say(faults(judge_credentials("0.0.0.0", True, shown, topology.switches).ignored))  # noqa: S104 - no socket


def _users(profile: str, topology: Topology) -> tuple[str, ...]:
    """The hosts that show it; `(server)` where they never show it as a client."""
    return tuple(
        name if host.client_certificate else f"{name}(server)"
        for name, host in topology.hosts.items()
        if host.certificate == profile
    )


def _data(
    shown: CertificateIdentity, topology: Topology | None, users: tuple[str, ...], name: str
) -> Mapping[str, object]:
    return {
        "name": name,
        "names": shown.names,
        "common_name": shown.common_name,
        "subject": shown.subject,
        "issuer": shown.issuer,
        "thumbprint": shown.thumbprint or None,
        "faults": shown.faults,
        "shown_by": users,
        "ignored": (_ignored(shown, topology) or None) if topology else None,
        "fits": opened(shown, topology) if topology else (),
    }
