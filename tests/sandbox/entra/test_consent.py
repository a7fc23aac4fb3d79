"""Consent by a person and by an administrator: who may grant what, and what it then gives."""

from __future__ import annotations

import httpx
import pytest

from tests.sandbox.entra.causes import asked
from tests.sandbox.entra.tenant import ADMIN, GRAPH, OUTLOOK, WEB, claims, needs

SELF = "ManagePermissionGrantsForSelf"
IMAP = f"{OUTLOOK}/IMAP.AccessAsUser.All"
THUNDERBIRD = "9e5f94bc-e8a4-4e73-b8be-63364c29d753"
ROLE = {"id": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "type": "Role"}  # Application.Read.All


def policy(tenant, *names):
    assigned = {"permissionGrantPoliciesAssigned": [f"{SELF}.{name}" for name in names]}
    tenant.graph("PATCH", "/policies/authorizationPolicy", {"defaultUserRolePermissions": assigned})


def first_page(tenant, scope, app=None):
    """The title of the page after a person's sign-in, or what came back at once."""
    visitor = asked(tenant, app or tenant.app(), scope=scope).sign_in()
    return visitor.page.title if visitor.page else "at once"


@pytest.mark.parametrize(
    ("scope", "title"),
    [
        (f"{OUTLOOK}/SMTP.Send", "Permissions requested"),
        ("User.Read", "Permissions requested"),
        (IMAP, "Need admin approval"),
        (f"{OUTLOOK}/POP.AccessAsUser.All", "Need admin approval"),
        (f"{GRAPH}/IMAP.AccessAsUser.All", "Need admin approval"),
        ("https://graph.microsoft.com/mail.read", "Need admin approval"),
        (f"{OUTLOOK}/SMTP.Send {IMAP}", "Need admin approval"),
        ("Directory.Read.All", "Need admin approval"),
    ],
)
def test_by_default_people_consent_to_what_microsoft_recommends(tenant, scope, title):
    assert first_page(tenant, scope) == title


@pytest.mark.parametrize(
    ("policies", "scope", "title"),
    [
        (["microsoft-user-default-legacy"], IMAP, "Permissions requested"),
        (["microsoft-user-default-legacy"], "Application.ReadWrite.All", "Need admin approval"),
        (["microsoft-user-default-low"], f"{OUTLOOK}/SMTP.Send", "Need admin approval"),
        ([], f"{OUTLOOK}/SMTP.Send", "Need admin approval"),
        (["microsoft-user-default-allow-consent-apps"], IMAP, "Need admin approval"),
    ],
)
def test_another_policy_lets_people_consent_to_more_or_less(tenant, policies, scope, title):
    policy(tenant, *policies)
    assert first_page(tenant, scope) == title


def test_a_popular_mail_client_may_read_mail_where_that_policy_is_assigned(tenant):
    policy(tenant, "microsoft-user-default-recommended", "microsoft-user-default-allow-consent-apps")
    app = tenant.app()
    world = httpx.get(f"{tenant.info['control']}/world").json()
    world["apps"][app.id]["appId"] = THUNDERBIRD
    tenant.control("world", **world)
    app.client_id = THUNDERBIRD
    assert first_page(tenant, IMAP, app) == "Permissions requested"


def test_what_a_person_consents_to_is_a_grant_for_them_alone_of_that_resource(tenant):
    app = tenant.app()
    tenant.code(app)
    (grant,) = tenant.graph("GET", "/oauth2PermissionGrants")["value"]
    assert (grant["clientId"], grant["consentType"], grant["scope"]) == (app.principal, "Principal", "SMTP.Send")
    assert grant["principalId"] == tenant.graph("GET", "/users/reports@contoso.com")["id"]
    resource = tenant.graph("GET", f"/servicePrincipals/{grant['resourceId']}")
    assert resource["appId"] == "00000002-0000-0ff1-ce00-000000000000"


def test_consent_to_more_widens_the_grant(tenant):
    app, visitor = tenant.app(), tenant.visitor()
    tenant.code(app, visitor, scope="User.Read")
    tenant.code(app, visitor, scope="https://graph.microsoft.com/SMTP.Send")
    (grant,) = tenant.graph("GET", "/oauth2PermissionGrants")["value"]
    assert grant["scope"] == "SMTP.Send User.Read"


def test_consent_makes_the_service_principal_of_an_app_that_has_none(tenant):
    app = tenant.app(principal=False)
    assert tenant.redeem(app, tenant.code(app)).status_code == 200
    assert tenant.graph("GET", f"/servicePrincipals(appId='{app.client_id}')")["displayName"] == "An app"


def test_what_an_administrator_granted_for_microsoft_graph_lets_a_person_read_mail_without_a_question(tenant):
    app = tenant.app()
    tenant.grant(app)
    assert first_page(tenant, IMAP, app) == "at once"


def test_an_administrator_is_asked_where_others_need_approval(tenant):
    tenant.admin()
    visitor = asked(tenant, tenant.app(), scope=IMAP).sign_in(ADMIN, "admin")
    assert visitor.page.title == "Permissions requested"


def test_who_needs_approval_may_go_back_without_it(tenant):
    visitor = asked(tenant, tenant.app(), scope=IMAP).sign_in()
    visitor.press("Return to the application without granting consent")
    assert visitor.landed["error"] == "access_denied"


def test_the_approval_page_cannot_be_talked_into_consent(tenant):
    visitor = asked(tenant, tenant.app(), scope=IMAP).sign_in().press(answer="accept")
    assert visitor.aadsts == 90094
    assert tenant.graph("GET", "/oauth2PermissionGrants")["value"] == []


def test_dot_default_asks_for_what_the_app_registers(tenant):
    app = tenant.app(permissions=("SMTP.Send", "User.Read"))
    made = tenant.signed_in(app, scope=f"{GRAPH}/.default")
    assert claims(made["access_token"])["scp"] == "SMTP.Send User.Read"


# -- the admin consent pages


def admin_page(tenant, app, path="v2.0/adminconsent", **query):
    usual = {"client_id": app.client_id, "redirect_uri": WEB, "state": "12345"}
    return tenant.visitor().open(tenant.url(path), **usual, **query)


def test_an_administrator_grants_for_everybody(tenant):
    tenant.admin()
    app, scope = tenant.app(), f"{OUTLOOK}/IMAP.AccessAsUser.All {OUTLOOK}/SMTP.Send"
    visitor = admin_page(tenant, app, scope=scope).sign_in(ADMIN, "admin").press("Accept")
    assert visitor.landed == {"admin_consent": "True", "tenant": tenant.id, "scope": scope, "state": "12345"}
    (grant,) = tenant.graph("GET", "/oauth2PermissionGrants")["value"]
    assert (grant["consentType"], grant["scope"]) == ("AllPrincipals", "IMAP.AccessAsUser.All SMTP.Send")
    assert first_page(tenant, IMAP, app) == "at once"


def test_dot_default_grants_what_the_app_registers_app_roles_too(tenant):
    tenant.admin()
    access = [*needs("SMTP.Send")[0]["resourceAccess"], ROLE]
    app = tenant.app(requiredResourceAccess=[{**needs()[0], "resourceAccess": access}])
    admin_page(tenant, app, scope=f"{GRAPH}/.default").sign_in(ADMIN, "admin").press("Accept")
    (grant,) = tenant.graph("GET", "/oauth2PermissionGrants")["value"]
    assert grant["scope"] == "SMTP.Send"
    assert claims(tenant.own(app).json()["access_token"])["roles"] == ["Application.Read.All"]


def test_the_v1_page_names_no_scopes_and_takes_further_path_segments(tenant):
    tenant.admin()
    app = tenant.app(web={"redirectUris": ["https://app.example"]})
    query = {"client_id": app.client_id, "redirect_uri": "https://app.example/permissions", "state": "1"}
    visitor = tenant.visitor().open(tenant.url("adminconsent"), **query).sign_in(ADMIN, "admin").press("Accept")
    assert visitor.landed == {"admin_consent": "True", "tenant": tenant.id, "state": "1"}
    assert tenant.graph("GET", "/oauth2PermissionGrants")["value"][0]["scope"] == "SMTP.Send"


@pytest.mark.parametrize(
    ("path", "scope", "error"),
    [("v2.0/adminconsent", f"{GRAPH}/.default", "consent_required"), ("adminconsent", None, "permission_denied")],
)
def test_an_administrator_who_declines_grants_nothing(tenant, path, scope, error):
    tenant.admin()
    visitor = admin_page(tenant, tenant.app(), path, **({"scope": scope} if scope else {}))
    visitor.sign_in(ADMIN, "admin").press("Cancel")
    assert visitor.landed["error"] == error
    assert tenant.graph("GET", "/oauth2PermissionGrants")["value"] == []


def test_an_administrator_is_asked_again_for_what_was_granted(tenant):
    tenant.admin()
    app = tenant.app()
    tenant.grant(app)
    visitor = admin_page(tenant, app, scope=f"{GRAPH}/SMTP.Send").sign_in(ADMIN, "admin")
    assert visitor.page.title == "Permissions requested"
