"""
An attacker with the whole database, and with the application's own role, but without the root key: he reads names and
places, and no identity number and no private telephone of anybody.
"""

from __future__ import annotations

import hashlib
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from falin.kernel import crypto
from falin.kernel.models import DataKey
from falin.kernel.refusals import Refused
from falin.kernel.scope import PUBLIC_SCHEMA
from falin.kernel.transactions import inside
from services.advisers.commands import show_numbers
from services.advisers.models import Adviser
from services.advisers.queries.sealed import ID_NUMBER, PHONE
from tenants.identity.models import Code, Person
from tenants.identity.queries.account import CODE_ADDRESS
from tenants.identity.queries.account import PHONE as PHONES
from tests import leaks, peopled
from tests.fixtures.adviser_sheets import identity, phone
from tests.tenancy.ground import Ground
from tests.world import NOW, World

ADVISERS = [one(number) for number in range(1, len(peopled.ADVISERS) + 1) for one in (identity, phone)]
ACCOUNTS = [phone(number) for number in peopled.TELEPHONES.values()]
PROVING = [phone(number) for number in peopled.PROVING.values()]  # the address of a code that is on its way
EVERYBODYS = [*ADVISERS, *ACCOUNTS, *PROVING]


def found(url: str, words: list[str]) -> set[str]:
    return {where for where, text in leaks.every_value(url) if any(word in text for word in words)}


def test_a_copy_of_every_table_holds_no_number_in_clear(ground: Ground) -> None:
    assert found(ground.url, EVERYBODYS) == set()
    assert "public.advisers_adviser.name" in found(ground.url, ["温若溪"])  # the walk does see what is in clear
    # and what it looked for is there: each lies sealed in its own table
    kept = {PHONES.place(PUBLIC_SCHEMA, row.pk): row.phone_sealed for row in Person.objects.exclude(phone_sealed=b"")}
    kept |= {CODE_ADDRESS.place(PUBLIC_SCHEMA, row.pk): row.address_sealed for row in Code.objects.all()}
    assert sorted(crypto.decrypt(sealed, place) for place, sealed in kept.items()) == sorted([*ACCOUNTS, *PROVING])


def test_the_walk_finds_a_number_wherever_it_is_put(fresh: Any) -> None:
    with fresh() as ground:
        schema = ground.schema["330106"]
        with psycopg.connect(ground.url, autocommit=True) as own:
            own.execute(f"update {schema}.kernel_job set log = %s", [f"导入 {phone(1)}"])
            own.execute(
                f"update {schema}.kernel_outboxevent set payload = jsonb_build_object('a', %s::text)", [identity(1)]
            )
            own.execute("update advisers_adviser set phone_index = %s where name = '温若溪'", [phone(1).encode()])
        assert found(ground.url, EVERYBODYS) == {
            f"{schema}.kernel_job.log", f"{schema}.kernel_outboxevent.payload", "public.advisers_adviser.phone_index",
        }  # fmt: skip
        assert leaks.numbers_in_books(ground.url)


def test_the_books_of_the_peopled_world_hold_no_number_of_anybody(ground: Ground) -> None:
    assert leaks.numbers_in_books(ground.url) == []


def test_a_blind_index_is_no_plain_hash_that_could_be_tried_out(ground: Ground) -> None:
    """All telephones of a country are tried in minutes against a hash without a key."""
    kept = {bytes(one) for row in Adviser.objects.values_list("id_index", "phone_index") for one in row}
    kept |= {bytes(one) for one in Person.objects.exclude(phone_index=b"").values_list("phone_index", flat=True)}
    kept |= {bytes(one) for row in Code.objects.values_list("address_index", "code_hash") for one in row}
    for number in EVERYBODYS:
        for text in (
            number,
            *(f"{one}\0{number}" for one in ("adviser.id", "adviser.phone", "person.phone", "code.address")),
        ):
            assert hashlib.sha256(text.encode()).digest() not in kept


def test_the_applications_role_without_the_root_key_reads_nothing(ground: Ground, settings: Any) -> None:
    row = Adviser.objects.get(name="温若溪")
    tenant = ground.schema["33"]
    assert crypto.decrypt(row.id_sealed, ID_NUMBER.place(tenant, row.id)) == identity(1)
    person, code = Person.objects.get(username="county"), Code.objects.get()
    sealed = [(row.id_sealed, ID_NUMBER.place(tenant, row.id)), (row.phone_sealed, PHONE.place(tenant, row.id)),
              (person.phone_sealed, PHONES.place(PUBLIC_SCHEMA, person.pk)),
              (code.address_sealed, CODE_ADDRESS.place(PUBLIC_SCHEMA, code.pk))]  # fmt: skip
    settings.ROOT_KEY = "00" * 32
    for text, place in sealed:
        crypto.forget_keys()
        with pytest.raises(crypto.WrongRoot):
            crypto.decrypt(text, place)


@pytest.mark.parametrize(
    "move",
    [
        "set id_sealed = o.id_sealed, phone_sealed = o.phone_sealed",  # another person's
        "set id_sealed = a.phone_sealed, phone_sealed = a.id_sealed",  # another column
        "set id_sealed = overlay(a.id_sealed placing '\\x00' from 20)",  # a byte
    ],
)
def test_ciphertext_that_was_moved_is_shown_to_nobody(fresh: Any, move: str) -> None:
    with fresh() as ground:
        with psycopg.connect(ground.url, autocommit=True) as own:
            own.execute(
                f"update advisers_adviser a {move} from advisers_adviser o where a.name = '温若溪' and o.name = '柳闻笛'"
            )
        scope = World().scope("county")
        who = peopled.adviser_id("wenruoxi")
        with pytest.raises(Refused, match="读不出来"), inside(scope, read_only=False):
            show_numbers(scope=scope, adviser_id=who, reason="核对", now=NOW)


def test_ciphertext_of_another_province_does_not_open(fresh: Any) -> None:
    with fresh() as ground:
        row = Adviser.objects.get(name="温若溪")
        crypto.keys_of("t09999")
        with pytest.raises(crypto.Unreadable):
            crypto.decrypt(row.phone_sealed, PHONE.place("t09999", row.id))
        wrapped = DataKey.objects.get(tenant=ground.schema["33"]).wrapped
        DataKey.objects.filter(tenant="t09999").update(wrapped=wrapped)  # nor with that province's wrapped key
        crypto.forget_keys()
        with pytest.raises(crypto.Unreadable):
            crypto.decrypt(row.phone_sealed, PHONE.place("t09999", row.id))


def test_the_root_key_lies_in_no_table(ground: Ground) -> None:
    root = settings.ROOT_KEY_FILE.read_text().strip()
    for where, text in leaks.every_value(ground.url):
        assert root not in text, where
    assert connection.settings_dict["USER"] == settings.APP_ROLE
