"""What a front end finds out about a message's sender: SPF, DKIM, ARC, DMARC, and composite authentication.

SPF is evaluated at every entry, against the client of that entry (R166), or against the one behind the filters that the
tenant's connector skips (R67). For mail of a connector the result is stamped, but not enforced (R167, R250). Whether
the target lets a misrouted message in follows from that (R177).
"""

from __future__ import annotations

from dataclasses import replace
from zlib import crc32

from lab.core.attribution_result import Attribution
from lab.core.authentication import arc, dkim, dmarc
from lab.core.authentication.arc_findings import trusted_result
from lab.core.authentication.composite import composite
from lab.core.authentication.results import (
    Arc,
    ArcResult,
    AuthenticationResults,
    CompAuth,
    DkimResult,
    Dmarc,
    DmarcResult,
    SpfResult,
)
from lab.core.authentication.signature_suite import Suite
from lab.core.authentication.signers import SEALER
from lab.core.authentication.spf import check_sender
from lab.core.service_host_names import SERVICE
from lab.core.skip_listing import Sender, SkipListing, skip_listed
from lab.model.decision import Verdict
from lab.model.dns import DnsAnswer, DnsQueries, DnsQuestion, DnsRecords
from lab.model.message import Message
from lab.model.names import Address, Domain
from lab.model.reply import Reply
from lab.model.steps import Authenticated, SignatureResult
from lab.model.switches import Switches
from lab.model.tenant import Tenant
from lab.model.transport import Connection, Context, Transaction
from lab.model.value import dataclass
from lab.nodes.node_steps import author_domain, ptr_name

_OVERRIDDEN = {"reject": "oreject", "quarantine": "none"}
"""What becomes of a policy's wish when a trusted sealer vouches: Microsoft's word `oreject`, override reject."""


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What is true of a message whoever its recipients are."""

    client_host: str
    """PTR name of the client."""
    spf: SpfResult
    dkim: tuple[DkimResult, ...]
    arc: ArcResult


@dataclass(frozen=True, slots=True)
class TenantJudgement:
    """What one tenant makes of it."""

    results: AuthenticationResults
    enforced: bool
    sender: Sender
    """Whose mail it was judged as: the client, unless Enhanced Filtering looked behind it."""
    sender_host: str
    """PTR name of the sender."""
    skipped: SkipListing | None = None
    refusal: Reply | None = None

    @property
    def suspect(self) -> bool:
        """Whether it goes to junk: composite authentication failed (R169)."""
        return self.results.compauth is not None and self.results.compauth.result is CompAuth.FAIL

    def step(self, context: Context) -> Authenticated:
        """For the trace."""
        results = self.results
        rules = ["R166", "R175" if self.enforced else "R167"]
        rules += ["R67"] if self.skipped else []
        rules += ["R174"] if results.arc else []
        return Authenticated(
            spf=results.spf.result.value,
            dkim=tuple(SignatureResult(str(d.result), str(d.domain)) for d in results.dkim),
            dmarc=results.dmarc.result.value if results.dmarc else "none",
            arc=results.arc.result.value if results.arc else "none",
            compauth=f"{results.compauth.result} {results.compauth.reason}" if results.compauth else "",
            enforced=self.enforced,
            header_from=str(results.dmarc.author_domain) if results.dmarc else "",
            client=self.sender.address,
            rules=tuple(rules),
            at=context.now,
        )


def see(
    connection: Connection, transaction: Transaction, message: Message, suite: Suite, context: Context
) -> DnsQueries[MessageFacts]:
    """Look once."""
    client_host = yield from ptr_name(connection.client)
    spf = yield from check_sender(connection.client, transaction.reverse_path, connection.helo)
    signatures = yield from dkim.verify(message, suite, context.now)
    chain = yield from arc.validate(message, suite, context.now)
    return MessageFacts(client_host, spf, signatures, chain)


@dataclass(frozen=True, slots=True)
class SenderJudgement:
    """One message at one tenant."""

    seen: MessageFacts
    connection: Connection
    transaction: Transaction
    message: Message
    attribution: Attribution
    recipients: tuple[Address, ...]
    switches: Switches

    def judge(self) -> DnsQueries[TenantJudgement]:
        """R167: not enforced on connector mail, unless the switch says so; R175: reject only if the tenant honours it."""
        tenant = self.attribution.tenant
        assert tenant is not None
        client = Sender(self.connection.client, self.connection.helo)
        skipped = skip_listed(self.message, client, tenant, self.recipients, self.attribution.connector)
        sender, host, spf = client, self.seen.client_host, self.seen.spf
        if skipped is not None:
            sender = skipped.sender
            host = yield from ptr_name(sender.address)
            spf = yield from check_sender(sender.address, self.transaction.reverse_path, sender.host)
        incoming = self.attribution.verdict is Verdict.INCOMING
        enforced = incoming or self.switches.dmarc_on_connector_mail
        policy = yield from self._policy(tenant, spf, enforced=enforced, direct=skipped is None)
        chain = self._chain(tenant)
        overridden = policy is not None and policy.result is Dmarc.FAIL and self._vouched(policy, chain)
        if policy is not None and overridden:
            policy = replace(policy, action=_OVERRIDDEN.get(policy.action, policy.action))
        author = policy.author_domain if policy else None
        own = author is not None and tenant.accepts(Domain(author)) is not None
        results = AuthenticationResults(
            spf,
            self.seen.dkim,
            policy,
            chain if chain.result is not Arc.NONE else None,
            composite(policy, own=own, overridden=overridden, client_host=host) if incoming else None,
        )
        return TenantJudgement(results, enforced, sender, host, skipped, _refusal(policy))

    def _policy(
        self, tenant: Tenant, spf: SpfResult, *, enforced: bool, direct: bool
    ) -> DnsQueries[DmarcResult | None]:
        author = author_domain(self.message)
        if author is None:
            return None
        draw = (
            crc32(self.message.message_id.encode()) % 100
        )  # pct= falls the same way in every body of the lab
        honoured = enforced and tenant.honor_dmarc
        policy = yield from dmarc.evaluate(author, spf, self.seen.dkim, enforced=honoured, draw=draw)
        if policy.action == "reject" and direct and not (yield from _mx_is_here(self.recipients[0].domain)):
            return replace(
                policy, action="oreject"
            )  # R175: behind somebody's filter only with Enhanced Filtering
        return policy

    def _chain(self, tenant: Tenant) -> ArcResult:
        """The chain, marked if the last sealer may override DMARC here (R174)."""
        arc = self.seen.arc
        return replace(arc, trusted=True) if set(arc.sealers[-1:]) & self._trusted(tenant) else arc

    def _vouched(self, policy: DmarcResult, chain: ArcResult) -> bool:
        tenant = self.attribution.tenant
        assert tenant is not None
        if chain.result is not Arc.PASS:
            return False
        return trusted_result(arc.chain_of(self.message), Domain(policy.author_domain), self._trusted(tenant))

    def _trusted(self, tenant: Tenant) -> frozenset[str]:
        own = {SEALER.domain} if self.switches.arc_override == "microsoft_too" else set()
        return frozenset(own) | tenant.trusted_arc_sealers


def _refusal(policy: DmarcResult | None) -> Reply | None:
    if policy is None or policy.action != "reject":
        return None
    text = (
        f"Access denied, sending domain [{policy.author_domain}] does not pass DMARC verification and has a "
        "DMARC policy of reject."
    )
    return Reply(550, "5.7.509", text)


def _mx_is_here(domain: Domain) -> DnsQueries[bool]:
    """Whether mail for a domain comes to Exchange Online first."""
    answer: DnsAnswer = yield DnsQuestion(domain, "MX")
    hosts = [mx.host for mx in answer.mx()] if isinstance(answer, DnsRecords) else []
    return any(Domain(host).is_under(SERVICE) or host.endswith(".mx.microsoft") for host in hosts)
