"""Messages and what is expected of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from lab.scenario.language import AttributedKeys, ExpectationKeys, MessageKeys, NdrKeys
from lab.scenario.model import AttributedExpectation, Expectation, MessageSpec, NdrExpectation
from lab.scenario.records import Fields

T = TypeVar("T")


def message(key: str, read: Fields) -> MessageSpec:
    """A message to send."""
    headers = read[MessageKeys.headers]
    return MessageSpec(
        key=key,
        sender=read[MessageKeys.sender],
        recipients=read[MessageKeys.recipients],
        reverse_path=read[MessageKeys.reverse_path],
        subject=read[MessageKeys.subject],
        body=read[MessageKeys.body],
        headers=tuple((name, value) for name, values in headers.items() for value in values),
        via=read[MessageKeys.via],
        why=read[MessageKeys.why],
    )


def expectation(read: Fields) -> Expectation:
    """What is claimed; what is not written is not claimed."""
    attributed, ndr = read[ExpectationKeys.attributed], read[ExpectationKeys.ndr]
    return Expectation(
        path=_claimed(read[ExpectationKeys.path]),
        attributed=_attributed(attributed) if attributed is not None else None,
        ends=read[ExpectationKeys.ends],
        ndr=_report(ndr) if ndr is not None else None,
        no_ndr=read[ExpectationKeys.no_ndr],
        reply=read[ExpectationKeys.reply],
        seen_by=read[ExpectationKeys.seen_by],
        not_seen_by=read[ExpectationKeys.not_seen_by],
        not_twice=read[ExpectationKeys.not_twice],
        spf=_pairs(read[ExpectationKeys.spf]),
        dmarc=_pairs(read[ExpectationKeys.dmarc]),
        headers=_pairs(read[ExpectationKeys.headers]),
        line=read.place.line,
        file=read.place.file,
    )


def _attributed(read: Fields) -> AttributedExpectation:
    return AttributedExpectation(
        tenant=read[AttributedKeys.tenant],
        basis=read[AttributedKeys.basis],
        connector=read[AttributedKeys.connector],
        direction=read[AttributedKeys.direction],
    )


def _report(read: Fields) -> NdrExpectation:
    return NdrExpectation(
        status=read[NdrKeys.status],
        generated_by=read[NdrKeys.generated_by],
        to=read[NdrKeys.to],
        via=read[NdrKeys.via],
        ends=read[NdrKeys.ends],
        path=_claimed(read[NdrKeys.path]),
    )


def _claimed(path: tuple[str, ...]) -> tuple[str, ...] | None:
    return path or None


def _pairs(table: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(table.items())
