"""What a thing to do is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do."""

    where: str
    """`Exchange Online, tenant msxfaq`, `Exchange on-premises, organisation msxfaq`, a machine, `certificates`."""
    text: str = ""
    """In plain words, before the commands or instead of them."""
    commands: tuple[str, ...] = ()


def cloud(tenant: str) -> str:
    """The shell of a tenant."""
    return f"Exchange Online, tenant {tenant}"


def on_premises(organization: str) -> str:
    """The shell of an organisation."""
    return f"Exchange on-premises, organisation {organization}"


def thumbprint(certificate: str) -> str:
    """What stands for a thumbprint that nobody knows yet."""
    return f"THUMBPRINT-OF-{certificate}"
