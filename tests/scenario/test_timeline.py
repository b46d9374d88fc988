"""Changes while the lab runs: each moment has the configuration that the one before it and its own change make."""

from datetime import timedelta
from ipaddress import IPv4Network

import pytest

from lab.errors import ScenarioError
from lab.model.tenant import DomainType
from lab.scenario.load import load_text

BASE = """
scenario: timeline
organizations:
  contoso:
    domains: [contoso.example]
    mailboxes: [anna@contoso.example]
    hosts:
      exchange: {role: exchange, address: 198.51.100.10, certificate: hybrid}
    SendConnectors: [{Name: Internet, AddressSpaces: "smtp:*;1"}]
    hybrid: {tenant: contoso, certificate_name: hybrid.contoso.example}
tenants:
  contoso:
    initial_domain: contoso.onmicrosoft.com
    AcceptedDomains: [contoso.example, hybrid.contoso.example]
    InboundConnectors: [{Name: Partner, SenderDomains: a.example}]
    TransportRules: [{Name: Mark, SetSCL: 5}]
certificates: {hybrid: {names: hybrid.contoso.example}, renewed: {names: hybrid.contoso.example, issuer: other}}
timeline:
"""


def moments(*events):
    text = BASE + "".join(f"  - {{at: {n + 1}m, {event}}}\n" for n, event in enumerate(events))
    return load_text(text).variants["base"].timeline


def after(cmdlet, where="contoso"):
    (moment,) = moments(f'in: "{where}", run: "{cmdlet}"')
    return moment.topology


def connector(topology, name):
    return next(each for each in topology.tenants["contoso"].inbound_connectors if each.name == name)


def test_moments_are_in_order_of_time_and_build_on_each_other():
    text = BASE + (
        "  - {at: 2h, title: second, change: {tenants.contoso.OrganizationConfig.RejectDirectSend: true}}\n"
        "  - {at: 90s, change: {tenants.contoso.dbeb: false}}\n"
    )
    first, second = load_text(text).variants["base"].timeline
    assert (first.at, first.title) == (timedelta(seconds=90), "tenants.contoso.dbeb")
    assert (second.at, second.title) == (timedelta(hours=2), "second")
    assert not first.topology.tenants["contoso"].reject_direct_send
    assert second.topology.tenants["contoso"].reject_direct_send
    assert not second.topology.tenants["contoso"].dbeb


def test_a_variant_may_have_a_timeline_of_its_own():
    text = BASE.removesuffix("timeline:\n") + (
        "variants:\n  steady: {}\n  moving: {timeline: [{at: 1m, change: {tenants.contoso.region: NAM}}]}\n"
    )
    found = load_text(text).variants
    assert found["steady"].timeline == ()
    assert found["moving"].timeline[0].topology.tenants["contoso"].region == "NAM"


def test_a_region_that_a_tenant_moves_to_exists_from_the_start():
    (moment,) = moments("change: {tenants.contoso.region: NAM}")
    start = load_text(BASE + "  - {at: 1m, change: {tenants.contoso.region: NAM}}").variants["base"]
    assert set(start.topology.regions) == set(moment.topology.regions) == {"EUR", "NAM"}


def test_set_changes_one_parameter_of_what_the_wizard_made():
    topology = after("Set-InboundConnector -Identity 'Inbound from *' -Enabled $false")
    found = next(c for c in topology.tenants["contoso"].inbound_connectors if c.name.startswith("Inbound"))
    assert not found.enabled
    assert found.cloud_services_mail_enabled


def test_identities_and_parameters_have_no_case():
    found = connector(after("set-inboundconnector partner -senderdomains B.example,c.example"), "Partner")
    assert [str(each) for each in found.sender_domains] == ["b.example", "c.example"]


def test_lists_grow_and_shrink_from_what_they_are():
    add, remove = "@{Add='198.51.100.1','198.51.100.2'}", "@{Remove='198.51.100.1'; Add='198.51.100.3'}"
    *_, last = moments(
        *(f'in: contoso, run: "Set-InboundConnector Partner -SenderIPAddresses {v}"' for v in (add, remove))
    )
    networks = connector(last.topology, "Partner").sender_ip_addresses
    assert networks == (IPv4Network("198.51.100.2"), IPv4Network("198.51.100.3"))


def test_new_and_remove():
    made, gone, again = moments(
        "in: contoso, run: New-OutboundConnector -Name Out -RecipientDomains b.example -Comment 'to b'",
        "in: contoso, run: Remove-OutboundConnector Out -Confirm:$false",
        "in: contoso, run: New-OutboundConnector Out",
    )
    names = [[c.name for c in m.topology.tenants["contoso"].outbound_connectors] for m in (made, gone, again)]
    assert [("Out" in each) for each in names] == [True, False, True]


def test_what_the_wizard_made_can_be_removed():
    topology = after("Remove-InboundConnector 'Inbound from *'")
    assert [each.name for each in topology.tenants["contoso"].inbound_connectors] == ["Partner"]


def test_rules_are_enabled_and_disabled():
    off, on = moments(
        "in: 'tenant:contoso', run: Disable-TransportRule Mark",
        "in: 'tenant:contoso', run: Enable-TransportRule Mark",
    )
    rules = [m.topology.tenants["contoso"].transport_rules[0] for m in (off, on)]
    assert [each.state.value for each in rules] == ["Disabled", "Enabled"]


def test_a_tenant_and_an_organisation_of_one_name_are_told_apart():
    cmdlet = "Set-AcceptedDomain contoso.example -DomainType InternalRelay"
    own, cloud, host = (
        after(cmdlet, f"{side}") for side in ("organization:contoso", "tenant:contoso", "exchange")
    )
    for topology, on_premises in ((own, True), (cloud, False), (host, True)):
        organization, tenant = topology.organizations["contoso"], topology.tenants["contoso"]
        relayed = [
            next(d for d in side.accepted_domains if d.domain_name == "contoso.example").domain_type
            is DomainType.INTERNAL_RELAY
            for side in (organization, tenant)
        ]
        assert relayed == [on_premises, not on_premises]
    with pytest.raises(ScenarioError, match=r"both have .* \(tenant:contoso or organization:contoso\)"):
        after(cmdlet, "contoso")


def test_a_certificate_is_given_to_the_server_of_an_organisation():
    topology = after("Enable-ExchangeCertificate renewed -Services SMTP", "organization:contoso")
    assert topology.hosts["exchange"].certificate == "renewed"


def test_parameters_may_be_cut_short():
    found = connector(
        after("Set-InboundConnector -Ident Partner -SenderD b.example -com short -cf:$false"), "Partner"
    )
    assert ([str(each) for each in found.sender_domains], found.comment) == (["b.example"], "short")


def test_an_object_may_be_named_by_a_wildcard_that_fits_it_alone():
    made, changed = moments(
        "in: contoso, run: New-InboundConnector Partners -ConnectorType Partner -SenderDomains c.example",
        "in: contoso, run: Set-InboundConnector *rs -Enabled $false",
    )
    assert [connector(m.topology, "Partners").enabled for m in (made, changed)] == [True, False]
    with pytest.raises(ScenarioError, match=r"'Part\*' fits 2 .* \(Partner or Partners\)"):
        moments(
            "in: contoso, run: New-InboundConnector Partners -ConnectorType Partner -SenderDomains c.example",
            "in: contoso, run: Set-InboundConnector Part* -Enabled $false",
        )


def test_a_default_domain_is_made():
    topology = after("Set-AcceptedDomain hybrid.contoso.example -MakeDefault $true", "tenant:contoso")
    (default,) = (d for d in topology.tenants["contoso"].accepted_domains if d.default)
    assert default.domain_name == "hybrid.contoso.example"


def test_reject_direct_send():
    assert after("Set-OrganizationConfig -RejectDirectSend $true").tenants["contoso"].reject_direct_send


def test_a_connector_keeps_the_certificate_that_it_names():
    topology = after("Enable-ExchangeCertificate -Thumbprint renewed -Services SMTP,IIS", "exchange")
    host = topology.hosts["exchange"]
    assert (host.certificate, host.certificates) == ("renewed", ("hybrid", "renewed"))
    names = {c.name: c.tls_certificate_name for c in topology.organizations["contoso"].send_connectors}
    assert [name for key, name in names.items() if key.startswith("Outbound")] == ["hybrid"]


def test_each_cmdlet_must_leave_what_the_cmdlets_would_allow():
    two = [
        "Set-InboundConnector Partner -RestrictDomainsToIPAddresses $true",
        "Set-InboundConnector Partner -SenderIPAddresses 198.51.100.1",
    ]
    assert moments(f"in: contoso, run: [{two[1]}, {two[0]}]")
    with pytest.raises(ScenarioError, match=r"needs SenderIPAddresses \(R63\)"):
        moments(f"in: contoso, run: [{two[0]}, {two[1]}]")


def test_repetitions_have_names_and_times():
    text = BASE.replace(
        "timeline:\n",
        """
messages:
  test: {from: anna@contoso.example, to: anna@contoso.example, at: 5m, repeat: {every: 10m, times: 3}}
expect:
  test: {ends: delivered}
  test#2: {ends: bounced}
""",
    )
    variant = load_text(text).variants["base"]
    assert [(spec.key, spec.at) for spec in variant.messages] == [
        (f"test#{n}", timedelta(minutes=10 * n - 5)) for n in (1, 2, 3)
    ]
    claims = {key: (each.ends, each.whole_series) for key, each in variant.expect.items()}
    assert claims == {
        "test#1": ("delivered", True),
        "test#3": ("delivered", True),
        "test#2": ("bounced", False),
    }
