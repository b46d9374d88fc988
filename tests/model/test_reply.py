"""SMTP replies: what is written can be read, and the class of a code is told apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.reply import Reply

CODES = st.integers(200, 599)
STATUS = st.builds("{}.{}.{}".format, st.integers(2, 5), st.integers(0, 999), st.integers(0, 999))
LINES = st.from_regex(r"[A-Za-z<>\[\]=;][A-Za-z0-9 <>\[\]=;.]{0,30}", fullmatch=True)
TEXTS = st.lists(LINES, min_size=1, max_size=3).map("\n".join)
TRAILERS = st.sampled_from(
    ("", "[AM1PEPF00012345.eurprd05.prod.outlook.com 2026-03-03T09:15:02.435Z 08DE123456789ABC]")
)
REPLIES = st.builds(Reply, CODES, STATUS | st.just(""), TEXTS, TRAILERS)


@given(REPLIES)
def test_a_reply_is_read_as_it_was_written(reply):
    assert Reply.parse(str(reply)) == reply


@given(CODES, STATUS)
def test_a_reply_without_text_keeps_code_and_status(code, status):
    assert Reply.parse(f"{code} {status}") == Reply(code, status)
    assert Reply.parse(f"{code}") == Reply(code)


@given(REPLIES)
def test_a_code_has_exactly_one_class(reply):
    assert [reply.positive, reply.temporary, reply.permanent].count(True) == 1


@pytest.mark.parametrize("text", ["", "25", "abc", "150 too low", "600 too high", "2500 too long"])
def test_what_starts_with_no_code_is_refused(text):
    with pytest.raises(ValueError, match="is no SMTP reply"):
        Reply.parse(text)


def test_the_lines_of_a_reply_are_joined():
    assert Reply.parse("250-2.1.0 one\r\n250 two\r\n") == Reply(250, "2.1.0", "one\ntwo")
