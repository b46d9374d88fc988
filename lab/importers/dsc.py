"""Desired State Configuration: files of Microsoft365DSC (`EXOInboundConnector "..." { ... }`) and ExchangeDsc (`xExch...`).

Only what stands there literally is read. What would have to be computed is told, and missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lab.errors import words_of
from lab.importers import cmdlet_recognition
from lab.importers.exported_objects import UnrecognisedObject, exports, refused
from lab.importers.powershell_data import (
    PowerShellSetting,
    SettingsReader,
    Token,
    UnreadableConfiguration,
    tokens,
)
from lab.importers.text_decoding import LineNumbers, TextSource
from lab.importers.types import ExportedValue, ExportLocation, Exports, Notice
from lab.sentence import Sentence, sentence

_RESOURCE = re.compile(r"(?:EXO|xExch)([A-Za-z]\w*)", re.IGNORECASE)
_OTHER_NAMES = {"sharedmailbox": "Mailbox", "groupsettings": "UnifiedGroup"}
_SIGN_IN = frozenset(
    """
    AccessTokens ApplicationId ApplicationSecret CertificatePassword CertificatePath CertificateThumbprint Credential DependsOn
    GlobalAdminAccount ManagedIdentity PsDscRunAsCredential TenantId
    """.lower().split()
)
"""How DSC signs in and orders its work: nothing about mail, and partly secret."""
_MOST_TOLD = 20


def is_configuration(source: TextSource) -> bool:
    """Whether a PowerShell file has such resources."""
    return (
        re.search(
            r"^[^\S\n]*(?:EXO|xExch)[A-Za-z]\w*[^\S\n]+[^=\s]", source.text, re.MULTILINE | re.IGNORECASE
        )
        is not None
    )


def read(source: TextSource) -> Exports:
    """All resources that mean something here. A file that cannot be parsed gives none."""
    lines = LineNumbers(source.text)
    try:
        blocks = list(_blocks(tokens(source.text)))
    except UnreadableConfiguration as broken:
        return refused(source, lines.at(broken.at), words_of(broken))
    resources = _Resources(source, lines)
    return exports(source.file, list(resources.objects(blocks)), resources.notices)


def resource(name: str, values: Mapping[str, ExportedValue]) -> tuple[str, dict[str, ExportedValue]]:
    """Kind and properties of a resource in the JSON form of Microsoft365DSC; '' for what means nothing here."""
    kind = _kind(name)
    gone = str(values.get("Ensure", "")).lower() == "absent"
    left_out = _SIGN_IN | {"resourcename", "resourceinstancename", "resourceid"}
    variable = re.compile(r"\$\w")
    kept = {
        name: value
        for name, value in values.items()
        if name.lower() not in left_out and not (isinstance(value, str) and variable.match(value))
    }
    return ("" if gone else kind), kept


def _kind(resource_name: str) -> str:
    match = _RESOURCE.fullmatch(resource_name)
    return (cmdlet_recognition.noun(match[1]) or _OTHER_NAMES.get(match[1].lower(), "")) if match else ""


def _blocks(pieces: list[Token]) -> Iterator[tuple[Token, list[PowerShellSetting]]]:
    """Every `Resource name { ... }`, wherever it stands."""
    at = 0
    while at < len(pieces):
        start = _opening(pieces, at)
        if start is None:
            at += 1
            continue
        reader = SettingsReader(pieces, start)
        yield pieces[at], reader.settings()
        at = reader.at


def _opening(pieces: list[Token], at: int) -> int | None:
    """Where the settings of a resource begin, if one begins at this piece."""
    if pieces[at].kind != "word" or _RESOURCE.fullmatch(pieces[at].text) is None or at + 2 >= len(pieces):
        return None
    if pieces[at + 1].kind not in ("word", "double", "single"):
        return None
    reader = SettingsReader(pieces, at + 2)
    reader.lines()
    opens = reader.at < len(pieces) and pieces[reader.at].text == "{"
    return reader.at + 1 if opens else None


class _Resources:
    """Makes objects of blocks, and notes what is not known of them."""

    def __init__(self, source: TextSource, lines: LineNumbers) -> None:
        self.file, self.lines = source.file, lines
        self.notices: list[Notice] = []

    def objects(self, blocks: list[tuple[Token, list[PowerShellSetting]]]) -> Iterator[UnrecognisedObject]:
        for name, settings in blocks:
            kind = _kind(name.text)
            if not kind:
                continue  # hundreds of resources are about other things than mail flow
            kept = [setting for setting in settings if setting.name.lower() not in _SIGN_IN]
            if "absent" in [
                str(setting.value).lower() for setting in kept if setting.name.lower() == "ensure"
            ]:
                absent = sentence("{name}: Ensure is Absent; nothing is there to read", name=name.text)
                self._tell(name.at, absent)
                continue
            for setting in kept:
                if setting.computed:
                    text = sentence(
                        "{name}: {setting} is computed, and so not known",
                        name=name.text,
                        setting=setting.name,
                    )
                    self._tell(setting.at, text, serious=True)
            yield UnrecognisedObject(
                kind=kind,
                line=self.lines.at(name.at),
                values={setting.name: setting.value for setting in kept if not setting.computed},
                where={setting.name: self.lines.at(setting.at) for setting in kept},
            )

    def _tell(self, at: int, text: Sentence, serious: bool = False) -> None:
        if len(self.notices) < _MOST_TOLD:
            self.notices.append(Notice(ExportLocation(self.file, self.lines.at(at)), text, serious))
