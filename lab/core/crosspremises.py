"""How the two halves of a hybrid organisation tell each other what they know of a message (R64, R117-R120).

The sender, over a connector with CloudServicesMailEnabled, writes its organisation headers as CrossPremises
headers; the receiver, if its connector has the flag too, promotes them back. A message that comes any other way
carries none and stays anonymous: so mail through a gateway, though attributed to the own tenant, is not internal
(R120).
"""

from __future__ import annotations

from lab.core.stamping import (
    AUTH_AS,
    AUTH_SOURCE,
    CROSS_PREMISES,
    ORGANIZATION,
    auth_stamps,
    firewall,
    is_internal,
)
from lab.model.message import Header, Message

SCL = ORGANIZATION + "SCL"
_PRESERVED = "X-OrganizationHeadersPreserved"
_PROMOTED = "X-CrossPremisesHeadersPromoted"
_FILTERED = "X-CrossPremisesHeadersFiltered"
_FILTERED_BY_SENDER = "X-CrossPremisesHeadersFilteredBySendConnector"
_TRAVELS = frozenset(
    {
        "authas",
        "authmechanism",
        "authsource",
        "scl",
        "transporttraffictype",
        "messagesource",
        "originalclientipaddress",
        "bcc",
        "antispam-scancontext",
        "processed-by-journaling",
        "mapi-admin-submission",
    }
)
"""What crosses (R117), names behind the prefix in lower case; everything else stays with its organisation."""


def cross_premises(message: Message) -> Message:
    """The message as it leaves over a CloudServicesMailEnabled connector (R117): in either direction."""
    kept, prefix = [], len(ORGANIZATION)
    for header in message.headers:
        name = header.name.lower()
        if name.startswith(ORGANIZATION.lower()):
            if name[prefix:] in _TRAVELS:
                kept.append(Header(CROSS_PREMISES + header.name[prefix:], header.raw))
        elif not name.startswith(CROSS_PREMISES.lower()):
            kept.append(header)
    return Message(tuple(kept), message.body)


def filtered(message: Message, server: str) -> Message:
    """The message as it leaves over any other connector (R64); the mark tells of a broken hybrid path (R118)."""
    if not message.has(CROSS_PREMISES):
        return firewall(message)
    return firewall(message).on_top((Header.of(_FILTERED_BY_SENDER, server),))


def crossing(message: Message) -> tuple[str, ...]:
    """Names of the CrossPremises headers that a message carries, without the prefix."""
    if not message.has(CROSS_PREMISES):
        return ()
    start, prefix = CROSS_PREMISES.lower(), len(CROSS_PREMISES)
    return tuple(h.name[prefix:] for h in message.headers if h.name.lower().startswith(start))


def promote(message: Message, server: str) -> Message:
    """The message as a receiver with CloudServicesMailEnabled takes it in (R118, R119).

    `server` is the receiving front end. Forged organisation headers go first; without CrossPremises headers there
    is nothing to promote and no mark is made. A message whose sender the other half vouches for becomes internal;
    of any other, the receiver will say itself what it thinks (`entry_stamps`).
    """
    if not message.has(CROSS_PREMISES):
        return firewall(message)
    clean = message.without(ORGANIZATION)
    start, prefix = CROSS_PREMISES.lower(), len(CROSS_PREMISES)
    promoted = Message(
        tuple(
            Header(ORGANIZATION + h.name[prefix:], h.raw) if h.name.lower().startswith(start) else h
            for h in clean.headers
        ),
        clean.body,
    )
    marks = tuple(Header.of(name, server) for name in (_PRESERVED, _PROMOTED, _FILTERED))
    if is_internal(promoted):
        return promoted.without(SCL).on_top((*marks, Header.of(SCL, "-1")))
    return promoted.without(AUTH_AS, AUTH_SOURCE, SCL).on_top(marks)


def as_internal(message: Message, server: str) -> Message:
    """A message of a TreatMessagesAsInternal connector: internal by the receiver's own word (R65)."""
    return message.on_top((*auth_stamps(server, "Internal"), Header.of(SCL, "-1")))
