"""What lies in infra/keycloak is one with the program that uses it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from django.conf import settings

from falin.runtime import keycloak
from falin.runtime.cli import make_parser
from falin.runtime.home import Home
from falin.runtime.processes import free_port
from falin.runtime.sentences import CannotStart
from tests.conftest import ROOT

FOLDER = ROOT / "infra" / "keycloak"
SECRETS = {"oidc": "one", "keycloak": "two", "broker": "three", "program": "four"}


def filled(name: str) -> dict[str, Any]:
    return keycloak.realm_of(name, realm="falin-33", address="https://falin.example", keycloak="https://sso.example",
                             secrets=SECRETS)  # fmt: skip


@pytest.mark.parametrize("name", ["realm.json", "program.json", "upstream.json", "government.json"])
def test_every_blank_is_ours_and_gets_filled(name: str) -> None:
    text = (FOLDER / name).read_text()
    assert re.findall(r"\$\{(?!FALIN_)", text) == []  # Keycloak's import would fill it from its own environment
    assert "${" not in json.dumps(filled(name))


def test_no_secret_lies_in_the_repository() -> None:
    for name in ("realm.json", "program.json", "upstream.json", "government.json"):
        for found in re.findall(r'"(?:secret|clientSecret)": "([^"]*)"', (FOLDER / name).read_text()):
            assert re.fullmatch(r"\$\{FALIN_\w+_SECRET\}", found)


def test_compose_runs_the_version_that_was_tried_and_names_every_blank() -> None:
    text = (FOLDER / "compose.yaml").read_text()
    assert f"keycloak/keycloak:{keycloak.VERSION}\n" in text
    blanks = set(re.findall(r"\$\{(FALIN_\w+)\}", (FOLDER / "realm.json").read_text()))
    assert {name for name in blanks if f"      {name}: " in text} == blanks


def test_compose_says_what_its_specification_knows_and_mounts_the_realm_where_it_is_looked_for() -> None:
    """Read as the specification reads it; no container is started here."""
    found = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    assert set(found) == {"services", "volumes"}
    known = {"image", "command", "environment", "volumes", "ports", "depends_on", "restart", "healthcheck"}
    for service in found["services"].values():
        assert set(service) <= known
        for value in service["environment"].values():
            assert re.fullmatch(r"[^$]*(\$\{[A-Z_]+(:\?|:-[^}]*)\}[^$]*)*", str(value)), value
    server = found["services"]["keycloak"]
    assert server["volumes"] == ["./realm.json:/opt/keycloak/data/import/realm.json:ro"]
    assert "--import-realm" in server["command"]
    assert server["depends_on"] == {"database": {"condition": "service_healthy"}}
    mounted = {volume.partition(":")[0] for volume in found["services"]["database"]["volumes"]}
    assert mounted == set(found["volumes"])


def test_keycloaks_own_import_takes_the_realm_and_fills_its_blanks(tmp_path: Path) -> None:
    """As compose does it: ``start --import-realm`` with the file in ``data/import`` and the blanks in the environment."""
    home = Home(root=Path(settings.HOME)).prepare()
    programs, place, port = keycloak.distribution(home.cache), tmp_path / "keycloak", free_port()
    shutil.copytree(programs / "bin", place / "bin")
    for name in ("lib", "conf", "providers", "themes"):
        (place / name).symlink_to(programs / name)
    (place / "data/import").mkdir(parents=True)
    shutil.copy(FOLDER / "realm.json", place / "data/import")
    blanks = {"FALIN_REALM": "falin-77", "FALIN_ADDRESS": "https://falin.example", "FALIN_OIDC_SECRET": "one-" * 8,
              "FALIN_KEYCLOAK_SECRET": "two-" * 8}  # fmt: skip
    address, log = f"http://127.0.0.1:{port}", (tmp_path / "log").open("wb")
    server = subprocess.Popen(
        [str(place / "bin/kc.sh"), "start", "--optimized", "--import-realm", "--http-enabled=true", "--http-host=127.0.0.1",
         f"--http-port={port}", f"--hostname={address}", "--cache=local", "--log-level=WARN",
         "--db-url=jdbc:h2:mem:imported;DB_CLOSE_DELAY=-1;NON_KEYWORDS=VALUE"],
        env={**os.environ, **blanks, "JAVA_OPTS_KC_HEAP": keycloak.HEAP}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        start_new_session=True,
    )  # fmt: skip
    try:
        realm = f"{address}/realms/falin-77"
        deadline = time.monotonic() + 2 * keycloak.START_SECONDS  # it makes its tables, too
        while not _answers(realm):
            assert server.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()[-2000:]
            time.sleep(0.3)
        told = requests.post(f"{realm}/protocol/openid-connect/token", timeout=30, data={
            "grant_type": "client_credentials", "client_id": "falin-provisioning", "client_secret": "two-" * 8})  # fmt: skip
        assert told.status_code == 200, told.text
        people = requests.get(f"{address}/admin/realms/falin-77/users", timeout=30,
                              headers={"Authorization": f"Bearer {told.json()['access_token']}"})  # fmt: skip
        assert (people.status_code, people.json()) == (200, [])
        for back, wanted in (("https://falin.example/accounts/oidc/callback/", 302), ("https://evil.example/", 400)):
            asked = requests.get(f"{realm}/protocol/openid-connect/auth", timeout=30, allow_redirects=False, params={
                "client_id": "falin", "response_type": "code", "scope": "openid", "redirect_uri": back})  # fmt: skip
            assert asked.status_code == wanted, asked.text[:500]
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
        log.close()


def _answers(realm: str) -> bool:
    try:
        return bool(requests.get(f"{realm}/.well-known/openid-configuration", timeout=5).status_code == 200)
    except requests.RequestException:
        return False


def test_nobody_is_let_in_by_anything_but_the_code_flow() -> None:
    for client in filled("realm.json")["clients"]:
        assert not (client["publicClient"] or client["implicitFlowEnabled"] or client["directAccessGrantsEnabled"])
    falin = filled("realm.json")["clients"][0]
    assert falin["redirectUris"] == ["https://falin.example/accounts/oidc/callback/"]
    assert falin["attributes"]["backchannel.logout.url"] == "https://falin.example/accounts/oidc/backchannel-logout/"


def test_workers_may_keep_accounts_and_nothing_else() -> None:
    (service,) = filled("realm.json")["users"]
    rights = service["clientRoles"]
    assert set(rights) == {"realm-management"}
    assert set(rights["realm-management"]) <= {"manage-users", "view-users", "query-users", "query-groups"}


def test_without_maven_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FALIN_MAVEN", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CannotStart) as trouble:
        keycloak.maven()
    assert "apt-get install maven" in trouble.value.way_out


def test_a_file_that_is_not_the_one_we_know_is_not_unpacked(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    def fetched(command: list[str], **_: Any) -> None:
        folder = tmp_path / "keycloak-loading"
        folder.mkdir()
        (folder / "keycloak.zip").write_bytes(b"something else")

    monkeypatch.setattr(keycloak, "run_quietly", fetched)
    monkeypatch.setattr(keycloak, "maven", lambda: "mvn")
    with pytest.raises(CannotStart, match="SHA-256"):
        keycloak.distribution(tmp_path)
    assert not (tmp_path / "keycloak" / keycloak.VERSION).exists()


def test_the_command_knows_its_three_words() -> None:
    for word in ("start", "stop", "reconcile"):
        assert make_parser().parse_args(["keycloak", word]).act == word
