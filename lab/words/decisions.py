"""A decision told in lines: what was asked, what won, what lost and why, by which rules."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import assert_never

from lab.errors import demand
from lab.model.decision import (
    AttributionDecision,
    AttributionFacts,
    Decision,
    DecisionCandidate,
    MailFlowRulesDecision,
    RoutingDecision,
)
from lab.model.value import value
from lab.sentence import NOTHING, Sentence, listed, say, sentence
from lab.words.english import BASES
from lab.words.reasons import faults, reason, why


class LineKind(StrEnum):
    """What a line tells."""

    HEADLINE = "headline"
    FACT = "fact"
    WON = "won"
    LOST = "lost"
    NOTE = "note"
    RULES = "rules"


@value()
class Line:
    """One line of an explanation; all but the headline are indented."""

    kind: LineKind
    told: Sentence

    def __str__(self) -> str:
        return f"{'' if self.kind is LineKind.HEADLINE else '  '}{self.told}"


def lines(decision: Decision) -> tuple[Line, ...]:
    """The decision in lines, the headline first; each names its rules in brackets."""
    match decision:
        case AttributionDecision():
            return tuple(_attribution(decision))
        case RoutingDecision():
            return tuple(_routing(decision))
        case MailFlowRulesDecision():
            return tuple(_mail_flow_rules(decision))
        case _:
            assert_never(decision)


def story(decision: Decision) -> tuple[str, ...]:
    """The same as plain text. Raises ArgumentError for what is no decision."""
    demand("decision", decision, AttributionDecision, RoutingDecision, MailFlowRulesDecision)
    return tuple(map(str, lines(decision)))


def reasons(candidate: DecisionCandidate) -> Sentence:
    """Why a candidate won or lost. Raises ArgumentError for what is no candidate."""
    demand("candidate", candidate, DecisionCandidate)
    return listed(map(why, candidate.why), "; ")


def considered(candidate: DecisionCandidate) -> dict[str, object]:
    """A candidate for programs, with the reason as a sentence."""
    return {
        "tenant": candidate.tenant,
        "connector": candidate.name,
        "fits": candidate.won,
        "why": say(reasons(candidate)),
        "rules": list(candidate.rules),
    }


def _attribution(decision: AttributionDecision) -> Iterator[Line]:
    yield Line(LineKind.HEADLINE, _refused(decision) if decision.reply else _taken(decision))
    yield Line(LineKind.FACT, sentence("facts: {facts}", facts=_facts(decision.facts)))
    yield Line(
        LineKind.FACT, sentence("certificate: {certificate}", certificate=_certificate(decision.facts))
    )
    for candidate in decision.candidates:
        yield Line(*_candidate(candidate))
    if decision.connector is None and all(candidate.won for candidate in decision.candidates):
        yield Line(LineKind.NOTE, sentence("no inbound connector of the tenants concerned matches"))
    if decision.recipient_only_steers:
        domain = decision.facts.recipient.rpartition("@")[2]
        yield Line(LineKind.NOTE, sentence(_STEERS, domain=domain))
    yield Line(LineKind.RULES, sentence("rules: {rules}", rules=" ".join(decision.rules)))


_STEERS = "RCPT TO {domain} was not used to find the tenant; it only steers routing now [R6 R15]"


def _candidate(candidate: DecisionCandidate) -> tuple[LineKind, Sentence]:
    parts = {
        "tenant": candidate.tenant,
        "connector": candidate.name,
        "why": reasons(candidate),
        "rules": _cited(candidate.rules),
    }
    if candidate.won:
        return LineKind.WON, sentence('won:  {tenant} / "{connector}": {why} {rules}', **parts)
    return LineKind.LOST, sentence('lost: {tenant} / "{connector}": {why} {rules}', **parts)


def _refused(decision: AttributionDecision) -> Sentence:
    assert decision.reply is not None
    by = sentence(" by tenant {tenant}", tenant=decision.tenant) if decision.tenant else NOTHING
    return sentence(
        "{recipient}: refused{by_tenant}: {reply} — {reason}",
        recipient=decision.facts.recipient,
        by_tenant=by,
        reply=decision.reply.bare,
        reason=reason(decision.reason),
    )


def _taken(decision: AttributionDecision) -> Sentence:
    through = (
        sentence(' through "{connector}"', connector=decision.connector) if decision.connector else NOTHING
    )
    return sentence(
        "{recipient}: {verdict} mail of tenant {tenant}, by {basis}{through} — {reason}",
        recipient=decision.facts.recipient,
        verdict=decision.verdict,
        tenant=decision.tenant or "?",
        basis=BASES[decision.basis],
        through=through,
        reason=reason(decision.reason),
    )


def _facts(facts: AttributionFacts) -> Sentence:
    return sentence(
        "from {client}, {tls}, MAIL FROM:{reverse_path}, RCPT TO:<{recipient}>; EHLO is not used [R20]",
        client=facts.client,
        tls=sentence("TLS") if facts.tls else sentence("no TLS"),
        reverse_path=facts.reverse_path,
        recipient=facts.recipient,
    )


def _certificate(facts: AttributionFacts) -> Sentence:
    if not facts.certificate:
        return sentence("none shown {rules}", rules=_cited(facts.credential_rules))
    names, rules = ", ".join(facts.certificate), _cited(facts.credential_rules)
    if facts.ignored:
        ignored = faults(facts.ignored)
        return sentence("{names} — ignored: {faults} {rules}", names=names, faults=ignored, rules=rules)
    return sentence("{names} — counts {rules}", names=names, rules=rules)


def _routing(decision: RoutingDecision) -> Iterator[Line]:
    yield Line(LineKind.HEADLINE, _routed(decision))
    for candidate in decision.candidates:
        if not candidate.won:
            text = sentence(
                'lost: "{connector}": {why}{rules}',
                connector=candidate.name,
                why=reasons(candidate),
                rules=_behind(candidate.rules),
            )
            yield Line(LineKind.LOST, text)


def _routed(decision: RoutingDecision) -> Sentence:
    domain, rules = decision.domain, _behind(decision.rules)
    if decision.connector is None and decision.on_premises:
        unreachable = "send connector for {domain}: none, the address is unreachable{rules}"
        return sentence(unreachable, domain=domain, rules=rules)
    if decision.connector is None:
        by_mx = "outbound for {domain}: no connector: MX of the domain, opportunistic TLS{rules}"
        return sentence(by_mx, domain=domain, rules=rules)
    if decision.on_premises:
        by_space = 'send connector for {domain}: "{connector}" by {space}'
        return sentence(by_space, domain=domain, connector=decision.connector, space=decision.space)
    return sentence(
        'outbound for {domain}: "{connector}"{rules}',
        domain=domain,
        connector=decision.connector,
        rules=rules,
    )


def _mail_flow_rules(decision: MailFlowRulesDecision) -> Iterator[Line]:
    connector = decision.connector
    chosen = sentence(': connector "{connector}"', connector=connector) if connector else NOTHING
    headline = sentence(
        "mail flow rules for {recipients}{chosen} {rules}",
        recipients=", ".join(decision.recipients),
        chosen=chosen,
        rules=_cited(decision.rules),
    )
    yield Line(LineKind.HEADLINE, headline)
    for candidate in decision.candidates:
        parts = {"rule": candidate.name, "why": reasons(candidate)}
        if candidate.won:
            yield Line(LineKind.WON, sentence('"{rule}" applies: {why}', **parts))
        else:
            yield Line(LineKind.LOST, sentence('"{rule}" does not apply: {why}', **parts))


def _cited(rules: tuple[str, ...]) -> str:
    return f"[{' '.join(rules)}]"


def _behind(rules: tuple[str, ...]) -> str:
    return f" {_cited(rules)}" if rules else ""
