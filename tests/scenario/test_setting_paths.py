"""`change:` sets single settings by path: through tables, lists by index and by name, and objects the wizard makes."""

from ipaddress import IPv4Network

import pytest

from lab.errors import ScenarioError
from lab.model.names import Domain, DomainPattern
from lab.scenario.load import load_text
from lab.scenario.setting_paths import bracketed

BASE = """
scenario: overlay
organizations:
  contoso:
    domains: [contoso.example]
    mailboxes: [anna@contoso.example]
    hosts: {exchange: {role: exchange, address: 198.51.100.10, certificate: own}}
    hybrid: {tenant: contoso, certificate_name: own.contoso.example}
tenants:
  contoso:
    initial_domain: contoso.onmicrosoft.com
    AcceptedDomains: [contoso.example, own.contoso.example]
    InboundConnectors:
      - {Name: Only filter, SenderIPAddresses: 198.51.100.25, RestrictDomainsToIPAddresses: true}
certificates: {own: {names: own.contoso.example}}
variants:
  changed:
    change:
      CHANGE
"""


def changed(change):
    return load_text(BASE.replace("CHANGE", change)).variants["changed"].topology


def test_any_name_can_be_a_step():
    name = "a]b.c [x]"
    path = f"tenants.contoso.InboundConnectors{bracketed(name)}.Enabled"
    assert path.endswith("[a]]b.c [x]]].Enabled")
    text = BASE.replace("Only filter", f"'{name}'").replace("CHANGE", f"'{path}': false")
    inbound = load_text(text).variants["changed"].topology.tenants["contoso"].inbound_connectors
    assert {each.name: each.enabled for each in inbound}[name] is False


def test_a_connector_is_addressed_by_name():
    inbound = (
        changed('"tenants.contoso.InboundConnectors[Only filter].Enabled": false')
        .tenants["contoso"]
        .inbound_connectors
    )
    assert [connector.enabled for connector in inbound] == [True, False]


def test_names_and_parameters_are_not_case_sensitive():
    inbound = (
        changed('"tenants.contoso.InboundConnectors[only FILTER].enabled": $false')
        .tenants["contoso"]
        .inbound_connectors
    )
    assert not inbound[1].enabled


def test_a_connector_is_addressed_by_index():
    inbound = changed("tenants.contoso.InboundConnectors[0].SenderIPAddresses: [198.51.100.0/24]").tenants[
        "contoso"
    ]
    assert inbound.inbound_connectors[1].sender_ip_addresses == (IPv4Network("198.51.100.0/24"),)


def test_the_wizards_connector_is_addressed_by_pattern():
    tenant = changed(
        '"tenants.contoso.InboundConnectors[Inbound from *].TlsSenderCertificateName": "*.contoso.example"'
    )
    connector = tenant.tenants["contoso"].inbound_connectors[0]
    assert connector.tls_sender_certificate_name == DomainPattern(Domain("contoso.example"), wildcard=True)
    assert connector.connector_source == "HybridWizard"
    assert connector.name.startswith("Inbound from ")


def test_null_chooses_the_default_on_the_wizards_connector():
    tenant = changed(
        '"tenants.contoso.InboundConnectors[Inbound from *].TlsSenderCertificateName": ~\n'
        '      "tenants.contoso.InboundConnectors[Inbound from *].SenderIPAddresses": 198.51.100.10'
    ).tenants["contoso"]
    connector = tenant.inbound_connectors[0]
    assert connector.tls_sender_certificate_name is None
    assert connector.sender_ip_addresses == (IPv4Network("198.51.100.10"),)


def test_a_whole_list_can_be_replaced():
    tenant = changed("tenants.contoso.AcceptedDomains: [contoso.example]").tenants["contoso"]
    assert Domain("own.contoso.example") not in [each.domain_name for each in tenant.accepted_domains]


def test_a_short_form_is_completed():
    tenant = changed("tenants.contoso.AcceptedDomains[contoso.example].Default: true").tenants["contoso"]
    assert tenant.default_domain == "contoso.example"


def test_keys_with_dots_stand_in_brackets():
    zones = changed("dns.records[contoso.example].MX: 0 .").zones
    assert [str(row) for row in zones.rows["contoso.example", "MX"]] == ["0 ."]


def test_a_whole_host_can_be_added():
    hosts = changed("hosts.elsewhere: {address: 198.51.100.50, domains: elsewhere.example}").hosts
    assert "elsewhere" in hosts


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("tenants.contso.region", "did you mean 'contoso'?"),
        ("tenant.contoso.region", "did you mean 'tenants'?"),
        ("organizations.contoso.hosts.exchange.adress", "did you mean 'address'?"),
        ("tenants.contoso.region.name", "nothing is called 'name' there"),
        ("tenants.contoso.InboundConnectors[Outbound].Enabled", "no connector is named 'Outbound'"),
        ("tenants[contoso", "a path such as"),
    ],
)
def test_a_path_that_leads_nowhere_is_told(path, hint):
    with pytest.raises(ScenarioError) as raised:
        changed(f'"{path}": NAM')
    assert hint in str(raised.value)
