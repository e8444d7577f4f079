"""Numbers as people write them: read when they are right, refused by name when they are not."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falin.kernel.sheets.workbook import EPOCH_1904
from falin.kernel.sheets.written import Wrong, masked, read_day, shown
from services.advisers.rules.numbers import check_character, read_credit_code, read_identity, read_mobile
from tests.fixtures.adviser_sheets import identity, phone

TODAY = date(2026, 11, 16)


def refused(read: object, *given: object, **more: object) -> str:
    with pytest.raises(Wrong) as wrong:
        read(*given, **more)  # type: ignore[operator]
    return wrong.value.code


@pytest.mark.parametrize(
    "written",
    ["330106196001010007", "３３０１０６１９６００１０１０００７", " 330106 19600101 0007", "330106-19600101-0007"],
)
def test_an_identity_number_is_read_however_it_is_typed(written: str) -> None:
    right = "33010619600101000" + check_character("33010619600101000")
    assert read_identity(written[:-1] + right[-1], today=TODAY) == right


def test_the_last_character_may_be_a_small_x() -> None:
    number = next(identity(n) for n in range(500) if identity(n).endswith("X"))
    assert read_identity(number.lower(), today=TODAY) == number


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("330106850101001", "id_fifteen"),
        ("33010619850101001", "id_length"),
        ("33010619850101A014", "id_characters"),
        ("000106198501010014", "id_region"),
        ("330106198513010014", "id_birth"),
        ("330106202701010014", "id_birth"),
        ("330106179901010014", "id_birth"),
        ("二三", "id_length"),
    ],
)
def test_a_wrong_identity_number_says_why(written: str, code: str) -> None:
    assert refused(read_identity, written, today=TODAY) == code


@given(number=st.integers(0, 10_000_000), place=st.integers(0, 16), digit=st.integers(0, 9))
def test_one_wrong_digit_never_passes(number: int, place: int, digit: int) -> None:
    right = identity(number)
    wrong = right[:place] + str(digit) + right[place + 1 :]
    if wrong == right:
        assert read_identity(right, today=TODAY) == right
    else:
        assert refused(read_identity, wrong, today=TODAY) in {"id_checksum", "id_birth", "id_region"}


@pytest.mark.parametrize(
    "written",
    ["13800000001", "１３８０００００００１", "138 0000 0001", "138-0000-0001", "+86 13800000001", "0086-13800000001",
     "8613800000001", "(+86)13800000001"],
)  # fmt: skip
def test_a_mobile_number_is_read_however_it_is_typed(written: str) -> None:
    assert read_mobile(written) == "13800000001" == phone(1)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("0571-87990000", "phone_landline"), ("1380000000", "phone_length"), ("12800000001", "phone_shape"),
        ("13800000001/13900000002", "phone_characters"), ("没有", "phone_characters"),
    ],
)  # fmt: skip
def test_a_wrong_mobile_number_says_why(written: str, code: str) -> None:
    assert refused(read_mobile, written) == code


@pytest.mark.parametrize(
    "written",
    ["2026-1-5", "2026/01/05", "2026.1.5", "2026年1月5日", "2026 年 1 月 5 日", "２０２６．１．５", "20260105", 46_027,
     46_027.0, "46027", "2026-01-05 00:00:00", date(2026, 1, 5), datetime(2026, 1, 5, 8, 30), 20260105],  # noqa: DTZ001
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(written: object) -> None:
    assert read_day(written) == date(2026, 1, 5)


def test_a_serial_counts_from_the_books_own_first_day() -> None:
    assert read_day(46_027 - 1462, epoch=EPOCH_1904) == date(2026, 1, 5)


@pytest.mark.parametrize(
    ("written", "code"),
    [("去年", "day_unreadable"), ("2026-1", "day_unreadable"), ("26-1-5", "day_unreadable"), (3, "day_unreadable"),
     (True, "day_unreadable"), ("2026-02-30", "day_impossible"), ("20261301", "day_impossible")],
)  # fmt: skip
def test_a_wrong_day_says_why(written: object, code: str) -> None:
    assert refused(read_day, written) == code


def test_a_credit_code_is_checked() -> None:
    assert read_credit_code("９1350100m000100Y43") == "91350100M000100Y43"  # the standard's own example
    assert refused(read_credit_code, "91350100M000100Y44") == "credit_checksum"
    assert refused(read_credit_code, "91350100M000100I43") == "credit_characters"
    assert refused(read_credit_code, "9135") == "credit_length"


def test_what_is_shown_never_holds_a_whole_number() -> None:
    assert masked(identity(1)) == f"330{'*' * 13}{identity(1)[-2:]}"
    assert identity(1) not in shown(f"身份证 {identity(1)}")
    assert "138" + "0" * 8 not in shown("138-0000-0000")
    assert shown("2026-02-30") == "2026-02-30"
    assert shown("长" * 40) == "长" * 29 + "…"
