"""
The place where acts are booked: in the same transaction as the act, in a canonical form that is sealed afterwards.

``sealing`` closes entries into signed batches outside the request, ``anchors`` keeps copies of them elsewhere, ``alarms``
looks for odd patterns, ``exporting`` writes the file that ``falin verify audit`` checks.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Invalid
from falin.kernel.scope import Scope

# An identity number or a mobile number in a booked fact is a mistake of the caller: facts carry no personal data.
# Not inside a longer run of letters and digits: one in 3,000 UUIDs holds eleven digits that look like a telephone.
_GAP = "[ .\u2013-]?"  # as people write numbers, in groups; full-width figures are read as the others
_PERSONAL = re.compile(
    rf"(?<![0-9A-Za-z])(?:\d{{17}}[\dXx]|\d{{15}}|\d{{6}}{_GAP}(?:19|20)\d\d{_GAP}\d\d{_GAP}\d\d{_GAP}\d{{3}}[\dXx]"
    rf"|(?:(?:\+|00)?86{_GAP})?1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}})(?![0-9A-Za-z])"
)


_as_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class PersonalDataInAudit(Invalid):
    """
    A fact to be booked looks like an identity or telephone number. Most often somebody typed it, as a name or a reason: he
    reads so above what he typed, where the command knows no field to say it at.
    """

    def __init__(self, act: str) -> None:
        super().__init__("kernel.personal_data", _("这里不要写身份证号或手机号：写下的会记入办事记录。"))
        self.act = act

    def __str__(self) -> str:
        return self.act


class NoTransaction(Exception):
    """An act was booked outside a transaction: the act and its record could part."""


def canonical(fields: Mapping[str, Any]) -> bytes:
    """
    The bytes that are hashed: each field as ``name`` and value, length before content, in the order of names.

    Length prefixes make two different entries unable to share one text. A moment is written in UTC, as it comes back from
    the database. ``falin.runtime.verify`` says the same without Falin, and a test holds the two together.
    """
    out = bytearray()
    for name in sorted(fields):
        value = fields[name]
        if isinstance(value, datetime):
            text = moment(value)
        elif isinstance(value, str):
            text = value
        else:
            text = _as_json(value)
        for part in (name.encode(), text.encode()):
            out += len(part).to_bytes(4, "big") + part
    return bytes(out)


def moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def looks_personal(text: str) -> bool:
    """Whether a text holds what looks like an identity or telephone number."""
    return bool(_PERSONAL.search(unicodedata.normalize("NFKC", text)))


def without_numbers(text: str) -> str:
    """The text with … for what looks like such a number; a file is called by whoever made it."""
    return _PERSONAL.sub("…", unicodedata.normalize("NFKC", text)) if looks_personal(text) else text


def record(
    *,
    scope: Scope,
    act: str,
    subject: tuple[str, object],
    node_id: int | None,
    now: datetime,
    why: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """
    Book one act; the parameters and refusals are those of ``entry``.

    :raises NoTransaction: without an open transaction.
    """
    entry(scope=scope, act=act, subject=subject, node_id=node_id, now=now, why=why, before=before, after=after).save(
        force_insert=True
    )


def has_done(*, scope: Scope, act: str, subject: tuple[str, object], since: datetime) -> bool:
    """Whether the scope's holder did this to a thing since a moment, by the log of the body he acts in."""
    kind, subject_id = subject
    return AuditEntry.objects.filter(
        subject_kind=kind, subject_id=str(subject_id), act=act, person_id=scope.person_id, at__gt=since
    ).exists()


def record_many(entries: Iterable[AuditEntry]) -> None:
    """Book the acts of one batch, each with its own row."""
    AuditEntry.objects.bulk_create(entries)


def entry(
    *,
    scope: Scope,
    act: str,
    subject: tuple[str, object],
    node_id: int | None,
    now: datetime,
    why: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """
    One act as it is to be booked, not written yet.

    :param act: ``service.thing.past-verb``.
    :param before: facts that changed, as they were; no personal data, only scalars and lists of them.
    :raises NoTransaction: without an open transaction.
    :raises PersonalDataInAudit: when a fact looks like an identity or telephone number.
    """
    if not connection.in_atomic_block:
        raise NoTransaction(act)
    kind, subject_id = subject
    fields: dict[str, Any] = {
        "at": now, "act": act, "person_id": scope.person_id, "role": scope.role, "subject_kind": kind,
        "subject_id": str(subject_id), "node_id": node_id, "why": why, "before": dict(before or {}),
        "after": dict(after or {}), "request_id": scope.request_id,
    }  # fmt: skip
    if looks_personal(json.dumps([fields["before"], fields["after"], why], ensure_ascii=False)):
        raise PersonalDataInAudit(act)
    digest = hashlib.sha256(canonical({"schema": scope.schema, **fields})).digest()
    return AuditEntry(**fields, digest=digest)
