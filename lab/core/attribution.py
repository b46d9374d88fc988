"""Attribution: which tenant and which connector a message is taken to speak for. R1-R44.

A pure decision on facts: the client's credentials, the reverse-path, one recipient. The recipient is the last thing
that is looked at, and only if neither certificate nor reverse-path has settled the matter (R4, R54); this order is the
fault that the lab exists to show (R13, R14).
"""

from __future__ import annotations

from hashlib import sha256

from lab.core.attribution_result import Attribution
from lab.core.client_credentials import Credentials
from lab.core.directory import Candidate, TenantDirectory
from lab.core.incoming import admit, in_scope
from lab.model.decision import Basis, Direction, Reason, Verdict, Why
from lab.model.names import Address, Domain, ReversePath
from lab.model.reply import Reply
from lab.model.switches import Switches
from lab.model.tenant import InboundConnector, Tenant
from lab.model.value import dataclass

RELAY_DENIED = Reply(550, "5.7.64", "TenantAttribution; Relay Access Denied")
ATTR36 = Reply(
    550,
    "5.7.64",
    "Relay Access Denied ATTR36. For more details please refer to https://support.microsoft.com/kb/3169958",
)
ATTR35 = Reply(
    451,
    "4.4.62",
    "Mail sent to the wrong Office 365 region. ATTR35. For more information please go to "
    "https://go.microsoft.com/fwlink/?linkid=865268",
)
BAD_CONNECTOR = Reply(550, "5.7.711", "Access denied, bad inbound connector. AS(2204)")
BAD_CERTIFICATE = Reply(454, "4.7.5", "Certificate validation failure")


@dataclass(frozen=True, slots=True)
class _Choice:
    candidate: Candidate
    owner: Why
    """What settles the tenant, in the order of R3."""
    rules: tuple[str, ...]


def attribute(
    credentials: Credentials,
    reverse_path: ReversePath,
    recipient: Address,
    *,
    region: str,
    directory: TenantDirectory,
    switches: Switches,
    author: Domain | None = None,
) -> Attribution:
    """Decide for one recipient which tenant the message travels through, and whether the front end takes it.

    `author` (P2) counts only with `p2_counts_for_relay`, the rule before 1 Nov 2023 (R49).
    Never raises; every outcome is a value with its reason.
    """
    case = _Case(credentials, reverse_path, recipient, region, directory, switches, author)
    if credentials.refused:
        return case.refuse(BAD_CERTIFICATE, Reason.CERTIFICATE_REFUSED, ("R114", *credentials.rules))
    candidates = directory.by_certificate(credentials.names, switches) if credentials.names else []
    addressed = directory.by_address(credentials.number)
    if addressed:
        known = {(c.tenant.name, c.connector.name) for c in candidates}
        candidates += [c for c in addressed if (c.tenant.name, c.connector.name) not in known]
    case.candidates = tuple(candidates)
    if candidates:
        choice = case.choose()
        if choice is not None:
            return case.originating(choice)
        if case.tie_rejected:
            return case.refuse(RELAY_DENIED, Reason.TIE_REJECTED, ("R18", "R35"))
    return case.by_recipient()


@dataclass(slots=True)
class _Case:
    """One decision in the making."""

    credentials: Credentials
    reverse_path: ReversePath
    recipient: Address
    region: str
    directory: TenantDirectory
    switches: Switches
    author: Domain | None
    candidates: tuple[Candidate, ...] = ()
    tie_rejected: bool = False

    # -- step B: which of the candidates' tenants

    def choose(self) -> _Choice | None:
        """Owner of the certificate's domain, then of the MAIL FROM domain, then of the RCPT TO domain (R3)."""
        usable = [c for c in self.candidates if self._usable(c)]
        choice = self._by_certificate(usable)
        if choice is not None or self.tie_rejected:
            return choice
        return (
            self._by_reverse_path(usable)
            or self._by_author(usable)
            or self._by_rcpt(usable)
            or self._by_address_alone(usable)
        )

    def _usable(self, candidate: Candidate) -> bool:
        """R60: no TLS, no match by address; R57: SenderDomains scope OnPremises connectors only by switch (U8)."""
        connector = candidate.connector
        if not candidate.match and connector.require_tls and not self.credentials.tls:
            return False
        return in_scope(connector, self.reverse_path, self.switches)

    def _by_certificate(self, usable: list[Candidate]) -> _Choice | None:
        owners = [c for c in usable if c.match and self.certificate_domain_accepted(c)]
        if not owners:
            return None
        rules = ("R3", "R5", "R83") if self._tests_accepted else ("R3",)
        if len({c.tenant.name for c in owners}) == 1:
            return _Choice(min(owners, key=_order), Why.CERTIFICATE_DOMAIN, rules)
        return self._break_tie(owners, rules)

    def _by_reverse_path(self, usable: list[Candidate]) -> _Choice | None:
        fitting = [
            c for c in usable if c.tenant.accepts(self.reverse_path.domain) and self._name_may_count(c)
        ]
        return _Choice(min(fitting, key=_order), Why.REVERSE_PATH_DOMAIN, ("R3", "R5")) if fitting else None

    def _by_author(self, usable: list[Candidate]) -> _Choice | None:
        if not self.switches.p2_counts_for_relay or self.author is None:
            return None
        fitting = [c for c in usable if c.tenant.accepts(self.author)]
        return _Choice(min(fitting, key=_order), Why.REVERSE_PATH_DOMAIN, ("R45", "R49")) if fitting else None

    def _by_rcpt(self, usable: list[Candidate]) -> _Choice | None:
        """Only for address matches: an unaccepted certificate name is no match here (R7, R11)."""
        fitting = [c for c in usable if not c.match and c.tenant.accepts(self.recipient.domain)]
        return _Choice(min(fitting, key=_order), Why.RECIPIENT_DOMAIN, ("R3", "R7")) if fitting else None

    def _by_address_alone(self, usable: list[Candidate]) -> _Choice | None:
        """Before July 2017 no domain had to be accepted: a printer's address was enough to relay (R45)."""
        fitting = [c for c in usable if not c.match]
        if self.switches.attribution_order != "legacy_pre2026" or not fitting:
            return None
        if len({c.tenant.name for c in fitting}) == 1:
            return _Choice(min(fitting, key=_order), Why.ADDRESS_ALONE, ("R45",))
        return self._break_tie(fitting, ("R45",))

    @property
    def _tests_accepted(self) -> bool:
        return (
            self.switches.require_accepted_cert_domain and self.switches.attribution_order != "legacy_pre2026"
        )

    def certificate_domain_accepted(self, candidate: Candidate) -> bool:
        """Whether the connector's value passes the test of R83, where there is one."""
        return not self._tests_accepted or candidate.value_accepted

    def _name_may_count(self, candidate: Candidate) -> bool:
        """U19: REL lets an accepted P1 stand in for an unaccepted certificate name, HYTLS does not (W14)."""
        return not candidate.match or self.switches.unaccepted_cert_name == "p1_may_satisfy"

    def _break_tie(self, owners: list[Candidate], rules: tuple[str, ...]) -> _Choice | None:
        """Several tenants own a name of one certificate: undocumented, hence a switch (R18)."""
        how = self.switches.tenant_tie_break
        rules = (*rules, "R18", "R81")
        if how == "reject":
            self.tie_rejected = True
            return None
        if how == "seeded_random":
            return _Choice(min(owners, key=self._dice), Why.SEEDED_DICE, rules)
        if how == "accepted_domain_then_p1_then_rcpt":
            for domain, owner in (
                (self.reverse_path.domain, Why.REVERSE_PATH_DOMAIN),
                (self.recipient.domain, Why.RECIPIENT_DOMAIN),
            ):
                fitting = [c for c in owners if c.tenant.accepts(domain)]
                if fitting:
                    return _Choice(min(fitting, key=_order), owner, rules)
        return _Choice(min(owners, key=lambda c: (c.tenant.age, c.order)), Why.OLDEST_TENANT, rules)

    def _dice(self, candidate: Candidate) -> str:
        """A throw that depends on the seed and the tenant, never on the order of the configuration."""
        return sha256(
            f"{self.switches.seed}/{candidate.tenant.id}/{candidate.connector.name}".encode()
        ).hexdigest()

    # -- outcomes

    def originating(self, choice: _Choice) -> Attribution:
        """Step C: mail of the chosen tenant; the recipient only steers routing from here on (R6)."""
        tenant, connector, match = choice.candidate.tenant, choice.candidate.connector, choice.candidate.match
        rules = (*self.credentials.rules, *((match.rule,) if match else ("R21",)), *choice.rules)
        if tenant.accepts(self.recipient.domain):
            rules = (*rules, "R16")
        if tenant.region != self.region and self.switches.cross_region == "attr35":
            return self.refuse(ATTR35, Reason.WRONG_REGION, (*rules, "R31", "R32", "R37"), choice=choice)
        if connector.blocked:
            return self.refuse(BAD_CONNECTOR, Reason.CONNECTOR_BLOCKED, (*rules, "R40"), choice=choice)
        return self._verdict(
            Verdict.ORIGINATING,
            tenant,
            reason=Reason.OWN_CONNECTION,
            basis=self._basis(choice),
            choice=choice,
            rules=(*rules, "R6" if match else "R7"),
            direction=Direction.ORIGINATING,
        )

    def by_recipient(self) -> Attribution:
        """Steps D and E: the recipient's tenant takes it as incoming, or nobody does (R15)."""
        tenant = self.directory.owner(self.recipient.domain)
        if tenant is None:
            return self._nobody()
        near = self.directory.near_misses(self.credentials.names, self.switches)
        rules: tuple[str, ...] = (*self.credentials.rules, *near, "R15")
        if any(c.match for c in self.candidates):
            rules = (*rules, "R11")  # a name fitted, but it is not an accepted domain
        if tenant.region != self.region and self.switches.cross_region == "attr35":
            return self.refuse(ATTR35, Reason.WRONG_REGION, (*rules, "R31", "R37"), found_by_recipient=tenant)
        admission = admit(tenant, self.credentials, self.reverse_path, self.recipient, self.switches)
        if admission.reply is not None:
            extra = ("R42",) if "R11" in rules and "R38" in admission.rules else ()
            return self.refuse(
                admission.reply,
                admission.reason,
                (*rules, *admission.rules, *extra),
                found_by_recipient=tenant,
                connector=admission.connector,
            )
        return self._verdict(
            Verdict.INCOMING,
            tenant,
            reason=admission.reason,
            basis=Basis.RECIPIENT,
            connector=admission.connector,
            rules=(*rules, *admission.rules),
            direction=Direction.INCOMING,
        )

    def _nobody(self) -> Attribution:
        """The recipient is in no tenant, and the client speaks for none: no relay (R30, R35, R36)."""
        rules = self.credentials.rules
        if any(c.match for c in self.candidates):
            return self.refuse(ATTR36, Reason.NOT_ACCEPTED, (*rules, "R5", "R11", "R36"))
        if self.candidates:
            extra = ("R29",) if self.reverse_path.is_null else ()
            return self.refuse(RELAY_DENIED, Reason.NOT_ACCEPTED, (*rules, "R5", "R7", "R35", *extra))
        return self.refuse(RELAY_DENIED, Reason.RELAY_DENIED, (*rules, "R35"))

    def refuse(
        self,
        reply: Reply,
        reason: Reason,
        rules: tuple[str, ...],
        *,
        choice: _Choice | None = None,
        found_by_recipient: Tenant | None = None,
        connector: InboundConnector | None = None,
    ) -> Attribution:
        """A refusal, with the tenant whose rules made it and what led there, where there is one."""
        return self._verdict(
            Verdict.REFUSED,
            choice.candidate.tenant if choice else found_by_recipient,
            reason=reason,
            reply=reply,
            rules=rules,
            basis=self._basis(choice) if choice else Basis.RECIPIENT if found_by_recipient else Basis.NONE,
            choice=choice,
            connector=connector,
            direction=Direction.ORIGINATING if choice else Direction.INCOMING if found_by_recipient else None,
        )

    @staticmethod
    def _basis(choice: _Choice) -> Basis:
        return Basis.CERTIFICATE if choice.candidate.match else Basis.ADDRESS

    def _verdict(
        self,
        verdict: Verdict,
        tenant: Tenant | None,
        *,
        reason: Reason,
        rules: tuple[str, ...],
        basis: Basis = Basis.NONE,
        choice: _Choice | None = None,
        connector: InboundConnector | None = None,
        reply: Reply | None = None,
        direction: Direction | None = None,
    ) -> Attribution:
        return Attribution(
            verdict=verdict,
            tenant=tenant,
            reason=reason,
            basis=basis,
            connector=choice.candidate.connector if choice else connector,
            chosen=choice.candidate if choice else None,
            owner=choice.owner if choice else None,
            rules=rules,
            reply=reply,
            direction=direction,
            credentials=self.credentials,
            reverse_path=self.reverse_path,
            recipient=self.recipient,
            candidates=self.candidates,
            directory=self.directory,
            switches=self.switches,
        )


def _order(candidate: Candidate) -> tuple[object, ...]:
    return candidate.order
