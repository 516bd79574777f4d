"""TLS for a server on the local network: a small authority of our own that signs for this machine's addresses.

Headsets and phones give gyro and WebXR only to a secure context, and no public authority signs for 192.168.0.7.
The authority is made once and kept, so that a viewer who trusts it trusts every later start. It may sign for
private addresses and this host's name only (RFC 5280, section 4.2.1.10).
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

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
    """
    now = now or datetime.now(UTC)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, authority_key = _authority(folder, names, now)
    wanted = [x509.IPAddress(ip_address(each)) for each in sorted(set(addresses)) if _is_private(each)]
    subjects: list[x509.GeneralName] = [*wanted, *(x509.DNSName(each) for each in names)]
    chain, key = folder / "server.pem", folder / "server.key"
    if not (key.is_file() and _still_good(chain, authority, subjects, now)):
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
        certificate = x509.load_pem_x509_certificate(kept.read_bytes())
        key = serialization.load_pem_private_key(kept_key.read_bytes(), None)
        if isinstance(key, ec.EllipticCurvePrivateKey) and certificate.not_valid_after_utc > now + timedelta(days=SERVER_DAYS):
            return certificate, key
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _authority_certificate(key, names, now)
    _write_private(kept_key, _key_bytes(key))
    kept.write_bytes(_pem(certificate))
    return certificate, key


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


def _still_good(chain: Path, authority: x509.Certificate, subjects: list[x509.GeneralName], now: datetime) -> bool:
    if not chain.is_file():
        return False
    certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    covered = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001  (whatever is wrong with it, a new one is made)
        return False
    return certificate.not_valid_after_utc > now + timedelta(days=RENEW_DAYS) and set(subjects) <= set(covered)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
