"""
The place of a sheet of officials: what it must look like, and what a row of it means. Nothing of it is kept.

A sheet is read, shown and forgotten; what was read goes on in the form that asks for "yes", and is asked of every rule
again when it comes back. So there is no stored file with people in it to guard or to remove.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from itertools import islice
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font

from falin.kernel.files import SHEET
from falin.kernel.refusals import Invalid
from falin.kernel.scope import Scope
from falin.kernel.sheets.workbook import Cell, Kind, Row, Unusable, opened
from falin.portal.people import label, places_for
from tenants.divisions.api import list_divisions
from tenants.identity.commands.entering import MOST
from tenants.identity.queries import allowed_roles
from tenants.identity.types import EntryRow, Role

HEAD_WITHIN = 10
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Key, the name on the template, what else people call it, an example.
COLUMNS = (
    ("name", "姓名", ("人员姓名",), "示例：周以宁"),
    ("username", "登录名", ("账号", "用户名"), "zhouyining"),
    ("role", "身份", ("角色", "岗位"), "社区联络员"),
    ("place", "地方", ("单位", "辖区", "社区", "地区"), "某某街道某某社区"),
    ("begins_on", "从哪天起", ("开始日期", "任职日期"), "2026-01-05"),
    ("ends_on", "到哪天止", ("结束日期", "到期日期"), "2026-12-31"),
    ("reason", "依据", ("文号", "任命文件"), "某司〔2026〕3号"),
)
_NAMES = {name: key for key, own, also, _example in COLUMNS for name in (own, *also)}
_USERNAME = re.compile(r"[\w-]{1,60}", re.ASCII)
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A row that cannot be read: its number in the file, whom it names, what is wrong."""

    number: int
    name: str
    wrong: tuple[str, ...]


def read(
    *, scope: Scope, upload: UploadedFile[bytes], own_place: int, today: date
) -> tuple[list[EntryRow], list[Unread]]:
    """
    The rows of a sheet that can be read, and those that cannot, by the file's own numbers.

    :raises Invalid: it is no such sheet, has not the columns, or too many rows.
    """
    if int(upload.size or 0) > SHEET[2]:
        raise Invalid(
            "people.sheet_too_large", _("文件太大：最多 %(most)s MB。") % {"most": SHEET[2] // 2**20}, field="file"
        )
    ready: list[EntryRow] = []
    unread: list[Unread] = []
    try:
        with opened(BytesIO(upload.read())) as sheet:
            top = list(islice(sheet.rows(), HEAD_WITHIN))
            head, columns = _head(top)
            for row in sheet.rows():
                if row.number <= head or not any(cell.kind for cell in row.cells):
                    continue
                if len(ready) + len(unread) >= MOST:
                    raise Invalid(
                        "people.sheet_too_long", _("一次最多 %(n)s 人，请分几张表导入。") % {"n": MOST}, field="file"
                    )
                found = _Reader(scope, row, columns, own_place, today).row()
                if isinstance(found, EntryRow):
                    ready.append(found)
                elif found is not None:
                    unread.append(found)
    except Unusable:
        raise Invalid(
            "people.sheet_unusable", _("这个文件不能当表格打开。请另存为 .xlsx 再选一次。"), field="file"
        ) from None
    if not ready and not unread:
        raise Invalid("people.sheet_empty", _("表里没有人。请从第二行开始，一行填一个人。"), field="file")
    return ready, unread


def _head(top: list[Row]) -> tuple[int, dict[str, int]]:
    best: tuple[int, dict[str, int]] = (0, {})
    for row in top:
        found = {
            _NAMES[text]: place for place, cell in enumerate(row.cells)
            if (text := re.sub(r"[\s*（(].*", "", _text(cell))) in _NAMES
        }  # fmt: skip
        if len(found) > len(best[1]):
            best = (row.number, found)
    missing = [own for key, own, _also, _example in COLUMNS if key not in best[1]]
    if missing:
        words = _("表头里缺这几列：%(names)s。请用我们的模板。") % {"names": _("、").join(missing)}
        raise Invalid("people.sheet_columns", words, field="file")
    return best


def _text(cell: Cell) -> str:
    return "" if cell.kind is Kind.EMPTY else str(cell.value).strip()


class _Reader:
    """One row, cell by cell; everything wrong with it is gathered."""

    def __init__(self, scope: Scope, row: Row, columns: dict[str, int], own_place: int, today: date) -> None:
        self.scope, self.cells, self.number = scope, row.cells, row.number
        self.columns, self.own_place, self.today = columns, own_place, today
        self.wrong: list[str] = []

    def row(self) -> EntryRow | Unread | None:
        name = _text(self._cell("name"))
        if name.startswith("示例"):
            return None
        if not 2 <= len(name) <= 40:
            self.wrong.append(_("姓名要写 2 到 40 个字。"))
        username = _text(self._cell("username"))
        if not _USERNAME.fullmatch(username):
            self.wrong.append(_("登录名只能用字母、数字、短横和下划线。"))
        role = self._role()
        place = self._place(role) if role else None
        begins = self._day("begins_on") or self.today
        ends = self._day("ends_on")
        if ends is None and not _text(self._cell("ends_on")):
            self.wrong.append(_("请填到哪天止。"))
        reason = _text(self._cell("reason"))
        if not 1 <= len(reason) <= 200:
            self.wrong.append(_("请写明依据，最多 200 个字。"))
        if self.wrong or role is None or place is None or ends is None:
            return Unread(number=self.number, name=name[:40], wrong=tuple(self.wrong))
        return EntryRow(number=self.number, name=name, username=username, role=role, node_id=place, begins_on=begins,
                        ends_on=ends, reason=reason)  # fmt: skip

    def _cell(self, key: str) -> Cell:
        place = self.columns[key]
        return self.cells[place] if place < len(self.cells) else Cell(Kind.EMPTY, None)

    def _role(self) -> Role | None:
        written = _text(self._cell("role"))
        known = {label(role): role for role in allowed_roles(self.scope)}
        if written not in known:
            self.wrong.append(_("身份要写 %(names)s 里的一个。") % {"names": _("、").join(known)})
        return known.get(written)

    def _place(self, role: Role) -> int | None:
        """By name, code, or the street and the community together, as people write it."""
        written = re.sub(r"[\s·/]+", "", _text(self._cell("place")))
        found = places_for(self.scope, self.own_place, role, written) if written else []
        if not found and len(written) > 4:
            found = [
                one for cut in range(2, len(written) - 1) for one in self._below(role, written[:cut], written[cut:])
            ]
        if len({one.id for one in found}) != 1:
            many = _("有几个地方都叫这个名字，请写街道和社区，或写区划代码。")
            self.wrong.append(many if found else _("您的辖区里没有这个名字、又能设这个身份的地方。"))
            return None
        return int(found[0].id)

    def _below(self, role: Role, above: str, name: str) -> Iterator[Any]:
        for one in places_for(self.scope, self.own_place, role, name):
            if one.name == name and one.street_id is not None:
                (street,) = list_divisions([one.street_id])
                if street.name == above:
                    yield one

    def _day(self, key: str) -> date | None:
        cell = self._cell(key)
        if cell.kind is Kind.DAY and isinstance(cell.value, datetime):
            return cell.value.date()
        found = _DAY.fullmatch(_text(cell))
        try:
            if found:
                return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            pass
        if cell.kind is not Kind.EMPTY:
            self.wrong.append(_("看不懂这个日期。请写成 2026-1-5 这样的年月日。"))
        return None


def template() -> bytes:
    """The sheet to fill in."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = _("人员")
    sheet.append([own for _key, own, _also, _example in COLUMNS])
    sheet.append([example for _key, _own, _also, example in COLUMNS])
    for column in sheet.columns:
        column[0].font = Font(bold=True)
        sheet.column_dimensions[column[0].column_letter].width = 20
        for cell in column:
            cell.number_format = "@"
    sheet.freeze_panes = "A2"
    out = BytesIO()
    book.save(out)
    return out.getvalue()
