"""A network of its own for one command, with the scenario's real addresses: port 25 and 53, and nothing leads out.

Programs that cannot be told another port than 25, or another DNS server than /etc/resolv.conf, are at home there. When
the command ends, everything that it started ends, and nothing is left of the network.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from lab.errors import DriverError

_TOOLS = {"unshare": "util-linux", "ip": "iproute2", "mount": "mount"}
_ENTER = """\
ip link set lo up
for address in $ADDRESSES; do ip address add "$address/32" dev lo; done
mount --bind "$RESOLVER" /etc/resolv.conf
exec "$@"
"""


def in_network_namespace(
    command: Sequence[str], addresses: Iterable[str], resolver: Path
) -> tuple[list[str], dict[str, str]]:
    """The command line that runs `command` there, and its environment; `resolver` is its /etc/resolv.conf.

    Raises DriverError when this machine does not allow it.
    """
    _check()
    namespaces = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    environment = {"ADDRESSES": " ".join(addresses), "RESOLVER": str(resolver), "TZ": "UTC"}
    return ["unshare", *namespaces, "sh", "-ec", _ENTER, "sh", *command], {**os.environ, **environment}


def _check() -> None:
    if os.geteuid() != 0:
        raise DriverError(
            "a network of its own for a real mail server takes root: `sudo mflab ...`, or the lab in containers"
        )
    missing = [
        f"{tool} (package {package})" for tool, package in _TOOLS.items() if shutil.which(tool) is None
    ]
    if missing:
        raise DriverError(
            f"a network of its own takes {', '.join(missing)}, which this machine does not have"
        )
