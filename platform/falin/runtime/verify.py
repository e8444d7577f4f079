"""Place of `falin verify audit FILE`: whether an exported log is as it was sealed, checked far away from the platform.

This one file is all an auditor needs: it asks nothing of Falin, only the standard library of Python 3.11 or newer. Copy it
and run `python3 verify.py audit FILE`. The format is described in `docs/reference/audit-file.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

FORMAT = "falin-audit-1"
HEADER = ("kind", "tenant", "number", "upto", "first_id", "last_id", "count", "root", "previous", "at", "key")
FACTS = (
    "at", "act", "person_id", "role", "subject_kind", "subject_id", "node_id", "why", "before", "after", "request_id",
)  # fmt: skip
# An act is sealed within minutes of its commit. One that claims to be older than the batch before by more than this was put in
# afterwards, or its transaction stayed open for longer than any of ours may.
LATE = timedelta(hours=1)
NAMED = 8  # ids are named up to so many, then counted
# What a line of a file that somebody bent may lead to, whatever it is that he bent.
BENT = (KeyError, TypeError, ValueError, OverflowError, AttributeError, RecursionError)

# ---- Ed25519 (RFC 8032), verification only ---------------------------------------------------------------------------
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]  # extended coordinates: x = X/Z, y = Y/Z, xy = T/Z
IDENTITY: Point = (0, 1, 1, 0)


def add(one: Point, other: Point) -> Point:
    """The sum of two points; right for equal ones too."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * D * one[3] * other[3] % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def decoded(text: bytes) -> Point | None:
    """The point 32 bytes stand for; `None` for anything but its one right spelling."""
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if len(text) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encoded(point: Point) -> bytes:
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


@lru_cache(maxsize=8)
def _multiples(point: Point) -> tuple[tuple[Point, ...], ...]:
    """For each of the 32 bytes of a number, that byte's multiples of the point: 40 ms once, then a product is 32 sums."""
    table = []
    for _byte in range(32):
        row = [IDENTITY]
        for _value in range(255):
            row.append(add(row[-1], point))
        table.append(tuple(row))
        point = add(row[-1], point)
    return tuple(table)


def _times(number: int, point: Point) -> Point:
    total = IDENTITY
    for row, value in zip(_multiples(point), number.to_bytes(32, "little"), strict=True):
        if value:
            total = add(total, row[value])
    return total


BASE: Point = decoded((4 * pow(5, -1, P) % P).to_bytes(32, "little")) or IDENTITY


@lru_cache(maxsize=64)
def _against(public: bytes) -> Point | None:
    """The opposite of a public key's point; `None` for a key that is none, or of small order (it would sign anything)."""
    point = decoded(public)
    if point is None:
        return None
    eight = point
    for _twice in range(3):
        eight = add(eight, eight)
    if encoded(eight) == encoded(IDENTITY):
        return None
    return (P - point[0]) % P, point[1], 1, (P - point[3]) % P


def signed(public: bytes, text: bytes, signature: bytes) -> bool:
    """Whether the signature is the key's, strictly: S below the order, R in its one right spelling."""
    against, s = _against(public), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or against is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + text).digest(), "little") % L
    return encoded(add(_times(s, BASE), _times(k, against))) == signature[:32]


# ---- what was hashed -------------------------------------------------------------------------------------------------
_as_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(fields: Mapping[str, Any]) -> bytes:
    """The bytes that were hashed: name and value in the order of names, each with its length before it."""
    parts = []
    for name in sorted(fields):
        value = fields[name]
        text = (value if isinstance(value, str) else _as_json(value)).encode()
        parts += [_with_length(name), len(text).to_bytes(4, "big"), text]
    return b"".join(parts)


@lru_cache(maxsize=256)
def _with_length(name: str) -> bytes:
    return len(name.encode()).to_bytes(4, "big") + name.encode()


def leaf(entry_id: int, digest: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry_id.to_bytes(8, "big") + digest).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """The root of RFC 6962's tree: neighbours joined level by level, an odd one goes up as it is."""
    while len(leaves) > 1:
        odd = leaves[len(leaves) & ~1 :]
        leaves = [
            hashlib.sha256(b"\x01" + leaves[at] + leaves[at + 1]).digest() for at in range(0, len(leaves) - 1, 2)
        ] + odd
    return leaves[0] if leaves else b""


# ---- what was found --------------------------------------------------------------------------------------------------
@dataclass
class Finding:
    """One thing that is not as it was sealed, with the batch and the row it is about."""

    code: str
    chinese: str
    english: str
    batch: int | None = None
    row: int | None = None


@dataclass
class Verdict:
    """What was looked at, what was found wrong, and what this check cannot say."""

    tenant: str = ""
    exported_at: str = ""
    batches: int = 0
    rows: int = 0
    unsealed: int = 0
    withheld: int = 0
    anchors: int = 0
    keys: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def right(self) -> bool:
        return not self.findings

    def wrong(self, code: str, chinese: str, english: str, *, batch: int | None = None, row: int | None = None) -> None:
        self.findings.append(Finding(code, chinese, english, batch, row))

    def note(self, chinese: str, english: str) -> None:
        self.notes.append((chinese, english))


class Unreadable(Exception):
    """The file is no export of an audit log."""


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """:raises Unreadable: at the first line that is none of ours."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, start=1):
                try:
                    line = json.loads(text)
                except (ValueError, RecursionError):
                    line = None
                if not isinstance(line, dict) or not isinstance(line.get("kind"), str):
                    raise Unreadable(f"第 {number} 行读不懂 · line {number} cannot be read")
                yield line
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"打不开 {path} · cannot open {path}: {error}") from None


def _time(text: Any) -> datetime:
    return datetime.fromisoformat(text)


def _hash(line: Mapping[str, Any]) -> str:
    return hashlib.sha256(_header(line)).hexdigest()


def _header(line: Mapping[str, Any]) -> bytes:
    return canonical({**{name: line[name] for name in HEADER}, "kind": "batch"})


class Check:
    """One pass over the lines of a file, batch by batch; holds the ids and leaves of one batch at a time."""

    def __init__(self, trusted: set[str]) -> None:
        self.verdict = Verdict()
        self.trusted = trusted
        self.publics: dict[str, str] = {}
        self.batch: dict[str, Any] | None = None
        self.hashes: dict[int, str] = {}
        self.held: list[dict[str, Any]] = []
        self.leaves: list[bytes] = []
        self.ids: list[int] = []
        self.seen: set[int] = set()
        self.before: dict[str, Any] | None = None  # the batch before the open one
        self.lines = 0
        self.ended = False

    def take(self, line: dict[str, Any]) -> None:
        """:raises Unreadable: a line lacks what its kind must have."""
        known = {"head": self._head, "key": self._key, "batch": self._batch, "entry": self._entry,
                 "unsealed": self._unsealed, "anchor": self.held.append, "end": self._end}  # fmt: skip
        with self._reading():
            if line["kind"] != "entry":
                self._close()
            known[line["kind"]](line)
        self.lines += 1

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except BENT as error:
            raise Unreadable(f"第 {self.lines + 1} 行不对 · line {self.lines + 1} is not right: {error}") from None

    def _head(self, line: dict[str, Any]) -> None:
        if line["format"] != FORMAT:
            raise ValueError(line["format"])
        self.verdict.tenant, self.verdict.exported_at = str(line["tenant"]), _time(line["exported_at"]).isoformat()

    def _key(self, line: dict[str, Any]) -> None:
        public = str(line["public"])
        name = hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]
        if not self.trusted and not self.publics:
            self.publics[name] = public
            self.verdict.note(
                f"没有给出公钥（--key）：采用文件里的第一把，指纹 {name}，请与公布的核对",
                f"no key was given (--key): the file's first is taken, fingerprint {name}; compare it with the published one",
            )
        elif public in self.trusted or self._introduced(line, public):
            self.publics[name] = public
        else:
            self.verdict.wrong("key", f"公钥 {name} 没有可信的来源", f"key {name} was introduced by no trusted key")

    def _introduced(self, line: dict[str, Any], public: str) -> bool:
        older = self.publics.get(line["introduced_by"])
        text = canonical(
            {"kind": "falin audit key 1", "version": line["version"], "public": public, "at": line["at"]}
        )  # fmt: skip
        return older is not None and signed(bytes.fromhex(older), text, bytes.fromhex(line["signature"]))

    def _is_signed(self, line: dict[str, Any]) -> bool:
        public = self.publics.get(line["key"])
        return public is not None and signed(bytes.fromhex(public), _header(line), bytes.fromhex(line["signature"]))

    def _batch(self, line: dict[str, Any]) -> None:
        verdict, number = self.verdict, int(line["number"])
        verdict.batches += 1
        if line["tenant"] != verdict.tenant:
            verdict.wrong("tenant", f"第 {number} 批是 {line['tenant']} 的，不是 {verdict.tenant} 的",
                          f"batch {number} is of {line['tenant']}, not of {verdict.tenant}", batch=number)  # fmt: skip
        wanted = int(self.before["number"]) + 1 if self.before else 1
        if number != wanted:
            verdict.wrong("chain", f"缺第 {wanted} 批，后面是第 {number} 批",
                          f"batch {wanted} is missing, batch {number} follows", batch=wanted)  # fmt: skip
        elif line["previous"] != (_hash(self.before) if self.before else ""):
            verdict.wrong("chain", f"第 {number} 批接的不是文件里的第 {number - 1} 批",
                          f"batch {number} does not continue batch {number - 1} of the file", batch=number)  # fmt: skip
        if not self._is_signed(line):
            verdict.wrong("signature", f"第 {number} 批的签名不对（公钥 {line['key']}）",
                          f"the signature of batch {number} is wrong (key {line['key']})", batch=number)  # fmt: skip
        self.hashes[number] = _hash(line)
        self.batch, self.leaves, self.ids = line, [], []

    def _entry(self, line: dict[str, Any]) -> None:
        if self.batch is None:
            raise ValueError("an entry stands before any batch")
        self.verdict.rows += 1
        self._row(line, int(self.batch["number"]), self.before)
        self.leaves.append(leaf(int(line["id"]), bytes.fromhex(line["digest"])))
        self.ids.append(int(line["id"]))

    def _unsealed(self, line: dict[str, Any]) -> None:
        self.verdict.unsealed += 1
        self._row(line, None, self.before)

    def _row(self, line: dict[str, Any], batch: int | None, before: Mapping[str, Any] | None) -> None:
        """What a row says of itself: its digest, its moment, that there is one of it."""
        verdict, row = self.verdict, int(line["id"])
        place = (f"第 {batch} 批第 {row} 行", f"row {row} of batch {batch}") if batch else (
            f"未封存的第 {row} 行", f"unsealed row {row}")  # fmt: skip
        if row in self.seen:
            verdict.wrong("twice", f"{place[0]} 出现了两次", f"{place[1]} stands there twice", batch=batch, row=row)
        self.seen.add(row)
        if "act" not in line:
            verdict.withheld += 1
            return
        facts = canonical({"schema": verdict.tenant, **{name: line[name] for name in FACTS}})
        if hashlib.sha256(facts).hexdigest() != line["digest"]:
            verdict.wrong("changed", f"{place[0]} 的内容被改过（{line['act']}，{line['at']}）",
                          f"{place[1]} was changed ({line['act']}, {line['at']})", batch=batch, row=row)  # fmt: skip
        if before and line["at"] < before["earliest"]:  # moments are written alike, so text compares as time does
            verdict.wrong(
                "late", f"{place[0]} 自称发生在 {line['at']}，却不在当时封存的批次里：是后来塞进去或挪出来的",
                f"{place[1]} claims {line['at']} and is in no batch sealed then: put in or moved afterwards",
                batch=batch, row=row,
            )  # fmt: skip

    def _close(self) -> None:
        """The open batch has all its rows: do they make what was signed?"""
        line, self.batch = self.batch, None
        if line is None:
            return
        earliest = (_time(line["at"]) - LATE).astimezone(UTC)
        self.before = {**line, "earliest": earliest.isoformat(timespec="microseconds")}
        number, count, ids = int(line["number"]), int(line["count"]), self.ids
        first, last = int(line["first_id"]), int(line["last_id"])
        span = f"（第 {first}–{last} 行，共 {count} 行）", f"(rows {first}–{last}, {count} of them)"
        if len(ids) < count:
            held, much = set(ids), count - len(ids)
            gone = [row for row in range(first, min(last, first + 100_000) + 1) if row not in held][:NAMED]
            self.verdict.wrong("count", f"第 {number} 批{span[0]}少了 {much} 行：看编号 {'、'.join(map(str, gone)) or '两头'}",
                               f"batch {number} {span[1]}: {much} missing: look for {', '.join(map(str, gone)) or 'its ends'}",
                               batch=number)  # fmt: skip
        elif len(ids) > count:
            self.verdict.wrong("count", f"第 {number} 批{span[0]}多了 {len(ids) - count} 行",
                               f"batch {number} {span[1]}: {len(ids) - count} too many", batch=number)  # fmt: skip
        elif root_of(self.leaves).hex() != line["root"]:
            self.verdict.wrong("root", f"第 {number} 批{span[0]}里有行被改过、换过编号或换过次序",
                               f"in batch {number} {span[1]} rows were changed, renumbered or reordered",
                               batch=number)  # fmt: skip

    def _end(self, line: dict[str, Any]) -> None:
        self.ended = line["lines"] == self.lines

    def finish(self, outside: Sequence[dict[str, Any]] | None, until: datetime | None) -> Verdict:
        """All lines were taken: is the file whole, and do the anchors know of more?"""
        verdict = self.verdict
        with self._reading():
            self._close()
        if not self.ended:
            verdict.wrong("file", "文件不完整：结尾不在，可能没有下载完", "the file is not whole: its end is missing")
        verdict.keys = sorted(self.publics)
        for line in self.held:
            self._anchor(line, None)
        if outside is None:
            verdict.note("没有给出库外的锚文件（--anchors）：整段尾部被切掉的情况查不出来",
                         "no anchors from outside were given (--anchors): a cut-off end cannot be ruled out")  # fmt: skip
        for line in outside or ():
            if line.get("tenant") == verdict.tenant and line["kind"] in {"batch", "anchor"}:
                self._anchor(line, until)
        return verdict

    def _anchor(self, line: dict[str, Any], until: datetime | None) -> None:
        verdict = self.verdict
        try:
            number, at, hashed = int(line["number"]), _time(line["at"]), _hash(line)
            genuine = self._is_signed(line)
            later = until is not None and at > until
        except BENT as error:
            raise Unreadable(f"锚读不懂 · an anchor cannot be read: {error}") from None
        if later:
            return
        verdict.anchors += 1
        if not genuine:
            verdict.wrong("anchor", f"第 {number} 批的锚签名不对", f"the anchor of batch {number} is not signed rightly",
                          batch=number)  # fmt: skip
        elif number not in self.hashes:
            first, last, count, sealed = line["first_id"], line["last_id"], line["count"], line["at"]
            verdict.wrong(
                "cut",
                f"第 {number} 批（第 {first}–{last} 行，共 {count} 行，封存于 {sealed}）不在文件里：尾部被切掉，或这是旧文件",
                f"batch {number} (rows {first}–{last}, {count} of them, sealed {sealed}) is not in the file: its end was"
                " cut off, or the file is an old one", batch=number,
            )  # fmt: skip
        elif self.hashes[number] != hashed:
            verdict.wrong("other", f"第 {number} 批和当时送到库外的不一样：切掉后重新生成过",
                          f"batch {number} is not the one that was anchored: cut off and made anew", batch=number)  # fmt: skip


def verify(
    path: Path, *, anchors: Path | None = None, key: Path | None = None, until: datetime | None = None
) -> Verdict:  # fmt: skip
    """:raises Unreadable: one of the files is not what it should be."""
    check = Check(_keys_in(key) if key else set())
    lines = lines_of(path)
    first = next(lines, None)
    if first is None or first["kind"] != "head":
        raise Unreadable(f"{path} 不是操作记录的导出文件 · {path} is no export of an audit log")
    check.take(first)
    for line in lines:
        check.take(line)
    return check.finish(list(lines_of(anchors)) if anchors else None, until)


def _keys_in(path: Path) -> set[str]:
    """Public keys, one a line: 64 hex digits, or a line as the platform publishes it."""
    try:
        texts = [text.strip() for text in path.read_text(encoding="utf-8").splitlines() if text.strip()]
        found = {str(json.loads(text)["public"]) if text.startswith("{") else text.lower() for text in texts}
        if not found or any(len(bytes.fromhex(text)) != 32 for text in found):
            raise ValueError("a public key is 64 hex digits")
    except (OSError, *BENT) as error:
        raise Unreadable(f"公钥文件读不懂 · the key file cannot be read: {error}") from None
    return found


# ---- the command line ------------------------------------------------------------------------------------------------
def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["audit"], help="查什么 · what to check")
    parser.add_argument("file", type=Path, metavar="FILE", help="下载的操作记录 · the exported log")
    parser.add_argument("--anchors", type=Path, metavar="FILE", help="库外的锚文件 · the anchors kept outside")
    parser.add_argument("--key", type=Path, metavar="FILE", help="公布的公钥 · the published keys")
    parser.add_argument(
        "--until", metavar="TIME", help="只看这之前的锚（查旧文件）· leave out later anchors (for an old file)"
    )
    parser.add_argument("--json", action="store_true", help="结果写成 JSON · the verdict as JSON")


def run(arguments: argparse.Namespace, _home: object = None) -> int:
    """0: nothing is wrong; 1: something is; 2: it could not be checked."""
    try:
        until = datetime.fromisoformat(arguments.until) if arguments.until else None
        if until and until.tzinfo is None:
            until = until.astimezone()
        verdict = verify(arguments.file, anchors=arguments.anchors, key=arguments.key, until=until)
    except (Unreadable, ValueError) as error:
        _print(json.dumps({"right": None, "error": str(error)}, ensure_ascii=False) if arguments.json else error)
        return 2
    if arguments.json:
        _print(json.dumps({"right": verdict.right, **asdict(verdict)}, ensure_ascii=False))
    else:
        _say(verdict)
    return 0 if verdict.right else 1


def _print(text: object) -> None:
    """
    One line, whatever somebody wrote into a row: a code for the terminal could hide the findings, or a line of his own
    say that there are none. Such a letter, and one the terminal does not have, is told by its number.
    """
    print("".join(letter if _is_plain(letter) else json.dumps(letter)[1:-1] for letter in str(text)))


def _is_plain(letter: str) -> bool:
    try:
        letter.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return letter.isprintable()


def _say(verdict: Verdict) -> None:
    counts = (verdict.batches, verdict.rows, verdict.unsealed, verdict.anchors)
    _print(f"{verdict.tenant} · {verdict.exported_at}")
    _print("查了 {} 批、{} 行；另有 {} 行还没有封存；对了 {} 个锚".format(*counts))
    _print("checked {} batches with {} rows; {} rows are not sealed yet; {} anchors compared".format(*counts))
    if verdict.withheld:
        _print(
            f"{verdict.withheld} 行不在导出人的范围内，只核对摘要 · only the digest of {verdict.withheld} rows is in the file"
        )
    for chinese, english in verdict.notes:
        _print(f"！ {chinese}")
        _print(f"   {english}")
    for found in verdict.findings:
        _print(f"✗ {found.chinese}")
        _print(f"   {found.english}")
    _print("✓ 没有发现改动 · nothing was changed" if verdict.right else
          f"✗ 发现 {len(verdict.findings)} 处问题 · {len(verdict.findings)} things are wrong")  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="核对导出的操作记录 · check an exported audit log")
    options(parser)
    return run(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
