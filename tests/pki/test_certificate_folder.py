"""Certificates of every kind, judged by OpenSSL's command and by a handshake of the lab's own TLS."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from OpenSSL import SSL

from lab.model.certificate import CertFault, CertificateIdentity, CertificateProfile, KeyUsage, Validity
from lab.pki.certificate_files import identity
from lab.pki.certificate_folder import CertificateFolder, make
from lab.wire.peer_certificate import identity_of
from lab.wire.tls import client_context, server_context

NOW = datetime(2026, 3, 3, 9, 15, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
KINDS = yaml.safe_load((ROOT / "certs" / "profiles.yaml").read_text())["certificates"]


def a_profile(name: str = "mail", **fields) -> CertificateProfile:
    """A profile with a kind's fields, as the scenario language makes it."""
    texts = {"validity": Validity, "key_usage": KeyUsage}
    typed = {key: texts[key](value) if key in texts else value for key, value in fields.items()}
    given: dict[str, Any] = {"names": ("mail.msxfaq.example",), **typed}
    return CertificateProfile(name=name, **given)


PROFILES = {
    **{kind: a_profile(kind, **fields) for kind, fields in KINDS.items()},
    "wildcard": a_profile("wildcard", names=("*.msxfaq.example", "msxfaq.example")),
}
each_kind = pytest.mark.parametrize("kind", sorted(PROFILES))


def identity_in(store: CertificateFolder, profile: str, at: datetime) -> CertificateIdentity:
    """What a peer that trusts the anchors sees of the profile's certificate at that time."""
    return identity(store.chain(profile).read_bytes(), at, store.anchors.read_bytes())


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> CertificateFolder:
    return make(tmp_path_factory.mktemp("pki") / "certificates", PROFILES, NOW)


def openssl(*words: str | Path) -> str:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def verified(store: CertificateFolder, kind: str, at: datetime = NOW) -> str:
    chain = store.chain(kind)
    when = str(int(at.timestamp()))
    return openssl(
        "verify",
        "-attime",
        when,
        "-CAfile",
        store.anchors,
        "-untrusted",
        chain,
        "-purpose",
        "sslclient",
        chain,
    )


OPENSSL_SAYS = {
    "expired": "certificate has expired",
    "not-yet-valid": "certificate is not yet valid",
    "self-signed": "self-signed certificate",
    "missing-intermediate": "unable to get local issuer certificate",
    "private-ca": "unable to get local issuer certificate",
    "server-only": "unsuitable certificate purpose",
}


@each_kind
def test_openssl_finds_what_the_kind_is_named_for(store: CertificateFolder, kind: str):
    said = verified(store, kind)
    assert OPENSSL_SAYS.get(kind, ": OK") in said, said


@each_kind
def test_openssl_reads_the_names(store: CertificateFolder, kind: str):
    text = openssl("x509", "-in", store.chain(kind), "-noout", "-subject", "-ext", "subjectAltName")
    profile = PROFILES[kind]
    assert f"CN = {profile.names[0]}" in text
    assert all((f"DNS:{name}" in text) is profile.san for name in profile.names)


def test_key_usages_are_those_of_the_profile(store: CertificateFolder):
    def usages(kind: str) -> str:
        return openssl("x509", "-in", store.chain(kind), "-noout", "-ext", "extendedKeyUsage")

    assert "Server Authentication, TLS Web Client Authentication" in usages("public")
    assert "Client" not in usages("server-only")
    assert "Server" not in usages("client-only")
    assert "No extensions" in usages("no-eku")


def test_keys_are_elliptic_unless_rsa_is_asked_for(store: CertificateFolder):
    def key(kind: str) -> str:
        return openssl("x509", "-in", store.chain(kind), "-noout", "-text")

    assert "prime256v1" in key("public")
    assert "RSA Public-Key: (2048 bit)" in key("rsa") or "Public-Key: (2048 bit)" in key("rsa")


def test_the_missing_intermediate_is_all_that_is_missing(store: CertificateFolder):
    chain = store.chain("missing-intermediate")
    good = store.chain("public")
    said = openssl(
        "verify", "-attime", str(int(NOW.timestamp())), "-CAfile", store.anchors, "-untrusted", good, chain
    )
    assert ": OK" in said


@each_kind
def test_the_simulator_and_the_store_tell_the_same(store: CertificateFolder, kind: str):
    told, read = PROFILES[kind].identity(), identity_in(store, kind, NOW)
    assert (told.names, told.faults) == (read.names, read.faults)
    assert (told.subject, told.issuer) == (read.subject, read.issuer)


def handshake(
    store: CertificateFolder, client: str, *, server: str = "public"
) -> tuple[CertificateIdentity, CertificateIdentity]:
    """What the server finds of the client's certificate, and the client of the server's."""
    ends = [
        server_context(store.chain(server), store.key(server), store.anchors, clock=lambda: NOW).connection(),
        client_context(store.chain(client), store.key(client), store.anchors, clock=lambda: NOW).connection(),
    ]
    ends[0].set_accept_state()
    ends[1].set_connect_state()
    for _ in range(6):
        for here, there in (ends, ends[::-1]):
            _step(here)
            _pass_on(here, there)
    found = [
        identity_of(end, end.get_app_data(), client=role)
        for end, role in zip(ends, (True, False), strict=True)
    ]
    assert found[0] is not None
    assert found[1] is not None
    return found[0], found[1]


def _step(end) -> None:
    try:
        end.do_handshake()
    except SSL.WantReadError:
        return


def _pass_on(here, there) -> None:
    try:
        there.bio_write(here.bio_read(1 << 16))
    except SSL.WantReadError:
        return


@each_kind
def test_a_handshake_finds_the_faults_of_the_profile(store: CertificateFolder, kind: str):
    as_client, _ = handshake(store, client=kind)
    assert as_client.faults == PROFILES[kind].faults()
    assert as_client.names == PROFILES[kind].identity().names


def test_faults_add_up(tmp_path):
    profile = a_profile("worst", validity="expired", key_usage="server-only", issuer="somebody")
    store = make(tmp_path, {"worst": profile, "public": a_profile()}, NOW)
    wanted = {CertFault.EXPIRED, CertFault.UNTRUSTED, CertFault.NO_CLIENT_AUTH}
    assert profile.faults() == wanted
    assert identity_in(store, "worst", NOW).faults == wanted
    assert handshake(store, client="worst")[0].faults == wanted


def test_files_are_for_their_owner_only(store: CertificateFolder):
    assert store.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in store.folder.iterdir()} == {0o600}


def test_an_older_folder_is_closed_too(tmp_path):
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    make(folder, {"mail": a_profile()}, NOW)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_authority_keys_are_never_written(store: CertificateFolder):
    keys = {path.stem for path in store.folder.glob("*.key")}
    assert keys == set(PROFILES)


def test_a_restart_keeps_its_identities(tmp_path):
    first = make(tmp_path, PROFILES, NOW).chain("public").read_bytes()
    assert make(tmp_path, PROFILES, NOW + timedelta(days=20)).chain("public").read_bytes() == first


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(timedelta(days=400), id="the current ones have expired"),
        pytest.param(timedelta(days=40), id="the coming ones have begun"),
        pytest.param(timedelta(days=-400), id="the expired ones are current"),
    ],
)
def test_dates_that_no_longer_fit_are_made_anew(tmp_path, later):
    first = make(tmp_path, PROFILES, NOW).chain("public").read_bytes()
    again = make(tmp_path, PROFILES, NOW + later)
    assert again.chain("public").read_bytes() != first
    assert all(identity_in(again, kind, NOW + later).faults == PROFILES[kind].faults() for kind in PROFILES)


def test_another_profile_makes_all_anew_and_leaves_no_old_key(tmp_path):
    first = make(tmp_path, {"old": a_profile("old"), "mail": a_profile()}, NOW)
    before = first.chain("mail").read_bytes()
    second = make(tmp_path, {"mail": a_profile(), "new": a_profile("new")}, NOW)
    assert second.chain("mail").read_bytes() != before
    assert not first.key("old").exists()


@pytest.mark.parametrize("damage", ["mail.key", "mail.pem", "anchors.pem", "manifest.json"])
def test_a_damaged_folder_is_made_anew(tmp_path, damage):
    store = make(tmp_path, {"mail": a_profile()}, NOW)
    (tmp_path / damage).unlink()
    make(tmp_path, {"mail": a_profile()}, NOW)
    assert not identity_in(store, "mail", NOW).faults


def test_a_garbled_manifest_or_chain_is_made_anew(tmp_path):
    store = make(tmp_path, {"mail": a_profile()}, NOW)
    (tmp_path / "manifest.json").write_text("{")
    make(tmp_path, {"mail": a_profile()}, NOW)
    store.chain("mail").write_text("nonsense")
    assert not identity_in(make(tmp_path, {"mail": a_profile()}, NOW), "mail", NOW).faults


def test_private_authorities_are_told_apart_by_name(tmp_path):
    profiles = {name: a_profile(name, issuer=name) for name in ("north", "south")}
    store = make(tmp_path, profiles, NOW)
    assert identity_in(store, "north", NOW).issuer == "CN=Mailflow Lab north CA"
    assert identity_in(store, "south", NOW).issuer == "CN=Mailflow Lab south CA"


def test_a_certificate_may_have_no_name_at_all(tmp_path):
    profile = CertificateProfile(name="empty", names=())
    found = identity_in(make(tmp_path, {"empty": profile}, NOW), "empty", NOW)
    assert (found.common_name, found.dns_names, found.faults) == (None, (), frozenset())


@pytest.mark.parametrize("name", ["../escape", "anchors", "", "a/b", ".hidden"])
def test_a_profile_name_must_do_as_a_file_name(tmp_path, name):
    with pytest.raises(ValueError, match="file name"):
        make(tmp_path, {name: a_profile()}, NOW)
