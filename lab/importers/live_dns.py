"""DNS of the real world, looked up only when somebody asks for it: the one place of the lab that sends a byte outside.

It asks the machine's own resolver for MX and TXT of domains (also those that an SPF record includes, and `_dmarc`), and
for A of their mail exchangers and of hosts. It asks for nothing else, and connects to nothing of what it finds.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import dns.exception
import dns.resolver

from lab.importers.text_decoding import whole
from lab.importers.types import ExportLocation, Exports, FoundRecord, Notice
from lab.importers.zone_text import shown_record
from lab.sentence import Sentence, sentence

MOST_QUESTIONS = 500
WHERE = "DNS"
"""What stands for a file in the place of such a record."""

_CLOUD = ".mail.protection.outlook.com"
"""Front ends whose addresses change by the hour, and which the lab has of its own."""
_INCLUDED = re.compile(r"(?:^|\s)[+?~-]?(?:include:|redirect=)([^\s%]{1,253})(?=\s|$)", re.IGNORECASE)
_PATIENCE = 10.0
"""Seconds for one question, retries included."""


def look_up(
    domains: Iterable[str], hosts: Iterable[str] = (), resolver: dns.resolver.Resolver | None = None
) -> Exports:
    """What DNS says of mail for `domains`, and where `hosts` are. A name that does not exist has no record and no notice;
    whatever keeps a question from being answered is told."""
    try:
        lookup = _Lookup(resolver or dns.resolver.Resolver())
    except dns.resolver.NoResolverConfiguration:
        return Exports.noting(sentence("this machine has no resolver configured"), WHERE)
    for domain in _names(domains):
        lookup.domain(domain)
    for host in _names(hosts):
        lookup.ask(host, "A")
    return Exports(records=tuple(lookup.records), notices=tuple(lookup.notices))


def _names(given: Iterable[str]) -> Iterator[str]:
    """Each once, in lower case; what is a pattern or an address is no name to ask for."""
    for name in dict.fromkeys(name.strip().rstrip(".").lower() for name in given):
        if re.fullmatch(r"(?:[a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]{0,62}", name):
            yield name


class _Lookup:
    def __init__(self, resolver: dns.resolver.Resolver) -> None:
        self.resolver = resolver
        self.records: list[FoundRecord] = []
        self.notices: list[Notice] = []
        self._asked: set[tuple[str, str]] = set()

    def domain(self, domain: str) -> None:
        for exchanger in _names([record.value.partition(" ")[2] for record in self.ask(domain, "MX")]):
            if not exchanger.endswith(_CLOUD):
                self.ask(exchanger, "A")
        self._spf(domain)
        self.ask(f"_dmarc.{domain}", "TXT")

    def _spf(self, domain: str) -> None:
        """TXT of the domain, and of what its SPF record leads to."""
        waiting = deque([domain])
        while waiting:
            for record in self.ask(waiting.popleft(), "TXT"):
                if record.value.lower().startswith("v=spf1"):
                    waiting.extend(_names(_INCLUDED.findall(record.value)))

    def ask(self, name: str, kind: str) -> list[FoundRecord]:
        """The records of a name that was not asked before."""
        if (name, kind) in self._asked or self._enough():
            return []
        self._asked.add((name, kind))
        try:
            answer = self.resolver.resolve(f"{name}.", kind, search=False, lifetime=_PATIENCE)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as failed:
            why = str(failed).splitlines()[0] if str(failed) else type(failed).__name__
            self._tell(
                sentence("{kind} of {name} could not be looked up: {why}", kind=kind, name=name, why=why)
            )
            return []
        rows: Any = answer.rrset
        place = ExportLocation(WHERE)
        records = [
            FoundRecord(place=place, name=name, type=kind, value=whole(shown_record(kind, row)), ttl=rows.ttl)
            for row in rows or ()  # an alias on the way is not kept, for the lab has no use for it
        ]
        self.records += records
        return records

    def _enough(self) -> bool:
        if len(self._asked) < MOST_QUESTIONS:
            return False
        text = sentence("more than {most} questions; the rest is not asked", most=MOST_QUESTIONS)
        if all(notice.text != text for notice in self.notices):
            self._tell(text)
        return True

    def _tell(self, text: Sentence) -> None:
        self.notices.append(Notice(ExportLocation(WHERE), text, serious=True))
