"""Access and id tokens, as Entra signs them: RS256, `kid`, v1 claims for Graph. The key dies with the process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from provision.sandbox.world import GRAPH_APP_ID, new_id

if TYPE_CHECKING:
    from provision.sandbox.world import World

LIFETIME = 3599


class Tokens:
    """Mints and checks tokens of this tenant."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, private=True, auto_kid=True)

    def keys(self) -> dict[str, Any]:
        """The JWKS document."""
        return {"keys": [self.key.as_dict(private=False)]}

    def mint(self, audience: str, issuer: str, **claims: Any) -> str:
        now = int(time.time())
        body = {"aud": audience, "iss": issuer, "iat": now, "nbf": now, "exp": now + LIFETIME, "uti": new_id()}
        body |= {"tid": self.world.tenant_id, **claims}
        header = {"alg": "RS256", "typ": "JWT", "kid": self.key.kid}
        return jwt.encode(header, body, self.key)

    def claims(self, authorization: str) -> dict[str, Any] | None:
        """The claims of a bearer token for Graph; None when it is none of ours."""
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or not token:
            return None
        try:
            claims = jwt.decode(token, self.key, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return None
        audience = str(claims.get("aud", ""))
        if claims.get("exp", 0) < time.time() or ("graph" not in audience and audience != GRAPH_APP_ID):
            return None
        return claims
