"""Switches between undocumented or former behaviours (section 15 of the rules); each default first."""

from __future__ import annotations

from lab.model.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """One value a switch; the rulebook says what each means and which rules it changes."""

    attribution_order: str = "cert,p1,rcpt"
    require_accepted_cert_domain: bool = True
    unaccepted_cert_name: str = "p1_may_satisfy"
    p2_counts_for_relay: bool = False
    tenant_tie_break: str = "accepted_domain_then_p1_then_rcpt"
    bad_chain: str = "ignore_certificate"
    expired_cert: str = "ignore_certificate"
    require_client_eku: bool = False
    send_cert_without_client_eku: bool = True
    cert_names: str = "cn_and_san"
    wildcard_connector_depth: str = "any"
    wildcard_cert_covers_exact: bool = True
    wildcard_cert_covers_apex_value: bool = False
    wildcard_connector_covers_apex: bool = True
    wildcard_connector_covers_sub_wildcard: bool = False
    cross_region: str = "attr35"
    mixed_tenant_rcpts: str = "first_binds_then_452"
    partner_scope: str = "restrict_flags_only"
    onpremises_sender_domains: str = "ignored"
    dbeb_for_originating: bool = False
    outbound_connector_order: str = "exact,accepted_domains,wildcard"
    dmarc_on_connector_mail: bool = False
    srs_relay: bool = True
    relay_pool: bool = True
    recipient_rate_limit: bool = True
    onmicrosoft_limit: bool = True
    reject_direct_send_available: bool = True
    service_mail_exempt: bool = True
    loop_limit: str = "eop_entries:4"
    promote_crosspremises: str = "from_connector_flag"
    arc_override: str = "listed_sealers"
    config_propagation_delay: int = 0
    trace_delay: int = 0
    front_end_choice: str = "first"
    seed: int = 0
    """For `tenant_tie_break: seeded_random`."""
