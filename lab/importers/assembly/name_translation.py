"""Names and addresses of the lab in the place of real ones, the same one for the same one everywhere.

`contoso.com` becomes `contoso-com.example` and keeps its sub-domains; an address stays within the networks that it is in. Names of Microsoft's service stay, and so do local parts: this is for playing, not for hiding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import Any

from lab.core.service_host_names import front_door
from lab.model.address_plan import INSIDE, PUBLIC, is_inside
from lab.model.names import Domain
from lab.model.value import dataclass
from lab.scenario.syntax.scalar_values import is_in_lab, unused_name
from lab.scenario.syntax.yaml_dump import PlainData

_NAME = re.compile(
    r"(?<![\w.@/\\-])(?:\*\.)?((?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z][a-z0-9-]*[a-z0-9])(?![\w-]|\.\w|[\w.-]*@)",
    re.IGNORECASE,
)
_MAIL = re.compile(r"(?<=@)((?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z][a-z0-9-]*[a-z0-9])", re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(/\d{1,2})?(?![\d.]|/\d)")
_REVERSE = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})\.in-addr\.arpa")
_SECOND = frozenset(("co", "com", "org", "net", "ac", "gov", "edu", "or", "ne", "gv"))


def translated(tree: PlainData) -> PlainData:
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

    changed: PlainData = _changed(tree, change)
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
        return [_changed(item, change) for item in node]
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
        for item in node:
            yield from _texts(item)
    elif isinstance(node, str):
        yield node


class _Names:
    """Domains of the lab for real ones, by the part that is registered."""

    def __init__(self) -> None:
        self._made: dict[str, str] = {}

    def found(self, text: str) -> Iterator[str]:
        """The real names in a text."""
        for pattern in (_NAME, _MAIL):
            for match in pattern.finditer(text):
                name = match[1].lower()
                if not is_in_lab(Domain(name)) and not name.endswith(".arpa"):
                    yield name

    def of(self, name: str) -> str:
        """The lab's name in the place of one."""
        labels = name.split(".")
        size = 3 if len(labels) > 2 and labels[-2] in _SECOND and len(labels[-1]) == 2 else 2
        base = ".".join(labels[-size:])
        if base not in self._made:
            taken = {made.removesuffix(".example") for made in self._made.values()}
            self._made[base] = f"{unused_name(base.replace('.', '-'), taken)}.example"
        return ".".join((*labels[:-size], self._made[base]))

    def in_text(self, text: str) -> str:
        """A text with the lab's names."""
        for name in sorted(set(self.found(text)), key=len, reverse=True):
            text = re.sub(
                rf"(?<![\w-])(?<!\w\.){re.escape(name)}(?![\w-]|\.\w)",
                self.of(name),
                text,
                flags=re.IGNORECASE,
            )
        return text


def _networks(text: str) -> Iterator[IPv4Network]:
    networks = [(_turned(match[1]), "") for match in _REVERSE.finditer(text)]
    networks += [(match[1], match[2] or "") for match in _IPV4.finditer(text) if "in-addr.arpa" not in text]
    for address, prefix in networks:
        try:
            yield IPv4Network(f"{address}{prefix}", strict=False)
        except (AddressValueError, NetmaskValueError, ValueError):
            continue


@dataclass(slots=True)
class _Block:
    """A real network and what lies in it, which are to lie in one network of the lab too."""

    real: IPv4Network
    inner: list[_Block] = field(default_factory=list)

    @property
    def prefix(self) -> int:
        """How long the lab's network for it is: as small as what is in it allows, and never single for a real network."""
        if not self.inner:
            return 32 if self.real.prefixlen == 32 else 31
        size = sum(2 ** (32 - block.prefix) for block in self.inner)
        return max(32 - (size - 1).bit_length(), 1) if size > 1 else 31


class _Plan:
    """Networks of the lab for real ones. They are smaller: what is in a network stays in it, and nothing else comes in."""

    def __init__(self, networks: Iterable[IPv4Network]) -> None:
        lab = (*PUBLIC, *INSIDE)
        met = set(networks)
        own = [network for network in met if any(network.subnet_of(whole) for whole in lab)]
        self._made: dict[IPv4Network, IPv4Network] = {}
        self._used = [*own, *(IPv4Network(f"{public[end]}/32") for public in lab for end in (0, -1))]
        roots = _blocks(met - set(own))
        for root in sorted(roots, key=lambda block: (block.prefix, block.real)):
            inside = is_inside(str(root.real.network_address))
            place = self._free(INSIDE if inside else (PUBLIC[0], *INSIDE), root.prefix)
            if place is not None:
                self._used.append(place)
                self._settle(root, place)

    def _free(self, homes: Iterable[IPv4Network], prefix: int) -> IPv4Network | None:
        for home in homes:
            for subnet in home.subnets(new_prefix=prefix) if prefix > home.prefixlen else ():
                if not any(subnet.overlaps(other) for other in self._used):
                    return subnet
        return None

    def _settle(self, block: _Block, place: IPv4Network) -> None:
        """The largest first, so that each begins where it may."""
        self._made[block.real] = place
        at = place.network_address
        for part in sorted(block.inner, key=lambda inner: (inner.prefix, inner.real)):
            self._settle(part, IPv4Network((at, part.prefix)))
            at += 2 ** (32 - part.prefix)

    def of(self, address: str, prefix: str = "") -> str:
        """The lab's address or network in the place of one; itself where it is the lab's, or there is no room."""
        try:
            made = self._made.get(IPv4Network(f"{address}{prefix}", strict=False))
        except (AddressValueError, NetmaskValueError, ValueError):
            made = None
        if made is None:
            return f"{address}{prefix}"
        return str(made) if made.prefixlen < 32 or prefix else str(made.network_address)


def _blocks(networks: Iterable[IPv4Network]) -> list[_Block]:
    """Networks by what they lie in, the widest outside."""
    roots: list[_Block] = []
    for network in sorted(networks, key=lambda network: (network.prefixlen, network)):
        level = roots
        while (outer := next((block for block in level if network.subnet_of(block.real)), None)) is not None:
            level = outer.inner
        level.append(_Block(network))
    return roots
