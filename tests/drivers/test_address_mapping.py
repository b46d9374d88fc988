"""The scenario's addresses on loopback, there and back."""

from __future__ import annotations

import pytest

from lab.drivers.address_mapping import loopback, public


@pytest.mark.parametrize("address", ["198.51.100.25", "203.0.113.10", "198.18.0.10", "198.19.255.1"])
def test_an_address_comes_back(address):
    assert public(loopback(address)) == address


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "10.0.0.1"])
def test_others_keep_their_own(address):
    assert public(address) == address
