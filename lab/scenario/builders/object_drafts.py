"""Exchange objects in the making: what the wizard would create, with what the author wrote laid over it by name; and what the
cmdlets would refuse of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from fnmatch import fnmatchcase
from typing import Any, Generic, TypeVar

from lab.model.onprem import SendConnector
from lab.model.tenant import ConnectorType, InboundConnector, OutboundConnector, TlsSettings
from lab.model.value import dataclass
from lab.scenario.language.exchange_objects import arguments, parameter
from lab.scenario.syntax.problem_report import unknown
from lab.scenario.syntax.records import Fields
from lab.sentence import NOTHING, Sentence, sentence

M = TypeVar("M")
_ONLY_ON_PREMISES = sentence("only for connectors of type OnPremises")


@dataclass(frozen=True)
class Draft(Generic[M]):
    """An object to be: its class, its arguments, and the place that speaks for it."""

    cls: type[M]
    arguments: Mapping[str, Any]
    written: Fields
    """The record that was written or, for a generated object, the one that had it generated."""

    def get(self, name: str) -> Any:
        """A field's value, its default included."""
        if name in self.arguments:
            return self.arguments[name]
        default = next(field.default for field in fields(self.cls) if field.name == name)  # type: ignore[arg-type]
        return None if default is MISSING else default

    def wrong(self, name: str, wanted: Sentence, hint: Sentence = NOTHING) -> None:
        """Report a problem at a field."""
        self.written.wrong(parameter(name, self.cls), wanted, hint)

    def implying(self, name: str, value: object) -> Draft[M]:
        """With a field that follows from others, unless it is written."""
        return Draft(self.cls, {name: value, **self.arguments}, self.written)


def drafted(
    cls: type[M], written: Iterable[Fields], generated: Iterable[Mapping[str, Any]], by: Fields
) -> tuple[Draft[M], ...]:
    """All objects of a kind: the generated ones with their amendments, then those only written.

    An object that a `change:` addresses by name must exist; its name may end in `*`.
    """
    drafts = {str(arguments["name"]).lower(): Draft(cls, arguments, by) for arguments in generated}
    for record in written:
        own = arguments(record, cls)
        name = str(own["name"])
        fitting = [key for key in drafts if fnmatchcase(key, name.lower().replace("[", "[[]"))]
        if record.removes:
            for key in fitting:
                del drafts[key]
        elif record.amends and not fitting:
            names = (str(draft.arguments["name"]) for draft in drafts.values())
            record.wrong("Name", sentence("no connector is named {name!r}", name=name), unknown(name, names))
        elif record.amends or (fitting and drafts[fitting[0]].written is by):
            for key in fitting:
                kept = {**drafts[key].arguments, **own, "name": drafts[key].arguments["name"]}
                drafts[key] = Draft(cls, kept, record)
        elif fitting:
            wanted = sentence("a second connector named {name!r}", name=name)
            record.wrong("Name", wanted, sentence("names are unique"))
        else:
            drafts[name.lower()] = Draft(cls, own, record)
    return tuple(drafts.values())


def made(drafts: Iterable[Draft[M]]) -> tuple[M, ...]:
    """The model objects; what the cmdlets would refuse of them (R63) is reported."""
    several = tuple(drafts)
    for draft in several:
        if not draft.written.broken:
            check(draft)
    return tuple(draft.cls(**draft.arguments) for draft in several)


def check(draft: Draft[Any]) -> None:
    """What the cmdlet would refuse (R63), said before anything runs."""
    if draft.cls in _CHECKS:
        _CHECKS[draft.cls](draft)


def _inbound(draft: Draft[Any]) -> None:
    """`New-InboundConnector`."""
    _identifies(draft)
    _restricts(draft)
    for network in draft.get("sender_ip_addresses"):
        if network.prefixlen < 24:
            wanted = sentence("{network} is too wide: /24 to /32", network=network)
            draft.wrong("sender_ip_addresses", wanted, sentence("R58"))
    hybrid = [
        name for name in ("cloud_services_mail_enabled", "treat_messages_as_internal") if draft.get(name)
    ]
    for name in hybrid if draft.get("connector_type") is not ConnectorType.ON_PREMISES else ():
        draft.wrong(name, _ONLY_ON_PREMISES, sentence("R63"))
    if len(hybrid) == 2:
        wanted = sentence("never together with CloudServicesMailEnabled")
        draft.wrong("treat_messages_as_internal", wanted, sentence("R63: choose one of them"))


def _identifies(draft: Draft[Any]) -> None:
    name = draft.get("tls_sender_certificate_name")
    if name is None and not draft.get("sender_ip_addresses"):
        if draft.get("connector_type") is ConnectorType.ON_PREMISES:
            problem = sentence("an OnPremises connector needs SenderIPAddresses or TlsSenderCertificateName")
            draft.wrong("connector_type", problem, sentence("R63: nothing else identifies the server"))
        return
    if name is not None and name.is_any:
        wanted = sentence("a domain or *.domain; a bare * is not allowed")
        draft.wrong("tls_sender_certificate_name", wanted, sentence("R80"))
    if name is not None and not draft.get("require_tls"):
        wanted = sentence("must be true with TlsSenderCertificateName")
        draft.wrong("require_tls", wanted, sentence("R63: no TLS, no certificate"))


def _restricts(draft: Draft[Any]) -> None:
    by_name = draft.get("restrict_domains_to_certificate")
    by_address = draft.get("restrict_domains_to_ip_addresses")
    if by_name and by_address:
        wanted = sentence("not together with RestrictDomainsToCertificate")
        draft.wrong("restrict_domains_to_ip_addresses", wanted, sentence("R63: choose one"))
    if by_address and not draft.get("sender_ip_addresses"):
        draft.wrong("restrict_domains_to_ip_addresses", sentence("needs SenderIPAddresses"), sentence("R63"))
    if by_name and draft.get("tls_sender_certificate_name") is None:
        wanted = sentence("needs TlsSenderCertificateName")
        draft.wrong("restrict_domains_to_certificate", wanted, sentence("R63"))
    if (by_name or by_address) and draft.get("connector_type") is ConnectorType.ON_PREMISES:
        field = "restrict_domains_to_certificate" if by_name else "restrict_domains_to_ip_addresses"
        hint = sentence("R22: OnPremises connectors identify a sender and refuse nothing")
        draft.wrong(field, sentence("only for connectors of type Partner"), hint)


def _outbound(draft: Draft[Any]) -> None:
    """`New-OutboundConnector`."""
    if not draft.get("use_mx_record") and not draft.get("smart_hosts"):
        wanted = sentence("SmartHosts are needed when UseMXRecord is false")
        draft.wrong("use_mx_record", wanted, sentence("R89"))
    if draft.get("use_mx_record") and draft.get("smart_hosts"):
        draft.wrong("smart_hosts", sentence("UseMXRecord must be false with SmartHosts"), sentence("R89"))
    _tls_domain(draft, "tls_settings")
    own = ("route_all_messages_via_on_premises", "all_accepted_domains", "sender_rewriting_enabled")
    for field in own if draft.get("connector_type") is not ConnectorType.ON_PREMISES else ():
        if draft.get(field):
            draft.wrong(field, _ONLY_ON_PREMISES, sentence("R88, R92, R96"))


def _send(draft: Draft[Any]) -> None:
    """`New-SendConnector`."""
    if not draft.get("address_spaces"):
        draft.wrong("address_spaces", sentence("AddressSpaces are needed"), sentence('such as "smtp:*;1"'))
    if not draft.get("dns_routing_enabled") and not draft.get("smart_hosts"):
        draft.wrong("dns_routing_enabled", sentence("SmartHosts are needed when DNSRoutingEnabled is false"))
    if draft.get("dns_routing_enabled") and draft.get("smart_hosts"):
        draft.wrong("dns_routing_enabled", sentence("must be false with SmartHosts"))
    _tls_domain(draft, "tls_auth_level")


def _tls_domain(draft: Draft[Any], level: str) -> None:
    if draft.get("tls_domain") is not None and draft.get(level) is not TlsSettings.DOMAIN_VALIDATION:
        draft.wrong("tls_domain", sentence("only with DomainValidation"), sentence("R91"))


_CHECKS: dict[type, Callable[[Draft[Any]], None]] = {
    InboundConnector: _inbound,
    OutboundConnector: _outbound,
    SendConnector: _send,
}
