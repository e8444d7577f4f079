"""Place of the programs needed beside Python: a browser for tests, and a broker where no wheel brings one."""

import os
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from falin.runtime.home import Home
from falin.runtime.launch import debian
from falin.runtime.launch.commands import Failed
from falin.runtime.sentences import CannotStart, both, say

FONTS_PACKAGE = "fonts-noto-cjk"
# The one without a window draws no bars of its own: browser tests take two thirds of the whole one's time.
BROWSER_PACKAGES = ("chromium-headless-shell", "chromium")
BROWSER_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
BROKER_NAMES = ("valkey-server", "redis-server")
MAVEN_PACKAGES = ("maven", "default-jre-headless")
CJK_FONTS = ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",)


def ensure_programs(*, home: Home, for_tests: bool, java: bool) -> dict[str, str]:
    """What the rest of the run must know about programs, as environment variables; some only tests need."""
    found: dict[str, str] = {}
    if java:
        found |= _java(home)
    if for_tests:
        tools = {
            "FALIN_CHROMIUM": _browser(home),
            "FALIN_PGBOUNCER": _unpacked(home, "pgbouncer", "usr/sbin/pgbouncer"),
            "FALIN_OPENSSL": _unpacked(home, "openssl", "usr/bin/openssl"),
        }
        found.update({name: str(path) for name, path in tools.items() if path})
    if not _broker_comes_as_wheel():
        found["FALIN_BROKER_PROGRAM"] = str(_broker(home))
    return found


def _broker_comes_as_wheel() -> bool:
    return platform.machine() == "x86_64" or sys.platform == "darwin"


def _find(names: Sequence[str]) -> Path | None:
    for name in names:
        found = shutil.which(name)
        if found:
            return Path(found)
    return None


def find_browser() -> Path | None:
    """Chromium as given by ``FALIN_CHROMIUM``, or as it is found on this machine."""
    given = os.environ.get("FALIN_CHROMIUM")
    return Path(given) if given else _find(BROWSER_NAMES)


def _browser(home: Home) -> Path | None:
    """Chromium with Chinese fonts; None, said plainly, where it cannot be had: the tests count that as a failure."""
    if os.environ.get("FALIN_CHROMIUM"):
        return find_browser()
    fonts = any(Path(font).exists() for font in CJK_FONTS)
    for package in BROWSER_PACKAGES:
        present = _find([package])
        if present and fonts:
            return present
        try:
            return _add(
                home=home, packages=(package, FONTS_PACKAGE), names=[package], program=f"usr/lib/chromium/{package}"
            )
        except Failed as failure:
            tail = failure.tail
    present = find_browser()
    if not (present and fonts):
        say(
            f"没有装上 chromium 和 {FONTS_PACKAGE}，浏览器测试会失败：{tail}",
            f"chromium and {FONTS_PACKAGE} could not be installed, browser tests will fail",
        )
    return present


def browser_in_chinese(home: Home) -> Path | None:
    """
    The whole Chromium with what it says itself in Chinese, for pictures: dates and files to choose look as a reader here
    sees them. Else, said plainly, the one that is there.
    """
    whole, words = Path("/usr/bin/chromium"), Path("/usr/lib/chromium/locales/zh-CN.pak")
    if whole.exists() and words.exists():
        return whole
    try:
        return _add(home=home, packages=("chromium", "chromium-l10n", FONTS_PACKAGE), names=("chromium",),
                    program="usr/lib/chromium/chromium")  # fmt: skip
    except Failed as failure:
        say(
            f"没有装上 chromium-l10n，日期和选文件的框会是英文：{failure.tail}",
            "chromium-l10n could not be installed: boxes for dates and files will be in English",
        )
        return find_browser()


def _unpacked(home: Home, name: str, program: str) -> Path | None:
    """
    A program only tests need. Unpacked for us even where we may install: they shall change nothing on the machine (and
    Debian's PgBouncer would start a server of its own at once).
    """
    present = _find([name]) or next((path for path in [Path("/") / program] if path.exists()), None)
    if present or not debian.has_apt():
        return present
    try:
        return _wrapped(debian.unpack_for_us(home=home, packages=(name,)), program)
    except Failed as failure:
        say(
            f"没有取到 {name}，用它的测试会失败：{failure.tail}", "it could not be fetched, tests that use it will fail"
        )
        return None


def _java(home: Home) -> dict[str, str]:
    """Maven, which fetches Keycloak, and the Java both run on; nothing, said plainly, where they cannot be had."""
    maven = os.environ.get("FALIN_MAVEN") or shutil.which("mvn")
    if maven and (shutil.which("java") or os.environ.get("JAVA_HOME")):
        return {"FALIN_MAVEN": maven}
    try:
        found = _add(home=home, packages=MAVEN_PACKAGES, names=("mvn",), program="usr/share/maven/bin/mvn")
    except Failed as failure:
        say(
            f"没有装上 maven 和 Java，Keycloak 的测试会失败：{failure.tail}",
            "maven and Java could not be installed, tests of Keycloak will fail",
        )
        return {}
    if shutil.which("java"):
        return {"FALIN_MAVEN": str(found)}
    tree = found.parent
    java = next(tree.glob("usr/lib/jvm/*/bin/java"))
    return {"FALIN_MAVEN": str(found), "JAVA_HOME": str(java.parent.parent)}


def _broker(home: Home) -> Path:
    try:
        present = _find(BROKER_NAMES) or _add(
            home=home, packages=("redis-server",), names=BROKER_NAMES, program="usr/bin/redis-server"
        )
    except Failed as failure:
        raise CannotStart(
            both(f"这台机器没有 valkey 或 redis：{failure.tail}", "This machine has neither valkey nor redis."),
            both(
                "请装上（Debian：apt-get install redis-server）。",
                "Install one (Debian: apt-get install redis-server).",
            ),
        ) from failure
    return present


def _add(*, home: Home, packages: Sequence[str], names: Sequence[str], program: str) -> Path:
    """Installs for all where we may, else unpacks for us; the program's path.

    :raises Failed: neither went.
    """
    words = " ".join(packages)
    prefix = debian.installing_prefix()
    if prefix is not None:
        say(f"正在安装系统软件包：{words} …", "installing system packages…")
        debian.install_for_all(home=home, packages=packages, prefix=prefix)
        found = _find(names)
        if found:
            return found
    if not debian.has_apt():
        raise Failed(["apt-get"], both(f"请自行安装：{words}", f"please install yourself: {words}"))
    say(f"不能为全机安装，解开一份给自己用：{words} …", "cannot install for all, unpacking a copy for us…")
    tree = debian.unpack_for_us(home=home, packages=packages)
    return _wrapped(tree, program)


def _wrapped(tree: Path, program: str) -> Path:
    """A script that starts a program of the tree with the tree's own libraries and fonts."""
    wrapper = tree / f"run-{Path(program).name}"
    libraries = sorted({str(file.parent) for file in tree.glob("**/*.so*") if "lib" in file.parts})
    fonts = tree / "fonts.conf"
    fonts.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{tree}/usr/share/fonts</dir><dir>/usr/share/fonts</dir>"
        f"<cachedir>{tree}/fontcache</cachedir></fontconfig>\n"
    )
    wrapper.write_text(
        "#!/bin/sh\n"
        f'export LD_LIBRARY_PATH="{":".join(libraries)}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"\n'
        f'export FONTCONFIG_FILE="{fonts}" XDG_DATA_DIRS="{tree}/usr/share:/usr/share"\n'
        f'exec "{tree / program}" "$@"\n'
    )
    wrapper.chmod(0o755)
    return wrapper
