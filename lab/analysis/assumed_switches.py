"""Switches whose true position is not known, and a configuration with them the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lab.core.rulebook import SWITCHES, Confidence, Switch, rule
from lab.scenario.model import Variant

_DISPUTED = frozenset(
    {
        "bad_chain",
        "dmarc_on_connector_mail",
        "onpremises_sender_domains",
        "outbound_connector_order",
        "partner_scope",
        "service_mail_exempt",
        "unaccepted_cert_name",
        "wildcard_cert_covers_apex_value",
    }
)
"""Their rules are documented or observed, and yet another source says otherwise (see their texts)."""


def is_guess(switch: Switch) -> bool:
    """Whether its position is not known: it bends a rule that is assumed, or one on which documents disagree."""
    guessed = any(rule(id_).confidence is Confidence.ASSUMED for id_ in switch.rules)
    return switch.kind == "choice" and switch.scope == "service" and (guessed or switch.name in _DISPUTED)


def normalized(position: object) -> str:
    """A position in one spelling; the rulebook says on and off of some switches, true and false of others."""
    return {"on": "true", "off": "false"}.get(str(position).lower(), str(position).lower())


def other_positions(variant: Variant) -> Iterator[tuple[Switch, Variant]]:
    """The variant with one of those switches in another position, for each switch and each position."""
    switches = variant.topology.switches
    for switch in filter(is_guess, SWITCHES.values()):
        now = getattr(switches, switch.name)
        for value in switch.values:
            if normalized(value) != normalized(now):
                typed = normalized(value) == "true" if isinstance(now, bool) else value
                positions = replace(switches, **{switch.name: typed})  # type: ignore[arg-type]  # like the present one
                yield switch, replace(variant, topology=replace(variant.topology, switches=positions))
