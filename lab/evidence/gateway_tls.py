"""What the spam filter's log says of TLS, in both directions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lab.model.certificate import CertFault
from lab.model.steps import Connected, ServerContact

_WORDS = {
    CertFault.SELF_SIGNED: "self-signed certificate",
    CertFault.UNTRUSTED: "untrusted issuer {issuer}",
    CertFault.EXPIRED: "certificate has expired",
    CertFault.NOT_YET_VALID: "certificate not yet valid",
    CertFault.NO_CLIENT_AUTH: "not designated for use as a client certificate",
}
"""What is told of faults, the gravest first; of others, what the lab calls them."""
_COMMON_NAME = re.compile(r"(?:^|,)CN=((?:[^,\\]|\\.)*)")


def from_client(step: Connected, client: str) -> Iterator[str]:
    """A connection that came: what was wrong with the client's certificate, whose it was, and the session."""
    if not step.tls:
        return
    names, faults = step.certificate, step.faults
    if faults:
        yield f"certificate verification failed for {client}: {_gravest(faults, step.issuer)}"
    if names:
        yield f"{client}: subject_CN={names[0]}{_issued(step)}"
    yield f"{_trust(names, faults)} TLS connection established from {client}: {_session(step)}"


def to_server(contact: ServerContact, relay: str) -> Iterator[str]:
    """A connection that was made; nothing is told of one without TLS."""
    if contact.tls:
        trust = _trust(contact.server_certificate, contact.server_faults)
        yield f"{trust} TLS connection established to {relay}: {_session(contact)}"


def shown(contact: ServerContact, relay: str) -> str:
    """Which certificate this side showed: a shared one here is the article's fault, and Postfix does not tell it."""
    if not contact.tls:
        return f"no TLS with {relay}, no client certificate sent"
    label = contact.certificate
    if not label:
        return f"no client certificate sent to {relay}"
    return f"client certificate sent to {relay}: subject_CN={label}"


def _trust(names: Sequence[str], faults: Sequence[str]) -> str:
    if not names:
        return "Anonymous"
    return "Untrusted" if faults else "Trusted"


def _gravest(faults: tuple[CertFault, ...], issuer: str) -> str:
    """One line, as OpenSSL stops at the first fault."""
    text = next((words for fault, words in _WORDS.items() if fault in faults), faults[0])
    return text.format(issuer=_slashed(issuer))


def _issued(step: Connected) -> str:
    """Issuer and fingerprint (SHA-1); the simulator makes no certificates, so there is none to take a print of."""
    issuer = _COMMON_NAME.search(step.issuer)
    thumbprint = step.thumbprint
    pairs = ":".join(thumbprint[at : at + 2] for at in range(0, len(thumbprint), 2))
    return (f", issuer={issuer[1]}" if issuer else "") + (f", fingerprint={pairs}" if pairs else "")


def _slashed(name: str) -> str:
    """`/O=Lab/CN=Some CA` for `CN=Some CA,O=Lab`."""
    parts = re.split(r"(?<!\\),", name) if name else []
    return "".join(f"/{part}" for part in reversed(parts))


def _session(session: Connected | ServerContact) -> str:
    """`TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)`; the cipher only where it is known."""
    version, cipher = session.tls.replace("TLS1_", "TLSv1."), session.cipher
    bits = 128 if "128" in cipher else 256
    return f"{version} with cipher {cipher} ({bits}/{bits} bits)" if cipher else version
