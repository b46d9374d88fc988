"""Catches as reports tell them, and as scenarios to play and to explain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lab.analysis.checks.audit_context import AuditContext
from lab.analysis.checks.reproduction import claim
from lab.analysis.hunt.search import FoundMisroute, Hunt
from lab.analysis.hunt.setting_changes import SettingStep
from lab.drivers.simulator import simulate
from lab.evidence.message_paths import in_a_line
from lab.model.steps import Attributed
from lab.reports.explanation.conclusions import Fate, fates
from lab.reports.findings.hunt_report import HuntReport, WrongTenantWay
from lab.scenario.model import AttributedExpectation, Expectation, MessageSpec
from lab.scenario.rendering.render import render
from lab.scenario.setting_differences import in_a_line as value_in_a_line
from lab.sentence import NOTHING, Sentence, listed, say, sentence

_WHY = (
    "Found by mflab hunt. Changed:\n{settings}\nStand-in parties are there to write and to be written to.\n"
)


def reported(hunt: Hunt, world: AuditContext) -> HuntReport:
    """The search as values for reports."""
    return HuntReport(
        scenario=world.configuration.scenario.name,
        variant=world.variant.name,
        depth=hunt.depth,
        finds=tuple(_find(catch, world) for catch in hunt.catches),
        configurations=hunt.configurations,
        messages=hunt.messages,
        left=hunt.left,
    )


def _find(catch: FoundMisroute, world: AuditContext) -> WrongTenantWay:
    fate, decided = catch.fate, catch.hop.first(Attributed)
    meant = next((leg.meant for leg in fate.legs if leg.hop is catch.hop), None)
    return WrongTenantWay(
        settings=tuple(_setting(step, world) for step in catch.steps),
        guess=any(step.is_guess for step in catch.steps),
        message=_message(fate.spec),
        way=in_a_line(tuple(way.path for way in fate.ways)),
        ending=fate.ending,
        meant=meant or "",
        tenant=catch.cause.tenant,
        basis=catch.cause.basis,
        connector=catch.cause.connector,
        rules=tuple(dict.fromkeys(decided.rules)) if decided else (),
        alike=catch.alike,
    )


def _setting(step: SettingStep, world: AuditContext) -> str:
    return f"{step.path}: {value_in_a_line(_old(step, world))} -> {value_in_a_line(step.value)}"


def _old(step: SettingStep, world: AuditContext) -> Any:
    """As it is written; of a switch that is written nowhere, as it stands."""
    written = world.value(step.path)
    name = step.path.partition(".")[2]
    return getattr(world.topology.switches, name, None) if written is None and step.is_guess else written


def _message(spec: MessageSpec) -> Sentence:
    path = spec.reverse_path
    return sentence(
        "{sender} > {recipients}{under}{start}",
        sender=spec.sender,
        recipients=listed(spec.recipients),
        under=NOTHING if path is None else sentence(", MAIL FROM {reverse_path}", reverse_path=path),
        start=sentence(", from {host}", host=spec.via) if spec.via else NOTHING,
    )


def scenario_of(catch: FoundMisroute, find: WrongTenantWay) -> str:
    """A scenario with the configuration and the message, which expects what was caught: to play, and to explain."""
    alone = replace(
        catch.variant, messages=(replace(catch.fate.spec, key="caught"),), suppressions=(), todos=()
    )
    (fate,) = fates(simulate(alone))
    changed = "\n".join(find.settings) or sentence("nothing")
    return render(
        replace(
            alone,
            title=say(sentence("Mail that {tenant} gets, and should not", tenant=find.tenant)),
            why=say(sentence(_WHY, settings=changed)),
            kind="",
            expect={"caught": _claim(fate)},
        )
    )


def _claim(fate: Fate) -> Expectation:
    decided = fate.decision
    if decided is None:
        return claim(fate)
    attributed = AttributedExpectation(
        tenant=decided.tenant or None, basis=decided.basis.value, connector=decided.connector or None
    )
    return replace(claim(fate), attributed=attributed)
