"""Results of SPF, DKIM, DMARC, ARC and composite authentication as values, and `Authentication-Results` in Microsoft's form (R168, R170).

Fields that the header does not tell are for the trace and take no part in comparisons: parse(format(x)) == x.
"""

from __future__ import annotations

import re
from dataclasses import field
from enum import StrEnum

from lab.core.received import fold
from lab.model.message import Header
from lab.model.value import dataclass
from lab.sentence import NOTHING, Sentence

_NAME = "Authentication-Results"
_RECEIVER = "protection.outlook.com"
_SPF = re.compile(r"spf=(\w+) \(sender IP is ([^)]*)\) smtp\.(mailfrom|helo)=(\S*)")
_DKIM = re.compile(r"dkim=(\w+) \(([^)]*)\) header\.d=(\S*)")
_ARC = re.compile(r"arc=(\w+)(?: \(([^)]*)\))?")
_COMPAUTH = re.compile(r"compauth=(\w+) reason=(\d{3})")
_DMARC = re.compile(r"dmarc=(\w+) action=(\S+) header\.from=(\S*)")


class Spf(StrEnum):
    """RFC 7208 2.6."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class SpfFault(StrEnum):
    """Why a policy cannot be evaluated."""

    TERMS = "terms"
    """Too many terms that ask DNS."""
    VOIDS = "voids"
    """Too many look-ups without an answer."""
    NO_POLICY = "no-policy"
    """It leads to a name without a policy."""
    OTHER = "other"


_SPELLED = {
    Spf.NONE: "None",
    Spf.NEUTRAL: "Neutral",
    Spf.PASS: "Pass",
    Spf.FAIL: "Fail",
    Spf.SOFTFAIL: "SoftFail",
    Spf.TEMPERROR: "TempError",
    Spf.PERMERROR: "PermError",
}
_WORDS = {
    Spf.NONE: "{domain} does not designate permitted sender hosts",
    Spf.NEUTRAL: "{client} is neither permitted nor denied by domain of {domain}",
    Spf.PASS: "domain of {domain} designates {client} as permitted sender",
    Spf.FAIL: "domain of {domain} does not designate {client} as permitted sender",
    Spf.SOFTFAIL: "domain of transitioning {domain} discourages use of {client} as permitted sender",
    Spf.TEMPERROR: "error in processing during lookup of {domain}: DNS Timeout",
    Spf.PERMERROR: "domain of {domain} used an invalid SPF mechanism",
}


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


class Arc(StrEnum):
    """State of a chain (RFC 8617 4.4)."""

    NONE = "none"
    PASS = "pass"  # noqa: S105
    FAIL = "fail"


class CompAuth(StrEnum):
    """Microsoft's verdict on the author (R169)."""

    NONE = "none"
    PASS = "pass"  # noqa: S105
    SOFTPASS = "softpass"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class SpfResult:
    """What SPF says of a client and a domain."""

    result: Spf
    domain: str
    """The identity: the MAIL FROM domain, or the HELO name."""
    client: str
    """Source address; '' when a system made the message itself."""
    helo_identity: bool = False
    mechanism: str = field(default="", compare=False)
    """The term that decided."""
    explanation: str = field(default="", compare=False)
    problem: Sentence = field(default=NOTHING, compare=False)
    fault: SpfFault = field(default=SpfFault.OTHER, compare=False)
    """What kind of problem it is."""
    about: str = field(default="", compare=False)
    """The name without a policy that a record includes."""
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
    selector: str = field(default="", compare=False)
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
    """Microsoft's words: none, quarantine, reject, oreject (reject, overridden), pct.quarantine, pct.reject."""
    policy: str = field(default="", compare=False)
    """p= or sp=, whichever counts; '' without a record."""
    aligned_by: str = field(default="", compare=False)
    """`spf` or `dkim`."""
    problem: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"dmarc={self.result} action={self.action} header.from={self.author_domain}"


@dataclass(frozen=True, slots=True)
class ArcResult:
    """What became of a chain of seals."""

    result: Arc
    reason: str = ""
    """What is broken; '' of a chain that is whole."""
    sealers: tuple[str, ...] = field(default=(), compare=False)
    """d= of each seal, the first first; only of a chain that is whole."""
    trusted: bool = False
    """Whether the last sealer's word may override DMARC: `oda=1` (R174)."""

    def __str__(self) -> str:
        if self.result is Arc.PASS:
            return f"arc=pass (0 oda={self.trusted:d})"
        return f"arc={self.result}" + (f" ({self.reason})" if self.reason else "")


@dataclass(frozen=True, slots=True)
class Composite:
    """Composite authentication: the word and its reason (R169)."""

    result: CompAuth
    reason: str

    def __str__(self) -> str:
        return f"compauth={self.result} reason={self.reason}"


@dataclass(frozen=True, slots=True)
class AuthenticationResults:
    """All of them, as one header tells them."""

    spf: SpfResult
    dkim: tuple[DkimResult, ...] = (NOT_SIGNED,)
    dmarc: DmarcResult | None = None
    arc: ArcResult | None = None
    """None without a chain."""
    compauth: Composite | None = None
    """Of the recipient's own tenant only."""

    def __str__(self) -> str:
        rest = (*self.dkim, self.dmarc, self.arc, self.compauth)
        return f"{self.spf}; {';'.join([str(part) for part in rest if part is not None])}"

    def header(self) -> Header:
        """As it stands in the message, folded."""
        return Header(_NAME, fold(f"{self};", used=len(_NAME) + 1))

    @classmethod
    def parse(cls, text: str) -> AuthenticationResults:
        """Read the header's value, folded or not; a part unknown here is passed over.

        Raises ValueError when there is no SPF part or a part is not as Microsoft writes it.
        """
        spf: SpfResult | None = None
        dkim: list[DkimResult] = []
        dmarc: DmarcResult | None = None
        arc: ArcResult | None = None
        compauth: Composite | None = None
        for part in filter(None, (" ".join(p.split()) for p in text.split(";"))):
            if part.startswith("spf="):
                spf = _spf(part)
            elif part.startswith("dkim="):
                dkim.append(_dkim(part))
            elif part.startswith("dmarc="):
                dmarc = _dmarc(part)
            elif part.startswith("arc="):
                arc = _arc(part)
            elif part.startswith("compauth="):
                compauth = _compauth(part)
        if spf is None:
            raise ValueError(f"{text[:80]!r} has no SPF result")
        return cls(spf, tuple(dkim), dmarc, arc, compauth)


def _spf(part: str) -> SpfResult:
    result, client, identity, domain = _groups(_SPF, part)
    return SpfResult(Spf(result), domain, client, helo_identity=identity == "helo")


def _dkim(part: str) -> DkimResult:
    result, reason, domain = _groups(_DKIM, part)
    return DkimResult(Dkim(result), "" if domain == "none" else domain, reason=reason)


def _dmarc(part: str) -> DmarcResult:
    result, action, author = _groups(_DMARC, part)
    return DmarcResult(Dmarc(result), author, action)


def _arc(part: str) -> ArcResult:
    result, reason = _groups(_ARC, part)
    if result == Arc.PASS:
        return ArcResult(Arc.PASS, trusted=(reason or "").endswith("oda=1"))
    return ArcResult(Arc(result), reason or "")


def _compauth(part: str) -> Composite:
    result, reason = _groups(_COMPAUTH, part)
    return Composite(CompAuth(result), reason)


def _groups(pattern: re.Pattern[str], part: str) -> tuple[str, ...]:
    match = pattern.fullmatch(part)
    if match is None:
        raise ValueError(f"{part[:80]!r} is not as Microsoft writes it")
    return match.groups()


def received_spf(result: SpfResult, helo: str) -> Header:
    """`Received-SPF`, which tells the same in words (R167)."""
    words = _WORDS[result.result].format(domain=result.domain, client=result.client)
    facts = f"receiver={_RECEIVER}; client-ip={result.client}; helo={helo};"
    sure = " pr=C" if result.result is Spf.PASS else ""
    value = f"{_SPELLED[result.result]} ({_RECEIVER}: {words}) {facts}{sure}"
    return Header("Received-SPF", fold(value, used=len("Received-SPF:")))
