"""
Place of a Keycloak of one's own: fetched, unpacked and built once, then started, with the realm of `infra/keycloak` in it.

For trials and for tests. It listens on 127.0.0.1 and keeps what it knows in a file below `$FALIN_HOME` (tests: in memory).
A province runs its Keycloak beside PostgreSQL (`infra/keycloak/README.md`).
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import ssl
import subprocess
import sys
import time
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import certifi
import requests
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256 as SHA256_HASH
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore
from cryptography.utils import CryptographyDeprecationWarning

from falin.runtime.cli import Arguments
from falin.runtime.home import Home
from falin.runtime.launch.commands import Failed, run_quietly
from falin.runtime.launch.environment import alone
from falin.runtime.processes import dying_with_parent, free_port, is_free, open_log
from falin.runtime.sentences import CannotStart, both, say

VERSION = "26.7.0"
SHA256 = "e63bd0167199c0092b8a4d22cc137e6b7a70e0089070f6f7799b1be504b69a8a"  # of the zip
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
HOST = "127.0.0.1"
ADMIN = "admin"
START_SECONDS = 180.0
STOP_SECONDS = 15.0
LEAST_FREE_BYTES = 900 * 1024 * 1024
HEAP = "-Xms64m -Xmx512m"


def run(arguments: Arguments, home: Home) -> int:
    """`falin keycloak start | stop | reconcile`."""
    if arguments.act == "reconcile":
        from falin.runtime.management import manage

        options = [name for name, given in (("--mend", arguments.mend), ("--json", arguments.json)) if given]
        return manage(Arguments(rest=["accounts", *options]), home)
    keycloak = Keycloak(place=home.root / "keycloak", cache=home.cache, log=home.logs / "keycloak.log")
    if arguments.act == "stop":
        keycloak.stop()
        return 0
    keycloak.start(port=arguments.port)
    realm = f"falin-{arguments.province}"
    keycloak.make_realm(realm_of(
        "realm.json", realm=realm, address=arguments.address.rstrip("/"), keycloak=keycloak.address,
        secrets={
            name: os.environ.get(f"FALIN_{name.upper()}_SECRET") or kept(home.root / "secrets" / name)
            for name in ("oidc", "keycloak")
        },
    ))  # fmt: skip
    say(f"Keycloak 已启动：{keycloak.address}", "Keycloak is running; stop it with: falin keycloak stop")
    print(f"FALIN_OIDC_ISSUER={keycloak.address}/realms/{realm}", flush=True)
    say(f"管理员 {ADMIN} 的密码在 {keycloak.place / 'admin'}", "the administrator's password is in that file")
    return 0


def realm_of(name: str, *, realm: str, address: str, keycloak: str, secrets: Mapping[str, str]) -> dict[str, Any]:
    """
    A file of `infra/keycloak` with its blanks filled in, which Keycloak's own import fills from the environment.

    :param address: where browsers and Keycloak reach Falin. :param secrets: of the clients, by name.
    """
    blanks = {
        "FALIN_REALM": realm, "FALIN_ADDRESS": address, "FALIN_KEYCLOAK": keycloak,
        **{f"FALIN_{name.upper()}_SECRET": secret for name, secret in secrets.items()},
    }  # fmt: skip
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path(__file__).resolve().parents[3]))
    template = (checkout / "infra/keycloak" / name).read_text()
    found: dict[str, Any] = json.loads(re.sub(r"\$\{(FALIN_\w+)\}", lambda blank: blanks[blank[1]], template))
    return found


def kept(note: Path, otherwise: str = "") -> str:
    """A secret in a file of its own, made when it is first asked for."""
    note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (
        contextlib.suppress(FileExistsError),
        os.fdopen(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file,
    ):
        file.write(otherwise or secrets.token_urlsafe(32))
    return note.read_text().strip()


def distribution(cache: Path) -> Path:
    """
    The unpacked programs, built for us; fetched by Maven where they are not there yet.

    :raises CannotStart: no Maven, no network, or not the file we know.
    """
    folder = cache / "keycloak" / VERSION
    if (folder / ".complete").exists():
        return folder
    with alone(cache / "keycloak.lock"):
        if not (folder / ".complete").exists():
            _fetch(cache, folder)
    return folder


def _fetch(cache: Path, folder: Path) -> None:
    Home(root=cache).require_space(LEAST_FREE_BYTES)
    log, began = cache / "keycloak.log", time.monotonic()
    say(f"正在取得 Keycloak {VERSION}（约 180 MB）…", "fetching Keycloak (about 180 MB)…")
    loading = cache / "keycloak-loading"
    shutil.rmtree(loading, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        run_quietly(
            [maven(), "-B", "-q", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={loading}",
             f"-Dmaven.repo.local={loading / 'maven'}"],
            log=log, environ=_environ(cache),
        )  # fmt: skip
        archive = next(loading.glob("*.zip"))
        if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
            raise CannotStart(
                both("取得的 Keycloak 和记下的校验值不符。", "This is not the Keycloak we know (SHA-256).")
            )
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(loading)  # of a file whose every byte we know
        folder.parent.mkdir(parents=True, exist_ok=True)
        (loading / f"keycloak-{VERSION}").replace(folder)
        script = folder / "bin" / "kc.sh"
        script.chmod(0o755)
        say("  正在准备 Keycloak…", "building it for this machine…")
        run_quietly([str(script), "build", "--db=dev-file"], log=log, environ=_environ(cache))
    except Failed as failure:
        raise CannotStart(
            both("Keycloak 没有取得或没有装成。", "Keycloak could not be fetched or built.") + f"\n{failure.tail}",
            both(
                f"请检查网络或 Maven 的镜像设置（~/.m2/settings.xml），然后再运行一次。全部记录：{log}",
                f"Check the network or Maven's mirror (~/.m2/settings.xml), then run again. Log: {log}",
            ),
        ) from failure
    shutil.rmtree(loading)
    (folder / ".complete").touch()
    say(f"  好了，{time.monotonic() - began:.0f} 秒", f"done, {time.monotonic() - began:.0f} s")


def maven() -> str:
    """The program that fetches; it brings the Java that Keycloak runs on. :raises CannotStart: there is none."""
    found = os.environ.get("FALIN_MAVEN") or shutil.which("mvn")
    if not found:
        raise CannotStart(
            both("这台机器没有 Maven 和 Java，不能取得 Keycloak。", "No Maven and Java here to fetch Keycloak with."),
            both("请装上（Debian：apt-get install maven）。", "Install them (Debian: apt-get install maven)."),
        )
    return found


def _environ(cache: Path) -> dict[str, str]:
    """The environment for Maven and for Keycloak."""
    trusting = _trusting(cache)
    return {
        **os.environ, "JAVA_OPTS_KC_HEAP": HEAP,
        **{name: f"{os.environ.get(name, '')} {trusting}".strip() for name in ("MAVEN_OPTS", "JAVA_OPTS_APPEND")},
    }  # fmt: skip


def _trusting(cache: Path) -> str:
    """
    Options with certificates for Java to trust. A Java that was installed brings its own, but not those of an office;
    one unpacked for us has only a link to where the installer would have made them: it trusts nobody and Keycloak will
    not start on it. Either is given those that Python trusts and those the office names for its other programs.
    """
    home = os.environ.get("JAVA_HOME", "")
    named = [
        os.environ.get(name, "") for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")
    ]
    named = [path for path in (*named, _pip_certificates()) if path]
    if not named and (not home or (Path(home) / "lib" / "security" / "cacerts").exists()):
        return ""
    known = [*named, ssl.get_default_verify_paths().cafile or "", certifi.where()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # old roots carry odd serial numbers
        found = {
            one.fingerprint(SHA256_HASH()): one
            for path in dict.fromkeys(known)
            if Path(path).is_file()
            for one in x509.load_pem_x509_certificates(Path(path).read_bytes())
        }
    entries = [PKCS12Certificate(one, print_.hex().encode()) for print_, one in found.items()]
    cache.mkdir(parents=True, exist_ok=True)
    store = cache / "trusted.p12"
    being_written = cache / f"trusted-{os.getpid()}"
    being_written.write_bytes(serialize_java_truststore(entries, BestAvailableEncryption(b"changeit")))
    being_written.replace(store)
    return f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword=changeit"


def _pip_certificates() -> str:
    """The file an office with certificates of its own names in pip's configuration."""
    said = subprocess.run([sys.executable, "-m", "pip", "config", "get", "global.cert"], capture_output=True, text=True,
                          check=False)  # fmt: skip
    return said.stdout.strip()


class Keycloak:
    """One server under `place`. `memory`: it forgets everything when it stops, and dies with whoever started it."""

    def __init__(self, *, place: Path, cache: Path, log: Path, memory: bool = False) -> None:
        self.place, self.cache, self.log, self.memory = place, cache, log, memory
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://{HOST}:{(self.place / 'port').read_text()}"

    @property
    def password(self) -> str:
        return kept(self.place / "admin")

    def begin_start(self, *, port: int = 0) -> None:
        """Starts it, and returns before it answers. :raises CannotStart: the port is taken, or it cannot be fetched."""
        if self._pid() is not None:
            return
        port = port or (int(self._port()) if (self.place / "port").exists() else free_port(HOST))
        if not is_free(HOST, port):
            raise CannotStart(
                both(f"端口 {port} 已被别的程序占用。", f"Port {port} is taken by another program."),
                both("请用 --port 换一个。", "Choose another with --port."),
            )
        programs = distribution(self.cache)
        self.place.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.place / "port").write_text(str(port))
        data = f"mem:{secrets.token_hex(4)};DB_CLOSE_DELAY=-1" if self.memory else f"file:{self.place / 'data'}"
        environ = {**_environ(self.cache), "KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN,
                   "KC_BOOTSTRAP_ADMIN_PASSWORD": self.password}  # fmt: skip
        if self.memory:  # it lives for minutes: what Java's second compiler takes is never earned again
            environ["JAVA_OPTS_APPEND"] += " -XX:TieredStopAtLevel=1"
        book = open_log(self.log)
        try:
            self.process = subprocess.Popen(
                [str(programs / "bin" / "kc.sh"), "start", "--optimized", "--http-enabled=true", f"--http-host={HOST}",
                 f"--http-port={port}", f"--hostname=http://{HOST}:{port}", "--cache=local", "--log-level=WARN",
                 f"--db-url=jdbc:h2:{data};NON_KEYWORDS=VALUE"],
                env=environ,
                stdin=subprocess.DEVNULL, stdout=book, stderr=book, cwd=self.place, start_new_session=True,
                preexec_fn=dying_with_parent(signal.SIGTERM) if self.memory else None,  # noqa: PLW1509 (no threads here)
            )  # fmt: skip
        finally:
            os.close(book)
        (self.place / "pid").write_text(str(self.process.pid))

    def start(self, *, port: int = 0) -> None:
        """:raises CannotStart: as `begin_start`, or what its log says."""
        self.begin_start(port=port)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._pid() is not None:
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{self.address}/realms/master", timeout=2).status_code == 200:
                    return
            time.sleep(0.2)
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])
        self.stop()
        raise CannotStart(
            both("Keycloak 启动不了。", "Keycloak does not start.") + f"\n{tail}",
            both(f"全部记录：{self.log}", f"Its log: {self.log}"),
        )

    def stop(self) -> None:
        pid = self._pid()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            while self._pid() is not None and time.monotonic() < deadline:
                time.sleep(0.1)
            if self._pid() is not None:
                os.killpg(pid, signal.SIGKILL)
        (self.place / "pid").unlink(missing_ok=True)
        self.process = None

    def make_realm(self, realm: Mapping[str, Any]) -> None:
        """Creates the realm where there is none of that name; one that stands is left as it is."""
        signed_in = {"Authorization": f"Bearer {self._token()}"}
        realms = f"{self.address}/admin/realms"
        if requests.get(f"{realms}/{realm['realm']}", headers=signed_in, timeout=30).status_code == 404:
            made = requests.post(realms, json=realm, headers=signed_in, timeout=60)
            if made.status_code != 201:
                raise CannotStart(both("Keycloak 不接受这个 realm。", "Keycloak refuses the realm.") + f"\n{made.text}")

    def _token(self) -> str:
        answer = requests.post(
            f"{self.address}/realms/master/protocol/openid-connect/token", timeout=30,
            data={"grant_type": "password", "client_id": "admin-cli", "username": ADMIN, "password": self.password},
        )  # fmt: skip
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def _port(self) -> str:
        return (self.place / "port").read_text()

    def _pid(self) -> int | None:
        """The process that runs here, ours or an earlier command's."""
        if self.process is not None:
            return self.process.pid if self.process.poll() is None else None
        try:
            pid = int((self.place / "pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if b"kc.sh" in command or b"keycloak" in command else None
