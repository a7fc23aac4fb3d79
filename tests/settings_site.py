"""A service with its settings under one address, for a profile that a test writes: signed in to by a token."""

from __future__ import annotations

from tests.rest_site import RestSite

TOKEN = "made-up-service-token"
PROFILE = """
title: A settings service
redirect_uri: "{url}/callback"
reauth_on_new_secret: false
http:
  headers: {Authorization: "Bearer {credential}"}
  asks: {team: The team whose settings they are}
  check: {method: GET, path: "/{team}/ping"}
  base: /{team}/settings
  deliver:
    method: PUT
    path: /{team}/settings
    body:
      mail: {id: "{client_id}", secret: "{client_secret}", token: "{token_url}", key: "{key_id}", state: "{settings}"}
  read: {path: "/{team}/settings", key_id: /mail/key, settings: /mail/state}
  clear: {method: DELETE, path: "/{team}/settings/mail"}
"""


class SettingsSite(RestSite):
    """`settings` is what it keeps, `mail` in it is ours; `written` what each request wrote, as a record of
    its own."""

    def __init__(self, authority):
        self.settings, self.written = {"theirs": {"a": [1]}}, []
        super().__init__(authority)

    def allowed(self, request):
        return request.headers.get("Authorization") == f"Bearer {TOKEN}"

    def answer(self, method, path, body):
        match method, path:
            case "GET", "/a%20b/ping":
                return 200, {}
            case "GET", "/a%20b/settings":
                return 200, self.settings
            case "PUT", "/a%20b/settings":
                self.settings, self.written = body, [*self.written, body]
                return 200, {"echo": body}
            case "DELETE", "/a%20b/settings/mail" if "mail" in self.settings:
                del self.settings["mail"]
                return 204, None
        return self.error(404, "NotFound")
