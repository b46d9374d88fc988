"""Sender rewriting: what becomes of a reverse-path that a tenant may not vouch for (R48, R152-R154)."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from lab.model.names import Address, ReversePath
from lab.model.tenant import Tenant

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def rewritten(path: ReversePath, tenant: Tenant, now: datetime) -> ReversePath:
    """`bounces+SRS=<hash>=<ts>@<default accepted domain>` for relayed mail of a foreign P1; unchanged otherwise (R152).

    The hash binds the form to the tenant and the original path; the two-letter time stamp counts days, as SRS does.
    """
    if path.address is None or tenant.accepts(path.domain):
        return path
    digest, stamp = _signed(path.address, tenant, now)
    return ReversePath(Address(f"bounces+SRS={digest}={stamp}", tenant.default_domain))


def forwarded(path: ReversePath, tenant: Tenant, forwarder: Address, now: datetime) -> ReversePath:
    """`<user>+SRS=<hash>=<ts>=<domain>=<local>@<forwarder domain>` for what a cloud mailbox forwards (R152).

    Like relayed mail only if the P1 is foreign; a local part of more than 64 characters becomes the relay form.
    """
    if path.address is None or tenant.accepts(path.domain):
        return path
    digest, stamp = _signed(path.address, tenant, now)
    local = f"{forwarder.local}+SRS={digest}={stamp}={path.address.domain}={path.address.local}"
    if len(local) > 64 or not path.address.is_ascii:
        return rewritten(path, tenant, now)
    return ReversePath(Address(local, forwarder.domain))


def _signed(address: Address, tenant: Tenant, now: datetime) -> tuple[str, str]:
    """The hash and the time stamp."""
    day = int(now.timestamp()) // 86400 % 1024
    stamp = _BASE32[day // 32] + _BASE32[day % 32]
    return sha256(f"{tenant.id}/{address.key}/{stamp}".encode()).hexdigest()[:5], stamp
