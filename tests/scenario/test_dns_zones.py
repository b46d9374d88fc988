"""DNS follows from who is where, and every record can be overridden."""

import pytest

from lab.model.dns import DnsQuestion, DnsRecords, NoData, NxDomain, ServFail
from lab.model.names import Domain
from lab.scenario.builders.dns_zones import mx_name
from lab.scenario.load import load_text

BASE = """
scenario: zones
organizations:
  contoso:
    domains: [contoso.example]
    hosts:
      exchange: {role: exchange, address: 198.18.0.10, nat: 198.51.100.1, certificate: own}
      gateway: {role: gateway, address: 198.51.100.25}
    hybrid: {tenant: contoso, certificate_name: own.contoso.example}
    dmarc: reject
  woodgrove:
    domains: [woodgrove.example]
    hosts: {ex: {role: exchange, address: 198.51.100.30}}
    spf_includes_exchange_online: false
tenants:
  contoso: {initial_domain: contoso.onmicrosoft.com, AcceptedDomains: contoso.example}
  fabrikam: {initial_domain: fabrikam.onmicrosoft.com, region: NAM, AcceptedDomains: fab-rikam.example, dmarc: none}
hosts:
  elsewhere: {address: 203.0.113.200, domains: elsewhere.example, dmarc: quarantine}
certificates: {own: {names: own.contoso.example}}
"""
ZONES = load_text(BASE).variants["base"].topology.zones


def rows(name, kind, zones=ZONES):
    answer = zones.answer(DnsQuestion(Domain(name), kind))
    return list(answer.texts()) if isinstance(answer, DnsRecords) else answer


@pytest.mark.parametrize(
    ("name", "kind", "wanted"),
    [
        ("ex01.contoso.example", "A", ["198.18.0.10"]),
        ("10.0.18.198.in-addr.arpa", "PTR", ["ex01.contoso.example"]),
        ("1.100.51.198.in-addr.arpa", "PTR", ["ex01.contoso.example"]),
        ("contoso.example", "MX", ["10 mail.contoso.example"]),
        ("woodgrove.example", "MX", ["10 ex01.woodgrove.example"]),
        ("elsewhere.example", "MX", ["10 mail.elsewhere.example"]),
        ("fab-rikam.example", "MX", ["0 fab-rikam-example.mail.protection.outlook.com"]),
        ("fab-rikam-example.mail.protection.outlook.com", "A", ["203.0.113.30", "203.0.113.31"]),
        ("contoso-example.mail.protection.outlook.com", "A", ["203.0.113.10", "203.0.113.11"]),
        (
            "contoso.mail.onmicrosoft.com",
            "MX",
            ["0 contoso-mail-onmicrosoft-com.mail.protection.outlook.com"],
        ),
        (
            "contoso.example",
            "TXT",
            ["v=spf1 ip4:198.51.100.1 ip4:198.51.100.25 include:spf.protection.outlook.com -all"],
        ),
        ("woodgrove.example", "TXT", ["v=spf1 ip4:198.51.100.30 -all"]),
        ("elsewhere.example", "TXT", ["v=spf1 ip4:203.0.113.200 -all"]),
        ("fab-rikam.example", "TXT", ["v=spf1 include:spf.protection.outlook.com -all"]),
        ("fabrikam.onmicrosoft.com", "TXT", ["v=spf1 include:spf.protection.outlook.com -all"]),
        ("_dmarc.contoso.example", "TXT", ["v=DMARC1; p=reject"]),
        ("_dmarc.fab-rikam.example", "TXT", ["v=DMARC1; p=none"]),
        ("_dmarc.elsewhere.example", "TXT", ["v=DMARC1; p=quarantine"]),
    ],
)
def test_records_follow_from_the_scenario(name, kind, wanted):
    assert rows(name, kind) == wanted


def test_there_is_no_policy_where_none_is_said():
    assert rows("_dmarc.woodgrove.example", "TXT") == NxDomain()
    assert rows("_dmarc.fabrikam.onmicrosoft.com", "TXT") == NxDomain()


def test_the_services_spf_covers_all_its_senders():
    (text,) = rows("spf.protection.outlook.com", "TXT")
    topology = load_text(BASE).variants["base"].topology
    for region in topology.regions.values():
        for host in (*region.outbound, *region.high_risk):
            assert f"ip4:{host.address} " in text


def test_records_are_overridden_by_type():
    override = """
dns:
  records:
    contoso.example: {MX: 5 filter.example, TXT: ~}
    filter.example: {A: [198.51.100.70, 198.51.100.71]}
  servfail: elsewhere.example
"""
    zones = load_text(BASE + override).variants["base"].topology.zones
    assert rows("contoso.example", "MX", zones) == ["5 filter.example"]
    assert rows("contoso.example", "TXT", zones) == NoData()
    assert rows("filter.example", "A", zones) == ["198.51.100.70", "198.51.100.71"]
    assert rows("elsewhere.example", "MX", zones) == ServFail()
    assert rows("woodgrove.example", "MX", zones) == ["10 ex01.woodgrove.example"]


def test_dots_and_dashes_become_dashes():
    assert mx_name(Domain("a.b-c.example")) == "a-b-c-example.mail.protection.outlook.com"
