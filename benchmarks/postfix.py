"""A private Postfix on loopback, made to do what the front end of the lab does: ask for and verify a client
certificate, take mail from trusted certificates only, and say 250 once the message is in its queue, on disk.

Needs root, as Postfix's master does; nothing of /etc/postfix is used or changed, no service is started.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_SERVICES = """
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def version() -> str:
    """Postfix's version; '' when it is not installed."""
    program = shutil.which("postconf")
    if program is None:
        return ""
    told = subprocess.run([program, "-d", "-h", "mail_version"], capture_output=True, text=True, check=True)
    return told.stdout.strip()


def command(folder: Path, port: int, chain: Path, key: Path, anchors: Path, *, hold: bool) -> list[str]:
    """Write a configuration into `folder`; returns how to run it in the foreground.

    What is taken goes through the queue to the transport `discard`, or, with `hold`, stays there untouched.
    """
    for name, owner in (("etc", "root"), ("spool", "root"), ("data", "postfix")):
        (folder / name).mkdir(parents=True, exist_ok=True)
        shutil.chown(folder / name, owner)
    for each in (folder, folder / "etc", folder / "spool"):
        each.chmod(0o755)  # its daemons are not root
    settings = f"""
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = /
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.lab.example
mydestination =
mynetworks =
disable_dns_lookups = yes
smtp_host_lookup = native
alias_maps =
alias_database =
local_transport = error:none
default_transport = discard:
relay_transport = discard:
smtputf8_enable = yes
import_environment = MAIL_CONFIG
smtpd_tls_security_level = may
smtpd_tls_ask_ccert = yes
smtpd_tls_chain_files = {key}, {chain}
smtpd_tls_CAfile = {anchors}
smtpd_tls_session_cache_database =
smtpd_tls_loglevel = 0
smtpd_relay_restrictions = permit_tls_all_clientcerts, reject
{"smtpd_end_of_data_restrictions = check_client_access static:HOLD" if hold else ""}
"""
    (folder / "etc" / "main.cf").write_text(settings)
    (folder / "etc" / "master.cf").write_text(f"127.0.0.1:{port} inet n - n - 200 smtpd{_SERVICES}")
    return ["postfix", "-c", str(folder / "etc"), "start-fg"]


def stop(folder: Path) -> None:
    """End the Postfix in `folder`."""
    subprocess.run(["postfix", "-c", folder / "etc", "stop"], capture_output=True, check=False)
