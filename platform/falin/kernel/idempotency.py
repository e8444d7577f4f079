"""The place of writes that may arrive twice: a key is claimed in the act's own transaction and kept 24 hours."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.core.files import File
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from falin.kernel.models import IdempotencyKey
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope

KEPT = timedelta(hours=24)


def fingerprint(request: HttpRequest) -> str:
    """What was asked under the key: a key used again for something else is refused, not answered wrongly."""
    asked = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type == "application/json":
        asked.update(request.body)
    else:  # not the raw body: boundaries and the form token differ between two sends of the same form
        for name, values in sorted(request.POST.lists()):
            if name not in {"csrfmiddlewaretoken", "_once", "_hat"}:
                asked.update(f"{name}={values}\n".encode())
        for name, upload in sorted(request.FILES.items()):
            asked.update(f"{name}:".encode())
            assert isinstance(upload, File)
            for chunk in upload.chunks():
                asked.update(chunk)
            upload.seek(0)
    return asked.hexdigest()


def claim(*, scope: Scope, key: str, fingerprint: str, now: datetime) -> IdempotencyKey | None:
    """
    Take the key, or give back the answer that was given under it. Waits for a twin that is being worked on.

    :raises Refused: when the key was used for a different request.
    """
    if not 0 < len(key) <= 80 or not key.isprintable():
        raise Refused("kernel.bad_key", _("重复提交的标识不对，请刷新页面后再试。"))
    try:
        with transaction.atomic():
            IdempotencyKey.objects.create(person_id=scope.person_id, key=key, fingerprint=fingerprint, at=now)
    except IntegrityError:
        earlier = IdempotencyKey.objects.filter(person_id=scope.person_id, key=key).first()
        if earlier is None:  # a twin took it after this transaction, a steady one, began to look
            raise Refused("kernel.twin", _("同一个请求正在办理，请稍后再试。")) from None
        if earlier.fingerprint != fingerprint:
            raise Refused("kernel.key_reused", _("这个页面已经提交过别的内容。请重新打开页面再填。")) from None
        return earlier
    return None


def remember(*, scope: Scope, key: str, response: HttpResponse) -> None:
    """Keep the answer for whoever asks again under the same key."""
    IdempotencyKey.objects.filter(person_id=scope.person_id, key=key).update(
        status=response.status_code,
        location=response.headers.get("Location", ""),
        body="" if 300 <= response.status_code < 400 else response.content.decode(),
        content_type=response.headers.get("Content-Type", ""),
    )


def forget_old(*, now: datetime) -> int:
    """Drop keys older than 24 h in the open transaction's schema; how many."""
    return IdempotencyKey.objects.filter(at__lt=now - KEPT).delete()[0]
