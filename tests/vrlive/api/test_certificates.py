import asyncio
import ssl
import stat
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from vrlive.api.certificates import Certificate, given_certificate, own_certificate
from vrlive.errors import ServeError

ADDRESSES = ["192.168.0.7", "100.64.1.2", "127.0.0.1"]
NAMES = ["studio", "localhost"]


def handshake(certificate: Certificate, name: str) -> None:
    """Let OpenSSL, as a client that trusts only our authority, check the chain against `name`."""
    assert certificate.authority is not None
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate.chain, certificate.key)
    client = ssl.create_default_context(cafile=str(certificate.authority))

    async def connect() -> None:
        listening = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=server)
        port = listening.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=name)
        writer.close()
        listening.close()

    asyncio.run(connect())


def test_openssl_accepts_the_chain_for_the_lan_address_and_the_name(tmp_path: Path) -> None:
    certificate = own_certificate(tmp_path, ADDRESSES, NAMES)
    for name in (*ADDRESSES, *NAMES):
        handshake(certificate, name)


def test_the_authority_is_kept_and_the_certificate_follows_the_addresses(tmp_path: Path) -> None:
    first = own_certificate(tmp_path, ADDRESSES, NAMES)
    authority, chain = (tmp_path / "authority.pem").read_bytes(), first.chain.read_bytes()
    assert own_certificate(tmp_path, ADDRESSES, NAMES).chain.read_bytes() == chain
    moved = own_certificate(tmp_path, ["10.1.2.3"], NAMES)
    assert moved.chain.read_bytes() != chain
    assert (tmp_path / "authority.pem").read_bytes() == authority
    handshake(moved, "10.1.2.3")


def test_a_certificate_near_its_end_is_renewed(tmp_path: Path) -> None:
    chain = own_certificate(tmp_path, ADDRESSES, NAMES).chain.read_bytes()
    later = datetime.now(UTC) + timedelta(days=380)
    assert own_certificate(tmp_path, ADDRESSES, NAMES, now=later).chain.read_bytes() != chain


def test_keys_are_for_the_user_only(tmp_path: Path) -> None:
    own_certificate(tmp_path / "tls", ADDRESSES, NAMES)
    for key in ("server.key", "authority.key"):
        assert stat.S_IMODE((tmp_path / "tls" / key).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700


def test_public_addresses_are_never_signed_for(tmp_path: Path) -> None:
    certificate = own_certificate(tmp_path, ["8.8.8.8", "192.168.0.7"], NAMES)
    assert b"8.8.8.8" not in certificate.chain.read_bytes()
    handshake(certificate, "192.168.0.7")


def test_a_damaged_certificate_and_a_foreign_key_are_replaced(tmp_path: Path) -> None:
    chain, key = (own_certificate(tmp_path, ADDRESSES, NAMES).chain, tmp_path / "server.key")
    chain.write_bytes(b"x")
    handshake(own_certificate(tmp_path, ADDRESSES, NAMES), "studio")
    key.write_bytes(own_certificate(tmp_path / "other", ADDRESSES, NAMES).key.read_bytes())
    handshake(own_certificate(tmp_path, ADDRESSES, NAMES), "studio")


@pytest.mark.parametrize("damaged", ["authority.pem", "authority.key"])
def test_a_damaged_authority_is_named_and_kept(tmp_path: Path, damaged: str) -> None:
    own_certificate(tmp_path, ADDRESSES, NAMES)
    (tmp_path / damaged).write_bytes(b"x")
    with pytest.raises(ServeError, match=r"authority\.pem and authority\.key are damaged.*delete both"):
        own_certificate(tmp_path, ADDRESSES, NAMES)
    assert (tmp_path / damaged).read_bytes() == b"x"


def test_the_authority_of_one_start_and_the_key_of_another_are_refused(tmp_path: Path) -> None:
    own_certificate(tmp_path, ADDRESSES, NAMES)
    own_certificate(tmp_path / "other", ADDRESSES, NAMES)
    (tmp_path / "other" / "authority.key").replace(tmp_path / "authority.key")
    with pytest.raises(ServeError, match="do not belong together"):
        own_certificate(tmp_path, ADDRESSES, NAMES)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServeError, match="file/tls: Not a directory"):
        own_certificate(tmp_path / "file" / "tls", ADDRESSES, NAMES)


def test_first_starts_at_once_share_an_authority_and_a_certificate(tmp_path: Path) -> None:
    starts = [get_context("spawn").Process(target=own_certificate, args=(tmp_path, [f"10.0.0.{n}"], NAMES)) for n in range(3)]
    for start in starts:
        start.start()
    for start in starts:
        start.join(60)
    assert [start.exitcode for start in starts] == [0, 0, 0]
    handshake(Certificate(tmp_path / "server.pem", tmp_path / "server.key", tmp_path / "authority.pem"), "studio")


def test_a_certificate_that_was_given_serves(tmp_path: Path) -> None:
    own = own_certificate(tmp_path, ADDRESSES, NAMES)
    given = given_certificate(own.chain, own.key)
    assert given.authority is None
    handshake(Certificate(given.chain, given.key, own.authority), "studio")


def test_files_that_are_no_certificate_and_its_key_are_refused(tmp_path: Path) -> None:
    own, other = (own_certificate(tmp_path / each, ADDRESSES, NAMES) for each in ("own", "other"))
    text = tmp_path / "text"
    text.write_text("root:x:0:0")
    for chain, key, complaint in [
        (text, text, "no certificate and key in PEM form"),
        (own.chain, text, "no certificate and key in PEM form"),
        (own.key, own.chain, "no certificate and key in PEM form"),
        (own.chain, other.key, "is the key of another certificate"),
        (tmp_path / "none", own.key, "none cannot be read: No such file"),
        (own.chain, tmp_path, "cannot be read: Is a directory"),
    ]:
        with pytest.raises(ServeError, match=complaint):
            given_certificate(chain, key)


def test_a_key_with_a_passphrase_is_refused_without_asking_for_it(tmp_path: Path) -> None:
    own = own_certificate(tmp_path, ADDRESSES, NAMES)
    key = serialization.load_pem_private_key(own.key.read_bytes(), None)
    locked = serialization.BestAvailableEncryption(b"secret")
    own.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked))
    with pytest.raises(ServeError, match="locked with a passphrase"):
        given_certificate(own.chain, own.key)
