"""Place of `falin api`: every act of the API of a server elsewhere, by its name, with a token."""

from __future__ import annotations

import inspect
import json
import os
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from falin.client import Falin, Problem, Seen, Unreached
from falin.runtime.cli import Arguments
from falin.runtime.home import Home
from falin.runtime.sentences import CannotStart, both


def run(arguments: Arguments, home: Home) -> int:
    """`falin api ACT NAME=VALUE…`: the answer as JSON. :raises CannotStart: what is missing, or what the server said."""
    if not arguments.act:
        for name, act in sorted(acts().items()):
            print(f"{name:32} {(act.__doc__ or '').strip().splitlines()[0]}")
        return 0
    known = acts().get(arguments.act)
    if known is None:
        raise CannotStart(both(f"没有 {arguments.act} 这一项。", f"There is no {arguments.act}."),
                          both("不带名字运行，可以看到全部。", "Without a name all are listed."))  # fmt: skip
    try:
        with _client(arguments, os.environ) as client:
            answer = known(client, **_given(known, arguments.given))
            if isinstance(answer, Seen):
                for page in client.all(answer) if arguments.all else [answer.body]:
                    _show(page, as_json=arguments.json)
            else:
                _show(answer, as_json=arguments.json)
    except Problem as problem:
        more = json.dumps(problem.errors, ensure_ascii=False) if problem.errors else ""
        raise CannotStart(f"{problem.title} ({problem.code or problem.status})", more) from None
    except Unreached as trouble:
        raise CannotStart(both("服务器没有应答。", "The server did not answer."), str(trouble)) from None
    return 0


def acts() -> Mapping[str, Callable[..., Any]]:
    """Every act by its name."""
    own = vars(Falin)
    return {name: act for name, act in own.items() if inspect.isfunction(act) and not name.startswith("_")}


def _client(arguments: Arguments, environ: Mapping[str, str]) -> Falin:
    server = arguments.server or environ.get("FALIN_SERVER", "")
    file = arguments.token_file or environ.get("FALIN_TOKEN_FILE", "")
    if not server or not file:
        raise CannotStart(both("要有服务器地址和令牌文件。", "An address and a token's file are wanted."),
                          "--server https://… --token-file …")  # fmt: skip
    try:
        mode, token = Path(file).stat().st_mode, Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise CannotStart(both(f"读不了令牌文件：{error.strerror}", f"The token's file: {error.strerror}")) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CannotStart(both("令牌文件别人也能读。", "Others can read the token's file."), f"chmod 600 {file}")
    try:
        return Falin(server, token, plain=arguments.plain)
    except ValueError as wrong:
        raise CannotStart(both("服务器地址要以 https:// 开头。", str(wrong))) from None


def _given(act: Callable[..., Any], pairs: list[str]) -> dict[str, Any]:
    """What was typed, as the act takes it. :raises CannotStart: a name it does not take, or one that is missing."""
    wanted = {name: one for name, one in inspect.signature(act).parameters.items() if name != "self"}
    given: dict[str, Any] = {}
    for pair in pairs:
        name, mark, text = pair.partition("=")
        if not mark or name not in wanted:
            raise CannotStart(
                both(f"看不懂“{pair}”。", f"“{pair}” is not understood."), " ".join(f"{one}=" for one in wanted)
            )
        given[name] = _value(str(wanted[name].annotation), text)
    missing = [name for name, one in wanted.items() if one.default is inspect.Parameter.empty and name not in given]
    if missing:
        raise CannotStart(both(f"还缺：{'、'.join(missing)}", f"Missing: {', '.join(missing)}"))
    return given


def _value(kind: str, text: str) -> Any:
    content = Path(text[1:]).read_bytes() if text.startswith("@") else None
    if kind == "bytes":
        return content if content is not None else text.encode()
    if kind.startswith(("str", "Literal")):
        return content.decode() if content is not None else text
    try:
        return json.loads(content if content is not None else text)
    except ValueError:
        if kind[:1].isupper() or "str" in kind.split(" | "):  # a shape, or one of its enumerations; or a word too
            return text
        raise CannotStart(both(f"看不懂“{text}”。", f"“{text}” is not understood."), kind) from None


def _show(answer: Any, *, as_json: bool) -> None:
    if isinstance(answer, bytes):
        sys.stdout.buffer.write(answer)
    elif as_json:
        rows = (
            answer
            if isinstance(answer, list)
            else answer.get("rows", [answer])
            if isinstance(answer, dict)
            else [answer]
        )
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    elif answer is not None:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
