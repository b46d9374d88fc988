"""Messages: the round trip, and that what a message keeps of its headers is what its octets say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.message import Header, Message, is_binary

NAMES = ("From", "Subject", "Received", "RECEIVED", "X-MS-Exchange-Organization-SCL", "X-Odd", "x-odd")
VALUES = st.lists(st.sampled_from([*"ab <@>.é\udcff\t\0\r", "\r\n ", "\r\n\t"]), max_size=20).map("".join)
FIELDS = st.builds(Header, st.sampled_from(NAMES), VALUES.map(lambda value: " " + value))
BODIES = st.binary(max_size=40) | st.lists(st.sampled_from([b"a", b"\r\n", b"\r", b"\n", b"\0"])).map(
    b"".join
)
MESSAGES = st.builds(lambda fields, body: Message(tuple(fields), body), st.lists(FIELDS, max_size=6), BODIES)
PREFIXES = st.lists(st.sampled_from(("x-", "X-MS-", "From", "Received")), max_size=2)


def asked(message: Message) -> tuple[object, ...]:
    """Everything that a message keeps, so that it is kept from here on."""
    facts = (message.size, message.is_ascii, message.has_ascii_headers, message.is_binary)
    return (*facts, bytes(message), *((message.get(name), message.all(name)) for name in NAMES))


def afresh(message: Message) -> tuple[object, ...]:
    """The same of an equal message that has kept nothing yet."""
    return asked(Message(message.headers, message.body))


@given(MESSAGES)
def test_a_message_is_read_as_it_was_written(message):
    assert Message.parse(bytes(message)) == message


@given(
    st.binary(max_size=80)
    | st.lists(st.sampled_from([b"a", b":", b"\r\n", b" ", b"\r", b"\n"])).map(b"".join)
)
def test_reading_never_fails_and_is_stable(content):
    message = Message.parse(content)
    assert Message.parse(bytes(message)) == message


@given(MESSAGES)
def test_facts_are_those_of_the_octets(message):
    octets = bytes(message)
    assert message.size == len(octets)
    assert message.is_ascii == octets.isascii()
    assert message.is_binary == is_binary(octets)


@given(MESSAGES)
def test_fields_are_found_whatever_their_case(message):
    for name in NAMES:
        same = [header.value for header in message.headers if header.name.lower() == name.lower()]
        assert list(message.all(name)) == same
        assert message.get(name) == (same[0] if same else None)


@pytest.mark.parametrize("before", [True, False], ids=["asked before", "not asked before"])
@given(message=MESSAGES, above=st.lists(FIELDS, max_size=3))
def test_what_is_kept_goes_along_when_fields_are_put_on_top(before, message, above):
    if before:
        asked(message)
    made = message.on_top(iter(above))
    assert made.headers == (*above, *message.headers)
    assert asked(made) == afresh(made)
    assert asked(message) == afresh(message), "the message below is as it was"


@pytest.mark.parametrize("before", [True, False], ids=["asked before", "not asked before"])
@given(message=MESSAGES, prefixes=PREFIXES)
def test_what_is_kept_goes_along_when_fields_are_taken_out(before, message, prefixes):
    if before:
        asked(message)
    made = message.without(*prefixes)
    gone = tuple(prefix.lower() for prefix in prefixes)
    assert made.headers == tuple(h for h in message.headers if not h.name.lower().startswith(gone))
    assert asked(made) == afresh(made)
    assert asked(message) == afresh(message), "the message above is as it was"


@given(MESSAGES)
def test_what_is_kept_takes_no_part_in_comparison(message):
    other = Message(message.headers, message.body)
    asked(message)
    assert message == other
    assert hash(message) == hash(other)
    assert repr(message) == repr(other)


@given(MESSAGES, PREFIXES)
def test_a_prefix_is_found_exactly_when_taking_it_out_changes_the_message(message, prefixes):
    for prefix in prefixes:
        assert message.has(prefix) == (message.without(prefix) != message)


@pytest.mark.parametrize(
    ("value", "author"),
    [
        ("<user@a.example>", "user@a.example"),
        ('"A. User" <user@a.example>', "user@a.example"),
        ("user@a.example", "user@a.example"),
        ("user@a.example (A. User)", "user@a.example"),
        ("nobody", ""),
    ],
)
def test_the_author_is_the_address_of_from(value, author):
    assert Message((Header.of("From", value),)).author == author
