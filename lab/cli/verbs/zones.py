"""`mflab zones`: the lab's DNS as a zone file, and configuration of real name servers that serve it."""

from __future__ import annotations

from argparse import Namespace
from ipaddress import IPv4Address
from pathlib import Path, PurePosixPath

from lab.cli.arguments import add_scenario, chosen, loaded, port
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.output import put, talk
from lab.cli.verb_declaration import Verb, declare
from lab.drivers.configuration_history import History
from lab.model.dns import Zones
from lab.pki import rsa_signing
from lab.reports.dns.name_servers import SERVERS, ZONE_FILE, Service
from lab.reports.dns.zone_file import zone_file
from lab.scenario.model import Variant

_ABOUT = """\
Prints all records in one file, the root zone. With --out, unbound.conf and knot.conf are written beside it, for unbound or
Knot DNS in the place of the lab's own DNS server. DKIM keys are a lab's own: --state names its folder (keys that are not
there yet are made), and without it the records are the simulator's, with which no real signature verifies."""

_EXAMPLES = """\
  mflab zones wildcard-misrouting
  mflab zones wildcard-misrouting --state .mflab --out /tmp/zones --address 127.0.0.1 --port 5301
  unbound -d -c /tmp/zones/unbound.conf & mflab up wildcard-misrouting --names 127.0.0.1:5301"""
ADDRESS = "198.51.100.53"


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    add_scenario(parser)
    parser.add_argument("-o", "--out", type=Path, metavar="DIR", help="write the files there")
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="folder of the lab whose DKIM keys are published"
    )
    parser.add_argument(
        "--address",
        type=IPv4Address,
        default=ADDRESS,
        metavar="A",
        help="where the name server is to listen (default: %(default)s)",
    )
    parser.add_argument(
        "--port", type=port, default=53, metavar="N", help="on which port (default: %(default)s)"
    )


def run(args: Namespace) -> int:
    """Print or write. Raises BadInput for records that only the lab's own server can answer."""
    variant = chosen(loaded(args), args.variant)
    zones = _zones(variant, args.state)
    try:
        text = zone_file(zones)
    except ValueError as error:
        raise BadInput(f"{variant.name}: {error}") from error
    if any(moment.topology.zones != variant.topology.zones for moment in variant.timeline):
        talk(f"mflab: {variant.name} changes its DNS on the way: these are the records at its start")
    if args.out is None:
        put(text.rstrip("\n"))
    else:
        _write(args, text, zones)
    return Exit.OK


def _zones(variant: Variant, state: Path | None) -> Zones:
    """As they are at the start, with the keys of a lab that has started, or will."""
    if state is None:
        return variant.topology.zones
    return History.of(variant, suite=rsa_signing.signatures(variant, state)).versions[0].topology.zones


def _write(args: Namespace, text: str, zones: Zones) -> None:
    folder: Path = args.out.absolute()
    service = Service(
        folder=PurePosixPath(folder),
        address=str(args.address),
        port=args.port,
        broken=tuple(sorted(zones.broken)),
    )
    files = {ZONE_FILE: text, **{name: render(service) for name, render in SERVERS.items()}}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content)
        put(str(args.out / name))
