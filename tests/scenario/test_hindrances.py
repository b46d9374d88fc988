"""Hosts that are down, refuse everybody, or have no room."""

from __future__ import annotations

import pytest

from lab.errors import ScenarioError
from lab.model.reply import Reply
from lab.scenario.load import load_text

WORLD = """\
scenario: hosts
why: Hosts.
hosts:
  elsewhere: {{address: 203.0.113.200, domains: [elsewhere.example], {settings}}}
messages:
  letter: {{from: a@elsewhere.example, to: b@elsewhere.example}}
{more}"""


def world(settings: str, more: str = ""):
    (variant,) = load_text(WORLD.format(settings=settings, more=more)).variants.values()
    return variant.topology.hosts["elsewhere"]


def test_a_host_answers_in_its_own_words():
    assert world('refuses_with: "550 5.4.1 Relay Access Denied"').refuses_with == Reply(
        550, "5.4.1", "Relay Access Denied"
    )


@pytest.mark.parametrize("reply", ["250 2.1.5 Ok", "go away", "700 what"])
def test_an_answer_to_all_refuses(reply):
    with pytest.raises(ScenarioError, match="refuses_with: a reply such as"):
        world(f'refuses_with: "{reply}"')


def test_only_exchange_has_back_pressure():
    with pytest.raises(ScenarioError, match="back_pressure is for role exchange"):
        world("back_pressure: true")


def test_a_host_is_down_for_the_whole_run():
    with pytest.raises(ScenarioError, match="elsewhere is up or down for the whole run"):
        world("down: true", "timeline: [{at: 5m, change: {hosts.elsewhere.down: false}}]")
