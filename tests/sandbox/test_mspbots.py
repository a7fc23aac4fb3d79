"""The emulated MSPbots, against a token endpoint of its own: a small Starlette app over real TLS on loopback."""

import asyncio
import ssl
import threading
import time
from functools import partialmethod
from html.parser import HTMLParser
from types import SimpleNamespace

import httpx
import pytest
import trustme
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from provision.sandbox import mspbots

LOGIN = "https://login.microsoftonline.com"
TENANT = f"{LOGIN}/contoso.onmicrosoft.com/oauth2/v2.0"
AUTHORIZE = f"{mspbots.LIST}/authorize"
ENTERED = {
    "host_name": mspbots.HOST_NAME,
    "authorization_url": f"{TENANT}/authorize",
    "token_url": f"{TENANT}/token",
    "redirect_uri": mspbots.REDIRECT_URI,
    "client_id": "11111111-2222-3333-4444-555555555555",
    "client_secret": "s3cr~t&val=ue",
    "username": "reports@contoso.com",
    "reply_to": "help@contoso.com",
    "signature": "Contoso reports",
}


class Browser:
    """Visits the app at its real address; keeps cookies, does not follow redirects."""

    def __init__(self, app: Starlette) -> None:
        self.transport = httpx.ASGITransport(app)
        self.cookies = httpx.Cookies()

    def request(self, method: str, path: str, **form) -> httpx.Response:
        async def visit() -> httpx.Response:
            site = "https://app.mspbots.ai"
            async with httpx.AsyncClient(transport=self.transport, base_url=site, cookies=self.cookies) as client:
                answer = await client.request(method, path, **form)
                self.cookies = client.cookies
                return answer

        return asyncio.run(visit())

    get = partialmethod(request, "GET")
    post = partialmethod(request, "POST")


class TokenEndpoint:
    """Answers what `answer` says and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[SimpleNamespace] = []
        self.answer: Response | None = None

    async def token(self, request: Request) -> Response:
        async with request.form() as form:
            seen = SimpleNamespace(host=request.headers["host"], path=request.url.path, form=dict(form))
        self.asked.append(seen)
        return self.answer or JSONResponse({"access_token": "at-1", "refresh_token": "rt-1", "expires_in": 3599})


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(endpoint, base URL, context that trusts it)"""
    ca = trustme.CA()
    cert = tmp_path_factory.mktemp("tls") / "server.pem"
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(cert))
    trusted = ssl.create_default_context()
    ca.configure_trust(trusted)
    endpoint = TokenEndpoint()
    app = Starlette(routes=[Route("/{tenant}/oauth2/v2.0/token", endpoint.token, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, ssl_certfile=str(cert), log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    yield endpoint, f"https://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", trusted
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def endpoint(served):
    served[0].asked.clear()
    served[0].answer = None
    return served[0]


@pytest.fixture
def world():
    return SimpleNamespace(data={}, save=lambda: None)


@pytest.fixture
def visit(world, served, endpoint):
    _, base, trusted = served

    def resolve(url: str) -> str:
        if not url.startswith(LOGIN):
            raise KeyError(url)
        return base

    return lambda: Browser(Starlette(routes=mspbots.routes(world, trusted, resolve)))


@pytest.fixture
def admin(visit, world):
    client = visit()
    sign_in(client, world)
    return client


def sign_in(client, world):
    answer = client.post(
        "/sandbox/login", data={"username": mspbots.USER, "password": world.data["mspbots"]["password"]}
    )
    assert answer.status_code == 303
    return answer


def authorize(client, **changes) -> httpx.URL:
    answer = client.post(AUTHORIZE, data=ENTERED | changes)
    assert answer.status_code == 303, answer.text
    return httpx.URL(answer.headers["location"])


def come_back(client, **query):
    return client.get(mspbots.REDIRECT_PATH, params=query)


class Form(HTMLParser):
    """The labels and controls of the window "Add", in the page's order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.labels: list[tuple[str, str]] = []
        self.controls: dict[str, dict] = {}
        self.roles: list[str | None] = []
        self._label = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.roles.append(found.get("role"))
        if tag == "label":
            self._label = found["for"]
        elif tag in {"input", "textarea"}:
            self.controls[found.get("id", found.get("name"))] = found

    def handle_data(self, data):
        if self._label:
            self.labels.append((data, self._label))
            self._label = None


@pytest.mark.parametrize("path", ["/", mspbots.LIST, mspbots.REDIRECT_PATH, AUTHORIZE])
def test_every_page_needs_a_login(visit, world, path):
    method = "POST" if path == AUTHORIZE else "GET"
    answer = visit().request(method, path, params={"code": "c", "state": "s"}, data=ENTERED)
    assert (answer.status_code, answer.headers["location"].partition("=")[0]) == (303, "/login?next")
    assert "code" not in answer.headers["location"]
    assert not world.data["mspbots"]["pending"]


def test_a_wrong_password_is_refused(visit):
    answer = visit().post("/sandbox/login", data={"username": mspbots.USER, "password": "guess"})
    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert "set-cookie" not in answer.headers


def test_the_session_cookie_is_closed_to_scripts_and_only_its_hash_is_kept(visit, world):
    cookie = sign_in(visit(), world).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Secure" in cookie
    assert cookie.split("=", 1)[1].split(";")[0] not in str(world.data)


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_the_login_redirects_to_no_other_site(visit, world, back):
    client = visit()
    form = {"username": mspbots.USER, "password": world.data["mspbots"]["password"], "next": back}
    assert client.post("/sandbox/login", data=form).headers["location"] == "/"


def test_the_menu_leads_to_outgoing_mail(admin):
    assert ">Settings</a>" in admin.get("/").text
    assert ">System</a>" in admin.get("/sandbox/settings").text
    assert ">Outgoing Mail</a>" in admin.get("/sandbox/settings/system").text


def test_the_window_has_nine_labelled_fields_in_order(admin):
    form = Form(admin.get(mspbots.LIST).text)
    assert [text for text, _ in form.labels] == [
        "Host Name", "Authorization URL", "Token URL", "Redirect URI", "Client ID",
        "Client Secret", "Username", "Reply to", "Signature",
    ]  # fmt: skip
    assert [bound for _, bound in form.labels] == [name for name in form.controls]  # noqa: C416
    assert {"menu", "menuitem", "dialog"} <= set(form.roles)


def test_host_name_is_read_only_and_redirect_uri_is_pre_filled(admin):
    controls = Form(admin.get(mspbots.LIST).text).controls
    assert [name for name, found in controls.items() if "readonly" in found] == ["host_name"]
    assert controls["redirect_uri"]["value"] == "https://app.mspbots.ai/web/um/smtp/redirect"
    assert controls["client_secret"]["type"] == "password"


def test_every_page_says_what_it_is(admin):
    for path in ("/login", "/", "/sandbox/settings", mspbots.LIST, mspbots.REDIRECT_PATH):
        assert "sandbox, not MSPbots" in admin.get(path).text


def test_authorize_redirects_to_the_entered_url_with_the_right_parameters(admin):
    target = authorize(admin)
    params = dict(target.params)
    assert str(target.copy_with(query=None)) == ENTERED["authorization_url"]
    assert params.pop("state")
    assert params == {
        "client_id": ENTERED["client_id"],
        "response_type": "code",
        "response_mode": "query",
        "redirect_uri": mspbots.REDIRECT_URI,
        "scope": "https://outlook.office.com/SMTP.Send offline_access",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"host_name": "smtp.evil.example"},
        {"client_secret": ""},
        {"token_url": "http://login.microsoftonline.com/token"},
    ],
)
def test_a_faulty_form_is_refused_without_repeating_the_secret(admin, world, change):
    answer = admin.post(AUTHORIZE, data=ENTERED | change)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "s3cr~t" not in answer.text
    assert not world.data["mspbots"]["pending"]


def test_the_code_is_exchanged_at_the_token_url_and_the_entry_kept(admin, world, endpoint):
    state = authorize(admin).params["state"]
    answer = come_back(admin, code="the-code", state=state)
    assert answer.headers["location"] == mspbots.LIST
    (asked,) = endpoint.asked
    assert (asked.host, asked.path) == ("login.microsoftonline.com", "/contoso.onmicrosoft.com/oauth2/v2.0/token")
    assert asked.form == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": mspbots.REDIRECT_URI,
        "client_id": ENTERED["client_id"],
        "client_secret": ENTERED["client_secret"],
        "scope": mspbots.SCOPE,
    }
    assert come_back(admin, code="again", state=state).status_code == 400  # a state is good once
    assert len(endpoint.asked) == 1
    (entry,) = world.data["mspbots"]["entries"]
    assert ENTERED.items() <= entry.items()
    assert entry["refresh_token"] == "rt-1"


def test_the_list_shows_the_entry_as_authorized_and_no_secret(admin):
    come_back(admin, code="c", state=authorize(admin).params["state"])
    page = admin.get(mspbots.LIST).text
    assert "<td>Authorized</td>" in page
    assert ENTERED["username"] in page
    assert not any(value in page for value in ("s3cr~t", "rt-1", "at-1"))


def test_an_entry_survives_a_restart_with_its_session(admin, visit):
    come_back(admin, code="c", state=authorize(admin).params["state"])
    again = visit()
    again.cookies = admin.cookies
    assert "<td>Authorized</td>" in again.get(mspbots.LIST).text


def test_the_same_username_replaces_its_entry(admin, world):
    for secret in ("old", "new"):
        come_back(admin, code="c", state=authorize(admin, client_secret=secret).params["state"])
    assert [entry["client_secret"] for entry in world.data["mspbots"]["entries"]] == ["new"]


def test_a_state_that_was_never_given_is_refused(admin, endpoint):
    authorize(admin)
    answer = come_back(admin, code="c", state="made-up")
    assert "state does not match" in answer.text
    assert not endpoint.asked


def test_the_state_of_another_session_is_refused(admin, visit, world, endpoint):
    state = authorize(admin).params["state"]
    other = visit()
    sign_in(other, world)
    assert come_back(other, code="c", state=state).status_code == 400
    assert not endpoint.asked


def test_a_refusal_by_microsoft_is_shown(admin, world):
    state = authorize(admin).params["state"]
    answer = come_back(admin, error="access_denied", error_description="<b>declined</b>", state=state)
    assert answer.status_code == 400
    assert "access_denied: &lt;b&gt;declined&lt;/b&gt;" in answer.text
    assert not world.data["mspbots"]["entries"]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (
            JSONResponse({"error": "invalid_client", "error_description": "AADSTS7000215"}, 401),
            "invalid_client: AADSTS7000215",
        ),
        (PlainTextResponse("oops", 503), "answered 503 and no JSON"),
        (JSONResponse({"access_token": "at"}), "lacks access_token or refresh_token"),
        (JSONResponse({"error": f"echo {ENTERED['client_secret']}"}, 400), "echo …"),
    ],
    ids=["refused", "no JSON", "no refresh token", "echo of the secret"],
)
def test_a_failed_exchange_is_an_error_on_the_page_and_keeps_nothing(admin, world, endpoint, told, shown):
    endpoint.answer = told
    answer = come_back(admin, code="c", state=authorize(admin).params["state"])
    assert answer.status_code == 502
    assert shown in answer.text
    assert 'role="alert"' in answer.text
    assert not world.data["mspbots"]["entries"]


def test_a_token_url_outside_the_sandbox_is_not_called(admin):
    state = authorize(admin, token_url="https://evil.example/token").params["state"]
    assert "does not serve evil.example" in come_back(admin, code="c", state=state).text


def test_the_person_is_in_the_login_page_only_while_present(visit, world):
    client = visit()
    assert world.data["mspbots"]["password"] not in client.get("/login").text
    world.data["person"] = {"present": True, "accept": True, "username": "reports@contoso.com", "password": "p"}
    assert world.data["mspbots"]["password"] in client.get("/login").text
    world.data["person"]["present"] = False
    assert "<script" not in client.get("/login").text
