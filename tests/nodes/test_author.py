"""The author's domain (P2) counted for relay until November 2023 (R49): it is known only at the end of data."""

from __future__ import annotations

import pytest

from tests.nodes.worlds import a_message, lab_of, stranger

BY_ADDRESS = """
as_of: {day}
tenants:
  a:
    InboundConnectors: [{{Name: By address, ConnectorType: OnPremises, SenderIPAddresses: [203.0.113.66]}}]
"""


def handed(day: str, author: str) -> tuple[str, str]:
    """What a front end answers to RCPT and to the data, for a foreign reverse-path and a recipient outside."""
    client = stranger(lab_of(BY_ADDRESS.format(day=day)))
    content = a_message(author, "friend@out.example")
    replies = client.hand("bounce@service.example", "friend@out.example", content=content)
    return str(replies.recipients["friend@out.example"])[:9], str(replies.data)[:10]


@pytest.mark.parametrize(
    ("day", "author", "rcpt", "data"),
    [
        ("2023-10-31", "user@a.example", "250 2.1.5", "250 2.6.0 "),
        ("2023-10-31", "user@foreign.example", "250 2.1.5", "550 5.7.64"),
        ("2023-11-01", "user@a.example", "550 5.7.6", "None"),
    ],
)
def test_the_author_vouched_until_november_2023(day: str, author: str, rcpt: str, data: str) -> None:
    assert handed(day, author) == (rcpt, data)
