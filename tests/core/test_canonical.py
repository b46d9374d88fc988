"""Canonical forms are those of RFC 6376 3.4, examples and all."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.authentication.canonical import (
    body_hash,
    covered,
    relaxed_body,
    relaxed_header,
    simple_body,
    simple_header,
)
from lab.model.message import Header, Message

bodies = st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"\r", b"\n", b"x", b"y z"])).map(b"".join)


def test_bodies_are_those_of_the_standard():
    """3.4.5."""
    body = b" C \r\nD \t E\r\n\r\n\r\n"
    assert relaxed_body(body) == b" C\r\nD E\r\n"
    assert simple_body(body) == b" C \r\nD \t E\r\n"


@pytest.mark.parametrize(
    ("relaxed", "wanted"),
    [
        (True, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        (False, "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="),
    ],
)
def test_empty_body_has_the_hash_of_the_standard(relaxed, wanted):
    """3.4.3, 3.4.4 (their SHA-256 forms)."""
    assert {body_hash(body, relaxed=relaxed) for body in (b"", b"\r\n", b"\r\n\r\n")} == {wanted}


def test_headers_are_those_of_the_standard():
    folded = Header("B ", " Y\t\r\n\tZ  ")
    assert relaxed_header(Header("A", " X")) == "a:X"
    assert relaxed_header(folded) == "b:Y Z"
    assert simple_header(folded) == "B : Y\t\r\n\tZ  "


def test_hash_of_a_part_of_the_body():
    assert body_hash(b"Hello\r\nmore\r\n", length=7) == body_hash(b"Hello\r\n")
    with pytest.raises(ValueError, match="shorter"):
        body_hash(b"Hello\r\n", length=8)


def test_lowest_field_of_a_name_is_taken_first():
    message = Message((Header("X", "1"), Header("x", "2"), Header("Y", "3")))
    assert [h.raw for h in covered(message, ["x", "z", "x", "x", "y"])] == ["2", "1", "3"]


@given(st.text(st.sampled_from(" \t\r\nxy\x0b\xa0"), max_size=30))
def test_headers_agree_with_a_slow_reference(raw):
    assert relaxed_header(Header("X", raw)) == "x:" + re.sub(r"(?:[ \t]|\r\n)+", " ", raw).strip(" ")


def slow(body: bytes, *, relaxed: bool) -> bytes:
    lines = body.split(b"\r\n")
    if relaxed:
        lines = [re.sub(rb"[ \t]+", b" ", line) for line in lines]
        lines = [line.removesuffix(b" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines) or (b"" if relaxed else b"\r\n")


@given(bodies, st.booleans())
def test_bodies_agree_with_a_slow_reference(body, relaxed):
    assert (relaxed_body(body) if relaxed else simple_body(body)) == slow(body, relaxed=relaxed)
