"""Refusals that are about another issuer's token, shown instead of a secret or for a person."""

from __future__ import annotations

from tests.federation import Issuer
from tests.sandbox.entra.causes import cause, password_grant
from tests.sandbox.entra.tenant import GRAPH_APP

ADDRESS, SUBJECT = "https://token.actions.githubusercontent.com", "repo:contoso/mail:environment:mail"
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"


def _shown(t, subject=SUBJECT, *, trusted=True, issuer=ADDRESS, **claims):
    """An app that trusts the issuer for SUBJECT signs in with a token of it that differs so."""
    known, app = Issuer(ADDRESS), t.app(secret=False)
    if trusted:
        credential = {"name": "ci", "issuer": ADDRESS, "subject": SUBJECT, "audiences": ["api://AzureADTokenExchange"]}
        t.graph("POST", f"/applications/{app.id}/federatedIdentityCredentials", credential)
    t.control("federated", issuer=ADDRESS, jwks={"keys": [known.key.as_dict(private=False)]})
    token = known.token(subject, issuer=issuer, **claims)
    return t.own(app, client_secret="", client_assertion=token, client_assertion_type=BEARER)


@cause(70025, 401, "invalid_client")
def a_token_for_an_app_that_trusts_nobody(t):
    return _shown(t, trusted=False)


@cause(700211, 401, "invalid_client")
def a_token_of_an_issuer_that_the_app_does_not_trust(t):
    return _shown(t, issuer="https://gitlab.example")


@cause(700212, 401, "invalid_client")
def a_token_for_an_audience_that_the_app_does_not_trust(t):
    return _shown(t, audience="https://github.com/contoso")


@cause(700213, 401, "invalid_client")
def a_token_of_a_subject_that_the_app_does_not_trust(t):
    return _shown(t, "repo:contoso/mail:environment:other")


@cause(7002138, 401, "invalid_client")
def a_token_of_a_subject_in_other_letters(t):
    return _shown(t, SUBJECT.upper())


@cause(700024, 401, "invalid_client")
def a_token_that_has_expired(t):
    return _shown(t, since=-3600)


@cause(50013, 400, "invalid_grant")
def a_callers_token_that_is_for_another_api(t):
    app = t.app()
    token = t.signed_in(app, scope="User.Read")["access_token"]
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    return t.own(app, grant_type=grant, assertion=token, requested_token_use="on_behalf_of", scope="User.Read")


@cause(65002, 400, "invalid_grant")
def a_client_of_microsofts_that_asks_for_what_it_was_not_preauthorized_for(t):
    return password_grant(t, client_id=CLI, scope=f"{GRAPH_APP}/SMTP.Send")
