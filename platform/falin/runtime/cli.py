"""Place of the `falin` command: which words it knows, what each takes, and which module answers.

Standard library only at import, so that `--help` works before anything is installed. A new word is one row in COMMANDS.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from falin.runtime.home import Home, find_home
from falin.runtime.sentences import CannotStart, complain
from falin.runtime.verify import options as verify_options

Arguments = argparse.Namespace
DEFAULT_PORT = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One word of the command line. `answer` names `module:function(arguments, home) -> exit code`, imported late."""

    name: str
    chinese: str
    english: str
    answer: str
    options: Callable[[argparse.ArgumentParser], None] = lambda parser: None
    passes_on: bool = False  # everything after the word belongs to another program

    def run(self, arguments: Arguments, home: Home) -> int:
        module, function = self.answer.split(":")
        found: Callable[[Arguments, Home], int] = getattr(import_module(module), function)
        return found(arguments, home)


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--province", default="33", metavar="CODE", help="省的两位代码，默认 33 · two-digit province code"
    )
    parser.add_argument("--headless", action="store_true", help="不打开浏览器 · do not open a browser")
    parser.add_argument(
        "--exit", action="store_true", help="检查页面后退出，最后一行是 JSON · check the pages, then leave"
    )
    parser.add_argument("--fresh", action="store_true", help="丢掉上次的演示，重新来 · throw the last demo away")
    _lan(parser)
    _port(parser)


def _serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", help="监听的地址，默认 127.0.0.1，有 --lan 时是全部 · address to listen on; all of them with --lan"
    )
    _lan(parser)
    _port(parser)


def _lan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lan", action="store_true",
        help="让办公室网络里的手机用 HTTPS 连上：自己发证书，端口加 443 · let phones on the office network in over HTTPS",
    )  # fmt: skip


def _port(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"端口，默认 {DEFAULT_PORT} · port")


def _test(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fast", action="store_true", help="不跑浏览器和慢的测试 · leave out browser and slow tests")
    parser.add_argument(
        "-k", dest="expression", metavar="EXPR", help="只跑名字符合的测试 · only tests whose names match"
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="只跑这些文件里的测试 · only tests in these files")


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="每行一个 JSON 对象 · one JSON object a line")


def _doctor(parser: argparse.ArgumentParser) -> None:
    _json(parser)
    _port(parser)


def _drill(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="演练的名字 · name of the drill")


def _bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="NAME", help="测速的名字 · names of benchmarks")
    _json(parser)


def _settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("act", choices=["explain"], help="explain：讲清楚来历 · explain where it comes from")
    parser.add_argument("key", metavar="KEY", help="设定的名字，例如 duty.hours_a_month · name of the setting")
    parser.add_argument("--at", required=True, metavar="CODE", help="区划代码，2、4、6、9 或 12 位 · the place's code")
    parser.add_argument("--on", metavar="DAY", help="哪一天，默认今天 · as of this day; today without")
    _json(parser)


def _keycloak(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "act", choices=["start", "stop", "reconcile"],
        help="start：启动；stop：停下；reconcile：核对账号 · start it, stop it, compare its accounts with the register",
    )  # fmt: skip
    parser.add_argument("--port", type=int, default=0, help="端口，第一次随机 · port; at first a free one")
    parser.add_argument("--province", default="33", metavar="CODE", help="省的两位代码 · two-digit province code")
    parser.add_argument(
        "--address",
        default=f"http://127.0.0.1:{DEFAULT_PORT}",
        metavar="URL",
        help="法邻的地址 · where Falin is reached",
    )
    parser.add_argument("--mend", action="store_true", help="reconcile：改正差别 · mend what differs")
    _json(parser)


def _reference(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--release", action="store_true", help="发布接口：以后不能再改坏 · the API as it is now is released"
    )


def _api(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "act", nargs="?", default="", metavar="ACT", help="做什么；不写就列出全部 · what; without, all are listed"
    )
    parser.add_argument(
        "given", nargs="*", metavar="NAME=VALUE", help="body=@FILE 从文件读 · body=@FILE is read from a file"
    )
    parser.add_argument("--server", metavar="URL", help="服务器地址，或 FALIN_SERVER · address, or FALIN_SERVER")
    parser.add_argument(
        "--token-file", metavar="FILE", help="令牌文件，或 FALIN_TOKEN_FILE · the token's file, or FALIN_TOKEN_FILE"
    )
    parser.add_argument("--plain", action="store_true", help="允许不加密的 HTTP · allow HTTP without encryption")
    parser.add_argument("--all", action="store_true", help="取全部页 · every page")
    _json(parser)


def _lock(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--upgrade", action="store_true", help="换成最新的版本 · take the newest versions")


COMMANDS = (
    Command(name="demo", chinese="用一个真实省份的区划运行演示", english="run a demo on a real province",
            answer="falin.runtime.demo:run", options=_demo),
    Command(name="serve", chinese="真正启动：不带演示数据", english="start for real, without demo data",
            answer="falin.runtime.serve:run", options=_serve),
    Command(name="test", chinese="跑全部测试", english="run every test",
            answer="falin.runtime.tests:run", options=_test),
    Command(name="doctor", chinese="看缺什么、怎么补", english="say what is missing and how to mend it",
            answer="falin.runtime.doctor:run", options=_doctor),
    Command(name="drill", chinese="完整跑一次故障、压力或攻击演练", english="run a fault, load or attack drill in full",
            answer="falin.runtime.measuring:drill", options=_drill),
    Command(name="bench", chinese="与同类软件一起测速", english="measure speed beside a peer",
            answer="falin.runtime.measuring:bench", options=_bench),
    Command(name="shots", chinese="给主要页面照相，放进 docs", english="photograph the main pages into docs",
            answer="falin.runtime.measuring:shots"),
    Command(name="verify", chinese="核对导出的操作记录有没有被改过", english="check that an exported log is as it was sealed",
            answer="falin.runtime.verify:run", options=verify_options),
    Command(name="migrate", chinese="升级数据库结构", english="bring the database up to date",
            answer="falin.runtime.management:migrate", passes_on=True),
    Command(name="divisions", chinese="区划：导入、比对、应用、撤回、导出",
            english="places: import, compare, apply, undo, search, export",
            answer="falin.runtime.management:divisions", passes_on=True),
    Command(name="tenants", chinese="看、升级、停用、导出、恢复、迁移各单位的库", english="the bodies' schemas and their lives",
            answer="falin.runtime.management:tenants", passes_on=True),
    Command(name="access", chinese="谁能做什么、为什么；重置密码", english="who may do what and why; reset a password",
            answer="falin.runtime.management:access", passes_on=True),
    Command(name="manage", chinese="Django 的管理命令", english="Django's management commands",
            answer="falin.runtime.management:manage", passes_on=True),
    Command(name="settings", chinese="看一项设定在某地是多少、从哪里来", english="what a setting is at a place, and why",
            answer="falin.runtime.levels:settings", options=_settings),
    Command(name="keys", chinese="查看、更换加密密钥", english="look at the encryption keys, replace them",
            answer="falin.runtime.management:keys", passes_on=True),
    Command(name="keycloak", chinese="启动一个 Keycloak；核对它的账号", english="start a Keycloak; compare its accounts",
            answer="falin.runtime.keycloak:run", options=_keycloak),
    Command(name="retention", chinese="看、删过了保存期限的文件", english="look at files whose days are over, remove them",
            answer="falin.runtime.management:retention", passes_on=True),
    Command(name="reference", chinese="重新生成参考页和接口描述", english="make the reference pages and the API description",
            answer="falin.runtime.reference:run", options=_reference),
    Command(name="api", chinese="用令牌调用一台服务器的接口", english="speak to a server's API with a token",
            answer="falin.runtime.remote:run", options=_api),
    Command(name="translations", chinese="收集要翻译的句子", english="gather the strings to translate",
            answer="falin.runtime.translations:run"),
    Command(name="lock", chinese="重新生成依赖锁", english="make the dependency locks anew",
            answer="falin.runtime.locks:run", options=_lock),
)  # fmt: skip


def make_parser() -> argparse.ArgumentParser:
    """The whole command line; `--help` shows every word in both languages."""
    parser = argparse.ArgumentParser(
        prog="falin",
        usage="falin <命令 command> [选项 options]",
        description="法邻：一社区一法律顾问 · Falin, the law next door",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="某个命令的选项 · options of one command:  falin <command> --help\n"
        "状态放在 $FALIN_HOME · state lies under $FALIN_HOME (~/.local/share/falin)",
        add_help=False,
    )
    words = parser.add_subparsers(dest="word", required=True, title="命令 commands", metavar="")
    for command in COMMANDS:
        sentence = f"{command.chinese} · {command.english}"
        own = words.add_parser(
            command.name, help=sentence, description=sentence, add_help=not command.passes_on, allow_abbrev=False
        )
        if command.passes_on:
            own.add_argument("rest", nargs=argparse.REMAINDER, help="原样转交的参数 · arguments passed on")
        command.options(own)
    options = parser.add_argument_group("选项 options")
    options.add_argument("-h", "--help", action="help", help="这一页 · this page")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = make_parser()
    if not given or given in (["--help"], ["-h"], ["help"]):
        parser.print_help()
        return 0
    passing = next((command for command in COMMANDS if command.passes_on and command.name == given[0]), None)
    try:
        home = find_home(os.environ)
        if passing:
            return passing.run(Arguments(word=passing.name, rest=given[1:]), home.prepare())
        parsed = parser.parse_args(given)
        return next(command for command in COMMANDS if command.name == parsed.word).run(parsed, home.prepare())
    except CannotStart as trouble:
        complain(trouble)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        refusals = sys.modules.get("falin.kernel.refusals")  # not there yet: then it is no refusal
        if refusals is None or not isinstance(error, refusals.Refused):
            raise
        complain(CannotStart(error.message))  # the command's own sentence, as a page would show it
        return 1


if __name__ == "__main__":
    sys.exit(main())
