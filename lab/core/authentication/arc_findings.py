"""What a sealer writes into ARC-Authentication-Results, and what a trusted one is believed (R174)."""

from __future__ import annotations

import re
from collections.abc import Container

from lab.core.authentication.arc import NO_CHAIN, ArcSet
from lab.core.authentication.dmarc import PublishedPolicy
from lab.core.authentication.results import Arc, ArcResult, AuthenticationResults, DkimResult
from lab.core.received import fold
from lab.model.message import Header
from lab.model.names import Domain

MICROSOFT = "mx.microsoft.com 1"
"""Exchange Online's name in its seals."""
_VOUCHED = re.compile(r"\bdmarc=(?:pass|bestguesspass)\b[^;]*\bheader\.from=([^\s;]+)", re.IGNORECASE)


def seen_at_entry(found: AuthenticationResults, recipient: Domain, policy: PublishedPolicy | None) -> str:
    """Exchange Online's findings on mail that came by SMTP: the client's address is that of the entry."""
    spf = found.spf
    identity = f"smtp.helo={spf.domain}" if spf.helo_identity else f"smtp.mailfrom={spf.domain}"
    parts = [
        f"spf={spf.result} (sender ip is {spf.client}) smtp.rcpttodomain={recipient} {identity}",
        f"dmarc={found.dmarc.result}{_policy(policy)} action={found.dmarc.action} header.from={found.dmarc.author_domain}"
        if found.dmarc
        else "dmarc=none",
        *map(str, found.dkim),
        "arc=none (0)" if found.arc is None or found.arc.result is Arc.NONE else str(found.arc),
    ]
    return "; ".join(parts)


def _policy(policy: PublishedPolicy | None) -> str:
    if policy is None:
        return ""
    record = policy.record
    return f" (p={record.policy} sp={record.subdomain_policy} pct={record.percent})"


def made_here(reverse_path: Domain | None, author: Domain | None) -> str:
    """Exchange Online's findings on mail of its own mailboxes: it vouches for them."""
    parts = [f"spf=pass smtp.mailfrom={reverse_path or '<>'}"]
    if author is not None:
        parts += [f"dmarc=pass action=none header.from={author}", f"dkim=pass header.d={author}"]
    return "; ".join((*parts, "arc=none"))


def plain(found: AuthenticationResults) -> str:
    """Some other system's findings, in the form of RFC 8601."""
    spf = found.spf
    parts = [f"spf={spf.result} {'smtp.helo' if spf.helo_identity else 'smtp.mailfrom'}={spf.domain}"]
    parts += [_plain_dkim(result) for result in found.dkim]
    if found.dmarc is not None:
        parts.append(f"dmarc={found.dmarc.result} header.from={found.dmarc.author_domain}")
    if found.arc is not None:
        parts.append(f"arc={found.arc.result}")
    return "; ".join(parts)


def _plain_dkim(found: DkimResult) -> str:
    return f"dkim={found.result} header.d={found.domain}" if found.domain else f"dkim={found.result}"


def plain_header(found: AuthenticationResults, host: str) -> Header:
    """`Authentication-Results: mx.filter.example; spf=pass ...`."""
    name = "Authentication-Results"
    return Header(name, fold(f"{host}; {plain(found)}", used=len(name) + 1))


def told_chain(findings: str) -> ArcResult:
    """What a system's own findings say of the chain at its entry."""
    match = re.search(r"\barc=(none|pass|fail)\b", findings)
    return ArcResult(Arc(match[1])) if match else NO_CHAIN


def trusted_result(sets: tuple[ArcSet, ...], author: Domain, trusted: Container[str]) -> bool:
    """Whether a trusted sealer saw the author's domain pass DMARC.

    The last seal is the first to be asked; the walk ends at a sealer that is not trusted, for what is below may be
    its invention.
    """
    for seal in reversed(sets):
        if seal.sealer not in trusted:
            return False
        match = _VOUCHED.search(seal.findings)
        if match is not None and match[1].lower() == author:
            return True
    return False
