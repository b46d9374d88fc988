"""What counts as an entry at a front end."""

from __future__ import annotations

import pytest

from lab.core.received import looping
from lab.model.message import Header, Message
from lab.model.switches import Switches

ENTRY = "from mx.a.example (192.0.2.25) by FE.mail.protection.outlook.com\r\n (10.167.1.1) with X via Frontend Transport; d"
NAMED = "from x.mail.protection.outlook.com (192.0.2.9) by ex01.a.example (192.0.2.10) with X via Frontend Transport; d"


@pytest.mark.parametrize(("line", "loops"), [(ENTRY, True), (NAMED, False)], ids=["its own", "about it"])
def test_only_lines_that_a_front_end_wrote_are_entries(line: str, loops: bool) -> None:
    message = Message((Header.of("Received", line),) * 3)
    assert looping(message, Switches()) is loops
