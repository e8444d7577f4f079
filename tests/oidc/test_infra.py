"""What lies in infra/keycloak is one with the program that uses it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from falin.runtime import keycloak
from falin.runtime.cli import make_parser
from falin.runtime.sentences import CannotStart
from tests.conftest import ROOT

FOLDER = ROOT / "infra" / "keycloak"
SECRETS = {"oidc": "one", "keycloak": "two", "broker": "three"}


def filled(name: str) -> dict[str, Any]:
    return keycloak.realm_of(name, realm="falin-33", address="https://falin.example", keycloak="https://sso.example",
                             secrets=SECRETS)  # fmt: skip


@pytest.mark.parametrize("name", ["realm.json", "upstream.json", "government.json"])
def test_every_blank_is_ours_and_gets_filled(name: str) -> None:
    text = (FOLDER / name).read_text()
    assert re.findall(r"\$\{(?!FALIN_)", text) == []  # Keycloak's import would fill it from its own environment
    assert "${" not in json.dumps(filled(name))


def test_no_secret_lies_in_the_repository() -> None:
    for name in ("realm.json", "upstream.json", "government.json"):
        for found in re.findall(r'"(?:secret|clientSecret)": "([^"]*)"', (FOLDER / name).read_text()):
            assert re.fullmatch(r"\$\{FALIN_\w+_SECRET\}", found)


def test_compose_runs_the_version_that_was_tried_and_names_every_blank() -> None:
    text = (FOLDER / "compose.yaml").read_text()
    assert f"keycloak/keycloak:{keycloak.VERSION}\n" in text
    blanks = set(re.findall(r"\$\{(FALIN_\w+)\}", (FOLDER / "realm.json").read_text()))
    assert {name for name in blanks if f"      {name}: " in text} == blanks


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
