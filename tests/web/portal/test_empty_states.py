"""Where there is nothing yet, the page says what to do next, or who does it."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from tests.world import World


@pytest.mark.parametrize(("who", "address", "leads_to", "words"), [
    ("county", "/advisers/", "/advisers/new/", "可以一个一个登记，也可以用表格批量导入。"),
    ("street", "/advisers/", "", "县（区）工作专班聘任以后，会显示在这里。"),
    ("county", "/advisers/?q=zzz", "/advisers/", "姓名可以输入拼音或首字母。"),
    ("county", "/advisers/firms/", "/advisers/firms/new/", ""),
    ("county", "/me/tokens/", "/me/tokens/new/", "只有程序才用。"),
    ("county", "/people/?q=zzz", "?", "换个写法试试"),
    ("county", "/desk/notices/", "", "会出现在这里。"),
])  # fmt: skip
def test_a_page_with_nothing_on_it_leads_on(
    world: World, sign_in: Any, who: str, address: str, leads_to: str, words: str
) -> None:
    page = html.unescape(sign_in(who).get(address).content.decode())
    said = re.findall(r'<div class="f-empty">.*?</div>', page, re.DOTALL)
    assert len(said) == 1 and words in said[0], said
    assert re.findall(r'href="([^"]*)"', said[0]) == ([leads_to] if leads_to else [])
