"""What a thing to do is."""

from __future__ import annotations

from enum import IntEnum

from lab.model.value import dataclass
from lab.sentence import NOTHING, Sentence, sentence


class TodoStep(IntEnum):
    """When a thing may be done: each step needs the ones before it, or must not be seen before them."""

    PREPARATION = 1
    """Certificates are requested, machines set up: no mail takes another way by it."""
    DOMAINS = 2
    """A tenant takes a name on a connector only once the domain is its own."""
    DNS = 3
    TENANT = 4
    """What the tenant knows on-premises by. With the next step one maintenance window."""
    EXCHANGE = 5
    """What on-premises shows and sends."""
    OUTBOUND = 6
    """The tenant's way back."""
    REST = 7
    """Rules and recipients, which lead to connectors that are there by now."""
    LAST = 8
    """Gateways, MX records, and what is taken away."""


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do."""

    where: Sentence
    """`Exchange Online, tenant msxfaq`, `Exchange on-premises, organisation msxfaq`, a machine, `certificates`."""
    told: Sentence = NOTHING
    """Before the commands or instead of them."""
    commands: tuple[str, ...] = ()
    step: TodoStep = TodoStep.REST


def cloud(tenant: str) -> Sentence:
    """The shell of a tenant."""
    return sentence("Exchange Online, tenant {tenant}", tenant=tenant)


def on_premises(organization: str) -> Sentence:
    """The shell of an organisation."""
    return sentence("Exchange on-premises, organisation {organization}", organization=organization)


def thumbprint(certificate: str) -> str:
    """What stands for a thumbprint that is not known yet."""
    return f"THUMBPRINT-OF-{certificate}"
