"""Which certificate does the gateway show? No cmdlet tells; where nothing else does, each possibility becomes a variant."""

from __future__ import annotations

from collections.abc import Sequence

from lab.importers.assembly.certificate_collection import (
    CertificateCollection,
    CollectedCertificate,
    key_of,
    usable,
)
from lab.importers.assembly.machine_drafts import MachineDraft, MachineFacts
from lab.importers.types import ExportLocation, FoundGateway
from lab.scenario.syntax.yaml_dump import PlainData
from lab.sentence import sentence

_RULES = ("R3", "R10", "R76", "R77", "R85", "R129")
_ANSWER = sentence(
    "Put a file into the export folder: the filter's client certificate (gateway.pem, without its key), the output of "
    "`openssl s_client -starttls smtp -showcerts -connect FILTER:25`, or `postconf -n` of a Postfix. Or say `certificate:` "
    "or `client_certificate: false` in answers.yaml."
)
_CERTAIN = frozenset(
    ("smtp_tls_cert_file", "smtp_tls_eccert_file", "smtp_tls_chain_files", "smtp_tls_dcert_file")
)


def settled(
    machine: MachineDraft, shown: Sequence[CollectedCertificate], postfix: FoundGateway | None
) -> bool:
    """Give a gateway the certificate that a file tells; whether there is one."""
    if shown:
        machine.table["certificate"] = shown[0].key
    settings = postfix.settings if postfix is not None else {}
    silent = postfix is not None and not any(settings.get(name, "").strip() for name in _CERTAIN)
    if silent:  # without one of these settings, a Postfix shows no client certificate
        machine.table["client_certificate"] = False
    return silent or bool(shown)


def variants(
    facts: MachineFacts,
    machine: MachineDraft,
    exchange: CollectedCertificate | None,
    store: CertificateCollection,
    postfix: FoundGateway | None,
) -> PlainData:
    """A variant for each possibility, the most dangerous one first: whoever looks at one only must not miss the fault."""
    text = sentence(
        "The exports do not tell which certificate {machine} shows to Exchange Online; each variant tries one.",
        machine=machine.key,
    )
    facts.ask(machine.key, "certificate", text, _ANSWER, *_RULES)
    setting = f"organizations.{facts.key}.hosts.{machine.key}"
    alternatives: PlainData = {}
    if exchange is not None:
        alternatives["filter-shows-exchange-certificate"] = {
            "title": "The filter shows Exchange's certificate",
            "why": "Not known: one certificate on both is the article's fault, so it is looked at first (R3, R85).",
            "change": {f"{setting}.certificate": exchange.key},
        }
    names = usable((*machine.names, *facts.domains[:1])) if machine.names else ()
    if names and (exchange is None or exchange.names != names[:1]):
        key = key_of(names) if key_of(names) != "wildcard" else "gateway"
        place = facts.send[0].given.place if facts.send else ExportLocation("")
        own = store.enter(CollectedCertificate(key=key, names=names[:1], place=place))
        alternatives["filter-shows-its-own"] = {
            "title": "The filter shows a certificate of its own name",
            "why": "Not known: a certificate of its own, which a wildcard on a connector would still cover (R73).",
            "change": {f"{setting}.certificate": own.key},
        }
    if postfix is None:
        alternatives["filter-shows-nothing"] = {
            "title": "The filter shows no client certificate",
            "why": "Not known: without one, address and recipient decide (R7, R15).",
            "change": {f"{setting}.client_certificate": False},
        }
    return alternatives
