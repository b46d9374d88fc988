"""A variant written out in full: what the wizard created, every default that follows from another key, every DNS record.

The text loads again, to the same topology.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from lab.core.rulebook.dates_in_force import in_force
from lab.model.certificate import CertificateProfile
from lab.model.dns import Zones
from lab.model.names import Domain
from lab.model.onprem import OnPremOrganization, ReceiveConnector
from lab.model.outage import Outage
from lab.model.roles import Role
from lab.model.rules import TransportRule
from lab.model.tenant import Recipient, RecipientKind, SendingLimits, Tenant
from lab.model.topology import Host, Region, Topology
from lab.scenario.language.exchange_objects import parameters
from lab.scenario.language.mail_flow_rules import shown
from lab.scenario.language.party_keys import POOLS, HostKeys
from lab.scenario.language.scenario_keys import SuppressionKeys, TodoKeys
from lab.scenario.model import ConfigurationMoment, Variant
from lab.scenario.rendering import render_messages
from lab.scenario.rendering.render_messages import filled, written
from lab.scenario.syntax.yaml_dump import PlainData, dumped, plain

_DEFAULT = Host(name="", role=Role.INTERNET, fqdn=Domain("example"), address="")
"""The defaults, which need not be said."""


def render(variant: Variant) -> str:
    """The fully expanded variant as YAML."""
    topology = variant.topology
    shown_sections: PlainData = {
        "scenario": variant.name,
        "title": variant.title,
        "why": variant.why,
        "as_of": _day(variant.as_of),
        "start": variant.starts.isoformat().replace("+00:00", "Z"),
        "only": variant.only,
        "only_why": variant.only_why,
        "switches": _differences(topology.switches, in_force(variant.as_of)),
        **_sections(variant),
        "messages": render_messages.messages(variant.messages),
        "timeline": _timeline(variant),
        "outages": [_outage(outage) for outage in variant.outages],
        "expect": render_messages.claims(variant),
        "matrix": _matrix(variant),
        "suppress": [filled(written(kept, SuppressionKeys)) for kept in variant.suppressions],
        "todo": [filled(written(todo, TodoKeys)) for todo in variant.todos],
    }
    return dumped(filled(shown_sections))


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _matrix(variant: Variant) -> PlainData | None:
    """Only one that is played on request: the messages of another are among the variant's."""
    asked = variant.on_request
    times = (variant.topology, *(moment.topology for moment in variant.timeline))
    return render_messages.matrix(asked, times) if asked else None


def _sections(of: Variant | ConfigurationMoment) -> PlainData:
    """Everybody who takes part, with certificates and DNS: most of it can change while the lab runs."""
    topology = of.topology
    return {
        "organizations": {
            name: _organization(organization, topology)
            for name, organization in topology.organizations.items()
        },
        "tenants": {name: _tenant(tenant) for name, tenant in topology.tenants.items()},
        "hosts": {name: _host(h) for name, h in topology.hosts.items() if h.organization is None},
        "regions": {name: _region(region) for name, region in topology.regions.items()},
        "certificates": {name: _profile(profile) for name, profile in of.profiles.items()},
        "dns": _dns(topology.zones),
    }


def _differences(made: Any, default: Any) -> PlainData:
    names = [field.name for field in fields(made)]
    return {name: getattr(made, name) for name in names if getattr(made, name) != getattr(default, name)}


def _parameters(made: object) -> PlainData:
    shown = {key: plain(value) for key, value in parameters(made).items()}
    if isinstance(made, ReceiveConnector) and made.tls_domain_capabilities:
        capabilities = [f"{domain}:AcceptCloudServicesMail" for domain in made.tls_domain_capabilities]
        shown["TlsDomainCapabilities"] = capabilities
    return shown


def _organization(organization: OnPremOrganization, topology: Topology) -> PlainData:
    hosts = {
        name: _host(host) for name, host in topology.hosts.items() if host.organization == organization.name
    }
    recipients = _recipients(organization.recipients)
    return filled(
        {
            "AcceptedDomains": [_parameters(accepted) for accepted in organization.accepted_domains],
            "mailboxes": recipients[RecipientKind.MAILBOX],
            "remote_mailboxes": recipients[RecipientKind.MAIL_USER],
            "mail_contacts": recipients[RecipientKind.CONTACT],
            "distribution_groups": recipients[RecipientKind.DISTRIBUTION_GROUP],
            "hosts": hosts,
            "SendConnectors": [_parameters(connector) for connector in organization.send_connectors],
            "ReceiveConnectors": [_parameters(connector) for connector in organization.receive_connectors],
            "RemoteDomains": [_parameters(remote) for remote in organization.remote_domains],
            "TransportRules": _rules(organization.transport_rules),
        }
    )


def _tenant(tenant: Tenant) -> PlainData:
    recipients = _recipients(tenant.recipients)
    return filled(
        {
            "id": tenant.id,
            "initial_domain": tenant.initial_domain,
            "region": tenant.region,
            "AcceptedDomains": [_parameters(accepted) for accepted in tenant.accepted_domains],
            "mailboxes": recipients[RecipientKind.MAILBOX],
            "mail_users": recipients[RecipientKind.MAIL_USER],
            "mail_contacts": recipients[RecipientKind.CONTACT],
            "groups": recipients[RecipientKind.GROUP],
            "distribution_groups": recipients[RecipientKind.DISTRIBUTION_GROUP],
            "InboundConnectors": [_parameters(connector) for connector in tenant.inbound_connectors],
            "OutboundConnectors": [_parameters(connector) for connector in tenant.outbound_connectors],
            "TransportRules": _rules(tenant.transport_rules),
            "sending_limits": _limits(tenant.limits),
            "OrganizationConfig": {"RejectDirectSend": True} if tenant.reject_direct_send else None,
            "dbeb": tenant.dbeb,
            "honor_dmarc": tenant.honor_dmarc,
            "ArcTrustedSealers": tenant.trusted_arc_sealers,
            "dkim": tenant.dkim_domains,
        }
    )


def _recipients(directory: Mapping[str, Recipient]) -> dict[RecipientKind, list[PlainData]]:
    made: dict[RecipientKind, list[PlainData]] = {kind: [] for kind in RecipientKind}
    for recipient in dict.fromkeys(directory.values()):
        internal_only = recipient.require_sender_authentication  # the default of groups, and of no others
        table = {
            "address": recipient.primary,
            "proxies": recipient.proxies,
            "external": recipient.external,
            "ForwardingSmtpAddress": recipient.forwarding,
            "DeliverToMailboxAndForward": recipient.keeps_copy or None,
            "members": recipient.members,
            "RequireSenderAuthenticationEnabled": internal_only
            if internal_only is not recipient.kind.is_group
            else None,
            "AcceptMessagesOnlyFrom": recipient.accept_only_from,
        }
        made[recipient.kind].append(filled(table))
    return made


def _rules(rules: tuple[TransportRule, ...]) -> list[PlainData]:
    return [plain(shown(rule, place)) for place, rule in enumerate(rules)]


def _limits(limits: SendingLimits | None) -> PlainData | None:
    if limits is None:
        return None
    return filled(
        {
            "licences": limits.licences,
            "trial": limits.trial,
            "already_sent": limits.already_sent,
            "already_sent_from_onmicrosoft": limits.already_sent_from_moera,
        }
    )


def _host(host: Host) -> PlainData:
    """A filter says its domains and neighbours even where it has none: the loader would derive them."""
    instead = {
        "domains": host.accepts_domains if host.is_final else (),
        "mailboxes": tuple(host.mailboxes.values()),
        "adds_headers": dict(host.adds_headers),
        "expires_after": host.expires_after if host.expires_after != _DEFAULT.expires_after else None,
    }
    fronted = dict.fromkeys(("accepts_domains", "forwards_to", "relay_from"))
    table = filled(written(host, HostKeys, instead | fronted))
    return table | ({key: plain(getattr(host, key)) for key in fronted} if host.is_filter else {})


def _region(region: Region) -> PlainData:
    machines = {
        pool.name: [
            filled({"address": host.address, "fqdn": host.name, "helo": host.helo})
            for host in getattr(region, pool.name)
        ]
        for pool in POOLS
    }
    return {**machines, "offset": region.offset}


def _profile(profile: CertificateProfile) -> PlainData:
    return filled(_differences(profile, CertificateProfile(name=profile.name, names=())))


def _dns(zones: Zones) -> PlainData:
    records: dict[str, PlainData] = {}
    for (name, kind), rows in zones.rows.items():
        records.setdefault(name, {})[kind] = rows
    for name, ttl in zones.ttls.items():
        records.setdefault(name, {})["ttl"] = ttl
    return {"derive": False, **filled({"records": records, "servfail": sorted(zones.broken)})}


def _outage(outage: Outage) -> PlainData:
    """What breaks, and when."""
    machines = {"between": list(outage.nodes)} if len(outage.nodes) > 1 else {"machine": outage.nodes[0]}
    lasts = {"for": outage.lasts} if outage.lasts else {}
    return {"how": outage.how.value, **machines, "at": outage.at, **lasts}


def _timeline(variant: Variant) -> list[PlainData]:
    """The timeline, each change as the settings that are other than before it."""
    made = []
    before = filled(_sections(variant))
    for moment in variant.timeline:
        after = filled(_sections(moment))
        change = dict(_changes(before, after, ()))
        made.append({"at": moment.at, "title": moment.title, "change": change})
        before = after
    return made


def _changes(before: PlainData, after: PlainData, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _changes(dict(old), dict(new), (*path, key))
        elif old != new:
            yield _spelled((*path, key)), new


def _spelled(path: tuple[str, ...]) -> str:
    """`dns`, `records`, `contoso.example` -> `dns.records[contoso.example]`."""
    return "".join(f"[{step}]" if "." in step else f".{step}" for step in path).removeprefix(".")
