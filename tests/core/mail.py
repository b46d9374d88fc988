"""Builders with defaults: messages, queue items and a context whose names are counted, not drawn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count

from lab.core.ndr import Failure
from lab.model.message import Header, Message
from lab.model.names import Address, Domain, ReversePath
from lab.model.reply import Reply
from lab.model.tenant import AcceptedDomain, Tenant
from lab.model.transport import Context, DsnParameters, QueueItem

NOW = datetime(2026, 3, 3, 9, 15, 2, 435000, tzinfo=UTC)
FRONT_END = "DB3PEPF0000885C.mail.protection.outlook.com"
HUB = "AM9PR10MB4321.EURPRD10.PROD.OUTLOOK.COM"
PARTNER_REFUSAL = Reply(
    550,
    "5.7.51",
    "TenantInboundAttribution; There is a partner connector configured that matched the message's recipient domain.",
    "[DB3PEPF0000885C.eurprd02.prod.outlook.com 2026-03-03T09:15:04.123Z 08DE7A1B2C3D4E5F]",
)


class CountedIds:
    """An id source that counts."""

    def __init__(self) -> None:
        self._next = count(1)

    def hex(self, digits: int) -> str:
        return f"{next(self._next):0{digits}X}"

    def number(self) -> int:
        return 10**12 + next(self._next)

    def guid(self) -> str:
        return f"{next(self._next):08x}-0000-4000-8000-000000000000"


def a_context(now: datetime = NOW) -> Context:
    return Context(now, CountedIds())


def the_tenant(**more) -> Tenant:
    return Tenant(
        name="a",
        id="aaaaaaaa-0000-4000-8000-000000000001",
        initial_domain=Domain("alab.onmicrosoft.com"),
        region="EUR",
        accepted_domains=(AcceptedDomain(Domain("a.example"), default=True),),
        **more,
    )


def a_message(*extra: tuple[str, str], subject="Offer", body: bytes = b"Hello\r\n") -> Message:
    fields = (
        *extra,
        ("From", "User One <user1@a.example>"),
        ("To", "user@b.example"),
        ("Subject", subject),
        ("Date", "Tue, 3 Mar 2026 09:15:00 +0000"),
        ("Message-ID", "<m1@ex01.a.example>"),
    )
    return Message(tuple(Header.of(name, value) for name, value in fields), body)


def an_item(
    message: Message | None = None,
    *,
    sender="user1@a.example",
    recipients: tuple[str, ...] = ("user@b.example",),
    dsn: Mapping[str, DsnParameters] | None = None,
    **more,
) -> QueueItem:
    return QueueItem(
        id="Q1",
        node="eop:EUR",
        hop="Q1",
        tenant="a",
        reverse_path=ReversePath.parse(sender),
        recipients=tuple(map(Address.parse, recipients)),
        message=message or a_message(),
        arrived=NOW - timedelta(seconds=2),
        due=NOW,
        expires=NOW + timedelta(days=1),
        helo="mx.a.example",
        dsn=dsn or {},
        **more,
    )


def a_failure(
    recipient="user@b.example",
    reply: Reply = PARTNER_REFUSAL,
    remote: str | None = "b-example.mail.protection.outlook.com",
) -> Failure:
    return Failure(Address.parse(recipient), reply, remote)
