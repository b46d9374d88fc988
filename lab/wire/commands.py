"""The arguments of MAIL, RCPT and BDAT, and the EHLO answer: from text to values, or to the reply that refuses them.

A parameter is understood only where the extension it belongs to was offered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import lru_cache
from typing import NamedTuple, Self

from lab.model.names import Address, ReversePath
from lab.model.reply import Reply
from lab.model.transport import DsnParameters
from lab.model.value import dataclass
from lab.wire import server_replies

NO_LIMIT = 1 << 30
"""Octets of a message where no SIZE is offered: not unlimited, it must fit into memory."""

_PATH = re.compile(r'(FROM|TO):\s*<(?:@[^:>"]*:)?((?:"(?:[^"\\]|\\.)*"|[^<>"\s])*)>(?:\s+(.*))?', re.I)
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\s=\x00-\x1f\x7f]+))?")
_BDAT = re.compile(r"(\d{1,18})(\s+LAST)?", re.I)
_XTEXT = r"(?:[^\x00-\x20+=\x7f]|\+[0-9A-F]{2})"


class SmtpParameter(NamedTuple):
    """A parameter's extensions (any of them lets it be used) and what its value looks like."""

    extensions: frozenset[str]
    value: re.Pattern[str]


def _parameter(extensions: str, value: str) -> SmtpParameter:
    return SmtpParameter(frozenset(extensions.split()), re.compile(value, re.I))


MAIL_PARAMETERS: Mapping[str, SmtpParameter] = {
    "SIZE": _parameter("SIZE", r"\d{1,20}"),
    "BODY": _parameter("8BITMIME BINARYMIME", r"7BIT|8BITMIME|BINARYMIME"),
    "SMTPUTF8": _parameter("SMTPUTF8", r""),
    "RET": _parameter("DSN", r"FULL|HDRS"),
    "ENVID": _parameter("DSN", rf"{_XTEXT}{{1,100}}"),
    "AUTH": _parameter("AUTH", rf"{_XTEXT}+"),
    "XOORG": _parameter("XOORG", r"[\w.-]{1,253}"),
}
RCPT_PARAMETERS: Mapping[str, SmtpParameter] = {
    "NOTIFY": _parameter("DSN", r"NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY))*"),
    "ORCPT": _parameter("DSN", rf"[A-Z0-9-]+;{_XTEXT}{{1,500}}"),
}
_POSTMASTER = "postmaster"
_FOLDED = frozenset({"BODY", "RET"})
"""Parameters whose values are keywords and so are told in upper case."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What the answer to EHLO offered; nothing after HELO."""

    keywords: frozenset[str] = frozenset()
    size: int = NO_LIMIT
    """The largest message, octets; it binds a client that said HELO as well."""

    @classmethod
    @lru_cache(maxsize=256)
    def of(cls, lines: tuple[str, ...], *, extended: bool) -> Self:
        """Read the lines behind the greeting, `extended` after EHLO."""
        words = {line.split()[0].upper(): line.split()[1:] for line in lines if line.strip()}
        size = words.get("SIZE", [])
        limit = int(size[0]) if size and size[0].isdigit() and int(size[0]) else NO_LIMIT
        return cls(frozenset(words) if extended else frozenset(), limit)


@dataclass(frozen=True, slots=True)
class MailCommand:
    """A MAIL command."""

    reverse_path: ReversePath
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RcptCommand:
    """A RCPT command."""

    recipient: Address
    dsn: DsnParameters


@dataclass(frozen=True, slots=True)
class BdatCommand:
    """A BDAT command."""

    octets: int
    last: bool


def mail(argument: str, offered: Offered) -> MailCommand | Reply:
    """Read the argument of MAIL."""
    match = _PATH.fullmatch(argument)
    if match is None or match[1].upper() != "FROM":
        return server_replies.INVALID_ARGUMENTS
    path = _reverse_path(match[2])
    if path is None:
        return server_replies.INVALID_SENDER
    parameters = _parameters(match[3], MAIL_PARAMETERS, offered) if match[3] else {}
    if isinstance(parameters, Reply):
        return parameters
    return _refused(path, parameters, offered) or MailCommand(path, parameters)


def _refused(path: ReversePath, parameters: Mapping[str, str], offered: Offered) -> Reply | None:
    """What is wrong with a MAIL command whose parts are each right."""
    if path.address and not path.address.is_ascii and "SMTPUTF8" not in parameters:
        return server_replies.NEEDS_SMTPUTF8
    if int(parameters.get("SIZE", 0)) > offered.size:
        return server_replies.TOO_BIG
    body = parameters.get("BODY", "7BIT")
    if body != "7BIT" and (body not in offered.keywords):
        return server_replies.UNSUPPORTED_PARAMETER
    return None


def rcpt(
    argument: str, offered: Offered, *, utf8: bool, postmaster: Callable[[], Address]
) -> RcptCommand | Reply:
    """Read the argument of RCPT; `utf8` when MAIL said SMTPUTF8, `postmaster` tells who a bare <postmaster> is."""
    match = _PATH.fullmatch(argument)
    if match is None or match[1].upper() != "TO":
        return server_replies.INVALID_ARGUMENTS
    address = postmaster() if match[2].lower() == _POSTMASTER else _address(match[2])
    if address is None:
        return server_replies.INVALID_RECIPIENT
    if not address.is_ascii and not utf8:
        return server_replies.NEEDS_SMTPUTF8
    parameters = _parameters(match[3], RCPT_PARAMETERS, offered) if match[3] else {}
    if isinstance(parameters, Reply):
        return parameters
    notify = parameters.get("NOTIFY", "").upper()
    dsn = DsnParameters(frozenset(notify.split(",")) if notify else frozenset(), parameters.get("ORCPT", ""))
    return RcptCommand(address, dsn)


def bdat(argument: str) -> BdatCommand | None:
    """Read the argument of BDAT; None when it cannot be told how many octets follow."""
    match = _BDAT.fullmatch(argument)
    return BdatCommand(int(match[1]), match[2] is not None) if match else None


def _parameters(text: str, known: Mapping[str, SmtpParameter], offered: Offered) -> Mapping[str, str] | Reply:
    values: dict[str, str] = {}
    for word in text.split():
        match = _PARAMETER.fullmatch(word)
        if match is None:
            return server_replies.INVALID_ARGUMENTS
        keyword, value = match[1].upper(), match[2] or ""
        parameter = known.get(keyword)
        if parameter is None or not parameter.extensions & offered.keywords:
            return server_replies.UNSUPPORTED_PARAMETER
        if keyword in values or not parameter.value.fullmatch(value):
            return server_replies.INVALID_ARGUMENTS
        values[keyword] = value.upper() if keyword in _FOLDED else value
    return values


@lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    try:
        return Address.parse(text)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _reverse_path(text: str) -> ReversePath | None:
    if not text:
        return ReversePath.NULL
    address = _address(text)
    return ReversePath(address) if address else None


def hello(argument: str) -> str | None:
    """The name that a client gives itself, or None when it gives none; names are not judged any further."""
    name = argument.strip()
    return (
        name
        if name and len(name) <= 255 and name.isascii() and name.isprintable() and " " not in name
        else None
    )
