"""Each administrator's log in his own form, and nobody else's rows in it."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from tests.cli.commands import ARTICLE, Shell

ORDERS = ("--variant", "name-not-accepted-domain")


def test_exchange_sees_a_tracking_table(mflab: Shell) -> None:
    said = mflab("trace", ARTICLE, "--as", "exchange", "--form", "wide")
    assert said.code == 0
    assert said.out.startswith("Get-MessageTrackingLog on exchange: wildcard-misrouting, shared-wildcard\n")
    assert "STOREDRIVER" in said.out


def test_wide_has_a_line_for_each_row(mflab: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    said = mflab("trace", ARTICLE, "--as", "exchange", "--form", "wide")
    rows = mflab("trace", ARTICLE, "--as", "exchange", "--json").json()["hosts"]["exchange"]["rows"]
    assert len(said.out.splitlines()) == 3 + len(rows)
    assert "…" not in said.out
    assert said.err == ""


def test_a_narrow_terminal_is_told_which_columns_are_missing(
    mflab: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    said = mflab("trace", ARTICLE, "--as", "exchange")
    assert "no room for MessageSubject, ConnectorId; --form wide" in said.err
    assert "ConnectorId" not in said.out
    assert max(map(len, said.out.splitlines())) <= 60


def test_a_log_says_whose_run_it_is_of(mflab: Shell) -> None:
    for who in ("tenant:msxfaq", "lab", "gateway"):
        said = mflab("trace", ARTICLE, "--variant", "expired", "--as", who)
        assert ": wildcard-misrouting, expired" in (said.err if who == "gateway" else said.out)
    told = mflab("trace", ARTICLE, "--as", "lab", "--json").json()
    assert (told["scenario"], told["variant"]) == ("wildcard-misrouting", "shared-wildcard")


def test_exchange_csv_is_the_file_it_writes(mflab: Shell) -> None:
    lines = mflab("trace", ARTICLE, "--as", "exchange", "--csv").out.splitlines()
    assert lines[0] == "#Software: Microsoft Exchange Server"
    fields = next(line for line in lines if line.startswith("#Fields: ")).removeprefix("#Fields: ").split(",")
    rows = list(csv.reader(line for line in lines if not line.startswith("#")))
    assert {len(row) for row in rows} == {len(fields)}
    assert {"RECEIVE", "SEND", "DELIVER"} <= {row[fields.index("event-id")] for row in rows}


def test_the_gateway_has_lines(mflab: Shell) -> None:
    by_role = mflab("trace", ARTICLE, "--as", "gateway")
    assert all(re.search(r" gateway (postfix/|lab: )", line) for line in by_role.out.splitlines())
    assert mflab("trace", ARTICLE, "--as", "gateway", "--json").json()["hosts"]["gateway"]["lines"]
    assert mflab("trace", ARTICLE, "--as", "gateway", "--csv").code == Exit.BAD_INPUT


def test_the_wrong_tenant_sees_the_mail_and_the_right_one_nothing(mflab: Shell) -> None:
    own = mflab("trace", ARTICLE, "--as", "tenant:msxfaq", "--json").json()["rows"]
    assert [row["Status"] for row in own] == ["Failed", "Delivered"]
    assert own[0]["Organization"] == "msxfaqlab.onmicrosoft.com"
    assert mflab("trace", ARTICLE, "--as", "tenant:uclabor", "--json").json()["rows"] == []
    assert mflab("trace", ARTICLE, "--as", "tenant:uclabor", "--csv").out == ""


def test_details_name_the_connector(mflab: Shell) -> None:
    rows = mflab("trace", ARTICLE, "--as", "tenant:msxfaq", "--detail", "--json").json()["rows"]
    assert any("Inbound from" in str(row["Data"]) for row in rows)
    table = mflab("trace", ARTICLE, "--as", "tenant:msxfaq", "--detail")
    assert table.out.startswith("Get-MessageTraceDetailV2 in msxfaq")
    listed = list(csv.DictReader(io.StringIO(mflab("trace", ARTICLE, "--as", "tenant:msxfaq", "--csv").out)))
    assert listed[0]["SenderAddress"] == "useronprem@msxfaq.example"


def test_the_lab_sees_all(mflab: Shell) -> None:
    rows = mflab("trace", ARTICLE, "--as", "lab", "--json").json()["rows"]
    assert [row["at"] for row in rows] == [
        "exchange",
        "gateway",
        "tenant:msxfaq",
        "tenant:uclabor",
        "tenant:msxfaq",
        "exchange",
    ]
    assert mflab("trace", ARTICLE, "--as", "lab").out.startswith("Journal of the lab")


def test_one_message_with_its_reports(mflab: Shell) -> None:
    all_rows = mflab("trace", ARTICLE, *ORDERS, "--as", "exchange", "--json").json()["hosts"]["exchange"][
        "rows"
    ]
    one = mflab("trace", ARTICLE, *ORDERS, "--as", "exchange", "--message", "order", "--json")
    rows = one.json()["hosts"]["exchange"]["rows"]
    assert 0 < len(rows) < len(all_rows)
    assert {row["MessageSubject"] for row in rows} == {"Order", "Undeliverable: Order"}


def test_the_same_log_over_real_smtp(mflab: Shell) -> None:
    rows = mflab("trace", ARTICLE, "--driver", "embedded", "--as", "tenant:msxfaq", "--json").json()["rows"]
    assert [row["Status"] for row in rows] == ["Failed", "Delivered"]


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ((ARTICLE, "--as", "tenant:uclabour"), "did you mean 'tenant:uclabor'"),
        ((ARTICLE, "--as", "gatevay"), "did you mean 'gateway'"),
        ((ARTICLE, "--as", "lab", "--message", "ofer"), "did you mean 'offer'"),
        (("--as", "lab"), "--state DIR"),
    ],
)
def test_bad_input_says_what_was_meant(mflab: Shell, argv: tuple[str, ...], told: str) -> None:
    said = mflab("trace", *argv)
    assert said.code == Exit.BAD_INPUT
    assert told in said.err


def test_a_tenant_s_trace_is_empty_before_its_delay_is_over(mflab: Shell) -> None:
    asked = ("trace", "timeline-trace-delay", "--json", "--variant", "after-five-minutes")
    early, late = (
        mflab(*asked, "--as", "tenant:msxfaq", "--at", when).json()["rows"] for when in ("5m", "15m")
    )
    assert (early, len(late)) == ([], 2)
    gateway = mflab(*asked, "--as", "gateway", "--at", "5m").json()["hosts"]["gateway"]["lines"]
    assert gateway, "a filter writes its log at once"


def test_at_is_a_span_of_time(mflab: Shell) -> None:
    said = mflab("trace", ARTICLE, "--as", "lab", "--at", "soon")
    assert said.code == Exit.BAD_INPUT
    assert "a span of time such as" in said.err


def test_a_list_has_every_property(mflab: Shell) -> None:
    row = mflab("trace", ARTICLE, "--as", "tenant:msxfaq", "--form", "list").out.split("\n\n")[0].splitlines()
    names = [line.split(" : ")[0].split(" :")[0].strip() for line in row[1:]]
    known = mflab("trace", ARTICLE, "--as", "tenant:msxfaq", "--json").json()["rows"][0]
    assert names == list(known)
    exchange = mflab("trace", ARTICLE, "--as", "exchange", "--form", "list").out
    assert re.search(r"^ClientIp +: 198\.51\.100\.10$", exchange, re.MULTILINE)
    assert re.search(r"^Recipients +: \{partner@uclabor\.example\}$", exchange, re.MULTILINE)
    nothing = mflab("trace", ARTICLE, "--as", "tenant:uclabor", "--form", "list")
    assert "(nothing)" in nothing.out


def test_csv_is_one_log_in_order_of_time(mflab: Shell) -> None:
    lines = mflab("trace", ARTICLE, "--as", "exchange", "--csv").out.splitlines()
    assert [line for line in lines if line.startswith("#")] == lines[:5]
    times = [line.split(",")[0] for line in lines[5:]]
    assert times == sorted(times)


def test_log_files_have_exchange_s_names(mflab: Shell, tmp_path: Path) -> None:
    asked = ("trace", ARTICLE, "--as", "exchange", "--csv", "--out", str(tmp_path / "logs"))
    said = mflab(*asked)
    written = {path.name: path.read_bytes() for path in (tmp_path / "logs").iterdir()}
    assert set(written) == {f"MSGTRK{service}2026030309-1.LOG" for service in ("", "MS", "MD")}
    assert all(text.startswith(b"#Software: Microsoft Exchange Server\r\n#") for text in written.values())
    assert len(said.out.splitlines()) == len(written)
    again = mflab(*asked)
    assert (again.code, "is there already" in again.err) == (Exit.BAD_INPUT, True)


@pytest.mark.parametrize(
    "asked", [("exchange", "--out"), ("tenant:msxfaq", "--csv", "--out"), ("gateway", "--csv", "--out")]
)
def test_only_exchange_servers_have_log_files(mflab: Shell, tmp_path: Path, asked: tuple[str, ...]) -> None:
    said = mflab("trace", ARTICLE, "--as", *asked, str(tmp_path / "logs"))
    assert said.code == Exit.BAD_INPUT
    assert not (tmp_path / "logs").exists()


def test_the_gateway_s_log_says_whose_form_it_has(mflab: Shell) -> None:
    said = mflab("trace", ARTICLE, "--as", "gateway")
    assert said.err.startswith("mail.log of gateway, modelled on Postfix: wildcard-misrouting")
