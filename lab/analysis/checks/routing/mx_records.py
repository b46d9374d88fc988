"""MX records of the company's domains that lead nowhere, or to somebody who does not take the mail."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message, of_host
from lab.analysis.checks.finding import Cure, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import last_step, servers
from lab.analysis.checks.own_senders import Writer, writers
from lab.analysis.checks.routing.next_hops import UNROUTABLE
from lab.core.service_host_names import front_door
from lab.evidence.hop_facts import place
from lab.model.dns import Mx
from lab.model.names import Domain
from lab.model.steps import NextHop, Refused, Routed
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence

_RELAY_DENIED = ("Relay access denied", "TenantAttribution")


@check("MFL-ROUTE-016", Severity.ERROR, "R35", "R100", "R156")
def mail_exchanger(context: AuditContext) -> Iterator[Suspicion]:
    """The MX leads to nobody who takes the mail.

    The MX of a domain with mailboxes has no address, is a null MX, or leads to a gateway or tenant that does not take
    mail for this domain: one that was added, or moved.

    Cure: An MX that leads to the gateway, the tenant or the servers, and the domain on their lists.
    """
    unserved: set[Domain] = set()
    for writer in writers(context):
        probe = Probe((message(stand_ins.OUTSIDE, writer.address),))
        if writer.domain not in unserved and _refused(context, writer, context.play(probe)):
            unserved.add(writer.domain)
            yield _unserved(context, writer, probe)


_WAYS = {way: Sentence(way.value) for way in UNROUTABLE}


def _refused(context: AuditContext, writer: Writer, played: PlayedProbe) -> Sentence:
    routed = last_step(played, stand_ins.OUTSIDE_HOST, Routed)
    how = routed.how if routed else None
    names = [Domain(name) for name in _exchangers(context, writer.domain)]
    ours = all(any(name == domain or name.is_under(domain) for domain in context.domains) for name in names)
    if how in UNROUTABLE and (ours or how is not NextHop.NO_ADDRESS):
        return sentence("nobody can deliver to {domain}: {way}", domain=writer.domain, way=_WAYS[how])
    for fate in played.fates.values():
        for hop in fate.trace.hops[1:2]:
            refused = hop.first(Refused)
            if refused and any(words in refused.reply.text for words in _RELAY_DENIED):
                shown = "{place} refuses mail for {domain}: {reply}"
                return sentence(shown, place=place(hop), domain=writer.domain, reply=refused.reply)
    return NOTHING


def _exchangers(context: AuditContext, domain: Domain) -> tuple[str, ...]:
    rows = context.topology.zones.rows.get((domain, "MX"), ())
    return tuple(row.host for row in rows if isinstance(row, Mx) and row.host)


def _unserved(context: AuditContext, writer: Writer, probe: Probe) -> Suspicion:
    path = f"dns.records[{writer.domain}].MX"
    names = ", ".join(_exchangers(context, writer.domain)) or sentence("none, or a null MX")
    return Suspicion(
        about=writer.domain,
        text=sentence("mail from outside for {domain} finds nobody who takes it", domain=writer.domain),
        facts=(
            fact(path, "MX of {domain}: {name}", domain=writer.domain, name=names),
            fact("", "{address} has a mailbox", address=writer.address),
        ),
        probe=probe,
        shows=partial(_refused, context, writer),
        cures=tuple(_takers(context, writer.domain)),
    )


def _takers(context: AuditContext, domain: Domain) -> Iterator[Cure]:
    """The gateway that MX names takes the domain; or the MX is the tenant, or the servers."""
    for host in context.filters():
        if str(host.fqdn) in _exchangers(context, domain):
            change = {of_host(host, "accepts_domains"): [*map(str, host.accepts_domains), str(domain)]}
            yield cure("{host} takes mail for {domain}", change, host=host.name, domain=domain)
    for tenant in context.tenants:
        if tenant.accepts(domain) is not None:
            yield _mx(domain, str(front_door(domain)))
            return
    for organization in context.organizations:
        for name in servers(context, organization)[:1]:
            yield _mx(domain, name)


def _mx(domain: Domain, name: str) -> Cure:
    change: SettingChange = {f"dns.records[{domain}].MX": f"0 {name}"}
    return cure("MX of {domain}: {name}", change, domain=domain, name=name)
