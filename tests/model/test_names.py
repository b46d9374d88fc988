"""Names of the mail world: what is written can be read, whatever its spelling."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.names import Address, Domain, DomainPattern, ReversePath

LABELS = st.from_regex(r"[a-z0-9_]([a-z0-9_-]{0,10}[a-z0-9_])?", fullmatch=True)
DOMAINS = st.lists(LABELS, min_size=1, max_size=4).map(lambda labels: Domain(".".join(labels)))
ATOMS = st.text(st.sampled_from(string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~éж"), min_size=1)
QUOTED = st.text(st.sampled_from('ab @<>.,;é"\\')).map(
    lambda text: '"' + "".join(f"\\{c}" if c in '"\\' else c for c in text) + '"'
)
LOCALS = (st.lists(ATOMS, min_size=1, max_size=3).map(".".join) | QUOTED).filter(lambda text: len(text) <= 64)
ADDRESSES = st.builds(Address, LOCALS, DOMAINS)
PATTERNS = st.builds(DomainPattern, DOMAINS, st.booleans()) | st.just(DomainPattern(None, wildcard=True))


@given(DOMAINS, st.sampled_from(("{}", "{}.", " {} ", "{}. ")))
def test_a_domain_is_the_same_in_every_spelling(domain, spelling):
    assert Domain.parse(spelling.format(domain).upper()) == domain
    assert Domain.parse(domain) == domain
    assert isinstance(Domain.parse(domain), Domain)


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "-a.example", "a b.example", "a.example/", "x" * 64 + ".example"]
)
def test_what_is_no_domain_is_refused_every_time(text):
    for _ in range(2):  # a refusal is not kept, and comes again
        with pytest.raises(ValueError, match="is no domain name"):
            Domain.parse(text)


@given(ADDRESSES)
def test_an_address_is_read_as_it_was_written(address):
    assert Address.parse(str(address)) == address


@given(ADDRESSES)
def test_the_key_knows_no_upper_case(address):
    again = Address.parse(str(address).upper()) if address.is_ascii else address
    assert again.key == address.key


@given(ADDRESSES | st.none())
def test_a_reverse_path_is_read_as_it_was_written(address):
    path = ReversePath(address)
    assert ReversePath.parse(str(path)) == path
    assert path.is_null == (address is None)


@given(PATTERNS)
def test_a_pattern_is_read_as_it_was_written(pattern):
    assert DomainPattern.parse(str(pattern)) == pattern
    assert DomainPattern.parse(f"smtp:{pattern};1") == pattern


@given(PATTERNS, DOMAINS)
def test_a_wildcard_means_the_name_and_everything_below(pattern, below):
    if pattern.domain is None:
        assert pattern.covers(below)
        return
    assert pattern.covers(pattern.domain)
    assert pattern.covers(Domain(f"{below}.{pattern.domain}")) == pattern.wildcard
    assert not pattern.covers(Domain(f"x{pattern.domain}"))
