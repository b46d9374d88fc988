"""Lines to paste that play the hosts of a running lab, with its real ports, addresses and files. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from lab.cli.labs.lab_state import RunningLab
from lab.drivers.address_mapping import loopback
from lab.model.names import Address
from lab.model.roles import traits
from lab.model.topology import Host, Topology
from lab.model.value import dataclass
from lab.scenario.model import Variant

STRANGER = "127.0.0.1"
"""An address that no scenario has: the lab sees a client from nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where a running lab can be reached."""

    state: Path
    port: int
    dns_port: int
    http_port: int | None = None

    @classmethod
    def to(cls, running: RunningLab, state: Path) -> Access:
        """The lab that runs in a state folder."""
        return cls(state=state, port=running.port, dns_port=running.dns_port, http_port=running.http_port)

    def chain(self, profile: str) -> str:
        """File with the certificate and its intermediates."""
        return str(self.state / "certificates" / f"{profile}.pem")

    def key(self, profile: str) -> str:
        """File with its key."""
        return str(self.state / "certificates" / f"{profile}.key")


@dataclass(frozen=True, slots=True)
class Mail:
    """What the examples send, and the front end that its recipient's MX leads to."""

    sender: str
    recipient: Address
    server: str


def lines(variant: Variant, access: Access) -> str:
    """All of it, grouped by whom you play; comments say what each is for."""
    topology, mail = variant.topology, _mail(variant)
    groups = [_header(access)]
    if mail is not None:
        groups += [_host(host, mail, access) for host in _clients(topology)]
        groups.append(_stranger(mail, access))
        groups.append(_dns(topology, mail, access))
    if access.http_port is not None:
        groups.append(_health(access.http_port))
    groups.append(_logs(topology, access))
    return "\n\n".join("\n".join(group) for group in groups)


def _header(access: Access) -> list[str]:
    return [
        f"# The lab runs: SMTP on port {access.port}, DNS on 127.0.0.1 port {access.dns_port}.",
        "# Paste into another terminal, in this folder. Whoever connects from a host's address is that host.",
    ]


def _mail(variant: Variant) -> Mail | None:
    """The first message of the variant; None if no recipient's MX is in Exchange Online."""
    for spec in variant.messages:
        for recipient in spec.recipients:
            server = _front_end(recipient, variant.topology)
            if server is not None:
                return Mail(str(spec.sender), recipient, server)
    return None


def _front_end(recipient: Address, topology: Topology) -> str | None:
    for tenant in topology.tenants.values():
        if tenant.accepts(recipient.domain):
            return loopback(topology.regions[tenant.region].front_ends[0].address)
    return None


def _clients(topology: Topology) -> list[Host]:
    """The filter first: it is the one to play."""
    hosts = topology.hosts.values()
    return sorted(hosts, key=lambda host: (not host.is_filter, not host.holds_mailboxes, host.is_service))


def _host(host: Host, mail: Mail, access: Access) -> list[str]:
    profile = host.certificate if host.client_certificate else None
    shows = f"shows the certificate {profile!r}" if profile else "shows no certificate"
    source = loopback(host.source)
    comment = f"# Play {traits(host.role).title} ({host.name}): deliver to {mail.recipient.domain} by MX; it {shows}."
    return [
        comment,
        _swaks(mail, access, source, str(host.ehlo), profile),
        "# By hand: EHLO, MAIL FROM:<...>, RCPT TO:<...>, DATA, QUIT.",
        _openssl(mail, access, source, profile),
        *([_curl(mail, access, source, profile)] if host.is_filter else []),
    ]


def _stranger(mail: Mail, access: Access) -> list[str]:
    return [
        "# Play a stranger: no host's address, no certificate; then the same without TLS.",
        _swaks(mail, access, STRANGER, "stranger.example", None),
        _swaks(mail, access, STRANGER, "stranger.example", None, tls=False),
    ]


def _dns(topology: Topology, mail: Mail, access: Access) -> list[str]:
    sources = [host.source for host in _clients(topology)]
    asker = loopback(sources[0]) if sources else STRANGER
    server = ["dig", "@127.0.0.1", "-p", str(access.dns_port), "-b", asker, "+short"]
    sender = mail.sender.rpartition("@")[2]
    questions = (
        [mail.recipient.domain, "MX"],
        [sender, "TXT"],
        ["-x", sources[0] if sources else "203.0.113.10"],
    )
    return ["# Look up DNS, as a host of the lab does.", *(_line([*server, *asked]) for asked in questions)]


def _health(port: int) -> list[str]:
    pages = (f"http://127.0.0.1:{port}/{page}" for page in ("readyz", "metrics"))
    return ["# Watch it: Prometheus reads the second.", *(_line(["curl", "-s", page]) for page in pages)]


def _logs(topology: Topology, access: Access) -> list[str]:
    audiences = [
        *dict.fromkeys(host.role.value for host in _clients(topology)),
        *(f"tenant:{name}" for name in topology.tenants),
        "lab",
    ]
    trace = ["mflab", "trace", "--state", str(access.state), "--as"]
    read = ["mflab", "mailbox", "--state", str(access.state)]
    stop = ["mflab", "down", "--state", str(access.state)]
    return [
        "# Read the logs, each as its administrator does, and the mail; then end the lab (or press Ctrl-C).",
        *(_line([*trace, who]) for who in audiences),
        _line(read),
        _line(stop),
    ]


def _swaks(
    mail: Mail, access: Access, source: str, helo: str, profile: str | None, *, tls: bool = True
) -> str:
    """swaks sends the leaf alone, unless OpenSSL finds the intermediate among the authorities that it was given."""
    where = ["--server", mail.server, "--port", str(access.port), "--local-interface", source, "--helo", helo]
    shown = ["--tls-cert", access.chain(profile), "--tls-key", access.key(profile)] if profile else []
    chain = ["--tls-ca-path", access.chain(profile)] if profile else []
    who = [*(["--tls"] if tls else []), "--from", mail.sender, "--to", str(mail.recipient)]
    return _folded([["swaks", *where], shown, [*chain, *who]])


def _openssl(mail: Mail, access: Access, source: str, profile: str | None) -> str:
    where = ["-starttls", "smtp", "-connect", f"{mail.server}:{access.port}", "-bind", source]
    shown = (
        ["-cert", access.chain(profile), "-key", access.key(profile), "-cert_chain", access.chain(profile)]
        if profile
        else []
    )
    return _folded([["openssl", "s_client", *where], [*shown, "-crlf", "-quiet"]])


def _curl(mail: Mail, access: Access, source: str, profile: str | None) -> str:
    where = [f"smtp://{mail.server}:{access.port}", "--interface", source, "--ssl-reqd", "--insecure"]
    shown = ["--cert", access.chain(profile), "--key", access.key(profile)] if profile else []
    who = ["--mail-from", mail.sender, "--mail-rcpt", str(mail.recipient), "--upload-file", "-"]
    message = "printf 'Subject: hello\\r\\n\\r\\nhello\\r\\n' | "
    return message + _folded([["curl", *where], shown, who])


def _folded(parts: Iterable[Sequence[str]]) -> str:
    return " \\\n    ".join(_line(part) for part in parts if part)


def _line(words: Iterable[str]) -> str:
    return shlex.join(map(str, words))
