"""A Postfix: `postconf -n` or `main.cf`, and the text of the maps that lie beside it.

Settings are told by their names, whatever the file is called. A map is a file without an ending, or `.txt` or `.map`, in the
same folder, whose name a setting mentions (`transport_maps = hash:/etc/postfix/transport`) or which is one of the usual.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from lab.importers.text_decoding import TextSource, whole
from lab.importers.types import ExportLocation, Exports, FoundGateway, Notice
from lab.sentence import sentence

LONGEST = 64 * 1024
"""Characters of one setting with all variables in their places."""
_DEEPEST = 10

_SETTING = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\s*=[^\S\n]*(.*)")
_TELLING = re.compile(
    r"^(?:compatibility_level|mydestination|mydomain|myhostname|mynetworks|myorigin|relayhost|relay_domains|transport_maps|"
    r"queue_directory|smtpd?_tls_\w+|smtpd_\w+_restrictions|inet_interfaces|virtual_\w+_maps)\s*=",
    re.MULTILINE,
)
_VARIABLE = re.compile(r"\$(?:([A-Za-z0-9_]+)|\(([A-Za-z0-9_]+)\)|\{([A-Za-z0-9_]+)\})")
_CONDITION = re.compile(r"\$\{([A-Za-z0-9_]+)\s*([?:])\s*([^{}$]*)\}")
_SECRET = re.compile(r"passw(?:or)?d|secret", re.IGNORECASE)
_ON_DISK = re.compile(r"(?:proxy:)?[a-z0-9]+:/\S*")
_MAP_LINE = re.compile(r"(\S+)[^\S\n]+(\S.*)")
_USUAL = re.compile(
    r"access|canonical|generic|relay_(domains|recipients)|sender_(access|relay)|virtual|(smtp_)?tls_policy|transport"
    r"|sender_dependent_(relayhost|transport)"
)
"""What maps are called that belong to the Postfix beside them, whatever its settings say."""
UNKNOWN = sentence("nothing that is known here; left unread")
_MAP_ENDINGS = ("", ".txt", ".map", ".cf")


def is_settings(source: TextSource) -> bool:
    """Whether most lines are settings, and three of them Postfix's."""
    lines = [line for line in source.text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    fitting = sum(1 for line in lines if line[0].isspace() or _SETTING.match(line))
    return len(_TELLING.findall(source.text)) >= min(3, len(lines)) > 0 and fitting >= len(lines) * 0.9


def read(source: TextSource) -> Exports:
    """The gateway of a file of settings; its maps come later."""
    written = _settings(source)
    hidden = [name for name, value in written.items() if _SECRET.search(name) and not _on_disk(value)]
    kept = {name: value for name, value in written.items() if name not in hidden}
    place = ExportLocation(source.file)
    notices = [
        Notice(place, sentence("{name} may hold a password, and was left out", name=name), serious=True)
        for name in hidden
    ]
    settings = {name: whole(_expanded(value, kept)) for name, value in kept.items()}
    return Exports(
        gateways=(FoundGateway(place=ExportLocation(source.file, 1), settings=settings),),
        notices=tuple(notices),
    )


def _on_disk(value: str) -> bool:
    """Whether a setting only names files: `hash:/etc/postfix/sasl_passwd`."""
    return all(_ON_DISK.fullmatch(piece) for piece in re.split(r"[\s,]+", value) if piece)


def may_be_map(source: TextSource) -> bool:
    """Whether every line is a key and what it leads to."""
    ending = source.name[len(source.stem) :].lower()
    lines = list(_lines(source.text))
    return ending in _MAP_ENDINGS and bool(lines) and all(_MAP_LINE.fullmatch(line) for _, line in lines)


def with_maps(found: Exports, loose: Iterable[TextSource]) -> Exports:
    """The gateways with the maps of their folders, and a notice for each file that belongs to none."""
    files = list(loose)
    gateways = tuple(
        FoundGateway(
            place=gateway.place,
            settings=gateway.settings,
            maps={source.stem: _map(source) for source in files if _belongs(source, gateway)},
        )
        for gateway in found.gateways
    )
    notices = tuple(_left(source) for source in files if not any(_belongs(source, made) for made in gateways))
    return replace(found, gateways=gateways, notices=(*found.notices, *notices))


def _left(source: TextSource) -> Notice:
    alone = sentence("a Postfix map without `postconf -n` beside it; left unread")
    return Notice(ExportLocation(source.file), alone if _USUAL.fullmatch(source.stem) else UNKNOWN)


def _belongs(source: TextSource, gateway: FoundGateway) -> bool:
    if ExportLocation(source.file).folder != gateway.place.folder:
        return False
    return bool(_USUAL.fullmatch(source.stem)) or any(
        re.search(rf":[^\s,]*/{re.escape(source.stem)}(?:[\s,]|$)", value)
        for value in gateway.settings.values()
    )


def _map(source: TextSource) -> Mapping[str, str]:
    """Keys in lower case, as Postfix looks them up; the first of a key stands."""
    entries: dict[str, str] = {}
    for match in (_MAP_LINE.fullmatch(line) for _, line in _lines(source.text)):
        if match is not None:
            entries.setdefault(whole(match[1].lower()), whole(match[2].strip()))
    return entries


def _settings(source: TextSource) -> dict[str, str]:
    """The last of a name stands."""
    lines = [match for _, line in _lines(source.text) if (match := _SETTING.fullmatch(line))]
    return {match[1]: match[2].strip() for match in lines}


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines: one that begins with a blank goes on; empty ones and comments do not count."""
    start, pieces = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace() and pieces:
            pieces.append(line.strip())
            continue
        if pieces:
            yield start, " ".join(pieces)
        start, pieces = number, [line.strip()]
    if pieces:
        yield start, " ".join(pieces)


def _expanded(value: str, settings: Mapping[str, str], depth: int = 0) -> str:
    """Variables that the file sets in their places; what it does not set is Postfix's to know, and stays."""
    if "$" not in value or depth == _DEEPEST:
        return value
    plain = _CONDITION.sub(lambda found: _chosen(found, settings), value)
    longer = sum(len(_meant(match, settings)) for match in _VARIABLE.finditer(plain))
    if len(plain) + longer > LONGEST:
        return value
    made = _VARIABLE.sub(lambda found: _meant(found, settings), plain)
    return value if made == value else _expanded(made, settings, depth + 1)


def _chosen(found: re.Match[str], settings: Mapping[str, str]) -> str:
    """`${name?text}` is the text if the setting has a value, `${name:text}` if it has none."""
    return found[3] if bool(settings.get(found[1])) == (found[2] == "?") else ""


def _meant(found: re.Match[str], settings: Mapping[str, str]) -> str:
    return settings.get(next(part for part in found.groups() if part), found[0])
