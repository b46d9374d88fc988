"""Names and addresses of the lab in the place of real ones, the same one for the same one everywhere.

`contoso.com` becomes `contoso-com.example` and keeps its sub-domains; an address keeps its place within the networks that
it is in. Names of Microsoft's service stay, and so do local parts: this is for playing, not for hiding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import Any

from lab.core.cloudnames import front_door
from lab.model.addressplan import INSIDE, PUBLIC, is_inside
from lab.model.names import Domain
from lab.scenario.dumping import Plain
from lab.scenario.words import is_in_lab

_NAME = re.compile(
    r"(?<![\w.@/\\-])(?:\*\.)?((?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z][a-z0-9-]*[a-z0-9])(?![\w-]|\.\w|[\w.-]*@)",
    re.IGNORECASE,
)
_MAIL = re.compile(r"(?<=@)((?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z][a-z0-9-]*[a-z0-9])", re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(/\d{1,2})?(?![\d.]|/\d)")
_REVERSE = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})\.in-addr\.arpa")
_SECOND = frozenset(("co", "com", "org", "net", "ac", "gov", "edu", "or", "ne", "gv"))


def translated(tree: Plain) -> Plain:
    """The tree with lab names and addresses."""
    texts = list(_texts(tree))
    names = _Names()
    doors = {str(front_door(Domain(name))): name for text in texts for name in names.found(text)}
    addresses = _Plan({network for text in texts for network in _networks(text)})

    def change(text: str) -> str:
        for door, name in doors.items():
            text = text.replace(door, str(front_door(Domain(names.of(name)))))
        text = _REVERSE.sub(lambda found: f"{_turned(addresses.of(_turned(found[1])))}.in-addr.arpa", text)
        if "in-addr.arpa" not in text:
            text = _IPV4.sub(lambda found: addresses.of(found[1], found[2] or ""), text)
        return names.in_text(text)

    changed: Plain = _changed(tree, change)
    return changed


def _turned(address: str) -> str:
    return ".".join(reversed(address.split(".")))


def _changed(node: Any, change: Any) -> Any:
    if isinstance(node, dict):
        made = {
            change(key) if _is_named(key) else key: _changed(value, change) for key, value in node.items()
        }
        if hasattr(node, "given"):
            node.clear()
            node.update(made)
            return node
        return made
    if isinstance(node, list):
        return [_changed(each, change) for each in node]
    return change(node) if isinstance(node, str) else node


def _is_named(key: str) -> bool:
    """Whether a key may be a name of DNS; paths of variants begin with a section."""
    return "." in key and not key.startswith(("organizations.", "tenants."))


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from [key] if _is_named(key) else []
            yield from _texts(value)
    elif isinstance(node, list):
        for each in node:
            yield from _texts(each)
    elif isinstance(node, str):
        yield node


class _Names:
    """Domains of the lab for real ones, by the part that is registered."""

    def __init__(self) -> None:
        self._made: dict[str, str] = {}

    def found(self, text: str) -> Iterator[str]:
        """The real names in a text."""
        for pattern in (_NAME, _MAIL):
            for each in pattern.finditer(text):
                name = each[1].lower()
                if not is_in_lab(Domain(name)) and not name.endswith(".arpa"):
                    yield name

    def of(self, name: str) -> str:
        """The lab's name in the place of one."""
        labels = name.split(".")
        size = 3 if len(labels) > 2 and labels[-2] in _SECOND and len(labels[-1]) == 2 else 2
        base = ".".join(labels[-size:])
        if base not in self._made:
            wanted, number = base.replace(".", "-"), 1
            while f"{wanted}.example" in self._made.values():
                number += 1
                wanted = f"{base.replace('.', '-')}-{number}"
            self._made[base] = f"{wanted}.example"
        return ".".join((*labels[:-size], self._made[base]))

    def in_text(self, text: str) -> str:
        """A text with the lab's names."""
        for name in sorted(set(self.found(text)), key=len, reverse=True):
            text = re.sub(
                rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", self.of(name), text, flags=re.IGNORECASE
            )
        return text


def _networks(text: str) -> Iterator[IPv4Network]:
    found = [(_turned(each[1]), "") for each in _REVERSE.finditer(text)]
    found += [(each[1], each[2] or "") for each in _IPV4.finditer(text) if "in-addr.arpa" not in text]
    for address, prefix in found:
        try:
            yield IPv4Network(f"{address}{prefix}", strict=False)
        except (AddressValueError, NetmaskValueError, ValueError):
            continue


class _Plan:
    """Networks of the lab for real ones. What lies within another keeps its place there; the others lie one after another."""

    def __init__(self, networks: Iterable[IPv4Network]) -> None:
        self._made: dict[IPv4Network, IPv4Network] = {}
        lab = (*PUBLIC, *INSIDE)
        real = {each for each in networks if not any(each.subnet_of(own) for own in lab)}
        roots = [each for each in real if not any(each != o and each.subnet_of(o) for o in real)]
        used = {each for each in networks if each not in real}
        public, inside = PUBLIC[0], IPv4Network("198.18.0.0/15")
        for root in sorted(roots, key=lambda each: (each.prefixlen, each)):
            home = inside if is_inside(str(root.network_address)) else public
            place = self._place(root, home, used) or self._place(root, inside, used)
            if place is not None:
                self._made[root] = place

    def _place(self, root: IPv4Network, home: IPv4Network, used: set[IPv4Network]) -> IPv4Network | None:
        if root.prefixlen <= home.prefixlen:
            return None
        for each in home.subnets(new_prefix=root.prefixlen):
            edge = root.prefixlen == 32 and each.network_address.packed[3] in (0, 255)
            if not edge and not any(each.overlaps(other) for other in used):
                used.add(each)
                return each
        return None

    def of(self, address: str, prefix: str = "") -> str:
        """The lab's address in the place of one; itself where it is the lab's, or there is no room."""
        try:
            network = IPv4Network(f"{address}{prefix}", strict=False)
        except (AddressValueError, NetmaskValueError, ValueError):
            return f"{address}{prefix}"
        for root, place in self._made.items():
            if network.subnet_of(root):
                offset = int(IPv4Address(address)) - int(root.network_address)
                return f"{place.network_address + offset}{prefix}"
        return f"{address}{prefix}"
