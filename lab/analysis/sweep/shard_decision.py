"""A shard is decided: its tenants are put into a directory, the core is asked, and wrong answers become findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from lab.analysis.sweep.connection_questions import Question, alone, any_tenant, with_peer
from lab.analysis.sweep.shard_plan import Peers
from lab.analysis.sweep.types import Customer, MailUse, MessageOrigin, Misroute, ShardResult, TenantConnection
from lab.core.attribution import attribute
from lab.core.attribution_result import Attribution
from lab.core.client_credentials import judge_credentials
from lab.core.directory import Candidate, TenantDirectory
from lab.core.rulebook import Confidence, rule
from lab.model.decision import Reason
from lab.model.names import DomainPattern
from lab.model.switches import Switches
from lab.model.tenant import Tenant
from lab.model.value import dataclass
from lab.words.reasons import reason

_REMEMBERED = 20_000
"""Decisions, each with its candidates."""
_CERTAINTY = (Confidence.DOCUMENTED, Confidence.OBSERVED, Confidence.ASSUMED)


class CachingDirectory(TenantDirectory):
    """A directory that is asked about the same connection again and again, and looks its candidates up once."""

    def __init__(self, tenants: Iterable[Tenant]) -> None:
        super().__init__(tenants)
        self._named: dict[tuple[DomainPattern, ...], list[Candidate]] = {}
        self._addressed: dict[int, list[Candidate]] = {}

    def by_certificate(self, names: tuple[DomainPattern, ...], switches: Switches) -> list[Candidate]:
        """As the directory says; the switches are the same for the whole sweep."""
        if names not in self._named:
            self._named[names] = super().by_certificate(names, switches)
        return list(self._named[names])

    def by_address(self, address: int) -> list[Candidate]:
        """As the directory says."""
        if address not in self._addressed:
            self._addressed[address] = super().by_address(address)
        return list(self._addressed[address])


@dataclass(slots=True)
class ShardDecision:
    """Asks the core about the customers of one directory."""

    customers: Mapping[int, Customer]
    """By their place in the input."""
    switches: Switches
    decisions: int = 0
    _directories: dict[str, TenantDirectory] = field(default_factory=dict)
    """With that tenant of the world that shares nothing, in each region: tenants are the same objects in all."""
    _decided: dict[tuple[object, ...], Attribution] = field(default_factory=dict)

    def decided(self, number: int, asks: Iterable[tuple[int, Peers]]) -> ShardResult:
        """One shard."""
        findings = tuple(self._findings(asks))
        return ShardResult(number=number, decisions=self.decisions, findings=findings)

    def _findings(self, asks: Iterable[tuple[int, Peers]]) -> Iterator[Misroute]:
        for tenant, peers in asks:
            customer = self.customers[tenant]
            shares = {self.customers[peer].name: what for peer, what in peers}
            everywhere: set[tuple[TenantConnection, MailUse, str]] = set()
            for question, decision in self._wrong(alone(customer)):
                attributed = decision.tenant_name or ""
                everywhere.add((question.connection, question.sends, attributed))
                yield misroute(question, decision, customer, "", shares.get(attributed, ""))
            for peer, what in peers:
                other = self.customers[peer]
                for question, decision in self._wrong(with_peer(customer, other)):
                    known = (question.connection, question.sends, decision.tenant_name or "")
                    if question.mail is not MessageOrigin.PEER or known not in everywhere:
                        yield misroute(question, decision, customer, other.name, what)

    def _wrong(self, questions: Iterable[Question]) -> Iterator[tuple[Question, Attribution]]:
        for question in questions:
            decision = self.decide(question)
            if is_wrong(question, decision):
                yield question, decision

    def decide(self, question: Question) -> Attribution:
        """What the front end decides. Tenants behind one gateway ask it the same again and again: it answers once."""
        self.decisions += 1
        connection, region = question.connection, question.region
        shown = (connection.address, connection.tls, connection.certificate)
        asked = (*shown, question.reverse_path, question.recipient, region)
        decision = self._decided.get(asked)
        if decision is None:
            if len(self._decided) >= _REMEMBERED:
                self._decided.clear()
            decision = self._decided[asked] = attribute(
                judge_credentials(*shown, self.switches),
                question.reverse_path,
                question.recipient,
                region=region,
                directory=self._directory(region),
                switches=self.switches,
                author=question.reverse_path.domain,
            )
        return decision

    def _directory(self, region: str) -> TenantDirectory:
        if region not in self._directories:
            tenants = (customer.tenant for customer in self.customers.values())
            self._directories[region] = CachingDirectory((*tenants, any_tenant(region)))
        return self._directories[region]


def is_wrong(question: Question, decision: Attribution) -> bool:
    """Whether a tenant takes or refuses the message that nothing leads it to, or several claim it and none gets it."""
    if decision.tenant is None:
        return decision.reason is Reason.TIE_REJECTED
    return decision.tenant.name not in question.may


def misroute(
    question: Question, decision: Attribution, customer: Customer, peer: str, shares: str
) -> Misroute:
    """A wrong decision as a row of the result; `peer` is '' where the recipient may be in any tenant."""
    connection, attributed = question.connection, decision.tenant_name or ""
    certificate = connection.certificate
    confidences = (rule(id_).confidence for id_ in decision.rules)
    return Misroute(
        tenant=customer.name,
        other=peer or (attributed if attributed != customer.name else ""),
        shares=shares,
        host=connection.host,
        address=connection.address,
        tls=connection.tls,
        names=certificate.names if certificate else (),
        faults=tuple(sorted(fault.value for fault in certificate.faults)) if certificate else (),
        sends=question.sends.value,
        mail=question.mail.value,
        mail_from=str(question.reverse_path).strip("<>"),
        rcpt_to=str(question.recipient),
        region=question.region,
        attributed=attributed,
        verdict=decision.verdict.value,
        basis=decision.basis.value,
        connector=decision.connector_name,
        reply=decision.reply.bare if decision.reply else "",
        reason=str(reason(decision.reason)),
        rules=tuple(dict.fromkeys(decision.rules)),
        confidence=max(confidences, key=_CERTAINTY.index, default=Confidence.DOCUMENTED).value,
    )
