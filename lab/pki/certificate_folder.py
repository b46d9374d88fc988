"""The certificate folder of a running lab: what the wire loads, and what a restart finds again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lab.model.certificate import CertificateProfile, Validity, is_public
from lab.model.value import dataclass
from lab.pki.authority import Authority, self_signed
from lab.pki.rsa_signing import write_private

PUBLIC = "public"
MANIFEST = "manifest.json"
"""What marks a folder as the lab's own."""
_ANCHORS = "anchors"
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class CertificateFolder:
    """A folder with the certificates of a lab; `make` fills it."""

    folder: Path
    profiles: tuple[str, ...]

    @property
    def anchors(self) -> Path:
        """The roots that everybody trusts: the public ones only."""
        return self.folder / f"{_ANCHORS}.pem"

    def chain(self, profile: str) -> Path:
        """Leaf first, then the intermediates, as the handshake sends them (PEM)."""
        return self.folder / f"{profile}.pem"

    def key(self, profile: str) -> Path:
        """The private key (PEM, PKCS#8, not encrypted, mode 0600)."""
        return self.folder / f"{profile}.key"


def make(folder: Path, profiles: Mapping[str, CertificateProfile], now: datetime) -> CertificateFolder:
    """Fill `folder` with a certificate and a key for each profile, valid or not as seen from `now` (aware).

    What a folder already holds stays when it fits all profiles and `now`: a lab that restarts keeps its identities.
    Otherwise everything is made anew, since an authority's key does not outlive the call.
    Raises ValueError when a profile cannot be made, OSError when the folder cannot be written.
    """
    _check_names(profiles)
    store = CertificateFolder(folder, tuple(profiles))
    wanted = {name: _fingerprint(profile) for name, profile in profiles.items()}
    if _manifest(folder) != wanted or not _usable(store, profiles, now):
        _fill(store, profiles, now)
        write_private(
            folder / MANIFEST, json.dumps(wanted, indent=1).encode()
        )  # last: an unfinished folder has none
    return store


def _fill(store: CertificateFolder, profiles: Mapping[str, CertificateProfile], now: datetime) -> None:
    store.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    store.folder.chmod(0o700)
    (store.folder / MANIFEST).unlink(missing_ok=True)
    _forget(store)
    authorities = {PUBLIC: Authority(PUBLIC, now)}
    for name, profile in profiles.items():
        if profile.issuer not in authorities and not profile.self_signed:
            authorities[profile.issuer] = Authority(profile.issuer, now)
        issued = (
            self_signed(profile, now) if profile.self_signed else authorities[profile.issuer].issue(profile)
        )
        write_private(store.chain(name), _pem(issued.chain))
        write_private(
            store.key(name), issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
    roots = [authority.root for name, authority in authorities.items() if is_public(name)]
    write_private(store.anchors, _pem(roots))


def _forget(store: CertificateFolder) -> None:
    """Remove what an earlier lab has left: a key that no profile names any more must not linger."""
    for path in (*store.folder.glob("*.pem"), *store.folder.glob("*.key")):
        path.unlink()


def _usable(store: CertificateFolder, profiles: Mapping[str, CertificateProfile], now: datetime) -> bool:
    """Whether the files are there, and their dates still mean what the profiles say."""
    try:
        return store.anchors.exists() and all(
            store.key(name).exists() and _dates_fit(store.chain(name), profile.validity, now)
            for name, profile in profiles.items()
        )
    except (OSError, ValueError):  # a file is gone or damaged
        return False


def _dates_fit(chain: Path, validity: Validity, now: datetime) -> bool:
    leaf = x509.load_pem_x509_certificate(chain.read_bytes())
    match validity:
        case Validity.CURRENT:
            return leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc
        case Validity.EXPIRED:
            return leaf.not_valid_after_utc < now
        case Validity.NOT_YET:
            return now < leaf.not_valid_before_utc


def _manifest(folder: Path) -> object:
    try:
        return json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):  # none yet, or damaged: both mean "make anew"
        return None


def _fingerprint(profile: CertificateProfile) -> str:
    return sha256(json.dumps(asdict(profile), sort_keys=True).encode()).hexdigest()


def _check_names(profiles: Mapping[str, CertificateProfile]) -> None:
    for name in profiles:
        if name == _ANCHORS or not _FILE_NAME.fullmatch(name):
            raise ValueError(
                f"certificate profile {name!r}: the name must do as a file name other than {_ANCHORS!r}"
            )


def _pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)
