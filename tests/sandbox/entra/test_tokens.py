"""Tokens: what is in an answer, how long it is good for, and what a rotation of secrets does not end."""

from __future__ import annotations

import base64

import pytest

from tests.sandbox.entra.tenant import GRAPH, OUTLOOK, REPORTS, WEB, Tenant, claims


def test_a_code_is_redeemed_for_what_was_consented_to(tenant):
    made = tenant.signed_in(tenant.app(), scope=f"openid profile offline_access {OUTLOOK}/SMTP.Send")
    assert set(made) == {
        "token_type", "scope", "expires_in", "ext_expires_in", "access_token", "refresh_token", "id_token",
    }  # fmt: skip
    said = claims(made["access_token"])
    assert (said["aud"], said["scp"], said["upn"]) == (OUTLOOK, "SMTP.Send", REPORTS)


@pytest.mark.parametrize(("scope", "member"), [("User.Read", "refresh_token"), ("User.Read", "id_token")])
def test_nothing_comes_that_was_not_asked_for(tenant, scope, member):
    assert member not in tenant.signed_in(tenant.app(), scope=scope)


def test_an_id_token_is_for_the_client_and_names_the_person(tenant):
    app = tenant.app()
    said = claims(tenant.signed_in(app, scope="openid email User.Read", nonce="n-2")["id_token"])
    assert (said["aud"], said["preferred_username"], said["email"]) == (app.client_id, REPORTS, REPORTS)
    assert (said["nonce"], said["tid"], said["ver"]) == ("n-2", tenant.id, "2.0")


def test_a_person_has_another_sub_with_every_client(tenant):
    subs = {claims(tenant.signed_in(tenant.app(), scope="openid User.Read")["id_token"])["sub"] for _ in range(2)}
    assert len(subs) == 2


def test_a_code_for_two_resources_gives_a_token_for_the_first_and_a_refresh_token_for_both(tenant):
    app = tenant.app()
    made = tenant.signed_in(app, scope=f"{OUTLOOK}/SMTP.Send User.Read offline_access")
    assert claims(made["access_token"])["aud"] == OUTLOOK
    other = tenant.refresh(app, made["refresh_token"], scope="User.Read").json()
    assert (claims(other["access_token"])["aud"], claims(other["access_token"])["scp"]) == (GRAPH, "User.Read")


def test_the_secret_may_come_in_a_basic_header(tenant):
    app = tenant.app()
    header = base64.b64encode(f"{app.client_id}:{app.secret}".encode()).decode()
    form = {"grant_type": "client_credentials", "scope": f"{GRAPH}/.default"}
    assert tenant.token(headers={"Authorization": f"Basic {header}"}, **form).status_code == 200


@pytest.mark.parametrize("value", [b"\xd9\xa2", b"****", base64.b64encode(b"\xff:x")])
def test_a_basic_header_that_holds_no_name_is_refused(tenant, value):
    answer = tenant.token(headers={b"Authorization": b"Basic " + value}, grant_type="client_credentials")
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [9002313])


def test_an_app_gets_a_token_without_roles_where_nothing_was_granted(tenant):
    made = tenant.own(tenant.app()).json()
    assert "roles" not in claims(made["access_token"])
    assert "refresh_token" not in made


def test_an_api_of_the_tenant_has_tokens_of_its_own(tenant):
    scope = {"id": "00000000-0000-4000-8000-00000000000a", "value": "Things.Read", "type": "User", "isEnabled": True}
    api = tenant.app(identifierUris=["api://things"], api={"oauth2PermissionScopes": [scope]})
    said = claims(tenant.signed_in(tenant.app(), scope="api://things/things.read")["access_token"])
    assert (said["aud"], said["scp"]) == (api.client_id, "Things.Read")


# -- secrets


def test_a_fresh_secret_is_known_after_a_while(tenant):
    tenant.control("weather", secret_lag=20)
    app = tenant.app()
    assert tenant.own(app).status_code == 401
    tenant.later(minutes=1)
    assert tenant.own(app).status_code == 200


def test_two_secrets_are_good_at_once_until_one_is_removed(tenant):
    app = tenant.app()
    second, _ = tenant.mint(app)
    assert [tenant.own(app, secret).status_code for secret in (app.secret, second)] == [200, 200]
    tenant.graph("POST", f"/applications/{app.id}/removePassword", {"keyId": app.key_id})
    assert [tenant.own(app, secret).status_code for secret in (app.secret, second)] == [401, 200]


# -- refresh tokens


def test_a_refresh_token_outlives_a_rotation_of_the_secret(tenant):
    app = tenant.app()
    token = tenant.signed_in(app)["refresh_token"]
    app.secret, _ = tenant.mint(app)
    tenant.graph("POST", f"/applications/{app.id}/removePassword", {"keyId": app.key_id})
    assert tenant.refresh(app, token).status_code == 200


def test_a_refresh_token_is_replaced_at_each_use_and_the_old_one_stays_good(tenant):
    app = tenant.app()
    first = tenant.signed_in(app)["refresh_token"]
    second = tenant.refresh(app, first).json()["refresh_token"]
    assert second != first
    assert [tenant.refresh(app, token).status_code for token in (first, second)] == [200, 200]


def test_use_keeps_a_refresh_token_alive_for_longer_than_its_own_ninety_days(tenant):
    app = tenant.app()
    token = tenant.signed_in(app)["refresh_token"]
    tenant.later(days=80)
    token = tenant.refresh(app, token).json()["refresh_token"]
    tenant.later(days=160)
    assert tenant.refresh(app, token).status_code == 200


def test_a_confidential_clients_refresh_token_outlives_a_new_password(tenant):
    app = tenant.app()
    token = tenant.signed_in(app)["refresh_token"]
    tenant.control("user", username=REPORTS, password="another")
    assert tenant.refresh(app, token).status_code == 200


def test_use_does_not_prolong_a_single_page_apps_refresh_token(tenant):
    app = tenant.app(web={"redirectUris": []}, spa={"redirectUris": [WEB]}, secret=False)
    page = {"Origin": "https://app.example"}
    code = tenant.code(app, code_challenge="c" * 43)
    token = tenant.redeem(app, code, headers=page, code_verifier="c" * 43).json()["refresh_token"]
    tenant.later(hours=20)
    token = tenant.refresh(app, token, headers=page).json()["refresh_token"]
    tenant.later(hours=30)
    assert tenant.refresh(app, token, headers=page).json()["error_codes"] == [700084]


def test_refresh_tokens_survive_a_restart(tenant, tmp_path):
    first = Tenant(tmp_path / "world")
    app = first.app()
    token = first.signed_in(app)["refresh_token"]
    first.close()
    second = Tenant(tmp_path / "world")
    status = second.refresh(app, token).status_code
    second.close()
    assert status == 200
