"""Who sees what."""

import pytest

from lab.evidence.admin_views import seen_by, tables
from lab.evidence.trace_assembly import traces
from lab.model.roles import Role
from lab.model.steps import Accepted, Dropped
from lab.words.reasons import drop
from tests.evidence.hops import OFFER, a_hop, a_step, own_tenant_hop, refusing_hop, the_fault

ROLES = {"exchange": Role.EXCHANGE, "gateway": Role.GATEWAY, "filter2": Role.GATEWAY}


def test_three_administrators_see_the_message_and_the_fourth_does_not():
    offer = traces(the_fault())[OFFER]
    seen = {who: seen_by(offer, who) for who in ("exchange", "gateway", "tenant:msxfaq", "tenant:uclabor")}
    assert seen == {"exchange": True, "gateway": True, "tenant:msxfaq": True, "tenant:uclabor": False}


def test_a_tenant_that_took_the_message_later_sees_it():
    taken = refusing_hop(message_id=OFFER, seconds=9)
    taken = a_hop(
        a_step(Accepted), **{name: getattr(taken.head, name) for name in ("node", "tenant", "connection")}
    )
    assert seen_by(traces([own_tenant_hop(), taken])[OFFER], "tenant:uclabor")


def test_an_exchange_administrator_sees_the_tracking_log():
    (table,) = tables(the_fault(), "exchange", ROLES)
    assert table.columns[1:3] == ("EventId", "Source")
    assert [row[1] for row in table.rows].count("SEND") == 1


def test_a_role_stands_for_all_its_hosts():
    roles = {"ex01": Role.EXCHANGE, "mx": Role.GATEWAY, "mx2": Role.GATEWAY}
    assert [table.title for table in tables((), "gateway", roles)] == ["mail.log on mx", "mail.log on mx2"]


def test_a_host_is_meant_before_a_role_of_the_same_name():
    assert [table.title for table in tables(the_fault(), "gateway", ROLES)] == ["mail.log on gateway"]


def test_a_tenant_sees_its_trace_and_details():
    rows, details = tables(the_fault(), "tenant:msxfaq", ROLES)
    assert [row[4] for row in rows.rows] == ["Failed", "Delivered"]
    assert [row[1] for row in details.rows] == ["Receive", "Fail", "Receive", "Send"]
    assert all(len(row) == len(table.columns) for table in (rows, details) for row in table.rows)


def test_the_silent_tenant_has_empty_tables():
    assert [table.rows for table in tables(the_fault(), "tenant:uclabor", ROLES)] == [(), ()]


def test_the_teacher_sees_every_hop_in_order():
    (table,) = tables(the_fault(), "lab", ROLES)
    assert [row[2] for row in table.rows] == [
        "exchange", "gateway", "tenant:msxfaq", "tenant:uclabor", "tenant:msxfaq", "exchange",
    ]  # fmt: skip
    assert "attributed to msxfaq by certificate (Inbound from 5d0c)" in table.rows[2][5]
    assert "refused: 550 5.7.51" in table.rows[3][5]


def test_a_message_in_the_queue_and_a_drop_are_told():
    dropped = a_step(Dropped, recipient="a")
    hops = [a_hop(), a_hop(dropped, id="2", message_id="<2@x.example>")]
    (table,) = tables(hops, "lab", ROLES)
    assert sorted(row[5] for row in table.rows) == [f"dropped: {drop(dropped)}", "in the queue"]


def test_nobody_of_that_name_is_an_error():
    with pytest.raises(ValueError, match="no host and no role 'exchnge'"):
        tables((), "exchnge", ROLES)
