"""Export-Clixml: real files, and those that mean harm."""

from pathlib import Path

import pytest

from lab.importers.folder_reader import read
from lab.model.certificate import CertFault
from tests.importers.sources import only, parse, told

SAMPLES = Path(__file__).parents[1] / "samples" / "exchange-onprem"
HEAD = '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
NAMED = "Get-SendConnector.xml"


def with_property(inner: str) -> str:
    return f'{HEAD}<Obj RefId="0"><Props>{inner}</Props></Obj></Objs>'


def value(inner: str) -> object:
    return only(parse(with_property(inner), NAMED)).values["X"]


def test_the_send_connector_of_a_real_organisation():
    [one] = [one for one in read(SAMPLES).objects if one.kind == "SendConnector"]
    assert one.values["Name"] == "Mail to O365"
    assert one.values["AddressSpaces"] == ("SMTP:*;1",)
    assert one.values["SmartHosts"] == ("microsoft-com.mail.protection.outlook.com",)
    assert one.values["TlsCertificateName"] == "<I>CN=localhost<S>CN=localhost"
    assert one.values["TlsDomain"] is None
    assert one.values["CloudServicesMailEnabled"] is True
    assert one.values["SourceIPAddress"] == "0.0.0.0"  # a reference to the address of a smart host
    assert one.values["Id"] == "Mail to O365"
    assert "SerializationData" not in one.values
    assert one.where["Port"] == 71


def test_the_accepted_domains_of_a_real_organisation():
    found = [one.values for one in read(SAMPLES).objects if one.kind == "AcceptedDomain"]
    assert [(one["DomainName"], one["DomainType"], one["Default"]) for one in found] == [
        ("Solo.com", "Authoritative", True),
        ("*.contoso.local", "Authoritative", False),
        ("*.com", "InternalRelay", False),
    ]


def test_the_certificates_of_a_real_server_are_read_from_their_raw_data():
    found = read(SAMPLES)
    objects = [one.place for one in found.objects if one.kind == "ExchangeCertificate"]
    assert objects == [one.place for one in found.certificates]
    own = found.certificates[1]
    assert own.dns_names == ("Solo-E19A", "Solo-E19A.Solo.com")
    assert own.thumbprint == "6C7DE09FB39A40144F57EFEBC3DF0148E3A9AB28"
    assert all(one.self_signed and one.public is False for one in found.certificates)
    assert all(CertFault.SELF_SIGNED in one.faults for one in found.certificates)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("declared", ["", '<?xml version="1.0" encoding="utf-16"?>\r\n'])
def test_every_encoding_is_read(encoding, declared):
    text = declared + with_property("<S N='X'>Zürich</S>")
    assert only(parse(text, NAMED, encoding)).values == {"X": "Zürich"}


@pytest.mark.parametrize(
    ("inner", "wanted"),
    [
        ("<B N='X'>true</B>", True),
        ("<B N='X'>maybe</B>", "maybe"),
        ("<Nil N='X'/>", None),
        ("<S N='X'/>", ""),
        ("<S N='X'>a_x000D__x000A_b_xD83D__xDE00_</S>", "a\r\nb\U0001f600"),
        ("<S N='X'>&lt;I&gt;CN=a&amp;b</S>", "<I>CN=a&b"),
        ("<I64 N='X'>-5</I64>", -5),
        ("<I32 N='X'>five</I32>", "five"),
        ("<Db N='X'>0.5</Db>", 0.5),
        ("<C N='X'>97</C>", "a"),
        ("<DT N='X'>2021-10-06T15:24:05-04:00</DT>", "2021-10-06T15:24:05-04:00"),
        ("<Obj N='X' RefId='1'><ToString>OnPremises</ToString><I32>1</I32></Obj>", "OnPremises"),
        ("<Obj N='X' RefId='1'><I32>1</I32></Obj>", 1),
        ("<Obj N='X' RefId='1'><LST><S>a</S><S>b</S></LST></Obj>", ("a", "b")),
        ("<Obj N='X' RefId='1'><STK><S>a</S></STK></Obj>", ("a",)),
        ("<Obj N='X' RefId='1'><IE/></Obj>", ()),
        (
            "<Obj N='X' RefId='1'><DCT><En><S N='Key'>a</S><I32 N='Value'>1</I32></En></DCT></Obj>",
            {"a": 1},
        ),
        ("<Obj N='X' RefId='1'><Props><S N='a'>b</S></Props></Obj>", {"a": "b"}),
        (
            "<Obj N='X' RefId='1'><TN RefId='0'><T>A.B</T></TN><ToString>A.B</ToString><MS><S N='a'>b</S></MS></Obj>",
            {"a": "b"},
        ),
        ("<Obj N='X' RefId='1'/>", None),
        ("<Ref N='X' RefId='99'/>", None),
        ("<Unheard N='X'>of</Unheard>", "of"),
    ],
)
def test_values(inner, wanted):
    assert value(inner) == wanted


def test_types_are_told_once_and_referred_to():
    text = f"""{HEAD}<Obj RefId="0"><TN RefId="7"><T>Deserialized.Microsoft.Exchange.Data.Directory.Management.Mailbox</T>
      </TN><Props><S N="a">1</S></Props></Obj><Obj RefId="1"><TNRef RefId="7"/><Props><S N="a">2</S></Props></Obj></Objs>"""
    assert [one.kind for one in parse(text, "x.xml").objects] == ["Mailbox", "Mailbox"]


def test_a_list_that_was_exported_as_one_object_is_taken_apart():
    text = f"""{HEAD}<Obj RefId="0"><LST><Obj RefId="1"><Props><S N="a">1</S></Props></Obj>
      <Obj RefId="2"><Props><S N="a">2</S></Props></Obj></LST></Obj></Objs>"""
    assert [one.values for one in parse(text, NAMED).objects] == [{"a": "1"}, {"a": "2"}]


def test_a_secret_is_left_out_and_told():
    found = parse(with_property("<SS N='X'>01000000d08c9ddf</SS>"), NAMED)
    assert only(found).values == {"X": None}
    assert "SecureString" in told(found)


BILLION = '<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]>' + with_property("<S N='X'>&c;</S>")
OUTSIDE = '<!DOCTYPE a SYSTEM "file:///etc/passwd">' + with_property("<S N='X'/>")
REPEATED = with_property(
    "<Obj N='X' RefId='1'><LST><S>a</S><S>a</S></LST></Obj>"
    + "".join(
        f"<Obj N='X{n}' RefId='{n}'><LST><Ref RefId='{n - 1}'/><Ref RefId='{n - 1}'/></LST></Obj>"
        for n in range(2, 23)
    )
)
CHAINED = with_property(
    "<Obj N='X' RefId='1'><LST/></Obj>"
    + "".join(f"<Obj N='X{n}' RefId='{n}'><LST><Ref RefId='{n - 1}'/></LST></Obj>" for n in range(2, 40))
)
THOUSAND = f"<Obj RefId='0'><Props><Obj RefId='1' N='X'><LST>{'<S/>' * 1000}</LST></Obj></Props></Obj>"
HUNDREDFOLD = "".join(f"<Ref RefId='1' N='{m}'/>" for m in range(100))
ACROSS = (
    HEAD + THOUSAND + "".join(f"<Obj RefId='{n}'><Props>{HUNDREDFOLD}</Props></Obj>" for n in range(2, 60))
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BILLION, "a DTD"),
        (OUTSIDE, "a DTD"),
        (REPEATED, "unfolds to more than"),
        (CHAINED, "24 levels"),
        (ACROSS + "</Objs>", "unfolds to more than"),
        (HEAD + "<Obj>" * 200, "100 levels"),
        (with_property("<S N='X'>&unknown;</S>"), "undefined entity"),
        (with_property("<S N='X'>a")[:-20], "no XML from here on"),
        ("<html><body/></html>", "<Objs> was wanted"),
    ],
    ids=["entities", "external", "references", "chained", "across", "deep", "undefined", "cut", "html"],
)
def test_a_hostile_or_broken_file_is_refused(text, why):
    found = parse(text, NAMED)
    assert found.objects == ()
    assert why in told(found)
    assert found.notices[0].serious


def test_an_object_that_refers_to_itself_ends():
    text = with_property("<Obj N='X' RefId='1'><LST><Ref RefId='1'/><Ref RefId='0'/></LST></Obj>")
    assert only(parse(text, NAMED)).values == {"X": (None, None)}
