"""Why a message took the wrong way, in sentences, from the step that decided it and the objects that it names."""

from __future__ import annotations

from collections.abc import Iterator

from lab.core.matching import name_match
from lab.model.names import DomainPattern
from lab.model.steps import Attributed, Connected
from lab.model.switches import Switches
from lab.model.tenant import InboundConnector
from lab.model.topology import Topology
from lab.model.trace import Disposition
from lab.reports.printable import without_guids
from lab.reports.reading import Fate, Leg
from lab.words.reasons import reason
from lab.words.steps import short_reply


def happened(fate: Fate) -> tuple[str, ...]:
    """What happened to a message, in a sentence for each thing that somebody did."""
    astray = fate.misrouted
    first = f"{fate.spec.sender} writes to {_all(fate)}."
    if astray is None:
        return (first, f"The mail goes {' > '.join(fate.places)}: {fate.outcome}.")
    return (f"{first} {_handed(astray)}", _taken(astray), _ended(fate, astray))


def why(fate: Fate, topology: Topology) -> tuple[str, ...]:
    """What made a front end take the message for the wrong tenant's."""
    astray = fate.misrouted
    step = astray.hop.first(Attributed) if astray else None
    return tuple(_why(astray, step, topology)) if astray and step else ()


def _handed(astray: Leg) -> str:
    shown = _certificate(astray)
    certificate = f" and shows the certificate {', '.join(shown)}" if shown else ""
    return f"{astray.origin or 'A client'} delivers to {astray.meant}'s MX{certificate}."


def _taken(astray: Leg) -> str:
    decided = astray.hop.first(Attributed)
    own = decided.tenant if decided else ""
    told = f"Exchange Online takes that connection for {own}'s own hybrid connection"
    if astray.taken:
        return f"{told}, so the mail runs through tenant {own} instead."
    return f"{told}, and refuses it: {short_reply(astray.refusal)}."


def _ended(fate: Fate, astray: Leg) -> str:
    own = astray.hop.head.tenant
    if set(fate.trace.dispositions.values()) == {Disposition.DELIVERED}:
        return f"{own} sends it on, and it arrives: nobody notices the detour."
    if fate.bounce is None:
        return f"It ends there: {fate.outcome}."
    reported = fate.bounce[1].ndr_to
    home = f" The NDR goes back to {reported}" if reported else " Nobody is told"
    last = fate.legs[-1]
    if last is astray or last.taken:
        return f"The mail ends {fate.outcome}.{home}."
    home += f", from {own}'s own tenant." if reported else "."
    return f"{own} sends it on by MX; {last.place.removeprefix('tenant:')} refuses it: {short_reply(last.refusal)}.{home}"


def _why(astray: Leg, step: Attributed, topology: Topology) -> Iterator[str]:
    own, origin = step.tenant, astray.origin or "the client"
    connector = _connector(topology, own, step.connector)
    if connector is None:
        yield f"{origin}'s connection was taken for {own}'s: {reason(step.reason)}."
    else:
        yield f'{_fits(astray, origin, connector, topology)} of {own}\'s connector "{without_guids(connector.name)}".'
    yield f"What {astray.meant or 'the recipient'} had to do with it: nothing. RCPT TO only steered the way on."


def _fits(astray: Leg, origin: str, connector: InboundConnector, topology: Topology) -> str:
    """Which property of the client fits which parameter."""
    value = connector.tls_sender_certificate_name
    shown = _certificate(astray)
    if value is None:
        return f"{origin}'s address {astray.hop.head.client} is in SenderIPAddresses"
    fitting = [name for name in shown if _covers(value, name, topology.switches)]
    return f"{', '.join(fitting) or 'A name'} in {origin}'s certificate fits TlsSenderCertificateName {value}"


def _certificate(astray: Leg) -> tuple[str, ...]:
    """The names that the client showed."""
    connected = astray.hop.first(Connected)
    return connected.certificate if connected else ()


def _covers(value: DomainPattern, name: str, switches: Switches) -> bool:
    try:
        return name_match(value, DomainPattern.parse(name), switches) is not None
    except ValueError:
        return False  # a subject that is no host name


def _connector(topology: Topology, tenant: str, name: str) -> InboundConnector | None:
    known = topology.tenants.get(tenant)
    return next((c for c in known.inbound_connectors if c.name == name), None) if known else None


def _all(fate: Fate) -> str:
    return " and ".join(map(str, fate.spec.recipients))
