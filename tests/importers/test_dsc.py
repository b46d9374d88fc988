"""Microsoft365DSC and ExchangeDsc: literals are read, nothing is computed."""

import json
from pathlib import Path

import pytest

from tests.importers.sources import only, parse, told

EXPORTED = (Path(__file__).parent / "files" / "M365TenantConfig.ps1").read_text()


def test_an_exported_connector():
    connector = parse(EXPORTED, "M365TenantConfig.ps1").objects[0]
    assert (connector.kind, connector.place.line) == ("InboundConnector", 10)
    assert connector.values == {
        "AssociatedAcceptedDomains": (),
        "CloudServicesMailEnabled": True,
        "Comment": 'It"s $5, a "quote" <# no comment #>',
        "ConnectorType": "OnPremises",
        "EFSkipLastIP": False,
        "Ensure": "Present",
        "Identity": "Inbound from '799256f5'",
        "SenderDomains": ("smtp:*;1", "smtp:b.example;1"),
        "SenderIPAddresses": ("198.51.100.1", "198.51.100.2"),
        "TlsSenderCertificateName": None,
    }
    assert connector.where["SenderDomains"] == 20


def test_other_resources_are_nobodys_concern_and_absent_ones_are_told():
    found = parse(EXPORTED, "M365TenantConfig.ps1")
    assert [one.kind for one in found.objects] == ["InboundConnector", "AcceptedDomain", "TransportRule"]
    assert found.objects[1].values == {"DomainType": "Authoritative", "Identity": "msxfaq.example"}
    assert "EXORemoteDomain: Ensure is Absent" in told(found)


def test_what_is_computed_is_missing_and_told():
    found = parse(EXPORTED, "M365TenantConfig.ps1")
    assert found.objects[2].values == {
        "Identity": "rule",
        "Priority": 3,
        "Nested": {"A": 1, "B": ("x",)},
        "Lines": "one\ntwo",
    }
    computed = [str(notice.text) for notice in found.notices if notice.serious]
    assert computed == [
        f"EXOTransportRule: {name} is computed, and so not known"
        for name in ("FromScope", "SentTo", "RejectMessage")
    ]


def test_on_premises_resources_are_read_too():
    text = (
        "xExchSendConnector 'x' { Name = 'Internet'; AddressSpaces = 'SMTP:*;1'; Port = 25; Credential = $c }"
    )
    one = only(parse(text, "onprem.ps1"))
    assert (one.kind, one.values) == (
        "SendConnector",
        {"Name": "Internet", "AddressSpaces": "SMTP:*;1", "Port": 25},
    )


def test_its_json_is_read_too():
    text = json.dumps(
        [
            {
                "ResourceName": "EXOAcceptedDomain",
                "ResourceInstanceName": "x",
                "Identity": "a.example",
                "TenantId": "$t",
            },
            {"ResourceName": "EXORemoteDomain", "Identity": "b", "Ensure": "Absent"},
            {"ResourceName": "AADGroup", "DisplayName": "c"},
        ]
    )
    one = only(parse(text, "M365TenantConfig.json"))
    assert (one.kind, one.values) == ("AcceptedDomain", {"Identity": "a.example"})


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ('EXOAcceptedDomain "a"\n{\n Identity = "x', 3, "a quotation mark that is not closed"),
        ('EXOAcceptedDomain "a"\n{\n Identity = @"\nx', 3, "a quotation mark that is not closed"),
        ('EXOAcceptedDomain "a"\n{\n <# x', 3, "a comment that is not closed"),
        ('EXOAcceptedDomain "a"\n{\n Identity = "x"\n', 3, "ends inside a table"),
        ('EXOAcceptedDomain "a"\n{\n Identity "x" }', 3, "a setting such as"),
        ('EXOAcceptedDomain "a"\n{\n Identity = ' + "@(" * 5000, 3, "16 levels"),
        ('EXOAcceptedDomain "a"\n{\n Identity = ' + "@{a=" * 5000, 3, "16 levels"),
    ],
)
def test_a_broken_file_gives_nothing_and_says_where(text, line, why):
    found = parse(text, "x.ps1")
    assert found.objects == ()
    [notice] = found.notices
    assert why in str(notice.text)
    assert notice.place.line == line


def test_many_computed_settings_are_told_briefly():
    settings = "".join(f"P{number} = $x\n" for number in range(50))
    assert len(parse(f"EXOAcceptedDomain 'a' {{\n{settings}}}", "x.ps1").notices) == 20
