"""Postfix as the filter: `main.cf`, `master.cf` and the two maps that they name. For Postfix 3.6 and newer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from lab.errors import DriverError
from lab.gateways.filter_settings import LARGEST, CertificateFiles, FilterSettings

_SERVICES = """\
# service type  private unpriv  chroot  wakeup  maxproc command
25        inet  n       -       n       -       -       smtpd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
"""
"""Debian's list without what delivers into mailboxes; nothing is in a chroot, which would hide the lab's resolv.conf."""
_NOTED = "".join(f"/^{name}:/ INFO\n" for name in ("Subject", "From", "Sender", "In-Reply-To"))


def render(told: FilterSettings) -> Mapping[str, str]:
    """The files of the configuration folder, by name."""
    return {
        "main.cf": "".join(f"{line}\n" for line in _main(told)),
        "master.cf": _SERVICES,
        "transport": "".join(f"{line}\n" for line in _transport(told)),
        "header_checks": f"# Puts into the log what the lab's traces tell of a message.\n{_NOTED}",
    }


def _main(told: FilterSettings) -> Iterator[str]:
    host = told.host
    yield f"# Postfix as the filter {host.name} of a Mailflow Lab scenario. Where mail goes is up to the machine's resolver,"
    yield "# which has to be the lab's DNS (resolv.conf)."
    yield from (f"# Not in here, as it takes a filter program: {wish}" for wish in told.unplayed())
    yield from _settings("Who it is, and where its things are", _identity(told))
    yield from _settings("Whose mail it takes, and where that goes", _relaying(told))
    yield from _settings("TLS for clients that come; their certificates are asked for", _as_server(told))
    yield from _settings("TLS towards servers, and what is shown to them", _as_client(told))
    yield from _settings("How long it tries", _patience(told))
    yield from _settings("What it tells", _telling(told))


def _settings(title: str, settings: Mapping[str, str]) -> Iterator[str]:
    yield ""
    yield f"# {title}"
    yield from (f"{name} = {value}".rstrip() for name, value in settings.items())


def _identity(told: FilterSettings) -> Mapping[str, str]:
    host, work = told.host, told.places.work
    return {
        "compatibility_level": "3.6",
        "myhostname": str(host.fqdn),
        "smtp_helo_name": str(host.ehlo),
        "inet_protocols": "ipv4",
        "inet_interfaces": host.address,
        "smtp_bind_address": host.address,
        "smtp_host_lookup": "dns",
        "queue_directory": f"{work}/spool",
        "data_directory": f"{work}/data",
    }


def _relaying(told: FilterSettings) -> Mapping[str, str]:
    host = told.host
    return {
        "mynetworks": " ".join(f"{client}/32" for client in host.relay_from),
        "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
        **_own_fields(told),
        "mydestination": "",
        "local_transport": "error:this filter has no mailboxes",
        "alias_maps": "",
        "alias_database": "",
        "virtual_alias_domains": str(host.fqdn),
        "virtual_alias_maps": _postmaster(told),
        "relay_domains": " ".join(map(str, host.accepts_domains)),
        "parent_domain_matches_subdomains": "",
        "transport_maps": f"texthash:{told.places.config}/transport",
        "relayhost": ", ".join(told.smart_hosts),
        "hopcount_limit": str(host.max_hops),
        "message_size_limit": str(LARGEST),
        "mailbox_size_limit": "0",
        "append_dot_mydomain": "no",
        "smtputf8_enable": "yes",
    }


def _own_fields(told: FilterSettings) -> Mapping[str, str]:
    """Header fields of its own, once a message: at DATA, when all recipients are known.

    Raises DriverError for what would mean something else to Postfix than text.
    """
    for name, value in told.host.adds_headers:
        if any(mark in name + value for mark in "{}$"):
            raise DriverError(
                f"{told.host.name}: Postfix cannot add the field {name}: {value}; not with {{, }} or $"
            )
    fields = [
        f"check_client_access static:{{PREPEND {name}: {value}}}" for name, value in told.host.adds_headers
    ]
    return {"smtpd_data_restrictions": ", ".join(fields)} if fields else {}


def _postmaster(told: FilterSettings) -> str:
    """Its own postmaster is that of the first domain it guards (RFC 5321 4.5.1)."""
    if not told.host.accepts_domains:
        return ""
    return f"inline:{{postmaster@{told.host.fqdn}=postmaster@{told.host.accepts_domains[0]}}}"


def _as_server(told: FilterSettings) -> Mapping[str, str]:
    if told.as_server is None:
        return {"smtpd_tls_security_level": "none"}
    return {
        "smtpd_tls_security_level": "may",
        **_papers("smtpd", told.as_server),
        "smtpd_tls_CAfile": str(told.anchors),
        "smtpd_tls_ask_ccert": "yes",
        "smtpd_tls_received_header": "yes",
    }


def _as_client(told: FilterSettings) -> Mapping[str, str]:
    """Opportunistic, as filters are by default: any certificate of the server will do."""
    shown = _papers("smtp", told.as_client) if told.as_client else {}
    return {"smtp_tls_security_level": "may", **shown, "smtp_tls_CAfile": str(told.anchors)}


def _papers(side: str, papers: CertificateFiles) -> Mapping[str, str]:
    return {f"{side}_tls_cert_file": str(papers.chain), f"{side}_tls_key_file": str(papers.key)}


def _patience(told: FilterSettings) -> Mapping[str, str]:
    limit = _span(told.expires_after)
    return {"maximal_queue_lifetime": limit, "bounce_queue_lifetime": limit, "smtp_connect_timeout": "10s"}


def _span(span: timedelta) -> str:
    return f"{int(span.total_seconds())}s" if span else "0"


def _telling(told: FilterSettings) -> Mapping[str, str]:
    return {
        "maillog_file": str(told.places.log),
        "maillog_file_prefixes": str(told.places.log.parent),
        "enable_long_queue_ids": "yes",
        "smtpd_client_port_logging": "yes",
        "smtpd_tls_loglevel": "1",
        "smtp_tls_loglevel": "1",
        "header_checks": f"regexp:{told.places.config}/header_checks",
        "mime_header_checks": "",
        "nested_header_checks": "",
    }


def _transport(told: FilterSettings) -> Iterator[str]:
    """Where the guarded domains are; everything else goes by MX, or to the smart hosts."""
    yield "# Read as it is (texthash): no postmap."
    if told.next_hops:
        yield from (f"{domain} relay:{', '.join(told.next_hops)}" for domain in told.host.accepts_domains)
