"""How a connector's certificate name is compared with the names in a certificate (R72-R85)."""

from lab.core.rulebook.types import Confidence, Rule

DOCUMENTED, OBSERVED, ASSUMED = Confidence.DOCUMENTED, Confidence.OBSERVED, Confidence.ASSUMED

RULES: tuple[Rule, ...] = (
    Rule(
        "R72",
        "Connector value `mail.contoso.com` matches certificate name `mail.contoso.com`.",
        DOCUMENTED,
        "NIC",
        "Exact name matches itself",
    ),
    Rule(
        "R73",
        "Connector value `*.contoso.com` matches certificate name `mail.contoso.com`.",
        DOCUMENTED,
        "NIC, LIU1",
        "Wildcard value, name below",
    ),
    Rule(
        "R74",
        "Connector value `*.contoso.com` is documented to cover all sub-domains; that it therefore matches "
        "`a.b.contoso.com`, more than one label below, is assumed.",
        ASSUMED,
        "NIC, LAB",
        "Wildcard value, deeper name",
        switch="wildcard_connector_depth",
    ),
    Rule(
        "R75",
        "Connector value `*.contoso.com` is documented as the domain and all its sub-domains; that it "
        "therefore matches certificate name `contoso.com` is assumed.",
        ASSUMED,
        "NIC, LAB",
        "Wildcard value, apex name",
        switch="wildcard_connector_covers_apex",
    ),
    Rule(
        "R76",
        "Connector value `*.contoso.com` matches certificate name `*.contoso.com`.",
        OBSERVED,
        "SEED, SEP",
        "Wildcard value, same wildcard",
    ),
    Rule(
        "R77",
        "That connector value `mail.contoso.com` is matched by certificate name `*.contoso.com`, as in TLS "
        "where a wildcard covers one label, is assumed.",
        ASSUMED,
        "LAB",
        "Exact value, wildcard certificate",
        switch="wildcard_cert_covers_exact",
    ),
    Rule(
        "R78",
        "Connector value `contoso.com` is not matched by certificate name `*.contoso.com`; an "
        "administrator saw no attribution until the value was exactly the wildcard.",
        OBSERVED,
        "HCW2",
        "Apex value, wildcard certificate",
        switch="wildcard_cert_covers_apex_value",
    ),
    Rule(
        "R79",
        "Whether connector value `*.contoso.com` matches certificate name `*.sub.contoso.com` is unknown; "
        "that it does not is assumed.",
        ASSUMED,
        "LAB",
        "Wildcard value, deeper wildcard",
        switch="wildcard_connector_covers_sub_wildcard",
    ),
    Rule(
        "R80",
        "That `*` alone is not allowed as the certificate name of a connector is assumed.",
        ASSUMED,
        "LAB",
        "Bare star is no value",
    ),
    Rule(
        "R81",
        "That any matching CN or SAN is enough, and that the best match is exact before wildcard and then "
        "the name with most labels, is assumed; Microsoft speaks of the domain on the certificate in the "
        "singular.",
        ASSUMED,
        "MC, LAB",
        "Several names in one certificate",
    ),
    Rule(
        "R82",
        "That names are compared without regard to case and international names in their A-label form is "
        "assumed.",
        ASSUMED,
        "LAB",
        "Case and IDN",
    ),
    Rule(
        "R83",
        "An exact connector value must equal an accepted domain, and for `*.X` the domain X must be "
        "accepted; that a sub-domain of an accepted domain with `MatchSubDomains` counts as well is "
        "assumed.",
        DOCUMENTED,
        "HYTLS, LIU1, LAB",
        "Accepted-domain test of the value",
    ),
    Rule(
        "R84",
        "The article's shared certificate has the CN `*.msxfaq.de`, and the wizard stores the name it "
        "derives from it; that this may be the wildcard or the host chosen in the wizard is assumed.",
        OBSERVED,
        "SEED, LAB",
        "Wizard and shared wildcard certificate",
    ),
    Rule(
        "R85",
        "The cure is a dedicated exact name on the connector, added as accepted domain, with a certificate "
        "only the hybrid server holds, while the gateway's certificate has no name that matches it.",
        DOCUMENTED,
        "LIU1, MC, SEED",
        "The cure",
    ),
)
