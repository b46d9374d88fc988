"""Does a certificate's name fit a connector's value? R72-R85, with the switches of the undocumented cells."""

from __future__ import annotations

from lab.model.certificate import CertificateIdentity
from lab.model.names import DomainPattern
from lab.model.switches import Switches
from lab.model.value import value

_WIDEST = Switches(
    wildcard_connector_depth="any",
    wildcard_cert_covers_exact=True,
    wildcard_cert_covers_apex_value=True,
    wildcard_connector_covers_apex=True,
    wildcard_connector_covers_sub_wildcard=True,
)
"""Every undocumented cell of the table says yes."""


@value()
class NameMatch:
    """A certificate name that fits a connector value, and the rule that says so."""

    value: DomainPattern
    """The connector's TlsSenderCertificateName (K)."""
    name: DomainPattern
    """The certificate's CN or SAN (N)."""
    rule: str

    @property
    def rank(self) -> tuple[int, int, int]:
        """Best match first when sorted downwards: exact values, then the longer value, then the longer name (R81)."""
        value, name = self.value.domain, self.name.domain
        return (0 if self.value.wildcard else 1, len(value or ""), len(name or ""))


def name_match(value: DomainPattern, name: DomainPattern, switches: Switches) -> NameMatch | None:
    """Compare connector value K with certificate name N by the table of section 3.2."""
    rule = _rule(value, name, switches)
    return NameMatch(value, name, rule) if rule else None


def near_miss(value: DomainPattern, name: DomainPattern, switches: Switches) -> str | None:
    """The rule that would let them fit if its switch stood otherwise; None when they are far apart, or do fit."""
    return None if _rule(value, name, switches) else _rule(value, name, _WIDEST)


def may_match(value: DomainPattern, name: DomainPattern) -> bool:
    """Whether they fit under any position of the switches: nearly all pairs do not, and need no further look."""
    return _rule(value, name, _WIDEST) is not None


def _rule(value: DomainPattern, name: DomainPattern, switches: Switches) -> str | None:
    k, n = value.domain, name.domain
    if k is None or n is None:
        return None  # R80: a bare * is not allowed as a value, and no CA issues one
    if not value.wildcard and not name.wildcard:
        return "R72" if k == n else None
    if not value.wildcard:
        if k == n:
            return "R78" if switches.wildcard_cert_covers_apex_value else None
        return "R77" if switches.wildcard_cert_covers_exact and next(k.parents(), None) == n else None
    if not name.wildcard:
        if k == n:
            return "R75" if switches.wildcard_connector_covers_apex else None
        return _below(k, n, switches)
    if k == n:
        return "R76"
    return "R79" if switches.wildcard_connector_covers_sub_wildcard and n.is_under(k) else None


def _below(k: str, n: str, switches: Switches) -> str | None:
    if not n.endswith("." + k):
        return None
    if "." not in n[: -len(k) - 1]:
        return "R73"
    return "R74" if switches.wildcard_connector_depth == "any" else None


def certificate_names(certificate: CertificateIdentity, switches: Switches) -> tuple[DomainPattern, ...]:
    """The names that count, CN first; those that are no domain names (`CN=Printer 3`) never match and are left out.

    R10: CN and SANs; with `cert_names: cn_only` the CN alone (U6).
    """
    names = certificate.names
    if switches.cert_names == "cn_only":
        names = names[:1] if certificate.common_name else ()
    found = []
    for name in names:
        try:
            found.append(DomainPattern.parse(name))
        except ValueError:
            continue
    return tuple(found)
