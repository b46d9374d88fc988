"""The human part in Exchange's older, plainer form, which on-premises servers still write (R202)."""

from __future__ import annotations

from html import escape

from lab.core.ndr.advice import advice
from lab.core.ndr.delivery_status import said
from lab.core.ndr.original_message import Original
from lab.core.ndr.status import status_of
from lab.core.ndr.types import Failure, Success

_SUCCESS = {
    "delivered": "Your message has been delivered to the following recipients:",
    "relayed": "Delivery to these recipients or groups is complete, but no delivery notification was sent by "
    "the destination server:",
    "expanded": "Your message was sent to the members of these groups:",
}


def texts(original: Original, failed: tuple[Failure, ...], host: str) -> tuple[str, str]:
    """The text/plain and text/html forms of an NDR."""
    text = (
        f"Delivery has failed to these recipients or groups:\r\n\r\n{''.join(map(_met, failed))}"
        f"\r\n\r\n\r\nDiagnostic information for administrators:\r\n\r\nGenerating server: {host}\r\n\r\n"
        f"{''.join(map(_diagnosis, failed))}Original message headers:\r\n\r\n"
    )
    return text + original.text, _html(text, f"<pre>{escape(original.text, quote=False)}</pre>")


def _met(failure: Failure) -> str:
    to, advised = failure.recipient, advice(status_of(failure.reply))
    headline = advised.headline.format(user=to.local, domain=to.domain)
    return f"{failure.display or to}<mailto:{to}>\r\n{headline} {advised.fix}\r\n\r\n"


def _diagnosis(failure: Failure) -> str:
    if failure.remote:
        return f"{failure.recipient}\r\n{failure.remote}\r\nRemote Server returned '{said(failure.reply)}'\r\n\r\n"
    return f"{failure.recipient}\r\n{said(failure.reply)}\r\n\r\n"


def success(reached: tuple[Success, ...]) -> tuple[str, str]:
    """The text/plain and text/html forms of a success report."""
    kinds = dict.fromkeys(reach.action for reach in reached)
    text = "\r\n".join(
        f"{_SUCCESS[kind]}\r\n\r\n"
        + "".join(f"{reach.display or reach.recipient}\r\n\r\n" for reach in reached if reach.action == kind)
        for kind in kinds
    )
    return text, _html(text)


def _html(text: str, headers: str = "") -> str:
    """The same words, line by line."""
    lines = escape(text, quote=False).replace("\r\n", "<br>\r\n")
    return (
        f'<html>\r\n<body>\r\n<font size="2" face="Tahoma">{lines}{headers}</font>\r\n</body>\r\n</html>\r\n'
    )
