"""What an installation may set, typed and checked at start: one list of everything wrong, in plain words."""

from __future__ import annotations

import os
import re
import sys
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_home() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "falin"


class Environment(BaseSettings):
    """Environment variables; those of Falin itself begin with ``FALIN_``."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    database_url: str = Field(alias="DATABASE_URL", description="PostgreSQL address of the application's role")
    database_owner_url: str = Field("", alias="DATABASE_OWNER_URL", description="address of the owner's role")
    broker_url: str = Field("redis://127.0.0.1:6379/0", alias="BROKER_URL", description="Valkey or Redis")
    secret_key: str = Field("", alias="FALIN_SECRET_KEY", description="at least 50 characters; made at first start")
    root_key_file: Path | None = Field(
        None,
        alias="FALIN_ROOT_KEY_FILE",
        description="root keys of 64 hex digits, a line each, the newest first; made at first start",
    )
    root_key: str = Field("", alias="FALIN_ROOT_KEY", description="the same in the environment, by comma; no file then")
    key_service: str = Field(
        "", alias="FALIN_KEY_SERVICE", description="dotted path of a CryptoProvider; no root key of ours then"
    )
    key_service_address: str = Field(
        "",
        alias="FALIN_KEY_SERVICE_ADDRESS",
        description="what the key service's class is given: a command, an address",
    )
    audit_key_file: Path | None = Field(
        None, alias="FALIN_AUDIT_KEY_FILE", description="Ed25519 seed, 64 hex digits; made at first start"
    )
    anchor_file: Path | None = Field(
        None, alias="FALIN_ANCHOR_FILE", description="sealed batches are copied there; keep it off the database's disk"
    )
    home: Path = Field(default_factory=default_home, alias="FALIN_HOME", description="where state lies")
    assets: Path | None = Field(None, alias="FALIN_ASSETS", description="the built front end")
    hosts: str = Field("127.0.0.1,localhost,[::1]", alias="FALIN_HOSTS", description="host names served, by comma")
    domain: str = Field(
        "", alias="FALIN_DOMAIN",
        description="the province's own domain (falin.zj.gov.cn); a county's word before it is the county's address",
    )  # fmt: skip
    https: bool = Field(False, alias="FALIN_HTTPS", description="served over HTTPS: secure cookies, HSTS")  # noqa: FBT003
    lan: Path | None = Field(
        None, alias="FALIN_LAN",
        description="set by --lan: served over TLS of its own on the office network; where its certificates lie",
    )  # fmt: skip
    demo: bool = Field(False, alias="FALIN_DEMO", description="demo data: every page says so")  # noqa: FBT003
    cipher: str = Field("AES-256-GCM", alias="FALIN_CIPHER", pattern="^(AES-256-GCM|SM4-GCM)$",
                        description="AES-256-GCM or SM4-GCM, for data keys made from now on")  # fmt: skip
    virus_scan: str = Field("", alias="FALIN_VIRUS_SCAN", description="dotted path of a function(bytes) -> clean?")
    files_bucket: str = Field("", alias="FALIN_FILES_BUCKET", description="S3-compatible bucket; else the disk")
    files_endpoint: str = Field("", alias="FALIN_FILES_ENDPOINT", description="address of the object store")
    mail_url: str = Field("", alias="FALIN_MAIL_URL",
                          description="smtps://user:password@host?from=falin@host (TLS, 465), smtp+tls:// (STARTTLS, 587) "
                          "or smtp:// (in clear, 25, without a password); else the log")  # fmt: skip
    sms: str = Field("tenants.identity.signing.sending.LogSms", alias="FALIN_SMS",
                     description="dotted path of an SMS driver; GatewaySms beside the default one speaks HTTP")  # fmt: skip
    sms_address: str = Field("", alias="FALIN_SMS_ADDRESS", description="address of the SMS gateway")
    sms_secret: str = Field("", alias="FALIN_SMS_SECRET", description="bearer secret of the SMS gateway")
    proxies: int | None = Field(
        None,
        alias="FALIN_PROXIES",
        description="proxies of ours in front, which write X-Forwarded-For; one with HTTPS, none without",
    )
    webhook_networks: str = Field(
        "", alias="FALIN_WEBHOOK_NETWORKS",
        description="inner networks that receivers of webhooks may lie in, by comma; else public addresses only",
    )  # fmt: skip
    map_approval: str = Field("", alias="FALIN_MAP_APPROVAL", description="审图号, printed on each map")
    oidc_issuer: str = Field(
        "",
        alias="FALIN_OIDC_ISSUER",
        description="issuer of OpenID Connect (a Keycloak realm); sign-in here only without",
    )
    oidc_client: str = Field("falin", alias="FALIN_OIDC_CLIENT", description="our name at the issuer")
    oidc_secret: str = Field("", alias="FALIN_OIDC_SECRET", description="our secret there; else $FALIN_HOME/secrets")
    keycloak_client: str = Field(
        "falin-provisioning", alias="FALIN_KEYCLOAK_CLIENT", description="the workers' name there, which keeps accounts"
    )
    keycloak_secret: str = Field("", alias="FALIN_KEYCLOAK_SECRET", description="its secret; else $FALIN_HOME/secrets")
    keycloak_mail: bool = Field(
        False, alias="FALIN_KEYCLOAK_MAIL",  # noqa: FBT003 -- the default
        description="the realm has a mail server: who has an address is mailed a link to his first password",
    )  # fmt: skip
    cell: str = Field("", alias="FALIN_CELL", description="the code of this cell in the directory of cells")
    cell_receivers: str = Field(
        "", alias="FALIN_CELL_RECEIVERS",
        description="how a tenant that moves reaches another cell: code=command that runs `falin tenants receive` there,"
        " by semicolon",
    )  # fmt: skip
    backup_certificate: Path | None = Field(
        None, alias="FALIN_BACKUP_CERTIFICATE",
        description="certificate (PEM, RSA) of who alone can read the nightly backups; without it there are none",
    )  # fmt: skip
    backup_key: Path | None = Field(
        None, alias="FALIN_BACKUP_KEY",
        description="its private key (PEM), where the workers are to try restores by themselves; keep it elsewhere else",
    )  # fmt: skip
    province: str = Field("", alias="FALIN_PROVINCE", description="two digits")


class Misconfigured(Exception):
    """Everything that is wrong with the environment, at once."""


def read() -> Environment:
    """:raises Misconfigured: with one line for each wrong variable."""
    try:
        env = Environment()  # type: ignore[call-arg]
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise Misconfigured("The environment is not right 环境变量有问题:\n" + "\n".join(lines)) from None
    wrong = [
        f"  {name}: not a PostgreSQL address (postgresql://user:password@host/database)"
        for name, value in (("DATABASE_URL", env.database_url), ("DATABASE_OWNER_URL", env.database_owner_url))
        if value and urlsplit(value).scheme not in {"postgresql", "postgres"}
    ]
    if env.oidc_issuer and (urlsplit(env.oidc_issuer).scheme not in {"http", "https"} or env.oidc_issuer.endswith("/")):
        wrong.append("  FALIN_OIDC_ISSUER: not an address of an issuer (https://host/realms/name, no slash at the end)")
    wrong.extend(_wrong_with_mail(env.mail_url))
    if env.secret_key and len(env.secret_key) < 50:
        wrong.append("  FALIN_SECRET_KEY: shorter than 50 characters")
    if env.domain and not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", env.domain):
        wrong.append("  FALIN_DOMAIN: not a domain in lower case (falin.zj.gov.cn; Chinese names as xn--…)")
    for network in filter(None, (part.strip() for part in env.webhook_networks.split(","))):
        try:
            ip_network(network)
        except ValueError:
            wrong.append(f"  FALIN_WEBHOOK_NETWORKS: {network} is not a network (10.20.0.0/16)")
    receivers = [part.strip() for part in env.cell_receivers.split(";") if part.strip()]
    if not all(part.strip() for one in receivers for part in one.partition("=")):
        wrong.append("  FALIN_CELL_RECEIVERS: not code=command;code=command")
    for name, path in (("FALIN_BACKUP_CERTIFICATE", env.backup_certificate), ("FALIN_BACKUP_KEY", env.backup_key)):
        if path is not None and not path.is_file():
            wrong.append(f"  {name}: there is no file {path}")
    if env.backup_key and not env.backup_certificate:
        wrong.append("  FALIN_BACKUP_KEY: is of no use without FALIN_BACKUP_CERTIFICATE")
    if wrong:
        raise Misconfigured("The environment is not right 环境变量有问题:\n" + "\n".join(wrong))
    return env


def database_of(url: str) -> dict[str, object]:
    """A PostgreSQL address as Django's parts; ``?host=/path`` names a socket folder."""
    parts = urlsplit(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "NAME": unquote(parts.path.lstrip("/")), "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""), "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or query.get("port", "")),
    }  # fmt: skip


_MAIL = {"smtp": 25, "smtp+tls": 587, "smtps": 465}  # RFC 5321, RFC 6409 with STARTTLS, RFC 8314
MAIL_PATIENCE = 10  # seconds until a silent mail server counts as away


def _wrong_with_mail(url: str) -> list[str]:
    parts = urlsplit(url)
    if url and (parts.scheme not in _MAIL or not parts.hostname):
        return ["  FALIN_MAIL_URL: not an address of a mail server (smtps://, smtp+tls:// or smtp://)"]
    if parts.scheme == "smtp" and parts.password and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        return ["  FALIN_MAIL_URL: its password would go over the network in clear; smtps:// or smtp+tls://"]
    return []


def mail_of(url: str, domain: str = "") -> dict[str, object]:
    """Django's settings for a mail server's address; without ``?from=`` mails come from falin@ the province's domain."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    query = dict(parse_qsl(parts.query))
    return {
        "EMAIL_HOST": host, "EMAIL_PORT": parts.port or _MAIL[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""), "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps", "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_TIMEOUT": MAIL_PATIENCE, "DEFAULT_FROM_EMAIL": query.get("from") or f"falin@{domain or host}",
    }  # fmt: skip


def secret(home: Path, name: str, make: object) -> str:
    """A secret of this installation, made once and kept readable by its owner only."""
    path = home / "secrets" / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        assert callable(make)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = str(make())
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
        except FileExistsError:  # another process made it a moment ago
            return path.read_text().strip()
        return text


def stop(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    raise SystemExit(2)
