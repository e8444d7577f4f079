"""The place of signatures and of waiting times, as pure functions (Standard Webhooks 1.0)."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

PREFIX = "whsec_"
SECRET_BYTES = 32  # the specification asks for 24 to 64

# After each failure, the wait before the next try; after the last one somebody has to ask for it.
WAITS = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
LONGEST_WISH = timedelta(hours=24)  # of a receiver that says Retry-After


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(*, message_id: str, body: bytes, at: datetime, keys: Iterable[str]) -> dict[str, str]:
    """
    The three headers of a message, signed under each secret in force: a receiver that has not changed over yet finds
    the old one's signature beside the new one's.
    """
    stamp = str(int(at.timestamp()))
    signed = f"{message_id}.{stamp}.".encode() + body
    marks = [
        "v1," + base64.b64encode(hmac.digest(base64.b64decode(key.removeprefix(PREFIX)), signed, sha256)).decode()
        for key in keys
    ]
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": " ".join(marks)}


def wait(attempts: int, asked: timedelta | None) -> timedelta | None:
    """
    How long to wait after that many failures; ``None`` when it is for a person to decide.

    :param asked: what the receiver said in ``Retry-After``; heeded up to a day, where it is longer than ours.
    """
    if attempts > len(WAITS):
        return None
    return max(WAITS[attempts - 1], min(asked or timedelta(0), LONGEST_WISH))
