"""`mflab part`, `mflab probe`: what runs in the containers of a lab, and whether it is well; nothing that people call."""

from __future__ import annotations

import asyncio
import os
import signal
from argparse import ArgumentTypeError, Namespace
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cli import locations
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.labs import compose_labs, container_nodes, lab_state
from lab.cli.output import talk, tell_bug
from lab.cli.verb_declaration import Verb, VerbFunction, declare
from lab.errors import DriverError

if TYPE_CHECKING:
    from lab.drivers.container_node import ContainerDns, ContainerNode
    from lab.drivers.postfix_node import PostfixNode, ReplaceableNode

_PART_ABOUT = """\
A lab in containers is one program a container. They share a folder (MFLAB_STATE) with the variant, certificates and
keys, and a folder each for queue, journal and control socket:

  setup  write the variant SCENARIO, VARIANT (both from the environment) and its certificates there; then the others
  dns    answer DNS at an address
  node   be the node that has an address: an Exchange server, a gateway, an internet host, a region of Exchange Online
  run    send the variant's messages, wait for their end, tell the story and the verdict
  relay  carry questions, a line of JSON each, from stdin to the control sockets and back

A real mail server may take the place of a gateway:

  postfix  be Postfix there (as root), in the network of the gateway's node, which makes way
  shadow   answer for a Postfix that was started otherwise, from its log"""

_PART_EXAMPLES = """\
  SCENARIO=wildcard-misrouting VARIANT=shared-wildcard MFLAB_STATE=/var/lib/mflab/article mflab part setup
  mflab part node --at 198.51.100.25 --dns 198.51.100.53"""


def add_part(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, part, about=_PART_ABOUT, examples=_PART_EXAMPLES)
    parser.add_argument("what", choices=_PARTS, help="which part")
    parser.add_argument(
        "--at", type=_address, metavar="ADDRESS", help="all but setup, run, relay: an address of it"
    )
    parser.add_argument("--dns", type=_address, metavar="ADDRESS", help="node: where to ask DNS")
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="shadow: Postfix's log (default: in its folder)"
    )
    parser.add_argument("--starts", type=_moment, metavar="TIME", help="setup: when the lab's clock starts")
    parser.add_argument("--seed", default="0", metavar="N", help="where made-up ids come from")


def _address(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        raise ArgumentTypeError(f"{text!r} is no IPv4 address") from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no moment like 2026-11-24T09:15:00+00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def part(args: Namespace) -> int:
    """Be the part that was asked for."""
    return _PARTS[args.what](args)


def _dns(args: Namespace) -> int:
    from lab.drivers import shared_folder
    from lab.drivers.address_mapping import Endpoint
    from lab.drivers.container_node import ContainerDns  # loads servers and OpenSSL, which few verbs need

    state = locations.state_folder(None)
    part = ContainerDns(
        lab_state.variant_of(state), state, Endpoint(_given(args, "at"), shared_folder.DNS_PORT)
    )
    compose_labs.note_running(state)
    return asyncio.run(_until_stopped(part, f"DNS on {args.at}"))


def _node(args: Namespace) -> int:
    from lab.drivers import shared_folder
    from lab.drivers.address_mapping import Endpoint
    from lab.drivers.container_node import ContainerNode

    state = locations.state_folder(None)
    variant = lab_state.variant_of(state)
    node = variant.topology.nodes().get(_given(args, "at"))
    if node is None:
        talk(f"no machine of {variant.name} is at {args.at}; nothing to do")
        return asyncio.run(_idle(args.at))
    shared_folder.add_alias(state, node, args.at)
    names = Endpoint(_given(args, "dns"), shared_folder.DNS_PORT)
    part = ContainerNode(variant, state, node, names, seed=args.seed, on_bug=tell_bug)
    what = f"{node} on {', '.join(container_nodes.listening(variant, node))}"
    host = variant.topology.hosts.get(node)
    if host is not None and host.is_filter:
        from lab.drivers.postfix_node import ReplaceableNode

        return asyncio.run(_until_stopped(ReplaceableNode(variant, state, part), what))
    return asyncio.run(_until_stopped(part, what))


def _shadow(args: Namespace) -> int:
    """Beside a real server that somebody else starts and that writes its log where --log says."""
    from lab.drivers import shared_folder
    from lab.drivers.postfix_node import PostfixNode

    state = compose_labs.lab_to_play()
    variant = lab_state.variant_of(state)
    node = container_nodes.gateway_at(variant, _given(args, "at"))
    shared_folder.add_alias(state, node, args.at)
    return asyncio.run(_until_stopped(PostfixNode(variant, state, node, args.log), f"the shadow of {node}"))


def _postfix(args: Namespace) -> int:
    """Configure Postfix, take the place of the lab's own node, and become Postfix. Does not return if all goes well."""
    from lab.drivers import postfix_process

    state = locations.state_folder(None)
    variant = lab_state.variant_of(state)
    host = variant.topology.hosts[container_nodes.gateway_at(variant, _given(args, "at"))]
    asyncio.run(container_nodes.yielded(state, args.at))
    postfix_process.become(variant, host, state)


def _given(args: Namespace, name: str) -> str:
    value: str | None = getattr(args, name)
    if value is None:
        raise BadInput(f"mflab part {args.what} needs --{name} ADDRESS")
    return value


def _relay(args: Namespace) -> int:  # noqa: ARG001
    from lab.drivers.control_socket import relay

    asyncio.run(relay(locations.state_folder(None), container_nodes.PATIENCE))
    return Exit.OK


async def _until_stopped(
    part: ContainerDns | ContainerNode | ReplaceableNode | PostfixNode, what: str
) -> int:
    """Serve until SIGTERM or SIGINT; both end it cleanly."""
    from lab.drivers import control_socket

    stop = _stopped()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(part)
        await stack.enter_async_context(control_socket.listening(part.state, part.answer))
        talk(f"ready: {what}")
        await stop.wait()
    return Exit.OK


async def _idle(at: str) -> int:
    """Stay, and answer the health check: whoever started all containers of a file need not know who plays in a variant."""
    from lab.drivers import control_socket, shared_folder

    async def answer(request: Mapping[str, object]) -> Mapping[str, object]:
        if request["do"] != "clock":  # what a health check asks for
            raise DriverError(f"nobody plays at {at} in this variant")
        return {}

    state = locations.state_folder(None)
    stop = _stopped()
    async with control_socket.listening(shared_folder.make_folder(state, at), answer):
        await stop.wait()
    return Exit.OK


def _stopped() -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


_PARTS: Mapping[str, VerbFunction] = {
    "setup": lambda args: container_nodes.set_up(args.starts),
    "dns": _dns,
    "node": _node,
    "run": lambda _: container_nodes.play(),
    "relay": _relay,
    "postfix": _postfix,
    "shadow": _shadow,
}


_PROBE_ABOUT = """\
Asks the control socket of the part that MFLAB_PART names: `dns`, or the address that the node was told with --at. Ends
with 0 when it answers."""
PATIENCE = 5.0
"""Seconds for an answer."""


def add_probe(verb: Verb) -> None:
    """Declare the verb."""
    declare(verb, probe, about=_PROBE_ABOUT, examples="  MFLAB_PART=198.51.100.25 mflab probe")


def probe(args: Namespace) -> int:  # noqa: ARG001 - all verbs are called alike
    """Ask. Raises DriverError when nobody answers."""
    from lab.drivers.control_socket import Sockets

    name = os.environ.get("MFLAB_PART")
    if not name:
        raise BadInput("MFLAB_PART is not set: it names the part that is asked")
    asyncio.run(Sockets(locations.state_folder(None)).awaited([name], PATIENCE))
    return Exit.OK
