"""The organizational domain, without the Public Suffix List: the lab asks nobody outside."""

from __future__ import annotations

from lab.model.names import Domain

SUFFIXES = frozenset(
    {
        *(f"{kind}.uk" for kind in ("co", "org", "ac", "gov", "ltd", "plc", "me", "net", "sch", "nhs")),
        *(f"{kind}.au" for kind in ("com", "net", "org", "edu", "gov", "asn", "id")),
        *(f"{kind}.jp" for kind in ("co", "ne", "or", "ac", "go", "ad", "ed", "gr", "lg")),
        *(f"{kind}.nz" for kind in ("co", "net", "org", "govt", "ac", "school")),
        *(f"{kind}.za" for kind in ("co", "org", "net", "gov", "ac")),
        *(f"{kind}.br" for kind in ("com", "net", "org", "gov", "edu")),
        *(f"{kind}.at" for kind in ("co", "or", "ac", "gv")),
        *(f"{kind}.in" for kind in ("co", "net", "org", "ac", "gov")),
        *(f"com.{country}" for country in ("ar", "cn", "hk", "mx", "my", "pl", "sg", "tr", "tw", "ua")),
        "co.il",
        "co.kr",
        "onmicrosoft.com",
    }
)
"""Suffixes of more than one label under which strangers register names; tenants are strangers to each other."""


def organizational_domain(domain: Domain) -> Domain:
    """The name that somebody registered: one label in front of the public suffix (RFC 7489 3.2)."""
    labels = domain.split(".")
    kept = 3 if ".".join(labels[-2:]) in SUFFIXES else 2
    return Domain(".".join(labels[-kept:]))
