"""Access and id tokens, as Entra signs them: RS256, `kid`, v1 claims for Graph. The key dies with the process."""

from __future__ import annotations

import time
from functools import cached_property
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
        try:
            claims = jwt.decode(token, self.key, algorithms=["RS256"]).claims
        except (JoseError, ValueError, RecursionError):
            return None
        return None if claims.get("exp", 0) <= time.time() else claims

    def for_graph(self, authorization: str) -> dict[str, Any] | None:
        """The claims of a bearer token for Graph; None when it is none of ours."""
        kind, _, token = authorization.partition(" ")
        claims = self.claims(token) if kind.lower() == "bearer" else None
        audience = str((claims or {}).get("aud", ""))
        if claims is None or ("graph" not in audience and audience != GRAPH_APP_ID):
            return None
        return claims
