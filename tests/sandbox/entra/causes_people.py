"""Refusals that are about the person: who they are, what they consent to, what a policy asks of them."""

from __future__ import annotations

from tests.sandbox.entra.causes import asked, back, cause, page, password_grant, silently
from tests.sandbox.entra.tenant import GRAPH, OUTLOOK, REPORTS, needs

IMAP = f"{OUTLOOK}/IMAP.AccessAsUser.All offline_access"
UNKNOWN = "0000000a-0000-4000-8000-000000000001"


@page(50126)
def a_wrong_password(t):
    return asked(t, t.app()).sign_in(password="wrong")


@cause(50126, 400, "invalid_grant")
def a_wrong_password_in_a_grant(t):
    return password_grant(t, password="wrong")


@page(50034)
def somebody_of_our_domain_whom_nobody_knows(t):
    return asked(t, t.app()).sign_in("nobody@contoso.com", "any")


@page(50020)
def somebody_of_another_domain(t):
    return asked(t, t.app()).sign_in("somebody@fabrikam.com", "any")


@page(50057)
def somebody_who_is_disabled(t):
    t.control("user", username=REPORTS, enabled=False)
    return asked(t, t.app()).sign_in()


@page(50105)
def somebody_who_is_not_assigned_to_the_app(t):
    app = t.app()
    t.graph("PATCH", f"/servicePrincipals/{app.principal}", {"appRoleAssignmentRequired": True})
    return asked(t, app).sign_in()


@back(50058, "login_required")
def nobody_who_is_signed_in(t):
    return asked(t, t.app(), prompt="none")


# -- consent


@back(65004, "access_denied")
def somebody_who_declines(t):
    return asked(t, t.app()).sign_in().press("Cancel")


@page(90094)
def a_permission_that_people_may_not_grant(t):
    return asked(t, t.app(), scope=IMAP).sign_in()


@page(90094)
def a_permission_that_only_administrators_grant(t):
    return asked(t, t.app(), scope="Application.ReadWrite.All").sign_in()


@page(90094)
def somebody_who_is_no_administrator_at_the_admin_consent_page(t):
    app = t.app()
    query = {"client_id": app.client_id, "redirect_uri": "https://app.example/callback", "scope": f"{GRAPH}/.default"}
    return t.visitor().open(t.url("v2.0/adminconsent"), **query).sign_in()


@page(90095)
def a_permission_that_an_administrator_may_be_asked_for(t):
    t.control("entra", adminConsentRequests=True)
    return asked(t, t.app(), scope=IMAP).sign_in()


@back(65001, "interaction_required")
def a_silent_sign_in_without_consent(t):
    return silently(t, t.app())


@cause(65001, 400, "invalid_grant")
def a_refresh_for_what_was_not_granted(t):
    app = t.app()
    return t.refresh(app, t.signed_in(app)["refresh_token"], scope="User.Read")


@cause(65001, 400, "invalid_grant")
def a_consent_that_was_taken_back(t):
    app = t.app()
    token = t.signed_in(app)["refresh_token"]
    for grant in t.graph("GET", "/oauth2PermissionGrants")["value"]:
        t.graph("DELETE", f"/oauth2PermissionGrants/{grant['id']}")
    return t.refresh(app, token)


@cause(65001, 400, "invalid_grant")
def a_password_for_what_was_not_granted(t):
    return password_grant(t, scope="SMTP.Send")


@back(650057, "invalid_resource")
def a_whole_resource_that_is_not_in_the_registration(t):
    return silently(t, t.app(), scope="https://vault.azure.net/.default")


@back(650056, "invalid_resource")
def a_whole_resource_of_an_app_that_registers_none(t):
    return silently(t, t.app(requiredResourceAccess=[]), scope=f"{GRAPH}/.default")


@back(65005, "invalid_resource")
def a_registration_that_names_a_resource_nobody_knows(t):
    app = t.app(requiredResourceAccess=needs(UNKNOWN, resource=UNKNOWN))
    return silently(t, app, scope=f"{GRAPH}/.default")


@back(650052, "invalid_resource")
def a_service_that_the_tenant_has_not_subscribed_to(t):
    t.control("entra", unsubscribed=["00000002-0000-0ff1-ce00-000000000000"])
    return asked(t, t.app())


# -- Conditional Access


def _rule(t, requires, **about):
    t.control("entra", access=[{"requires": requires, **about}])


def _refreshed_under(t, requires):
    """A refresh after the rule was made, which the sign-in before it did not have to meet."""
    app = t.app()
    token = t.signed_in(app)["refresh_token"]
    _rule(t, requires, client_id=app.client_id)
    return t.refresh(app, token)


@cause(50076, 400, "interaction_required")
def a_second_factor_that_a_refresh_cannot_give(t):
    t.control("user", username=REPORTS, mfa="registered")
    return _refreshed_under(t, "mfa")


@back(50076, "interaction_required")
def a_second_factor_that_a_silent_sign_in_cannot_give(t):
    t.control("user", username=REPORTS, mfa="registered")
    app = t.app()
    _rule(t, "mfa", client_id=app.client_id)
    return silently(t, app)


@cause(50079, 400, "interaction_required")
def a_second_factor_that_was_never_set_up(t):
    return _refreshed_under(t, "mfa")


@page(50074)
def a_second_factor_that_is_denied(t):
    t.control("user", username=REPORTS, mfa="registered")
    _rule(t, "mfa", username=REPORTS)
    return asked(t, t.app()).sign_in().press("Deny")


@cause(53003, 400, "interaction_required")
def a_policy_that_blocks(t):
    return _refreshed_under(t, "block")


@page(53003)
def a_policy_that_blocks_the_sign_in(t):
    _rule(t, "block")
    return asked(t, t.app()).sign_in()


@cause(53000, 400, "interaction_required")
def a_device_that_is_not_compliant(t):
    return _refreshed_under(t, "compliantDevice")


@cause(530003, 400, "interaction_required")
def a_device_that_is_not_managed(t):
    return _refreshed_under(t, "managedDevice")


@cause(530032, 400, "interaction_required")
def a_security_policy_of_the_tenant(t):
    return _refreshed_under(t, "securityPolicy")


@cause(530035, 400, "interaction_required")
def a_password_grant_under_security_defaults(t):
    _rule(t, "modernAuthentication")
    return password_grant(t)
