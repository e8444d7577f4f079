"""What `falin doctor` says of an installation whose codes nobody would receive, or that nobody backs up."""

from __future__ import annotations

from pathlib import Path

import pytest

from falin.runtime.doctor import backups, messages

GATEWAY = "tenants.identity.signing.sending.GatewaySms"
LOG = "tenants.identity.signing.sending.LogSms"


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, "SMS and mail: into the server's log"),
        ({"FALIN_SMS": LOG, "FALIN_MAIL_URL": ""}, "SMS and mail: into the server's log"),
        ({"FALIN_SMS": GATEWAY}, "mail: into the server's log"),
        ({"FALIN_MAIL_URL": "smtp://mail.example:25"}, "SMS: into the server's log"),
        ({"FALIN_SMS": GATEWAY, "FALIN_MAIL_URL": "smtp://mail.example:25"}, "SMS and mail go out"),
    ],
)
def test_codes_that_would_stand_in_the_servers_log_are_said(environ: dict[str, str], found: str) -> None:
    said = messages(environ)
    assert (said.found, said.well) == (found, found == "SMS and mail go out")
    assert "谁能看日志，谁就能改别人的密码" in said.mend


def test_in_a_demo_it_is_what_is_meant() -> None:
    assert messages({"FALIN_DEMO": "1"}).well
    assert not messages({"FALIN_DEMO": "0"}).well


def test_that_nothing_is_backed_up_at_night_is_said(tmp_path: Path) -> None:
    said = backups({})
    assert (said.well, said.found) == (False, "none at night")
    assert "FALIN_BACKUP_CERTIFICATE" in said.mend
    assert backups({"FALIN_DEMO": "1"}).well
    assert not backups({"FALIN_DEMO": "1", "FALIN_BACKUP_CERTIFICATE": str(tmp_path / "gone.pem")}).well
    (tmp_path / "cert.pem").write_text("")
    given = {"FALIN_BACKUP_CERTIFICATE": str(tmp_path / "cert.pem")}
    assert backups(given).well
    assert "by hand alone" in backups(given).found
    assert "by hand" not in backups({**given, "FALIN_BACKUP_KEY": "key.pem"}).found
