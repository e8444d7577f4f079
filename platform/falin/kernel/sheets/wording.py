"""The words in which a sheet is reported on, whatever is in it: each code becomes what is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.sheets.columns import Columns

UNUSABLE = {
    "not_xlsx": gettext_lazy(
        "这个文件不是 XLSX 表格（可能是改了后缀名）。请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”，再上传。"
    ),
    "old_excel": gettext_lazy(
        "这是旧版 .xls 表格，或者加了打开密码。请去掉密码，另存为“Excel 工作簿（.xlsx）”，再上传。"
    ),
    "too_large_unpacked": gettext_lazy(
        "这个文件解开以后大得不正常，没有打开。请只留需要导入的那张表，复制到新文件里，再上传。"
    ),
    "broken": gettext_lazy("这个文件已经损坏，读不下去。请用 Excel 或 WPS 打开，另存一份，再上传。"),
}

_PROBLEMS = {
    "missing": gettext_lazy("必填，这里空着。请补上。"),
    "formula": gettext_lazy("这里是公式。请填数值，不要公式：复制这一列，选择性粘贴为“值”。"),
    "error_value": gettext_lazy("这里是表格的错误值。请改成实际内容。"),
    "truth_value": gettext_lazy("这里是“真/假”值。请改成实际内容。"),
    "digits_lost": gettext_lazy("这个号码是按数字存的，后几位已经丢失。请先把这一列设成“文本”，再重新填完整的号码。"),
    "is_a_day": gettext_lazy("表格把这里当成了日期。请先把这一列设成“文本”，再重新填。"),
    "too_long": gettext_lazy("内容太长。请检查是不是填错了格。"),
    "merged": gettext_lazy("这一行有合并单元格（%(range)s）。请取消合并，每一行都填上内容。"),
    "day_unreadable": gettext_lazy("看不懂这个日期。请写成 2026-1-5 这样的年月日。"),
    "day_impossible": gettext_lazy("没有这一天。请核对月和日。"),
}  # fmt: skip


def unusable(code: str, own: Mapping[str, Any]) -> str:
    """Why a file cannot be taken as a sheet, and the way out; ``own`` are the words of one kind of sheet."""
    return str(own.get(code) or UNUSABLE.get(code, UNUSABLE["broken"]))


def column_name(columns: Columns, key: str) -> str:
    """A column as the template calls it: names of columns are the sheet's own and stay as they are."""
    return columns.by_key[key].name if key in columns.by_key else _("整行")


def sentence(code: str, facts: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """What is wrong, and how to mend it; ``own`` are the words of one kind of sheet."""
    words = {name: _("、").join(map(str, value)) if isinstance(value, list) else value for name, value in facts.items()}
    text = str(own.get(code) or _PROBLEMS[code])
    return text % words if words else text
