"""Webhooks' signatures and waiting times."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest

from falin.kernel.webhooks import signing
from falin.kernel.webhooks.sending import is_public

BODY = b'{"event_type":"ping","data":{"success":true}}'
AT = datetime.fromtimestamp(1731705121, UTC)


def test_a_message_is_signed_as_the_specifications_own_example() -> None:
    # Standard Webhooks 1.0, "Verifying signatures", the worked example.
    made = signing.headers(message_id="msg_loFOjxBNrRLzqYUf", body=BODY, at=AT, keys=["whsec_plJ3nmyCDGBKInavdOK15jsl"])
    assert made == {
        "webhook-id": "msg_loFOjxBNrRLzqYUf",
        "webhook-timestamp": "1731705121",
        "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    }


def test_while_a_secret_changes_both_sign() -> None:
    old, new = signing.new_secret(), signing.new_secret()
    both = signing.headers(message_id="msg_1", body=BODY, at=AT, keys=[new, old])["webhook-signature"].split(" ")
    alone = [
        signing.headers(message_id="msg_1", body=BODY, at=AT, keys=[one])["webhook-signature"] for one in (new, old)
    ]
    assert both == alone


def test_a_secret_has_256_bits_and_is_never_the_same() -> None:
    made = {signing.new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(base64.b64decode(one.removeprefix("whsec_"))) for one in made} == {32}


def test_the_waits_grow_and_end_after_about_three_days() -> None:
    waits = [signing.wait(attempts, None) for attempts in range(1, len(signing.WAITS) + 2)]
    assert waits[-1] is None
    given = [one for one in waits if one]
    assert given == sorted(given)
    assert timedelta(days=3) < sum(given, timedelta()) < timedelta(days=4)


def test_a_receiver_may_ask_for_more_time_but_not_for_ever() -> None:
    assert signing.wait(1, timedelta(minutes=20)) == timedelta(minutes=20)
    assert signing.wait(1, timedelta(days=300)) == timedelta(days=1)
    assert signing.wait(4, timedelta(seconds=1)) == signing.WAITS[3]


@pytest.mark.parametrize("inner", [
    "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
])  # fmt: skip
def test_an_inner_address_is_known_for_one_however_it_is_written(inner: str) -> None:
    assert not is_public(ip_address(inner))


@pytest.mark.parametrize("public", ["1.1.1.1", "223.5.5.5", "2400:3200::1", "::ffff:223.5.5.5"])
def test_a_public_address_is_known_for_one(public: str) -> None:
    assert is_public(ip_address(public))
