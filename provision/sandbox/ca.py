"""The sandbox's own CA: a certificate for its names, and nothing that could be used against anybody else.

Whoever trusts it trusts a stranger's machine with little: name constraints, critical, allow it the emulated hosts,
localhost and loopback addresses alone (RFC 5280 section 4.2.1.10), only to serve TLS, and for 30 days. Its key exists
in memory alone, and dies with the process. It is made anew at each start, and FOLDER/ca.pem is removed at the end.
"""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterable

LIFETIME = timedelta(days=30)
OWNER = "provision sandbox, not Microsoft's"
NETWORKS = ("127.0.0.0/8", "::1/128")
ADDRESSES = ("127.0.0.1", "::1")
_TLS_SERVER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


class Authority:
    """May issue for `hosts`, localhost and loopback addresses."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self._hosts = ["localhost", *hosts]
        self._key = ec.generate_private_key(ec.SECP256R1())
        permitted: list[x509.GeneralName] = [x509.DNSName(host) for host in self._hosts]
        permitted += [x509.IPAddress(ipaddress.ip_network(network)) for network in NETWORKS]
        self._certificate = (
            _builder("CA", self._key.public_key(), _name("CA"))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.NameConstraints(permitted, excluded_subtrees=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.pem = self._certificate.public_bytes(Encoding.PEM).decode()

    def issue(self, *hosts: str) -> trustme.LeafCert:
        """A certificate for these host names and, always, for loopback addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ADDRESSES]
        issuer = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        made = (
            _builder("server", key.public_key(), self._certificate.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return trustme.LeafCert(private, made.public_bytes(Encoding.PEM), [])

    def serving(self) -> ssl.SSLContext:
        """For the servers of all its hosts."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.issue(*self._hosts).configure_cert(context)
        return context

    def trusting(self) -> ssl.SSLContext:
        """For a client that trusts this CA and no other."""
        return ssl.create_default_context(cadata=self.pem)


def _name(role: str) -> x509.Name:
    named = {NameOID.ORGANIZATION_NAME: OWNER, NameOID.ORGANIZATIONAL_UNIT_NAME: role}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in named.items()])


def _builder(role: str, key: ec.EllipticCurvePublicKey, issuer: x509.Name) -> x509.CertificateBuilder:
    since = datetime.now(UTC) - timedelta(minutes=5)  # clients' clocks may lag behind
    return (
        x509.CertificateBuilder()
        .subject_name(_name(role))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + LIFETIME)
        .add_extension(_TLS_SERVER, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
