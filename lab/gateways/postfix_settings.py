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


def render(settings: FilterSettings) -> Mapping[str, str]:
    """The files of the configuration folder, by name."""
    return {
        "main.cf": "".join(f"{line}\n" for line in _main(settings)),
        "master.cf": _SERVICES,
        "transport": "".join(f"{line}\n" for line in _transport(settings)),
        "header_checks": f"# Puts into the log what the lab's traces tell of a message.\n{_NOTED}",
    }


def _main(settings: FilterSettings) -> Iterator[str]:
    host = settings.host
    yield f"# Postfix as the filter {host.name} of a Mailflow Lab scenario. Where mail goes is up to the machine's resolver,"
    yield "# which has to be the lab's DNS (resolv.conf)."
    yield from (f"# Not in here, as it takes a filter program: {wish}" for wish in settings.unplayed())
    yield from _section("Who it is, and where its things are", _identity(settings))
    yield from _section("Whose mail it takes, and where that goes", _relaying(settings))
    yield from _section("TLS for clients that come; their certificates are asked for", _as_server(settings))
    yield from _section("TLS towards servers, and what is shown to them", _as_client(settings))
    yield from _section("How long it tries", _patience(settings))
    yield from _section("What it tells", _telling(settings))


def _section(title: str, settings: Mapping[str, str]) -> Iterator[str]:
    yield ""
    yield f"# {title}"
    yield from (f"{name} = {value}".rstrip() for name, value in settings.items())


def _identity(settings: FilterSettings) -> Mapping[str, str]:
    host, work = settings.host, settings.places.work
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


def _relaying(settings: FilterSettings) -> Mapping[str, str]:
    host = settings.host
    return {
        "mynetworks": " ".join(f"{client}/32" for client in host.relay_from),
        "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
        **_own_fields(settings),
        "mydestination": "",
        "local_transport": "error:this filter has no mailboxes",
        "alias_maps": "",
        "alias_database": "",
        "virtual_alias_domains": str(host.fqdn),
        "virtual_alias_maps": _postmaster(settings),
        "relay_domains": " ".join(map(str, host.accepts_domains)),
        "parent_domain_matches_subdomains": "",
        "transport_maps": f"texthash:{settings.places.config}/transport",
        "relayhost": ", ".join(settings.smart_hosts),
        "hopcount_limit": str(host.max_hops),
        "message_size_limit": str(LARGEST),
        "mailbox_size_limit": "0",
        "append_dot_mydomain": "no",
        "smtputf8_enable": "yes",
    }


def _own_fields(settings: FilterSettings) -> Mapping[str, str]:
    """Header fields of its own, once a message: at DATA, when all recipients are known.

    Raises DriverError for what would mean something else to Postfix than text.
    """
    for name, value in settings.host.adds_headers:
        if any(mark in name + value for mark in "{}$"):
            raise DriverError(
                f"{settings.host.name}: Postfix cannot add the field {name}: {value}; not with {{, }} or $"
            )
    fields = [
        f"check_client_access static:{{PREPEND {name}: {value}}}"
        for name, value in settings.host.adds_headers
    ]
    return {"smtpd_data_restrictions": ", ".join(fields)} if fields else {}


def _postmaster(settings: FilterSettings) -> str:
    """Its own postmaster is that of the first domain it guards (RFC 5321 4.5.1)."""
    if not settings.host.accepts_domains:
        return ""
    return f"inline:{{postmaster@{settings.host.fqdn}=postmaster@{settings.host.accepts_domains[0]}}}"


def _as_server(settings: FilterSettings) -> Mapping[str, str]:
    if settings.as_server is None:
        return {"smtpd_tls_security_level": "none"}
    return {
        "smtpd_tls_security_level": "may",
        **_certificate_files("smtpd", settings.as_server),
        "smtpd_tls_CAfile": str(settings.anchors),
        "smtpd_tls_ask_ccert": "yes",
        "smtpd_tls_received_header": "yes",
    }


def _as_client(settings: FilterSettings) -> Mapping[str, str]:
    """Opportunistic, as filters are by default: any certificate of the server will do."""
    shown = _certificate_files("smtp", settings.as_client) if settings.as_client else {}
    return {"smtp_tls_security_level": "may", **shown, "smtp_tls_CAfile": str(settings.anchors)}


def _certificate_files(side: str, files: CertificateFiles) -> Mapping[str, str]:
    return {f"{side}_tls_cert_file": str(files.chain), f"{side}_tls_key_file": str(files.key)}


def _patience(settings: FilterSettings) -> Mapping[str, str]:
    limit = _span(settings.expires_after)
    return {"maximal_queue_lifetime": limit, "bounce_queue_lifetime": limit, "smtp_connect_timeout": "10s"}


def _span(span: timedelta) -> str:
    return f"{int(span.total_seconds())}s" if span else "0"


def _telling(settings: FilterSettings) -> Mapping[str, str]:
    return {
        "maillog_file": str(settings.places.log),
        "maillog_file_prefixes": str(settings.places.log.parent),
        "enable_long_queue_ids": "yes",
        "smtpd_client_port_logging": "yes",
        "smtpd_tls_loglevel": "1",
        "smtp_tls_loglevel": "1",
        "header_checks": f"regexp:{settings.places.config}/header_checks",
        "mime_header_checks": "",
        "nested_header_checks": "",
    }


def _transport(settings: FilterSettings) -> Iterator[str]:
    """Where the guarded domains are; everything else goes by MX, or to the smart hosts."""
    yield "# Read as it is (texthash): no postmap."
    if settings.next_hops:
        yield from (
            f"{domain} relay:{', '.join(settings.next_hops)}" for domain in settings.host.accepts_domains
        )
