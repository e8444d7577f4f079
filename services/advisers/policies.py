"""Who may do and see what about advisers, and the sentences people read when they may not."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from falin.kernel import formats
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.scope import Scope
from services.advisers.types import Obstacle, TakenSeat
from tenants.identity.api import Role

READ, REGISTER, APPOINT = "advisers.read", "advisers.register", "advisers.appoint"
# Appointments are the ground of duty and of figures: who may read those may read these.
READ_APPOINTMENTS = frozenset({READ, "duty.read", "figures.publish"})
OWN, FIRM = "duty.own", "firm.read"


def check_may_read(scope: Scope) -> None:
    """Advisers, firms and vacancies of the scope's places."""
    scope.require(READ)


def check_may_read_appointments(scope: Scope, *, adviser_id: uuid.UUID | None = None) -> None:
    """Everybody's in the scope's places; an adviser's own, where only his are asked for."""
    own = scope.may(OWN) and adviser_id is not None and str(adviser_id) == scope.subject_id
    if not (own or scope.grants & READ_APPOINTMENTS):
        scope.require(READ)


def check_may_read_own(scope: Scope) -> None:
    """Adviser's own communities."""
    scope.require(OWN)
    if not scope.subject_id:
        raise Forbidden("advisers.no_subject", _("这个身份没有对应的顾问。请县（区）工作专班重新开通账号。"))


def check_may_read_firm(scope: Scope) -> None:
    """A firm's own advisers, wherever they serve."""
    scope.require(FIRM)
    if not scope.subject_id:
        raise Forbidden("advisers.no_subject", _("这个身份没有对应的律所。请县（区）工作专班重新开通账号。"))


def check_may_read_serving(scope: Scope) -> None:
    """What everybody may know of who serves a county's communities."""
    scope.require("public.read")


def check_may_register(scope: Scope) -> None:
    scope.require(REGISTER)


def may_register(scope: Scope) -> bool:
    return scope.may(REGISTER)


def check_may_appoint(scope: Scope) -> None:
    scope.require(APPOINT)


def may_appoint(scope: Scope) -> bool:
    return scope.may(APPOINT)


CLEAR = "advisers.clear"


def check_may_see_clear(scope: Scope) -> None:
    """Identity number and private telephone of an adviser on the scope's own list."""
    scope.require(CLEAR)


def may_see_clear(scope: Scope) -> bool:
    return scope.may(CLEAR)


# Whose cell *personal data* has an adviser's own number at all: the county, which opens it behind a
# written reason; the street, masked; himself and his firm. A liaison has the contacts of who serves his community: the
# office's. Whoever else looks in, in an emergency say, sees none (decision 43).
_SEES_MASKED = frozenset({Role.COUNTY_TEAM, Role.STREET_OFFICER, Role.ADVISER, Role.FIRM_MANAGER})


def may_see_masked(scope: Scope) -> bool:
    """Whether an adviser's private telephone is in the answer, with its middle left out."""
    return scope.role in _SEES_MASKED


# ---- sentences -----------------------------------------------------------------------------------------------------
def no_adviser() -> Missing:
    return Missing("advisers.no_adviser", _("没有这位顾问，或者他不在您的辖区任职。"))


def no_firm() -> Missing:
    return Missing("advisers.no_firm", _("本省登记册上没有这家律所。"))


def no_appointment() -> Missing:
    return Missing("advisers.no_appointment", _("没有这项聘任，或者它不在您的辖区。"))


def too_late_to_resume() -> Refused:
    return Refused("advisers.too_late_to_resume", _("结束聘任只能由经办人在 10 分钟内撤回。现在请重新聘任。"))


def somebody_follows() -> Refused:
    return Refused("advisers.somebody_follows", _("已经有人接任，不能撤回。请先结束接任的聘任，再重新聘任。"))


def seat_is_used() -> Refused:
    return Refused("advisers.seat_used", _("他的名额已经用在别处，或者他已经重新聘到这里，不能撤回。"))


def no_community() -> Missing:
    return Missing("advisers.no_community", _("没有这个社区（村），或者它不在您的辖区。"))


def not_a_community(name: str) -> Invalid:
    return Invalid(
        "advisers.not_a_community",
        _("顾问聘到社区（村），“%(name)s”不是社区（村）。") % {"name": name},
        field="node_id",
    )


def firm_unknown(name: str, near: Sequence[str]) -> Invalid:
    text = _("登记册上没有“%(name)s”。请写全称，或者先登记这家律所。")
    if near:
        text = _("登记册上没有“%(name)s”。是不是：%(near)s？")
    return Invalid("advisers.firm_unknown", text % {"name": name, "near": _("、").join(near)}, field="firm_id")


def firm_is_registered() -> Refused:
    return Refused("advisers.firm_registered", _("本省登记册上已经有同名的律所，不用再登记。"), field="name")


def identity_is_registered() -> Refused:
    return Refused(
        "advisers.identity_registered",
        _("这个身份证号已经登记过一位顾问。请在“选人”里按姓名查找，不要重复登记。"),
        field="id_number",
    )


def phone_is_registered() -> Refused:
    return Refused(
        "advisers.phone_registered", _("这个手机号已经登记给另一位顾问。请核对号码，或请他本人更正。"), field="phone"
    )


def personal_data_in(field: str) -> Invalid:
    return Invalid("advisers.personal_data", _("这里不要写身份证号或手机号：这段话会记入办事记录。"), field=field)


def refusal_of(
    obstacle: Obstacle, *, seats: Sequence[TakenSeat], county_id: int, most: int, name: str, begins_on: date,
    exam_passed_on: date | None, banned_until: date | None, ban_reason: str,
) -> Refused:  # fmt: skip
    """
    The refusal an obstacle stands for, at the field it belongs to, with its figures.

    Other counties' communities are counted, never named.

    :param seats: those in the way, within the time asked for.
    """
    code = f"advisers.{obstacle}"
    if obstacle == Obstacle.FULL:
        return Refused(code, full_sentence(name, seats, county_id, most), field="adviser_id")
    if obstacle == Obstacle.NOT_EXAMINED:
        text = _("%(name)s还没有通过统一考试，上岗前须先通过。考过以后先登记成绩，再聘任。")
        return Refused(code, text % {"name": name}, field="adviser_id")
    if obstacle == Obstacle.EXAMINED_LATER:
        text = _("%(name)s的统一考试在%(exam)s通过，聘任不能早于这一天。")
        return Refused(code, text % {"name": name, "exam": formats.day(exam_passed_on or begins_on)}, field="begins_on")
    if obstacle == Obstacle.BANNED:
        text = _("%(name)s在%(until)s以前（含当日）不得聘任：%(why)s。")
        words = {"name": name, "until": formats.day(banned_until or begins_on), "why": ban_reason}
        return Refused(code, text % words, field="adviser_id")
    if obstacle == Obstacle.HELD_ALREADY:
        held = seats[0]
        text = _("%(name)s在这个社区已有聘任（%(begin)s起，%(end)s），两段不能重叠。")
        words = {"name": name, "begin": formats.day(held.begins_on), "end": until_words(held.ends_on)}
        return Refused(code, text % words, field="begins_on")
    return Invalid(code, _("结束日期早于开始日期（%(day)s）。") % {"day": formats.day(begins_on)}, field="ends_on")


def until_words(end: date | None) -> str:
    return _("到%(day)s") % {"day": formats.day(end)} if end else _("没有约定结束日期")


def full_sentence(name: str, seats: Sequence[TakenSeat], county_id: int, most: int) -> str:
    here = sum(1 for seat in seats if seat.county_id == county_id)
    text = _("%(name)s%(count)s，一名顾问最多服务 %(most)d 个。想请这位顾问，先结束或移交其中一个。")
    return text % {"name": name, "count": held_words(here, len(seats) - here), "most": most}


def held_words(here: int, elsewhere: int) -> str:
    """``已服务 3 个社区（本县 2 个，外县 1 个）``."""
    total = here + elsewhere
    held = ngettext("已服务 %(n)d 个社区", "已服务 %(n)d 个社区", total) % {"n": total}
    if not elsewhere:
        return held
    return held + _("（本县 %(here)d 个，外县 %(elsewhere)d 个）") % {"here": here, "elsewhere": elsewhere}


def seat_was_taken() -> Refused:
    text = _("刚才另一个县也在聘这位顾问，名额已被占用。请刷新后再看。")
    return Refused("advisers.seat_taken", text, field="adviser_id")


def ends_before_it_begins(begins_on: date) -> Refused:
    text = _("这项聘任从%(day)s开始，结束日期不能更早。")
    return Invalid("advisers.ends_before", text % {"day": formats.day(begins_on)}, field="on_day")


def ends_already(ends_on: date) -> Refused:
    text = _("这项聘任到%(day)s已经结束，不能再往后改。")
    return Refused("advisers.ends_already", text % {"day": formats.day(ends_on)}, field="on_day")


def same_adviser() -> Refused:
    return Refused("advisers.same_adviser", _("接任的是同一位顾问。续聘请在期满以后重新聘任。"), field="new_adviser_id")


def not_vacant(names: Sequence[str]) -> Refused:
    text = _("这个社区有顾问（%(names)s），不是空缺，不用说明原因。")
    return Refused("advisers.not_vacant", text % {"names": _("、").join(names)}, field="reason")


def in_the_future(field: str) -> Invalid:
    return Invalid("advisers.in_the_future", _("日期不能晚于今天。"), field=field)


def ban_is_over(field: str) -> Invalid:
    return Invalid("advisers.ban_is_over", _("截止日期要晚于今天。"), field=field)


def has_account() -> Refused:
    return Refused("advisers.has_account", _("这位顾问已经有账号。忘记密码请用登录页的“忘记密码”。"))


def no_name() -> Invalid:
    return Invalid("advisers.no_name", _("姓名要 2 到 40 个字。"), field="name")


def nothing_to_correct() -> Invalid:
    return Invalid("advisers.nothing_to_correct", _("和现在的一样，没有要改的。"), field="name")


def erased() -> Refused:
    text = _("这位顾问的身份证号和手机号已经删除，登记不再改动。他要再任职，请重新登记。")
    return Refused("advisers.erased", text)


def still_banned(until: date) -> Refused:
    text = _("他到 %(day)s 为止不能任职，期满以后才能删除：没有身份证号，重新登记就认不出他。")
    return Refused("advisers.still_banned", text % {"day": formats.day(until)})


def still_serves(held: int) -> Refused:
    text = ngettext(
        "他还在 %(n)d 个社区任职或即将任职，先结束聘任才能删除。",
        "他还在 %(n)d 个社区任职或即将任职，先结束聘任才能删除。",
        held,
    )
    return Refused("advisers.still_serves", text % {"n": held}, field="why")


def unreadable() -> Refused:
    return Refused("advisers.unreadable", _("这两个号码现在读不出来，没有显示。请联系平台运维检查密钥。"))


def needed(field: str, text: str) -> Invalid:
    return Invalid("advisers.needed", text, field=field)


# ---- importing -----------------------------------------------------------------------------------------------------
IMPORT = "advisers.import"


def check_may_import(scope: Scope) -> None:
    """Sheets of firms and advisers: they hold whole identity numbers, so reading them takes the same grant."""
    scope.require(IMPORT)


def no_import() -> Missing:
    return Missing("advisers.no_import", _("没有这次导入，或者它没有要修改的行。"))


def nothing_to_load() -> Refused:
    return Refused("advisers.nothing_to_load", _("这次导入没有等着确认的行。请先看检查结果。"))


def not_to_be_named() -> Refused:
    return Refused("advisers.not_to_be_named", _("这张表正在检查或者已经导入，不能再改列的对应。"))


def import_is_over() -> Refused:
    return Refused("advisers.import_over", _("这次导入现在没有在进行，不用停下。"))
