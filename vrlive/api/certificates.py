"""TLS for a server on the local network: a small authority of our own that signs for this machine's addresses.

Headsets and phones give gyro and WebXR only to a secure context, and no public authority signs for 192.168.0.7.
The authority is made once and kept, so that a viewer who trusts it trusts every later start. It may sign for
private addresses and this host's name only (RFC 5280, section 4.2.1.10).
"""

import fcntl
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vrlive.errors import ServeError

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397  # browsers refuse longer (CA/Browser Forum baseline requirements, 6.3.2)
RENEW_DAYS = 30
PRIVATE = (  # never routed on the internet (RFC 6890); 100.64.0.0/10 is what meshes such as Tailscale hand out, 192.0.2.0/24 what labs do
    *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "192.0.2.0/24"),
    *("::1/128", "fc00::/7", "fe80::/10"),
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files of a certificate chain and its key, and of the authority to trust when it is our own."""

    chain: Path
    key: Path
    authority: Path | None = None


def given_certificate(chain: Path, key: Path) -> Certificate:
    """The certificate in two PEM files that somebody gave, tried out.

    Raises
    ------
    ServeError
        If a file cannot be read, is no certificate or key, the key is another's or is locked with a passphrase.
    """

    def no_passphrase() -> str:
        raise ServeError(f"--tls: {key} is locked with a passphrase, which nobody can type while a show starts; give a key without one")

    for path in (chain, key):
        try:
            path.open("rb").close()
        except OSError as fault:
            raise ServeError(f"--tls: {path} cannot be read: {fault.strerror}; give “auto”, or two PEM files as CERT,KEY") from fault
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, no_passphrase)
    except ssl.SSLError as fault:
        foreign = fault.reason == "KEY_VALUES_MISMATCH"
        problem = f"{key} is the key of another certificate" if foreign else f"{chain} and {key} are no certificate and key in PEM form"
        raise ServeError(f"--tls: {problem}; give “auto”, or two PEM files as CERT,KEY") from fault
    return Certificate(chain, key)


def own_certificate(folder: Path, addresses: list[str], names: list[str], now: datetime | None = None) -> Certificate:
    """Make or renew a certificate for this machine, signed by the authority kept in `folder`.

    Parameters
    ----------
    folder
        Where authority and certificate are kept; made with access for the user only.
    addresses, names
        IP addresses and host names that viewers type. Public addresses are left out: the authority may not sign for them.
    now
        Instant to judge validity by; the current time when not given.

    Raises
    ------
    ServeError
        If the folder cannot be made or written, or the authority in it is damaged.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _one_start_at_a_time(folder):
            return _kept_or_new(folder, addresses, names, now or datetime.now(UTC))
    except OSError as fault:
        raise ServeError(f"--tls auto: certificates cannot be kept in {folder}: {fault.strerror}") from fault


@contextmanager
def _one_start_at_a_time(folder: Path) -> Iterator[None]:
    """Two starts at once must not pair one's key with the other's certificate."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _kept_or_new(folder: Path, addresses: list[str], names: list[str], now: datetime) -> Certificate:
    authority, authority_key = _authority(folder, names, now)
    wanted = [x509.IPAddress(ip_address(each)) for each in sorted(set(addresses)) if _is_private(each)]
    subjects: list[x509.GeneralName] = [*wanted, *(x509.DNSName(each) for each in names)]
    chain, key = folder / "server.pem", folder / "server.key"
    if not _still_good(chain, key, authority, subjects, now):
        server_key = ec.generate_private_key(ec.SECP256R1())
        signed = _server_certificate(server_key.public_key(), subjects, authority, authority_key, now)
        _write_private(key, _key_bytes(server_key))
        chain.write_bytes(_pem(signed) + _pem(authority))
    return Certificate(chain, key, folder / "authority.pem")


def _is_private(address: str) -> bool:
    parsed = ip_address(address)
    return any(parsed.version == net.version and parsed in net for net in map(ip_network, PRIVATE))


def _authority(folder: Path, names: list[str], now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    kept, kept_key = folder / "authority.pem", folder / "authority.key"
    if kept.is_file() and kept_key.is_file():
        certificate, key = _kept_authority(kept, kept_key)
        if certificate.not_valid_after_utc > now + timedelta(days=SERVER_DAYS):
            return certificate, key
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _authority_certificate(key, names, now)
    _write_private(kept_key, _key_bytes(key))
    kept.write_bytes(_pem(certificate))
    return certificate, key


def _kept_authority(kept: Path, kept_key: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The authority of earlier starts. A damaged one is not replaced behind the user's back: viewers trust it."""
    try:
        certificate = x509.load_pem_x509_certificate(kept.read_bytes())
        key = serialization.load_pem_private_key(kept_key.read_bytes(), None)
        if isinstance(key, ec.EllipticCurvePrivateKey) and key.public_key() == certificate.public_key():
            return certificate, key
    except (ValueError, TypeError, UnsupportedAlgorithm):
        pass
    raise ServeError(
        f"--tls auto: {kept} and {kept_key.name} are damaged or do not belong together; put a copy back, or delete both: "
        "then a new authority is made, which headsets and phones must learn to trust"
    )


def _authority_certificate(key: ec.EllipticCurvePrivateKey, names: list[str], now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"vrlive on {names[0] if names else 'this machine'}")])
    permitted: list[x509.GeneralName] = [x509.IPAddress(ip_network(each)) for each in PRIVATE]
    permitted += [x509.DNSName(each) for each in {*names, "localhost", "local"}]
    return (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server_certificate(
    key: ec.EllipticCurvePublicKey,
    subjects: list[x509.GeneralName],
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vrlive")])
    return (
        x509.CertificateBuilder(authority.subject, subject, key, x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=SERVER_DAYS))
        .add_extension(x509.SubjectAlternativeName(subjects), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _still_good(chain: Path, key: Path, authority: x509.Certificate, subjects: list[x509.GeneralName], now: datetime) -> bool:
    if not (chain.is_file() and key.is_file()):
        return False
    try:
        certificate = x509.load_pem_x509_certificate(chain.read_bytes())
        covered = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        certificate.verify_directly_issued_by(authority)
        own_key = serialization.load_pem_private_key(key.read_bytes(), None).public_key() == certificate.public_key()
    except Exception:  # noqa: BLE001  (whatever is wrong with it, a new one is made)
        return False
    return own_key and certificate.not_valid_after_utc > now + timedelta(days=RENEW_DAYS) and set(subjects) <= set(covered)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
