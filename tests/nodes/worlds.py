"""Small worlds for node tests: company a with its tenant, Exchange and filter; tenant b; somebody on the internet.

Names are those of section 16 of the rules: A sends, B receives. `world` lays a few lines of YAML over this base.
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import indent
from typing import TypeVar

from lab.core.smtp_delivery import (
    ConnectionOpened,
    Dial,
    Hello,
    SendTransaction,
    StartTls,
    TransactionReplies,
)
from lab.drivers.simulator import Simulator, simulate
from lab.model.message import Message
from lab.model.names import Address, ReversePath
from lab.model.reply import Reply
from lab.model.steps import Attributed, Step
from lab.model.trace import Hop, MessageTrace
from lab.model.transport import DsnParameters, Target
from lab.scenario.load import load_text
from lab.scenario.model import Variant

S = TypeVar("S", bound=Step)
BASE = """
scenario: world
why: a test's world
organizations:
  a:
    domains: [a.example]
    mailboxes: [user@a.example]
    remote_mailboxes: [cloud@a.example]
    hosts:
      ex: {role: exchange, address: 198.51.100.10, certificate: wild}
      gw: {role: gateway, address: 198.51.100.25, certificate: wild, helo: mx.a.example}
    SendConnectors:
      - {Name: Internet via filter, AddressSpaces: ["smtp:*;1"], SmartHosts: [gw]}
    hybrid: {tenant: a, certificate_name: "*.a.example"}
tenants:
  a: {initial_domain: alab.onmicrosoft.com, AcceptedDomains: [{DomainName: a.example, Default: true}]}
  b:
    initial_domain: blab.onmicrosoft.com
    AcceptedDomains: [{DomainName: b.example, Default: true}]
    mailboxes: [partner@b.example, second@b.example]
hosts:
  out: {address: 203.0.113.200, domains: [out.example], mailboxes: [friend@out.example]}
certificates:
  wild:   {names: ["*.a.example"]}
  hybrid: {names: [hybrid.a.example]}
  mx:     {names: [mx.a.example]}
messages:
  m: {from: user@a.example, to: partner@b.example, subject: Hello}
"""
RESTRICTED = """
tenants:
  b:
    InboundConnectors:
      - Name: Only from a's filter
        ConnectorType: Partner
        SenderDomains: [a.example]
        RestrictDomainsToIPAddresses: true
        SenderIPAddresses: [198.51.100.25]
"""
"""b takes a.example only from a's filter."""


def world(over: str = "", base: str = BASE) -> Variant:
    """The base with some lines of YAML laid over it, as a scenario's variant would."""
    if not over.strip():
        return load_text(base).variants["base"]
    return load_text(f"{base}\nvariants:\n  it:\n{indent(over, '    ')}").variants["it"]


def run(over: str = "", base: str = BASE) -> MessageTrace:
    """Simulate the world; the trace of its message `m`."""
    return simulate(world(over, base)).trace("m")


def places(trace: MessageTrace) -> list[str]:
    """Hosts by key and tenants as `tenant:NAME`, one for each hop, refusals included."""
    return [f"tenant:{hop.head.tenant}" if hop.head.tenant else hop.head.node for hop in trace.hops]


def steps(trace: MessageTrace, kind: type[S]) -> list[S]:
    """All steps of a kind on the message's way."""
    return [step for hop in trace.hops for step in hop.all(kind)]


def attributed(trace: MessageTrace) -> tuple[str, str]:
    """(tenant, basis) of the first attribution."""
    first = steps(trace, Attributed)[0]
    return first.tenant, first.basis


class Client:
    """Somebody who talks SMTP to a node of a simulated world: any address, any certificate, any words."""

    def __init__(self, lab: Simulator, server: str, source: str = "203.0.113.66") -> None:
        self.lab = lab
        dialed_session, answer = lab._dial(Dial(Target(server, server), source, source))
        assert dialed_session is not None, f"{server} is not in the address book"
        assert isinstance(answer, ConnectionOpened)
        self._session = dialed_session
        self.banner = answer.greeting

    def hello(self, name: str = "client.example") -> Reply:
        """EHLO."""
        return self._session._hello(Hello(name)).reply

    def start_tls(self, certificate: str | None = None) -> None:
        """STARTTLS with the certificate of that profile, and EHLO again."""
        self._session._start_tls(StartTls(certificate, "server"))
        self.hello()

    def hand(
        self,
        sender: str,
        *recipients: str,
        content: bytes = b"",
        notify: Mapping[str, set[str]] | None = None,
        **parameters: str,
    ) -> TransactionReplies:
        """One transaction. `notify` are DSN wishes by recipient, `parameters` those of MAIL."""
        wishes = notify or {}
        to = tuple((Address.parse(r), DsnParameters(frozenset(wishes.get(r, ())))) for r in recipients)
        message = Message.parse(content or a_message(sender, recipients[0]))
        path = ReversePath.parse(sender)
        return self._session._hand(SendTransaction(path, parameters, to, dsn=True, message=message))


def a_message(author: str, to: str, *fields: str, message_id: str = "<1@client.example>") -> bytes:
    """A small message, with further header fields on top."""
    head = (
        *fields,
        f"From: <{author.strip('<>') or 'daemon@client.example'}>",
        f"To: <{to}>",
        "Subject: Hello",
    )
    return "\r\n".join((*head, f"Message-ID: {message_id}", "", "Text.", "")).encode()


def stranger(lab: Simulator, *, certificate: str | None = None, source: str = "203.0.113.66") -> Client:
    """A client that has greeted a front end of region EUR over TLS, with or without a certificate."""
    front_end = lab.topology.regions["EUR"].front_ends[0].address
    client = Client(lab, front_end, source)
    client.hello()
    client.start_tls(certificate)
    return client


def lab_of(over: str = "", base: str = BASE) -> Simulator:
    """A simulated world that nobody has sent anything in."""
    variant = world(over, base)
    return Simulator(variant.topology, variant.starts)


def last_hop(lab: Simulator) -> Hop:
    """The hop that began last."""
    return lab.journal.hops()[-1]
