"""Entra's error codes with their `error`, HTTP status and text (facts/graph.md 4.4). Texts beyond 7000215 are
paraphrased: the documents give the meaning, not the wording."""

from __future__ import annotations

_CHECK = (
    "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. "
    "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
)
_NO_MATCH = "No matching federated identity record found for presented assertion"
_MESSAGES = {
    50027: ("invalid_request", 400, "JWT token is invalid or malformed."),
    70025: ("invalid_client", 401, "The client '{app}'({name}) has no configured federated identity credentials."),
    700024: (
        "invalid_client",
        401,
        (
            "Client assertion is not within its valid time range. Current time: {now}, assertion valid from {start}, "
            "expiry time of assertion {end}."
        ),
    ),
    700027: ("invalid_client", 401, "Client assertion failed signature validation."),
    700211: ("invalid_client", 401, f"{_NO_MATCH} issuer '{{issuer}}'. {_CHECK}"),
    700212: ("invalid_client", 401, f"{_NO_MATCH} audience '{{audience}}'. {_CHECK}"),
    700213: ("invalid_client", 401, f"{_NO_MATCH} subject '{{subject}}'. {_CHECK}"),
    7002138: (
        "invalid_client",
        401,
        (
            f"{_NO_MATCH} subject '{{subject}}'. The subject matches with case-insensitive comparison, but not with "
            f"case-sensitive comparison. {_CHECK}"
        ),
    ),
    7000215: (
        "invalid_client",
        401,
        (
            "Invalid client secret provided. Ensure the secret being sent in the request is the "
            "client secret value, not the client secret ID, for a secret added to app '{app}'."
        ),
    ),
    7000222: ("invalid_client", 401, "The provided client secret keys for app '{app}' are expired."),
    7000218: (
        "invalid_client",
        401,
        ("The request body must contain the following parameter: 'client_assertion' or 'client_secret'."),
    ),
    700016: ("unauthorized_client", 400, "Application with identifier '{app}' was not found in the directory."),
    7000229: ("unauthorized_client", 400, "The client application {app} is missing service principal in the tenant."),
    7000112: ("unauthorized_client", 400, "Application '{app}' is disabled."),
    90002: ("invalid_request", 400, "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."),
    90014: ("invalid_request", 400, "The required field '{field}' is missing from the request."),
    70003: ("unsupported_grant_type", 400, "The app requested an unsupported grant type '{grant}'."),
    70011: ("invalid_scope", 400, "The provided value for the input parameter 'scope' is not valid."),
    50011: (
        "invalid_request",
        400,
        (
            "The redirect URI specified in the request does not match the redirect URIs "
            "configured for the application '{app}'."
        ),
    ),
    50126: ("invalid_grant", 400, "Error validating credentials due to invalid username or password."),
    54005: ("invalid_grant", 400, "OAuth2 Authorization code was already redeemed."),
    70008: ("invalid_grant", 400, "The provided authorization code or refresh token has expired or is invalid."),
    501481: ("invalid_grant", 400, "The Code_Verifier does not match the code_challenge supplied in the request."),
    65001: ("invalid_grant", 400, "The user or administrator has not consented to use the application '{app}'."),
    65004: ("access_denied", 400, "User declined to consent to access the app."),
    700022: (
        "invalid_request",
        400,
        ("The provided value for the input parameter scope is not valid because it contains more than one resource."),
    ),
}


class Refused(Exception):  # noqa: N818 - an answer, not a failure of ours
    def __init__(self, code: int, **values: str) -> None:
        super().__init__(code)
        error, status, text = _MESSAGES[code]
        self.code, self.error, self.status = code, error, status
        self.text = f"AADSTS{code}: {text.format(**values)}"
