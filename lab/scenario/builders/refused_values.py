"""What the cmdlets would refuse (R63), said before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.model.tenant import ConnectorType, TlsSettings
from lab.scenario.builders.object_drafts import Draft
from lab.sentence import sentence

ValueCheck = Callable[[Draft[Any]], None]

_ONLY_ON_PREMISES = sentence("only for connectors of type OnPremises")


def anything(_: Draft[Any]) -> None:
    """No check."""


def inbound_connector(draft: Draft[Any]) -> None:
    """`New-InboundConnector`."""
    _identifies(draft)
    _restricts(draft)
    _addresses(draft)
    own = draft.get("connector_type") is ConnectorType.ON_PREMISES
    cloud, internal = draft.get("cloud_services_mail_enabled"), draft.get("treat_messages_as_internal")
    if cloud and not own:
        draft.wrong("cloud_services_mail_enabled", _ONLY_ON_PREMISES, sentence("R63"))
    if internal and not own:
        draft.wrong("treat_messages_as_internal", _ONLY_ON_PREMISES, sentence("R63"))
    if internal and cloud:
        wanted = sentence("never together with CloudServicesMailEnabled")
        draft.wrong("treat_messages_as_internal", wanted, sentence("R63: choose one of them"))


def _identifies(draft: Draft[Any]) -> None:
    name = draft.get("tls_sender_certificate_name")
    if name is None and not draft.get("sender_ip_addresses"):
        if draft.get("connector_type") is ConnectorType.ON_PREMISES:
            problem = sentence("an OnPremises connector needs SenderIPAddresses or TlsSenderCertificateName")
            draft.wrong("connector_type", problem, sentence("R63: nothing else identifies the server"))
        return
    if name is not None and name.is_any:
        wanted = sentence("a domain or *.domain; a bare * is not allowed")
        draft.wrong("tls_sender_certificate_name", wanted, sentence("R80"))
    if name is not None and not draft.get("require_tls"):
        wanted = sentence("must be true with TlsSenderCertificateName")
        draft.wrong("require_tls", wanted, sentence("R63: no TLS, no certificate"))


def _restricts(draft: Draft[Any]) -> None:
    by_name, by_address = (
        draft.get("restrict_domains_to_certificate"),
        draft.get("restrict_domains_to_ip_addresses"),
    )
    if by_name and by_address:
        wanted = sentence("not together with RestrictDomainsToCertificate")
        draft.wrong("restrict_domains_to_ip_addresses", wanted, sentence("R63: choose one"))
    if by_address and not draft.get("sender_ip_addresses"):
        draft.wrong("restrict_domains_to_ip_addresses", sentence("needs SenderIPAddresses"), sentence("R63"))
    if by_name and draft.get("tls_sender_certificate_name") is None:
        wanted = sentence("needs TlsSenderCertificateName")
        draft.wrong("restrict_domains_to_certificate", wanted, sentence("R63"))
    if (by_name or by_address) and draft.get("connector_type") is ConnectorType.ON_PREMISES:
        field = "restrict_domains_to_certificate" if by_name else "restrict_domains_to_ip_addresses"
        hint = sentence("R22: OnPremises connectors identify a sender and refuse nothing")
        draft.wrong(field, sentence("only for connectors of type Partner"), hint)


def _addresses(draft: Draft[Any]) -> None:
    for network in draft.get("sender_ip_addresses"):
        if network.prefixlen < 24:
            wanted = sentence("{network} is too wide: /24 to /32", network=network)
            draft.wrong("sender_ip_addresses", wanted, sentence("R58"))


def outbound_connector(draft: Draft[Any]) -> None:
    """`New-OutboundConnector`."""
    if not draft.get("use_mx_record") and not draft.get("smart_hosts"):
        wanted = sentence("SmartHosts are needed when UseMXRecord is false")
        draft.wrong("use_mx_record", wanted, sentence("R89"))
    if draft.get("use_mx_record") and draft.get("smart_hosts"):
        draft.wrong("smart_hosts", sentence("UseMXRecord must be false with SmartHosts"), sentence("R89"))
    _tls_domain(draft, "tls_settings")
    if draft.get("connector_type") is not ConnectorType.ON_PREMISES:
        for field in (
            "route_all_messages_via_on_premises",
            "all_accepted_domains",
            "sender_rewriting_enabled",
        ):
            if draft.get(field):
                draft.wrong(field, _ONLY_ON_PREMISES, sentence("R88, R92, R96"))


def send_connector(draft: Draft[Any]) -> None:
    """`New-SendConnector`."""
    if not draft.get("address_spaces"):
        draft.wrong("address_spaces", sentence("AddressSpaces are needed"), sentence('such as "smtp:*;1"'))
    if not draft.get("dns_routing_enabled") and not draft.get("smart_hosts"):
        draft.wrong("dns_routing_enabled", sentence("SmartHosts are needed when DNSRoutingEnabled is false"))
    if draft.get("dns_routing_enabled") and draft.get("smart_hosts"):
        draft.wrong("dns_routing_enabled", sentence("must be false with SmartHosts"))
    _tls_domain(draft, "tls_auth_level")


def _tls_domain(draft: Draft[Any], level: str) -> None:
    if draft.get("tls_domain") is not None and draft.get(level) is not TlsSettings.DOMAIN_VALIDATION:
        draft.wrong("tls_domain", sentence("only with DomainValidation"), sentence("R91"))
