"""The control port: weather, clock, policy and people of the sandbox. Nothing on the emulated hosts sets them.

POST with the header `X-Sandbox-Control: 1`, which a browser's cross-site form cannot set, and a JSON object:

    /weather   {seed, unkindness}: unkind weather by seed, of the share that unkindness says (0 to 1): see unkind.py
               {faults: [{kind: 403 | 409 | 429 | 503 | drop_before | drop_after | hold_before | hold_after | hold_next,
                          path, pattern, method, host, times, nth}],
                latency_ms, secret_lag, retry_after, token_lifetime, device_interval,
                aadsts: [{code, times, client_id?, grant_type?}], loop_limit}
    /clock     {offset_seconds}
    /person    {present, accept}: somebody who signs in and presses Accept
    /policy    {isEnabled, passwordAddition, maxDays, audiences: [AzureADMyOrg, …], client_id?}: the tenant's, or one
               assigned to that app
    /operator  {roles: [Application.ReadWrite.OwnedBy, …], attributes: {Set_Name: value}, client_id?}: permissions and
               custom security attributes of the operator, or of another app that signs in
    /mspbots   {build: plain | portal | frame | shadow | reworded | slow | ends | toast, slow_ms, toast, toast_ms,
                ends_at: list | form | authorize | continue, ends_times}: how its pages are built; a build takes back
                what another one has set
    /mspbots   {toast_as: alert | status | class}: the role of a toast, or none, and a class that says error
    /mspbots   {same_username: replaces | adds | refused}: what adding does where an entry has that Username
    /mspbots   {host_name, redirect_uri, tenant}: what its form and its header show
    /mspbots   {second_factor: true | false, totp, password}: how one signs in there; totp is the seed in base32, and
                GET /world shows both as they are
    /federated {client_id, issuer, subject, jwks, audiences?}: the app takes tokens that one of jwks signed
    /federated {issuer, jwks}: the keys of an issuer, whose federated credential was made by way of Graph
    /user      {username, password, roles, enabled, mfa, assigned, revoked, givenName, surname, attributes}: of a
               person, see entra/people.py
    /entra     {access: [{requires, client_id?, username?}], adminConsentRequests, unsubscribed: [app id, …],
                elsewhere: {tenant: cloud_instance_name}, cloud: global | usgov | usgov-dod | china}: the tenant's
                settings, see entra/people.py, consent.py, authority.py, and clouds.py: where it is at home
    /signin    {username, client: Authenticated SMTP | IMAP4 | POP3 | …, code, app}: a line in the log of sign-ins; code
               is an AADSTS number, 0 a success
    /mailbox   {smtp_auth_disabled, basic_auth: disabled | removed | allowed (SMTP alone)}: of the tenant
    /mailbox   {address, smtp_auth_disabled: true | false | null, imap_enabled, licensed, full_access: […],
                send_as: […]}: of one mailbox, made as a shared one if nobody has it; the lists name users, or apps
               by client id
    /mailbox   {client_id, roles: [SMTP.SendAsApp, IMAP.AccessAsApp]}: an app that reads and sends without a person
    /step      {method, host, path, done?}: a step of the client's own, see gate.py
    /world     a snapshot, which takes the place of the world; its operator may be another one
    /reset     {}

GET / is the page for a person, status_page.py; /ca.pem the CA. A page of somebody else gets nothing: same_site.py.
GET /status says where it listens, GET /world is a snapshot, GET /held what is held: {held: {method, host, path, …} or
null}.
GET /mailbox, with the same header, shows switches and mail: see exchange/control.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from provision.sandbox import clouds, sign_ins, unkind
from provision.sandbox.entra import federated, people
from provision.sandbox.front import EscapedJSON
from provision.sandbox.graph import policy_rules
from provision.sandbox.reading import parsed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from provision.sandbox.gate import Gate
    from provision.sandbox.world import World


def routes(world: World, info: Callable[[], dict[str, Any]], gate: Gate, announce: Callable[[], None]) -> list[Route]:
    """`info` says where the sandbox listens, and who its operator is; `announce` writes that into its folder."""

    async def status(_: Request) -> Response:
        return EscapedJSON({**info(), "offset": world.data["offset"]})

    async def snapshot(_: Request) -> Response:
        return EscapedJSON(world.snapshot())

    async def held(_: Request) -> Response:
        return EscapedJSON({"held": gate.held})

    async def step(request: Request) -> Response:
        try:
            body = parsed(await request.body())
            line = gate.line(body["method"], body["host"], body["path"])
        except (LookupError, TypeError, ValueError) as error:
            return EscapedJSON({"error": f"{type(error).__name__}: {error}"}, 400)
        return EscapedJSON({"then": await gate.step(line, done=bool(body.get("done")))})

    def weather(world: World, body: dict[str, Any]) -> None:
        unkind.checked(body)
        world.data["weather"] = body
        world.unkind.begin()
        gate.release()

    def guarded(act: Callable[[World, dict[str, Any]], None]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            text = await request.body()
            try:
                act(world, parsed(text) if text else {})
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                return EscapedJSON({"error": f"{type(error).__name__}: {error}"}, 400)
            world.save()
            return Response(status_code=204)

        return answer

    verbs = {
        "weather": weather,
        "clock": _clock,
        "reset": _reset,
        "world": _world(announce),
        "person": _person,
        "policy": policy_rules.from_control,
        "operator": _operator,
        "mspbots": _mspbots,
        "federated": federated.trust,
        "user": people.put,
        "signin": sign_ins.put,
        "entra": _entra,
    }
    told = [
        Route("/world", snapshot),
        Route("/status", status),
        Route("/held", held),
        Route("/step", step, methods=["POST"]),
    ]
    return [*told, *(Route(f"/{v}", guarded(act), methods=["POST"]) for v, act in verbs.items())]


def _clock(world: World, body: dict[str, Any]) -> None:
    world.data["offset"] = float(body["offset_seconds"])


def _reset(world: World, body: dict[str, Any]) -> None:
    del body
    world.reset()


def _world(announce: Callable[[], None]) -> Callable[[World, dict[str, Any]], None]:
    def load(world: World, body: dict[str, Any]) -> None:
        world.load(body)
        announce()

    return load


def _person(world: World, body: dict[str, Any]) -> None:
    password = (world.folder / "person.secret").read_text()
    world.data["person"] = {"username": "reports@contoso.com", "password": password, **body}


def _operator(world: World, body: dict[str, Any]) -> None:
    principal = world.data["principals"][body.get("client_id", world.data["operator"])]
    if "attributes" in body:
        principal["_attributes"] = body["attributes"]
    if "roles" in body or "attributes" not in body:
        principal["_roles"] = body["roles"]


def _entra(world: World, body: dict[str, Any]) -> None:
    if "cloud" in body:
        clouds.choose(world, body["cloud"])
    world.data |= {
        key: body[key] for key in ("access", "adminConsentRequests", "unsubscribed", "elsewhere") if key in body
    }


def _mspbots(world: World, body: dict[str, Any]) -> None:
    from provision.sandbox.mspbots.state import put  # noqa: PLC0415 - its libraries are loaded once somebody asks

    put(world, body)
