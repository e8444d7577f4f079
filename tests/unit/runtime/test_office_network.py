"""The papers of the office network: what they vouch for, who may read them, when they are made anew; and the plain page."""

import http.client
import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from falin.runtime.home import Home
from falin.runtime.lan import arranging, porter
from falin.runtime.lan.arranging import arrange
from falin.runtime.lan.authority import Papers, keep, reachable
from falin.runtime.lan.porter import Door, Porter, page_of
from falin.runtime.processes import free_port
from falin.runtime.sentences import CannotStart

NOW = datetime.now(UTC)
ADDRESS, NAME = "192.168.7.20", "pc-7.local"


def papers(folder: Path, *addresses: str, now: datetime = NOW) -> Papers:
    return keep(folder, addresses=addresses or (ADDRESS,), name=NAME, now=now)


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def shakes_hands(server: Path, authority: bytes, asked: str) -> str:
    """What a client that trusts the authority says to this certificate under this name; empty: it is content."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(server, server)
    trusting = ssl.create_default_context(cadata=authority)
    there, here = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(there, here, server_hostname=asked)
    answer = serving.wrap_bio(here, there, server_side=True)
    for _round in range(4):
        for side in (client, answer):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                return error.verify_message
    return ""


def test_a_phone_that_trusts_the_authority_trusts_this_machine_by_number_and_by_name(tmp_path: Path) -> None:
    made = papers(tmp_path / "lan")
    for asked in (ADDRESS, NAME, "127.0.0.1", "localhost"):
        assert shakes_hands(made.server, made.authority, asked) == ""
    assert "mismatch" in shakes_hands(made.server, made.authority, "192.168.7.21")


@pytest.mark.parametrize("asked", ["www.gov.cn", "8.8.8.8", "pc-7.local.evil.example"])
def test_the_authority_vouches_for_nothing_outside_the_office_network(tmp_path: Path, asked: str) -> None:
    """Whoever has its key makes no certificate that a phone would take for another site's."""
    made = papers(tmp_path / "lan")
    stolen = serialization.load_pem_private_key((tmp_path / "lan" / "authority.pem").read_bytes(), password=None)
    assert isinstance(stolen, ec.EllipticCurvePrivateKey)
    authority, key = read(tmp_path / "lan" / "authority.pem"), ec.generate_private_key(ec.SECP256R1())
    named = x509.IPAddress(ip_address(asked)) if asked[0].isdigit() else x509.DNSName(asked)
    forged = (
        x509.CertificateBuilder(subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "forged")]),
                                issuer_name=authority.subject)
        .public_key(key.public_key()).serial_number(7)
        .not_valid_before(NOW - timedelta(hours=1)).not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([named]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(stolen.public_key()), critical=False)
        .sign(stolen, hashes.SHA256())
    )  # fmt: skip
    there = tmp_path / "forged.pem"
    there.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + forged.public_bytes(serialization.Encoding.PEM)
    )
    assert shakes_hands(there, made.authority, asked) == "permitted subtree violation"


def test_keys_are_their_owners_alone_and_the_certificates_are_short_lived(tmp_path: Path) -> None:
    made = papers(tmp_path / "lan")
    folder = tmp_path / "lan"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {one.name: stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()} == {
        "authority.pem": 0o600, "server.pem": 0o600,
    }  # fmt: skip
    assert b"PRIVATE" not in made.authority
    authority, server = read(folder / "authority.pem"), read(made.server)
    assert authority.not_valid_after_utc - NOW <= timedelta(days=365)
    assert server.not_valid_after_utc - NOW <= timedelta(days=30)
    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, 0)


def test_papers_stay_until_addresses_change_or_an_end_is_near(tmp_path: Path) -> None:
    folder = tmp_path / "lan"
    first = papers(folder)
    server = read(first.server)
    assert papers(folder, now=NOW + timedelta(days=19)) == first
    assert read(first.server) == server

    moved = papers(folder, "10.1.2.3")
    assert moved.authority == first.authority  # phones keep what they installed
    assert shakes_hands(moved.server, moved.authority, "10.1.2.3") == ""
    assert "mismatch" in shakes_hands(moved.server, moved.authority, ADDRESS)

    later = papers(folder, "10.1.2.3", now=NOW + timedelta(days=21))
    assert later.authority == first.authority
    assert read(later.server).not_valid_after_utc > server.not_valid_after_utc + timedelta(days=20)

    last = papers(folder, "10.1.2.3", now=NOW + timedelta(days=363))
    assert read(last.server).not_valid_after_utc == last.until  # never longer than who signed it
    after = papers(folder, "10.1.2.3", now=NOW + timedelta(days=364, hours=12))
    assert after.authority != first.authority
    assert read(after.server).issuer == x509.load_der_x509_certificate(after.authority).subject


def test_damaged_papers_are_said_with_the_way_out(tmp_path: Path) -> None:
    folder = tmp_path / "lan"
    papers(folder)
    (folder / "authority.pem").write_text("nothing")
    with pytest.raises(CannotStart, match="证书坏了"):
        papers(folder)


def test_only_inner_addresses_are_served() -> None:
    assert [one for one in ("10.0.0.1", "172.31.9.9", "192.168.0.1", "127.0.0.1", "172.32.0.1", "8.8.8.8", "192.0.2.2")
            if reachable(one)] == ["10.0.0.1", "172.31.9.9", "192.168.0.1"]  # fmt: skip


# ---- the plain page --------------------------------------------------------------------------------------------------
@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(addresses=(ADDRESS,), name=NAME, page_port=0, port=8443, papers=papers(tmp_path / "lan"))


@pytest.fixture
def standing(door: Door) -> Iterator[int]:
    there = Porter("127.0.0.1", door)
    serving = threading.Thread(target=there.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    serving.start()
    yield there.server_address[1]
    there.shutdown()
    there.server_close()
    serving.join(5)


def ask(port: int, path: str, method: str = "GET", host: str = "evil.example") -> tuple[int, dict[str, str], bytes]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    line.request(method, path, headers={"Host": host})
    answer = line.getresponse()
    body = answer.read()
    line.close()
    return answer.status, dict(answer.getheaders()), body


def test_the_plain_page_leads_a_phone_to_the_certificate_and_to_https(standing: int, door: Door) -> None:
    status, headers, body = ask(standing, "/")
    text = body.decode()
    assert status == 200
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert "<script" not in text
    assert "style=" not in text
    for wanted in ("https://pc-7.local:8443/", "https://192.168.7.20:8443/", 'href="/falin.crt"', "安卓", "鸿蒙", "苹果",
                   door.papers.fingerprint[:23]):  # fmt: skip
        assert wanted in text
    assert "evil.example" not in text  # nothing of the request is said again
    assert "$" not in text
    assert ask(standing, "/page.css")[0] == 200
    assert ask(standing, "/", "HEAD")[2] == b""


def test_what_is_given_out_is_the_certificate_and_never_a_key(standing: int, door: Door) -> None:
    status, headers, body = ask(standing, "/falin.crt")
    assert (status, headers["Content-Type"]) == (200, "application/x-x509-ca-cert")
    given = x509.load_der_x509_certificate(body)
    assert given.fingerprint(hashes.SHA256()).hex(":").upper() == door.papers.fingerprint
    for path in ("/authority.pem", "/server.pem", "/../lan/authority.pem", "/%2e%2e/lan/server.pem", "//authority.pem",
                 "/falin.crt/../authority.pem", "/door.json", str(door.papers.server)):  # fmt: skip
        status, _headers, body = ask(standing, path)
        assert (status, b"PRIVATE" in body) == (404, False), path
    assert ask(standing, "/", "POST")[0] == 501


def test_the_page_says_the_square_of_its_own_address(door: Door) -> None:
    assert page_of(door).count("<svg") == 1


# ---- starting --------------------------------------------------------------------------------------------------------
def test_a_start_on_the_office_network_makes_its_papers_and_says_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(porter, "own_addresses", lambda: ["10.9.8.7"])
    port = free_port()
    found = arrange(home=Home(root=tmp_path).prepare(), environ={}, host="127.0.0.1", port=port)
    variables = found.variables({"FALIN_HOSTS": "falin.example"})
    assert variables["FALIN_HOSTS"] == f"falin.example,{found.door.name}"
    assert Path(variables["FALIN_LAN"]) == tmp_path / "lan"
    assert found.door.by_number == f"https://10.9.8.7:{port + 443}/"
    assert "PRIVATE" not in (tmp_path / "lan" / "door.json").read_text()
    found.greet()
    said = capsys.readouterr().err
    assert f"http://10.9.8.7:{port}/" in said
    assert found.door.papers.fingerprint in said
    assert "█" in said


def test_a_start_where_it_cannot_be_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(root=tmp_path).prepare()
    monkeypatch.setattr(porter, "own_addresses", list)
    with pytest.raises(CannotStart, match="没有办公室网络的地址"):
        arrange(home=home, environ={}, host="127.0.0.1", port=free_port())
    monkeypatch.setattr(porter, "own_addresses", lambda: ["10.9.8.7"])
    with pytest.raises(CannotStart, match="FALIN_HTTPS"):
        arrange(home=home, environ={"FALIN_HTTPS": "1"}, host="127.0.0.1", port=free_port())
    port = free_port()
    with (
        socket.create_server(("127.0.0.1", port + arranging.TLS_BESIDE)),
        pytest.raises(CannotStart, match="已被别的程序占用"),
    ):
        arrange(home=home, environ={}, host="127.0.0.1", port=port)
