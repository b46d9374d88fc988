"""Which names are Exchange Online's own, and what they say (R160, R182)."""

from __future__ import annotations

import re

_SERVICE = re.compile(
    r"\.(?:prod\.outlook\.com|prod\.exchangelabs\.com|protection\.outlook\.com|outlook\.office365\.com|mx\.microsoft"
    r"|(?:protection|prod)\.partner\.outlook\.cn|protection\.office365\.us)$",
    re.IGNORECASE,
)
_OUTBOUND = re.compile(r"(?:^|\.)outbound\.protection\.(?:partner\.)?outlook\.(?:com|cn)$", re.IGNORECASE)
_FOREST = re.compile(r"\.([A-Z0-9]+)\.PROD\.(?:OUTLOOK|EXCHANGELABS)\.COM$", re.IGNORECASE)
CONSUMER = "84df9e7f-e9f6-40af-b435-aaaaaaaaaaaa"
"""The tenant of Outlook.com's own mailboxes."""


def is_service(host: str) -> bool:
    """Whether a name is in the domains that only servers of Exchange Online have."""
    return bool(_SERVICE.search(host.rstrip(".")))


def is_outbound(host: str) -> bool:
    """Whether a name is that of a machine that brings mail out of Exchange Online."""
    return bool(_OUTBOUND.search(host.rstrip(".")))


def label(host: str) -> str:
    """The first label in upper case: stamps give a server now its whole name, now this."""
    return host.partition(".")[0].strip().upper()


def forest(host: str) -> str:
    """The forest in a server's name, upper case: `EURPRD29` (R188); '' where there is none."""
    found = _FOREST.search(host)
    return found[1].upper() if found else ""
