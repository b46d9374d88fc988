"""swaks, openssl and dig as an administrator calls them, each playing a host of the lab by its address."""

from __future__ import annotations

import os
import shutil
import smtplib
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.embedded.labs import PATIENCE, Lab

HELO = "mail.msxfaq.example"
SENDER = "useronprem@msxfaq.example"
PARTNER = "partner@uclabor.example"


def needs(*tools: str) -> pytest.MarkDecorator:
    """Skip where a tool is missing, but never in CI."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing) and "CI" not in os.environ, reason=f"not installed: {missing}")


def ran(*command: str, stdin: str = "") -> str:
    """What a tool printed, errors included."""
    quiet = {**os.environ, "HOME": "/nonexistent", "LC_ALL": "C"}  # no .swaksrc, no .digrc
    done = subprocess.run(command, input=stdin, text=True, capture_output=True, timeout=PATIENCE, env=quiet)
    return done.stdout + done.stderr


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What a tool is to send, and as whom."""

    message_id: str
    sender: str = SENDER
    to: str = PARTNER
    source: str = "gateway"
    """Host or address to send from."""
    server: str = "EUR"
    helo: str = HELO

    @property
    def content(self) -> str:
        """A message with bare LF, as it is typed."""
        author = self.sender or SENDER
        head = f"From: <{author}>\nTo: <{self.to}>\nSubject: played\nMessage-ID: {self.message_id}\n"
        return f"{head}\nplayed by a tool\n"


def swaks(lab: Lab, mail: Mail, *options: str) -> str:
    """The transcript of swaks."""
    where = ("--server", f"{lab.here(mail.server)}:{lab.port}", "--local-interface", lab.here(mail.source))
    who = ("--ehlo", mail.helo, "--from", mail.sender or "<>", "--to", mail.to)
    return ran("swaks", *where, *who, "--data", mail.content.replace("\n", "\\n"), *options)


def openssl(lab: Lab, mail: Mail, *options: str, profile: str | None = None, leaf_only: bool = False) -> str:
    """The transcript of `openssl s_client`, with commands for one message."""
    shown: tuple[str, ...] = ()
    if profile is not None:
        chain, key = map(str, lab.files(profile))
        shown = ("-cert", chain, "-key", key, *(() if leaf_only else ("-cert_chain", chain)))
    where = ("-connect", f"{lab.here(mail.server)}:{lab.port}", "-bind", f"{lab.here(mail.source)}:0")
    commands = (
        f"EHLO {mail.helo}\nMAIL FROM:<{mail.sender}>\nRCPT TO:<{mail.to}>\nDATA\n{mail.content}.\nQUIT\n"
    )
    how = ("-starttls", "smtp", "-name", mail.helo, "-crlf", "-nocommands", "-ign_eof")
    return ran("openssl", "s_client", *how, *where, *shown, *options, stdin=commands)


def python(
    lab: Lab, mail: Mail, *, profile: str | None = None, version: ssl.TLSVersion | None = None
) -> tuple[int, bytes]:
    """The reply to the data that smtplib got; over TLS if a version is given."""
    source = (lab.here(mail.source), 0)
    with smtplib.SMTP(
        lab.here(mail.server), lab.port, mail.helo, source_address=source, timeout=PATIENCE
    ) as client:
        if version is not None:
            client.starttls(context=context(lab.files(profile) if profile else None, version))
        client.ehlo_or_helo_if_needed()
        client.mail(mail.sender)
        client.rcpt(mail.to)
        return client.data(mail.content.replace("\n", "\r\n"))


def context(files: tuple[Path, Path] | None, version: ssl.TLSVersion) -> ssl.SSLContext:
    """A client's TLS of one version, which trusts everybody, and shows a certificate or none."""
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.minimum_version = made.maximum_version = version
    if files is not None:
        made.load_cert_chain(*files)
    return made


def dig(lab: Lab, *question: str, source: str = "gateway") -> str:
    """What dig prints, asking from a host's address."""
    return ran("dig", "-b", lab.here(source), "@127.0.0.1", "-p", str(lab.dns_port), *question)
