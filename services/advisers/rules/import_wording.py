"""The words an import is reported in: each code becomes what is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from falin.kernel.sheets import wording
from services.advisers.rules.imports import ImportState
from services.advisers.rules.sheet import ROSTER

STATE_WORDS = {
    ImportState.CHECKING: gettext_lazy("正在检查"),
    ImportState.UNUSABLE: gettext_lazy("文件不能用"),
    ImportState.WRONG_COLUMNS: gettext_lazy("列不对"),
    ImportState.CHECKED: gettext_lazy("等您确认"),
    ImportState.LOADING: gettext_lazy("正在导入"),
    ImportState.DONE: gettext_lazy("已导入"),
    ImportState.STOPPED: gettext_lazy("已停下"),
    ImportState.FAILED: gettext_lazy("中断了"),
    ImportState.EXPIRED: gettext_lazy("表格已删除"),
}

UNUSABLE = {
    "empty": gettext_lazy("表里没有一行人员。请填好以后再上传；可以先下载模板。"),
    "too_many_rows": gettext_lazy("表里超过 10 万行。请拆成几份，分别上传。"),
}

_PROBLEMS = {
    "id_fifteen": gettext_lazy("这是 15 位的旧号码，已经停用。请按现在的身份证填 18 位；系统不代为换算，免得换错人。"),
    "id_length": gettext_lazy("身份证号应当是 18 位。请核对。"),
    "id_characters": gettext_lazy("身份证号只能是数字，最后一位可以是 X。请核对。"),
    "id_region": gettext_lazy("身份证号开头两位不是任何一个省份。请核对。"),
    "id_birth": gettext_lazy("身份证号里的出生日期不对。请核对。"),
    "id_checksum": gettext_lazy("身份证号的最后一位对不上，说明至少有一位抄错了。请对照证件核对。"),
    "phone_characters": gettext_lazy("手机号只能是数字。一格只填一个号码。"),
    "phone_landline": gettext_lazy("这像是座机号码。请填本人的 11 位手机号。"),
    "phone_length": gettext_lazy("手机号应当是 11 位。请核对。"),
    "phone_shape": gettext_lazy("没有这样开头的手机号。请核对。"),
    "credit_length": gettext_lazy("统一社会信用代码应当是 18 位。请核对，或者空着。"),
    "credit_characters": gettext_lazy("统一社会信用代码里有不会出现的字符（如 I、O、S、V、Z）。请核对，或者空着。"),
    "credit_checksum": gettext_lazy("统一社会信用代码的最后一位对不上。请核对，或者空着。"),
    "exam_later": gettext_lazy("考试通过日期不能晚于今天。"),
    "begin_missing": gettext_lazy("填了服务社区，就要填聘期从哪天开始。"),
    "ends_before": gettext_lazy("聘期止早于聘期起。请核对。"),
    "name_long": gettext_lazy("姓名太长。一格只填一个人。"),
    "name_odd": gettext_lazy("姓名里有数字或不该有的符号，或者只有一个字。一格只填一个人的姓名。"),
    "firm_long": gettext_lazy("机构名称太长，最多 80 个字。"),
    "firm_odd": gettext_lazy("这不像机构的全称。请照执业许可证填。"),
    "licence_odd": gettext_lazy("执业证号只有数字和字母，最多 30 位。请核对。"),
    "firm_phone_odd": gettext_lazy("这不像电话号码。请核对，或者空着。"),
    "specialties_odd": gettext_lazy("专长最多 10 项，每项最多 20 个字，用顿号分开。"),
    "community_unknown": gettext_lazy("本县（区）没有这个社区（村）。请写成“街道/社区”，或者空着。"),
    "community_near": gettext_lazy("本县（区）没有这个社区（村）。是不是“%(near)s”？"),
    "community_several": gettext_lazy("有几个社区都叫这个名字：%(among)s。请写成“街道/社区”。"),
    "community_is_street": gettext_lazy("这是街道（镇），顾问聘到社区（村）。请写到社区。"),
    "community_twice": gettext_lazy("同一个社区写了两遍（%(place)s）。请删掉一个。"),
    "twice_id": gettext_lazy("这个身份证号在表里出现了不止一次，另见第 %(rows)s 行。请只留正确的一行。"),
    "twice_phone": gettext_lazy("这个手机号在表里出现了不止一次，另见第 %(rows)s 行。请核对是谁的号码。"),
    "registered_id": gettext_lazy("这个人已经在本省登记册上，不用再导入。要聘任，请在社区页面直接选人。"),
    "registered_phone": gettext_lazy("这个手机号已经登记给另一位顾问。请核对号码，或请那位顾问更正。"),
    "not_appointed": gettext_lazy("已登记，但没有聘到%(place)s：%(message)s"),
    "refused": gettext_lazy("没有登记：%(message)s"),
    "changed_since": gettext_lazy("检查以后情况变了，这一行没有登记。请把这一行单独再导一次。"),
}  # fmt: skip


def unusable(code: str) -> str:
    """Why a file cannot be taken as a sheet, and the way out."""
    return wording.unusable(code, UNUSABLE)


def column_name(key: str) -> str:
    """A column as the template calls it: names of columns are the sheet's own and stay as they are."""
    return wording.column_name(ROSTER, key)


def sentence(code: str, facts: Mapping[str, Any]) -> str:
    """What is wrong, and how to mend it."""
    if code == "community_unknown" and facts.get("near"):
        code = "community_near"
    return wording.sentence(code, facts, _PROBLEMS)
