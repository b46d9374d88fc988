"""The on-premises message tracking log."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from lab.core.received import SERVER_BUILD
from lab.evidence.tracking_events import FIELDS, SOFTWARE
from lab.evidence.tracking_log_files import log_file, log_files, message_tracking_log
from lab.model.steps import Submitted
from tests.evidence.goldens import assert_golden
from tests.evidence.hops import (
    PARTNER,
    REPORTER,
    USER,
    a_hop,
    a_step,
    the_fault,
)


def test_files_are_as_exchange_writes_them():
    files = log_files(the_fault(), "exchange")
    assert sorted(files) == ["MSGTRK2026030309-1.LOG", "MSGTRKMD2026030309-1.LOG", "MSGTRKMS2026030309-1.LOG"]
    for name, content in files.items():
        assert content.count("\r\n") == content.count("\n")
        assert_golden(name.replace(".LOG", ".csv"), content)


@given(st.text(max_size=40))
def test_any_subject_survives_the_quoting(subject):
    hop = a_hop(a_step(Submitted, sender=USER, recipients=[PARTNER]), subject=subject)
    content = next(iter(log_files([hop], "exchange").values()))
    body = "\r\n".join(content.split("\r\n")[5:]) if "\r\n" in content else content
    read = list(csv.reader(io.StringIO(body, newline="")))
    assert all(len(row) == 30 for row in read)
    assert {row[FIELDS.index("message-subject")] for row in read} == {subject}


def test_files_are_one_an_hour():
    hops = [a_hop(a_step(Submitted, when, recipients=[PARTNER]), id=str(when)) for when in (0, 3600)]
    names = [name for name in log_files(hops, "exchange") if name.startswith("MSGTRK2")]
    assert names == ["MSGTRK2026030309-1.LOG", "MSGTRK2026030310-1.LOG"]


def test_the_sender_of_a_report_is_its_author_and_the_return_path_is_null():
    delivered = message_tracking_log(the_fault(), "exchange")[-1]
    assert (delivered["Sender"], delivered["ReturnPath"]) == (REPORTER, "<>")


def test_the_version_is_the_build_of_received_lines():
    assert ".".join(str(int(part)) for part in SOFTWARE.split(".")) == SERVER_BUILD


def test_the_cmdlet_returns_the_properties_that_administrators_know():
    sent = message_tracking_log(the_fault(), "exchange")[4]
    assert sent["EventId"] == "SEND"
    assert sent["ConnectorId"] == "Internet via filter"
    assert sent["Recipients"] == [PARTNER]
    assert sent["RecipientStatus"] == ["250 2.1.5 Recipient OK"]
    assert sent["MessageLatency"] == "0:00:00.500000"
    assert sent["EventData"] == ["S:DeliveryPriority=Normal"]


def test_joined_logs_have_one_head_and_are_in_order_of_time():
    lines = log_file(the_fault(), ["exchange"]).splitlines()
    assert [number for number, line in enumerate(lines) if line.startswith("#")] == [0, 1, 2, 3, 4]
    assert lines[5:] == sorted(lines[5:], key=lambda line: line.split(",")[0])
    assert log_file(the_fault(), ["gateway2"]) == ""
