"""Services that a shipped profile writes to over REST, each as its source has it, which its profile names.

What is asked otherwise than there is refused: another path, method or header, and a body that lacks what is needed. A
member of the body that the service would pass over is refused here, too: it would be a name that is wrong.
"""

from __future__ import annotations

import base64
import copy

from tests.rest_site import RestSite

THINGSBOARD_TOKEN, NEXTCLOUD, FRAPPE = "made-up-jwt", ("admin", "made-up-app-password"), "KEY:SECRET"
_MAIL = {
    "mailFrom": "reports@contoso.com", "smtpProtocol": "smtp", "smtpHost": "smtp.office365.com", "smtpPort": "587",
    "timeout": "10000", "enableTls": True, "username": "reports@contoso.com", "enableOauth2": True,
    "scope": ["https://outlook.office.com/SMTP.Send", "offline_access"], "providerId": "OFFICE_365",
}  # fmt: skip
_PROVIDER = ("clientId", "clientSecret", "providerTenantId", "authUri", "tokenUri", "redirectUri")
_HIDDEN = ("password", "refreshToken")


class ProfileSite(RestSite):
    """`held` is the secret that it has, `written` each that was written."""

    def __init__(self, authority):
        self.held, self.written = None, []
        super().__init__(authority)

    def keep(self, secret):
        self.held = secret
        self.written.append(secret)


class ThingsBoardSite(ProfileSite):
    """AdminController.java, AdminSettingsServiceImpl.java, AdminSettingsDataValidator.java. `settings` as it keeps
    them, with the refresh token of a sign-in."""

    def __init__(self, authority):
        kept = {**_MAIL, **dict.fromkeys(_PROVIDER, "old"), "refreshToken": "made-up-refresh-token"}
        self.settings = {"id": {"entityType": "ADMIN_SETTINGS", "id": "1"}, "key": "mail", "jsonValue": kept}
        super().__init__(authority)

    def allowed(self, request):
        return request.headers.get("X-Authorization") == f"Bearer {THINGSBOARD_TOKEN}"

    def unauthorized(self, request):
        return self.error(401, "Authentication failed")

    def error(self, status, code):
        return status, {"status": status, "message": code, "errorCode": 31 if status == 400 else 10}

    def answer(self, method, path, body):
        match method, path:
            case "GET", "/api/admin/settings/mail":
                return 200, self.shown()
            case "POST", "/api/admin/settings":
                return self.save(body)
        return self.error(404, "Not found")

    def save(self, body):
        values = body.get("jsonValue")
        if not body.get("key") or values is None:
            return self.error(400, "Key and Json value should be specified!")
        if "id" not in body:
            return self.error(400, "Admin settings with such name already exists!")
        if (body["key"], body["id"]) != ("mail", self.settings["id"]):
            return self.error(400, "Changing key of admin settings entry is prohibited!")
        if set(values) != {*_MAIL, *_PROVIDER}:
            return self.error(400, "not the members of the form")
        old = self.settings["jsonValue"]
        if any(values[name] != old[name] for name in _PROVIDER):
            old.pop("refreshToken", None)
        self.settings["jsonValue"] = {**{key: old[key] for key in _HIDDEN if key in old}, **values}
        self.keep(values["clientSecret"])
        return 200, self.shown()

    def shown(self):
        shown = copy.deepcopy(self.settings)
        for key in _HIDDEN:
            shown["jsonValue"].pop(key, None)
        return shown


class NextcloudSite(ProfileSite):
    """MicrosoftIntegrationController.php, appinfo/routes.php; the framework's check for forged requests answers 412."""

    def allowed(self, request):
        basic = base64.b64encode(":".join(NEXTCLOUD).encode()).decode()
        self.forged = request.headers.get("OCS-APIRequest") != "true"
        return request.headers.get("Authorization") == f"Basic {basic}"

    def unauthorized(self, request):
        return 401, {"message": "Current user is not logged in"}

    def answer(self, method, path, body):
        if (method, path) != ("POST", "/index.php/apps/mail/api/integration/microsoft"):
            return self.error(404, "Not found")
        if self.forged:
            return 412, {"message": "CSRF check failed"}
        if not (body.get("clientId") and body.get("clientSecret")):
            return 422, {"status": "fail", "data": None}
        if set(body) != {"tenantId", "clientId", "clientSecret"}:
            return self.error(400, "not the arguments of configure")
        self.keep(body["clientSecret"])
        return 200, {"status": "success", "data": {"clientId": body["clientId"]}}


class FrappeSite(ProfileSite):
    """frappe/api/v1.py and the DocType Connected App (connected_app.json): one document, named "Mail App"."""

    fields = frozenset({
        "provider_name", "openid_configuration", "client_id", "redirect_uri", "client_secret", "scopes",
        "authorization_uri", "token_uri", "revocation_uri", "userinfo_uri", "introspection_uri", "query_parameters",
    })  # fmt: skip

    def __init__(self, authority):
        self.document = {"name": "Mail App", "provider_name": "Mail App"}
        super().__init__(authority)

    def allowed(self, request):
        return request.headers.get("Authorization") == f"token {FRAPPE}"

    def unauthorized(self, request):
        return 401, {"exc_type": "AuthenticationError"}

    def error(self, status, code):
        return status, {"exc_type": code}

    def answer(self, method, path, body):
        if path != "/api/resource/Connected%20App/Mail%20App" or method not in ("GET", "PUT"):
            return self.error(404, "DoesNotExistError")
        if method == "PUT":
            if not set(body) <= self.fields:
                return self.error(400, "not a field of the DocType")
            self.document |= body
            self.keep(body["client_secret"])
        masked = {"client_secret": "*" * len(self.held)} if self.held else {}
        return 200, {"data": self.document | masked}
