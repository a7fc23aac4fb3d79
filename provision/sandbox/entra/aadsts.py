"""Entra's error codes: `error`, HTTP status and text of each, and the answer that carries one.

Number, meaning and text are those of reference-error-codes.md, texts shortened, or of answers that were seen
(facts/graph.md 4.4). `error` and status are documented for few numbers: where neither a page nor an answer gives them
they are assumed, see docs/explanation/sandbox.md.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request

    from provision.sandbox.world import World

_CHECK = (
    "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. "
    "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
)
_NO_MATCH = "No matching federated identity record found for presented assertion"
_TABLE: dict[str, dict[int, str]] = {
    "invalid_request 400": {
        50011: "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the "
        "application '{app}'.",
        50027: "JWT token is invalid or malformed. {reason}",
        50059: "No tenant-identifying information found in either the request or implied by any provided credentials.",
        50147: "The code_challenge parameter is missing, or its size is not valid.",
        50194: "Application '{app}'({name}) is not configured as a multi-tenant application. Usage of the /common "
        "endpoint is not supported for such applications. Use a tenant-specific endpoint or configure the application "
        "to be multi-tenant.",
        50196: "The server terminated an operation because it encountered a client request loop. Check that tokens are "
        "cached, and that error conditions are handled.",
        70007: "'{mode}' is not a supported value of 'response_mode' when requesting a token.",
        90002: "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into "
        "the correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant.",
        90014: "The required field '{field}' is missing from the credential. Ensure that you have all the necessary "
        "parameters for the login request.",
        90023: "Unsupported '{name}' value.",
        90038: "The specified tenant '{tenant}' belongs to the national cloud '{cloud}'. Current cloud instance "
        "'{here}' does not federate with {cloud}.",
        90119: "The user code is null or empty.",
        90120: "The request was already authorized or declined.",
        900023: "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.",
        900144: "The request body must contain the following parameter: '{field}'.",
        900432: "Confidential Client is not supported in Cross Cloud request.",
        900561: "The endpoint only accepts {verbs} requests. Received a {verb} request.",
        900971: "No reply address provided.",
        501491: "Invalid size of Code_Challenge parameter.",
        700022: "The provided value for the input parameter 'scope' is not valid because it contains more than one "
        "resource.",
        9001023: "The grant type is not supported over the /common or /consumers endpoints. Please use the "
        "/organizations or tenant-specific endpoint.",
        9002313: "Invalid request. Request is malformed or invalid.",
        9002325: "Proof Key for Code Exchange is required for cross-origin authorization code redemption.",
        9002326: "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type.",
        9002327: "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin "
        "requests.",
        9002332: "Application '{app}'({name}) is configured for use by Microsoft Entra users only. Please do not "
        "use the "
        "/consumers endpoint to serve this request.",
    },
    "invalid_grant 400": {
        50013: "Assertion failed validation: it is not a token for this client, is malformed, or has expired.",
        50020: "User account '{user}' from identity provider '{idp}' does not exist in tenant '{tenant}' and cannot "
        "access the application '{app}'({name}) in that tenant.",
        50034: "The user account {user} does not exist in the {tenant} directory. To sign into this application, the "
        "account must be added to the directory.",
        50057: "The user account is disabled.",
        50074: "Strong authentication is required and the user did not pass the MFA challenge.",
        50105: "The signed in user '{user}' is not assigned to a role for the application '{app}'({name}).",
        50126: "Error validating credentials due to invalid username or password.",
        50173: "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might "
        "have changed or reset their password. The grant was issued on '{issued}'.",
        54005: "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing "
        "refresh token.",
        65001: "The user or administrator has not consented to use the application with ID '{app}' named "
        "'{name}'. Send "
        "an interactive authorization request for this user and resource.",
        65002: "Consent between first party application '{app}' and first party resource '{resource}' must be "
        "configured via preauthorization.",
        70000: "The provided value for the input parameter '{field}' is not valid.",
        70008: "The provided authorization code or refresh token has expired. Send a new interactive authorization "
        "request for this user and resource.",
        501481: "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        700082: "The refresh token has expired due to inactivity. The token was issued on {issued} and was "
        "inactive for "
        "90.00:00:00.",
        700084: "The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited "
        "lifetime of "
        "1.00:00:00, which cannot be extended. It is now expired. The token was issued on {issued}.",
    },
    "interaction_required 400": {
        50076: "Due to a configuration change made by your administrator, or because you moved to a new location, you "
        "must use multi-factor authentication to access '{resource}'.",
        50079: "Due to a configuration change made by your administrator, or because you moved to a new location, you "
        "must enroll in multifactor authentication to access '{resource}'.",
        53000: "Device is not in required device state: compliant. Conditional Access policy requires a compliant "
        "device.",
        53003: "Access has been blocked by Conditional Access policies. The access policy does not allow token "
        "issuance.",
        530003: "Your device is required to be managed to access this resource.",
        530032: "The tenant admin has configured a security policy that blocks this request.",
        530035: "Access has been blocked by security defaults.",
    },
    "invalid_client 401": {
        50048: "Subject does not match Issuer claim in the client assertion.",
        70002: "Error validating credentials. The specified client_secret does not match the expected value for this "
        "client.",
        70025: "The client '{app}'({name}) has no configured federated identity credentials.",
        700024: "Client assertion is not within its valid time range. Current time: {now}, assertion valid from "
        "{start}, expiry time of assertion {end}.",
        700025: "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
        700027: "Client assertion failed signature validation. [Reason - {reason}]",
        700211: f"{_NO_MATCH} issuer '{{issuer}}'. {_CHECK}",
        700212: f"{_NO_MATCH} audience '{{audience}}'. {_CHECK}",
        700213: f"{_NO_MATCH} subject '{{subject}}'. {_CHECK}",
        7002138: f"{_NO_MATCH} subject '{{subject}}'. The subject matches with case-insensitive comparison, but "
        f"not with "
        f"case-sensitive comparison. {_CHECK}",
        7000215: "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
        "value, not the client secret ID, for a secret added to app '{app}'.",
        7000218: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        7000222: "The provided client secret keys for app '{app}' are expired. Visit the Azure portal to create new "
        "keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added "
        "security: https://aka.ms/certCreds.",
    },
    "unauthorized_client 400": {
        70001: "The application named {app} is disabled.",
        700011: "Application with identifier {app} was not found in the directory.",
        700016: "Application with identifier '{app}' was not found in the directory '{tenant}'. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You may have sent your authentication request to the wrong tenant.",
        7000112: "Application '{app}'({name}) is disabled.",
        7000229: "The client application {app} is missing service principal in the tenant.",
    },
    "invalid_scope 400": {
        28002: "Provided value for the input parameter scope '{scope}' is not valid when requesting an access token. "
        "Please specify a valid scope.",
        70011: "The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid.",
        1002012: "The provided value for scope {scope} is not valid. Client credential flows must have a scope value "
        "with /.default suffixed to the resource identifier (application ID URI).",
    },
    "invalid_resource 400": {
        65005: "Misconfigured application. The required resource access list names a resource that is not found in the "
        "tenant: {resource}.",
        500011: "The resource principal named {resource} was not found in the tenant named {tenant}. This can "
        "happen if "
        "the application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You might have sent your authentication request to the wrong tenant.",
        650052: "The app needs access to a service ('{resource}') that your organization '{tenant}' has not "
        "subscribed to or enabled. Contact your IT Admin to review the configuration of your service subscriptions.",
        650056: "Misconfigured application. The client has not listed any permissions for '{resource}' in the "
        "requested "
        "permissions in the client's application registration. Client app ID: {app}.",
        650057: "Invalid resource. The client has requested access to a resource which is not listed in the requested "
        "permissions in the client's application registration. Client app ID: {app}({name}). Resource value from "
        "request: {resource}. List of valid resources from app registration: {listed}.",
    },
    "consent_required 400": {
        90094: "'{name}' needs permission to access resources in your organization that only an admin can grant.",
        90095: "Admin consent is required. An approval request can be sent to an admin.",
    },
    "temporarily_unavailable 503": {
        50033: "A transient error has occurred. Please try again.",
        90006: "The service is temporarily unavailable. Please try again.",
        90024: "RequestBudgetExceededError - A transient error has occurred. Please try again.",
        90033: "A transient error has occurred. The Microsoft Online Directory Service is not available.",
    },
    "temporarily_unavailable 429": {90055: "There are too many incoming requests. This tenant is throttled."},
    "access_denied 400": {65004: "User declined to consent to access the app."},
    "login_required 400": {50058: "A silent sign-in request was sent but no user is signed in."},
    "unsupported_response_type 400": {
        70005: "The value '{type}' of 'response_type' is not supported for this application.",
        700054: "response_type 'id_token' is not enabled for the application.",
    },
    "unsupported_grant_type 400": {70003: "The app requested an unsupported grant type '{grant}'."},
    "authorization_pending 400": {
        70016: "OAuth 2.0 device flow error. Authorization is pending. Continue polling."
    },
    "expired_token 400": {
        70019: "Verification code expired.",
        70020: "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
    },
    "bad_verification_code 400": {70018: "Invalid verification code. Authorization is not approved."},
}  # fmt: skip
KNOWN = {code: (*head.split(), text) for head, codes in _TABLE.items() for code, text in codes.items()}
_SUBERRORS = {65001: "consent_required"}
_BY_POLICY = frozenset(_TABLE["interaction_required 400"])
CODES = frozenset(KNOWN)
NO_STORE = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache", "Expires": "-1"}
JSON = {
    "Content-Type": "application/json; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}


class _Values(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


class Refused(Exception):  # noqa: N818 - an answer, not a failure of ours
    """`error` stands in for the table's, where an endpoint has a word of its own for the same cause."""

    def __init__(self, code: int, *, error: str | None = None, **values: str) -> None:
        super().__init__(code)
        self.code, (usual, status, text) = code, KNOWN[code]
        self.error, self.status = error or usual, int(status)
        self.text = f"AADSTS{code}: {text.format_map(_Values(values))}"


def described(world: World, error: Refused, request: Request) -> dict[str, Any]:
    """Its members: those that reference-error-codes.md lists, and suberror and claims where they were seen."""
    trace, at = str(uuid.uuid4()), world.now().strftime("%Y-%m-%d %H:%M:%SZ")
    correlation = request.headers.get("client-request-id") or request.query_params.get("client-request-id")
    correlation = correlation or str(uuid.uuid4())
    text = f"{error.text}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {at}"
    body: dict[str, Any] = {"error": error.error, "error_description": text, "error_codes": [error.code]}
    body |= {"timestamp": at, "trace_id": trace, "correlation_id": correlation}
    body["error_uri"] = f"https://login.microsoftonline.com/error?code={error.code}"
    if error.code in _SUBERRORS:
        body["suberror"] = _SUBERRORS[error.code]
    if error.code in _BY_POLICY:
        wanted = {"polids": {"essential": True, "values": [str(uuid.uuid4())]}}
        body["claims"] = json.dumps({"access_token": wanted})
    return body


def answer(world: World, error: Refused, request: Request) -> Response:
    body = described(world, error, request)
    headers = {"x-ms-request-id": body["trace_id"], **NO_STORE, **JSON}
    if error.status in {429, 503}:
        headers["Retry-After"] = str(world.data["weather"].get("retry_after", 1))
    return JSONResponse(body, error.status, headers)
