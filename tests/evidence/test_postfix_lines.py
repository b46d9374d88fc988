from datetime import UTC, datetime

import pytest

from lab.evidence.postfix_lines import lines, reply_of

BEGINS = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
REMOVED = "mail postfix/qmgr[134]: 4jYf5201Nfz1SlhD: removed"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Nov 24 10:15:58", datetime(2026, 11, 24, 10, 15, 58, tzinfo=UTC)),
        ("Jan  2 03:04:05", datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-11-24T11:15:58.250000+01:00", datetime(2026, 11, 24, 10, 15, 58, 250_000, tzinfo=UTC)),
    ],
    ids=["syslog", "past-the-new-year", "rsyslog"],
)
def test_times_with_and_without_a_year(written, moment):
    (line,) = lines([f"{written} {REMOVED}"], BEGINS)
    assert line.at == moment


@pytest.mark.parametrize("name", ["postfix/smtpd", "postfix-out/smtpd", "postfix/submission/smtpd"])
def test_the_program_is_what_stands_last(name):
    told = f"Nov 24 10:15:58 mail {name}[7]: connect from unknown[198.51.100.77]:50043"
    (line,) = lines([told], BEGINS)
    assert (line.program, line.pid, line.kind) == ("smtpd", "7", "connect")
    assert (line.parts["name"], line.parts["address"], line.parts["port"]) == (
        "unknown",
        "198.51.100.77",
        "50043",
    )


def test_short_and_long_queue_ids_are_known_and_noqueue_is_none():
    said = ["4F1A2B3C4D5: removed", "4jYf5201Nfz1SlhD: removed", "NOQUEUE: removed"]
    told = lines((f"Nov 24 10:15:58 mail postfix/qmgr[1]: {each}" for each in said), BEGINS)
    assert [line.queue_id for line in told] == ["4F1A2B3C4D5", "4jYf5201Nfz1SlhD", ""]


def test_other_programs_and_chatter_are_passed_over():
    told = [
        "Nov 24 10:15:58 mail sshd[1]: connect from x[1.2.3.4]",
        "Nov 24 10:15:58 mail postfix/qmgr[1]: hello",
        "",
    ]
    assert list(lines(told, BEGINS)) == []


def test_a_reply_of_the_other_side_is_freed_of_what_postfix_says_about_it():
    said = "host mx.a.example[203.0.113.10] said: 550 5.1.1 Nobody (here) (in reply to RCPT TO command)"
    assert reply_of(said) == ("550 5.1.1 Nobody (here)", "mx.a.example", "203.0.113.10")
    own = "connect to mx.a.example[203.0.113.10]:25: Connection refused"
    assert reply_of(own) == (own, "", "")
