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
from lab.model.names import Address, Domain
from lab.reports.findings.diagnosis import EvidenceTenant, TieToTenant

_TLS: dict[int, PlainTable] = {
    NO_STARTTLS: {"TlsSettings": "EncryptionOnly"},
    WRONG_NAME: {"TlsSettings": "DomainValidation", "TlsDomain": "another.name.example"},
}
"""What an outbound connector demands of a server that fails it."""


def own(parties: ReproductionParties) -> PlainTable:
    """The tenant whose connector takes the mail, or whose mailbox wrote it."""
    case, inside = parties.case, parties.began_inside
    names = _names(parties.through.tenant if parties.through else EvidenceTenant(), "own")
    domains = _own_domains(parties)
    recipients = _recipient(parties, case.recipient) if parties.same and parties.number != UNKNOWN else {}
    mailboxes = [str(case.sender)] if inside else []
    users = [] if inside or not parties.owns_sender else [str(case.sender)]
    if not parties.same and not parties.target and case.recipient.domain in domains:
        users.append(str(case.recipient))  # its mailbox is at the server behind the tenant
    return filled(
        {
            **names,
            "AcceptedDomains": _accepted(domains, names["initial_domain"]),
            **recipients,
            "mailboxes": [*mailboxes, *recipients.get("mailboxes", [])],
            "mail_users": list(dict.fromkeys(users)),
            "InboundConnectors": [] if inside else [_inbound(parties)],
            "OutboundConnectors": _outbound(parties, domains),
        }
    )


def target(parties: ReproductionParties) -> PlainTable:
    """The recipient's tenant."""
    case, number = parties.case, parties.number
    home = case.meant_for or case.recipient
    domains = [home.domain]
    if number == DIRECT_SEND:
        domains.append((case.reverse_path or case.sender).domain)
    ties = (TieToTenant.RECIPIENT, TieToTenant.UNKNOWN)
    stays = (stay for stay in case.way if stay is not parties.through and stay.by in ties)
    refused_by = case.refusal.tenant.id if case.refusal and case.refusal.service else ""
    stay = next(stays, None)
    names = _names(stay.tenant if stay else EvidenceTenant(id=refused_by), "target")
    table = filled(
        {
            **names,
            "region": "NAM" if number == FAR else "",
            "AcceptedDomains": _accepted(domains, names["initial_domain"]),
            **(_recipient(parties, home) if number not in (UNKNOWN_AT_EDGE, UNKNOWN) else {}),
            "InboundConnectors": [_restricting(parties)] if number == RESTRICTED else [],
            "OrganizationConfig": {"RejectDirectSend": True} if number == DIRECT_SEND else {},
        }
    )
    # an unknown recipient is taken first, and then found unknown: not by the edge
    return table | {"dbeb": False} if number == UNKNOWN else table


def _recipient(parties: ReproductionParties, address: Address) -> PlainTable:
    """Whoever gets it, by section: a mailbox, or what the status says that it must be (R119, R241)."""
    case = parties.case
    written: PlainTable = {"address": str(address)}
    match case.refusal.status if case.refusal else "":
        case "5.7.133":
            return {"distribution_groups": [written | {"members": [str(case.sender)]}]}
        case "5.7.193":
            return {"groups": [written]}
        case "5.7.134":
            return {"mailboxes": [written | {"RequireSenderAuthenticationEnabled": True}]}
        case _:
            forwarding = {"ForwardingSmtpAddress": str(case.recipient)} if case.meant_for is not None else {}
            return {"mailboxes": [written | forwarding]}


def _own_domains(parties: ReproductionParties) -> list[Domain]:
    case = parties.case
    if parties.number == NOT_ACCEPTED:
        return []
    return [
        *([case.sender.domain] if parties.owns_sender else []),
        *([] if parties.began_inside else [parties.accepted]),
        *([case.recipient.domain] if parties.same else []),
    ]


def _inbound(parties: ReproductionParties) -> PlainTable:
    helo, accepted = parties.case.helo, parties.accepted
    connector: PlainTable = {
        "Name": "Inbound from the evidence",
        "ConnectorType": "OnPremises",
        "SenderDomains": "*",
        "RequireTls": True,
        "TlsSenderCertificateName": f"*.{accepted}" if helo.is_under(accepted) else str(helo),
    }
    if parties.number == RELAY_DENIED:
        connector["Enabled"] = False
    if parties.through is not None and parties.through.internal:
        connector["CloudServicesMailEnabled"] = True
    return connector


def _outbound(parties: ReproductionParties, domains: list[Domain]) -> list[PlainTable]:
    """To the server with the recipient's mailbox; else to the sender's server, by which the report goes home."""
    sender, recipient = parties.case.sender.domain, parties.case.recipient.domain
    if not parties.same and not parties.target and (recipient in domains or parties.number in _TLS):
        connector = _to_on_premises("Outbound to the recipient", recipient, "elsewhere")
        return [connector | _TLS.get(parties.number, {})]
    if not parties.began_inside and parties.owns_sender and sender in domains:
        return [_to_on_premises("Outbound to the sender", sender, "client")]
    return []


def _to_on_premises(name: str, domain: Domain, host: str) -> PlainTable:
    return {
        "Name": name,
        "ConnectorType": "OnPremises",
        "RecipientDomains": str(domain),
        "UseMXRecord": False,
        "SmartHosts": host,
    }


def _restricting(parties: ReproductionParties) -> PlainTable:
    """One server only may; by a detour the mail comes from Microsoft's instead."""
    direct = parties.through is None or parties.began_inside
    return {
        "Name": "Only from one server",
        "ConnectorType": "Partner",
        "SenderDomains": "*",
        "RestrictDomainsToIPAddresses": True,
        "SenderIPAddresses": [STRANGER if direct else parties.address],
    }


def _names(tenant: EvidenceTenant, key: str) -> PlainTable:
    initial = tenant.domain if tenant.domain.endswith(".onmicrosoft.com") else f"{key}tenant.onmicrosoft.com"
    return {"id": tenant.id, "initial_domain": initial}


def _accepted(domains: Iterable[Domain], initial: str) -> list[PlainTable]:
    names = dict.fromkeys(str(domain) for domain in domains if str(domain) != initial)
    tables: list[PlainTable] = [{"DomainName": name} for name in names]
    for default in tables[:1]:
        default["Default"] = True
    return tables
