"""What becomes of exports, one difference at a time."""

import pytest

from lab.analysis.matrix import matrix
from lab.importers.assembly.assemble import assembled
from lab.importers.assembly.types import ImportOptions
from lab.importers.types import ExportedObject, ExportLocation, Exports, FoundGateway
from lab.scenario.load import load_text
from tests.importers.contoso import (
    CERTIFICATE,
    CLOUD,
    CONNECTORS,
    DOMAINS,
    HYBRID,
    HYBRID_SEND,
    INBOUND,
    INTERNET,
    ISSUER,
    ON_PREMISES,
    ROUTING,
    TENANT,
    ZONE,
    record,
)
from tests.importers.importing import NOW, made

SHOWS_NOTHING = "organizations: {contoso: {hosts: {gateway: {client_certificate: false}}}}"


def said(imported):
    return [str(each.text) for each in imported.notices]


def base(imported):
    return next(iter(load_text(imported.text).variants.values()))


def alarmed(variant):
    return {cell.key for cell in matrix(variant).alarms}


def rule(**values):
    return (
        "online/rules.json",
        "TransportRule",
        {"Name": "R", "State": "Enabled", "Mode": 2, "SetSCL": -1, **values},
    )


def test_a_usual_hybrid_organisation_works_if_its_filter_shows_nothing():
    imported = made(*HYBRID, records=ZONE, partners=True)
    variants = load_text(imported.text).variants
    assert alarmed(variants["filter-shows-nothing"]) == set()
    assert alarmed(variants["filter-shows-exchange-certificate"]) == {
        "onprem_to_same-region",
        "onprem_to_other-region",
    }
    assert imported.partners == ("near-partner", "far-partner", "outside")


def test_machines_are_found_by_smart_host_mx_and_connector():
    topology = base(made(*HYBRID, records=ZONE)).topology
    exchange, gateway = topology.hosts["exchange"], topology.hosts["gateway"]
    assert (exchange.address, exchange.nat, exchange.fqdn) == ("20.0.0.10", None, "ex1.corp.local")
    assert (gateway.address, gateway.nat, gateway.fqdn) == ("10.1.1.25", "20.0.0.25", "mail.contoso.com")
    assert topology.zones.rows["hybrid.contoso.com", "A"] == ("20.0.0.10",)


def test_two_machines_behind_one_public_address_are_both_inside():
    zone = [*ZONE[:2], record("hybrid.contoso.com", "A", "20.0.0.25")]
    variant = base(made(*HYBRID, records=zone, answers=SHOWS_NOTHING))
    hosts = variant.topology.hosts
    assert hosts["exchange"].nat == hosts["gateway"].nat == "20.0.0.25"
    assert hosts["exchange"].address != hosts["gateway"].address
    assert alarmed(variant) == set()


def test_an_address_that_nobody_tells_is_a_todo():
    imported = made(*HYBRID)
    told = {todo.path[-2:]: todo for todo in imported.todos}
    assert ("exchange", "address") in told
    assert ("gateway", "nat") in told
    assert "# TO-DO" in imported.text


def test_the_region_is_read_from_the_directory_or_asked_for():
    assert not [each for each in made(*HYBRID, records=ZONE).todos if each.path[-1] == "region"]
    silent = [
        (file, kind, {k: v for k, v in values.items() if k != "DistinguishedName"})
        for file, kind, values in HYBRID
    ]
    (todo,) = (each for each in made(*silent, records=ZONE).todos if each.path[-1] == "region")
    assert todo.rules == ("R31", "R32")
    answered = made(*silent, records=ZONE, answers="tenants: {contoso: {region: NAM}}")
    assert base(answered).topology.tenants["contoso"].region == "NAM"
    assert not [each for each in answered.todos if each.path[-1] == "region"]


def test_the_lab_has_names_and_addresses_of_its_own_for_all_drivers():
    variant = base(made(*HYBRID, records=ZONE, partners=True, answers=SHOWS_NOTHING, lab_addresses=True))
    assert variant.only is None
    connector = variant.topology.tenants["contoso"].inbound_connectors[0]
    assert str(connector.tls_sender_certificate_name) == "*.contoso-com.example"
    spf = variant.topology.zones.rows["contoso-com.example", "TXT"][0]
    assert variant.topology.hosts["exchange"].address.startswith("198.51.100.")
    assert alarmed(variant) == set()
    assert spf.startswith("v=spf1 ip4:198.51.100.")


def test_addresses_stay_within_their_networks():
    partner = {"Name": "P", "SenderIPAddresses": ["20.0.0.0/24"], "RestrictDomainsToIPAddresses": True}
    objects = [*HYBRID, ("online/inbound.json", "InboundConnector", partner)]
    topology = base(made(*objects, records=ZONE, lab_addresses=True)).topology
    (network,) = topology.tenants["contoso"].inbound_connectors[1].sender_ip_addresses
    seen = [topology.hosts[name].source for name in ("exchange", "gateway")]
    assert [address in map(str, network) for address in seen] == [True, True]


def test_real_names_are_for_the_simulator():
    assert base(made(*HYBRID, records=ZONE)).only == "simulator"


def test_recipients_are_completed_from_the_other_side():
    topology = base(made(*HYBRID, records=ZONE)).topology
    assert topology.tenants["contoso"].recipients["on@contoso.com"].kind.value == "mail user"
    assert str(topology.organizations["contoso"].recipients["cl@contoso.com"].external) == f"cl@{ROUTING}"


def test_a_mailbox_that_was_not_synchronised_stays_unknown_to_the_tenant():
    user = (
        "online/users.json",
        "MailUser",
        {"PrimarySmtpAddress": "other@contoso.com", "ExternalEmailAddress": "SMTP:other@contoso.com"},
    )
    topology = base(made(*HYBRID, user, records=ZONE)).topology
    assert "on@contoso.com" not in topology.tenants["contoso"].recipients


def test_a_large_directory_becomes_a_handful_of_each_class():
    crowd = [
        ("online/mailboxes.json", "Mailbox", {"PrimarySmtpAddress": f"user{number}@contoso.com"})
        for number in range(60)
    ]
    few, all_ = made(*TENANT, *crowd), made(*TENANT, *crowd, all_recipients=True)
    assert len(few.tree["tenants"]["contoso"]["mailboxes"]) == 2
    assert len(all_.tree["tenants"]["contoso"]["mailboxes"]) == 60
    assert (
        "2 of 60 mailboxes of tenant contoso stand for all of them; --all-recipients keeps up to 1000"
        in said(few)
    )


def test_whoever_a_rule_names_is_kept():
    crowd = [
        ("online/mailboxes.json", "Mailbox", {"PrimarySmtpAddress": f"user{number}@contoso.com"})
        for number in range(9)
    ]
    imported = made(*TENANT, *crowd, rule(SentTo=["user8@contoso.com"]))
    assert "user8@contoso.com" in base(imported).topology.tenants["contoso"].recipients


@pytest.mark.parametrize(
    "strange",
    [
        {"SubjectMatchesPatterns": ["x"]},
        {"ExceptIfFromMemberOf": ["Board"]},
        {"SomethingNewIs": "x"},
        {"SentTo": ["Anna Muster"]},
        {"SenderIpRanges": ["20.0.0.1", "fe80::1"]},
    ],
)
def test_a_rule_is_left_out_rather_than_made_wider(strange):
    imported = made(*TENANT, rule(FromScope=0, **strange))
    assert base(imported).topology.tenants["contoso"].transport_rules == ()
    (notice,) = (
        each for each in imported.notices if str(each.text).startswith('TransportRule "R" is left out')
    )
    assert notice.serious
    assert next(iter(strange)) in str(notice.text)


def test_a_rule_keeps_what_the_lab_has_and_tells_of_actions_that_it_has_not():
    imported = made(
        *TENANT,
        rule(
            FromScope=1, SenderDomainIs=["fabrikam.com"], CopyTo=["x@contoso.com"], HasNoClassification=False
        ),
    )
    (kept,) = base(imported).topology.tenants["contoso"].transport_rules
    assert [str(each) for each in kept.conditions.sender_domain_is] == ["fabrikam.com"]
    assert 'TransportRule "R": the lab does not do CopyTo' in said(imported)


def test_a_rule_out_of_its_time_is_disabled():
    (kept,) = (
        base(made(*TENANT, rule(ExpiryDate="2025-12-31T00:00:00Z")))
        .topology.tenants["contoso"]
        .transport_rules
    )
    assert kept.state.value == "Disabled"


def test_rules_stand_in_the_order_of_their_priority():
    late, early = rule(Priority=7), rule(Name="First", Priority=2)
    kept = base(made(*TENANT, late, early)).topology.tenants["contoso"].transport_rules
    assert [each.name for each in kept] == ["First", "R"]


def _hosts(certificate, **send):
    objects = [each for each in ON_PREMISES if each[1] not in ("SendConnector", "ExchangeCertificate")]
    objects += [
        ("onprem/send.json", "SendConnector", {**HYBRID_SEND, **send}),
        ("onprem/c.json", "ExchangeCertificate", certificate),
    ]
    imported = made(*objects, *CLOUD, records=ZONE)
    return imported, base(imported).topology


def test_a_connector_means_the_certificate_that_its_description_fits():
    _, topology = _hosts(CERTIFICATE)
    assert topology.organizations["contoso"].send_connectors[0].tls_certificate_name == "hybrid"
    assert topology.certificates["hybrid"].names == ("hybrid.contoso.com", "mail.contoso.com")


def test_a_stale_description_stays_stale():
    imported, topology = _hosts(CERTIFICATE, TlsCertificateName=f"<I>{ISSUER}<S>CN=old.contoso.com")
    assert (
        topology.organizations["contoso"].send_connectors[0].tls_certificate_name
        == f"<I>{ISSUER}<S>CN=old.contoso.com"
    )
    assert any("R115" in text for text in said(imported))


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({"NotAfter": "2026-06-01T00:00:00Z"}, {"expired"}),
        ({"RootCAType": "Enterprise"}, {"no chain to a public root"}),
        ({"IsSelfSigned": True}, {"self-signed"}),
    ],
)
def test_what_is_wrong_with_a_certificate_is_kept(change, faults):
    _, topology = _hosts({**CERTIFICATE, **change})
    assert {each.value for each in topology.certificates["hybrid"].faults} == faults


def test_without_certificates_the_connectors_name_is_believed():
    objects = [each for each in HYBRID if each[1] != "ExchangeCertificate"]
    topology = base(made(*objects, records=ZONE)).topology
    assert topology.certificates[topology.hosts["exchange"].certificate].names == ("hybrid.contoso.com",)


@pytest.mark.parametrize(
    ("settings", "shows", "variants"),
    [
        ({"myhostname": "filter.contoso.com"}, False, ["base"]),
        (
            {"smtp_tls_cert_file": "/etc/ssl/x.pem"},
            True,
            ["filter-shows-exchange-certificate", "filter-shows-its-own"],
        ),
    ],
)
def test_postfix_tells_whether_it_shows_a_certificate(settings, shows, variants):
    postfix = FoundGateway(place=ExportLocation("postconf.txt"), settings=settings)
    scenario = load_text(made(*HYBRID, records=ZONE, gateways=[postfix]).text)
    assert list(scenario.variants) == variants
    assert next(iter(scenario.variants.values())).topology.hosts["gateway"].client_certificate is shows


def test_a_filter_before_a_tenant_hands_mail_to_it():
    zone = [record("contoso.com", "MX", "10 mx.vendor.net"), record("mx.vendor.net", "A", "20.1.2.3")]
    gateway = base(made(*CLOUD, records=zone)).topology.hosts["gateway"]
    assert gateway.fqdn == "mx.vendor.net"
    assert gateway.forwards_to == ("contoso-com.mail.protection.outlook.com",)


def test_a_tenant_that_was_not_exported_is_asked_for():
    imported = made(*ON_PREMISES, records=ZONE)
    tenant = base(imported).topology.tenants["contoso"]
    assert tenant.initial_domain == "contoso.onmicrosoft.com"
    assert "on@contoso.com" in tenant.recipients
    assert ("tenants", "contoso", "InboundConnectors") in [todo.path for todo in imported.todos]


def test_partners_with_exports_are_no_stand_ins():
    other = [
        ("fabrikam-online/d.json", "AcceptedDomain", {"DomainName": "fabrikam.com", "Default": True}),
        (
            "fabrikam-online/d.json",
            "AcceptedDomain",
            {"DomainName": "fabrikam.onmicrosoft.com", "InitialDomain": True},
        ),
    ]
    imported = made(*HYBRID, *other, records=ZONE, partners=True)
    assert imported.partners == ("far-partner", "outside")
    assert list(imported.tree["tenants"]) == ["contoso", "fabrikam", "far-partner"]


def test_a_flat_folder_is_told_apart_by_what_objects_say():
    flat = [(file.partition("/")[2], kind, values) for file, kind, values in [*DOMAINS, *CONNECTORS]]
    flat += [("Get-AcceptedDomain-EXO.json", kind, values) for _, kind, values in TENANT]
    flat += [("send.json", "SendConnector", HYBRID_SEND)]
    flat = [
        (f"onprem-{file}" if file == "domains.json" else file, kind, values) for file, kind, values in flat
    ]
    topology = base(made(*flat)).topology
    assert list(topology.organizations) == ["contoso"]
    assert [each.name for each in topology.tenants["contoso"].inbound_connectors] == ["Inbound from 1"]


def test_the_loader_has_the_last_word():
    both = {"RestrictDomainsToIPAddresses": True, "RestrictDomainsToCertificate": True, "ConnectorType": 2}
    imported = made(
        *TENANT, ("online/i.json", "InboundConnector", {**INBOUND, **both, "CloudServicesMailEnabled": False})
    )
    assert base(imported).topology.tenants["contoso"].inbound_connectors == ()
    (notice,) = (each for each in imported.notices if each.serious)
    assert str(notice.place) == "online/i.json"
    assert 'InboundConnector "Inbound from 1" is left out' in str(notice.text)


def test_unusual_settings_and_unknown_properties_are_told():
    send = {
        **INTERNET,
        "IgnoreSTARTTLS": True,
        "Port": 25,
        "NewThing": "yes",
        "WhenChanged": "2026-01-01T00:00:00Z",
    }
    imported = made(*DOMAINS, ("onprem/send.json", "SendConnector", send))
    assert 'SendConnector "Internet": IgnoreSTARTTLS is True, which the lab does not emulate' in said(
        imported
    )
    assert [(each.kind, each.name, each.example) for each in imported.unknown] == [
        ("SendConnector", "NewThing", "yes")
    ]


def test_spf_of_others_that_was_not_exported_lists_nobody():
    zone = [*ZONE[:3], record("contoso.com", "TXT", "v=spf1 include:_spf.vendor.net -all")]
    rows = base(made(*HYBRID, records=zone)).topology.zones.rows
    assert rows["_spf.vendor.net", "TXT"] == ("v=spf1 ?all",)


def test_a_rule_with_a_condition_that_could_not_be_read_is_left_out():
    file, kind, values = rule(FromScope=0)
    values = {name: tuple(each) if isinstance(each, list) else each for name, each in values.items()}
    cut = ExportedObject(kind=kind, place=ExportLocation(file), values=values, where={"Name": 3, "SentTo": 9})
    found = assembled(Exports(objects=(cut,)), ImportOptions(source="x", now=NOW, partners=False))
    assert 'TransportRule "R" is left out: the lab has no SentTo' in " ".join(said(found))


def test_configuration_as_code_has_identities_for_names():
    objects = [
        (
            "M365TenantConfig.ps1",
            "AcceptedDomain",
            {"Identity": "contoso.com", "DomainType": "Authoritative"},
        ),
        ("M365TenantConfig.ps1", "InboundConnector", {**INBOUND, "Name": None, "Identity": "Inbound from 1"}),
    ]
    tenant = base(made(*objects)).topology.tenants["contoso"]
    assert [each.name for each in tenant.inbound_connectors] == ["Inbound from 1"]
    assert str(tenant.accepted_domains[0].domain_name) == "contoso.com"


def test_a_huge_directory_still_makes_a_file_that_loads():
    crowd = [
        (
            "online/mailboxes.json",
            "Mailbox",
            {
                "PrimarySmtpAddress": f"user{number}@contoso.com",
                "EmailAddresses": [f"smtp:u{number}.{other}@contoso.com" for other in range(9)],
            },
        )
        for number in range(1_100)
    ]
    imported = made(*TENANT, *crowd, all_recipients=True)
    assert len(imported.tree["tenants"]["contoso"]["mailboxes"]) == 1_000


def test_of_a_zone_only_what_mail_asks_for_is_kept():
    zone = [*ZONE, record("www.contoso.com", "A", "20.9.9.9"), record("contoso.com", "A", "20.9.9.9")]
    zone += [
        record("_dmarc.contoso.com", "TXT", "v=DMARC1; p=reject"),
        record("x.contoso.com", "TXT", "verify=1"),
    ]
    names = base(made(*HYBRID, records=zone)).topology.zones.rows
    assert ("_dmarc.contoso.com", "TXT") in names
    assert not {name for name, _ in names} & {"www.contoso.com", "x.contoso.com"}


def test_answers_are_taken_as_they_are_written():
    answers = "start: 2026-05-04T09:00:00Z\nmatrix: {expect: {cloud > onprem: {reply: 5.10, ends: bounced}}}"
    variant = base(made(*HYBRID, records=ZONE, answers=answers))
    assert variant.starts.isoformat() == "2026-05-04T09:00:00+00:00"
    assert variant.expect["cloud_to_onprem"].reply == "5.10"
