"""What happens in scenarios when they are played: which replies are given, and which rules are used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from lab.drivers.simulator import simulate
from lab.evidence.hop_facts import reply_of
from lab.model.steps import Bounced
from lab.model.trace import Hop
from lab.model.value import dataclass
from lab.reports.scenario_runs import Run
from lab.scenario.model import Scenario, Variant

RULE_ID = re.compile(r"\bR[1-9]\d{0,2}\b")


@dataclass(frozen=True)
class RuleCoverage:
    """By scenario name, in the order they were played."""

    said: Mapping[str, frozenset[str]]
    """Replies that refuse or defer, and the statuses of reports."""
    used: Mapping[str, frozenset[str]]
    """Ids of the rules that decisions rest on, or that the scenario says it is about."""

    @property
    def everything_said(self) -> frozenset[str]:
        """All replies and statuses of all scenarios."""
        return frozenset[str]().union(*self.said.values())

    def saying(self, text: str) -> tuple[str, ...]:
        """The scenarios with a reply or a status that starts so."""
        return tuple(
            name for name, said in self.said.items() if any(reply.startswith(text) for reply in said)
        )

    def using(self, rule: str) -> tuple[str, ...]:
        """The scenarios that a rule plays a part in."""
        return tuple(name for name, used in self.used.items() if rule in used)


def rule_coverage(
    scenarios: Iterable[Scenario], *, play: Callable[[Variant], Run] = simulate
) -> RuleCoverage:
    """Play every variant of the scenarios once."""
    said: dict[str, frozenset[str]] = {}
    used: dict[str, frozenset[str]] = {}
    for scenario in scenarios:
        hops = [hop for variant in scenario.variants.values() for hop in play(variant).hops]
        said[scenario.name] = frozenset(refusals(hops))
        deciding = {rule for hop in hops for step in hop.steps for rule in step.rules}
        used[scenario.name] = frozenset(deciding | cited_rules(scenario))
    return RuleCoverage(said, used)


def refusals(hops: Iterable[Hop]) -> Iterator[str]:
    """Replies that refuse or defer, as they were said, and the statuses of reports."""
    for hop in hops:
        for step in hop.steps:
            reply = reply_of(step)
            if reply is not None and not reply.positive:
                yield str(reply)
            if isinstance(step, Bounced):
                yield step.status


def cited_rules(scenario: Scenario) -> set[str]:
    """The rules that a scenario's own words name."""
    variants = scenario.variants.values()
    messages = (message.why for variant in variants for message in variant.messages)
    words = (scenario.why, *(f"{variant.title} {variant.why}" for variant in variants), *messages)
    return {rule for text in words for rule in RULE_ID.findall(text)}
