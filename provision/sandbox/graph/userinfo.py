"""OpenID Connect's UserInfo endpoint, which Microsoft Graph hosts (entra-docs, userinfo.md).

Assumed: that a token without `openid`, or an app's own, is refused as one that lacks a permission.
"""

from __future__ import annotations

from provision.sandbox.graph import routing, users
from provision.sandbox.graph.call import Answer, Call, Refused, denied

PATH = "/oidc/userinfo"
_NAMES = {"name": "displayName", "family_name": "surname", "given_name": "givenName"}


def told(call: Call) -> Answer:
    """What the token's person is called, as far as its `profile` and `email` go and the tenant knows it."""
    if call.method not in {"GET", "POST"}:
        raise Refused(405, "Request_BadRequest", routing.NOT_ALLOWED)
    held = call.caller.permissions
    if not call.caller.delegated or "openid" not in held:
        raise denied()
    user = users.signed_in(call)
    claims = {"sub": call.caller.subject}
    if "profile" in held:
        claims |= {claim: user[name] for claim, name in _NAMES.items() if user.get(name)}
        claims["picture"] = f"{call.base}/me/photo/$value"
    if "email" in held and user.get("mail"):
        claims["email"] = user["mail"]
    return Answer(200, claims, {"Content-Type": "application/json; charset=utf-8"})
