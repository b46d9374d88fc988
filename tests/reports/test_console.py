import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

from lab.drivers.run_outcome import RunOutcome
from lab.evidence.admin_views import LogTable
from lab.evidence.admin_views import tables as views
from lab.model.steps import Attributed, Routed, Ruled, Step
from lab.reports.explanation import rule_citations
from lab.reports.explanation.demo_story import demo_story
from lab.reports.explanation.message_explanation import explain
from lab.reports.run_reports.run_summary import run_summary
from lab.reports.text import console, tables
from lab.reports.text.tables import left_out, plain
from tests.reports.runs import article, hostile

GOLDEN = Path(__file__).parent / "golden"


def _as_golden(text: str, name: str) -> None:
    """Compare line by line; `{any}` in the golden file stands for whatever changes when the lab learns."""
    wanted = (GOLDEN / name).read_text(encoding="utf-8")
    for number, (line, got) in enumerate(zip(wanted.splitlines(), text.splitlines(), strict=False), 1):
        pattern = ".*".join(map(re.escape, line.split("{any}")))
        assert re.fullmatch(pattern, got), f"{name}:{number}: wanted {line!r}, got {got!r}\n\n{text}"
    assert len(wanted.splitlines()) == len(text.splitlines()), text


def test_the_story_fits_one_screen_and_tells_everything():
    told = article("shared-wildcard", "half-fix", "dedicated-certificate", "name-not-accepted-domain")
    _as_golden(console.text(demo_story(told)), "story.txt")


def test_the_story_of_all_variants_is_as_long_as_a_screen():
    lines = console.text(demo_story(article())).splitlines()
    assert len(lines) < 64
    assert max(map(len, lines)) <= console.WIDTH


@pytest.mark.parametrize("width", [60, 80, 140])
def test_reports_keep_to_the_width(width):
    told = article("shared-wildcard", "dedicated-certificate")
    for drawn in (
        demo_story(told),
        explain(told.runs[0], "offer"),
        run_summary([told]),
    ):
        assert max(map(len, console.text(drawn, width).splitlines())) <= width


def test_a_summary_says_ok_or_where_the_claim_is_written():
    text = console.text(run_summary([article("shared-wildcard"), hostile()]))
    assert re.search(r"ok +shared-wildcard +(\d+)/\1 as expected, simulator", text)
    assert re.search(r"FAILED +shared +1/2 as expected", text)
    assert "hostile.yaml:12: offer: reply" in text
    assert re.search(r"wanted <b>5\.7\.51</b>\n +got +250 2\.6\.0", text)
    assert text.rstrip().endswith("1 failed")


def test_an_explanation_names_rules_confidence_and_losers():
    text = console.text(explain(article("shared-wildcard").runs[0], "offer"))
    assert 'lost: uclabor / "Only from msxfaq\'s filter"' in text
    assert "R76 observed" in text
    assert re.search(r"R3 +documented +For OnPremises connectors", text)
    assert "This verdict relies on no rule that is assumed as a whole." in text


def test_an_explanation_says_which_guess_it_relies_on_and_what_would_bend_it():
    text = console.text(explain(article("half-fix").runs[0], "offer"))
    assert re.search(r"relies on assumed rules: .*R77 \(Exact value, wildcard certificate\)", text)
    assert "Switches: wildcard_cert_covers_exact = on (or off)" in text


def test_attempts_that_end_alike_are_counted_and_not_repeated():
    text = console.text(explain(article("other-region").runs[0], "offer"))
    assert re.search(r"… \d+ more attempts that ended like this", text)
    assert text.count("deferred ") == 1
    assert text.count("bounced ") == 2  # the step, and the end of the message


def without_decision(step: Step) -> Step:
    return replace(step, cause=None) if isinstance(step, Attributed | Ruled | Routed) else step


def test_a_run_whose_decisions_are_not_known_is_told_from_its_steps():
    (run,) = article("shared-wildcard").runs
    hops = tuple(replace(hop, steps=tuple(map(without_decision, hop.steps))) for hop in run.hops)
    assert isinstance(run, RunOutcome)
    text = console.text(explain(replace(run, hops=hops), "offer"))
    assert "to msxfaq by certificate through" in text
    assert "R76 observed" in text


def test_the_story_does_not_hide_what_is_assumed_in_part():
    run = article("shared-wildcard").runs[0]
    decided = run.trace("offer").hops[2].first(Attributed)
    assert decided is not None
    in_part = ", ".join(rule.id for rule in rule_citations.assumed_in_part(rule_citations.of(decided)))
    assert in_part
    text = console.text(demo_story(article("shared-wildcard")), 300)
    assert f"none assumed as a whole; in part: {in_part}\n" in text


def test_an_explanation_of_an_unknown_message_is_a_key_error():
    with pytest.raises(KeyError):
        explain(article("shared-wildcard").runs[0], "nonsense")


def test_data_can_neither_steer_the_terminal_nor_use_markup():
    text = console.text(demo_story(hostile())) + console.text(run_summary([hostile()]))
    run = hostile().runs[0]
    text += console.text(tables.tables(views(run.hops, "lab", {})))
    text += console.text(tables.tables(views(run.hops, "tenant:msxfaq", {}), "wide"))
    assert "\x1b" not in text
    assert "\u202e" not in text
    listed = console.text(tables.tables(views(run.hops, "tenant:msxfaq", {}), "list"), 200)
    assert "\\u202etxt.exe \\x1b[31mred :smile: [bold]" in listed


class TestTable:
    COLUMNS = ("Timestamp", "EventId", "Sender")
    ROWS = (("2026-03-03T09:15:00.000Z", "RECEIVE", "a" * 60), ("2026-03-03T09:15:01.250Z", "SEND", "b"))

    def test_short_columns_stay_whole_and_the_long_one_is_cut(self):
        text = console.text(tables.table("Log", self.COLUMNS, self.ROWS), 40)
        assert text.splitlines()[0] == "Log (2026-03-03, UTC)"
        assert text.splitlines()[3] == "09:15:00.000  RECEIVE  " + "a" * 16 + "…"

    def test_wide_leaves_nothing_out(self):
        lines = console.text(tables.table("Log", self.COLUMNS, self.ROWS, "wide"), 50).splitlines()
        assert lines[3] == f"2026-03-03T09:15:00.000Z  RECEIVE  {'a' * 60}"
        assert len(lines) == 5

    def test_where_there_is_no_room_the_last_columns_are_left_out(self):
        shown = LogTable("Log", self.COLUMNS, self.ROWS)
        for width, missing in ((28, ()), (27, ("Sender",)), (18, ("Sender",)), (17, ("EventId", "Sender"))):
            assert left_out([shown], width) == missing
            header = console.text(tables.tables([shown]), width).splitlines()[-4]
            assert len(header.split()) == 3 - len(missing), header

    def test_list_gives_each_property_a_line(self):
        text = console.text(tables.table("Log", self.COLUMNS, self.ROWS, "list"))
        assert "EventId   : RECEIVE\n" in text

    def test_no_rows_are_said(self):
        assert console.text(tables.table("Log", self.COLUMNS, ())) == "Log\n  (nothing)\n"

    def test_plain_has_tabs_and_whole_cells(self):
        assert plain(("a", "b"), [("1\t2\n3", "x" * 300)]) == f"a\tb\n1 2 3\t{'x' * 300}\n"


def test_nothing_is_drawn_narrower_than_40(monkeypatch: pytest.MonkeyPatch):
    for told, width in (("10", 40), ("60", 60)):
        monkeypatch.setenv("COLUMNS", told)
        assert console.console(io.StringIO()).width == width


def test_a_stream_that_is_no_terminal_gets_no_colour():
    stream = io.StringIO()
    console.console(stream).print(run_summary([article("shared-wildcard")]))
    assert "\x1b" not in stream.getvalue()


def test_a_narrow_character_set_does_not_end_the_run():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    console.console(stream).print(demo_story(article("shared-wildcard")))
    stream.flush()
    assert b"exchange ? gateway" in raw.getvalue()
