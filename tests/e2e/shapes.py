"""What a page is made of, read off its HTML: pages that differ in words and numbers alone have one shape."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
UNSEEN = frozenset({"head", "script", "style", "template"})
# They differ from thing to thing and from day to day, and change nothing about how a page is laid out.
OWN = frozenset({
    "action", "content", "d", "datetime", "for", "height", "href", "id", "max", "maxlength", "min", "minlength", "name",
    "pattern", "placeholder", "points", "src", "step", "style", "title", "transform", "value", "viewbox", "width", "x", "y",
})  # fmt: skip


class _Reader(HTMLParser):
    """Writes each element as one string: its name, what sets it apart, whether it has words, and what is inside."""

    def __init__(self) -> None:
        super().__init__()
        self.main = ""
        self._open: list[tuple[str, str, list[str]]] = []
        self.whole = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = sorted(
            name if name.startswith(("data-", "aria-label", "alt")) else f"{name}={value}"
            for name, value in attrs
            if name not in OWN
        )
        if tag in VOID:
            self._put(f"<{tag} {said}>", self._open)
        else:
            self._open.append((tag, f"<{tag} {said}", []))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._put("+", self._open)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or tag in VOID:
            return
        name, head, inner = self._open.pop()
        assert name == tag, f"<{name}> is closed as </{tag}>"
        shape = f"{head}>{''.join(inner)}"
        if name in UNSEEN:
            return
        if name == "main":
            self.main = shape
        elif self._open:
            self._put(shape, self._open)
        else:
            self.whole = shape

    @staticmethod
    def _put(shape: str, where: list[tuple[str, str, list[str]]]) -> None:
        if where and (not where[-1][2] or where[-1][2][-1] != shape):  # a row more or less is nothing new
            where[-1][2].append(shape)


def shapes_of(html: str) -> set[tuple[str, str]]:
    """The shape of what is in ``main``, and of what stands around it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.whole, "the page has no end"
    return {("main", reader.main), ("around", reader.whole)}
