"""Who belongs together where no accepted domain tells it: by the hybrid configuration, by routing addresses, or for want of others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.importers.assembly.exported_object import ExportedProperties
from lab.importers.assembly.object_owners import MOERA, ROUTING, ExportedSide
from lab.importers.exchange_values import address_spaces
from lab.importers.types import ExportedObject

_KIND = "AcceptedDomain"


def known(side: ExportedSide) -> frozenset[str]:
    """Domains that a side has something to do with as its own, besides those that it accepts."""
    return frozenset(_of_tenant(side) if side.cloud else (*_hybrid(side), *_routing(side)))


def lend(found: Sequence[ExportedSide]) -> None:
    """Give a side without exported accepted domains those of the side that it belongs to; it says then whose they are."""
    for side in [bare for bare in found if not bare.domains]:
        home = _home(side, found)
        if home is not None:
            side.lent = "those of the tenant" if home.cloud else "those of the organisation"
            side.objects += [_accepted(name, side, domain) for name, domain in _lendable(home)]
        elif hybrid := list(_hybrid(side)):
            side.lent = "the domains of its hybrid configuration"
            side.objects += [_accepted(name, side, side.objects[0]) for name in hybrid]


def _home(side: ExportedSide, found: Sequence[ExportedSide]) -> ExportedSide | None:
    """The one other side that knows the same domains; else the only one, where that is clear."""
    others = [other for other in found if other.cloud is not side.cloud and other.domains]
    own = known(side)
    fitting = [other for other in others if own & {*other.domains, *known(other)}]
    if fitting or any(name.endswith(ROUTING) for name in own):
        return fitting[0] if len(fitting) == 1 else None
    alike = [other for other in found if other.cloud is side.cloud]
    return others[0] if len(others) == len(alike) == 1 else None


def _lendable(home: ExportedSide) -> Iterator[tuple[str, ExportedProperties]]:
    """Accepted domains that both sides may have: not the initial one, which is the tenant's."""
    for domain in home.of(_KIND):
        name = (domain.text("DomainName") or domain.name).lower()
        if not name.endswith(MOERA) or name.endswith(ROUTING):
            yield name, domain


def _accepted(name: str, side: ExportedSide, source: ExportedProperties) -> ExportedProperties:
    """On-premises, mail to routing addresses goes on to the tenant (R105)."""
    passes = not side.cloud and name.endswith(ROUTING)
    said = {
        "DomainName": name,
        "DomainType": "InternalRelay" if passes else "Authoritative",
        "Default": bool(source.truth("Default")),
    }
    return ExportedProperties(ExportedObject(kind=_KIND, place=source.place, values=said))


def _of_tenant(side: ExportedSide) -> Iterator[str]:
    for name in side.domains:
        if name.endswith(MOERA) and not name.endswith(ROUTING):
            yield f"{name.removesuffix(MOERA)}{ROUTING}"


def _hybrid(side: ExportedSide) -> Iterator[str]:
    """`Domains` of the hybrid configuration; `autod:` marks the one that Autodiscover asks."""
    for configuration in side.of("HybridConfiguration"):
        yield from (name.lower().removeprefix("autod:") for name in configuration.many("Domains"))


def _routing(side: ExportedSide) -> Iterator[str]:
    """`t.mail.onmicrosoft.com` of routing addresses and of the send connectors that lead there."""
    names = [domain.text("DomainName") for domain in side.of("RemoteDomain")]
    names += [
        space.domain
        for connector in side.of("SendConnector")
        for space in address_spaces(connector.value("AddressSpaces"))
    ]
    names += [mailbox.text("RemoteRoutingAddress").rpartition("@")[2] for mailbox in side.of("RemoteMailbox")]
    yield from (name.lower() for name in names if name.lower().endswith(ROUTING))
