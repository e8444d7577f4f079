"""Place of the icons: one sheet of symbols, read once, drawn inline so that a page needs no second request for them."""

import re
from functools import cache
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe

SHEET = Path(__file__).with_name("icons.svg")
_SYMBOL = re.compile(r'<symbol id="([a-z-]+)" viewBox="([0-9 ]+)">(.*?)</symbol>', re.DOTALL)


@cache
def _symbols() -> dict[str, tuple[str, str]]:
    return {name: (box, body) for name, box, body in _SYMBOL.findall(SHEET.read_text(encoding="utf-8"))}


def names() -> list[str]:
    """Every icon there is, in the order of the sheet."""
    return list(_symbols())


@cache
def drawn(name: str, css: str = "f-i") -> SafeString:
    """The icon as inline SVG, silent for screen readers: words always stand beside it.

    :raises KeyError: no such icon on the sheet.
    """
    box, body = _symbols()[name]
    # safe: name and drawing come from our own sheet, css from our own templates
    return mark_safe(  # noqa: S308
        f'<svg class="{css}" viewBox="{box}" aria-hidden="true" focusable="false">{body}</svg>'
    )


_STROKES = ((0.0, 0.5, 16), (1.5, 3.75, 13), (3.0, 7.0, 10), (4.5, 10.25, 7), (6.0, 13.5, 4))


@cache
def level(number: int) -> SafeString:
    """The five strokes (省 市 县 街道 社区) with the one in force dark; silent, the place's name stands beside it."""
    if not 1 <= number <= len(_STROKES):
        raise ValueError(f"no level {number}")
    pale, dark = "", ""
    for index, (x, y, width) in enumerate(_STROKES, start=1):
        stroke = f"M{x:g} {y:g}h{width}v2h-{width}z"
        if index == number:
            dark = stroke
        else:
            pale += stroke
    return mark_safe(  # noqa: S308  drawn from numbers only
        '<svg class="f-lv" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
        f'<path class="o" d="{pale}"/><path d="{dark}"/></svg>'
    )
