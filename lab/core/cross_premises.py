"""How the two halves of a hybrid organisation tell each other what they know of a message (R64, R117-R120).

The sender, over a connector with CloudServicesMailEnabled, writes its organisation headers as CrossPremises
headers; the receiver, if its connector has the flag too, promotes them back. A message that comes any other way
carries none and stays anonymous: so mail through a gateway, though attributed to the own tenant, is not internal
(R120).
"""

from __future__ import annotations

from lab.core.header_stamps import CROSS_PREMISES, ORGANIZATION, auth_stamps, firewall
from lab.model.message import Header, Message

SCL = ORGANIZATION + "SCL"
_ORGANIZATION, _CROSS = ORGANIZATION.lower(), CROSS_PREMISES.lower()
_REPLACED_INTERNAL = (_CROSS + "scl",)
"""What the receiver says itself, although it crossed: of a message that it takes for internal, only the SCL."""
_REPLACED = (*_REPLACED_INTERNAL, _CROSS + "authas", _CROSS + "authsource")
"""And of any other message."""
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


def cross_premises(message: Message, server: str) -> Message:
    """The message as it leaves over a CloudServicesMailEnabled connector (R117), in either direction.

    `server` is the sending server: it says that organisation headers travel along (R118).
    """
    kept, prefix = [Header.of(_PRESERVED, server)], len(ORGANIZATION)
    for header in message.headers:
        name = header.name.lower()
        if name.startswith(_ORGANIZATION):
            if name[prefix:] in _TRAVELS:
                kept.append(Header(CROSS_PREMISES + header.name[prefix:], header.raw))
        elif not name.startswith(_CROSS):
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
    prefix = len(CROSS_PREMISES)
    return tuple([h.name[prefix:] for h in message.headers if h.name.lower().startswith(_CROSS)])


def promote(message: Message, server: str) -> Message:
    """The message as a receiver with CloudServicesMailEnabled takes it in (R118, R119).

    `server` is the receiving front end. Forged organisation headers go first; without CrossPremises headers there
    is nothing to promote and no mark is made. A message whose sender the other half vouches for becomes internal;
    of any other, the receiver will say itself what it thinks (`entry_stamps`).
    """
    if not message.has(CROSS_PREMISES):
        return firewall(message)
    internal = message.get(CROSS_PREMISES + "AuthAs") == "Internal"
    replaced = _REPLACED_INTERNAL if internal else _REPLACED
    kept = []
    for header in message.headers:
        name = header.name.lower()
        if name.startswith(_CROSS):
            if not name.startswith(replaced):
                kept.append(Header(ORGANIZATION + header.name[len(CROSS_PREMISES) :], header.raw))
        elif not name.startswith(_ORGANIZATION):
            kept.append(header)
    marks = [Header.of(name, server) for name in (_PROMOTED, _FILTERED)]
    if internal:
        marks.append(Header.of(SCL, "-1"))
    return Message((*marks, *kept), message.body)


def as_internal(message: Message, server: str) -> Message:
    """A message of a TreatMessagesAsInternal connector: internal by the receiver's own word (R65)."""
    return message.on_top((*auth_stamps(server, "Internal"), Header.of(SCL, "-1")))
