"""The sections of a scenario that makes a case happen again."""

from __future__ import annotations

from lab.analysis.diagnose import scenario_tenants
from lab.analysis.diagnose.reproduction_parties import (
    DMARC,
    ELSEWHERE,
    FAR,
    NO_ANSWER,
    NO_DNS,
    NO_STARTTLS,
    PlainTable,
    ReproductionParties,
    filled,
)
from lab.core.service_host_names import front_door
from lab.model.names import Domain

_REPLY = 400
"""Characters of a server's words that are kept."""


def sections(parties: ReproductionParties) -> PlainTable:
    """All of them, in the order of the language."""
    case = parties.case
    exchange = _sends_by_exchange(parties)
    elsewhere = not parties.same and (not parties.target or case.meant_for is not None)
    tenants = {
        "own": scenario_tenants.own(parties) if parties.own else {},
        "target": scenario_tenants.target(parties) if parties.target else {},
    }
    hosts = {
        "client": _by_mx(parties) if not exchange and not parties.began_inside else {},
        "elsewhere": _elsewhere(parties) if elsewhere else {},
    }
    return filled(
        {
            "organizations": {"sender": _exchange(parties)} if exchange else {},
            "tenants": filled(tenants),
            "hosts": filled(hosts),
            "certificates": {} if parties.began_inside else {"shown": {"names": [str(case.helo)]}},
            "dns": {"servfail": [str(case.recipient.domain)]} if parties.number == NO_DNS else {},
        }
    )


def message(parties: ReproductionParties) -> PlainTable:
    """The mail itself."""
    case = parties.case
    return filled(
        {
            "from": str(case.sender),
            "to": str((case.meant_for if parties.target else None) or case.recipient),
            "reverse_path": "<>" if case.null_sender else str(case.reverse_path or ""),
            "via": "tenant:own" if parties.began_inside else "client",
        }
    )


def _sends_by_exchange(parties: ReproductionParties) -> bool:
    """Whether the client has to be Exchange: it relays to the tenant, or its headers are to be promoted (R117)."""
    internal = parties.through is not None and parties.through.internal is True
    connects = parties.own and not parties.began_inside and parties.number != FAR
    return connects and (parties.relays or internal)


def _machine(parties: ReproductionParties) -> PlainTable:
    name = str(parties.case.helo)
    return {"address": parties.address, "fqdn": name, "helo": name, "certificate": "shown"}


def _policy(parties: ReproductionParties) -> PlainTable:
    return {"dmarc": "reject"} if parties.number == DMARC else {}


def _by_mx(parties: ReproductionParties) -> PlainTable:
    """A server on the internet. It is no final server for the recipient's domain: it would keep the mail."""
    case = parties.case
    home = (case.meant_for or case.recipient).domain
    senders = [address for address in (case.sender, case.reverse_path) if address and address.domain != home]
    own = {
        "domains": list(dict.fromkeys(str(address.domain) for address in senders)),
        "mailboxes": list(map(str, senders)),
    }
    return filled(_machine(parties) | own | _policy(parties))


def _exchange(parties: ReproductionParties) -> PlainTable:
    """An organisation with one Exchange server; whom it does not know, it sends on."""
    sender = parties.case.sender
    connector: PlainTable = {"Name": "To Exchange Online", "AddressSpaces": ["smtp:*;1"]}
    if parties.relays:
        connector["SmartHosts"] = [str(front_door(parties.accepted))]
    if parties.through is not None and parties.through.internal:
        connector["CloudServicesMailEnabled"] = True
    return {
        "AcceptedDomains": [{"DomainName": str(sender.domain), "DomainType": "InternalRelay"}],
        "mailboxes": [str(sender)],
        "hosts": {"client": {"role": "exchange", **_machine(parties)}},
        "SendConnectors": [connector],
        **_policy(parties),
    }


def _elsewhere(parties: ReproductionParties) -> PlainTable:
    """The server outside that the mail goes to, and what it answers."""
    case = parties.case
    host: PlainTable = {
        "address": ELSEWHERE,
        "domains": [str(case.recipient.domain)],
        "mailboxes": [str(case.recipient)],
    }
    if parties.number == NO_ANSWER:
        return host | {"down": True}
    if parties.number == NO_STARTTLS:
        return host | {"offers_tls": False}
    if case.refusal is None or not case.refusal.said_by or case.refusal.service:
        return host
    reply = case.refusal.reply.rpartition(" -> ")[2]  # without what Exchange Online wraps it in (R150, R203)
    if not reply[:3].isdecimal():
        reply = f"550 {reply}"
    return host | {"refuses_with": reply[:_REPLY]} | _name(case.refusal.said_by, case.helo)


def _name(host: str, taken: Domain) -> PlainTable:
    try:
        name = Domain.parse(host)
    except ValueError:
        return {}
    return {"fqdn": str(name)} if "." in name and name != taken else {}
