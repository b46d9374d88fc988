"""`Received` lines, in the words of each kind of server (R182), and the loops that they show."""

from __future__ import annotations

from datetime import datetime
from zlib import crc32

from lab.core.dates import mail_date, postfix_date
from lab.model.certificate import CertificateIdentity
from lab.model.message import Header, Message
from lab.model.switches import Switches
from lab.model.transport import Tls
from lab.model.value import dataclass

CLOUD_BUILD = "15.20.9275.10"
"""The build of Exchange Online that the lab's servers write into their lines."""
SERVER_BUILD = "15.2.1544.14"
"""The build of the lab's on-premises servers (Exchange Server SE)."""
INTERNAL_TLS = Tls()
"""What the servers inside Exchange Online speak among themselves."""
_WIDTH = 78
_CERTIFICATE_NAME = 255
"""Postfix keeps that many characters of a name in a certificate."""
_POSTFIX_TLS = {
    "TLS1": "TLSv1",
    "TLS1_0": "TLSv1",
    "TLS1_1": "TLSv1.1",
    "TLS1_2": "TLSv1.2",
    "TLS1_3": "TLSv1.3",
}


@dataclass(frozen=True, slots=True)
class ReceivedHost:
    """A server as a `Received` line names it: host name and address."""

    host: str
    address: str


def inside(host: str) -> str:
    """The IPv6 address of a server inside Exchange Online; made up from its name, always the same."""
    mark = crc32(host.lower().partition(".")[0].encode())
    return f"2603:10a6:{mark >> 20:x}:{mark >> 8 & 0xFFF:x}::{(mark & 0xFF) + 1:x}"


def front_end_inside(host: str) -> str:
    """The private IPv4 address of a front end, behind the public one; made up from its name."""
    mark = crc32(host.lower().partition(".")[0].encode())
    return f"10.167.{mark >> 8 & 0xFF}.{mark & 0xFF}"


def received_by_front_end(
    *, helo: str, client: str, front_end: str, tls: Tls | None, now: datetime
) -> Header:
    """The line of the front end that took the message from outside (form 1); `client` is the address seen."""
    by = ReceivedHost(front_end, front_end_inside(front_end))
    return _microsoft(ReceivedHost(helo, client), by, tls, CLOUD_BUILD, now, front_end=True)


def received_by_hub(*, front_end: str, hub: str, now: datetime) -> Header:
    """The line of the hub that got the message from a front end (form 3); host names within their forests."""
    return _microsoft(
        ReceivedHost(front_end, inside(front_end)),
        ReceivedHost(hub, inside(hub)),
        INTERNAL_TLS,
        CLOUD_BUILD,
        now,
    )


def received_by_exchange(
    *, helo: str, client: str, host: str, address: str, tls: Tls | None, now: datetime
) -> Header:
    """The line of an on-premises Exchange server that took the message by SMTP."""
    return _microsoft(
        ReceivedHost(helo, client), ReceivedHost(host, address), tls, SERVER_BUILD, now, front_end=True
    )


def received_from_mailbox(*, host: str, address: str, now: datetime, cloud: bool = False) -> Header:
    """The line of the server whose own mailbox sent the message (`with mapi`)."""
    here = f"{host} ([{address}])"
    build = CLOUD_BUILD if cloud else SERVER_BUILD
    return _folded(f"from {here} by {here} with mapi id {build}; {mail_date(now)}")


def received_by_gateway(
    *,
    helo: str,
    client: str,
    client_host: str,
    host: str,
    queue_id: str,
    now: datetime,
    tls: Tls | None = None,
    certificate: CertificateIdentity | None = None,
    recipient: str | None = None,
) -> Header:
    """The line of a Postfix-like filter.

    `client_host` is the PTR name ('' becomes `unknown`), `recipient` the only one or None, `certificate` what
    the client showed: a filter that asks for certificates logs the name and whether it trusted it.
    """
    lines = [f" from {helo} ({client_host or 'unknown'} [{client}])"]
    if tls is not None:
        version = _POSTFIX_TLS.get(tls.version, tls.version)
        bits = 128 if "128" in tls.cipher else 256
        lines.append(f"(using {version} with cipher {tls.cipher} ({bits}/{bits} bits))")
        lines.append(_client_certificate(certificate))
    protocol = "ESMTP" if tls is None else "ESMTPS"
    by = f"by {host} (Postfix) with {protocol} id {queue_id}"
    if recipient is None:
        lines.append(f"{by};")
        lines.append(postfix_date(now))
    else:
        lines.append(by)
        lines.append(f"for <{recipient}>; {postfix_date(now)}")
    return Header("Received", "\r\n\t".join(lines))


def received_by_internet_host(
    *, helo: str, client: str, client_host: str, host: str, queue_id: str, tls: Tls | None, now: datetime
) -> Header:
    """The line of some other mail server, in the plain form of RFC 5321 4.4."""
    protocol = "ESMTP" if tls is None else "ESMTPS"
    seen = f"{client_host} [{client}]" if client_host else f"[{client}]"
    return _folded(f"from {helo} ({seen}) by {host} with {protocol} id {queue_id}; {mail_date(now)}")


def _microsoft(
    origin: ReceivedHost,
    by: ReceivedHost,
    tls: Tls | None,
    build: str,
    now: datetime,
    *,
    front_end: bool = False,
) -> Header:
    spoken = f" (version={tls.version}, cipher={tls.cipher})" if tls else ""
    via = " via Frontend Transport" if front_end else ""
    return _folded(
        f"from {origin.host} ({origin.address}) by {by.host} ({by.address}) with Microsoft SMTP Server{spoken}"
        f" id {build}{via}; {mail_date(now)}"
    )


def _client_certificate(certificate: CertificateIdentity | None) -> str:
    """The words of a certificate come from whoever made it: printable ASCII, no more than Postfix keeps."""
    if certificate is None:
        return "(No client certificate requested)"
    trust = "not verified" if certificate.faults else "verified OK"
    subject, issuer = _shown(certificate.label), _shown(certificate.issuer.removeprefix("CN="))
    return f'(Client CN "{subject}", Issuer "{issuer}" ({trust}))'


def _shown(name: str) -> str:
    return "".join(c if " " <= c <= "~" else "?" for c in name[:_CERTIFICATE_NAME])


def _folded(value: str) -> Header:
    return Header("Received", fold(value, used=len("Received:")))


def fold(value: str, used: int, indent: str = " ") -> str:
    """The raw text behind a header's colon: words wrapped before column 78, `used` columns being taken."""
    lines = []
    start, room = 0, max(_WIDTH - used - 1, 0)
    while len(value) - start > room:
        end = value.rfind(" ", start, start + room + 1)
        if end < 0:
            end = value.find(" ", start)  # a word longer than a line has one of its own
        if end < 0:
            break
        lines.append(value[start:end])
        start, room = end + 1, _WIDTH - len(indent)
    lines.append(value[start:])
    return " " + f"\r\n{indent}".join(lines)


def looping(message: Message, switches: Switches) -> bool:
    """Whether a message has come through Exchange Online too often, and this entry is one too many (R161, R162).

    Each pass leaves its lines (R164). The article's misrouting is no loop: the second entry comes from Exchange Online's
    own hosts (R165).

    `loop_limit` is `eop_entries:N` (refuse the Nth entry at a front end, seen in the wild with N = 4) or
    `received:N` (refuse when N `Received` lines are there already, the documented 20).
    """
    kind, _, number = switches.loop_limit.partition(":")
    received = message.all("Received")
    if kind == "received":
        return len(received) >= int(number)
    return sum(1 for line in received if _is_entry(line)) + 1 >= int(number)


def _is_entry(line: str) -> bool:
    """A front end's own line: by its name, not from it."""
    writer = line.partition(" by ")[2].partition(" (")[0]
    return writer.endswith(".mail.protection.outlook.com") and "via Frontend Transport" in line
