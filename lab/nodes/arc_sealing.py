"""The last touch at a tenant's exit: the tenant's signature (R171), and Microsoft's seal over what the entry found (R174)."""

from __future__ import annotations

from lab.core.authentication import dmarc
from lab.core.authentication.arc import NO_CHAIN, seal
from lab.core.authentication.arc_findings import MICROSOFT, made_here, seen_at_entry
from lab.core.authentication.dkim import sign
from lab.core.authentication.results import AuthenticationResults, Dmarc
from lab.core.authentication.signature_suite import Suite
from lab.core.authentication.signers import SEALER, tenant_signer
from lab.model.dns import DnsQueries
from lab.model.message import Message
from lab.model.names import Domain
from lab.model.tenant import Tenant
from lab.model.transport import Context, QueueItem
from lab.nodes.node_steps import author_domain

_ENTRIES = ("Authentication-Results", "X-MS-Exchange-Authentication-Results")
"""Where an entry writes what it found: the first for incoming mail, the second for a connector's (R168)."""


def found_at_entry(item: QueueItem) -> AuthenticationResults | None:
    """What this tenant's entry found; None for mail that was made here.

    An entry renames the first field of those before it, so if there is one, it is this entry's; else the top one of
    the second name is.
    """
    if item.hosted:
        return None
    written = next((value for name in _ENTRIES if (value := item.message.get(name)) is not None), None)
    if written is None:
        return None
    try:
        return AuthenticationResults.parse(written)
    except ValueError:  # not ours: the message never came by SMTP
        return None


def signed_and_sealed(
    message: Message,
    item: QueueItem,
    tenant: Tenant,
    suite: Suite,
    context: Context,
    *,
    found: AuthenticationResults | None,
    signs: bool,
) -> DnsQueries[Message]:
    """The message with the tenant's signature if it `signs`, and with one more ARC set.

    `item` is what came, `message` what leaves of it.
    """
    author = author_domain(item.message)
    if signs:
        message = sign(message, tenant_signer(tenant, author), suite)
    if found is None:
        findings = made_here(item.reverse_path.domain, author)
    else:
        policy = yield from _policy(found)
        findings = seen_at_entry(found, item.recipients[0].domain, policy)
    before = found.arc if found is not None and found.arc is not None else NO_CHAIN
    return seal(message, findings, before, SEALER, suite, context.now, MICROSOFT)


def _policy(found: AuthenticationResults) -> DnsQueries[dmarc.PublishedPolicy | None]:
    """The author's policy in full; the results name only what it led to."""
    if found.dmarc is None or found.dmarc.result not in (Dmarc.PASS, Dmarc.FAIL):
        return None
    policy = yield from dmarc.published(Domain(found.dmarc.author_domain))
    return policy if isinstance(policy, dmarc.PublishedPolicy) else None
