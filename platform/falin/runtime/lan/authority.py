"""
Place of the papers of the office network: an authority of this machine's own, and the certificate it signs.

The authority can vouch for nothing but addresses of inner networks and names ending in .local: the certificate that
phones install says so itself. Its key is made here, lies in a file that its owner alone reads, and is sent nowhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from falin.runtime.sentences import CannotStart, both

NETWORKS = tuple(
    IPv4Network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")
)
SUFFIXES = ("local", "localhost")
HERE = ("127.0.0.1", "localhost")  # who sits at this machine is served too
AUTHORITY_LASTS = timedelta(days=365)
CERTIFICATE_LASTS = timedelta(days=30)
RENEWED_BEFORE = timedelta(days=10)
BACKDATED = timedelta(hours=1)  # phones' clocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """What the server needs and what a phone is given; ``server`` holds the server's key and certificate."""

    server: Path
    authority: bytes  # the certificate that is installed, DER
    fingerprint: str  # SHA-256 of it, in pairs
    until: datetime  # the day the authority ends


def keep(folder: Path, *, addresses: Iterable[str], name: str, now: datetime) -> Papers:
    """
    The papers for these addresses and this name: those that are there, or made anew where addresses changed or an end is
    near.

    :raises CannotStart: what lies in the folder cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        pair = _read(folder / "authority.pem")
        if pair is None or pair[1].not_valid_after_utc - now < timedelta(days=1):
            pair = _make_authority(name, now)
            _write(folder / "authority.pem", *pair)
        key, authority = pair
        wanted = {*addresses, name, *HERE}
        server = folder / "server.pem"
        if not _still_good(_read(server), authority, wanted, now):
            _write(server, *_make_certificate(key, authority, wanted, now))
    except ValueError as broken:
        raise CannotStart(
            both(f"{folder} 里的证书坏了。", f"The certificates in {folder} are damaged."),
            both(
                "请删掉这个目录再启动，手机要重新装一次证书。",
                "Delete that folder and start again; phones install anew.",
            ),
        ) from broken
    return Papers(
        server=server, authority=authority.public_bytes(serialization.Encoding.DER),
        fingerprint=authority.fingerprint(hashes.SHA256()).hex(":").upper(), until=authority.not_valid_after_utc,
    )  # fmt: skip


Pair = tuple[ec.EllipticCurvePrivateKey, x509.Certificate]


def _read(path: Path) -> Pair | None:
    """:raises ValueError: it is no key with its certificate."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    key = serialization.load_pem_private_key(data, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("another kind of key")
    return key, x509.load_pem_x509_certificate(data)


def _write(path: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    """Key and certificate in one file, so that they change together; for its owner alone from its first byte on."""
    body = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(body)
    draft.replace(path)


def _named(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words[:64])])


def _make_authority(name: str, now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    called = _named(f"Falin {name} {now:%Y-%m-%d}")
    permitted = [*map(x509.DNSName, SUFFIXES), *map(x509.IPAddress, NETWORKS)]
    return key, (
        x509.CertificateBuilder(subject_name=called, issuer_name=called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _make_certificate(
    signing: ec.EllipticCurvePrivateKey, authority: x509.Certificate, wanted: Iterable[str], now: datetime
) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    ends = min(now + CERTIFICATE_LASTS, authority.not_valid_after_utc)
    return key, (
        x509.CertificateBuilder(subject_name=_named("Falin"), issuer_name=authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([_general(one) for one in sorted(wanted)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
        .sign(signing, hashes.SHA256())
    )  # fmt: skip


def _still_good(pair: Pair | None, authority: x509.Certificate, wanted: set[str], now: datetime) -> bool:
    if pair is None:
        return False
    said = pair[1].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    ends = pair[1].not_valid_after_utc
    return (
        {str(one.value) for one in said} == wanted
        and pair[1].issuer == authority.subject
        and _signed_by(pair[1], authority)
        and (ends - now > RENEWED_BEFORE or ends == authority.not_valid_after_utc)
    )


def _signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    mine = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    return mine == authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def _general(one: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(one))
    except ValueError:
        return x509.DNSName(one)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def reachable(address: str) -> bool:
    """Whether it is an address of an inner network, for which alone the authority may vouch, and not this machine's own."""
    one = IPv4Address(address)
    return not one.is_loopback and any(one in network for network in NETWORKS)
