"""What fuzz_http.py replaces things with: values of JSON, segments of paths, filters, options of queries, headers."""

from __future__ import annotations

from provision.sandbox.graph.schema import APPLICATION, FEDERATED, SERVICE_PRINCIPAL, TENANT_POLICY

VALUES = (
    None, True, False, 0, -1, 2**63, 10**400, 1e308, float("nan"), float("inf"), "", " ", "x" * 5000, "\ud800",
    "\x00", "\u202eü\U0001f600", "'", "''", "%", "${x}", "2024-02-30T00:00:00Z", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "2024-01-01", "P1Y", "P99999D", "PT0S", "-P1D",
    "00000000-0000-0000-0000-000000000000", "https://x/" + "y" * 300, "https://[::1", "http://[", "urn:x", "://",
    "Zm9v", "=", [], {}, [[]], [None], [{}], [1, "x"], {"": ""}, {"@odata.type": 5}, {"id": []}, ["x"] * 300,
    [{"keyId": None}], {"redirectUris": [None]},
)  # fmt: skip
SEGMENTS = (
    "..", ".", "%00", "%2e%2e", "%2F", "%", "%zz", "%ff%fe", "\u00fc", "(", ")", "()", "('", "('x')", "(appId='')",
    "(uniqueName='''')", "$count", "$ref", "$batch", "$value", "null", "x" * 3000, "applications", " ", "*", "{id}",
    "(appId='x',id='y')", "microsoft.graph.application", "-1", "%C0%80", ";x=y", "?", "#",
)  # fmt: skip
FILTERS = (
    "displayName eq 'x", "not", "(((((" * 60, "a/b/c eq 1", "startswith(displayName)", "x in ()",
    "displayName eq null", "createdDateTime ge 9999-99-99", "tags/any(t:t eq 5)", "tags/any(t:x eq 'y')", "id eq 1",
    "owners/$count eq 2", "displayName eq '\ud83d'", "displayName ge 5", "createdDateTime ge 2024-01-01",
    "appId in ('a',1,null)", "not(" * 300 + "true" + ")" * 300, "displayName eq 'a' or " * 400 + "id eq 'b'", "\x00",
    "identifierUris/any()", "info/logoUrl eq null", "deletedDateTime le 2024-01-01T00:00:00Z",
    "web/homePageUrl eq null",
)  # fmt: skip
OPTIONS = (
    "$filter", "$select", "$top", "$skiptoken", "$orderby", "$search", "$count", "$expand", "$skip", "$format", "x",
)  # fmt: skip
TEXTS = (
    "", "-1", "0", "999", "1000", "9" * 5000, "1e3", "true", "displayName", "displayName desc", ",", "*", "id,,id",
    '"', '"displayName:x"', '"a:b" OR NOT', "displayName:x", "W10", "WzEwLCBudWxsXQ", "bnVsbA", "e30", "WyJ4IiwgMV0",
    "\u0662", "\ud800", "%", "owners($select=id)", "\x00", "displayName asc,displayName", "xyz desc",
    "WzFlOTk5LCAxXQ",
)  # fmt: skip
HEADERS = (
    "Content-Type", "Prefer", "ConsistencyLevel", "client-request-id", "Accept", "Expect", "Transfer-Encoding",
    "Content-Encoding", "Cookie", "X-HTTP-Method-Override", "Upgrade", "Connection", "Range", "If-Match",
)  # fmt: skip
METHODS = (
    "GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "get", "PROPFIND", "X" * 300, "CONNECT", "",
)  # fmt: skip
SCHEMAS = (APPLICATION, SERVICE_PRINCIPAL, FEDERATED, TENANT_POLICY)
SCOPES = ("https://graph.microsoft.com/.default", "openid", "x", "a/b c/d", "/", "\ud800", "https://[::1/.default", "")
GRANTS = ("client_credentials", "client_credentials", "authorization_code", "refresh_token", "", "x", "password")
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LOGIN = (
    "oauth2/v2.0/token", "oauth2/v2.0/authorize", "sandbox/sign-in", "sandbox/consent", "oauth2/v2.0/devicecode",
    "v2.0/.well-known/openid-configuration", "discovery/v2.0/keys", "adminconsent", "oauth2/token",
)  # fmt: skip
OUTGOING = "/sandbox/settings/system/outgoing-mail"
MSPBOTS = (
    "/", "/login", "/sandbox/login", "/sandbox/settings", f"{OUTGOING}/authorize", OUTGOING, "/web/um/smtp/redirect",
    "/sandbox/logout", "/sandbox/session", "/sandbox/state", "/sandbox/second-factor", "/x",
)  # fmt: skip
CONTROL = (
    "clock", "person", "policy", "operator", "mspbots", "federated", "mailbox", "world", "step", "x", "mailbox/x/y/1",
)  # fmt: skip
SWITCHES = (
    "offset_seconds", "client_id", "roles", "isEnabled", "maxDays", "address", "licensed", "issuer", "jwks",
    "host_name", "build", "second_factor", "totp", "ends_at", "slow_ms",
)  # fmt: skip
PROXIED = (
    "graph.microsoft.com:443", "example.com:443", "localhost:1", "localhost:x", ":", "", "x" * 70_000, "[::1]:443",
    "graph.microsoft.com:80", "localhost:99999", "\u00fc:443", "127.0.0.1",
)  # fmt: skip
_START = b"POST /v1.0/applications HTTP/1.1\r\nHost: localhost\r\n"
_GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
NO_HTTP = (
    b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 500 + b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET / HTTP/1.1\r\nHost\r\n\r\n", _GET + b": x\r\n\r\n",
    _GET + b"Host: b\r\n\r\n", _START + b"Content-Length: -1\r\n\r\n", _START + b"Transfer-Encoding: x\r\n\r\n",
    _START + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", _GET + b"X: " + b"x" * 200_000 + b"\r\n\r\n",
    _START + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    _GET + b"X: y\r\n" * 5000 + b"\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET /v1.0/me HTTP/1.0\r\n\r\n",
)  # fmt: skip
HALF_WAY = (
    b"", b"G", _START, _START + b"Content-Length: 100\r\n\r\n{",
    _START + b"Content-Length: 99999999999999999\r\n\r\n{}",
    _START + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", _GET + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
)  # fmt: skip
