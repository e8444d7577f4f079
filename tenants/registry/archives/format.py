"""
What an archive is: a ZIP of CSV tables with their JSON schemas, files, a manifest, and what only the recipient may read.

``sealed.cms`` and the files under ``files/`` are CMS enveloped data (RFC 5652) for the recipient's certificate:
``openssl cms -decrypt -inform DER -in sealed.cms -inkey KEY.pem`` opens them. Hashes are HMAC-SHA256 over plaintext, so that
they are the same in a cell with other keys and tell nobody who lacks their key whether a guess is right; the key is the
first line of the sealed part.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7
from django.utils.translation import gettext as _
from psycopg import sql

from falin.kernel.refusals import Invalid

FORMAT = "falin tenant archive 1"
MANIFEST, SEALED, README = "manifest.json", "sealed.cms", "README.txt"
BUFFER = 1 << 18
# A row's text is the same on every server: no zone, style or locale of a session may change it.
SESSION = ("set local timezone = 'UTC'", "set local datestyle = 'ISO, YMD'", "set local intervalstyle = 'iso_8601'",
           "set local bytea_output = 'hex'", "set local extra_float_digits = 1")  # fmt: skip
READ_ME = """法邻单位档案 · Falin tenant archive

tables/ 这个单位自己的表 · the body's own tables           CSV, UTF-8, first line: names of columns
shared/ 公共表中属于它的行 · its rows of shared tables      same
schemas/ 每张表的列 · the columns of each table            JSON Schema
files/  上传的文件，加密 · uploaded files, encrypted        CMS
sealed.cms 加密保存的号码，加密 · numbers kept encrypted    CMS
manifest.json 目录和指纹 · what is here, with hashes

打开加密部分 · to open what is encrypted:
  openssl cms -decrypt -inform DER -in sealed.cms -inkey KEY.pem -out sealed.csv
sealed.csv: 第一行是指纹的密钥（十六进制），以后每行：表,行,列,值
            the first line is the key of the hashes (hex), then table,row,column,value
指纹是对表的 CSV 原文（文件是解密后的内容）算的 HMAC-SHA256。
Hashes are HMAC-SHA256 over a table's CSV as it stands here; of a file, over its decrypted content.
"""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who alone can read what leaves sealed: a certificate with an RSA key."""

    certificate: x509.Certificate

    @classmethod
    def read(cls, pem: bytes) -> Recipient:
        """:raises Invalid: it is no certificate, or its key is not one CMS can use here."""
        try:
            certificate = x509.load_pem_x509_certificate(pem)
        except ValueError:
            raise Invalid("registry.no_certificate", _("这不是 PEM 格式的证书。"), field="recipient") from None
        key = certificate.public_key()
        if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
            raise Invalid("registry.weak_certificate", _("证书要用 2048 位以上的 RSA 密钥。"), field="recipient")
        return cls(certificate)

    @property
    def name(self) -> str:
        """How the certificate is known: its hash, as ``openssl x509 -fingerprint -sha256`` says it, in small letters."""
        return hashlib.sha256(self.certificate.public_bytes(Encoding.DER)).hexdigest()

    @property
    def subject(self) -> str:
        return self.certificate.subject.rfc4514_string()

    def seal(self, plain: bytes) -> bytes:
        return (
            pkcs7.PKCS7EnvelopeBuilder().set_data(plain).add_recipient(self.certificate)
            .set_content_encryption_algorithm(algorithms.AES256).encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """The recipient's other half: the private key, with the certificate it belongs to."""

    certificate: x509.Certificate
    key: Any

    @classmethod
    def read(cls, pem: bytes, key: bytes, password: bytes | None = None) -> Reader:
        """:raises Invalid: the key cannot be read."""
        try:
            return cls(Recipient.read(pem).certificate, load_pem_private_key(key, password))
        except (ValueError, TypeError):
            raise Invalid("registry.no_key", _("私钥读不出来，或密码不对。"), field="key") from None

    def open(self, sealed: bytes) -> bytes:
        """:raises Invalid: it was sealed for somebody else, or is damaged."""
        try:
            return pkcs7.pkcs7_decrypt_der(sealed, self.certificate, self.key, [])
        except ValueError:
            raise Invalid("registry.not_for_you", _("这份档案不是给这个证书的，打不开。"), field="key") from None


# ---- tables ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    name: str
    kind: str  # as PostgreSQL writes it
    nullable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table as it stands in an archive. ``blank``: columns that leave sealed or are made anew, and stand empty here."""

    name: str
    shared: bool
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    blank: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()  # index → encrypted field: blank only where the field holds something

    @property
    def path(self) -> str:
        return f"{'shared' if self.shared else 'tables'}/{self.name}.csv"

    def copy_out(self, source: sql.Composable, where: sql.Composable) -> sql.Composed:
        """COPY of the rows in the order of their key: the text that is hashed, in every cell."""
        kept = dict(self.kept)

        def shown(column: Column) -> sql.Composable:
            name, kind = sql.Identifier("x", column.name), sql.SQL(column.kind)
            if column.name in kept:
                words = "case when octet_length({field}) > 0 then ''::{kind} else {name} end"
                return sql.SQL(words).format(field=sql.Identifier("x", kept[column.name]), kind=kind, name=name)
            return sql.SQL("''::{kind}").format(kind=kind) if column.name in self.blank else name

        return sql.SQL("copy (select {columns} from {source} x where {where} order by {key}) to stdout"
                       " (format csv, encoding 'UTF8')").format(
            columns=sql.SQL(", ").join(map(shown, self.columns)), source=source, where=where,
            key=sql.SQL(", ").join(sql.Identifier("x", name) for name in self.key),
        )  # fmt: skip

    def head(self) -> bytes:
        return (",".join(column.name for column in self.columns) + "\n").encode()

    def json_schema(self) -> dict[str, Any]:
        """The table's rows for programs that never heard of Falin."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": self.name, "type": "object",
            "description": f"key: {', '.join(self.key)}; empty here and in sealed.cms: {', '.join(self.blank) or 'none'}",
            "properties": {column.name: _property(column) for column in self.columns},
            "required": [column.name for column in self.columns if not column.nullable],
        }  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "shared": self.shared, "key": list(self.key), "blank": list(self.blank),
                "kept": [list(pair) for pair in self.kept],
                "columns": [[column.name, column.kind, column.nullable] for column in self.columns]}  # fmt: skip

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Table:
        return cls(
            name=data["name"], shared=data["shared"], key=tuple(data["key"]), blank=tuple(data["blank"]),
            kept=tuple((one, other) for one, other in data["kept"]),
            columns=tuple(Column(name=name, kind=kind, nullable=null) for name, kind, null in data["columns"]),
        )  # fmt: skip


_KINDS = {"bigint": "integer", "integer": "integer", "smallint": "integer", "boolean": "boolean",
          "double precision": "number", "numeric": "number"}  # fmt: skip
_FORMATS = {"timestamp with time zone": "date-time", "date": "date", "uuid": "uuid"}


def _property(column: Column) -> dict[str, Any]:
    bare = column.kind.partition("(")[0]
    kind: Any = _KINDS.get(bare, "string")
    found: dict[str, Any] = {"type": [kind, "null"] if column.nullable else kind, "$comment": column.kind}
    if bare in _FORMATS:
        found["format"] = _FORMATS[bare]
    if bare == "jsonb":
        found["contentMediaType"] = "application/json"
    return found
