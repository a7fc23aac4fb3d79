"""Each method of an adapter raises an exception that quotes what was sent and answered: nothing of it is repeated."""

from __future__ import annotations

import pytest

from provision import ports
from tests.e2e import canary
from tests.e2e.desk import UNMEASURED, Desk

APPLY, ROTATE, STATUS, DESTROY = ("apply", "--yes"), ("rotate", "--now"), ("status",), ("destroy", "--yes")
ADOPT = ("adopt", "--yes", "--app-id", "CLIENT_ID")
CASES = {
    "EntraLogin.endpoints": APPLY,
    "EntraLogin.own_client_id": APPLY,
    "GraphDirectory.permission_ids": APPLY,
    "GraphDirectory.find_app": APPLY,
    "FileSink.read": APPLY,
    "FileSink.settings": APPLY,
    "FileSink.ready": APPLY,
    "GraphDirectory.find_deleted": APPLY,
    "GraphDirectory.find_app_by_client_id": ADOPT,
    "GraphDirectory.find_client_ids": ADOPT,
    "GraphDirectory.upsert_app": APPLY,
    "GraphDirectory.upsert_service_principal": APPLY,
    "GraphDirectory.grant": APPLY,
    "GraphDirectory.add_password": APPLY,
    "EntraLogin.accepts": APPLY,
    "FileSink.deliver": APPLY,
    "GraphDirectory.update_app": APPLY,
    "GraphDirectory.find_service_principal": APPLY,
    "GraphDirectory.find_grants": APPLY,
    "GraphDirectory.secret_rules": ROTATE,
    "GraphDirectory.remove_password": ROTATE,
    "GraphDirectory.aclose": STATUS,
    "EntraLogin.aclose": STATUS,
    "FileSink.aclose": STATUS,
    "FileSink.clear": DESTROY,
    "GraphDirectory.delete_app": DESTROY,
    "GraphDirectory.restore": APPLY,
}
"""In this order on one world: what was done before the exception stays done."""

PLANT = """
import contextvars, functools, inspect, logging, os
logging.basicConfig(level=logging.DEBUG)
from provision import errors
from provision.entra import answers, graph, login
from provision.sinks import file

NAME = os.environ.get("RAISES", "none.none")
VALUE = "abc8Q" + "~made-up-and-quoted"
inside = contextvars.ContextVar("inside", default=False)

class QuotingError(Exception):
    pass

def fail(*quoted):
    open("raised", "a").write(NAME + "\\n")
    try:
        raise ValueError(VALUE, *quoted)
    except ValueError as error:
        raise QuotingError(f"HTTP 500: {VALUE} {quoted}") from error

def quoting(send):
    @functools.wraps(send)
    async def sent(*args, **form):
        response = await send(*args, **form)
        if inside.get():
            fail(response.text, args, form)
        return response
    return sent

def http_client(cloud, whole=answers.http_client):
    made = whole(cloud)
    made.request = quoting(made.request)
    return made

def make_credential(*args, whole=login.make_credential):
    made = whole(*args)
    get_token = made.get_token
    made.get_token = lambda *a, **k: fail(get_token(*a, **k)) if inside.get() else get_token(*a, **k)
    return made

answers.http_client, login.make_credential = http_client, make_credential
graph.GraphDirectory._once = quoting(graph.GraphDirectory._once)
adapter, method = NAME.split(".")
for owner in (graph.GraphDirectory, login.EntraLogin, file.FileSink):
    whole = getattr(owner, method, None)
    if owner.__name__ != adapter:
        continue
    if adapter == "FileSink" or method == "aclose":
        def direct(self, *args):
            fail([a.secret.reveal() for a in args if hasattr(a, "secret")])
        async def later(self, *args):
            direct(self, *args)
        setattr(owner, method, later if inspect.iscoroutinefunction(whole) else direct)
    else:
        async def entered(self, *args, whole=whole):
            inside.set(True)
            try:
                return await whole(self, *args)
            finally:
                inside.set(False)
        setattr(owner, method, entered)
if method == "remove_password":
    async def accepts(self, client_id, secret):
        raise errors.DirectoryError("not tried")
    login.EntraLogin.accepts = accepts
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory, shared_sandbox):
    """{method: (raised?, exit code, what was said, files that hold a value)}"""
    desk = Desk(tmp_path_factory.mktemp("exceptions"))
    desk.joins(shared_sandbox)
    info = desk.info
    desk.write(f"{{login: {info['login']}, graph: {info['graph']}, ca: {info['ca']}}}")
    config = desk.folder / "c.yaml"
    config.write_text(config.read_text().replace("app:\n", "app:\n  consent: admin\n"))
    env = desk.operator() | canary.planted(desk.folder, PLANT) | canary.LOUD | UNMEASURED
    raised, found = desk.folder / "raised", {}
    for name, words in CASES.items():
        raised.write_text("")
        verb, *rest = [info["operator"]["client_id"] if w == "CLIENT_ID" else w for w in words]
        done = desk.run(verb, "c.yaml", *rest, "-vv", **env, RAISES=name)
        held = canary.files(desk.folder, desk.folder / "mail.env")
        found[name] = (name in raised.read_text(), done.returncode, done.stdout + done.stderr, held)
    return found


@pytest.mark.parametrize("name", CASES)
def test_an_exception_that_quotes_a_value_in_any_method_is_not_repeated(told, name):
    raised, code, said, held = told[name]
    assert raised, said
    assert code in (0, 1), said
    assert canary.leaks(said) == []
    assert held == []


def test_every_method_of_every_port_that_does_something_is_in_the_list():
    silent = {"now", "skew", "request_id", "id", "name", "needs_person"}
    adapters = {
        "GraphDirectory": [ports.Directory],
        "EntraLogin": [ports.Login],
        "FileSink": [ports.Sink, ports.Readable, ports.Clearable],
    }
    wanted = {f"{a}.{m}" for a, kinds in adapters.items() for kind in kinds for m in vars(kind) if m[0] != "_"}
    assert {name for name in wanted if name.split(".")[1] not in silent} == set(CASES)
