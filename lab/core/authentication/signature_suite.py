"""The arithmetic of signatures as a seam: who can sign, and how a signature is compared with a public key.

Two suites exist. `Claims`, here, needs no keys and no big numbers: a signature is a hash over the public key and the
data. It finds every change that RSA finds, but whoever reads DNS could make the claim; so it serves the simulator,
which nobody attacks, and it is quick and the same in every run. `lab.pki.rsa_signing.RsaSha256` is real: the embedded
lab and the containers use it, and other people's software verifies it.

Why not dkimpy, which is right and which the tests measure both against? It fetches keys itself, where the lab's
thinking part asks by yielding a question; and it signs with RSA in pure Python, some twenty times slower.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

from lab.model.value import dataclass

ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}
"""What may sign, and the kind of key it takes (RFC 8301, RFC 8463); rsa-sha1 is history."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A public key as published in DNS (RFC 6376 3.6.1)."""

    public: str
    """p=: base64; empty means revoked."""
    kind: str = "rsa"
    hashes: tuple[str, ...] = ("sha256",)
    services: tuple[str, ...] = ("*",)
    flags: tuple[str, ...] = ()

    @property
    def testing(self) -> bool:
        """t=y: the signer is trying DKIM out, and its failures count as no signature."""
        return "y" in self.flags

    @property
    def strict(self) -> bool:
        """t=s: i= must be of d= itself, not of a sub-domain."""
        return "s" in self.flags


def tags(text: str) -> dict[str, str]:
    """A tag list (3.2), the values with their blanks. Raises ValueError when it is none, or a tag stands twice."""
    tags: dict[str, str] = {}
    parts = text.split(";")
    if not parts[-1].strip():
        parts.pop()
    for part in parts:
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not name or name in tags:
            raise ValueError(f"{part.strip()[:40]!r} is no tag of its own")
        tags[name] = value.strip()
    return tags


@lru_cache(maxsize=1024)
def key_record(text: str) -> KeyRecord:
    """Read a TXT record. Raises ValueError when it is no key record."""
    read = tags(text)
    if read.get("v", "DKIM1") != "DKIM1" or ("v" in read and next(iter(read)) != "v") or "p" not in read:
        raise ValueError("no key record")
    return KeyRecord(
        public="".join(read["p"].split()),
        kind=read.get("k", "rsa"),
        hashes=_words(read.get("h", "sha256")),
        services=_words(read.get("s", "*")),
        flags=_words(read.get("t", "")),
    )


def _words(value: str) -> tuple[str, ...]:
    return tuple(filter(None, (word.strip() for word in value.split(":"))))


def base64_octets(text: str) -> bytes:
    """The octets of base64 that may be folded. Raises ValueError when it is none."""
    try:
        return b64decode("".join(text.split()), validate=True)
    except NotBase64 as error:
        raise ValueError(f"no base64 ({error})") from None


class Suite(Protocol):
    """A way to sign and to verify. Keys go by the DNS name that their record is published under."""

    def record(self, key: str) -> str:
        """The TXT record of a key."""

    def sign(self, key: str, data: bytes) -> str:
        """The signature (rsa-sha256) of a key under `data`, in base64."""

    def verifies(self, record: KeyRecord, algorithm: str, data: bytes, signature: bytes) -> bool:
        """Whether a signature of `data` belongs to a published key.

        Raises ValueError when the key cannot be read or is too weak to count (RFC 8301: 1024 bit at least).
        """


class Claims:
    """Signatures without secrets."""

    def record(self, key: str) -> str:
        """A key that says what it is; it has the form of a real one."""
        return f"v=DKIM1; k=rsa; p={_public(key)}"

    def sign(self, key: str, data: bytes) -> str:
        """A hash of the public key and the data."""
        return b64encode(_claim(_public(key), data)).decode()

    def verifies(self, record: KeyRecord, algorithm: str, data: bytes, signature: bytes) -> bool:  # noqa: ARG002
        """Whether that is the hash."""
        return signature == _claim(record.public, data)


@lru_cache(maxsize=4096)
def _public(key: str) -> str:
    return b64encode(sha256(f"claim {key.lower()}".encode()).digest()).decode()


def _claim(public: str, data: bytes) -> bytes:
    return sha256(public.encode() + b"\n" + data).digest()


CLAIMS = Claims()
