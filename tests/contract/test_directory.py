"""What every Directory must do, whatever stands behind it: today the sandbox, over both ways in."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from provision.entra import clouds
from provision.entra.graph import GraphDirectory
from provision.entra.login import EntraLogin, Operator
from provision.errors import ConflictError, SignInError, UntrustedError
from provision.model import AppSettings
from provision.wiring import SystemClock

URI = "https://app.mspbots.ai/web/um/smtp/redirect"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    if importlib.util.find_spec("provision.sandbox.server") is None:
        reason = "provision/sandbox/server.py is not there"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    from provision.sandbox.server import start_embedded  # noqa: PLC0415

    info, stop = start_embedded(tmp_path_factory.mktemp("sandbox"))
    yield info
    stop()


def direct(info):
    """The sandbox's own addresses."""
    cloud = clouds.custom(info["login"], info["graph"], info["ca"])
    operator = Operator(info["operator"]["client_id"], Path(info["operator"]["secret_file"]))
    return EntraLogin(operator, cloud, info["tenant"]["domain"], SystemClock()), cloud, info["tenant"]["id"]


def from_environment():
    """Microsoft's host names, through the proxy that the environment names."""
    tenant = os.environ["AZURE_TENANT_ID"]
    return EntraLogin("environment", clouds.GLOBAL, tenant, SystemClock()), clouds.GLOBAL, tenant


async def life(login, cloud, tenant_id, key):
    directory = GraphDirectory(login, cloud, SystemClock())
    try:
        endpoints = await login.endpoints()
        assert endpoints.tenant_id == tenant_id
        assert await login.own_client_id()
        assert await directory.find_app(key) is None

        permissions = await directory.permission_ids(frozenset({"SMTP.Send", "IMAP.AccessAsUser.All"}))
        settings = AppSettings(key, "A name", frozenset({URI}), permissions)
        app = await directory.upsert_app(settings, frozenset({"ours"}))
        assert (app.key, app.name, app.redirect_uris, app.permissions) == (key, "A name", frozenset({URI}), permissions)
        assert (await directory.upsert_app(settings, frozenset({"ours"}))).object_id == app.object_id
        assert await directory.find_app(key) == app

        assert await directory.find_service_principal(app.client_id) is None
        principal = await directory.upsert_service_principal(app.client_id, app.name)
        assert await directory.upsert_service_principal(app.client_id, app.name) == principal
        assert await directory.find_service_principal(app.client_id) == principal

        await directory.grant(principal, frozenset({"SMTP.Send"}), None)
        await directory.grant(principal, frozenset({"IMAP.AccessAsUser.All"}), None)
        (grant,) = await directory.find_grants(principal)
        assert (grant.scopes, grant.principal_id) == (frozenset({"SMTP.Send", "IMAP.AccessAsUser.All"}), None)

        credential, box = await directory.add_password(app, "label", directory.now() + timedelta(days=180))
        assert credential.label == "label"
        assert credential.hint == box.reveal()[:3]
        for _ in range(40):
            if await login.accepts(app.client_id, box):
                break
            await asyncio.sleep(0.5)
        else:
            pytest.fail("the secret was not accepted")

        await directory.update_app(app, AppSettings(key, "Another", None, None), frozenset({"ours", "more"}))
        app = await directory.find_app(key)
        assert (app.name, app.tags, app.redirect_uris) == ("Another", frozenset({"ours", "more"}), frozenset({URI}))
        assert [c.key_id for c in app.credentials] == [credential.key_id]

        await directory.remove_password(app, credential.key_id)
        await directory.remove_password(app, credential.key_id)
        assert (await directory.find_app(key)).credentials == ()
        assert not await login.accepts(app.client_id, box)

        await directory.delete_app(app)
        assert await directory.find_app(key) is None
        assert await directory.find_deleted(key) == app.object_id
        with pytest.raises(ConflictError):
            await directory.upsert_app(settings, frozenset())
        await directory.restore(app.object_id)
        assert (await directory.find_app(key)).object_id == app.object_id
        assert await directory.find_deleted(key) is None
        assert abs(directory.skew) < timedelta(minutes=5)
    finally:
        await directory.aclose()
        await login.aclose()


DIRECTORIES = [pytest.param(direct, id="sandbox")]


@pytest.mark.parametrize("adapters", DIRECTORIES)
def test_a_directory_lives_an_apps_whole_life(sandbox, adapters):
    asyncio.run(life(*adapters(sandbox), "contract-direct"))


def test_a_login_with_a_wrong_secret_says_so_and_logs_no_answer(sandbox, tmp_path, capfd):
    wrong = tmp_path / "secret"
    wrong.write_text("not-the-secret")
    login, cloud, _ = direct({**sandbox, "operator": {**sandbox["operator"], "secret_file": wrong}})

    async def go():
        directory = GraphDirectory(login, cloud, SystemClock())
        try:
            await directory.find_app("any")
        finally:
            await directory.aclose()
            await login.aclose()

    with pytest.raises(SignInError, match="AADSTS7000215"):
        asyncio.run(go())
    assert "AADSTS" not in "".join(capfd.readouterr())


def test_an_unknown_certificate_is_said_to_be_untrusted(sandbox, monkeypatch):
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    login, _, _ = direct({**sandbox, "ca": None})

    async def go():
        try:
            await login.endpoints()
        finally:
            await login.aclose()

    with pytest.raises(UntrustedError):
        asyncio.run(go())


def test_the_same_life_through_the_proxy_under_microsofts_names(sandbox):
    operator = sandbox["operator"]
    names = {
        "HTTPS_PROXY": sandbox["proxy"],
        "SSL_CERT_FILE": sandbox["ca"],
        "REQUESTS_CA_BUNDLE": sandbox["ca"],
        "AZURE_TENANT_ID": sandbox["tenant"]["id"],
        "AZURE_CLIENT_ID": operator["client_id"],
        "AZURE_CLIENT_SECRET": Path(operator["secret_file"]).read_text().strip(),
    }
    kept = {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY") and not k.startswith("AZURE_")}
    code = (
        "import asyncio; from tests.contract.test_directory import life, from_environment as f;"
        "asyncio.run(life(*f(), 'contract-proxy'))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={**kept, **names},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert names["AZURE_CLIENT_SECRET"] not in done.stdout + done.stderr
