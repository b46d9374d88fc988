"""Zone files, and the answers of dig."""

import pytest

from lab.importers.folder_reader import read
from tests.importers.sources import parse, told

ZONE = """\
$ORIGIN msxfaq.example.
$TTL 1h
@       IN SOA ns1 hostmaster ( 2026112401 ; serial
                1d 2h 4w 1h )
        IN NS  ns1.dns.test.
        IN MX  10 Mail
        300 IN TXT ( "v=spf1 include:spf.protection.outlook.com "
              "ip4:198.51.100.25 -all" )   ; two strings; one text
mail    IN 600 A 198.51.100.25
www     CNAME mail
_dmarc  TXT "v=DMARC1\\; p=reject"
$ORIGIN sub
a       A 198.51.100.26
"""


def rows(found):
    return [
        (one.name, one.type, one.value, one.ttl) for one in found.records if one.type not in ("SOA", "NS")
    ]


def test_a_zone_file():
    found = parse(ZONE, "msxfaq.zone")
    assert rows(found) == [
        ("msxfaq.example", "MX", "10 mail.msxfaq.example", 3600),
        ("msxfaq.example", "TXT", "v=spf1 include:spf.protection.outlook.com ip4:198.51.100.25 -all", 300),
        ("mail.msxfaq.example", "A", "198.51.100.25", 600),
        ("www.msxfaq.example", "CNAME", "mail.msxfaq.example", 3600),
        ("_dmarc.msxfaq.example", "TXT", "v=DMARC1; p=reject", 3600),
        ("a.sub.msxfaq.example", "A", "198.51.100.26", 3600),
    ]
    assert [one.place.line for one in found.records] == [3, 5, 6, 7, 9, 10, 11, 13]
    assert found.notices == ()


DIG = """
; <<>> DiG 9.18.28 <<>> msxfaq.example MX
;; global options: +cmd
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1
;; QUESTION SECTION:
;msxfaq.example.                        IN      MX

;; ANSWER SECTION:
msxfaq.example.         300     IN      MX      0 msxfaq-example.mail.protection.outlook.com.

;; Query time: 3 msec
"""


@pytest.mark.parametrize(
    "text", [DIG, "msxfaq.example. 300 IN MX 0 msxfaq-example.mail.protection.outlook.com."]
)
def test_answers_of_dig(text):
    assert rows(parse(text, "dig.txt")) == [
        ("msxfaq.example", "MX", "0 msxfaq-example.mail.protection.outlook.com", 300)
    ]


@pytest.mark.parametrize(
    "name", ["msxfaq.example.zone", "db.msxfaq.example", "msxfaq.example.dns", "msxfaq.example"]
)
def test_a_zone_is_often_named_by_its_file(name):
    assert rows(parse("@ [AGE:3612345] 3600 MX 10 mail\n", name)) == [
        ("msxfaq.example", "MX", "10 mail.msxfaq.example", 3600)
    ]


def test_names_that_hang_in_the_air_are_told():
    found = parse("mail IN A 198.51.100.25\n", "zone")
    assert found.records == ()
    assert "zone:1: no record: the name is relative" in told(found)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("$INCLUDE /etc/passwd", "$INCLUDE is not followed"),
        ("$GENERATE 1-4000000000 host$ A 198.51.100.1", "$GENERATE is not followed"),
        ("mail IN A 198.51.100.256", "no record"),
        ("mail IN MX mail", "no record"),
        ("mail IN", "no record"),
        ("$ORIGIN", "no record"),
        ("$TTL soon", "no record"),
        (f"{'a' * 64} IN A 198.51.100.1", "no record"),
        (f'@ IN TXT "{"x" * 300}"', "no record"),
        (f"@ {'1' * 5000}x IN A 198.51.100.1", "no record"),
    ],
)
def test_lines_that_cannot_be_read_are_told_and_the_others_are_read(line, why):
    found = parse(f"$ORIGIN msxfaq.example.\n{line}\nwww IN A 198.51.100.1\n", "zone")
    assert [one.name for one in found.records] == ["www.msxfaq.example"]
    assert found.notices[0].place.line == 2
    assert why in str(found.notices[0].text)


def test_an_open_parenthesis_ends_with_the_file():
    assert parse("$ORIGIN a.example.\n@ TXT ( a\n" + "b\n" * 10, "zone").records[0].value == "a" + "b" * 10


def test_many_broken_lines_are_told_briefly():
    assert len(parse("$ORIGIN a.example.\n" + "a IN A none\n" * 100, "zone").notices) == 20


def test_records_have_their_places(tmp_path):
    (tmp_path / "dns").mkdir()
    (tmp_path / "dns" / "msxfaq.example.zone").write_text("@ IN A 198.51.100.1\n")
    [one] = read(tmp_path).records
    assert str(one.place) == "dns/msxfaq.example.zone:1"
