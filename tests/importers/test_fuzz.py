"""Whatever a file holds, reading it gives exports or a notice, and ends."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.importers.folder_reader import parsed
from lab.importers.types import Exports
from tests.importers.test_clixml import HEAD
from tests.importers.test_openssl_output import LEAF, shown
from tests.importers.test_postfix_files import POSTCONF
from tests.importers.test_zone_text import DIG, ZONE

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "samples" / "exchange-onprem"
JSON = json.dumps(
    [
        {"Name": "a", "SenderDomains": ["smtp:*;1"], "T": {"value": 1, "Value": "x"}, "D": "/Date(1)/"},
        {"value": [{"Name": "b", "X@odata.type": "#y"}], "Count": 1},
    ]
)
CLIXML = (
    f'{HEAD}<Obj RefId="0"><TN RefId="0"><T>A.Mailbox</T></TN><Props><S N="a">_x000D_</S><Obj N="b" RefId="1"><LST>'
    '<S>x</S><I32>1</I32></LST></Obj><Ref N="c" RefId="1"/><BA N="RawData">AAAA</BA></Props></Obj></Objs>'
)
SEEDS = {
    "x.json": JSON.encode(),
    "x.xml": CLIXML.encode(),
    "x16.xml": CLIXML.encode("utf-16"),
    "GetExchangeCertificate.xml": (SAMPLES / "GetExchangeCertificate.xml").read_bytes()[:6000],
    "x.csv": b'#TYPE A.AcceptedDomain\r\n"Name";"DomainName"\r\n"a";"b ""c"""\r\n',
    "M365TenantConfig.ps1": (HERE / "files" / "M365TenantConfig.ps1").read_bytes(),
    "postconf.txt": POSTCONF.encode(),
    "msxfaq.example.zone": ZONE.encode(),
    "dig.txt": DIG.encode(),
    "s_client.txt": shown(LEAF, before="$ openssl s_client -connect a.example:25\n").encode(),
}


def check(file: str, data: bytes) -> None:
    found = parsed(file, data)
    assert isinstance(found, Exports)
    for one in found.objects:
        assert one.place.file == file
    repr(found).encode()  # nothing that could not be written to a file


@given(st.binary(max_size=400))
def test_any_bytes(data):
    check("x", data)


@given(st.text(max_size=300), st.sampled_from(sorted(SEEDS)))
def test_any_text_in_a_file_of_any_name(text, file):
    check(file, text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("file", sorted(SEEDS))
@settings(max_examples=30)
@given(data=st.data())
def test_a_good_file_with_some_of_it_changed(file, data):
    seed = SEEDS[file]
    at = data.draw(st.integers(0, len(seed)))
    gone = data.draw(st.integers(0, 40))
    check(file, seed[:at] + data.draw(st.binary(max_size=12)) + seed[at + gone :])


@pytest.mark.parametrize("file", sorted(SEEDS))
@settings(max_examples=20)
@given(data=st.data())
def test_a_good_file_with_one_piece_repeated(file, data):
    seed = SEEDS[file]
    start = data.draw(st.integers(0, len(seed)))
    end = data.draw(st.integers(start, min(len(seed), start + 60)))
    check(file, seed[:start] + seed[start:end] * data.draw(st.integers(2, 50)) + seed[end:])


NASTY = {
    "quotes": '"' * 200_000,
    "here-strings": "EXOAcceptedDomain 'a' {\n" + '@"\n' * 100_000,
    "comments": "EXOAcceptedDomain 'a' {\n" + "<#" * 100_000,
    "certificates": "-----BEGIN CERTIFICATE-----\n" * 20_000,
    "connections": "CONNECTED(\n"
    + "s_client " * 20_000
    + "-----BEGIN CERTIFICATE-----\nA-----END CERTIFICATE-----",
    "ttl": "$TTL " + "1" * 100_000 + "x\n$ORIGIN " + "a." * 50_000 + "\n",
    "parentheses": "$ORIGIN a.example.\n@ TXT " + "(" * 200_000,
    "settings": "myhostname = " + "${a?" * 50_000 + "\nmydomain = a\nrelayhost = " + "$a" * 50_000,
    "passwords": POSTCONF + "smtp_sasl_password_maps = " + "a:/" * 50_000 + " x",
    "lists": "[" * 200_000,
    "wrappers": '{"value":[' * 50_000,
    "elements": HEAD + "<Obj>" * 100_000,
    "siblings": HEAD + "<Obj><Props><Obj><LST>" + "<S/>" * 20_000 + "</LST></Obj></Props></Obj></Objs>",
    "columns": "a," * 100_000 + "\n" + "b," * 100_000,
    "masks": json.dumps({"Name": "*" * 100_000 + "!"}),
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", sorted(NASTY))
def test_what_would_keep_a_careless_reader_busy_for_hours(name):
    check("x.txt", NASTY[name].encode())
