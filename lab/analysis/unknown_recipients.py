"""Recipients that do not exist, in a domain of the scenario: most likely a typo, unless the message is to come back."""

from __future__ import annotations

from collections.abc import Iterator

from lab.model.names import Address
from lab.model.topology import Topology
from lab.scenario.builders.correspondents import AddressOwner
from lab.scenario.model import Expectation, Variant
from lab.scenario.syntax.problem_report import did_you_mean
from lab.sentence import NOTHING, Sentence, sentence

_UNKNOWN = "{message} of {variant}: no recipient is called {address}{near}"
_RETURNED = ("bounced", "rejected")


def typos(variant: Variant) -> Iterator[Sentence]:
    """A warning for each such recipient of a message that is not expected to come back; a series is told once."""
    topologies = (variant.topology, *(moment.topology for moment in variant.timeline))
    warned: set[tuple[str, str]] = set()
    for message in variant.messages:
        if _comes_back(variant.expect.get(message.key)):
            continue
        name = message.series or message.key
        for address in message.recipients:
            if (name, address.key) not in warned and _is_nobody(address, topologies):
                warned.add((name, address.key))
                near = _near(address, variant.topology)
                yield sentence(_UNKNOWN, message=name, variant=variant.name, address=address, near=near)


def _comes_back(claim: Expectation | None) -> bool:
    return claim is not None and (claim.ends in _RETURNED or claim.ndr is not None)


def _is_nobody(address: Address, topologies: tuple[Topology, ...]) -> bool:
    """Whether its domain is one of a company's, and at no moment a recipient has the address. All answer for postmaster."""
    if address.key.startswith("postmaster@"):
        return False
    owners = [owner for topology in topologies for owner in _owners(topology)]
    owned = any(owner.accepts(address.domain) for owner in owners)
    return owned and not any(_has(topology, address) for topology in topologies)


def _has(topology: Topology, address: Address) -> bool:
    return topology.mailbox_node(address) is not None or any(
        owner.find(address) for owner in _owners(topology)
    )


def _owners(topology: Topology) -> tuple[AddressOwner, ...]:
    return (*topology.organizations.values(), *topology.tenants.values())


def _near(address: Address, topology: Topology) -> Sentence:
    hint = did_you_mean(str(address), (key for owner in _owners(topology) for key in owner.recipients))
    return sentence("; {hint}", hint=hint) if hint else NOTHING
