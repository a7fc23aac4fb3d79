"""The documented answers of Graph (tests/cases) as our client reads them, without a sandbox: each is parsed by what
asks for it, or named with the reason why nothing of ours reads it. A case that no rule knows fails."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from provision import errors
from provision.entra import clouds, shapes
from provision.model import ServicePrincipal
from tests.unit.entra.documented import matched, of, response
from tests.unit.entra.world import APP, CLIENT, OBJECT, add, delete, find, remove, upsert

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
ONE = r"(\([^)]*\)|/[^/$]+)"
PRINCIPAL = ServicePrincipal(OBJECT, CLIENT)
NOT_READ = [
    (r"/applications/\$count", "nothing is counted"),
    (rf"(/applications|/servicePrincipals|/users|/directoryObjects)({ONE})?/delta(\(\))?", "no changes are followed"),
    (rf"(/applications|/servicePrincipals){ONE}/owners.*", "owners are neither read nor written"),
    (rf"/applications{ONE}/federatedIdentityCredentials.*", "the login's own is made by az, as a how-to says"),
    (rf"(/applications|/servicePrincipals){ONE}/(appManagementPolicies|policies)/.*", "policies are read alone"),
    (rf"/servicePrincipals{ONE}/(addPassword|removePassword)", "secrets stand on the application"),
    (
        rf"(/applications|/servicePrincipals){ONE}/(addKey|removeKey|logo|\w+Polic\w+|extension\w+|set\w+|unset\w+).*",
        "certificates, looks and claims are others'",
    ),
    (
        rf"/servicePrincipals{ONE}/(oauth2PermissionGrants|appRole\w+|memberOf|owned\w+|created\w+|transitive\w+).*",
        "grants are read by filter",
    ),
    (r"/servicePrincipals", "it is found by its client id"),
    (rf"/servicePrincipals{ONE}|/users({ONE})?|/policies/(default|authorization)\w+", "it is not changed"),
    (r"/servicePrincipals/\$count", "nothing is counted"),
    (
        r"/directory/(?!deletedItems/microsoft.graph.application$|deletedItems/[^/]+/restore).*",
        "what is deleted stays so",
    ),
    (r"/oauth2PermissionGrants/.*", "a grant is found by its client, and its change answers nothing"),
    (r"/policies/(?!defaultAppManagementPolicy$|authorizationPolicy$).*", "other policies are not asked for"),
    (rf"/users{ONE}/.*|/users/\$count|/me.*", "of a person only the mailbox is looked up"),
    (
        r"/organization.*|/subscribedSkus.*|/domains.*|/tenantRelationships/.*|/applicationTemplates.*",
        "the tenant is known by its discovery",
    ),
    (r"/auditLogs/signIns", "verify asks for the last one of one person by password: test_inspections.py"),
    (r"/directoryObjects.*|/groups.*|/\$batch|/\$metadata|/|/oidc/userinfo", "not asked for"),
]  # fmt: skip


def path_of(case):
    path = unquote(urlsplit(case["request"]["url"]).path).removeprefix("/v1.0").removeprefix("/beta")
    return re.sub("^/serviceprincipals", "/servicePrincipals", re.sub("/deleteditems", "/deletedItems", path))


def refused(case, world):
    """The class by status, code or words; the code and the request id of the body."""
    error, _, _ = world([response(case)], delete)
    told, status = case["response"]["body"]["error"], case["response"]["status"]
    named, said = told["code"] or "", told["message"] or ""
    kinds = {401: errors.SignInError, 403: errors.ForbiddenError, 404: errors.NotFoundError, 409: errors.ConflictError}
    kind = kinds.get(status, errors.ThrottledError if status == 429 else errors.DirectoryError)
    if named.endswith("AsPerAppPolicy"):
        kind = errors.PolicyError
    elif "property uniqueName already exists" in said:
        kind = errors.NameTakenError
    elif named == "Request_MultipleObjectsWithSameKeyValue":
        kind = errors.ConflictError
    assert type(error) is kind
    assert named in str(error) or not re.fullmatch(r"[A-Za-z]+(_[A-Za-z]+)*", named)
    if isinstance(error, errors.DirectoryError):
        assert error.status == status
    inner = told.get("innerError") or told.get("innererror") or {}
    ident = case["response"]["headers"].get("request-id") or inner.get("request-id")
    assert error.request_id == (ident if ident and re.fullmatch("[0-9a-fA-F-]{36}", ident) else None)
    assert not said or said not in str(error)


def same_app(app, body):
    assert (app.object_id, app.client_id) == (body["id"].lower(), body["appId"].lower())
    assert (app.key, app.name) == (body.get("uniqueName") or "", body.get("displayName") or "")
    assert app.redirect_uris == frozenset((body.get("web") or {}).get("redirectUris") or [])
    assert app.tags == frozenset(body.get("tags") or [])
    keys = [one["keyId"].lower() for one in body.get("passwordCredentials") or [] if one.get("keyId")]
    assert [one.key_id for one in app.credentials] == keys
    needed = [r for r in body.get("requiredResourceAccess") or [] if r["resourceAppId"] == shapes.GRAPH]
    assert app.permissions == {a["id"].lower() for r in needed for a in r["resourceAccess"] if a["type"] == "Scope"}


def an_app(case, world):
    body = case["response"]["body"]
    if not {"id", "appId"} <= set(body):
        return  # a $select that is not ours
    same_app(world([response(case)], find)[0], body)


def an_upsert(case, world):
    if case["response"]["status"] == 204:
        assert world([response(case), httpx.Response(404)], upsert)[1][1].method == "GET"
    elif case["request"]["method"] == "PATCH":
        same_app(world([response(case)], upsert)[0], case["response"]["body"])
    else:
        an_app(case, world)


def apps(case, world):
    body = case["response"]["body"]
    pages = [response(case), httpx.Response(200, json={"value": []})]
    found, seen, _ = world(pages, lambda d: d.find_client_ids("A name"))
    assert found == frozenset(one["appId"].lower() for one in body["value"] if one.get("appId"))
    assert len(seen) == (2 if "@odata.nextLink" in body else 1)


def a_secret(case, world):
    body, (credential, box) = case["response"]["body"], world([response(case)], add)[0]
    assert (credential.key_id, credential.hint) == (body["keyId"].lower(), body.get("hint") or "")
    assert credential.label == (body.get("displayName") or "")
    at = [datetime.fromisoformat(body[n]) if body.get(n) else NEVER for n in ("startDateTime", "endDateTime")]
    assert [credential.start, credential.end] == at
    assert box.reveal() == body["secretText"]


def nothing(call):
    def read(case, world):
        assert world([response(case)], call)[0] is None

    return read


def a_principal(case, world):
    body = case["response"]["body"]
    if not body or not {"id", "appId"} <= set(body):
        return  # no answer, or a $select that is not ours
    found, _, _ = world([response(case)], lambda d: d.find_service_principal(CLIENT))
    assert (found.object_id, found.client_id) == (body["id"].lower(), body["appId"].lower())
    assert found.enabled is (body.get("accountEnabled") is not False)
    scopes = {one["value"]: one["id"].lower() for one in body.get("oauth2PermissionScopes") or [] if one.get("value")}
    if scopes:
        asked = frozenset(scopes)
        ids, _, _ = world([response(case)], lambda d: d.permission_ids(asked), cloud=clouds.USGOV)
        assert ids == frozenset(scopes.values())


def deleted(case, world):
    listed = {
        one["uniqueName"]: one["id"].lower() for one in case["response"]["body"]["value"] if one.get("uniqueName")
    }
    pages = [response(case), httpx.Response(200, json={"value": []})]
    for key in [*listed, "no such key"]:
        assert world(pages, lambda d, key=key: d.find_deleted(key))[0] == listed.get(key)


def grants(case, world):
    body = case["response"]["body"]
    graph = next((one["resourceId"] for one in body["value"]), OBJECT)
    found, _, _ = world([response(case), httpx.Response(200, json={"id": graph})], lambda d: d.find_grants(PRINCIPAL))
    wanted = [one for one in body["value"] if one["resourceId"] == graph]
    assert [(one.id, one.scopes) for one in found] == [
        (w["id"], frozenset((w.get("scope") or "").split())) for w in wanted
    ]
    assert [one.principal_id for one in found] == [(w.get("principalId") or "").lower() or None for w in wanted]


def a_grant(case, world):
    """What asks for it reads no answer: it is there, or refused."""
    told = [httpx.Response(200, json={"value": []}), httpx.Response(200, json={"id": OBJECT}), response(case)]
    result, sent, _ = world(told, lambda d: d.grant(PRINCIPAL, frozenset({"SMTP.Send"}), None))
    assert (result, sent[-1].method) == (None, "POST")


def policy(case, world):
    rules, _, _ = world([response(case)], lambda d: d.secret_rules(APP))
    body = case["response"]["body"]
    kinds = body["applicationRestrictions"]["passwordCredentials"] if body and body["isEnabled"] else []
    assert rules.forbidden is any(
        one["restrictionType"] == "passwordAddition" and one.get("state") != "disabled" for one in kinds
    )


def consent_policies(case, world):
    found, _, _ = world([response(case)], lambda d: d.consent_policies())
    role = case["response"]["body"].get("defaultUserRolePermissions") or {}
    wanted = role.get("permissionGrantPoliciesAssigned") or []
    assert found == {w.partition(".")[2] for w in wanted if w.startswith("ManagePermissionGrantsForSelf.")}


def a_mailbox(case, world):
    body = case["response"]["body"]
    told = body.get("value", [body])
    if not all("id" in one for one in told):
        return  # a $select that is not ours
    pages = [httpx.Response(200, json={"value": told})]
    found, _, _ = world(pages, lambda d: d.find_mailbox("a@contoso.com"))
    if told:
        assert found.object_id == told[0]["id"].lower()
        assert found.address == (told[0].get("mail") or told[0].get("userPrincipalName") or "")
    else:
        assert found is None


READ = [
    (r"GET /applications", apps),
    (rf"(POST|PATCH|GET) /applications({ONE})?/?", an_upsert),
    (rf"DELETE /applications{ONE}", nothing(delete)),
    (rf"POST /applications{ONE}/addPassword", a_secret),
    (rf"POST /applications{ONE}/removePassword", nothing(remove)),
    (rf"(POST|PATCH|GET) /servicePrincipals{ONE}|POST /servicePrincipals", a_principal),
    (r"GET /directory/deletedItems/microsoft.graph.application", deleted),
    (r"POST /directory/deletedItems/[^/]+/restore", nothing(lambda d: d.restore(OBJECT))),
    (r"GET /oauth2PermissionGrants", grants),
    (r"POST /oauth2PermissionGrants", a_grant),
    (r"GET /policies/defaultAppManagementPolicy", policy),
    (r"GET /policies/authorizationPolicy", consent_policies),
    (rf"GET /users({ONE})?", a_mailbox),
]


@pytest.mark.parametrize("case", of("graph.microsoft.com"), ids=lambda case: case["id"])
def test_a_documented_answer_of_graph_is_read_or_named_with_a_reason(world, case):
    if case["response"]["status"] >= 400:
        refused(case, world)
        return
    path = path_of(case)
    asked = f"{case['request']['method']} {path}"
    read = matched(READ, asked)
    if read is None:
        why = matched(NOT_READ, path)
        assert why, f"no rule for {asked}: say in READ who reads it, or in NOT_READ why nobody"
    else:
        read(case, world)


def test_each_reader_has_a_case():
    asked = [f"{case['request']['method']} {path_of(case)}" for case in of("graph.microsoft.com")]
    assert [pattern for pattern, _ in READ if not any(re.fullmatch(pattern, one) for one in asked)] == []
