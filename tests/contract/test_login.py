"""What every Login does, whatever stands behind it; and what the real one says when it cannot sign in."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from provision.entra import clouds
from provision.entra.graph import GraphDirectory
from provision.entra.login import EntraLogin, Operator
from provision.errors import SignInError, UntrustedError
from provision.secret import Secret
from provision.wiring import SystemClock

DAY = timedelta(days=1)
ABSENT = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def app(place):
    """With a service principal, as a sign-in needs it."""
    made = place.app()
    place.do(place.directory.upsert_service_principal(made.client_id, made.name))
    return made


def mint(place, app):
    return place.do(place.directory.add_password(app, "a label", place.directory.now() + DAY))


def accepted(place, app, box, *, wanted=True):
    return place.reads(lambda: place.login.accepts(app.client_id, box), wanted)


def test_the_endpoints_are_those_of_the_tenant(place):
    found = place.do(place.login.endpoints())
    assert found.tenant_id == place.tenant_id
    for url in (found.authorization_url, found.token_url, found.issuer):
        assert url.startswith("https://")
        assert place.tenant_id in url
    assert place.do(place.login.endpoints()) == found


def test_it_knows_whom_it_acts_as(place):
    assert place.do(place.login.own_client_id()) == place.own_client_id


def test_a_fresh_secret_is_accepted(place, app):
    _, box = mint(place, app)
    assert accepted(place, app, box) is True


def test_two_secrets_of_one_app_are_both_accepted(place, app):
    boxes = [mint(place, app)[1] for _ in range(2)]
    assert [accepted(place, app, box) for box in boxes] == [True, True]


def test_a_wrong_secret_is_not_accepted(place, app):
    mint(place, app)
    assert place.do(place.login.accepts(app.client_id, Secret("not-the-secret"))) is False


def test_a_secret_of_another_app_is_not_accepted(place, app):
    _, box = mint(place, app)
    other = place.app()
    place.do(place.directory.upsert_service_principal(other.client_id, other.name))
    assert place.do(place.login.accepts(other.client_id, box)) is False


def test_no_secret_of_an_app_that_is_not_there_is_accepted(place):
    assert place.do(place.login.accepts(ABSENT, Secret("any"))) is False


def test_no_secret_is_accepted_before_there_is_a_service_principal(place):
    app = place.app()
    _, box = mint(place, app)
    assert place.do(place.login.accepts(app.client_id, box)) is False
    place.do(place.directory.upsert_service_principal(app.client_id, app.name))
    assert accepted(place, app, box) is True


def test_a_secret_that_was_removed_is_no_longer_accepted(place, app):
    credential, box = mint(place, app)
    assert accepted(place, app, box) is True
    place.do(place.directory.remove_password(app, credential.key_id))
    assert accepted(place, app, box, wanted=False) is False


def test_no_secret_of_a_deleted_app_is_accepted(place, app):
    _, box = mint(place, app)
    place.do(place.directory.delete_app(app))
    assert accepted(place, app, box, wanted=False) is False


# -- the real one alone


def signed_in(sandbox, work, *, ca=True, secret_file=None):
    """What `work(login, directory)` comes to."""
    cloud = clouds.custom(sandbox["login"], sandbox["graph"], sandbox["ca"] if ca else None)
    operator = Operator(sandbox["operator"]["client_id"], secret_file or Path(sandbox["operator"]["secret_file"]))

    async def go():
        login = EntraLogin(operator, cloud, sandbox["tenant"]["domain"], SystemClock())
        directory = GraphDirectory(login, cloud, SystemClock())
        try:
            return await work(login, directory)
        finally:
            await directory.aclose()
            await login.aclose()

    return asyncio.run(go())


def test_a_login_with_a_wrong_secret_says_so_and_logs_no_answer(sandbox, tmp_path, capfd):
    wrong = tmp_path / "secret"
    wrong.write_text("not-the-secret")
    with pytest.raises(SignInError, match="AADSTS7000215"):
        signed_in(sandbox, lambda _, directory: directory.find_app("any"), secret_file=wrong)
    assert "AADSTS" not in "".join(capfd.readouterr())


def test_an_unknown_certificate_is_said_to_be_untrusted(sandbox, monkeypatch):
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UntrustedError):
        signed_in(sandbox, lambda login, _: login.endpoints(), ca=False)


def test_of_the_apps_secret_and_the_logins_nothing_is_printed(sandbox, capfd):
    async def try_once(login, directory):
        await directory.find_app("any")
        return await login.accepts(sandbox["operator"]["client_id"], Secret("not-the-secret"))

    assert signed_in(sandbox, try_once) is False
    assert capfd.readouterr() == ("", "")
