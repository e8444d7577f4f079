"""The place of the square that a phone's camera reads (QR code), as a drawing that obeys our content policy."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

import qrcode


def square(text: str) -> qrcode.QRCode:
    """The square of a text, with the quiet margin cameras want."""
    code = qrcode.QRCode(border=3)
    code.add_data(text)
    return code


def square_svg(text: str, *, label: str) -> str:
    """One path, without a style of its own: the content policy lets none through."""
    rows = square(text).get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return (
        f'<svg class="f-qr" viewBox="0 0 {len(rows)} {len(rows)}" role="img" aria-label={quoteattr(label)}'
        f' shape-rendering="crispEdges"><path d="{path}"/></svg>'
    )
