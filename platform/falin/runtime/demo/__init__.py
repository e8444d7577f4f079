"""
Place of `falin demo`: a real province, invented people, real flows, then the product itself until Ctrl-C.

The database and the broker are started here, or are those of the environment. What was made once is kept; a second run only
starts the processes.
"""

from __future__ import annotations

import http.cookiejar
import json
import multiprocessing
import os
import re
import shutil
import ssl
import sys
import time
import urllib.parse
import urllib.request
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from falin.runtime.broker import discard_broker
from falin.runtime.cli import Arguments
from falin.runtime.home import Home
from falin.runtime.instance import backing
from falin.runtime.lan.arranging import arrange
from falin.runtime.postgres import discard_postgres
from falin.runtime.processes import Supervisor, require_free_port, standard_programs, wait_until_listening
from falin.runtime.sentences import CannotStart, both, say

HOST = "127.0.0.1"
LEVELS = ("province", "city", "county", "street", "community")


def run(arguments: Arguments, home: Home) -> int:
    """`falin demo`; with ``--exit`` the last line is one JSON object."""
    began = time.monotonic()
    lan = arrange(home=home, environ=os.environ, host=None, port=arguments.port) if arguments.lan else None
    host, port = (lan.host, lan.door.port) if lan else (HOST, arguments.port)
    require_free_port(host, port)
    own = home.inside(f"demo-{arguments.province}")
    if arguments.fresh:
        _throw_away(own)
    address = f"{'https' if lan else 'http'}://{HOST}:{port}/"
    seconds: dict[str, float] = {}
    with backing(home=own, environ=os.environ, what=f"demo {address}") as found:
        os.environ.update({**found.variables(), "FALIN_DEMO": "1", "FALIN_HOME": str(own.root),
                           "FALIN_PROVINCE": arguments.province, "FALIN_HOSTS": f"{HOST},localhost"})  # fmt: skip
        os.environ.update(lan.variables(os.environ) if lan else {})
        seconds["start"] = time.monotonic() - began
        report = _make(arguments.province, home, own, seconds)
        certificate = lan.door.papers.server if lan else None
        children = standard_programs(home=own, host=host, port=port, environ=dict(os.environ), certificate=certificate)
        children += [lan.porter(own, os.environ)] if lan else []
        with Supervisor(children=children, backing=found.kept) as supervisor:
            wait_until_listening(HOST, port, seconds=60.0, supervisor=supervisor)
            seconds["total"] = time.monotonic() - began
            if arguments.exit:
                _check_pages(address, report["accounts"], lan.trusting() if lan else None)
                report["seconds"] = {name: round(value, 1) for name, value in seconds.items()}
                sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
                return 0
            _greet(address, report)
            if lan:
                lan.greet()
            if not arguments.headless:
                webbrowser.open(lan.door.page if lan else address)
            supervisor.watch()
    return 0


def _throw_away(own: Home) -> None:
    if os.environ.get("DATABASE_URL"):
        raise CannotStart(
            both("--fresh 只能丢掉自带数据库里的演示。", "--fresh throws away only a demo in the embedded database."),
            both(
                "请自己清空 DATABASE_URL 指的库，再运行一次。",
                "Empty the database of DATABASE_URL yourself, then run again.",
            ),
        )
    discard_postgres(own.postgres)
    discard_broker(own.broker)
    shutil.rmtree(own.root, ignore_errors=True)
    own.prepare()


@contextmanager
def _step(name: str, chinese: str, english: str, seconds: dict[str, float]) -> Iterator[None]:
    say(f"{chinese}…", english)
    began = time.monotonic()
    yield
    seconds[name] = time.monotonic() - began
    say(f"  {seconds[name]:.1f} 秒", f"{seconds[name]:.1f} s")


def _make(province: str, home: Home, own: Home, seconds: dict[str, float]) -> dict[str, Any]:
    """Bring the demo up to date; what it holds."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "falin.config.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from falin.runtime import prepare

    with _step("prepare", "准备页面和数据库", "preparing pages and database", seconds):
        prepare.pages()
        call_command("migrate_cell", verbosity=0, spares=0)
        call_command("keys", "check")
    from falin.runtime.demo import making

    notes = making.Notes(own.root)
    if "report" in notes.done:
        return dict(notes.done["report"])
    with _step("places", "取区划名录并读入", "fetching and reading the list of places", seconds):
        counts = making.places(province, home.root)
    with _step("tenants", "开通省和各县（区）", "opening the province and its counties", seconds):
        total = len(making.bodies_of(province)) + 1
        for number in making.tenants(province):
            _progress(number, total)
    with _step("people", "录入各级人员", "entering the people of every level", seconds):
        accounts = making.officials(province)
    with _step("work", "律所、顾问、聘任、到访、汇总", "firms, advisers, appointments, visits, figures", seconds):
        sums = _counties(province, notes)
    accounts += making.last_accounts(province)
    report = {
        "divisions": {level: counts[level] for level in LEVELS}, "tenants": total, **sums,
        "accounts": making.as_json(accounts),
    }  # fmt: skip
    notes.keep("report", report)
    return dict(report)


def _counties(province: str, notes: Any) -> dict[str, int]:
    """County by county in two processes; those finished earlier are not begun again."""
    from django.contrib.auth.hashers import make_password
    from django.db import connection

    from falin.runtime.demo import making
    from tenants.divisions.api import list_communities

    encoded = make_password(making.PASSWORD)
    busy = {body.id for body in making.busy_bodies(province)}
    tasks: list[tuple[int, int, bool, str, str]] = []
    serial = 1
    bodies = making.bodies_of(province)
    done: dict[str, dict[str, int]] = {body.code: notes.done[body.code] for body in bodies if body.code in notes.done}
    for body in sorted(bodies, key=lambda body: body.id not in busy):  # long ones first: both processes end together
        if body.code not in done:
            tasks.append((body.id, serial, body.id in busy, province, encoded))
        serial += len(list_communities(body.id)) + 1
    connection.close()
    with multiprocessing.get_context("spawn").Pool(min(os.cpu_count() or 1, 4), initializer=_set_up) as pool:
        for code, counts in pool.imap_unordered(making_county, tasks):
            done[code] = counts
            notes.keep(code, counts)
            _progress(len(done), len(bodies))
    return {name: sum(counts[name] for counts in done.values()) for name in ("advisers", "appointments", "visits")}


def making_county(task: tuple[int, int, bool, str, str]) -> tuple[str, dict[str, int]]:
    """Imported late: Django must be set up in the child first."""
    from falin.runtime.demo import making

    return making.county(task)


def _set_up() -> None:
    import django

    django.setup()


def _progress(done: int, total: int) -> None:
    if sys.stdout.isatty():
        bar = "█" * (done * 30 // max(1, total))
        sys.stdout.write(f"\r  {bar:<30} {done}/{total}" + ("\n" if done == total else ""))
        sys.stdout.flush()


def _greet(address: str, report: dict[str, Any]) -> None:
    say(f"法邻已启动：{address}", f"Falin is running; {report['visits']:,} visits in {report['tenants']} bodies")
    width = max(len(account["username"]) for account in report["accounts"])
    for account in report["accounts"]:
        sys.stdout.write(
            f"  {account['username']:<{width}}  {account['password']}  {account['role']} · {account['place']}\n"
        )
        if account.get("second"):
            sys.stdout.write(
                f"  {'':<{width}}  登录时还要六位数字：把 {account['second']} 输入任何手机验证器"
                " · asks for six digits: enter that secret into any authenticator app\n"
            )
    say("Ctrl-C 停止", "Ctrl-C stops everything")


def _check_pages(address: str, accounts: list[dict[str, str]], trusting: ssl.SSLContext | None) -> None:
    """Every account signs in and gets its home; a page that fails is a failure of the demo."""
    for account in accounts:
        jar = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(jar), urllib.request.HTTPSHandler(context=trusting)
        )
        page = opener.open(f"{address}accounts/login/", timeout=30).read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None, "the sign-in page has no form"
        form = {"login": account["username"], "password": account["password"], "csrfmiddlewaretoken": token[1]}
        with opener.open(f"{address}accounts/login/", urllib.parse.urlencode(form).encode(), timeout=30) as answer:
            home = answer.read().decode()
        if account.get("second") and "/accounts/second/authenticate/" in answer.url:
            continue  # the page that asks for the digits is his
        if answer.status != 200 or "/accounts/login/" in answer.url or "演示数据" not in home:
            raise CannotStart(
                both(f"{account['username']} 的首页打不开。", f"{account['username']}'s home does not open.")
            )
