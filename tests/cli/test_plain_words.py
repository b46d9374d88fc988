"""What goes wrong is told in words: no error numbers, no library's inner life, no traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from lab.cli.output import plainly
from tests.cli.commands import ARTICLE, ROOT, Said, Shell

ATTRIBUTE = (
    "attribute",
    *("--config", ARTICLE, "--ip", "198.51.100.25"),
    *("--mail-from", "a@msxfaq.example", "--rcpt-to", "b@uclabor.example"),
)


def bad(said: Said, told: str) -> None:
    assert said.code == Exit.BAD_INPUT, said.err
    assert told in said.err
    for raw in ("Errno", "Traceback", "ParseError", "cryptography", "MalformedFraming"):
        assert raw not in said.err


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_no_regular_file_is_no_scenario(mflab: Shell, here: Path) -> None:
    os.mkfifo("pipe.yaml")
    Path("loop.yaml").symlink_to("loop.yaml")
    for name in ("/dev/null", "pipe.yaml", "loop.yaml"):
        bad(mflab("run", name), "is not a regular file")
    bad(mflab("explain", str(here)), "is a folder")


def test_a_folder_or_file_that_hides_a_scenario_of_the_lab_is_told(mflab: Shell, here: Path) -> None:
    (here / "wildcard-misrouting").mkdir()
    said = mflab("run", "wildcard-misrouting")
    assert said.code == Exit.NOTHING
    assert "is the folder here, not the lab's scenario of that name" in said.err
    (here / "hybrid-basics").write_text("scenario: own\n")
    assert "is the file here" in mflab("explain", "hybrid-basics").err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no certificate in PEM or DER form"),
        (b"hello", "no certificate in PEM or DER form"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n", "cut off or damaged"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "cut off or damaged"),
    ],
)
def test_a_file_that_is_no_certificate(mflab: Shell, here: Path, content: bytes, told: str) -> None:
    (here / "c.pem").write_bytes(content)
    bad(mflab("cert", "c.pem"), told)
    bad(mflab(*ATTRIBUTE, "--cert", "c.pem"), told)


def test_a_certificate_that_is_not_there(mflab: Shell, here: Path) -> None:
    bad(mflab("cert", "nix.pem"), "nix.pem: No such file or directory")
    bad(mflab(*ATTRIBUTE, "--cert", str(here)), "Is a directory")
    (here / "c").touch()
    bad(mflab("cert", ARTICLE, "--out", "c"), "it is a file, and not a folder")
    (here / "own.key").write_text("-----BEGIN PRIVATE KEY-----\n")
    bad(mflab("cert", "own.key"), "private key")


def test_a_switch_needs_a_value(mflab: Shell) -> None:
    bad(mflab(*ATTRIBUTE, "--switch", "cert_names"), "write cert_names=VALUE; VALUE is cn_and_san or cn_only")


def test_an_unknown_variant_gets_the_known_ones(mflab: Shell) -> None:
    said = mflab("run", str(ROOT / "scenarios"), "--variant", "zzz")
    bad(said, "no variant is named 'zzz': known are\n")
    assert "  wildcard-misrouting: shared-wildcard, " in said.err


def test_an_error_of_the_system_names_the_file_and_not_its_number() -> None:
    assert plainly(PermissionError(13, "Permission denied", "own.yaml")) == "own.yaml: Permission denied"
    assert plainly(OSError(28, "No space left on device")) == "No space left on device"
    assert plainly(OSError("told by a library")) == "told by a library"
