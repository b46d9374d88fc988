"""DKIM and DMARC: whether the company's mail is believed, and whether a forgery is."""

from __future__ import annotations

from collections.abc import Iterator

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message
from lab.analysis.checks.finding import Fact, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import authenticated, lost, straight
from lab.analysis.checks.own_senders import (
    Writer,
    domains,
    machine,
    named,
    policy,
    policy_path,
    record_path,
    signed,
    spf_records,
    writers,
)
from lab.core.authentication.signature_suite import tags
from lab.core.authentication.signers import key_records
from lab.model.names import Address, Domain, ReversePath
from lab.model.tenant import Tenant
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence, together

_WANTS = frozenset({"quarantine", "reject"})


def _strict_writers(context: AuditContext) -> Iterator[tuple[Writer, str]]:
    """Who writes from a domain with a policy, and the policy."""
    for writer in writers(context):
        asked = policy(context, writer.domain)
        if asked is not None and asked.policy in _WANTS:
            yield writer, asked.policy


def _dmarc(played: PlayedProbe, where: str) -> str:
    judged = authenticated(played, where)
    return judged.dmarc if judged else ""


# -- own mail


@check("MFL-AUTH-009", Severity.ERROR, "R166", "R171", "R175")
def unaligned(context: AuditContext) -> Iterator[Suspicion]:
    """The company's own mail fails its DMARC policy.

    The domain asks for quarantine or reject, and one of its own ways out passes neither by SPF nor by DKIM. Partners in
    Exchange Online refuse it with 5.7.509, or put it into junk.

    Cure: The machine in the SPF record, or a DKIM signature of the own domain where the mail leaves.
    """
    for writer, asked in _strict_writers(context):
        probe = Probe((message(writer.address, stand_ins.NEAR),))
        played = context.play(probe)
        judged = authenticated(played, stand_ins.NEAR_PLACE)
        unknown = f"fail {writer.domain}" in _signatures(played) and not _missing_keys(context, writer.domain)
        if judged and judged.dmarc == "fail" and not unknown and straight(played):
            yield _refused(context, writer, asked, probe, judged.client)


def _refused(context: AuditContext, writer: Writer, asked: str, probe: Probe, client: str) -> Suspicion:
    def shows(played: PlayedProbe) -> Sentence:
        if _dmarc(played, stand_ins.NEAR_PLACE) != "fail":
            return NOTHING
        junk = "a partner finds dmarc=fail, and puts it into junk: the policy is {policy}"
        return lost(played) or sentence(junk, policy=asked)

    records = spf_records(context, writer.domain)
    host = machine(context, client) or client
    offered = (named(context, writer.domain, (client,)), signed(context, writer))
    unsigned = "it leaves by {host}, without a signature; SPF: {records}"
    record = record_path(context, writer.domain)
    wrong = "mail from {domain} ({side}) fails the company's own DMARC policy"
    return Suspicion(
        about=writer.about,
        text=sentence(wrong, domain=writer.domain, side=writer.side),
        facts=(
            _asks(context, writer, asked),
            fact(record, unsigned, host=host, records=together(records or (sentence("none"),))),
        ),
        probe=probe,
        shows=shows,
        cures=tuple(filter(None, offered)),
    )


def _asks(context: AuditContext, writer: Writer, asked: str) -> Fact:
    path = policy_path(context, writer.domain)
    return fact(path, "DMARC of {domain} asks for {policy}", domain=writer.domain, policy=asked)


@check("MFL-AUTH-006", Severity.WARNING, "R152", "R171", "R175")
def unsigned(context: AuditContext) -> Iterator[Suspicion]:
    """A DMARC policy without DKIM.

    The domain asks for quarantine or reject, and only SPF speaks for its mail. When a recipient passes a message on, it
    comes from another system, under a rewritten reverse-path: SPF no longer speaks for the author, and the next system
    does as the policy says.

    Cure: DKIM for the own domain in Exchange Online, and on the gateway for what leaves by it.
    """
    for writer, asked in _strict_writers(context):
        probe = Probe((message(writer.address, stand_ins.FORWARDER),))
        played = context.play(probe)
        signed_already = any(signature.endswith(f" {writer.domain}") for signature in _signatures(played))
        if _dmarc(played, stand_ins.NEAR_PLACE) == "pass" and not signed_already and straight(played):
            yield _passed_on(context, writer, asked, probe)


def _passed_on(context: AuditContext, writer: Writer, asked: str, probe: Probe) -> Suspicion:
    def shows(played: PlayedProbe) -> Sentence:
        if _dmarc(played, stand_ins.FAR_PLACE) != "fail":
            return NOTHING
        if asked == "reject":
            return sentence("passed on by a partner's mailbox it fails DMARC, and the next system refuses it")
        junk = "passed on by a partner's mailbox it fails DMARC, and the next system puts it into junk"
        return sentence(junk)

    signing = signed(context, writer)
    signs = f"tenants.{writer.owner.name}.dkim" if isinstance(writer.owner, Tenant) else ""
    wrong = "mail from {domain} ({side}) has no DKIM signature of its own domain"
    return Suspicion(
        about=writer.about,
        text=sentence(wrong, domain=writer.domain, side=writer.side),
        facts=(
            _asks(context, writer, asked),
            fact(signs, "only SPF speaks for mail of {address}", address=writer.address),
        ),
        probe=probe,
        shows=shows,
        cures=(signing,) if signing else (),
        condition=sentence("once a recipient passes his mail on to another system"),
    )


@check("MFL-AUTH-008", Severity.NOTE, "R169", "R175")
def forged(context: AuditContext) -> Iterator[Suspicion]:
    """No DMARC policy: anybody may use the domain.

    A message with an author of the company and a reverse-path of the forger passes SPF for the forger's domain. Without
    a policy no receiver is asked to refuse it; Exchange Online may put it into junk by composite authentication.

    Cure: DMARC with p=quarantine or p=reject, once all own mail passes SPF or DKIM.
    """
    for domain in domains(context):
        asked = policy(context, domain)
        if asked is None or asked.policy not in _WANTS:
            author = Address("somebody", domain)
            path = ReversePath(stand_ins.OUTSIDE)
            spec = message(author, stand_ins.NEAR, via=stand_ins.OUTSIDE_HOST, reverse_path=path)
            record = policy_path(context, domain)
            weak = fact(record, "{domain} has no DMARC record", domain=domain)
            if asked is not None:
                weak = fact(record, "{domain} has the policy {policy}", domain=domain, policy=asked.policy)
            forgery = "a server outside writes as {author}, with a reverse-path of its own"
            strict: SettingChange = {f"dns.records[_dmarc.{domain}].TXT": "v=DMARC1; p=reject"}
            yield Suspicion(
                about=domain,
                text=sentence("DMARC of {domain} asks nobody to refuse forgeries", domain=domain),
                facts=(weak, fact("", forgery, author=author)),
                probe=Probe((spec,)),
                shows=_forgery,
                cures=(cure("a policy of reject, once all own mail passes", strict),),
            )


def _forgery(played: PlayedProbe) -> Sentence:
    return NOTHING if lost(played) else sentence("a partner takes the forgery, though maybe as junk")


@check("MFL-AUTH-013", Severity.WARNING, "R171", "R172")
def unverifiable(context: AuditContext) -> Iterator[Suspicion]:
    """A DKIM signature that nobody can check.

    The gateway or the tenant signs, and DNS has no key for the signature: the record was never made, was lost when the
    zone moved, or was revoked. The signature is worth as much as none, and SPF alone has to carry the domain.

    Cure: The key's record in DNS: TXT for a gateway, the two CNAMEs that Exchange Online shows for a tenant.
    """
    for writer in writers(context):
        missing = _missing_keys(context, writer.domain)
        probe = Probe((message(writer.address, stand_ins.NEAR),))
        if missing and straight(context.play(probe)):
            yield _unknown_key(context, writer, missing, probe)


def _missing_keys(context: AuditContext, domain: Domain) -> SettingChange:
    """The records that whoever signs for the domain needs, and that are not there or revoke the key.

    A key that is there and another one than the lab's is the real one: nothing is wrong with it, and the lab cannot
    sign with it.
    """
    topology = context.topology
    needed: dict[str, str] = {}
    for name, kind, row in key_records(topology.tenants.values(), topology.hosts.values()):
        there = topology.zones.rows.get((name, kind), ())
        if Domain(name).is_under(f"_domainkey.{domain}") and all(_revokes(str(record)) for record in there):
            needed[f"dns.records[{name}].{kind}"] = row
    return needed


def _revokes(record: str) -> bool:
    """An empty p= withdraws a key (RFC 6376 3.6.1)."""
    return tags(record).get("p") == "" if record.startswith("v=DKIM1") else False


def _unknown_key(context: AuditContext, writer: Writer, missing: SettingChange, probe: Probe) -> Suspicion:
    def shows(played: PlayedProbe) -> Sentence:
        if f"fail {writer.domain}" not in _signatures(played):
            return NOTHING
        shown = "a partner cannot check the signature of {domain}, and finds dmarc={dmarc}"
        return sentence(shown, domain=writer.domain, dmarc=_dmarc(played, stand_ins.NEAR_PLACE))

    fails = _dmarc(context.play(probe), stand_ins.NEAR_PLACE) == "fail"
    path = next(iter(missing))
    wrong = "mail from {domain} ({side}) is signed with a key that DNS does not have"
    signs = "mail of {address} is signed for {domain}"
    once = sentence("once SPF does not speak for the domain: where somebody passes the mail on")
    return Suspicion(
        about=writer.about,
        text=sentence(wrong, domain=writer.domain, side=writer.side),
        facts=(
            fact(path, "{name} has no such record", name=path.partition("[")[2].partition("]")[0]),
            fact("", signs, address=writer.address, domain=writer.domain),
        ),
        probe=probe,
        shows=shows,
        cures=(cure("DNS has the records of the keys", missing),),
        severity=Severity.ERROR if fails else None,
        condition=NOTHING if fails else once,
    )


def _signatures(played: PlayedProbe) -> list[str]:
    """What a partner makes of each signature: `pass contoso.example`."""
    judged = authenticated(played, stand_ins.NEAR_PLACE)
    return [str(signature) for signature in judged.dkim] if judged else []
