"""ConvertTo-Json in all its shapes."""

import json

import pytest

from tests.importers.sources import only, parse, told

FILE = "Get-InboundConnector.json"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_encoding_of_powershell_is_read(encoding):
    assert only(parse('{"Name": "Zürich"}', FILE, encoding)).values == {"Name": "Zürich"}


def test_windows_1252_is_read_and_told():
    found = parse('{"Name": "Zürich"}', FILE, "cp1252")
    assert only(found).values == {"Name": "Zürich"}
    assert "Windows-1252" in told(found)


@pytest.mark.parametrize(
    "text",
    [
        '{"Name": "a"}',
        '[{"Name": "a"}]',
        '[[{"Name": "a"}]]',
        '{"value": [{"Name": "a"}], "Count": 1}',
        '{"@odata.context": "https://example.test/$metadata", "value": [{"Name": "a"}]}',
        '{"InboundConnectors": [{"Name": "a"}]}',
        '{"Get-InboundConnector": {"value": [{"Name": "a"}], "Count": 1}, "AcceptedDomain": []}',
    ],
    ids=["object", "list", "list-in-list", "counted-list", "rest-answer", "by-noun", "by-cmdlet"],
)
def test_one_object_in_every_wrapping(text):
    one = only(parse(text, FILE))
    assert (one.kind, one.values) == ("InboundConnector", {"Name": "a"})


def test_values_appended_to_a_file_are_all_read():
    assert [one.values["Name"] for one in parse('{"Name": "a"}\n{"Name": "b"}\n', FILE).objects] == ["a", "b"]


def test_objects_and_properties_have_lines():
    one, other = parse('[\n  {\n    "Name": "a",\n    "Enabled":\n true},\n  {"Name": "b"}]', FILE).objects
    assert (one.place.line, one.where) == (2, {"Name": 3, "Enabled": 4})
    assert (other.place.line, other.where) == (6, {"Name": 6})


def test_null_and_false_and_nothing_are_three_things():
    values = only(
        parse('{"RequireTls": false, "TlsSenderCertificateName": null, "Comment": ""}', FILE)
    ).values
    assert values == {"RequireTls": False, "TlsSenderCertificateName": None, "Comment": ""}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('{"value": 1, "Value": "OnPremises"}', "OnPremises"),
        ('{"Value": "OnPremises", "value": 1}', "OnPremises"),
        ("1", 1),
        ('{"value": ["a", "b"], "Count": 2}', ("a", "b")),
        ('{"value": "a", "PSComputerName": "ex01.msxfaq.example", "RunspaceId": "1"}', "a"),
        (r'"\/Date(1700000000000)\/"', "2023-11-14T22:13:20Z"),
        (
            r'{"value": "\/Date(1700000000000)\/", "DisplayHint": 2, "DateTime": "Dienstag"}',
            "2023-11-14T22:13:20Z",
        ),
        ('"2023-11-14T22:13:20Z"', "2023-11-14T22:13:20Z"),
        (r'"\/Date(999999999999999)\/"', "/Date(999999999999999)/"),
        ('{"Name": "x", "value": 1}', {"Name": "x", "value": 1}),
        ("[[1], {}]", ((1,), {})),
        ("NaN", "NaN"),
        ("1e999", "inf"),
        (r'"\ud83d\ude00 \ud83d \u0000"', "\U0001f600 \ufffd \ufffd"),
    ],
)
def test_shapes_of_a_value(written, read):
    assert only(parse(f'{{"X": {written}}}', FILE)).values == {"X": read}


def test_side_cars_are_no_properties():
    text = """{"@odata.type": "#Exchange.InboundConnector", "SenderDomains@odata.type": "#Collection(String)",
      "SenderDomains": ["smtp:*;1"], "EFUsers@data.type": "#Collection(String)", "EFUsers": []}"""
    one = only(parse(text, "export.json"))
    assert one.kind == "InboundConnector"
    assert one.values == {"SenderDomains": ("smtp:*;1",), "EFUsers": ()}


@pytest.mark.parametrize(
    "cut",
    [
        "Microsoft.Exchange.Data.MultiValuedProperty`1[Microsoft.Exchange.Data.SmtpDomain]",
        "System.Collections.Hashtable",
        "System.Object[]",
        "@{Domain=*; Cost=1}",
    ],
)
def test_what_was_cut_off_is_missing_and_told(cut):
    text = json.dumps({"Name": "a", "SenderDomains": cut, "Whatever": [cut]}, indent=1)
    found = parse(text, FILE)
    assert [one.values for one in found.objects] == [{"Name": "a"}]
    heavy, light = found.notices
    assert (str(heavy.place), heavy.serious) == (f"{FILE}:3", True)
    assert "SenderDomains was cut off" in str(heavy.text)
    assert not light.serious
    assert "Whatever" in str(light.text)


def test_types_of_a_rules_predicates_are_no_cut():
    text = (
        '{"Name": "r", "Conditions": ["Microsoft.Exchange.MessagingPolicies.Rules.Tasks.FromScopePredicate"]}'
    )
    assert "Conditions" in only(parse(text, "Get-TransportRule.json")).values


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ('[{"Name": "a"},\n{"Name": ', 2, "expecting value"),
        ('{"Name": "a"\n "b": 1}', 2, "expecting ','"),
        ("{\n1: 2}", 2, "expecting property name"),
        ('["a"]', 1, "expecting an object"),
        ('{"N": ' + "9" * 5000 + "}", 0, "a number has 5000 digits, more than any setting has"),
        ("[" * 50_000, 0, ""),
        ('{"a":' * 50_000, 0, "too deeply"),
        ('{"a":' + "[" * 30 + "]" * 30 + "}", 0, "24 levels"),
        ('{"value": [' * 100 + "1", 0, ""),
    ],
)
def test_a_broken_file_gives_nothing_and_says_where(text, line, why):
    found = parse(text, FILE)
    assert found.objects == ()
    [notice] = found.notices
    assert notice.serious
    assert notice.place.line == line or not line
    assert why in str(notice.text)


def test_what_resolve_dnsname_prints_becomes_records():
    text = """[{"Name": "MSXFAQ.example", "Type": 15, "NameExchange": "mx.msxfaq.example", "Preference": 10, "TTL": 300},
      {"Name": "msxfaq.example", "Type": 16, "Strings": ["v=spf1 ", "-all"], "Section": 1, "TTL": 60},
      {"Name": "mx.msxfaq.example", "Type": "A", "IPAddress": "198.51.100.25", "Section": 1},
      {"Name": "msxfaq.example", "Type": 6, "PrimaryServer": "ns.msxfaq.example", "Strings": null, "Section": 2}]"""
    found = parse(text, "Resolve-DnsName.json")
    assert [(one.name, one.type, one.value, one.ttl) for one in found.records] == [
        ("msxfaq.example", "MX", "10 mx.msxfaq.example", 300),
        ("msxfaq.example", "TXT", "v=spf1 -all", 60),
        ("mx.msxfaq.example", "A", "198.51.100.25", None),
    ]
