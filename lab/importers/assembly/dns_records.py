"""DNS: what was exported goes over what the lab derives; what it knows better, or cannot have, stays out."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from ipaddress import AddressValueError, IPv4Address

from lab.core.service_host_names import front_door
from lab.importers.assembly.types import ImportNotes
from lab.importers.types import ExportLocation, FoundRecord
from lab.model.dns import Mx
from lab.model.names import Domain
from lab.scenario.syntax.scalar_values import SERVICE_NAMES
from lab.scenario.syntax.yaml_dump import PlainData
from lab.sentence import sentence

_KINDS = ("A", "MX", "TXT", "CNAME", "PTR")
_INCLUDE = re.compile(r"(?:^|\s)[+?~-]?(?:include:|redirect=)([^\s%]+)", re.IGNORECASE)
_NAMED = re.compile(r"(?:^|\s)[+?~-]?(?:include:|redirect=|a:|mx:|exists:)([^\s%/]+)", re.IGNORECASE)
_POLICIES = ("v=spf1", "v=dmarc1")
EOP_SPF = "spf.protection.outlook.com"


def is_service(name: str) -> bool:
    """Whether a name is one of Microsoft's, which only the lab's own DNS has here."""
    return any(f".{name.lower()}".endswith(f".{own}") for own in SERVICE_NAMES)


def is_address(text: str) -> bool:
    """Whether it is an IPv4 address."""
    try:
        return bool(IPv4Address(text))
    except AddressValueError:
        return False


class FoundRecords:
    """The records that were found, by name."""

    def __init__(self, found: Iterable[FoundRecord], notes: ImportNotes) -> None:
        self._rows: dict[str, dict[str, list[FoundRecord]]] = {}
        for record in found:
            name = record.name.lower().rstrip(".")
            if record.type in _KINDS and is_full_name(name):
                rows = self._rows.setdefault(name, {}).setdefault(record.type, [])
                if record.value not in [row.value for row in rows]:
                    rows.append(record)
        self._notes = notes

    def values(self, name: str, kind: str) -> tuple[str, ...]:
        """The values of one type of a name."""
        return tuple(row.value for row in self._rows.get(name.lower().rstrip("."), {}).get(kind, ()))

    def addresses(self, name: str) -> tuple[str, ...]:
        """The addresses of a name, at the end of its aliases."""
        for _ in range(8):
            alias = self.values(name, "CNAME")
            if not alias:
                break
            name = alias[0].rstrip(".")
        return tuple(address for address in self.values(name, "A") if is_address(address))

    def exchangers(self, domain: str) -> tuple[str, ...]:
        """The hosts of a domain's MX, the preferred one first."""
        exchangers = []
        for value in self.values(domain, "MX"):
            preference, _, host = value.strip().partition(" ")
            if preference.isdecimal() and host.strip().rstrip("."):
                exchangers.append((int(preference), host.strip().rstrip(".").lower()))
        return tuple(host for _, host in sorted(exchangers))

    def table(
        self, own: Mapping[str, str], derived: Container[str], moved: Mapping[str, str], keys: Iterable[str]
    ) -> PlainData:
        """The section `dns: records`.

        `own` are names of the scenario's machines, with the address that each has there, and `derived` those that need no
        record; `moved` are public addresses of machines that listen at another one; `keys` are domains whose DKIM keys are
        the lab's own.
        """
        made: PlainData = {}
        signed = tuple(f"._domainkey.{domain}" for domain in keys)
        wanted = self._wanted(own)
        for name, kinds in sorted(self._rows.items()):
            if is_service(name) or name.endswith(signed) or name not in wanted:
                continue
            row = {kind: list(self._row(name, kind, kinds[kind], moved)) for kind in _KINDS if kind in kinds}
            if name in own:
                row.pop("A", None)
                row.pop("CNAME", None)
            if "CNAME" in row:  # beside an alias there is nothing else
                row = {"CNAME": row["CNAME"][:1]}
            filled = {kind: values for kind, values in row.items() if values}
            if filled:
                made[name] = filled
        for name, address in own.items():
            if name not in derived:
                made.setdefault(name, {})["A"] = [address]
        return {**made, **self._included(made)}

    def _wanted(self, own: Iterable[str]) -> set[str]:
        """Names that mail asks for: of domains with MX, SPF or DMARC, and all that leads on from them. A zone has many others."""
        wanted = {
            name for name, kinds in self._rows.items() if "PTR" in kinds or "MX" in kinds or _is_policy(kinds)
        }
        waiting = [*wanted, *own]
        while waiting:
            name = waiting.pop()
            wanted.add(name)
            waiting += {label for label in self._leading(name) if label in self._rows} - wanted
        return wanted

    def _leading(self, name: str) -> Iterator[str]:
        """Names that the records of a name lead to."""
        yield from self.exchangers(name)
        yield from (value.rstrip(".").lower() for value in self.values(name, "CNAME"))
        for text in self.values(name, "TXT"):
            yield from (name.rstrip(".").lower() for name in _NAMED.findall(text))

    def _row(
        self, name: str, kind: str, rows: Iterable[FoundRecord], moved: Mapping[str, str]
    ) -> Iterator[str]:
        for row in rows:
            value = row.value.strip()
            if kind == "A":
                value = moved.get(value, value) if is_address(value) else ""
            elif kind == "MX":
                value = self._exchanger(name, value, row.place)
            elif kind in ("CNAME", "PTR"):
                value = value.rstrip(".").lower() if is_full_name(value) else ""
            elif any(ord(character) < 32 for character in value):
                value = ""
            if value:
                yield value
            else:
                record = sentence("{name} {kind} {value!r}", name=name, kind=kind, value=row.value)
                text = sentence("{record} is left out: the lab has no such record", record=record)
                self._notes.leave(row.place, text)

    def _exchanger(self, name: str, value: str, place: ExportLocation) -> str:
        """Names in mx.microsoft lead where those in mail.protection.outlook.com do (R157), and the lab has the latter."""
        preference, _, host = value.partition(" ")
        bare = host.strip().rstrip(".").lower()
        if not preference.isdecimal() or not (bare == "" or is_full_name(bare)):
            return ""
        if bare.endswith(".mx.microsoft"):
            door = front_door(Domain(name))
            text = sentence("the MX of {name} is {door} here, not {host}", name=name, host=bare, door=door)
            self._notes.say(place, text)
            bare = str(door)
        return str(Mx(min(int(preference), 65535), bare))

    def _included(self, made: PlainData) -> PlainData:
        """SPF of others that is included and was not exported: without a record the whole would be an error."""
        records: PlainData = {}
        policies = [text for row in made.values() for text in row.get("TXT", ())]
        for policy in policies:
            for name in map(
                str.lower, _INCLUDE.findall(policy if policy.lower().startswith("v=spf1") else "")
            ):
                bare = name.rstrip(".")
                if bare in made or bare == EOP_SPF or not is_full_name(bare):
                    continue
                records[bare] = {"TXT": ["v=spf1 ?all"]}
                text = sentence(
                    "the SPF record of {domain} is included and not in the export; here it allows no address",
                    domain=bare,
                )
                self._notes.say(ExportLocation(""), text)
        return records


def _is_policy(kinds: Mapping[str, Iterable[FoundRecord]]) -> bool:
    return any(row.value.strip().lower().startswith(_POLICIES) for row in kinds.get("TXT", ()))


def is_full_name(text: str) -> bool:
    """Whether it is a domain name with a dot in it."""
    try:
        return "." in Domain.parse(text)
    except ValueError:
        return False
