"""A certificate of one's own making, as `openssl req -x509` makes one, and what an app signs with its key."""

from __future__ import annotations

import base64
import hashlib
import uuid
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import RSAKey


class Certificate:
    def __init__(self):
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "An app")]), datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        made = made.not_valid_after(now + timedelta(days=730)).sign(private, hashes.SHA256())
        self.der, self.certificate_pem = made.public_bytes(Encoding.DER), made.public_bytes(Encoding.PEM)
        self.key_pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.key = RSAKey.import_key(self.key_pem)
        self.sha1 = hashlib.sha1(self.der).hexdigest()  # noqa: S324 - a thumbprint

    @property
    def pem(self):
        return self.key_pem + self.certificate_pem

    def credential(self, **changes):
        """As a keyCredential of Graph."""
        usual = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.b64encode(self.der).decode()}
        return {**usual, "displayName": "CN=An app", **changes}

    def assertion(self, client_id, audience, *, key=None, since=0, **claims):
        """Valid for ten minutes from `since` seconds after now."""
        now = int(datetime.now(UTC).timestamp()) + since
        usual = {
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": str(uuid.uuid4()),
            "nbf": now,
            "exp": now + 600,
        }
        thumbprint = base64.urlsafe_b64encode(hashlib.sha256(self.der).digest()).decode().rstrip("=")
        head = {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}
        return jwt.encode(head, {**usual, **claims}, key or self.key, algorithms=["PS256"])
