"""Access and id tokens, as Entra signs them: RS256, `kid`, v1 claims for Graph. The key dies with the process."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from provision.sandbox import clouds
from provision.sandbox.world import GRAPH_APP_ID, new_id

if TYPE_CHECKING:
    from provision.sandbox.world import World

LIFETIME = 3599
MALFORMED = (
    "IDX14100: JWT is not well formed, there are no dots (.).\nThe token needs to be in JWS or JWE Compact "
    "Serialization Format. (JWS): 'EncodedHeader.EncodedPayload.EncodedSignature'. (JWE): "
    "'EncodedProtectedHeader.EncodedEncryptedKey.EncodedInitializationVector.EncodedCiphertext."
    "EncodedAuthenticationTag'."
)


class Tokens:
    """Mints and checks tokens of this tenant."""

    def __init__(self, world: World) -> None:
        self.world = world

    @cached_property
    def key(self) -> RSAKey:
        """Made when it is first needed: that takes longer than all else at the start."""
        return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, private=True, auto_kid=True)

    def keys(self) -> dict[str, Any]:
        """The JWKS document."""
        return {"keys": [self.key.as_dict(private=False)]}

    def mint(self, audience: str, issuer: str, **claims: Any) -> str:
        now = int(time.time())
        ends = now + int(self.world.data["weather"].get("token_lifetime", LIFETIME))
        body = {"aud": audience, "iss": issuer, "iat": now, "nbf": now, "exp": ends, "uti": new_id()}
        body |= {"tid": self.world.tenant_id, **claims}
        header = {"alg": "RS256", "typ": "JWT", "kid": self.key.kid}
        return jwt.encode(header, body, self.key)

    def claims(self, token: str) -> dict[str, Any] | None:
        """What a token says; None when it is none of ours or has expired. Its audience is the asker's business."""
        claims = self._signed(token)
        return None if claims is None or claims.get("exp", 0) <= time.time() else claims

    def for_graph(self, authorization: str, host: str) -> tuple[dict[str, Any], str]:
        """The claims of a bearer token for Graph, and "" or what is wrong with it, in the words that Graph has."""
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or "." not in token:
            return {}, MALFORMED
        claims = self._signed(token)
        if claims is None:
            return {}, "Access token validation failure."
        audience = str(claims.get("aud", ""))
        here = clouds.at_graph(self.world, host)
        if here != clouds.home(self.world) or audience.rstrip("/") not in {f"https://{here.graph}", GRAPH_APP_ID}:
            return {}, "Access token validation failure. Invalid audience."
        if claims.get("exp", 0) <= time.time():
            return {}, "Lifetime validation failed, the token is expired."
        return claims, ""

    def _signed(self, token: str) -> dict[str, Any] | None:
        try:
            return jwt.decode(token, self.key, algorithms=["RS256"]).claims
        except (JoseError, ValueError, RecursionError):
            return None
