"""A variant written out in full: what the wizard created, every default that follows from another key, every DNS record.

The text loads again, to the same topology.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from lab.core.rulebook.dates_in_force import in_force
from lab.model.certificate import CertificateProfile
from lab.model.dns import Zones
from lab.model.names import Domain
from lab.model.onprem import OnPremOrganization, ReceiveConnector
from lab.model.roles import Role
from lab.model.rules import TransportRule
from lab.model.tenant import Recipient, RecipientKind, SendingLimits, Tenant
from lab.model.topology import Host, Region, Topology
from lab.scenario.language.exchange_objects import parameters
from lab.scenario.language.mail_flow_rules import shown
from lab.scenario.model import ConfigurationMoment, Expectation, MessageSpec, Variant
from lab.scenario.rendering import render_matrix, render_time
from lab.scenario.syntax.yaml_dump import PlainData, dumped, plain

_HOST = Host(name="", role=Role.INTERNET, fqdn=Domain("example"), address="")
"""The defaults, which need not be said."""


def render(variant: Variant) -> str:
    """The fully expanded variant as YAML."""
    topology = variant.topology
    written: PlainData = {
        "scenario": variant.name,
        "title": variant.title,
        "why": variant.why,
        "as_of": _day(variant.as_of),
        "start": variant.starts.isoformat().replace("+00:00", "Z"),
        "only": variant.only,
        "only_why": variant.only_why,
        "switches": _differences(topology.switches, in_force(variant.as_of)),
        **_sections(variant),
        "messages": render_time.messages(variant.messages, _message),
        "timeline": render_time.events(variant, lambda each: _filled(_sections(each))),
        "outages": render_time.outages(variant.outages),
        "expect": render_time.claims(variant, _expectation),
        "matrix": _matrix(variant),
        "suppress": [
            _filled(
                {
                    "finding": suppression.finding,
                    "reason": suppression.reason,
                    "until": _day(suppression.until),
                }
            )
            for suppression in variant.suppressions
        ],
        "todo": [
            _filled({"text": todo.text, "about": todo.about, "rules": todo.rules}) for todo in variant.todos
        ],
    }
    return dumped(_filled(written))


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _matrix(variant: Variant) -> PlainData | None:
    """Only one that is played on request: the messages of another are among the variant's."""
    asked = variant.on_request
    times = (variant.topology, *(moment.topology for moment in variant.timeline))
    return render_matrix.matrix(asked, times, _expectation) if asked else None


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


def _filled(table: PlainData) -> PlainData:
    """Without what says nothing."""
    return {
        key: plain(value) for key, value in table.items() if value not in (None, "", (), [], {}, frozenset())
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
    return _filled(
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
    return _filled(
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
        table = {
            "address": recipient.primary,
            "proxies": recipient.proxies,
            "external": recipient.external,
            "ForwardingSmtpAddress": recipient.forwarding,
            "DeliverToMailboxAndForward": recipient.keeps_copy or None,
            "members": recipient.members,
            "RequireSenderAuthenticationEnabled": _unusual(recipient),
            "AcceptMessagesOnlyFrom": recipient.accept_only_from,
        }
        made[recipient.kind].append(_filled(table))
    return made


def _unusual(recipient: Recipient) -> bool | None:
    """Whether only internal mail is taken, where that is not the default: groups do, others do not."""
    wanted = recipient.require_sender_authentication
    return wanted if wanted is not recipient.kind.is_group else None


def _rules(rules: tuple[TransportRule, ...]) -> list[PlainData]:
    return [plain(shown(rule, place)) for place, rule in enumerate(rules)]


def _limits(limits: SendingLimits | None) -> PlainData | None:
    if limits is None:
        return None
    return _filled(
        {
            "licences": limits.licences,
            "trial": limits.trial,
            "already_sent": limits.already_sent,
            "already_sent_from_onmicrosoft": limits.already_sent_from_moera,
        }
    )


def _host(host: Host) -> PlainData:
    table: PlainData = {
        "role": host.role,
        "address": host.address,
        "nat": host.nat,
        "fqdn": host.fqdn,
        "helo": host.helo,
        "certificate": host.certificate,
        "certificates": host.certificates,
        "client_certificate": None if host.client_certificate else False,
        "offers_tls": None if host.offers_tls else False,
        "smart_hosts": host.smart_hosts,
        "domains": host.accepts_domains if host.is_final else None,
        "mailboxes": tuple(host.mailboxes.values()),
        "strict_spf": host.strict_spf or None,
        "adds_headers": dict(host.adds_headers),
        "dkim_signs": host.dkim_signs,
        "disclaimer": host.disclaimer,
        "arc_seals": host.arc_seals,
        "past_mx": host.past_mx or None,
        "refuses_with": str(host.refuses_with) if host.refuses_with else None,
        "down": host.down or None,
        "back_pressure": host.back_pressure or None,
        "max_hops": host.max_hops if host.max_hops != _HOST.max_hops else None,
        "expires_after": host.expires_after if host.expires_after != _HOST.expires_after else None,
    }
    if not host.is_filter:
        return _filled(table)
    fronted = {
        "accepts_domains": host.accepts_domains,
        "forwards_to": host.forwards_to,
        "relay_from": host.relay_from,
    }
    return {**_filled(table), **{key: plain(value) for key, value in fronted.items()}}


def _region(region: Region) -> PlainData:
    pools = {
        "front_ends": region.front_ends,
        "outbound": region.outbound,
        "high_risk": region.high_risk,
        "relay": region.relay,
    }
    machines = {
        pool: [_filled({"address": h.address, "fqdn": h.name, "helo": h.helo}) for h in hosts]
        for pool, hosts in pools.items()
    }
    return {**machines, "offset": region.offset}


def _profile(profile: CertificateProfile) -> PlainData:
    return _filled(_differences(profile, CertificateProfile(name=profile.name, names=())))


def _dns(zones: Zones) -> PlainData:
    records: dict[str, PlainData] = {}
    for (name, kind), rows in zones.rows.items():
        records.setdefault(name, {})[kind] = rows
    for name, ttl in zones.ttls.items():
        records.setdefault(name, {})["ttl"] = ttl
    return {"derive": False, **_filled({"records": records, "servfail": sorted(zones.broken)})}


def _message(message: MessageSpec) -> PlainData:
    headers: dict[str, list[str]] = {}
    for name, value in message.headers:
        headers.setdefault(name, []).append(value)
    return _filled(
        {
            "from": message.sender,
            "to": message.recipients,
            "reverse_path": message.reverse_path,
            "subject": message.subject,
            "body": message.body,
            "headers": headers,
            "via": message.via,
            "why": message.why,
        }
    )


def _expectation(claim: Expectation) -> PlainData:
    attributed = claim.attributed and {
        "tenant": claim.attributed.tenant,
        "basis": claim.attributed.basis,
        "connector": claim.attributed.connector,
        "direction": claim.attributed.direction,
    }
    ndr = claim.ndr and {
        "status": claim.ndr.status,
        "from": claim.ndr.generated_by,
        "to": claim.ndr.to,
        "via": claim.ndr.via,
        "ends": claim.ndr.ends,
        "path": claim.ndr.path,
    }
    return _filled(
        {
            "path": claim.path,
            "attributed": _filled(attributed) if attributed else None,
            "ends": claim.ends,
            "ndr": _filled(ndr) if ndr else None,
            "no_ndr": claim.no_ndr or None,
            "reply": claim.reply,
            "seen_by": claim.seen_by,
            "not_seen_by": claim.not_seen_by,
            "seen_after": claim.seen_after,
            "not_twice": claim.not_twice,
            "not_astray": claim.not_astray,
            "spf": _table(claim.spf),
            "dmarc": _table(claim.dmarc),
            "headers": _table(claim.headers),
        }
    )


def _table(pairs: Iterable[tuple[str, str]]) -> PlainData:
    return dict(pairs)
