"""The rulebook is complete in itself, cited correctly everywhere, and its page is current."""

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from lab.core.rulebook import RULES, SOURCES, SWITCHES, TOPICS, Confidence, Rule, Switch, rule, switches_of
from lab.core.rulebook.dates_in_force import HISTORY, switches_as_of
from lab.core.rulebook.render import as_markdown
from lab.errors import LabBug

ROOT = Path(__file__).parents[2]
RULEBOOK = ROOT / "lab" / "core" / "rulebook"

each_rule = pytest.mark.parametrize("known", RULES.values(), ids=RULES.keys())
each_switch = pytest.mark.parametrize("switch", SWITCHES.values(), ids=SWITCHES.keys())


def test_ids_are_unique_and_ordered_by_number():
    ids = [known.id for topic in TOPICS for known in topic.rules]
    assert len(ids) == len(set(ids)) == len(RULES)
    assert list(RULES) == sorted(ids, key=lambda id_: int(id_[1:]))


def test_no_number_is_lost():
    """R26 was never given; every other number has its rule."""
    assert list(RULES) == [*(f"R{number}" for number in range(1, 251) if number != 26), "R292"]


@each_rule
def test_id_is_well_formed(known: Rule):
    assert re.fullmatch(r"R[1-9]\d{0,2}", known.id)


@each_rule
def test_text_is_one_short_sentence(known: Rule):
    prose = re.sub(r"`[^`]*`", "x", known.text)
    assert len(known.text) <= 260
    assert known.text.count("`") % 2 == 0
    assert known.text == " ".join(known.text.split())
    assert re.match(r"[A-Z`]", known.text)
    assert prose.endswith(".")
    assert not re.search(r"[.!?]\s+[A-Z`]", prose)


@each_rule
def test_title_is_short(known: Rule):
    assert 1 <= len(known.title.split()) <= 6
    assert not known.title.endswith(".")


@each_rule
def test_source_tags_exist(known: Rule):
    assert known.tags
    assert set(known.tags) <= set(SOURCES)


@each_rule
def test_rules_named_in_a_source_or_text_exist(known: Rule):
    assert set(re.findall(r"\bR\d+\b", f"{known.source} {known.not_emulated}")) <= set(RULES)


@each_rule
def test_what_is_assumed_says_so(known: Rule):
    """An assumed rule admits it, and so does the assumed part of a better known one."""
    if known.confidence is Confidence.ASSUMED:
        assert "LAB" in known.tags
    if "LAB" in known.tags:
        assert "assumed" in known.text


@each_rule
def test_reason_for_not_emulating_is_short(known: Rule):
    assert known.not_emulated is None or 5 <= len(known.not_emulated) <= 100


def test_sources_know_their_tags():
    assert all(tag == source.tag for tag, source in SOURCES.items())
    assert all(source.title and source.place for source in SOURCES.values())


@each_rule
def test_switch_named_by_a_rule_lists_that_rule(known: Rule):
    if known.switch is None:
        assert switches_of(known.id) == ()
    else:
        assert switches_of(known.id)[0].name == known.switch


@each_switch
def test_rules_of_a_switch_exist(switch: Switch):
    assert switch.rules
    assert all(switch in switches_of(id_) for id_ in switch.rules)


@each_switch
def test_default_comes_first_and_is_accepted(switch: Switch):
    assert switch.values[0] == switch.default
    assert len(set(switch.values)) == len(switch.values) >= 2
    assert all(switch.accepts(value) for value in switch.values)
    assert not switch.accepts("maybe")
    assert re.fullmatch(r"[a-z0-9_]+", switch.name)


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("loop_limit", "received:7", True),
        ("loop_limit", "eop_entries:0", False),
        ("loop_limit", "hops:4", False),
        ("loop_limit", "4", False),
        ("trace_delay", "90", True),
        ("trace_delay", "-1", False),
        ("trace_delay", "", False),
        ("trace_delay", "¹", False),
    ],
)
def test_numeric_switches_accept_any_number(name: str, value: str, accepted: bool):
    assert SWITCHES[name].accepts(value) is accepted


def test_rule_is_found_by_its_id():
    assert rule("R13").title == "Wildcard value catches other certificates"


@pytest.mark.parametrize(
    ("id_", "hint"),
    [("R26", "R25 and R27"), ("R999", "R292 and R250"), ("r3", "R3 and R2"), ("bogus", "ids look like R5")],
)
def test_unknown_rule_is_a_bug_that_names_its_neighbours(id_: str, hint: str):
    with pytest.raises(LabBug, match=hint) as raised:
        rule(id_)
    assert isinstance(raised.value, KeyError)
    assert str(raised.value).startswith("no rule ")


def test_confidence_is_kept_apart():
    """One rule of each kind, so that a careless edit of the marks is seen."""
    assert rule("R3").confidence is Confidence.DOCUMENTED
    assert rule("R14").confidence is Confidence.OBSERVED
    assert rule("R77").confidence is Confidence.ASSUMED


# -- dates


def test_today_every_switch_has_its_default():
    assert switches_as_of(None) == {name: switch.default for name, switch in SWITCHES.items()}
    assert switches_as_of(date(2026, 8, 1)) == switches_as_of(None)


@pytest.mark.parametrize(
    ("day", "switch", "before", "after"),
    [
        (date(2017, 7, 5), "attribution_order", "legacy_pre2026", "cert,p1,rcpt"),
        (date(2023, 8, 1), "srs_relay", "off", "on"),
        (date(2017, 7, 5), "require_accepted_cert_domain", "false", "true"),
        (date(2021, 7, 1), "relay_pool", "off", "on"),
        (date(2023, 11, 1), "p2_counts_for_relay", "true", "false"),
        (date(2025, 4, 1), "reject_direct_send_available", "false", "true"),
        (date(2025, 4, 3), "recipient_rate_limit", "off", "on"),
        (date(2025, 10, 15), "onmicrosoft_limit", "off", "on"),
    ],
)
def test_value_changes_on_its_day(day: date, switch: str, before: str, after: str):
    assert switches_as_of(date.fromordinal(day.toordinal() - 1))[switch] == before
    assert switches_as_of(day)[switch] == after


def test_order_of_attribution_held_before_it_was_published():
    assert switches_as_of(date(2024, 1, 1))["attribution_order"] == "cert,p1,rcpt"


def test_history_is_ordered_and_cites_rules_and_switches():
    assert [until.day for until in HISTORY] == sorted(until.day for until in HISTORY)
    for until in HISTORY:
        assert SWITCHES[until.switch].accepts(until.value)
        assert rule(until.rule).since is not None


# -- the rest of the lab


def outside_the_rulebook() -> Iterator[Path]:
    return (path for path in sorted((ROOT / "lab").rglob("*.py")) if RULEBOOK not in path.parents)


def cited(source: str) -> set[str]:
    """The rule ids that stand as string literals of their own."""
    return {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"R\d+", node.value)
    }


def test_citations_are_found_in_code_and_not_in_prose():
    assert cited('"""Follows R1."""\nrules = ("R5", "R13")  # R7') == {"R5", "R13"}


def test_every_cited_rule_exists():
    missing = {
        f"{path.relative_to(ROOT)}: {id_}"
        for path in outside_the_rulebook()
        for id_ in cited(path.read_text(encoding="utf-8")) - set(RULES)
    }
    assert not missing


def test_every_rule_is_used_or_says_why_not():
    """A mention in a comment or docstring counts: many rules shape a line rather than a verdict."""
    mentioned = {
        id_ for path in outside_the_rulebook() for id_ in mentioned_in(path.read_text(encoding="utf-8"))
    }
    silent = [
        known.id for known in RULES.values() if known.not_emulated is None and known.id not in mentioned
    ]
    assert not silent


def mentioned_in(text):
    """Rule ids in a text; R206-R213 cites all of them."""
    for first, last in re.findall(r"\bR(\d+)(?:-R(\d+))?\b", text):
        yield from (f"R{number}" for number in range(int(first), int(last or first) + 1))


def test_page_is_current():
    """Write it anew by printing `as_markdown()` into it."""
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == as_markdown()
