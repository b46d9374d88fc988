"""Why a message took the wrong way, from the step that decided it and the objects that it names."""

from __future__ import annotations

from collections.abc import Iterator

from lab.core.certificate_matching import name_match
from lab.model.names import DomainPattern
from lab.model.steps import Attributed, Connected
from lab.model.switches import Switches
from lab.model.tenant import InboundConnector
from lab.model.topology import Topology
from lab.model.trace import Disposition
from lab.reports.explanation.conclusions import Fate, Leg
from lab.reports.text.printable import without_guids
from lab.sentence import Sentence, listed, sentence, together
from lab.words.reasons import reason
from lab.words.steps import short_reply


def happened(fate: Fate) -> tuple[Sentence, ...]:
    """What happened to a message, in a sentence for each step."""
    astray = fate.misrouted
    recipients = together(fate.spec.recipients)
    first = sentence("{sender} writes to {recipients}.", sender=fate.spec.sender, recipients=recipients)
    if astray is None:
        way = " > ".join(fate.places)
        return first, sentence("The mail goes {way}: {ending}.", way=way, ending=fate.ending)
    handed = sentence("{first} {second}", first=first, second=_handed(astray))
    return handed, _taken(astray), _ended(fate, astray)


def why(fate: Fate, topology: Topology) -> tuple[Sentence, ...]:
    """What made a front end attribute the message to the wrong tenant."""
    astray = fate.misrouted
    step = astray.hop.first(Attributed) if astray else None
    return tuple(_why(astray, step, topology)) if astray and step else ()


def _handed(astray: Leg) -> Sentence:
    parts = {"client": astray.origin or sentence("A client"), "tenant": astray.meant}
    shown = _certificate(astray)
    if not shown:
        return sentence("{client} delivers to {tenant}'s MX.", **parts)
    showing = "{client} delivers to {tenant}'s MX and shows the certificate {names}."
    return sentence(showing, **parts, names=listed(shown))


def _taken(astray: Leg) -> Sentence:
    decided = astray.hop.first(Attributed)
    own = decided.tenant if decided else ""
    if astray.taken:
        return sentence(_THROUGH, tenant=own)
    return sentence(_REFUSED, tenant=own, reply=short_reply(astray.refusal))


_THROUGH = (
    "Exchange Online takes that connection for {tenant}'s own hybrid connection, so the mail runs through tenant {tenant} "
    "instead."
)
_REFUSED = (
    "Exchange Online takes that connection for {tenant}'s own hybrid connection, and refuses it: {reply}."
)


def _ended(fate: Fate, astray: Leg) -> Sentence:
    own, last = astray.hop.head.tenant, fate.legs[-1]
    if fate.end is Disposition.DELIVERED:
        return sentence("{tenant} sends it on, and it arrives: no report tells of the detour.", tenant=own)
    if fate.bounce is None:
        return sentence("It ends there: {ending}.", ending=fate.ending)
    reported = fate.bounce[1].ndr_to
    home = (
        sentence("The NDR goes back to {sender}", sender=reported) if reported else sentence("No NDR is sent")
    )
    if last is astray or last.taken:
        return sentence("The mail ends {ending}. {report}.", ending=fate.ending, report=home)
    if reported:
        home = sentence("{report}, from {tenant}'s own tenant", report=home, tenant=own)
    on = "{tenant} sends it on by MX; {target} refuses it: {reply}. {report}."
    target = last.place.removeprefix("tenant:")
    return sentence(on, tenant=own, target=target, reply=short_reply(last.refusal), report=home)


def _why(astray: Leg, step: Attributed, topology: Topology) -> Iterator[Sentence]:
    own, origin = step.tenant, astray.origin or sentence("the client")
    connector = _connector(topology, own, step.connector)
    if connector is None:
        taken = "{client}'s connection was taken for {tenant}'s: {reason}."
        yield sentence(taken, client=origin, tenant=own, reason=reason(step.reason))
    else:
        fits, name = _fits(astray, origin, connector, topology), without_guids(connector.name)
        yield sentence('{fit} of {tenant}\'s connector "{connector}".', fit=fits, tenant=own, connector=name)
    yield sentence(_STEERED, recipient=astray.meant or sentence("The recipient"))


_STEERED = "{recipient} played no part in this: RCPT TO only steered the way on."


def _fits(astray: Leg, origin: Sentence | str, connector: InboundConnector, topology: Topology) -> Sentence:
    """Which property of the client fits which parameter."""
    value = connector.tls_sender_certificate_name
    if value is None:
        in_list = "{client}'s address {address} is in SenderIPAddresses"
        return sentence(in_list, client=origin, address=astray.hop.head.client)
    fitting = [name for name in _certificate(astray) if _covers(value, name, topology.switches)]
    names = listed(fitting) if fitting else sentence("A name")
    in_certificate = "{names} in {client}'s certificate fits TlsSenderCertificateName {value}"
    return sentence(in_certificate, names=names, client=origin, value=value)


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
    owner = topology.tenants.get(tenant)
    return next((c for c in owner.inbound_connectors if c.name == name), None) if owner else None
