"""Every mail and report of every scenario is diagnosed right, or less is said: never something that is not so."""

from collections import Counter
from functools import lru_cache

import pytest

from lab.analysis.diagnose import diagnose
from lab.evidence.hop_facts import taken
from lab.model.steps import Bounced, Deferred, Refused, Resolved, Routed, Sent
from lab.reports.explanation.conclusions import legs
from lab.reports.findings.diagnosis import Diagnosis, EvidenceKind, Passage
from tests.analysis.diagnose.played import Mail, basis, called, mails, stays


@lru_cache(maxsize=1)
def diagnosed() -> tuple[tuple[Mail, Diagnosis], ...]:
    return tuple((mail, diagnose(bytes(mail.found.message))) for mail in mails())


def reports():
    return ((mail, found) for mail, found in diagnosed() if found.report is not None)


def wrong(passages: tuple[Passage, ...], hops, play) -> list[str]:
    """What passages say that the stays of the trace do not; each passage is one of them, in their order."""
    left = list(hops)
    said = []
    for passage in passages:
        while left and left[0].head.host != passage.hub:
            left.pop(0)
        if not left:
            said.append(f"no stay at {passage.hub}")
            continue
        said += _differs(passage, left.pop(0), play)
    return said


def _differs(passage, hop, play):
    if passage.tenant and hop.head.tenant not in called(play, passage.tenant):
        yield f"{passage.tenant} is not {hop.head.tenant}"
    if passage.by and passage.by != basis(hop):
        yield f"by {passage.by}, not {basis(hop)}"
    if passage.direction and passage.direction != hop.head.direction:
        yield f"{passage.direction}, not {hop.head.direction}"
    if passage.client and passage.client != hop.head.client:
        yield f"from {passage.client}, not {hop.head.client}"


def test_no_stay_of_a_message_is_told_wrong():
    found = {
        mail.where: wrong(d.journey.passages, mail.stays, mail.play)
        for mail, d in diagnosed()
        if d.journey is not None
    }
    assert len(found) > 1000
    assert {where: said for where, said in found.items() if said} == {}


def test_nearly_every_stay_is_told_with_its_tenant_and_basis():
    counts: Counter[str] = Counter()
    for mail, found in diagnosed():
        assert found.journey is not None
        counts["stays"] += len({hop.head.id for hop in mail.stays if hop.head.client or len(mail.stays) > 1})
        counts["told"] += sum(bool(each.tenant and each.by) for each in found.journey.passages)
    assert counts["told"] > 0.75 * counts["stays"], counts


def test_reports_are_told_from_messages():
    kinds = {(b"report-type=delivery-status" in bytes(mail.found.message), d.kind) for mail, d in diagnosed()}
    assert kinds == {(True, EvidenceKind.REPORT), (False, EvidenceKind.MESSAGE)}


def test_maker_status_and_words_of_every_failure_are_those_of_the_trace():
    failures = [(mail, found) for mail, found in reports() if mail.bounces]
    assert len(failures) > 200
    for mail, found in failures:
        assert {found.report.maker} == {hop.head.host for hop, _ in mail.bounces}, mail.where
        told = {each.recipient.lower(): each for each in found.report.refusals}
        for _, step in mail.bounces:
            refusal = told[step.about[0].lower()]
            assert refusal.status == step.status, mail.where
            assert refusal.said_by in ("", step.contact.host), (
                mail.where
            )  # the maker's own words have no other host


def test_the_tenant_that_made_a_report_is_named_right_or_not_at_all():
    told = 0
    for mail, found in reports():
        (tenant,) = {hop.head.tenant for hop, _ in mail.bounces} or {None}
        if found.report.tenant:
            assert tenant in called(mail.play, found.report.tenant), mail.where
            told += 1
        elif tenant is not None:
            pytest.fail(f"{mail.where}: made by {tenant}, and not told")
    assert told > 100


def test_the_way_of_the_original_is_told_right():
    for mail, found in reports():
        if found.report.original is not None:
            passages = found.report.original.passages
            assert wrong(passages, stays(mail.about), mail.play) == [], mail.where


def test_the_tenant_that_refused_is_that_of_the_trace():
    told = 0
    for mail, found in reports():
        refusing = [hop for hop in mail.about.hops if not taken(hop)] if mail.about else []
        for refusal in found.report.refusals:
            if refusal.tenant and refusal.said_by:
                at = {hop.head.tenant for hop in refusing if refusal.recipient in _refused(hop)}
                assert at & called(mail.play, refusal.tenant), mail.where
                told += 1
    assert told > 40


def test_the_rules_of_a_refusal_are_those_that_the_trace_cites():
    """But for the words of servers that the rulebook does not know: there the table says what they mean (R203)."""
    told = 0
    for mail, found in reports():
        for refusal in found.report.refusals:
            if not refusal.rules or refusal.rules == ("R203",):
                continue
            assert _rules_of(mail) & set(refusal.rules), (mail.where, refusal)
            told += 1
    assert told > 150


def _refused(hop):
    return {name for step in hop.all(Refused) for name in step.about}


def _rules_of(mail):
    """The rules of the steps that ended it."""
    ends = (Refused, Bounced, Deferred, Routed, Resolved)
    return {
        id_
        for hop in (mail.about.hops if mail.about else ())
        for step in hop.steps
        if isinstance(step, ends)
        for id_ in step.rules
    }


def test_relay_through_a_tenant_is_told_wherever_mail_went_astray_by_a_connector():
    missed, found_astray = [], 0
    for mail, found in diagnosed():
        trace = mail.about or mail.trace
        for leg in legs(trace, mail.play.variant.topology):
            if not (leg.misrouted and leg.taken and basis(leg.hop) == "connector"):
                continue
            if found.relayed and leg.hop.head.tenant in called(mail.play, found.relayed):
                found_astray += 1
            elif not _stayed_there(mail, leg.hop):
                missed.append((mail.where, leg.hop.head.tenant))
    assert found_astray > 50
    assert missed == []


def test_relay_is_told_of_no_mail_that_a_tenant_kept():
    for mail, found in diagnosed():
        if found.relayed is None:
            continue
        tenants = called(mail.play, found.relayed)
        through = [hop for hop in stays(mail.about or mail.trace) if hop.head.tenant in tenants]
        assert any(basis(hop) == "connector" and _sent_on(hop) for hop in through), mail.where


def _stayed_there(mail, hop):
    """This copy was for somebody in that tenant itself, such as its journal."""
    return mail.found.recipient.domain in {
        each.domain_name
        for topology in mail.play.topologies
        for each in topology.tenants[hop.head.tenant].accepted_domains
    }


def _sent_on(hop):
    return any(isinstance(step, Sent | Bounced | Deferred) for step in hop.steps)
