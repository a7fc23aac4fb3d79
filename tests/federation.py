"""An issuer of ID tokens as a CI platform has one: its keys, and tokens signed with them."""

from __future__ import annotations

import time

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

AUDIENCE = "api://AzureADTokenExchange"


class Issuer:
    """Signs for one platform; `trusted_by` makes the sandbox's operator app take its tokens."""

    def __init__(self, address):
        self.address = address
        self.key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)

    def token(self, subject, *, audience=AUDIENCE, issuer=None, since=0, lasts=300):
        now = int(time.time()) + since
        claims = {"iss": issuer or self.address, "sub": subject, "aud": audience, "nbf": now, "exp": now + lasts}
        return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": self.key.kid}, claims, self.key)

    def trusted_by(self, info, subject):
        body = {"client_id": info["operator"]["client_id"], "issuer": self.address, "subject": subject}
        body |= {"audiences": [AUDIENCE], "jwks": {"keys": [self.key.as_dict(private=False)]}}
        url = f"{info['control']}/federated"
        answer = httpx.post(url, json=body, headers={"X-Sandbox-Control": "1"}, trust_env=False)
        assert answer.status_code == 204
