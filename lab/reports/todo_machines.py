"""Certificates and machines: what no cmdlet can do, and those few things that one can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from lab.model.certificate import CertificateProfile, KeyUsage, Validity, is_public
from lab.model.topology import Host, Topology
from lab.reports.powershell import Expression, cmdlet
from lab.reports.todo_nouns import Step, Todo, on_premises, thumbprint
from lab.scenario.model import Variant

_CERTIFICATES = "certificates"
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
                Todo(_CERTIFICATES, f"{name} ({_names(profile)}): {text}", step=Step.PREPARATION)
                for text in _mended(was, profile)
            )
    for host, old in _hosts(before.topology, after.topology):
        if host.holds_mailboxes and host.certificate != old.certificate and host.certificate:
            yield _enabled(host, after)


def _requested(profile: CertificateProfile, topology: Topology) -> Todo:
    """A request to a CA; where an Exchange server is to have the certificate, by its own cmdlet."""
    issuer = "a public CA" if is_public(profile.issuer) else f"the CA {profile.issuer}"
    text = f"request a certificate with the names {_names(profile)} from {issuer}, for {_users(profile.name, topology)}"
    organization = next(
        (each.organization for each in _holders(profile.name, topology) if each.organization), None
    )
    if organization is None or not profile.names:
        return Todo(_CERTIFICATES, text, step=Step.PREPARATION)
    request = cmdlet(
        "New-ExchangeCertificate -GenerateRequest",
        {"SubjectName": f"CN={profile.names[0]}", "DomainName": profile.names, "PrivateKeyExportable": True},
    )
    text = f"{text}; its answer goes to Import-ExchangeCertificate"
    return Todo(on_premises(organization), text, (request,), Step.PREPARATION)


def _holders(name: str, topology: Topology) -> tuple[Host, ...]:
    """Exchange servers that show a certificate, or have a connector that does."""
    named = {
        organization.name
        for organization in topology.organizations.values()
        if any(each.tls_certificate_name == name for each in organization.send_connectors)
    }
    exchange = (each for each in topology.hosts.values() if each.holds_mailboxes)
    return tuple(each for each in exchange if each.certificate == name or each.organization in named)


def _users(name: str, topology: Topology) -> str:
    hosts = (
        *_holders(name, topology),
        *(each for each in topology.hosts.values() if each.certificate == name),
    )
    return ", ".join(dict.fromkeys(each.name for each in hosts)) or "nobody yet"


def _enabled(host: Host, variant: Variant) -> Todo:
    certificate = host.certificate or ""
    text = f"on {host.fqdn}: have SMTP use the certificate {_called(certificate, variant)}"
    line = cmdlet(
        "Enable-ExchangeCertificate", {"Thumbprint": thumbprint(certificate), "Services": Expression("SMTP")}
    )
    return Todo(on_premises(host.organization or ""), text, (line,), Step.EXCHANGE)


def _mended(old: CertificateProfile, new: CertificateProfile) -> Iterator[str]:
    """What is to be different, in words."""
    if old.missing_intermediate and not new.missing_intermediate:
        yield "install the intermediate certificate beside it, so that the whole chain is sent"
    if old.names != new.names:
        yield f"get a new one with the names {_names(new)} (it has {_names(old)})"
    if (old.issuer, old.self_signed) != (new.issuer, new.self_signed):
        yield f"get a new one from {'a public CA' if is_public(new.issuer) else new.issuer}, not self-signed"
    if old.key_usage is not new.key_usage and new.key_usage is KeyUsage.BOTH:
        yield "get a new one with the key usages serverAuth and clientAuth"
    if (old.validity, old.not_after) != (new.validity, new.not_after) and new.validity is Validity.CURRENT:
        yield f"renew it{f', to last beyond {old.not_after}' if old.not_after else ''}"


def machines(before: Variant, after: Variant) -> Iterator[Todo]:
    """Gateways and other machines, and what is not a certificate on Exchange's."""
    for host, old in _hosts(before.topology, after.topology):
        where = f"{host.name} ({host.fqdn})"
        if not host.holds_mailboxes and host.certificate != old.certificate:
            shown = _called(host.certificate, after) if host.certificate else "none"
            text = f"the certificate that it shows: {shown} (now {old.certificate or 'none'})"
            yield Todo(where, text, step=Step.LAST)
        if old.client_certificate != host.client_certificate:
            yield Todo(where, _client_certificate(shows=host.client_certificate), step=Step.LAST)
        yield from (Todo(where, text, step=Step.LAST) for text in _settings(old, host))
    for name, host in after.topology.hosts.items():
        if name not in before.topology.hosts:
            text = f"a new machine: {host.role}, address {host.source}"
            yield Todo(f"{name} ({host.fqdn})", text, step=Step.PREPARATION)
    for name in before.topology.hosts:
        if name not in after.topology.hosts:
            yield Todo(name, "take the machine out of service", step=Step.LAST)


def _client_certificate(*, shows: bool) -> str:
    if shows:
        return "show the certificate as a client too, when it sends"
    return (
        "show no client certificate when it sends; what it shows to those who connect stays "
        "(in Postfix: smtp_tls_cert_file and smtp_tls_key_file empty)"
    )


def _settings(old: Host, new: Host) -> Iterator[str]:
    for each in fields(new):
        was, now = getattr(old, each.name), getattr(new, each.name)
        if was != now and each.name not in _BY_NAME:
            yield f"{each.name.replace('_', ' ')}: {_told(now)} (now {_told(was)})"


def _told(value: Any) -> str:
    if isinstance(value, tuple | frozenset):
        return ", ".join(map(str, sorted(value) if isinstance(value, frozenset) else value)) or "none"
    return "none" if value is None else str(value)


def _hosts(before: Topology, after: Topology) -> Iterator[tuple[Host, Host]]:
    """Machines that are on both sides: as they are to be, and as they are."""
    for name, host in after.hosts.items():
        if name in before.hosts:
            yield host, before.hosts[name]


def _called(certificate: str, variant: Variant) -> str:
    profile = variant.profiles.get(certificate)
    return f"{certificate} ({_names(profile)})" if profile else certificate


def _names(profile: CertificateProfile) -> str:
    return ", ".join(profile.names) or "none"
