"""The organizational domain: one label in front of the public suffix (RFC 7489 3.2), by the list that a package carries.

The list is data that comes with `publicsuffixlist` and is read once, when the first name is asked for; nobody outside is
asked. Names of the lab's own top-level domains (.example, .test) are in no list, and have the default: one label.
"""

from __future__ import annotations

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

from lab.model.names import Domain

_TENANTS = Domain("onmicrosoft.com")
"""Tenants are strangers to each other, though the list takes this for one company's domain."""


@lru_cache(maxsize=4096)
def organizational_domain(domain: Domain) -> Domain:
    """The name that somebody registered; a public suffix itself is its own."""
    if domain.is_under(_TENANTS):
        return Domain(".".join(domain.split(".")[-3:]))
    return Domain(_list().privatesuffix(str(domain)) or domain)


@cache
def _list() -> PublicSuffixList:
    return PublicSuffixList()
