"""The place of money: always an integer number of fen (1/100 yuan), never a float."""

from __future__ import annotations

import re

_YUAN = re.compile(r"^(-?)(\d{1,13})(?:\.(\d{1,2}))?$")


def format_fen(amount_fen: int) -> str:
    """``123450`` → ``¥1,234.50``."""
    sign, amount = ("-", -amount_fen) if amount_fen < 0 else ("", amount_fen)
    return f"{sign}¥{amount // 100:,}.{amount % 100:02d}"


def parse_yuan(text: str) -> int:
    """
    ``1,234.5`` or ``¥1234.50`` → 123450 fen.

    :raises ValueError: for anything that is not an amount with at most two decimals.
    """
    match = _YUAN.match(text.strip().replace(",", "").replace("，", "").replace("¥", "").replace("￥", ""))
    if not match:
        raise ValueError(f"not an amount: {text!r}")
    sign, yuan, fen = match.groups()
    amount = int(yuan) * 100 + int((fen or "").ljust(2, "0") or 0)
    return -amount if sign else amount
