"""Names of the mail world: domains, domain patterns, addresses and paths.

They are parsed once, at the edge, into these types; inside the lab no plain string stands for one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import ClassVar, Self

from lab.model.value import value
from lab.sentence import sentence

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_DOT_ATOM = re.compile(r"[^\s\"(),:;<>@\[\\\]\x00-\x1f\x7f]+(?:\.[^\s\"(),:;<>@\[\\\]\x00-\x1f\x7f]+)*")
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"')


class Domain(str):
    """A DNS name: lower case, A-labels (R82), no trailing dot."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a domain name.

        Raises ValueError with a short reason when `text` is none.
        """
        return cls(_domain_name(text))

    def parents(self) -> Iterator[Domain]:
        """The names above this one, nearest first, the top-level domain last."""
        rest: str = self
        while "." in rest:
            rest = rest.partition(".")[2]
            yield Domain(rest)

    def is_under(self, parent: str) -> bool:
        """Whether this is a sub-domain (any depth) of `parent`, not `parent` itself."""
        return self.endswith("." + parent)


@lru_cache(maxsize=4096)  # a message's few names are read again at every hop
def _domain_name(text: str) -> str:
    name = text.strip().rstrip(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise ValueError(sentence("{text!r} is no domain name ({why})", text=text, why=error)) from None
    if len(name) > 253 or not _DOMAIN.fullmatch(name):
        raise ValueError(sentence("{text!r} is no domain name", text=text))
    return name


@value()
class DomainPattern:
    """What Exchange allows where domains are listed: `contoso.com`, `*.contoso.com` or `*`."""

    domain: Domain | None
    """The name behind the wildcard; None for the bare `*`."""
    wildcard: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a pattern, with or without Exchange's `smtp:` prefix and `;cost` suffix (R57).

        Raises ValueError when `text` is none.
        """
        return cls(*_pattern(text))

    @property
    def is_any(self) -> bool:
        """Whether this is the bare `*`."""
        return self.domain is None

    @property
    def rank(self) -> int:
        """How specific: exact names before wildcards, longer before shorter, `*` last (R81, R99)."""
        if self.domain is None:
            return 0
        return (1000 if not self.wildcard else 1) + len(self.domain)

    def covers(self, domain: Domain) -> bool:
        """Whether `domain` is meant; `*.x` means x and everything below it (R57, R87)."""
        if self.domain is None:
            return True
        return domain == self.domain or (self.wildcard and domain.is_under(self.domain))

    def __str__(self) -> str:
        if self.domain is None:
            return "*"
        return f"*.{self.domain}" if self.wildcard else str(self.domain)


@lru_cache(maxsize=4096)  # the names of a certificate are read for each recipient
def _pattern(text: str) -> tuple[Domain | None, bool]:
    bare = text.strip()
    if bare.lower().startswith("smtp:"):
        bare = bare[5:].partition(";")[0]
    if bare == "*":
        return None, True
    if bare.startswith("*."):
        return Domain.parse(bare[2:]), True
    return Domain.parse(bare), False


@value()
class Address:
    """A mailbox address, RFC 5321 4.1.2. The local part keeps its spelling; `key` compares as Exchange does."""

    local: str
    domain: Domain

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `local@domain`; an SMTPUTF8 local part is allowed, address literals are not.

        Raises ValueError when `text` is none.
        """
        local, at, domain = text.strip().rpartition("@")
        if not at or len(local) > 64 or not (_DOT_ATOM.fullmatch(local) or _QUOTED.fullmatch(local)):
            raise ValueError(sentence("{text!r} is no mail address", text=text))
        return cls(local, Domain.parse(domain))

    @property
    def key(self) -> str:
        """The address in lower case: Exchange does not tell upper from lower case in local parts."""
        return f"{self.local.lower()}@{self.domain}"

    @property
    def is_ascii(self) -> bool:
        """Whether it can be written without SMTPUTF8."""
        return self.local.isascii()

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


@value()
class ReversePath:
    """The MAIL FROM argument: an address, or the null path of a report (`ReversePath.NULL`)."""

    address: Address | None
    NULL: ClassVar[ReversePath]

    @classmethod
    def parse(cls, text: str) -> ReversePath:
        """Read an address, `<address>` or `<>`; ValueError when it is none."""
        bare = text.strip()
        if bare.startswith("<") and bare.endswith(">"):
            bare = bare[1:-1]
        return cls(Address.parse(bare)) if bare else cls.NULL

    @property
    def domain(self) -> Domain | None:
        """The P1 domain; None for the null path (R29)."""
        return self.address.domain if self.address else None

    @property
    def is_null(self) -> bool:
        """Whether this is `<>`."""
        return self.address is None

    def __str__(self) -> str:
        return f"<{self.address}>" if self.address else "<>"


ReversePath.NULL = ReversePath(None)
