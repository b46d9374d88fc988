"""SMTP replies out of octets: however they are cut, whatever they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.reply import Reply
from lab.wire.reply_reader import LONGEST_LINE, MOST_LINES, ReplyReader


@given(
    st.lists(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=30), min_size=1, max_size=5),
    st.data(),
)
def test_replies_are_read_the_same_however_they_are_cut(lines, data):
    code = data.draw(st.integers(200, 599))
    ends = data.draw(st.sampled_from([b"\r\n", b"\n"]))
    wire = b"".join(
        f"{code}{'-' if n < len(lines) - 1 else ' '}{line}".encode() + ends for n, line in enumerate(lines)
    )
    cut = data.draw(st.integers(0, len(wire)))
    reader = ReplyReader()
    reader.feed(wire[:cut])
    early = reader.next() if cut < len(wire) else None
    reader.feed(wire[cut:])
    assert early is None
    reply = reader.next()
    assert reply is not None
    assert (reply.code, reader.holds_something) == (code, False)
    assert f"{code} {lines[0]}".rstrip().startswith(f"{code} {reply.enhanced}".rstrip())


@given(st.binary(max_size=200))
def test_no_octets_but_replies_or_value_errors(octets):
    reader = ReplyReader()
    reader.feed(octets)
    try:
        reply = reader.next()
    except ValueError:
        return
    assert reply is None or 200 <= reply.code <= 599


@pytest.mark.parametrize(
    ("octets", "reply"),
    [
        (b"250\r\n", Reply(250)),
        (b"250 \r\n", Reply(250)),
        (b"250-2.1.0 a\r\n250 2.1.0 b\r\n", Reply(250, "2.1.0", "a\nb")),
        (b"250 2.6.0 \xff\x00\r\x1b[31m\n", Reply(250, "2.6.0", "\\xff???[31m")),
    ],
    ids=["bare-code", "no-text", "status-on-each-line", "dangerous-octets"],
)
def test_reply_is_read_as(octets, reply):
    reader = ReplyReader()
    reader.feed(octets)
    assert reader.next() == reply


@pytest.mark.parametrize(
    "octets",
    [
        b"hello\r\n",
        b"2500 x\r\n",
        b"199 x\r\n",
        b"600 x\r\n",
        b"250_x\r\n",
        b"\r\n",
        b"250-a\r\n550 b\r\n",
        b"250 " + b"x" * LONGEST_LINE + b"\r\n",
        b"x" * (LONGEST_LINE + 1),
        b"250-x\r\n" * (MOST_LINES + 1),
    ],
    ids=["word", "four-digits", "low", "high", "separator", "empty", "mismatch", "long", "endless", "many"],
)
def test_what_is_no_reply_is_a_value_error(octets):
    reader = ReplyReader()
    reader.feed(octets)
    with pytest.raises(ValueError, match=r"."):
        reader.next()
