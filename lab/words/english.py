"""What reasons are called in English: one line for each code, with its parameters in braces."""

from __future__ import annotations

from collections.abc import Mapping

from lab.model.certificate import CertFault
from lab.model.decision import Basis, Reason, Why
from lab.model.steps import DropReason, NextHop, Resolution
from lab.model.trace import Disposition
from lab.sentence import Sentence

REASONS: Mapping[Reason, str] = {
    Reason.OWN_CONNECTION: "taken for the tenant's own hybrid connection",
    Reason.ANONYMOUS: "incoming mail of the recipient's tenant",
    Reason.PARTNER: "incoming mail through a partner connector",
    Reason.PARTNER_RESTRICTS: "a partner connector restricts this sender domain to other clients",
    Reason.PARTNER_NEEDS_TLS: "the partner connector requires TLS",
    Reason.DIRECT_SEND: "Direct Send is rejected by the tenant",
    Reason.UNKNOWN_RECIPIENT: "the recipient is unknown in the tenant's directory",
    Reason.RELAY_DENIED: "the recipient is in no tenant, and the client matches no OnPremises connector",
    Reason.NOT_ACCEPTED: "a connector matches, but neither the certificate's domain nor MAIL FROM is an accepted domain",
    Reason.WRONG_REGION: "the tenant lives in another region",
    Reason.CONNECTOR_BLOCKED: "the matching connector is blocked by the service",
    Reason.CERTIFICATE_REFUSED: "the client certificate cannot be validated (switch)",
    Reason.TIE_REJECTED: "several tenants claim the connection (switch)",
    Reason.TOO_MANY: "the transaction has as many recipients of that domain as the service takes",
    Reason.OTHER_TENANT_FIRST: "an earlier recipient bound the message to another tenant",
    Reason.LOOP: "loop",
    Reason.DMARC: "DMARC policy of reject",
    Reason.BACK_PRESSURE: "back pressure",
    Reason.TLS_REQUIRED: "RequireTLS",
    Reason.MAY_NOT_RELAY: "not an accepted domain, and the client may not relay",
    Reason.NOT_GUARDED: "the client may not relay, and the domain is not guarded by this filter",
    Reason.SPF: "strict SPF filter",
    Reason.REFUSES_ALL: "it refuses everybody",
    Reason.NOT_SERVED: "the domain is not served here",
    Reason.NO_MAILBOX: "the recipient is unknown",
}

DROPS: Mapping[DropReason, str] = {
    DropReason.NULL_SENDER: "there is nobody to report to: the reverse-path is null",
    DropReason.NO_MEMBERS: "the group has no members",
    DropReason.GROUP_RING: "the group leads to no mailbox: its members are groups that lead back to it",
    DropReason.EXPANDED_BEFORE: "the group has been expanded already",
    DropReason.DUPLICATE: "its mailbox has the message already",
    DropReason.DELETED_BY_RULE: 'the mail flow rule "{rule}" deletes it',
}

RESOLUTIONS: Mapping[Resolution, str] = {
    Resolution.MAIL_USER: "{recipient} is a mail user, rewritten to {address}",
    Resolution.REMOTE_MAILBOX: "{recipient} is a remote mailbox, rewritten to {address}",
    Resolution.MAIL_CONTACT: "{recipient} is a mail contact, rewritten to {address}",
    Resolution.ALIAS: "{recipient} is an alias of {address}",
    Resolution.FORWARDING: "{recipient} forwards to {address}",
    Resolution.REDIRECTED: "a mail flow rule redirects {recipient} to {address}",
    Resolution.RING: "{recipient} leads back to itself",
    Resolution.UNKNOWN: "{recipient} is unknown",
    Resolution.REFUSED: "{recipient} is refused",
}

NEXT_HOPS: Mapping[NextHop, Sentence] = {
    NextHop.MX: Sentence("MX"),
    NextHop.IMPLICIT_MX: Sentence("its own address (no MX record)"),
    NextHop.SMART_HOST: Sentence("smart host"),
    NextHop.NULL_MX: Sentence("null MX"),
    NextHop.NO_DOMAIN: Sentence("MX (no such domain)"),
    NextHop.NO_ADDRESS: Sentence("MX (no address)"),
    NextHop.DNS_FAILED: Sentence("MX (DNS failed)"),
    NextHop.NO_CONNECTOR: Sentence("no connector"),
    NextHop.STALE_CERTIFICATE: Sentence("a connector whose certificate was not found"),
}
BASES: Mapping[Basis, Sentence] = {basis: Sentence(basis.value) for basis in Basis}

ENDS: Mapping[Disposition, Sentence] = {end: Sentence(end.value) for end in Disposition}

FAULTS: Mapping[CertFault, str] = {fault: fault.value for fault in CertFault} | {
    CertFault.NO_DOMAIN_NAME: "it has no domain name as CN or SAN"
}

WHY: Mapping[Why, str] = {
    Why.NAME_FITS: "certificate name {name} fits TlsSenderCertificateName {value}",
    Why.ADDRESS_FITS: "address {address} is in its SenderIPAddresses",
    Why.CERTIFICATE_DOMAIN: "certificate domain",
    Why.REVERSE_PATH_DOMAIN: "MAIL FROM domain",
    Why.RECIPIENT_DOMAIN: "RCPT TO domain",
    Why.ADDRESS_ALONE: "address alone (before July 2017)",
    Why.OLDEST_TENANT: "oldest tenant (switch)",
    Why.SEEDED_DICE: "seeded dice (switch)",
    Why.DISABLED: "it is disabled",
    Why.SETTLED: "{fit}; settled by the {owner}",
    Why.OUT_OF_SCOPE: "{fit}, but its SenderDomains do not cover the sender (switch)",
    Why.VALUE_NOT_ACCEPTED: "{fit}, but {domain} is no accepted domain of {tenant}",
    Why.OTHER_CONNECTOR_FIRST: '{fit}, but "{connector}" fits as well and goes first',
    Why.OTHER_TENANT: "{fit}, but the {owner} belongs to {tenant}",
    Why.NEEDS_TLS: "{fit}, but the connector requires TLS",
    Why.NO_DOMAIN_ACCEPTED: "{fit}, but neither MAIL FROM nor RCPT TO is an accepted domain of {tenant}",
    Why.ADDRESS_NOT_LISTED: "{address} is not in its SenderIPAddresses",
    Why.NO_CERTIFICATE: "it wants a certificate for {value}; no client certificate was shown",
    Why.NO_TLS: "it wants a certificate for {value}; the connection is not encrypted",
    Why.CERTIFICATE_IGNORED: "{name} would fit {value}, but the certificate is ignored: {faults}",
    Why.NAME_MISFIT: "{names} does not fit {value}",
    Why.PARTNER_NOT_ASKED: "partner connectors are looked at only in the tenant found by the recipient",
    Why.PARTNER_RESTRICTS: "it restricts this sender domain, and the client is not the one it names",
    Why.PARTNER_NEEDS_TLS: "it is about this client, but requires TLS",
    Why.REFUSED_OTHERWISE: "{fit}; the message is refused for another reason",
    Why.PARTNER_FITS: "the client is the partner that the connector names",
    Why.NULL_SENDER: "a null reverse-path has no domain that its SenderDomains could cover (assumed)",
    Why.OTHER_SENDER_DOMAIN: "its SenderDomains do not cover {domain}",
    Why.SERVICE_EXEMPT: "it restricts, but hosts of Microsoft's services are spared (switch service_mail_exempt)",
    Why.RESTRICTS_NOTHING: "it restricts nothing",
    Why.OUTBOUND_FITS: "its RecipientDomains cover {domain}",
    Why.RULE_CHOSE: "a mail flow rule chose it",
    Why.RULE_CHOSE_ANOTHER: "a mail flow rule chose another connector",
    Why.ONLY_BY_RULE: "only a mail flow rule can choose it",
    Why.TEST_MODE: "it is in test mode",
    Why.CENTRALIZED_ONLY: (
        "centralized transport covers mail of cloud mailboxes; this came in from outside the tenant"
    ),
    Why.OTHER_RECIPIENT_DOMAIN: "its RecipientDomains do not cover {domain}",
    Why.LESS_SPECIFIC: "a more specific connector was chosen",
    Why.LATER_NAME: "it is as specific; that the name then decides is the lab's choice",
    Why.SPACE_FITS: "its address space {space} fits best",
    Why.SPACE_MISFIT: "its address space ({spaces}) does not cover {domain}",
    Why.SPACE_LESS_SPECIFIC: "its address space ({space}) is less specific than {chosen}",
    Why.SPACE_COSTS_MORE: "its address space ({space}) is as specific, but costs more than {chosen}",
    Why.SPACE_AS_GOOD: "its address space ({space}) is as good; that the name then decides is the lab's choice",
    Why.CONDITIONS_HOLD: "{conditions}",
    Why.NO_CONDITION: "it has no condition",
    Why.CONDITION_FAILS: "this condition does not hold: {conditions}",
    Why.EXCEPTED: "this exception holds: {conditions}",
}
