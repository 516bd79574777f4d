import asyncio
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vrlive.api.certificates import Certificate, own_certificate

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
