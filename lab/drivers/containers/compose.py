"""A plan as a compose file: what `docker compose up` starts. Pure; a test keeps the committed file equal to what is made here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill

from lab.drivers.containers import compose_texts
from lab.drivers.containers.network_plan import (
    NetworkPlan,
    PlannedMachine,
    PlannedNetwork,
    PlannedRouter,
    plan,
)
from lab.scenario.model import Scenario

POSTFIX = "postfix"
"""The service of the first real filter, and of the one that builds the image for all."""
RESOLVER = "198.51.100.53"
"""The server in compose/resolv.conf."""


def compose(scenario: Scenario) -> str:
    """The compose file for all variants of a scenario; the first one is played if VARIANT names none.

    Raises DriverError for what containers cannot do.
    """
    planned, first = plan(scenario.variants.values()), next(iter(scenario.variants))
    return "".join(_texts(scenario.name, planned, first, _postfixes(scenario, planned)))


def _postfixes(scenario: Scenario, planned: NetworkPlan) -> Mapping[str, PlannedMachine]:
    """The services of real filters, with the machine whose place each takes; those behind NAT keep the lab's own."""
    gateways = {
        host.address
        for variant in scenario.variants.values()
        for host in variant.topology.hosts.values()
        if host.is_filter
    }
    machines = [
        machine for machine in planned.machines if machine.addresses[0] in gateways and not machine.profile
    ]
    return {
        POSTFIX if machine is machines[0] else f"{POSTFIX}-{machine.name}": machine for machine in machines
    }


def _texts(
    scenario: str, planned: NetworkPlan, first: str, postfixes: Mapping[str, PlannedMachine]
) -> Iterator[str]:
    hidden = [machine for machine in planned.machines if machine.profile]
    optional = [*postfixes, *(machine.name for machine in hidden)]
    known_addresses = dict.fromkeys(address for machine in planned.machines for address in machine.addresses)
    addresses = fill(" ".join(known_addresses), width=100, initial_indent=" " * 8, subsequent_indent=" " * 8)
    yield compose_texts.HEAD.substitute(
        scenario=scenario,
        dns=planned.dns,
        addresses=addresses,
        only_nat=_only_nat(hidden),
        profiles="".join(
            f"      {name}: {{condition: service_healthy, required: false}}\n" for name in optional
        ),
    )
    yield _router(planned, first)
    for machine in planned.machines:
        yield _held(machine, planned.dns) if machine.held else _plain(machine, planned.dns)
    yield from (_postfix(name, machine, planned.dns) for name, machine in postfixes.items())
    yield _tools(planned)
    yield "\nnetworks:\n"
    yield from map(_network, planned.networks)
    yield "\nvolumes:\n  state: {}\n"
    yield from (f"  {name}: {{}}\n" for name in postfixes)


def _only_nat(hidden: Sequence[PlannedMachine]) -> str:
    addresses = " ".join(machine.addresses[0] for machine in hidden)
    return compose_texts.ONLY_NAT.substitute(addresses=addresses) if hidden else ""


def _router(planned: NetworkPlan, first: str) -> str:
    router = planned.router
    networks = f"internet: {{ipv4_address: {router.docker}}}"
    if router.docker_inside:
        networks += f", inside: {{ipv4_address: {router.docker_inside}}}"
    return compose_texts.ROUTER.substitute(
        docker=router.docker,
        gateways=" ".join(router.gateways),
        inside=_inside(planned.networks[-1], router, first),
        networks=networks,
    )


def _inside(network: PlannedNetwork, router: PlannedRouter, first: str) -> str:
    if router.docker_inside is None:
        return ""
    table = "\n".join(f"        {' '.join(row)}" for row in _table(router))
    return compose_texts.INSIDE.substitute(
        docker=router.docker_inside, gateway=network.gateway, first=first, table=table
    )


def _table(router: PlannedRouter) -> Iterator[tuple[str, str, str]]:
    """Who is seen as what: in every variant, where they all agree."""
    for inside, public in router.nat.items():
        seen = {variant: nat[inside] for variant, nat in router.nats.items() if inside in nat}
        if set(seen.values()) == {public}:
            yield "*", inside, public
        else:
            yield from ((variant, inside, address) for variant, address in seen.items())


def _plain(machine: PlannedMachine, dns: str) -> str:
    profile = f"\n    profiles: [{machine.profile}]" if machine.profile else ""
    return compose_texts.PLAIN.substitute(
        name=machine.name, address=machine.docker, dns=dns, network=machine.network, profile=profile
    )


def _held(machine: PlannedMachine, dns: str) -> str:
    added = [address for address in machine.addresses if address != machine.docker]
    holder = compose_texts.HOLDER.substitute(
        holder=machine.holder, docker=machine.docker, addresses=" ".join(added) or '""'
    )
    return holder + compose_texts.HELD.substitute(
        name=machine.name, holder=machine.holder, address=machine.addresses[0], dns=dns
    )


def _postfix(name: str, machine: PlannedMachine, dns: str) -> str:
    network = machine.holder if machine.held else machine.name
    return compose_texts.POSTFIX.substitute(
        postfix=name,
        name=machine.name,
        build=compose_texts.BUILD_POSTFIX if name == POSTFIX else "",
        network=network,
        address=machine.addresses[0],
        resolver=_resolver(dns),
    )


def _tools(planned: NetworkPlan) -> str:
    return compose_texts.TOOLS.substitute(
        dns=planned.dns, address=planned.tools, resolver=_resolver(planned.dns)
    )


def _resolver(dns: str) -> str:
    """Docker's own resolver knows the lab's server, too, but answers by itself who has an address of the lab."""
    return ", ./resolv.conf:/etc/resolv.conf:ro" if dns == RESOLVER else ""


def _network(network: PlannedNetwork) -> str:
    return compose_texts.NETWORK.substitute(name=network.name, subnet=network.subnet, gateway=network.gateway)
