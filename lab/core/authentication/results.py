"""Results of SPF, DKIM and DMARC as values, and `Authentication-Results` in Microsoft's form (R168, R170)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Spf(StrEnum):
    """RFC 7208 2.6."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class Dkim(StrEnum):
    """RFC 8601 2.7.1, as far as Microsoft writes it."""

    NONE = "none"
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class Dmarc(StrEnum):
    """RFC 8601 2.7 and 'bestguesspass', Microsoft's word for alignment without a policy."""

    NONE = "none"
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    BEST_GUESS_PASS = "bestguesspass"  # noqa: S105
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class SpfResult:
    """What SPF says of a client and a domain."""

    result: Spf
    domain: str
    """The identity: the MAIL FROM domain, or the HELO name."""
    client: str
    """Source address; '' when a system made the message itself."""
    helo_identity: bool = False
    mechanism: str = ""
    """The term that decided, for the trace."""
    explanation: str = ""
    problem: str = ""
    """Why there is no better result."""

    def __str__(self) -> str:
        identity = "smtp.helo" if self.helo_identity else "smtp.mailfrom"
        return f"spf={self.result} (sender IP is {self.client}) {identity}={self.domain}"


@dataclass(frozen=True, slots=True)
class DkimResult:
    """What became of one signature, or `none`."""

    result: Dkim
    domain: str = ""
    """d=; '' without a signature."""
    selector: str = ""
    reason: str = "message not signed"

    def __str__(self) -> str:
        return f"dkim={self.result} ({self.reason}) header.d={self.domain or 'none'}"


NOT_SIGNED = DkimResult(Dkim.NONE)


@dataclass(frozen=True, slots=True)
class DmarcResult:
    """What DMARC says of the author's domain."""

    result: Dmarc
    author_domain: str
    action: str = "none"
    """What the policy asks for, in Microsoft's words: none, quarantine, oreject (not enforced), reject."""
    policy: str = ""
    """p= or sp=, whichever counts; '' without a record."""
    aligned_by: str = ""
    """`spf` or `dkim`."""
    problem: str = ""

    def __str__(self) -> str:
        return f"dmarc={self.result} action={self.action} header.from={self.author_domain}"


@dataclass(frozen=True, slots=True)
class AuthenticationResults:
    """All three, as one header tells them."""

    spf: SpfResult
    dkim: tuple[DkimResult, ...] = (NOT_SIGNED,)
    dmarc: DmarcResult | None = None
