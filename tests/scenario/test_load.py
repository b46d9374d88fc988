"""Files, includes, variants and the bounds of what is read."""

import os
from pathlib import Path

import pytest

from lab.errors import ScenarioError
from lab.scenario.load import load, load_text
from lab.scenario.rendering.render import render
from lab.scenario.syntax.yaml_text import MAX_BYTES, MAX_NODES

MINIMAL = """
scenario: minimal
organizations:
  contoso:
    domains: [contoso.example]
    mailboxes: [anna@contoso.example]
    hosts: {exchange: {role: exchange, address: 198.51.100.10}}
tenants:
  fabrikam: {initial_domain: fabrikam.onmicrosoft.com, AcceptedDomains: [fabrikam.example]}
"""


def told(text, **how):
    with pytest.raises(ScenarioError) as raised:
        load_text(text, **how)
    return str(raised.value)


def test_a_file_without_variants_has_one_named_base():
    scenario = load_text(MINIMAL + "title: T\nwhy: W\n")
    assert (scenario.name, scenario.title, scenario.why, list(scenario.variants)) == (
        "minimal",
        "T",
        "W",
        ["base"],
    )


def test_variants_keep_their_order_and_say_what_differs():
    scenario = load_text(
        MINIMAL
        + """
title: the file's
variants:
  b: {title: other, kind: cure, change: {tenants.fabrikam.region: NAM}}
  a: {tenants: {fabrikam: {region: APC}}}
  gone: ~
"""
    )
    assert list(scenario.variants) == ["b", "a"]
    assert scenario.variants["b"].kind == "cure"
    assert [v.title for v in scenario.variants.values()] == ["other", ""]
    assert [v.topology.tenants["fabrikam"].region for v in scenario.variants.values()] == ["NAM", "APC"]


def test_only_one_variant_can_be_loaded():
    text = MINIMAL + "variants: {one: {}, two: {start: never}}\n"
    assert list(load_text(text, variant="one").variants) == ["one"]
    assert "a time such as" in told(text, variant="two")
    assert "did you mean 'one'?" in told(text, variant="oen")


def test_a_mistake_in_the_base_is_told_once_for_all_variants():
    text = (
        MINIMAL
        + "hosts: {x: {address: 10.0.0.1, domains: x.example}}\nvariants: {one: {}, two: {}, three: {}}\n"
    )
    assert told(text).count("10.0.0.1") == 1


def test_includes_lie_under_the_file_that_names_them(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "base.yaml").write_text(MINIMAL, encoding="utf-8")
    (tmp_path / "parts" / "region.yaml").write_text(
        "tenants: {fabrikam: {region: NAM, dbeb: false}}", encoding="utf-8"
    )
    top = tmp_path / "top.yaml"
    top.write_text(
        "scenario: top\ninclude: [parts/base.yaml, parts/region.yaml]\ntenants: {fabrikam: {region: APC}}\n",
        encoding="utf-8",
    )
    scenario = load(top)
    tenant = scenario.variants["base"].topology.tenants["fabrikam"]
    assert (scenario.name, tenant.region, tenant.dbeb) == ("top", "APC", False)


def test_a_missing_file_is_a_problem_like_any_other(tmp_path):
    with pytest.raises(ScenarioError, match="there is no file"):
        load(tmp_path / "none.yaml")
    with pytest.raises(ScenarioError, match="is a folder"):
        load(tmp_path)


def test_only_a_regular_file_is_read(tmp_path):
    """A pipe would keep the lab waiting for somebody to write."""
    pipe, loop, link = tmp_path / "pipe.yaml", tmp_path / "loop.yaml", tmp_path / "link.yaml"
    os.mkfifo(pipe)
    loop.symlink_to(loop.name)
    link.symlink_to("nowhere.yaml")
    for path in (pipe, loop, link, Path("/dev/null")):
        with pytest.raises(ScenarioError, match="is not a regular file"):
            load(path)
    (tmp_path / "top.yaml").write_text("scenario: top\ninclude: [pipe.yaml]\n")
    with pytest.raises(ScenarioError, match=r"include: .*is not a regular file"):
        load(tmp_path / "top.yaml")


def test_size_and_number_of_values_are_bounded():
    assert "1 MiB at most" in told("#" * (MAX_BYTES + 1))
    assert f"more than {MAX_NODES} values" in told("a: [" + "1," * (MAX_NODES + 1) + "]")


def test_a_byte_order_mark_is_no_mistake():
    assert load_text("\ufeff" + MINIMAL).name == "minimal"


def test_lone_surrogates_and_control_characters_are_told():
    assert "not UTF-8" in told("scenario: a\nwhy: \ud800")
    assert "no YAML" in told("scenario: \x01")


def test_a_null_takes_away_what_stands_below():
    text = (
        MINIMAL
        + "hosts: {x: {address: 198.51.100.50, domains: x.example}}\nvariants: {one: {hosts: {x: ~}}}\n"
    )
    assert list(load_text(text).variants["one"].topology.hosts) == ["exchange"]


def test_variants_inherit_from_variants():
    scenario = load_text(
        MINIMAL
        + """
variants:
  one: {title: one, kind: fault, change: {tenants.fabrikam.region: NAM}}
  two: {extends: one, switches: {cross_region: proxy}}
"""
    )
    two = scenario.variants["two"]
    assert (two.title, two.kind, two.topology.tenants["fabrikam"].region) == ("", "", "NAM")
    assert two.topology.switches.cross_region == "proxy"


def test_a_date_selects_the_rules_in_force_and_a_switch_stands_whatever_the_date():
    text = MINIMAL + "as_of: 2016-06-01\nswitches: {p2_counts_for_relay: false}\n"
    variant = load_text(text).variants["base"]
    switches = variant.topology.switches
    assert (switches.require_accepted_cert_domain, switches.srs_relay, switches.p2_counts_for_relay) == (
        False,
    ) * 3
    assert load_text(render(variant)).variants["base"].topology.switches == switches
