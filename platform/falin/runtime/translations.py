"""
Place of the languages: strings are gathered from code and templates, and the catalogue is compiled for Django.

The source language is Simplified Chinese; English is complete or the tests fail. Traditional Chinese is written by nobody: it
is converted from the source when the catalogues are compiled, with the programme's own terms as their file has them. Babel
reads Python and, through Django's own ``templatize``, templates: no gettext binary is needed on the machine.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from falin.runtime.cli import Arguments
from falin.runtime.home import Home
from falin.runtime.sentences import say

ROOT = Path(__file__).resolve().parents[3]
CATALOGUE = ROOT / "platform" / "falin" / "ui" / "locale" / "en" / "LC_MESSAGES" / "django.po"
TERMS = CATALOGUE.parents[2] / "zh_Hant" / "terms.txt"  # a term, a tab, its traditional form
KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_": None,
    "_now": None,  # where ``_`` is the lazy one
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def sources() -> Iterator[Path]:
    """Every file a string for a person may stand in. The launcher speaks both languages at once and has no catalogue."""
    for folder in ("platform/falin", "tenants", "services"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".html", ".txt"} and not {"migrations", "node_modules", "runtime"} & set(
                path.parts
            ):
                yield path


def gather() -> Catalog:
    """All strings of the product as an empty catalogue."""
    from django.utils.translation.template import templatize

    catalogue = Catalog(locale="en", project="falin", charset="utf-8")
    for path in sources():
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            code = text
        elif "/templates/" in path.as_posix():
            code = templatize(text)
        else:
            continue
        name = path.relative_to(ROOT).as_posix()
        for _line, function, message, _comments in extract_python(
            io.BytesIO(code.encode()), dict.fromkeys(KEYWORDS), [], {"encoding": "utf-8"}
        ):
            _add(catalogue, name, str(function), message)
    return catalogue


def _add(catalogue: Catalog, name: str, function: str, message: object) -> None:
    parts = message if isinstance(message, tuple) else (message,)
    if not parts or any(not isinstance(part, str) for part in parts[: 2 if function.startswith("p") else 1]):
        return
    if function.startswith("p"):
        catalogue.add(parts[1], context=parts[0], locations=[(name, 0)])
    elif function.startswith("n") and len(parts) > 1:
        catalogue.add((parts[0], parts[1]), locations=[(name, 0)])
    elif parts[0]:
        catalogue.add(parts[0], locations=[(name, 0)])


def known() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def missing() -> list[str]:
    """Strings without an English translation, and translations whose placeholders differ."""
    have = known()
    out: list[str] = []
    for message in gather():
        if not message.id:
            continue
        first = message.id[0] if isinstance(message.id, tuple) else message.id
        there = have.get(first, message.context)
        done = (
            there is not None
            and not there.fuzzy
            and (all(there.string) if isinstance(there.string, tuple) else there.string)
        )
        if not done or (there is not None and list(there.check(have))):
            out.append(str(first))
    return out


def update() -> int:
    """Bring the committed catalogue up to date; how many strings still lack English."""
    fresh = gather()
    have = known() if CATALOGUE.exists() else Catalog(locale="en")
    fresh.header_comment, fresh.mime_headers, fresh.fuzzy = have.header_comment, have.mime_headers, False
    for message in fresh:
        there = (
            have.get(message.id[0] if isinstance(message.id, tuple) else message.id, message.context)
            if message.id
            else None
        )
        if there is not None and there.string and isinstance(there.string, tuple) == isinstance(message.id, tuple):
            message.string = there.string
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, fresh, width=120, sort_output=True, omit_header=False, include_lineno=False, no_location=True)
    return len(missing())


def terms() -> dict[str, str]:
    """The programme's terms with their traditional form, where conversion by itself could choose another."""
    lines = TERMS.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if line)


def converter() -> Callable[[str], str]:
    """From simplified to traditional: terms as their file has them, the longest first, all else by OpenCC's phrases."""
    from opencc import OpenCC

    kept, convert = terms(), OpenCC("s2tw").convert
    found = re.compile("(" + "|".join(map(re.escape, sorted(kept, key=len, reverse=True))) + ")")
    return lambda text: "".join(kept.get(part) or convert(part) for part in found.split(text) if part)


def traditional() -> Catalog:
    """Every string of the product in Traditional Chinese, which like the source has one form for any number."""
    convert, made = converter(), Catalog(locale="zh_Hant", fuzzy=False)
    for message in known():
        if isinstance(message.id, tuple):
            made.add(message.id, (convert(message.id[0]),), context=message.context)
        elif message.id:
            made.add(message.id, convert(str(message.id)), context=message.context)
    return made


def compile_into(folder: Path) -> None:
    """The compiled catalogues under ``folder``, made anew only when their source is newer."""
    for name, make in (("en", known), ("zh_Hant", traditional)):
        out = folder / name / "LC_MESSAGES" / "django.mo"
        if out.exists() and out.stat().st_mtime >= max(source.stat().st_mtime for source in (CATALOGUE, TERMS)):
            continue
        out.parent.mkdir(parents=True, exist_ok=True)
        part = out.with_suffix(f".{os.getpid()}.part")  # two processes of one set-up may come here at once
        with part.open("wb") as file:
            write_mo(file, make())
        part.replace(out)


def run(arguments: Arguments, home: Home) -> int:
    """`falin translations`: gather the strings; say which lack English."""
    left = update()
    say(f"还有 {left} 句没有英文。", f"{left} strings lack English.")
    return 1 if left else 0
