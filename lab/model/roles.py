"""What a host's role means: the one place where roles are told apart.

A new kind of node is a program in `lab.nodes`, a member of `Role`, and a line in `traits`; mypy names the places that
have to choose (`assert_never`). Everything else asks a host what it does, not which role it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never


class Role(StrEnum):
    """What program runs on a host."""

    EXCHANGE = "exchange"
    GATEWAY = "gateway"
    INTERNET = "internet"
    SERVICE = "service"
    EOP = "eop"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTraits:
    """What hosts of a role do."""

    title: str
    """What a reader calls such a host."""
    holds_mailboxes: bool = False
    """It holds the mailboxes of an on-premises organisation, and has a certificate store."""
    tracks_messages: bool = False
    """It writes a message tracking log; others write a mail.log."""
    is_filter: bool = False
    """It takes mail in and out for an organisation, and has no mailboxes."""
    is_final: bool = False
    """It is the final server of domains of its own, outside of organisations and tenants."""
    is_service: bool = False
    """It is one of Microsoft's own services."""


_EXCHANGE = RoleTraits(title="Exchange", holds_mailboxes=True, tracks_messages=True)
_GATEWAY = RoleTraits(title="the spam filter", is_filter=True)
_INTERNET = RoleTraits(title="a server on the internet", is_final=True)
_SERVICE = RoleTraits(title="one of Microsoft's services", is_final=True, is_service=True)
_EOP = RoleTraits(title="a front end of Exchange Online")


def traits(role: Role) -> RoleTraits:
    """What hosts of a role do."""
    match role:
        case Role.EXCHANGE:
            return _EXCHANGE
        case Role.GATEWAY:
            return _GATEWAY
        case Role.INTERNET:
            return _INTERNET
        case Role.SERVICE:
            return _SERVICE
        case Role.EOP:
            return _EOP
        case _:
            assert_never(role)
