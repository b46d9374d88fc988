"""The tenants of a rebuilt scenario: that of the connector or of the author's mailbox, and the recipient's."""

from __future__ import annotations

from collections.abc import Iterable

from lab.analysis.diagnose.reproduction_parties import (
    DIRECT_SEND,
    FAR,
    NO_STARTTLS,
    NOT_ACCEPTED,
    RELAY_DENIED,
    RESTRICTED,
    STRANGER,
    UNKNOWN,
    UNKNOWN_AT_EDGE,
    WRONG_NAME,
    PlainTable,
    ReproductionParties,
    filled,
)
from lab.evidence.diagnosis import EvidenceTenant, TieToTenant
from lab.model.names import Address, Domain

_TLS: dict[int, PlainTable] = {
    NO_STARTTLS: {"TlsSettings": "EncryptionOnly"},
    WRONG_NAME: {"TlsSettings": "DomainValidation", "TlsDomain": "another.name.example"},
}
"""What an outbound connector demands of a server that fails it."""


def own(cast: ReproductionParties) -> PlainTable:
    """The tenant whose connector takes the mail, or whose mailbox wrote it."""
    case = cast.case
    written = _tenant(cast.through.tenant if cast.through else EvidenceTenant(), "own")
    domains = _domains_of(cast)
    mailboxes = [case.sender] if cast.began_inside else []
    users = [] if cast.began_inside or not cast.owns_sender else [case.sender]
    people = _recipient(cast, case.recipient) if cast.same and cast.number != UNKNOWN else {}
    if not cast.same and not cast.target and case.recipient.domain in domains:
        users.append(case.recipient)  # its mailbox is at the server behind the tenant
    return filled(
        {
            **written,
            "AcceptedDomains": _accepted(domains, written["initial_domain"]),
            **people,
            "mailboxes": [*_each(mailboxes), *people.get("mailboxes", [])],
            "mail_users": _each(users),
            "InboundConnectors": [] if cast.began_inside else [_inbound(cast)],
            "OutboundConnectors": _outbound(cast, domains),
        }
    )


def target(cast: ReproductionParties) -> PlainTable:
    """The recipient's tenant."""
    case, number = cast.case, cast.number
    home = case.meant_for or case.recipient
    domains = [home.domain]
    if number == DIRECT_SEND:
        domains.append((case.reverse_path or case.sender).domain)
    written = _tenant(_recipients_tenant(cast), "target")
    known = number not in (UNKNOWN_AT_EDGE, UNKNOWN)
    return filled(
        {
            **written,
            "region": "NAM" if number == FAR else "",
            "AcceptedDomains": _accepted(domains, written["initial_domain"]),
            **(_recipient(cast, home) if known else {}),
            "InboundConnectors": [_restricting(cast)] if number == RESTRICTED else [],
            "OrganizationConfig": {"RejectDirectSend": True} if number == DIRECT_SEND else {},
        }
    ) | ({"dbeb": False} if number == UNKNOWN else {})  # taken first, and then found unknown: not by the edge


def _recipients_tenant(cast: ReproductionParties) -> EvidenceTenant:
    case = cast.case
    stays = [
        each
        for each in case.way
        if each is not cast.through and each.by in (TieToTenant.RECIPIENT, TieToTenant.UNKNOWN)
    ]
    refused_by = case.refusal.tenant if case.refusal and case.refusal.service else EvidenceTenant()
    return stays[0].tenant if stays else EvidenceTenant(id=refused_by.id)


def _recipient(cast: ReproductionParties, address: Address) -> PlainTable:
    """Whoever gets it, by section: a mailbox, or what the status says that it must be (R119, R241)."""
    written: PlainTable = {"address": str(address)}
    match cast.case.refusal.status if cast.case.refusal else "":
        case "5.7.133":
            return {"distribution_groups": [written | {"members": [str(cast.case.sender)]}]}
        case "5.7.193":
            return {"groups": [written]}
        case "5.7.134":
            return {"mailboxes": [written | {"RequireSenderAuthenticationEnabled": True}]}
        case _:
            pass
    if cast.case.meant_for is not None:
        written["ForwardingSmtpAddress"] = str(cast.case.recipient)
    return {"mailboxes": [written]}


def _domains_of(cast: ReproductionParties) -> list[Domain]:
    if cast.number == NOT_ACCEPTED:
        return []
    domains = [cast.case.sender.domain] if cast.owns_sender else []
    if not cast.began_inside:
        domains.append(cast.accepted)
    return [*domains, cast.case.recipient.domain] if cast.same else domains


def _inbound(cast: ReproductionParties) -> PlainTable:
    helo = cast.case.helo
    connector: PlainTable = {
        "Name": "Inbound from the evidence",
        "ConnectorType": "OnPremises",
        "SenderDomains": "*",
        "RequireTls": True,
        "TlsSenderCertificateName": f"*.{cast.accepted}" if helo.is_under(cast.accepted) else str(helo),
    }
    if cast.number == RELAY_DENIED:
        connector["Enabled"] = False
    if cast.through is not None and cast.through.internal:
        connector["CloudServicesMailEnabled"] = True
    return connector


def _outbound(cast: ReproductionParties, domains: list[Domain]) -> list[PlainTable]:
    """To the sender's server, by which the report goes home; and to the server with the recipient's mailbox."""
    case, found = cast.case, []
    if not cast.began_inside and cast.owns_sender and case.sender.domain in domains:
        found.append(_to_on_premises("Outbound to the sender", case.sender.domain, "client"))
    if not cast.same and not cast.target and (case.recipient.domain in domains or cast.number in _TLS):
        found = [
            _to_on_premises("Outbound to the recipient", case.recipient.domain, "elsewhere")
            | _TLS.get(cast.number, {})
        ]
    return found


def _to_on_premises(name: str, domain: Domain, host: str) -> PlainTable:
    return {
        "Name": name,
        "ConnectorType": "OnPremises",
        "RecipientDomains": str(domain),
        "UseMXRecord": False,
        "SmartHosts": host,
    }


def _restricting(cast: ReproductionParties) -> PlainTable:
    """One server only may; by a detour the mail comes from Microsoft's instead."""
    return {
        "Name": "Only from one server",
        "ConnectorType": "Partner",
        "SenderDomains": "*",
        "RestrictDomainsToIPAddresses": True,
        "SenderIPAddresses": [STRANGER if cast.through is None or cast.began_inside else cast.address],
    }


def _tenant(tenant: EvidenceTenant, key: str) -> PlainTable:
    initial = tenant.domain if tenant.domain.endswith(".onmicrosoft.com") else f"{key}tenant.onmicrosoft.com"
    return {"id": tenant.id, "initial_domain": initial}


def _accepted(domains: Iterable[Domain], initial: str) -> list[PlainTable]:
    kept = dict.fromkeys(str(each) for each in domains if str(each) != initial)
    return [
        {"DomainName": each, "Default": True} if not at else {"DomainName": each}
        for at, each in enumerate(kept)
    ]


def _each(addresses: Iterable[Address]) -> list[str]:
    return list(dict.fromkeys(map(str, addresses)))
