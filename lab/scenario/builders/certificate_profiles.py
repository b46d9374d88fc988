"""Certificate profiles: each may start from another one that says what is wrong with it (`certs/profiles.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.errors import words_of
from lab.model.certificate import CertificateProfile
from lab.model.names import DomainPattern
from lab.scenario.builders import service_machines
from lab.scenario.language.party_keys import CertificateKeys
from lab.scenario.syntax.problem_report import unknown
from lab.scenario.syntax.records import Fields, keys_of
from lab.scenario.syntax.scalar_values import in_lab
from lab.sentence import sentence


def profiles(read: Mapping[str, Fields]) -> dict[str, CertificateProfile]:
    """All certificates that have names, and the service's own; those without are kinds to start from."""
    profiles = (profile(name, read) for name in read)
    return {
        service_machines.PROFILE: service_machines.eop_certificate(),
        **{profile.name: profile for profile in profiles if profile.names},
    }


def profile(name: str, read: Mapping[str, Fields]) -> CertificateProfile:
    """The certificate of that name, or the kind to start from."""
    own = read[name]
    values = _inherited(read, own, ())
    certificate_names = values.get(CertificateKeys.names.name, ())
    for text in certificate_names:
        _check_name(text, own)
    settings = {field: values.get(key.name, key.default) for field, key in keys_of(CertificateKeys).items()}
    del settings["profile"]
    names = tuple(text.strip().lower() for text in certificate_names)
    return CertificateProfile(name=name, **settings | {"names": names})


def _inherited(read: Mapping[str, Fields], own: Fields, seen: tuple[Fields, ...]) -> dict[str, Any]:
    start = own[CertificateKeys.profile]
    if start is None:
        return dict(own.values)
    if start not in read:
        wanted = sentence("no certificate is named {name!r}", name=start)
        own.wrong(CertificateKeys.profile, wanted, unknown(start, read))
        return dict(own.values)
    if read[start] in seen:
        own.wrong(CertificateKeys.profile, sentence("certificates that start from each other in a circle"))
        return dict(own.values)
    return {**_inherited(read, read[start], (*seen, own)), **own.values}


def _check_name(text: str, own: Fields) -> None:
    try:
        pattern = DomainPattern.parse(text)
        if pattern.domain is not None:
            in_lab(pattern.domain, real=own.at.report.real)
    except ValueError as error:
        own.wrong(CertificateKeys.names, sentence("host names or *.domain"), words_of(error))
        return
    if pattern.is_any:
        wanted = sentence("a certificate cannot be for *")
        own.wrong(CertificateKeys.names, wanted, sentence("such as *.contoso.example"))
