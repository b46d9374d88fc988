"""What a tenant makes of a message's sender: what it enforces, whom it believes, and behind whom it looks."""

from __future__ import annotations

from typing import Any

import pytest

from lab.core.authentication.arc import seal, validate
from lab.core.authentication.dkim import Signer, sign
from lab.core.authentication.results import Arc, CompAuth, Dmarc, DmarcResult, Spf
from lab.core.authentication.signature_suite import CLAIMS
from lab.core.authentication.signers import SEALER
from lab.evidence.json_data import step_data
from lab.model.dns import Mx, RecordType, Zones, answered, zones_of
from lab.model.message import Header, Message
from lab.model.names import Address, Domain, ReversePath
from lab.model.reply import Reply
from lab.model.steps import Authenticated
from lab.model.switches import Switches
from lab.model.tenant import InboundConnector
from lab.model.transport import Connection, Transaction
from lab.nodes.sender_judgement import SenderJudgement, TenantJudgement, see
from tests.core.mail import NOW, a_context, a_message
from tests.core.worlds import a_tenant, decide, on_premises, partner

Row = tuple[str, RecordType, Mx | str]
CLIENT, BEHIND = "198.51.100.25", "203.0.113.200"
FILTER = Signer.direct(Domain("filter.example"), "arc")
REJECT = "v=DMARC1; p=reject"
HERE: Row = ("b.example", "MX", Mx(10, "b-example.mail.protection.outlook.com"))
ELSEWHERE: Row = ("b.example", "MX", Mx(10, "mx.filter.example"))
PASSED = "spf=pass smtp.mailfrom=a.example; dmarc=pass header.from=a.example"


def zones(*more: Row, policy: str | None = REJECT) -> Zones:
    """a.example allows the address behind the filter alone; names and keys of all."""
    published: list[Row] = [("_dmarc.a.example", "TXT", policy)] if policy else []
    keys: list[Row] = [(each.key, "TXT", CLAIMS.record(each.key)) for each in (FILTER, SEALER)]
    return zones_of(
        [
            ("a.example", "TXT", f"v=spf1 ip4:{BEHIND} -all"),
            ("25.100.51.198.in-addr.arpa", "PTR", "mx.filter.example."),
            ("200.113.0.203.in-addr.arpa", "PTR", "out.a.example."),
            *published,
            *keys,
            *more,
        ]
    )


def judged(
    *connectors: InboundConnector,
    message: Message | None = None,
    mx: Row = HERE,
    more: Row | None = None,
    policy: str | None = REJECT,
    client: str = CLIENT,
    sender: str = "user1@a.example",
    cert: str | None = None,
    tenant: dict[str, Any] | None = None,
    **switches: Any,
) -> TenantJudgement:
    """Tenant b's judgement of a message of user1@a.example that nothing vouches for."""
    decision = decide(
        a_tenant("b", *connectors, **(tenant or {})), ip=client, sender=sender, cert=cert, **switches
    )
    connection = Connection(
        client=client, server="", key="", session="", started=NOW, helo="mx.filter.example"
    )
    transaction = Transaction(ReversePath.parse(sender))
    message = message or a_message()
    found = zones(mx, *([more] if more else ()), policy=policy)
    seen = answered(see(connection, transaction, message, CLAIMS, a_context()), found)
    to = (Address.parse("user@b.example"),)
    judging = SenderJudgement(seen, connection, transaction, message, decision, to, Switches(**switches))
    return answered(judging.judge(), found)


def action(found: TenantJudgement) -> str:
    assert found.results.dmarc is not None
    return found.results.dmarc.action


def through(signer: Signer, findings: str = PASSED, message: Message | None = None) -> Message:
    """The message after somebody sealed it."""
    message = message or a_message()
    before = answered(validate(message, CLAIMS, NOW), zones())
    return seal(message, findings, before, signer, CLAIMS, NOW, "mx.filter.example")


def trusting(*sealers: str) -> dict[str, Any]:
    return {"trusted_arc_sealers": frozenset(map(Domain, sealers))}


OWN = on_premises(cert="*.b.example")


class TestEnforcement:
    def test_a_policy_of_reject_refuses_incoming_mail(self):
        found = judged()
        assert found.refusal == Reply(
            550,
            "5.7.509",
            "Access denied, sending domain [a.example] does not pass DMARC verification and has a DMARC policy of"
            " reject.",
        )
        assert (found.enforced, action(found)) == (True, "reject")

    @pytest.mark.parametrize(
        ("policy", "wish"),
        [("v=DMARC1; p=quarantine", "quarantine"), ("v=DMARC1; p=none", "none"), (None, "none")],
        ids=["quarantine", "none", "no-policy"],
    )
    def test_any_other_policy_refuses_nothing(self, policy, wish):
        found = judged(policy=policy)
        assert (found.refusal, action(found)) == (None, wish)

    def test_on_connector_mail_nothing_is_enforced(self):
        found = judged(OWN, cert="mx.b.example")
        assert (found.enforced, found.refusal, action(found)) == (False, None, "oreject")
        assert found.results.compauth is None
        assert not found.suspect

    def test_it_is_by_switch(self):
        found = judged(OWN, cert="mx.b.example", dmarc_on_connector_mail=True)
        assert (found.enforced, action(found)) == (True, "reject")
        assert found.results.compauth is None

    def test_a_tenant_that_does_not_honour_the_policy_refuses_nothing(self):
        found = judged(tenant={"honor_dmarc": False})
        assert (found.enforced, found.refusal, action(found)) == (True, None, "oreject")

    @pytest.mark.parametrize(
        ("mx", "wish"),
        [
            (HERE, "reject"),
            (("b.example", "MX", Mx(10, "b-example.a1.mx.microsoft")), "reject"),
            (ELSEWHERE, "oreject"),
            (("b.example", "MX", Mx(10, "mail.protection.outlook.com")), "oreject"),
            (("b.example", "A", "203.0.113.1"), "oreject"),
        ],
        ids=["here", "new-name", "filter", "service-itself", "no-mx"],
    )
    def test_reject_is_enforced_only_where_the_mx_leads_here(self, mx, wish):
        assert action(judged(mx=mx)) == wish

    def test_one_mx_of_several_is_enough(self):
        assert action(judged(mx=ELSEWHERE, more=HERE)) == "reject"

    def test_quarantine_is_asked_for_wherever_the_mx_leads(self):
        assert action(judged(mx=ELSEWHERE, policy="v=DMARC1; p=quarantine")) == "quarantine"

    def test_of_a_percentage_the_same_message_is_always_on_the_same_side(self):
        """The lot is drawn by Message-ID: 87 for this one."""
        lots = {n: action(judged(policy=f"v=DMARC1; p=reject; pct={n}")) for n in (0, 87, 88, 100)}
        assert lots == {0: "pct.reject", 87: "pct.reject", 88: "reject", 100: "reject"}

    def test_a_message_without_author_has_no_policy(self):
        found = judged(message=Message((Header.of("Subject", "x"),), b""))
        assert (found.results.dmarc, found.refusal) == (None, None)
        assert found.step(a_context()).dmarc == "none"


class TestCompositeAuthentication:
    def test_a_failed_author_is_suspect(self):
        found = judged()
        assert found.results.compauth is not None
        assert (found.results.compauth.result, found.results.compauth.reason) == (CompAuth.FAIL, "000")
        assert found.suspect

    def test_a_vouched_author_is_not(self):
        found = judged(client=BEHIND)
        assert (found.results.spf.result, found.suspect, found.refusal) == (Spf.PASS, False, None)

    def test_the_own_domain_is_told_apart(self):
        found = judged(tenant={"domains": ("a.example", "b.example"), "users": ("user@b.example",)})
        assert found.results.compauth is not None
        assert found.results.compauth.reason == "010"

    def test_a_client_of_the_author_s_organisation_is_a_soft_pass(self):
        found = judged(policy=None, client=BEHIND, sender="x@z.example")
        assert found.results.compauth is not None
        assert found.results.compauth.result is CompAuth.SOFTPASS
        assert judged(policy=None, sender="x@z.example").suspect


class TestSignatures:
    SIGNER = Signer.direct(Domain("a.example"), "selector1")
    KEY: Row = (SIGNER.key, "TXT", CLAIMS.record(SIGNER.key))

    def test_an_author_s_signature_vouches_and_is_told(self):
        found = judged(message=sign(a_message(), self.SIGNER, CLAIMS), more=self.KEY)
        assert found.results.dmarc == DmarcResult(Dmarc.PASS, "a.example", "none")
        assert step_data(found.step(a_context()))["dkim"] == ["pass a.example"]

    def test_each_signature_is_told(self):
        twice = sign(sign(a_message(), self.SIGNER, CLAIMS), FILTER, CLAIMS)
        found = judged(message=twice, more=self.KEY)
        assert step_data(found.step(a_context()))["dkim"] == ["pass filter.example", "pass a.example"]

    def test_a_null_path_is_judged_by_the_name_in_ehlo(self):
        found = judged(sender="<>")
        assert (found.results.spf.domain, found.results.spf.helo_identity) == ("mx.filter.example", True)


class TestSeals:
    def test_without_a_chain_there_is_no_word_of_it(self):
        found = judged()
        assert found.results.arc is None
        assert "R174" not in found.step(a_context()).rules

    def test_a_stranger_s_seal_is_told_but_not_believed(self):
        found = judged(message=through(FILTER))
        assert found.results.arc is not None
        assert (found.results.arc.result, found.results.arc.trusted) == (Arc.PASS, False)
        assert action(found) == "reject"

    @pytest.mark.parametrize(
        ("policy", "wish"),
        [
            (REJECT, "oreject"),
            ("v=DMARC1; p=quarantine", "none"),
            ("v=DMARC1; p=reject; pct=0", "pct.reject"),
        ],
        ids=["reject", "quarantine", "other"],
    )
    def test_a_trusted_sealer_overrides_the_policy(self, policy, wish):
        found = judged(message=through(FILTER), policy=policy, tenant=trusting("filter.example"))
        assert found.results.arc is not None
        assert found.results.arc.trusted
        assert (action(found), found.refusal, found.suspect) == (wish, None, False)
        assert found.results.compauth is not None
        assert found.results.compauth.reason == "130"

    @pytest.mark.parametrize(
        "findings",
        ["spf=fail; dmarc=fail header.from=a.example", "dmarc=pass header.from=z.example"],
        ids=["fail", "other-author"],
    )
    def test_it_overrides_only_what_it_saw_pass(self, findings):
        found = judged(message=through(FILTER, findings), tenant=trusting("filter.example"))
        assert action(found) == "reject"

    def test_only_the_last_sealer_is_believed(self):
        found = judged(message=through(SEALER, message=through(FILTER)), tenant=trusting("filter.example"))
        assert found.results.arc is not None
        assert (found.results.arc.result, found.results.arc.trusted) == (Arc.PASS, False)
        assert action(found) == "reject"

    def test_a_broken_chain_overrides_nothing(self):
        sealed = through(FILTER)
        broken = Message(sealed.headers, b"Changed\r\n")
        found = judged(message=broken, tenant=trusting("filter.example"))
        assert found.results.arc is not None
        assert (found.results.arc.result, found.results.arc.trusted, action(found)) == (
            Arc.FAIL,
            False,
            "reject",
        )

    def test_nothing_is_overridden_that_passed(self):
        found = judged(message=through(FILTER), tenant=trusting("filter.example"), client=BEHIND)
        assert found.results.dmarc == DmarcResult(Dmarc.PASS, "a.example", "none")
        assert found.results.compauth is not None
        assert found.results.compauth.reason == "100"

    def test_microsoft_s_own_seal_is_believed_only_by_switch(self):
        sealed = through(SEALER)
        assert action(judged(message=sealed)) == "reject"
        assert action(judged(message=sealed, arc_override="microsoft_too")) == "oreject"
        assert action(judged(message=through(FILTER), arc_override="microsoft_too")) == "reject"


class TestEnhancedFiltering:
    SKIPS = partner("Filter", ips=(CLIENT,), ef_skip_last_ip=True)
    RECEIVED = Header.of(
        "Received", f"from out.a.example (out.a.example [{BEHIND}]) by mx.filter.example with ESMTP id 1; x"
    )

    def test_the_client_is_judged_where_nothing_is_skipped(self):
        found = judged(partner(ips=(CLIENT,)), message=a_message().on_top((self.RECEIVED,)))
        assert (found.sender.address, found.sender.host) == (CLIENT, "mx.filter.example")
        assert (found.sender_host, found.skipped) == ("mx.filter.example", None)
        assert found.results.spf.result is Spf.FAIL

    def test_the_sender_behind_the_filter_is_judged_instead(self):
        found = judged(self.SKIPS, message=a_message().on_top((self.RECEIVED,)))
        assert (found.sender.address, found.sender.host) == (BEHIND, "out.a.example")
        assert found.skipped is not None
        assert (found.skipped.connector, found.sender_host) == ("Filter", "out.a.example")
        assert (found.results.spf.result, found.results.spf.client) == (Spf.PASS, BEHIND)
        assert found.refusal is None

    def test_the_own_connector_says_whether_to_look_behind(self):
        hybrid = on_premises(cert="*.b.example", ef_skip_last_ip=True)
        message = a_message().on_top((self.RECEIVED,))
        assert judged(hybrid, cert="mx.b.example", message=message).sender.address == BEHIND
        assert judged(OWN, self.SKIPS, cert="mx.b.example", message=message).sender.address == CLIENT

    @pytest.mark.parametrize(
        ("user", "seen"), [("user", BEHIND), ("other", CLIENT)], ids=["meant", "not-meant"]
    )
    def test_a_connector_may_look_behind_for_some_recipients_only(self, user, seen):
        some = partner(ips=(CLIENT,), ef_skip_last_ip=True, ef_users=(Address.parse(f"{user}@b.example"),))
        assert judged(some, message=a_message().on_top((self.RECEIVED,))).sender.address == seen

    def test_behind_a_filter_reject_is_enforced_all_the_same(self):
        received = Header.of("Received", "from z.example (z.example [203.0.113.9]) by mx.filter.example; x")
        found = judged(self.SKIPS, message=a_message().on_top((received,)), mx=ELSEWHERE)
        assert (action(found), found.refusal is not None) == ("reject", True)


class TestStep:
    def test_it_tells_what_was_found(self):
        step = judged().step(a_context())
        assert (type(step), step.at) == (Authenticated, NOW)
        assert step_data(step) == {
            "spf": "fail",
            "dkim": ["none"],
            "dmarc": "fail",
            "arc": "none",
            "compauth": "fail 000",
            "enforced": True,
            "header_from": "a.example",
            "client": CLIENT,
        }

    @pytest.mark.parametrize(
        ("facts", "rules"),
        [
            ({}, ("R166", "R175")),
            ({"connectors": (OWN,), "cert": "mx.b.example"}, ("R166", "R167")),
            ({"message": through(FILTER)}, ("R166", "R175", "R174")),
            (
                {
                    "connectors": (TestEnhancedFiltering.SKIPS,),
                    "message": a_message().on_top((TestEnhancedFiltering.RECEIVED,)),
                },
                ("R166", "R175", "R67"),
            ),
        ],
        ids=["incoming", "connector", "sealed", "skipped"],
    )
    def test_it_names_the_rules_that_applied(self, facts, rules):
        connectors = facts.get("connectors", ())
        found = judged(*connectors, **{key: fact for key, fact in facts.items() if key != "connectors"})
        assert found.step(a_context()).rules == rules

    def test_a_connector_s_mail_has_no_compauth_in_it(self):
        assert judged(OWN, cert="mx.b.example").step(a_context()).compauth == ""
