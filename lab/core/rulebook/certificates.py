"""Which certificates count, on both sides of the hybrid connection (R113-R116, R125-R135, R249)."""

from lab.core.rulebook.types import Confidence, Rule

DOCUMENTED, OBSERVED, ASSUMED = Confidence.DOCUMENTED, Confidence.OBSERVED, Confidence.ASSUMED

RULES: tuple[Rule, ...] = (
    Rule(
        "R113",
        "The hybrid certificate comes from a third-party authority, is the same on all hybrid servers of a "
        "forest and separate per forest, and should have the primary shared domain in its subject.",
        DOCUMENTED,
        "CREQ",
        "Hybrid certificate requirements",
        not_emulated="advice to the administrator; R8 and R125 decide",
    ),
    Rule(
        "R114",
        "One article says the subject or a SAN must match the name set on the other side or EOP refuses "
        "the connection, which contradicts the fall to anonymous mail documented elsewhere.",
        DOCUMENTED,
        "TOPT",
        "Documented refusal of wrong names",
        switch="bad_chain",
    ),
    Rule(
        "R115",
        "On-premises chooses its certificate by issuer and subject string, the valid and newest if several "
        "fit, and a stale string after renewal stops mail with `454 4.7.5`.",
        DOCUMENTED,
        "HYTLS, KB2989382",
        "Stale certificate after renewal",
    ),
    Rule(
        "R116",
        "HealthChecker warns when a send connector to Exchange Online lacks a certificate name or cloud "
        "services mail, or has another TLS level or domain than the wizard sets.",
        DOCUMENTED,
        "CSS",
        "Health checker warnings",
        not_emulated="a health checker's warning, not a mail-flow decision",
    ),
    Rule(
        "R125",
        "Customer certificates need a public chain, and a private authority or a self-signed certificate "
        "never leads to attribution.",
        DOCUMENTED,
        "LIU4, TAN",
        "Public chain required",
    ),
    Rule(
        "R126",
        "A certificate with a broken chain is ignored and the client is anonymous, so the recipient "
        "decides between accepted inbound mail and `550 5.7.64`.",
        DOCUMENTED,
        "TAN",
        "Broken chain means anonymous",
    ),
    Rule(
        "R127",
        "No document covers an expired client certificate; that it is ignored like one with a broken chain "
        "is assumed.",
        ASSUMED,
        "LAB from R126",
        "Expired certificate",
        switch="expired_cert",
    ),
    Rule(
        "R128",
        "One report saw mail with a self-signed certificate accepted with 250 and then missing at the "
        "target tenant; that it had been attributed to the own tenant and died there is assumed.",
        OBSERVED,
        "GR2, LAB",
        "Self-signed mail got lost",
        not_emulated="one report of lost mail without a known cause",
    ),
    Rule(
        "R129",
        "Whether a certificate needs the clientAuth key usage is undocumented, and a vendor says yes while "
        ".NET clients silently send no certificate without it; that EOP does not need it is assumed.",
        ASSUMED,
        "NSP, DOTNET, LAB",
        "Client authentication key usage",
        switch="require_client_eku",
    ),
    Rule(
        "R130",
        "Public authorities remove clientAuth from TLS certificates in steps: Let's Encrypt and Google in "
        "2026, while Chrome's root program, DigiCert and Sectigo moved the last dates to early 2027.",
        OBSERVED,
        "EKU",
        "End of clientAuth in public certificates",
        not_emulated="a calendar, not a mail-flow decision",
    ),
    Rule(
        "R131",
        "The TLS server name of EOP is `mail.protection.outlook.com`, which the wizard's send connector "
        "checks; the list of its SANs is assumed.",
        DOCUMENTED,
        "HYTLS, LAB",
        "EOP's server certificate",
    ),
    Rule(
        "R132",
        "EOP asks for a client certificate in the TLS handshake, without an EHLO keyword for it, and "
        "accepts a client that sends none.",
        OBSERVED,
        "RAD, PUB",
        "EOP asks for a certificate",
    ),
    Rule(
        "R133",
        "TLS is opportunistic for anonymous inbound mail, and TLS 1.2 and 1.3 are seen.",
        OBSERVED,
        "HD-AMD25",
        "TLS is opportunistic",
    ),
    Rule(
        "R134",
        "That the certificate is fixed for the connection at STARTTLS and that a later RSET does not "
        "change it is assumed.",
        ASSUMED,
        "LAB from R3",
        "One connection, one certificate",
    ),
    Rule(
        "R135",
        "Automatic renewal changes the thumbprint and sometimes the issuer, and with another issuer the "
        "connector's issuer and subject string no longer fits.",
        DOCUMENTED,
        "HYTLS, WINACME",
        "Renewal changes the issuer",
    ),
    Rule(
        "R249",
        "A send connector without `TlsCertificateName` uses a certificate that fits its Fqdn; that an "
        "internet send connector may so show the hybrid certificate to other tenants is assumed.",
        OBSERVED,
        "CSS issue 2035, LAB",
        "Certificate chosen without a name",
    ),
)
