"""`mflab gateway`, `mflab zones`: real servers in the place of the scenario's filter and of the lab's DNS."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from argparse import Namespace
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path, PurePosixPath

from lab.cli.arguments import add_scenario, loaded, port, variant_of
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.output import put, talk, tell_story
from lab.cli.verb_declaration import Verb, declare
from lab.gateways import filter_settings, postfix_settings
from lab.gateways.filter_settings import FilterFolders, FilterSettings
from lab.model.dns import Zones
from lab.reports.scenario_runs import ScenarioRuns
from lab.scenario.model import Variant

_GATEWAY_ABOUT = """\
Prints what makes Postfix the filter of a scenario: relay for its Exchange, MX or smart hosts for the rest, the host's
certificate, and the lab's DNS as the only resolver. docs/bring-your-own-gateway.md tells how to attach it, or any other
mail server or appliance.

With --play it is done at once: in a network of its own, with the scenario's real addresses, Postfix takes the filter's
place, the messages are sent, and the scenario's expectations judge what happened. That takes root and an installed Postfix."""

_GATEWAY_EXAMPLES = """\
  mflab gateway postfix wildcard-misrouting
  mflab gateway postfix wildcard-misrouting --variant dedicated-certificate --out /tmp/postfix
  sudo mflab gateway postfix wildcard-misrouting --play"""
_INSIDE = "MFLAB_APART"
"""Set for the command in the network of its own: the folder of the run."""
DNS = "198.51.100.53"


def add_gateway(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, gateway, about=_GATEWAY_ABOUT, examples=_GATEWAY_EXAMPLES)
    parser.add_argument("server", choices=("postfix",), help="which mail server")
    add_scenario(parser)
    parser.add_argument("--host", metavar="HOST", help="which filter; the first if not given")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the files there")
    parser.add_argument(
        "--certificates",
        type=PurePosixPath,
        default=PurePosixPath("/etc/mflab/certificates"),
        metavar="DIR",
        help="where the server finds what `mflab cert --out` made (default: %(default)s)",
    )
    parser.add_argument(
        "--log",
        type=PurePosixPath,
        default=PurePosixPath("/var/log/mflab/mail.log"),
        metavar="FILE",
        help="where the server is to log (default: %(default)s)",
    )
    parser.add_argument(
        "--config",
        type=PurePosixPath,
        metavar="DIR",
        help="where the server finds the files (default: where --out puts them, or /etc/postfix)",
    )
    parser.add_argument(
        "--dns", default=DNS, metavar="ADDRESS", help="the lab's DNS server (default: %(default)s)"
    )
    parser.add_argument("--once", action="store_true", help="bounce what is put off, and try nothing again")
    parser.add_argument("--play", action="store_true", help="run the variant with it")


def gateway(args: Namespace) -> int:
    """Print, write or play."""
    variant = variant_of(args.scenario, args.variant)
    if args.play:
        return _inside(args, variant) if _INSIDE in os.environ else _apart(args, variant)
    files = _files(args, variant)
    if args.out is None:
        put("\n".join(f"# ---- {name}\n{text}" for name, text in files.items()).rstrip("\n"))
    else:
        _write(args.out, files)
    return Exit.OK


def _files(args: Namespace, variant: Variant) -> dict[str, str]:
    config = args.config or (args.out.absolute() if args.out else "/etc/postfix")
    places = FilterFolders(
        config=PurePosixPath(config),
        certificates=args.certificates,
        work=PurePosixPath("/var/spool/mflab"),
        log=args.log,
    )
    settings = FilterSettings.of(
        _host(args, variant), variant.topology, places, expires_after=timedelta() if args.once else None
    )
    for wish in settings.unplayed():
        talk(f"mflab: {variant.name} wants {wish} of {settings.host.name}: Postfix alone does not do that")
    return {**postfix_settings.render(settings), "resolv.conf": filter_settings.resolv_conf(args.dns)}


def _host(args: Namespace, variant: Variant) -> str:
    """The filter that was named. Raises BadInput when there is none, or none of that name."""
    filters = [name for name, host in variant.topology.hosts.items() if host.is_filter]
    name: str = args.host or next(iter(filters), "")
    if name not in filters:
        gateways = f"its gateways are: {', '.join(filters)}" if filters else "it has no gateway"
        raise BadInput(f"{variant.name}: {args.host or 'which gateway'}? {gateways}")
    return name


def _write(folder: Path, files: dict[str, str]) -> None:
    """Write them, and print where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
        put(str(folder / name))


def _apart(args: Namespace, variant: Variant) -> int:
    """The same command again, in a network of its own. Raises DriverError when the machine does not allow it."""
    from lab.drivers import embedded_postfix
    from lab.drivers.embedded_postfix import in_network_namespace

    names, *others = embedded_postfix.addresses(variant)
    with tempfile.TemporaryDirectory(prefix="mflab-") as folder:
        root = Path(folder)
        root.chmod(0o755)  # Postfix's own user has to get to its queue
        (root / "resolv.conf").write_text(filter_settings.resolv_conf(names))
        again = (
            sys.executable,
            "-m",
            "lab",
            "gateway",
            args.server,
            args.scenario,
            "--variant",
            variant.name,
        )
        command, environment = in_network_namespace(
            (*again, "--play"), (names, *others), root / "resolv.conf"
        )
        done = subprocess.run(command, env={**environment, _INSIDE: folder}, check=False)  # noqa: S603
    return done.returncode


def _inside(args: Namespace, variant: Variant) -> int:
    from lab.drivers.embedded_postfix import run_with_postfix

    outcome = asyncio.run(run_with_postfix(variant, Path(os.environ[_INSIDE])))
    return tell_story(ScenarioRuns(loaded(args), (outcome,)))


_ZONES_ABOUT = """\
Prints all records in one file, the root zone. With --out, unbound.conf and knot.conf are written beside it, for unbound or
Knot DNS in the place of the lab's own DNS server. DKIM keys are a lab's own: --state names its folder (keys that are not
there yet are made), and without it the records are the simulator's, with which no real signature verifies."""

_ZONES_EXAMPLES = """\
  mflab zones wildcard-misrouting
  mflab zones wildcard-misrouting --state .mflab --out /tmp/zones --address 127.0.0.1 --port 5301
  unbound -d -c /tmp/zones/unbound.conf & mflab up wildcard-misrouting --names 127.0.0.1:5301"""


def add_zones(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, zones, about=_ZONES_ABOUT, examples=_ZONES_EXAMPLES)
    add_scenario(parser)
    parser.add_argument("-o", "--out", type=Path, metavar="DIR", help="write the files there")
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="folder of the lab whose DKIM keys are published"
    )
    parser.add_argument(
        "--address",
        type=IPv4Address,
        default=DNS,
        metavar="A",
        help="where the name server is to listen (default: %(default)s)",
    )
    parser.add_argument(
        "--port", type=port, default=53, metavar="N", help="on which port (default: %(default)s)"
    )


def zones(args: Namespace) -> int:
    """Print or write. Raises BadInput for records that only the lab's own server can answer."""
    from lab.reports.name_server_files import zone_file  # loads the library for DNS

    variant = variant_of(args.scenario, args.variant)
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
        _write(args.out, _name_servers(args, text, zones))
    return Exit.OK


def _zones(variant: Variant, state: Path | None) -> Zones:
    """As they are at the start, with the keys of a lab that has started, or will."""
    if state is None:
        return variant.topology.zones
    from lab.drivers.configuration_history import History
    from lab.pki import rsa_signing  # loads OpenSSL

    return History.of(variant, suite=rsa_signing.signatures(variant, state)).versions[0].topology.zones


def _name_servers(args: Namespace, text: str, zones: Zones) -> dict[str, str]:
    """The zone file, and a configuration for each name server, by their names."""
    from lab.reports.name_server_files import SERVERS, ZONE_FILE, NameServer

    server = NameServer(
        folder=PurePosixPath(args.out.absolute()),
        address=str(args.address),
        port=args.port,
        broken=tuple(sorted(zones.broken)),
    )
    return {ZONE_FILE: text, **{name: render(server) for name, render in SERVERS.items()}}
