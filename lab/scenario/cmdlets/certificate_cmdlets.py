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
from lab.scenario.syntax.source_tree import ListNode, ScalarNode, TableEntry, TableNode, TreeNode
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
    return _Store(_pinned(tree, typed, host, topology), typed, host, thumbprint).holding(held)


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
    if "smtp" not in [word.text.strip().lower() for given in words for word in _split(given)]:
        wanted = sentence("-Services SMTP")
        raise NotRead(services.at if services else 0, wanted, sentence("other services do not send mail"))


def _split(word: CmdletWord) -> list[CmdletWord]:
    return [CmdletWord(word.at, text) for text in word.text.split(",")]


def _pinned(tree: TableNode, typed: ParsedCmdlet, host: Host, topology: Topology) -> TableNode:
    """Send connectors keep the certificate that they name, the wizard's included."""
    organization = topology.organizations[host.organization or ""]
    for connector in organization.send_connectors:
        if connector.tls_certificate_name is not None:
            path = ("organizations", organization.name, OrganizationKeys.send_connectors.name, connector.name)
            value = ScalarNode(typed.place(0), connector.tls_certificate_name)
            tree = setting_paths.put(
                tree, (*path, "TlsCertificateName"), TableEntry(value.place, value), typed.line.at
            )
    return tree


class _Store:
    """A server's certificates in the tree."""

    def __init__(self, tree: TableNode, typed: ParsedCmdlet, host: Host, word: CmdletWord) -> None:
        self.tree, self.typed, self.host = tree, typed, host
        self.place = typed.place(word.at)

    def holding(self, held: list[str]) -> TableNode:
        """With these certificates, the newest last; it is the one that the server shows."""
        items = ListNode(self.place, tuple(ScalarNode(self.place, thumbprint) for thumbprint in held))
        shown: TreeNode = ScalarNode(self.place, held[-1]) if held else ScalarNode(self.place, "~", "null")
        tree = self._put(self.tree, HostKeys.certificates.name, items)
        return self._put(tree, HostKeys.certificate.name, shown)

    def _put(self, tree: TableNode, key: str, node: TreeNode) -> TableNode:
        path = (
            "organizations",
            self.host.organization or "",
            OrganizationKeys.hosts.name,
            self.host.name,
            key,
        )
        return setting_paths.put(tree, path, TableEntry(self.place, node), self.typed.line.at)
