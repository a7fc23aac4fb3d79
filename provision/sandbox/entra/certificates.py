"""Certificates as credentials of an app: an assertion that it signed itself (certificate-credentials.md).

The certificate is one of the app's keyCredentials, found by the thumbprint in the assertion's header. Nobody's chain is
followed, and as with Entra a certificate of one's own making is as good as another's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.world import moment

if TYPE_CHECKING:
    from provision.sandbox.entra.apps import App
    from provision.sandbox.world import World


class Long(JWSRegistry):
    """MSAL sends the whole certificate in the header: that is longer than the library's limit."""

    max_header_length = 65536


_NO_KEY = "The key was not found., Thumbprint of key used by client: '{}'"
_WRONG = "The provided signature value did not match the expected signature value."


def check(world: World, app: App, token: str, head: dict[str, Any], claims: dict[str, Any]) -> None:
    """Raises Refused unless the app itself signed it, for this login server, with a certificate of its own."""
    if claims["iss"] != claims["sub"]:
        raise Refused(50048)
    thumbprint = str(head.get("x5t#S256") or head.get("x5t") or "")
    credential, certificate = _find(app, thumbprint)
    if moment(credential["endDateTime"]) <= world.now():
        raise Refused(700027, reason="The key used is expired.")
    public = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        jwt.decode(
            token, RSAKey.import_key(public), registry=Long(algorithms=["PS256", "RS256"], strict_check_header=False)
        )
    except (JoseError, ValueError):
        raise Refused(700027, reason=_WRONG) from None
    if not _for_us(world, str(claims.get("aud", ""))):
        raise Refused(50027, reason="Unexpected audience.")


def _find(app: App, thumbprint: str) -> tuple[dict[str, Any], x509.Certificate]:
    for credential in app["keyCredentials"]:
        try:
            raw = base64.b64decode(credential.get("key") or "", validate=True)
            certificate = (
                x509.load_pem_x509_certificate(raw) if raw[:5] == b"-----" else x509.load_der_x509_certificate(raw)
            )
        except (binascii.Error, ValueError):
            continue
        der = certificate.public_bytes(Encoding.DER)
        if thumbprint.rstrip("=") in {_url(hashlib.sha1(der).digest()), _url(hashlib.sha256(der).digest())}:  # noqa: S324
            return credential, certificate
    raise Refused(700027, reason=_NO_KEY.format(thumbprint))


def _for_us(world: World, audience: str) -> bool:
    """A token endpoint or the issuer of this tenant, on whichever name this server has."""
    names = (world.tenant_id, world.data["tenant"]["domain"], "contoso.com", "common", "organizations")
    return any(f"/{name}/oauth2/" in audience or audience.endswith(f"/{name}/v2.0") for name in names)


def _url(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
