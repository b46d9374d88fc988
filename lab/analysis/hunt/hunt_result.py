"""What a hunt found, as values for reports and as a scenario to play and to explain."""

from __future__ import annotations

from dataclasses import replace

from lab.analysis.checks.audit_context import AuditContext
from lab.analysis.checks.reproduction import claim
from lab.analysis.hunt.search import FoundMisroute, Hunt
from lab.analysis.hunt.setting_changes import SettingStep
from lab.drivers.simulator import simulate
from lab.evidence.message_paths import in_a_line
from lab.model.steps import Attributed
from lab.reports.explanation.conclusions import fates
from lab.reports.findings.hunt_report import HuntReport, WrongTenantWay
from lab.scenario.model import AttributedExpectation, MessageSpec
from lab.scenario.rendering.render import render
from lab.scenario.setting_differences import in_a_line as value_in_a_line
from lab.sentence import NOTHING, Sentence, listed, say, sentence

_WHY = (
    "Found by mflab hunt. Changed:\n{settings}\nStand-in parties are there to write and to be written to.\n"
)


def reported(hunt: Hunt, context: AuditContext) -> HuntReport:
    """The search as values for reports."""
    return HuntReport(
        scenario=context.configuration.scenario.name,
        variant=context.variant.name,
        depth=hunt.depth,
        finds=tuple(_find(misroute, context) for misroute in hunt.misroutes),
        configurations=hunt.configurations,
        messages=hunt.messages,
        left=hunt.left,
    )


def _find(misroute: FoundMisroute, context: AuditContext) -> WrongTenantWay:
    fate, attributed = misroute.fate, misroute.hop.first(Attributed)
    meant = next((leg.meant for leg in fate.legs if leg.hop is misroute.hop), None)
    return WrongTenantWay(
        settings=tuple(_setting(step, context) for step in misroute.steps),
        guess=any(step.is_guess for step in misroute.steps),
        message=_message(fate.spec),
        way=in_a_line(tuple(way.path for way in fate.ways)),
        ending=fate.ending,
        meant=meant or "",
        tenant=misroute.cause.tenant,
        basis=misroute.cause.basis,
        connector=misroute.cause.connector,
        rules=tuple(dict.fromkeys(attributed.rules)) if attributed else (),
        alike=misroute.alike,
    )


def _setting(step: SettingStep, context: AuditContext) -> str:
    """`path: old -> new`; old is as it is written, or the position of a switch that is written nowhere."""
    old = context.value(step.path)
    if old is None and step.is_guess:
        old = getattr(context.topology.switches, step.path.partition(".")[2], None)
    return f"{step.path}: {value_in_a_line(old)} -> {value_in_a_line(step.value)}"


def _message(spec: MessageSpec) -> Sentence:
    path = spec.reverse_path
    return sentence(
        "{sender} > {recipients}{under}{start}",
        sender=spec.sender,
        recipients=listed(spec.recipients),
        under=NOTHING if path is None else sentence(", MAIL FROM {reverse_path}", reverse_path=path),
        start=sentence(", from {host}", host=spec.via) if spec.via else NOTHING,
    )


def scenario_of(misroute: FoundMisroute, find: WrongTenantWay) -> str:
    """A scenario with the configuration and the message, which expects what was found: to play, and to explain."""
    spec = replace(misroute.fate.spec, key="caught")
    alone = replace(misroute.variant, messages=(spec,), suppressions=(), todos=())
    (fate,) = fates(simulate(alone))
    expectation = claim(fate)
    if fate.decision is not None:
        attributed = AttributedExpectation(
            tenant=fate.decision.tenant or None,
            basis=fate.decision.basis.value,
            connector=fate.decision.connector or None,
        )
        expectation = replace(expectation, attributed=attributed)
    changed = "\n".join(find.settings) or sentence("nothing")
    return render(
        replace(
            alone,
            title=say(sentence("Mail that {tenant} gets, and should not", tenant=find.tenant)),
            why=say(sentence(_WHY, settings=changed)),
            kind="",
            expect={"caught": expectation},
        )
    )
