"""The fidelity table of the sandbox's login server: each operation and each number of its errors, with the page it
follows, what exercises it, and what is left out.

Witnesses are read, not declared: a file of tests counts for an operation that its text asks for, and a cause of
tests/sandbox/entra counts for its number. A stranger's program counts for an address by the record of its requests, and
for what an address does not tell, such as a grant, by those of its recorded tests whose text asks for it.
"""

from __future__ import annotations

import ast
import functools
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from provision.sandbox.entra import aadsts
from scripts.witnesses import KEPT, clients_of
from tests.sandbox.entra import causes_clients, causes_federated, causes_grants, causes_people
from tests.sandbox.entra.causes import CAUSES
from tests.witnessing import CLIENTS, LOGIN

LOADED = (causes_clients, causes_federated, causes_grants, causes_people)
TESTS = Path(__file__).parents[1] / "tests"
HEAD = """# What the sandbox knows of Entra's login server

{made}

Pages are those of MicrosoftDocs/entra-docs, docs/identity-platform, unless a folder is named. `{{tenant}}` is the
tenant's id, one of its domains, or common, organizations or consumers. What is assumed stands in
[its explanation](../explanation/sandbox.md).

Clients: [strangers' programs](witnesses.md) that were recorded to do it.

| operation | page | tests | clients | left out |
| --- | --- | --- | --- | --- |
"""
NUMBERS = """
## Numbers of errors

A cause is what a test does to be refused so. The weather brings any of them:
`POST /weather {{aadsts: [{{code, times}}]}}` at the control port.

| AADSTS | error | status | causes |
| --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class Operation:
    """`asked`: what a test that exercises it says."""

    name: str
    page: str
    asked: str
    left_out: str = ""


CODE, DEVICE = "v2-oauth2-auth-code-flow.md", "v2-oauth2-device-code.md"
OPERATIONS = (
    Operation(
        "GET /{tenant}/v2.0/.well-known/openid-configuration", "v2-protocols-oidc.md", r"openid-configuration|DOCUMENT"
    ),
    Operation("GET /{tenant}/discovery/v2.0/keys", "access-tokens.md", "jwks_uri", "x5c, rollover"),
    Operation(
        "GET /{tenant}/.well-known/openid-configuration",
        "azure-docs: azuread-dev/v1-protocols-openid-connect-code.md",
        r'"\.well-known|f"\.well-known',
        "v1's authorize, token and userinfo: 404",
    ),
    Operation(
        "GET /{tenant}/discovery/keys",
        "azure-docs: azuread-dev/v1-protocols-openid-connect-code.md",
        '"discovery/keys"',
        "x5c, rollover, the keys of one app",
    ),
    Operation("GET, POST graph.microsoft.com/oidc/userinfo", "userinfo.md", "/oidc/userinfo|def userinfo"),
    Operation("GET /common/discovery/instance", "MSAL's source", "discovery/instance|_get_authority_aliases"),
    Operation("GET /common/userrealm/{user}", "MSAL's source", "userrealm|by_username_password", "federated domains"),
    Operation(
        "national clouds: hosts, issuers, audiences",
        "authentication-national-cloud.md",
        "cloud=cloud",
        "more than one tenant",
    ),
    Operation("authorize: query, fragment, form_post", CODE, "response_mode"),
    Operation("authorize: PKCE, S256 and plain", CODE, "code_challenge|auth_code_flow"),
    Operation("authorize: prompt, login_hint", CODE, "prompt=", "domain_hint"),
    Operation("authorize: code id_token", CODE, "code id_token"),
    Operation(
        "authorize: id_token, id_token token, token", "v2-oauth2-implicit-grant-flow.md", "IMPLICIT|def _implicit"
    ),
    Operation("redirect URIs of web, spa, publicClient", "reply-url.md", r"\bspa\b", "wildcards"),
    Operation(
        "token: authorization_code",
        CODE,
        "authorization_code|auth_code_flow|AuthorizationCode|InteractiveBrowser|redirect_uri=redirect",
    ),
    Operation("token: refresh_token", "refresh-tokens.md", r"\.refresh\(|refresh_token|force_refresh"),
    Operation(
        "token: client_credentials, secret",
        "v2-oauth2-client-creds-grant-flow.md",
        "client_secret|ClientSecret|for_client|--service-principal|client_credentials",
    ),
    Operation("token: client_credentials, certificate", "certificate-credentials.md", r"Certificate\(\)", "chains"),
    Operation(
        "token: client_credentials, federated",
        "workload-id/workload-identity-federation.md",
        "Issuer|trusting",
        "issuers' own keys",
    ),
    Operation("token: device_code", DEVICE, "device_code|device_flow|DeviceCode", "slow_down"),
    Operation("token: password", "v2-oauth-ropc.md", "password_grant|by_username_password|UsernamePassword"),
    Operation("token: jwt-bearer", "v2-oauth2-on-behalf-of-flow.md", "on_behalf_of", "SAML assertions"),
    Operation("token: saml2-bearer", "v2-saml-bearer-assertion.md", "saml2-bearer", "all: 70003"),
    Operation("POST /{tenant}/oauth2/v2.0/devicecode", DEVICE, "oauth2/v2.0/devicecode|device_flow"),
    Operation("GET /{tenant}/oauth2/v2.0/logout", "v2-protocols-oidc.md", "v2.0/logout", "front-channel logout"),
    Operation("GET /{tenant}/v2.0/adminconsent", "v2-admin-consent.md", "v2.0/adminconsent"),
    Operation("GET /{tenant}/adminconsent", "v2-oauth2-client-creds-grant-flow.md", '"adminconsent"'),
    Operation(
        "user consent by policy",
        "identity/enterprise-apps/manage-app-consent-policies.md",
        "permissionGrantPolicies",
        "custom policies, classifications",
    ),
    Operation(
        "Conditional Access: second factor, block, device", "reference-error-codes.md", '"requires"', "everything else"
    ),
    Operation("single sign-on", CODE, "is_signed_in", "keep me signed in"),
)


def page(made: str) -> str:
    rows = [f"| {o.name} | {o.page} | {_witnesses(o)} | {_clients(o)} | {o.left_out} |" for o in OPERATIONS]
    causes = defaultdict(list)
    for cause in CAUSES:
        causes[cause.code].append(cause.provoke.__name__.replace("_", " "))
    numbers = [
        f"| {code} | `{error}` | {status} | {'; '.join(causes[code]) or 'weather alone'} |"
        for code, (error, status, _) in sorted(aadsts.KNOWN.items())
    ]
    return HEAD.format(made=made) + "\n".join(rows) + "\n" + NUMBERS.format() + "\n".join(numbers) + "\n"


def _witnesses(operation: Operation) -> str:
    files = sorted((TESTS / "sandbox" / "entra").glob("test_*.py")) + sorted(
        (TESTS / "sandbox" / "entra").glob("causes_*.py")
    )
    found = [path.stem for path in files if re.search(operation.asked, path.read_text())]
    return ", ".join(found) or "**no witness**"


def _clients(operation: Operation) -> str:
    if operation.name.startswith(("GET ", "POST ")):
        found = clients_of(operation.name)
    else:
        found = [name for name, texts in _deeds().items() if any(re.search(operation.asked, text) for text in texts)]
    return ", ".join(found) or "**no client**"


@functools.cache
def _deeds() -> dict[str, list[str]]:
    """The text of each recorded test of each program."""
    found: dict[str, list[str]] = {}
    for name, seen in json.loads(KEPT.read_text()).items():
        if LOGIN not in CLIENTS[name].hosts:
            continue
        tests = sorted({re.sub(r"\[.*", "", test) for test in seen["tests"]})
        found[name] = [_text(*test.split("::")) for test in tests]
    return found


def _text(file: str, function: str) -> str:
    text = (TESTS.parent / file).read_text()
    tree = ast.parse(text)
    return next(ast.get_source_segment(text, n) or "" for n in tree.body if getattr(n, "name", "") == function)
