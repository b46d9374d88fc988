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


def sections(cast: ReproductionParties) -> PlainTable:
    """All of them, in the order of the language."""
    exchange = _sends_by_exchange(cast)
    elsewhere = not cast.same and (not cast.target or cast.case.meant_for is not None)
    hosts = {
        "client": _by_mx(cast) if not exchange and not cast.began_inside else {},
        "elsewhere": _elsewhere(cast) if elsewhere else {},
    }
    return filled(
        {
            "organizations": {"sender": _exchange(cast)} if exchange else {},
            "tenants": filled(
                {
                    "own": scenario_tenants.own(cast) if cast.own else {},
                    "target": scenario_tenants.target(cast) if cast.target else {},
                }
            ),
            "hosts": filled(hosts),
            "certificates": {} if cast.began_inside else {"shown": {"names": [str(cast.case.helo)]}},
            "dns": {"servfail": [str(cast.case.recipient.domain)]} if cast.number == NO_DNS else {},
        }
    )


def message(cast: ReproductionParties) -> PlainTable:
    """The mail itself."""
    case = cast.case
    path = "<>" if case.null_sender else str(case.reverse_path or "")
    return filled(
        {
            "from": str(case.sender),
            "to": str((case.meant_for if cast.target else None) or case.recipient),
            "reverse_path": path,
            "via": "tenant:own" if cast.began_inside else "client",
        }
    )


def _sends_by_exchange(cast: ReproductionParties) -> bool:
    """Whether the client has to be Exchange: it relays to the tenant, or its headers are to be promoted (R117)."""
    internal = cast.through is not None and cast.through.internal is True
    return not cast.began_inside and cast.own and cast.number != FAR and (cast.relays or internal)


def _machine(cast: ReproductionParties) -> PlainTable:
    name = str(cast.case.helo)
    return {"address": cast.address, "fqdn": name, "helo": name, "certificate": "shown"}


def _by_mx(cast: ReproductionParties) -> PlainTable:
    """A server on the internet. It is no final server for the recipient's domain: it would keep the mail."""
    case = cast.case
    home = (case.meant_for or case.recipient).domain
    people = [each for each in (case.sender, case.reverse_path) if each is not None and each.domain != home]
    mine = {
        "domains": list(dict.fromkeys(str(each.domain) for each in people)),
        "mailboxes": list(map(str, people)),
    }
    return filled(_machine(cast) | mine | _policy(cast))


def _policy(cast: ReproductionParties) -> PlainTable:
    return {"dmarc": "reject"} if cast.number == DMARC and cast.case.sender.domain else {}


def _exchange(cast: ReproductionParties) -> PlainTable:
    """An organisation with one Exchange server; whom it does not know, it sends on."""
    case = cast.case
    connector: PlainTable = {"Name": "To Exchange Online", "AddressSpaces": ["smtp:*;1"]}
    if cast.relays:
        connector["SmartHosts"] = [str(front_door(cast.accepted))]
    if cast.through is not None and cast.through.internal:
        connector["CloudServicesMailEnabled"] = True
    return {
        "AcceptedDomains": [{"DomainName": str(case.sender.domain), "DomainType": "InternalRelay"}],
        "mailboxes": [str(case.sender)],
        "hosts": {"client": {"role": "exchange", **_machine(cast)}},
        "SendConnectors": [connector],
        **_policy(cast),
    }


def _elsewhere(cast: ReproductionParties) -> PlainTable:
    """The server outside that the mail goes to, and what it answers."""
    case = cast.case
    host: PlainTable = {
        "address": ELSEWHERE,
        "domains": [str(case.recipient.domain)],
        "mailboxes": [str(case.recipient)],
    }
    if cast.number == NO_ANSWER:
        return host | {"down": True}
    if cast.number == NO_STARTTLS:
        return host | {"offers_tls": False}
    if case.refusal is None or not case.refusal.said_by or case.refusal.service:
        return host
    return host | {"refuses_with": _bare(case.refusal.reply)} | _called(case.refusal.said_by, case.helo)


def _called(host: str, taken: Domain) -> PlainTable:
    try:
        name = Domain.parse(host)
    except ValueError:
        return {}
    return {"fqdn": str(name)} if "." in name and name != taken else {}


def _bare(reply: str) -> str:
    """What the server said itself, without what Exchange Online wraps it in (R150, R203)."""
    inner = reply.rpartition(" -> ")[2] if " -> " in reply else reply
    return (inner if inner[:3].isdecimal() else f"550 {inner}")[:_REPLY]
