"""Certificates and machines: what no cmdlet can do, and those few things that one can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from lab.model.certificate import CertificateProfile, KeyUsage, Validity, is_public
from lab.model.topology import Host, Topology
from lab.reports.cures.todo_types import Todo, TodoStep, on_premises, thumbprint
from lab.reports.text.powershell_text import Expression, cmdlet
from lab.scenario.model import Variant
from lab.sentence import Sentence, listed, sentence

_CERTIFICATES = sentence("certificates")
_PUBLIC_CA, _NONE = sentence("a public CA"), sentence("none")
_MENDED = "{name} ({names}): {what}"
_BY_NAME = ("certificate", "certificates", "client_certificate", "name", "organization", "role")
"""Fields that have words of their own, or that do not change."""


def certificates(before: Variant, after: Variant) -> Iterator[Todo]:
    """New certificates and changed ones, and which of them an Exchange server is to have."""
    for name, profile in after.profiles.items():
        was = before.profiles.get(name)
        if was is None:
            yield _requested(profile, after.topology)
        elif was != profile:
            yield from (
                Todo(
                    _CERTIFICATES,
                    sentence(_MENDED, name=name, names=_names(profile), what=what),
                    step=TodoStep.PREPARATION,
                )
                for what in _mended(was, profile)
            )
    for host, old in _hosts(before.topology, after.topology):
        if host.holds_mailboxes and host.certificate != old.certificate and host.certificate:
            yield _enabled(host, after)


def _requested(profile: CertificateProfile, topology: Topology) -> Todo:
    """A request to a CA; where an Exchange server is to have the certificate, by its own cmdlet."""
    public = is_public(profile.issuer)
    text = sentence(
        "request a certificate with the names {names} from {issuer}, for {machines}",
        names=_names(profile),
        issuer=_PUBLIC_CA if public else sentence("the CA {issuer}", issuer=profile.issuer),
        machines=_users(profile.name, topology),
    )
    organization = next(
        (host.organization for host in _holders(profile.name, topology) if host.organization), None
    )
    if organization is None or not profile.names:
        return Todo(_CERTIFICATES, text, step=TodoStep.PREPARATION)
    request = cmdlet(
        "New-ExchangeCertificate -GenerateRequest",
        {"SubjectName": f"CN={profile.names[0]}", "DomainName": profile.names, "PrivateKeyExportable": True},
    )
    text = sentence("{request}; its answer goes to Import-ExchangeCertificate", request=text)
    return Todo(on_premises(organization), text, (request,), TodoStep.PREPARATION)


def _holders(name: str, topology: Topology) -> tuple[Host, ...]:
    """Exchange servers that show a certificate, or have a connector that does."""
    named = {
        organization.name
        for organization in topology.organizations.values()
        if any(connector.tls_certificate_name == name for connector in organization.send_connectors)
    }
    exchange = (host for host in topology.hosts.values() if host.holds_mailboxes)
    return tuple(host for host in exchange if host.certificate == name or host.organization in named)


def _users(name: str, topology: Topology) -> Sentence:
    others = (host for host in topology.hosts.values() if host.certificate == name)
    hosts = dict.fromkeys(host.name for host in (*_holders(name, topology), *others))
    return listed(hosts) if hosts else sentence("no machine yet")


def _enabled(host: Host, variant: Variant) -> Todo:
    certificate = host.certificate or ""
    use = "on {host}: have SMTP use the certificate {certificate}"
    text = sentence(use, host=host.fqdn, certificate=_called(certificate, variant))
    line = cmdlet(
        "Enable-ExchangeCertificate", {"Thumbprint": thumbprint(certificate), "Services": Expression("SMTP")}
    )
    return Todo(on_premises(host.organization or ""), text, (line,), TodoStep.EXCHANGE)


def _mended(old: CertificateProfile, new: CertificateProfile) -> Iterator[Sentence]:
    """What is to be different."""
    if old.missing_intermediate and not new.missing_intermediate:
        yield sentence("install the intermediate certificate beside it, so that the whole chain is sent")
    if old.names != new.names:
        renamed = "get a new one with the names {names} (it has {former})"
        yield sentence(renamed, names=_names(new), former=_names(old))
    if (old.issuer, old.self_signed) != (new.issuer, new.self_signed):
        issuer = _PUBLIC_CA if is_public(new.issuer) else new.issuer
        yield sentence("get a new one from {issuer}, not self-signed", issuer=issuer)
    if old.key_usage is not new.key_usage and new.key_usage is KeyUsage.BOTH:
        yield sentence("get a new one with the key usages serverAuth and clientAuth")
    if (old.validity, old.not_after) != (new.validity, new.not_after) and new.validity is Validity.CURRENT:
        longer = sentence("renew it, to last beyond {date}", date=old.not_after)
        yield longer if old.not_after else sentence("renew it")


def machines(before: Variant, after: Variant) -> Iterator[Todo]:
    """Gateways and other machines, and what is not a certificate on Exchange's."""
    for host, old in _hosts(before.topology, after.topology):
        where = _machine(host)
        if not host.holds_mailboxes and host.certificate != old.certificate:
            shown = _called(host.certificate, after) if host.certificate else _NONE
            shows = "the certificate that it shows: {certificate} (now {former})"
            text = sentence(shows, certificate=shown, former=old.certificate or _NONE)
            yield Todo(where, text, step=TodoStep.LAST)
        if old.client_certificate != host.client_certificate:
            yield Todo(where, _client_certificate(shows=host.client_certificate), step=TodoStep.LAST)
        yield from (Todo(where, text, step=TodoStep.LAST) for text in _settings(old, host))
    for name, host in after.topology.hosts.items():
        if name not in before.topology.hosts:
            text = sentence("a new machine: {role}, address {address}", role=host.role, address=host.source)
            yield Todo(_machine(host), text, step=TodoStep.PREPARATION)
    for name in before.topology.hosts:
        if name not in after.topology.hosts:
            gone = sentence("take the machine out of service")
            yield Todo(sentence("{name}", name=name), gone, step=TodoStep.LAST)


def _machine(host: Host) -> Sentence:
    return sentence("{name} ({fqdn})", name=host.name, fqdn=host.fqdn)


def _client_certificate(*, shows: bool) -> Sentence:
    if shows:
        return sentence("show the certificate as a client too, when it sends")
    return sentence(
        "show no client certificate when it sends; what it shows as a server stays "
        "(in Postfix: smtp_tls_cert_file and smtp_tls_key_file empty)"
    )


def _settings(old: Host, new: Host) -> Iterator[Sentence]:
    for field in fields(new):
        was, now = getattr(old, field.name), getattr(new, field.name)
        if was != now and field.name not in _BY_NAME:
            setting = "{setting}: {value} (now {former})"
            name = field.name.replace("_", " ")
            yield sentence(setting, setting=name, value=_told(now), former=_told(was))


def _told(value: Any) -> Sentence | str:
    if isinstance(value, tuple | frozenset):
        return listed(sorted(value) if isinstance(value, frozenset) else value) if value else _NONE
    return _NONE if value is None else str(value)


def _hosts(before: Topology, after: Topology) -> Iterator[tuple[Host, Host]]:
    """Machines that are on both sides: as they are to be, and as they are."""
    for name, host in after.hosts.items():
        if name in before.hosts:
            yield host, before.hosts[name]


def _called(certificate: str, variant: Variant) -> Sentence | str:
    profile = variant.profiles.get(certificate)
    return sentence("{name} ({names})", name=certificate, names=_names(profile)) if profile else certificate


def _names(profile: CertificateProfile) -> Sentence:
    return listed(profile.names) if profile.names else _NONE
