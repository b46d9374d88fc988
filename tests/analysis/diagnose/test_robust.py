"""Whatever octets come: a diagnosis, or a file that is told to be unreadable; never anything else, and never for long."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.analysis.diagnose import KnownConfiguration, NotText, diagnose
from lab.analysis.diagnose.evidence_file import MAX_DEPTH, MAX_OCTETS, MAX_PARTS
from lab.analysis.diagnose.mime import parse
from lab.reports.findings.diagnosis import EvidenceKind
from lab.reports.findings.diagnosis_report import drawn
from lab.reports.text.console import text
from tests.analysis.diagnose.played import variants

SAMPLES = [
    path.read_bytes() for path in sorted((Path(__file__).parents[2] / "samples" / "ndr").glob("*.eml"))
]
WORDS = [
    b"\r\n", b"\n", b"\r", b"\0", b"--", b"=", b"=?utf-7?B?", b"=?iso-2022-jp?Q?\x1b$B=", b"Received: from by ;",
    b"Content-Type: multipart/report; boundary=\"", b"Content-Transfer-Encoding: base64\r\n", b"Status: 5.",
    b"Final-Recipient: rfc822;\\x{110000}", b"charset=punycode", b"charset=utf-16", b"Diagnostic-Code: smtp;550 5.7.51 ",
    b"\xff\xfe", b"X-EOPTenantAttributedMessage: ", b"message/rfc822", b"[{LED=550 5.7.64 };{MSG=", b"(" * 50, b"<" * 50,
]  # fmt: skip


def judged(octets):
    try:
        found = diagnose(octets)
    except NotText:
        return None
    assert text(drawn(found, "file"))
    assert text(drawn(diagnose(octets, known()), "file"))
    return found


@cache
def known():
    return KnownConfiguration(variants()[0][1])


@given(st.binary(max_size=2000))
@settings(max_examples=120)
def test_any_octets(octets):
    judged(octets)


@given(st.lists(st.sampled_from(WORDS) | st.binary(max_size=20), max_size=40))
@settings(max_examples=120)
def test_any_pieces_of_mail(pieces):
    judged(b"From: a@b.example\r\n" + b"".join(pieces))


TABLES = [
    b"SenderAddress,RecipientAddress,Status,FromIP,ToIP\n", b"a@b.example,c@d.example,Failed,1.2.3.4,5.6.7.8\n", b'"', b";",
    b"#Fields: date-time,event-id,source,recipient-address,recipient-status\n", b"x,FAIL,SMTP,a@b.example,[{LED=550 5.7.51 x};{MSG=",
    b"MessageTraceId : 1\nEvent : Fail\nDetail : Reason: \n", b'[{"EventId": "SEND", "Source": ', b'"Recipients": [1, null]}]',
    b"Nov 24 09:15:00 gw postfix/smtp[1]: ABCDEF: to=<a@b>, relay=x[1.2.3.4]:25, delay=1, dsn=5.0.0, status=bounced (",
    b"Nov 24 09:15:00 gw postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[1.2.3.4]: 550 5.7.1 y; from=<> to=<a@b>\n",
]  # fmt: skip


@given(
    st.sampled_from(TABLES), st.lists(st.sampled_from(TABLES + WORDS) | st.binary(max_size=20), max_size=20)
)
@settings(max_examples=120)
def test_any_pieces_of_tables_and_logs(first, pieces):
    judged(first + b"".join(pieces))


@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 400), st.sampled_from(WORDS)), min_size=1, max_size=8),
)
@settings(max_examples=40)
def test_any_mutation_of_a_real_report(sample, edits):
    octets = sample
    for where, gone, put in edits:
        at = int(where * len(octets))
        octets = octets[:at] + put + octets[at + gone :]
    judged(octets)


@pytest.mark.parametrize("sample", SAMPLES, ids=["03", "07", "13"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_encodings_of_windows_change_nothing(sample, encoding):
    text_of_it = sample.decode("latin-1").encode("ascii", "replace").decode()
    wide, plain = judged(text_of_it.encode(encoding)), judged(text_of_it.encode())
    assert wide.report == plain.report


@pytest.mark.parametrize("ends", [b"\n", b"\r"])
def test_line_ends_change_nothing(ends):
    plain = judged(SAMPLES[2].replace(b"\r\n", b"\n"))
    other = judged(SAMPLES[2].replace(b"\r\n", b"\n").replace(b"\n", ends))
    assert other.report.refusals == plain.report.refusals
    assert other.report.original == plain.report.original


def test_messages_in_messages_are_followed_only_so_deep():
    inside = b"From: a@b.example\r\n\r\n"
    for _ in range(200):
        inside = b"Content-Type: message/rfc822\r\n\r\n" + inside
    assert sum(1 for _ in parse(inside).walk()) == MAX_DEPTH + 1


def test_parts_are_counted_over_the_whole_message():
    parts = b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n" + b"--y\r\n\r\na\r\n" * 300
    whole = b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n' + parts * 20
    assert sum(1 for _ in parse(whole).walk()) <= MAX_PARTS


@pytest.mark.parametrize(
    "hostile",
    [
        b"From: " + b"a" * 2_000_000,
        b"X: y\r\n" * 60_000,
        b"Received: from " + b"(" * 1_000_000 + b" by x;",
        b"Subject: " + b"=?utf-8?B?" * 100_000,
        b"From: a@b\r\nContent-Type: text/plain;" + b" a=b;" * 200_000,
        b"Content-Type: multipart/report; boundary=x\r\n\r\n" + b"--x\r\n" * 200_000,
        b"From: a@b\r\n\r\nError Details\r\nReported error: " + b"5" * 1_000_000,
        b"From: a@b\r\n\r\nDiagnostic information for administrators:\nGenerating server: a.b\n"
        + b"a@b\n" * 200_000,
    ],
    ids=["value", "fields", "brackets", "words", "parameters", "boundaries", "error", "recipients"],
)
def test_hostile_sizes_are_read_in_no_time(hostile):
    """The suite's own limit for a test is the measure: none of these may be read in quadratic time."""
    assert judged(hostile) is not None


def test_more_than_the_limit_is_said_and_not_read():
    found = judged(b"From: a@b.example\r\n\r\n" + b"x" * MAX_OCTETS)
    assert [str(note) for note in found.notes] == ["only the first 32 MiB were read"]


@pytest.mark.parametrize(
    ("octets", "hint"), [(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", ".msg"), (b"PK\x03\x04...", "archive")]
)
def test_what_is_no_text_is_told_with_what_to_do(octets, hint):
    with pytest.raises(NotText, match=hint):
        diagnose(octets)


@pytest.mark.parametrize("octets", [b"", b"\n\n", b"hello\n", b"a: b\n", b"{}", b"a,b\n1,2\n"])
def test_nothing_to_see_where_nothing_is(octets):
    found = judged(octets)
    assert (found.kind, found.nothing) == (EvidenceKind.OTHER, True)
