import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from lab.reports.text.printable import cut, one_line, printable, without_guids


@given(st.text())
def test_nothing_that_steers_a_terminal_is_left(text):
    assert not any(unicodedata.category(c).startswith("C") for c in printable(text) if c not in "\n\t")


@given(st.text(), st.integers(1, 40))
def test_a_cut_line_fits(text, width):
    assert len(cut(text, width)) <= width
    assert "\n" not in one_line(text)


def test_invisible_characters_are_written_out():
    assert printable("a\u202eb\x1b[0m\u200b") == "a\\u202eb\\x1b[0m\\u200b"
    assert printable("Grüße an 李雷 ✓") == "Grüße an 李雷 ✓"


def test_a_guid_is_cut_to_its_first_group():
    name = "Inbound from 799256f5-159a-5ba8-ba83-7fcbda21da93"
    assert without_guids(name) == "Inbound from 799256f5…"
