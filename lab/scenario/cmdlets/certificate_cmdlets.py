"""Certificates on an Exchange server in the administrator's words. The thumbprint is the certificate's key in the scenario.

A connector keeps the `TlsCertificateName` that it was given: that a renewed certificate is there does not mean that the
connector presents it (R115, R135).
"""

from __future__ import annotations

from lab.model.topology import Host, Topology
from lab.scenario import setting_paths
from lab.scenario.cmdlets.cmdlet_line import ParsedCmdlet
from lab.scenario.cmdlets.powershell import Array, CmdletWord, NotRead
from lab.scenario.language.party_keys import HostKeys, OrganizationKeys
from lab.scenario.syntax.problem_report import one_of, unknown
from lab.scenario.syntax.source_tree import TableEntry, TableNode, tree_of
from lab.sentence import NOTHING, sentence

CMDLETS = ("Enable-ExchangeCertificate", "Remove-ExchangeCertificate")
_PARAMETERS = ("Thumbprint", "Services", "Server", "Identity")


def run(tree: TableNode, verb: str, typed: ParsedCmdlet, topology: Topology) -> TableNode:
    """Give a server a certificate for SMTP, or take one away. Raises NotRead."""
    typed.takes({name: name for name in _PARAMETERS})
    host = _server(typed, topology)
    thumbprint = typed.text("thumbprint", "identity", "")
    if thumbprint is None:
        wanted = sentence("-Thumbprint is missing")
        raise NotRead(0, wanted, sentence("the certificate's key under `certificates:`"))
    if verb == "Enable":
        _for_smtp(typed)
    for left in typed.arguments.values():
        hint = unknown(left.name, _PARAMETERS) if left.name else NOTHING
        wanted = sentence("{cmdlet} has no parameter -{name}", cmdlet=typed.cmdlet, name=left.name)
        typed.line.wrong(left.at, wanted, hint)
    store = [name for name in (host.certificates or (host.certificate,)) if name is not None]
    if verb == "Enable":
        held = [*(certificate for certificate in store if certificate != thumbprint.text), thumbprint.text]
    elif thumbprint.text in store:
        held = [certificate for certificate in store if certificate != thumbprint.text]
    else:
        problem = sentence("{name!r} is not on {host}", name=thumbprint.text, host=host.name)
        raise NotRead(thumbprint.at, problem, unknown(thumbprint.text, store))
    tree = _pinned(tree, typed, host, topology)
    path = ("organizations", host.organization or "", OrganizationKeys.hosts.name, host.name)
    place, shown = (
        typed.place(thumbprint.at),
        held[-1] if held else None,
    )  # the newest is the one that it shows
    for key, value in ((HostKeys.certificates.name, held), (HostKeys.certificate.name, shown)):
        entry = TableEntry(place, tree_of(value, place))
        tree = setting_paths.put(tree, (*path, key), entry, typed.line.at)
    return tree


def _server(typed: ParsedCmdlet, topology: Topology) -> Host:
    """The Exchange server: -Server, `in:` a host, or the only one of the organisation."""
    named = typed.text("server")
    side = typed.line.side
    where = named.text if named is not None else side.text.removeprefix("organization:") if side else None
    servers = [host for host in topology.hosts.values() if host.holds_mailboxes]
    fitting = [host for host in servers if where in (None, host.name, host.organization)]
    if len(fitting) == 1:
        return fitting[0]
    names = [host.name for host in servers]
    at = named.at if named is not None else 0
    wanted = sentence("say with `in:` or -Server which Exchange server is meant")
    raise NotRead(at, wanted, one_of(names) if names else NOTHING)


def _for_smtp(typed: ParsedCmdlet) -> None:
    """-Services must name SMTP: all others have nothing to do with mail flow."""
    services = typed.arguments.pop("services", None)
    value = services.value if services is not None else None
    words = value.items if isinstance(value, Array) else (value,) if isinstance(value, CmdletWord) else ()
    if "smtp" not in [name.strip().lower() for word in words for name in word.text.split(",")]:
        wanted = sentence("-Services SMTP")
        raise NotRead(services.at if services else 0, wanted, sentence("other services do not send mail"))


def _pinned(tree: TableNode, typed: ParsedCmdlet, host: Host, topology: Topology) -> TableNode:
    """Send connectors keep the certificate that they name, the wizard's included."""
    organization = topology.organizations[host.organization or ""]
    for connector in organization.send_connectors:
        if connector.tls_certificate_name is not None:
            path = ("organizations", organization.name, OrganizationKeys.send_connectors.name, connector.name)
            entry = TableEntry(typed.place(0), tree_of(connector.tls_certificate_name, typed.place(0)))
            tree = setting_paths.put(tree, (*path, "TlsCertificateName"), entry, typed.line.at)
    return tree
