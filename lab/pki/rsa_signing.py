"""Real signatures: RSA with 2048 bit, and keys that live in the lab's state folder (RFC 6376, RFC 8301, RFC 8463).

Keys are made when a lab starts, by the name of the DNS record that publishes them. A folder keeps its keys, so that
messages in the queue of a lab that restarts still verify.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from lab.core.authentication.signature_suite import KeyRecord, base64_octets
from lab.core.authentication.signers import key_names
from lab.scenario.model import Variant

BITS = 2048
_WEAKEST = 1024
_FILE_NAME = re.compile(r"[a-z0-9_][a-z0-9_.-]*")
PublicKey = rsa.RSAPublicKey | Ed25519PublicKey


class RsaSha256:
    """The suite of a lab on the wire."""

    def __init__(self, keys: Mapping[str, rsa.RSAPrivateKey]) -> None:
        self._keys = keys
        self._records = {name: _record(key) for name, key in keys.items()}

    def record(self, key: str) -> str:
        """The TXT record of a key."""
        return self._records[key]

    def sign(self, key: str, data: bytes) -> str:
        """PKCS#1 v1.5 over SHA-256, in base64."""
        return b64encode(self._keys[key].sign(data, PKCS1v15(), SHA256())).decode()

    def verifies(self, record: KeyRecord, algorithm: str, data: bytes, signature: bytes) -> bool:  # noqa: ARG002
        """Whether a signature of `data` belongs to a published key; the kind of key settles the algorithm.

        Raises ValueError when the key cannot be read, or has less than 1024 bit.
        """
        key = _public_key(record.kind, record.public)
        try:
            if isinstance(key, Ed25519PublicKey):
                key.verify(signature, sha256(data).digest())  # RFC 8463 3: the hash is what is signed
            else:
                key.verify(signature, data, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


def signatures(variant: Variant, folder: Path) -> RsaSha256:
    """What signs and seals in a variant, with keys that lie in a folder; those that are missing are made."""
    topologies = (variant.topology, *(moment.topology for moment in variant.timeline))
    names = dict.fromkeys(name for topology in topologies for name in key_names(topology))
    return make(folder / "signing", tuple(names))


def make(folder: Path, names: Iterable[str]) -> RsaSha256:
    """A suite with a key for each name: those that `folder` holds, new ones for the rest (mode 0600).

    Raises ValueError when a name cannot be a file's, OSError when the folder cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return RsaSha256({name: _kept(folder, name) or _made(folder, name) for name in names})


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, from its first moment on (mode 0600); what it held before is gone."""
    path.touch(mode=0o600)
    path.write_bytes(content)


def _path(folder: Path, name: str) -> Path:
    if not _FILE_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a key")
    return folder / f"{name}.key"


def _kept(folder: Path, name: str) -> rsa.RSAPrivateKey | None:
    try:
        key = serialization.load_pem_private_key(_path(folder, name).read_bytes(), password=None)
    except (FileNotFoundError, ValueError):  # none yet, or damaged: both mean a new one
        return None
    return key if isinstance(key, rsa.RSAPrivateKey) else None


def _made(folder: Path, name: str) -> rsa.RSAPrivateKey:
    damaged = _path(folder, name).exists()
    key = _fresh() if damaged else _shared(name)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(_path(folder, name), pem)
    return key


def _fresh() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=BITS)


@lru_cache(maxsize=64)
def _shared(name: str) -> rsa.RSAPrivateKey:  # noqa: ARG001 - what it is remembered by
    """One key for a name in all labs of this process: to make 45 took half the time of a scenario's 15 variants."""
    return _fresh()


def _record(key: rsa.RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"


@lru_cache(maxsize=256)
def _public_key(kind: str, public: str) -> PublicKey:
    octets = base64_octets(public)
    if kind == "ed25519":
        return Ed25519PublicKey.from_public_bytes(octets)
    try:
        key = serialization.load_der_public_key(octets)
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _WEAKEST:
        raise ValueError("no RSA key of 1024 bit or more")
    return key
