"""Export-Csv of many cultures."""

import pytest

from tests.importers.sources import only, parse, told

FILE = "Get-AcceptedDomain.csv"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("quote", ['"', ""])
def test_every_separator_is_read(separator, quote):
    rows = [["Name", "DomainName", "Default"], ["A", "a.example", "True"]]
    text = "\r\n".join(separator.join(f"{quote}{cell}{quote}" for cell in row) for row in rows)
    one = only(parse(text, FILE, "utf-8-sig"))
    assert (one.kind, one.values) == (
        "AcceptedDomain",
        {"Name": "A", "DomainName": "a.example", "Default": "True"},
    )


def test_type_line_says_the_kind():
    text = '#TYPE Microsoft.Exchange.Data.Directory.SystemConfiguration.AcceptedDomain\r\n"Name"\r\n"a"\r\n'
    one = only(parse(text, "export.txt", "utf-16"))
    assert (one.kind, str(one.place)) == ("AcceptedDomain", "export.txt:3")


def test_a_header_of_known_properties_is_enough():
    assert (
        only(parse("Name,DomainName,DomainType\na,a.example,Authoritative\n", "x.txt")).kind
        == "AcceptedDomain"
    )


def test_lines_are_those_where_a_row_begins():
    found = parse('Name,Comment\na,"one\ntwo"\n\nb,\n', FILE)
    assert [(one.place.line, one.values["Comment"]) for one in found.objects] == [(2, "one\ntwo"), (5, "")]


def test_lists_that_are_lost_are_told():
    found = parse(
        '"Name","SenderDomains","SmartHosts"\n"a","System.String[]","x y"\n', "Get-InboundConnector.csv"
    )
    assert [one.values for one in found.objects] == [{"Name": "a", "SmartHosts": "x y"}]
    assert "SenderDomains was cut off" in told(found)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Name,B\na,b,c\n", "a row of 3 where the header has 2"),
        ("Name,B\nlost\n", "a row of 1 where the header has 2"),
        (",".join(f"c{n}" for n in range(2001)) + "\n", "more than 2000 columns"),
        (f"Name,B\na,{'x' * 200_000}\n", "field larger than"),
    ],
)
def test_what_does_not_fit_is_left_out_and_told(text, why):
    found = parse(text, FILE)
    assert found.objects == ()
    assert why in told(found)


def test_of_two_columns_of_a_name_the_first_stands():
    assert only(parse("Name,Name\na,b\n", FILE)).values == {"Name": "a"}
