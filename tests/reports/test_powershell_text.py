"""Cmdlets to paste: a value stays a value, whatever is in it."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.tenant import ConnectorType
from lab.reports.text.powershell_text import changed, cmdlet, literal
from lab.scenario.cmdlets.powershell import Array, CmdletWord, Hash, parse


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "$true"),
        (False, "$false"),
        (None, "$null"),
        ((), "$null"),
        (3, "3"),
        ("it's", "'it''s'"),
        ("$(Remove-Item x)", "'$(Remove-Item x)'"),
        ("a\nRemove-Item b", "'a Remove-Item b'"),
        (("a", "b"), "'a','b'"),
        (frozenset({"b", "a"}), "'a','b'"),
        (ip_network("198.51.100.1/32"), "'198.51.100.1'"),
        (ip_network("198.51.100.0/24"), "'198.51.100.0/24'"),
        (ConnectorType.ON_PREMISES, "'OnPremises'"),
    ],
)
def test_values_are_written_so_that_powershell_reads_them(value, expected):
    assert literal(value) == expected


@given(
    st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp", "Zs", "Cf", "Co", "Cn")), min_size=1)
)
def test_a_text_is_read_back_as_it_was(text):
    (argument,) = parse(cmdlet("Set-InboundConnector", {"Comment": text})).arguments
    assert isinstance(argument.value, CmdletWord)
    assert argument.value.text == text


@pytest.mark.parametrize("quote", ["'", "\u2018", "\u2019", "\u201a", "\u201b"])
def test_no_quote_ends_a_text(quote):
    (argument,) = parse(cmdlet("Set-InboundConnector", {"Comment": f"a{quote}; Remove-Item b"})).arguments
    assert isinstance(argument.value, CmdletWord)
    assert argument.value.text == f"a{quote}; Remove-Item b"


def test_lists_are_read_back():
    line = cmdlet("Set-Mailbox", {"Identity": ("a", "b"), "EmailAddresses": changed(("a", "c"), ("a", "b"))})
    whole, added = (each.value for each in parse(line).arguments)
    assert isinstance(whole, Array)
    assert [word.text for word in whole.items] == ["a", "b"]
    assert isinstance(added, Hash)
    assert [(key.text, [word.text for word in values.items]) for key, values in added.entries] == [
        ("Add", ["c"]),
        ("Remove", ["b"]),
    ]
