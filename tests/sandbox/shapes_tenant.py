"""What exists for the requests of shapes.py, and how their ids, references and secrets come to be those of it."""

from __future__ import annotations

import random

from provision.sandbox.objects import GRAPH_APP_ID, NO_ID
from provision.sandbox.world import ROLES
from tests.sandbox.fuzz_words import FILTERS

GRAPH = "https://graph.microsoft.com/v1.0"
REDIRECT = "https://app.example/answer"
SCOPE = "https://graph.microsoft.com/.default"
SCOPES = (
    "Directory.AccessAsUser.All",
    "User.Read",
    "Directory.Read.All",
    "Application.ReadWrite.All",
    "Policy.Read.All",
)
KNOWN = 0.8
"""The share of requests that are made to speak of what exists."""
FIC = {"issuer": "https://issuer.example", "audiences": ["api://AzureADTokenExchange"]}
ODD = [text for text in FILTERS if text.isprintable()]
GOOD = ("displayName eq 'shapes-1'", "startswith(displayName,'s')", "tags/any(t:t eq 'shapes')", "id eq 'x'")
URLS = (
    "/applications",
    "/me",
    "/users?$top=1",
    "/applications/none",
    "/organization?$select=id",
    "/applications/$count",
)


class Tenant:
    def __init__(self, sandbox, number):
        self.sandbox, self.draw, self.count = sandbox, random.Random(number), 0  # noqa: S311 - repeatable
        self.operator = {"client_id": sandbox.operator[0], "client_secret": sandbox.operator[1]}
        self.person = sandbox.user("shapes@contoso.com", roles=["Global Administrator"])
        self.me = sandbox.ask("GET", "/users/shapes@contoso.com")["id"]
        sandbox.control("operator", roles=[*ROLES, "Group.ReadWrite.All"])
        self.client = sandbox.register("shapes", scopes=SCOPES, redirect_uris=[REDIRECT])
        self.tokens = [self._token(), self._persons()]
        self.apps = [self.app() for _ in range(4)]
        self.policies = [self.policy() for _ in range(2)]
        self.grants = [self.grant() for _ in range(2)]
        self.deleted = [self.gone() for _ in range(2)]
        self.groups = [self.group() for _ in range(2)]

    # -- what is made

    def ask(self, method, path, body=None):
        return self.sandbox.ask(method, path, body)

    def app(self, *with_):
        """With some of what may hang on one, or with all."""
        self.count += 1
        name, all_of = f"shapes-{self.count}", not with_
        made = self.ask("POST", "/applications", {"displayName": name, "uniqueName": name, "tags": ["shapes"]})
        ids, below = {"id": made["id"], "appId": made["appId"], "name": name}, [f"/applications/{made['id']}"]
        if all_of or "sp" in with_:
            ids["sp"] = self.ask("POST", "/servicePrincipals", {"appId": made["appId"]})["id"]
            below.append(f"/servicePrincipals/{ids['sp']}")
        for base in below:
            if all_of or "secret" in with_:
                ids[f"secret {base[1:4]}"] = self.ask("POST", f"{base}/addPassword", {})["keyId"]
            if all_of or "owner" in with_:
                self.ask("POST", f"{base}/owners/$ref", {"@odata.id": f"{GRAPH}/directoryObjects/{self.me}"})
        if all_of or "fic" in with_:
            trust = {**FIC, "name": name, "subject": name}
            ids["fic"] = self.ask("POST", f"{below[0]}/federatedIdentityCredentials", trust)["id"]
        return ids

    def victim(self, case):
        """Of a request that takes something away: what it takes, made for it."""
        wanted = ["bare"]
        if "servicePrincipal" in case.path:
            wanted.append("sp")
        for name, part in (("owner", "/owners/"), ("fic", "/federated"), ("secret", "/removePassword")):
            if part in case.path:
                wanted.append(name)
        return self.app(*wanted)

    def policy(self):
        return self.ask("POST", "/policies/appManagementPolicies", {"displayName": "p", "description": "d"})["id"]

    def grant(self):
        self.count += 1
        body = {"clientId": self.app("sp")["sp"], "consentType": "AllPrincipals", "scope": f"scope{self.count}"}
        return self.ask("POST", "/oauth2PermissionGrants", {**body, "resourceId": self.apps[0]["sp"]})["id"]

    def group(self):
        about = {"displayName": "shapes", "mailNickname": "shapes", "mailEnabled": False, "securityEnabled": True}
        headers = {"Authorization": f"Bearer {self.tokens[0]}"}
        answer = self.sandbox._http.post(f"{self.sandbox.graph}/v1.0/groups", json=about, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()["id"]

    def pair(self, path, app):
        """(principal, resource) of an assignment that the address speaks of."""
        other = self.app("sp")["sp"]
        if "/appRoleAssignedTo" in path:
            return other, app["sp"]
        return (app["sp"] if "servicePrincipals" in path else self.me), other

    def assignment(self, principal, resource):
        """Of one that has no roles."""
        body = {"principalId": principal, "resourceId": resource, "appRoleId": NO_ID}
        return self.ask("POST", f"/servicePrincipals/{resource}/appRoleAssignedTo", body)["id"]

    def gone(self):
        app = self.app("bare")
        self.ask("DELETE", f"/applications/{app['id']}")
        return app["id"]

    # -- who asks

    def _token(self):
        form = {**self.operator, "grant_type": "client_credentials", "scope": SCOPE}
        return self._redeemed(form)

    def _persons(self):
        """Of a signed-in administrator."""
        who = {"username": self.person.address, "password": self.person.password}
        known = {"client_id": self.client.client_id, "client_secret": self.client.secret}
        scope = " ".join(["openid profile email", *(f"https://graph.microsoft.com/{name}" for name in SCOPES)])
        return self._redeemed({**known, **who, "grant_type": "password", "scope": scope})

    def _redeemed(self, form):
        url = f"{self.sandbox.login}/{self.sandbox.tenant}/oauth2/v2.0/token"
        answer = self.sandbox._http.post(url, data=form)
        assert answer.is_success, answer.text
        return answer.json()["access_token"]

    def auth(self, case, *, sure):
        """Mostly the operator's token; a person's, and none. `sure`: the one that is permitted."""
        if not case.path.startswith(("/v1.0", "/oidc/")):
            return {}
        lot = 0.5 if sure else self.draw.random()
        if lot < 0.05:
            return {"Authorization": "Bearer nothing"}
        theirs = case.path.startswith(("/v1.0/me", "/oidc/")) or "/users/{user-id}/ownedObjects" in case.path
        theirs = theirs or (case.method, case.path) == ("DELETE", "/v1.0/directoryObjects/{id}")
        person = lot > (0.3 if theirs else 0.9)
        return {"Authorization": f"Bearer {self.tokens[person]}"}

    # -- what is filled in

    def fill(self, case, *, sure):
        """`sure`: so that it can succeed."""
        if not sure and self.draw.random() > KNOWN:
            return
        if sure:
            _simplify(case)
        fresh = case.method == "DELETE" or case.path.endswith(("/restore", "/removePassword"))
        fresh = fresh or "/appRole" in case.path
        of_app = case.path.startswith(("/v1.0/applications", "/v1.0/servicePrincipals"))
        app = self.victim(case) if fresh and of_app else self.draw.choice(self.apps)
        app = {**self.apps[0], **app}
        for name in case.path_parameters or {}:
            case.path_parameters[name] = self.key(case, name, app, fresh=fresh)
        self.query(case)
        if isinstance(case.body, dict):
            self.body(case, app, sure=sure)
        if case.method == "POST" and "/appRole" in case.path and isinstance(case.body, dict):
            principal, resource = self.pair(case.path, app)
            case.body |= {"principalId": principal, "resourceId": resource, "appRoleId": NO_ID}

    def query(self, case):
        query = case.query or {}
        if "$filter" in query and self.draw.random() < 0.7:
            query["$filter"] = self.draw.choice(self.draw.choice([ODD, GOOD]))
        if "$orderby" in query:
            query["$orderby"] = self.draw.choice(["displayName", "displayName desc", "createdDateTime"])
        if "$search" in query:
            query["$search"] = '"displayName:shapes"'
        if case.path.endswith(("authorize", "adminconsent")):
            case.query |= {"client_id": self.client.client_id, "redirect_uri": REDIRECT, "scope": "openid"}
            case.query |= {"response_type": "code", "prompt": "login"} if case.path.endswith("authorize") else {}
            case.query.pop("response_mode", None)

    def key(self, case, name, app, *, fresh):
        path, of_principal = case.path, "servicePrincipals" in case.path
        known = {"application-id": app["id"], "appId": app["appId"], "uniqueName": app["name"], "name": app["name"]}
        known |= {"servicePrincipal-id": app["sp"], "federatedIdentityCredential-id": app["fic"]}
        known |= {
            "domainName": "contoso.com",
            "tenantId": self.sandbox.tenant,
            "user-id": self.me,
            "tenant": self.sandbox.tenant,
            "user": self.person.address,
        }
        if name in known:
            return known[name]
        if "/owners/" in path:
            return self.me
        if "/appRole" in path:
            return self.assignment(*self.pair(path, app))
        if "/appManagementPolicies/{id}/$ref" in path:
            policy = self.draw.choice(self.policies)
            base = f"/servicePrincipals/{app['sp']}" if of_principal else f"/applications/{app['id']}"
            reference = {"@odata.id": f"{GRAPH}/policies/appManagementPolicies/{policy}"}
            self.ask("POST", f"{base}/appManagementPolicies/$ref", reference)
            return policy
        pools = {
            "/policies/appManagementPolicies": (self.policies, self.policy),
            "/oauth2PermissionGrants": (self.grants, self.grant),
            "/directory/deletedItems": (self.deleted, self.gone),
            "/groups": (self.groups, self.group),
            "/directoryObjects": ([app["id"], self.me, app["sp"]], lambda: self.app("bare")["id"]),
        }
        for prefix, (pool, make) in pools.items():
            if path.startswith(f"/v1.0{prefix}"):
                return make() if fresh else self.draw.choice(pool)
        return self.draw.choice(self.others(path))

    def others(self, path):
        if "/organization" in path:
            return [self.sandbox.tenant]
        if any(part in path for part in ("/subscribedSkus", "/permissionGrantPolicies", "/domains")):
            return [one["id"] for one in self.ask("GET", path.removeprefix("/v1.0").split("/{id}")[0])["value"]]
        app = self.draw.choice(self.apps)
        return [self.me, app["id"], app["sp"]]

    def body(self, case, app, *, sure):
        path, body = case.path, case.body
        if path.endswith("/removePassword"):
            body["keyId"] = app["secret ser" if "servicePrincipals" in path else "secret app"]
        if path.endswith("owners/$ref"):
            other = self.app("sp") if sure else self.draw.choice(self.apps)
            body["@odata.id"] = f"{GRAPH}/directoryObjects/{other['sp' if sure or self.draw.random() < 0.6 else 'id']}"
        if path.endswith("appManagementPolicies/$ref"):
            body["@odata.id"] = f"{GRAPH}/policies/appManagementPolicies/{self.draw.choice(self.policies)}"
        if path == "/v1.0/servicePrincipals" and self.draw.random() < 0.7:
            body["appId"] = self.ask("POST", "/applications", {"displayName": "another"})["appId"]
        if path == "/v1.0/oauth2PermissionGrants":
            body |= {"clientId": self.app("sp")["sp"], "resourceId": self.principal()}
            body["principalId"] = self.me if body.get("consentType") == "Principal" else None
        if path == "/v1.0/$batch" and isinstance(body.get("requests"), list):
            for number, one in enumerate(body["requests"]):
                if isinstance(one, dict):
                    one |= {"id": str(number), "url": self.draw.choice(URLS), "dependsOn": []}
        if path.endswith(("/token", "/devicecode")):
            known = {**self.operator, "scope": SCOPE, "username": self.person.address, "password": self.person.password}
            body |= {name: value for name, value in known.items() if name in body or name != "username"}
            body["grant_type"] = "client_credentials" if sure else body.get("grant_type", "client_credentials")
            body.pop("client_assertion", None)

    def principal(self):
        return self.ask("GET", f"/servicePrincipals(appId='{GRAPH_APP_ID}')")["id"]


def _simplify(case):
    """Without what is allowed and yet easily refused."""
    for option in ("$filter", "$search", "$orderby", "$deltatoken"):
        (case.query or {}).pop(option, None)
    if case.path.endswith("/$count"):
        case.headers = {**(case.headers or {}), "ConsistencyLevel": "eventual"}
    if isinstance(case.body, dict):
        case.body.pop("restrictions", None)
