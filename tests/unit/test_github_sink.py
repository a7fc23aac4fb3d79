"""GitHub's sealed box, opened by the other half of a real key pair; errors with their way out."""

from __future__ import annotations

import asyncio
import builtins
import logging

import pytest
import trustme

from provision.errors import SinkError
from provision.ports import Clearable, Readable
from provision.sinks.credential import Credential
from provision.sinks.github import GitHubSink
from tests.github_site import REPOSITORY, TOKEN, GitHubSite
from tests.unit.test_file_sink import parcel

CANARY = "Ab8Q~canary7Gk.x-y_z"


@pytest.fixture
def github(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    site = GitHubSite(authority)
    site.ca = str(tmp_path / "ca.pem")
    yield site
    site.close()


def sink(github, repository=REPOSITORY, token=TOKEN, **how):
    credential = Credential("TOKEN", None, {"TOKEN": token} if token else {})
    return GitHubSink("abc123", "github:mail", repository, "MAIL", credential, api=github.url, ca=github.ca, **how)


def do(made, act):
    async def both():
        try:
            return await act(made)
        finally:
            await made.aclose()

    return asyncio.run(both())


def deliver(one):
    return one.deliver(parcel(CANARY, "key-1"))


def refused(made, act=deliver):
    with pytest.raises(SinkError) as told:
        do(made, act)
    assert CANARY not in str(told.value.as_dict())
    assert TOKEN not in str(told.value.as_dict())
    return told.value


def test_a_workflow_gets_the_secret_and_nothing_else_could_open_it(github):
    do(sink(github), deliver)
    assert github.held == {"MAIL": CANARY}


def test_each_request_names_the_media_type_and_the_version_that_github_recommends(github):
    do(sink(github), deliver)
    asked = {(one["Accept"], one["X-GitHub-Api-Version"], one["Authorization"]) for one in github.headers}
    assert asked == {("application/vnd.github+json", "2022-11-28", f"Bearer {TOKEN}")}


def test_of_an_environment_too(github):
    do(sink(github, environment="pro/d"), deliver)
    assert github.held == {"MAIL": CANARY}
    assert github.seen[-1] == ("PUT", "/repos/contoso/mail/environments/pro%2Fd/secrets/MAIL")


def test_it_can_be_cleared_and_says_nothing_of_what_it_holds(github):
    assert (isinstance(sink(github), Clearable), isinstance(sink(github), Readable)) == (True, False)
    do(sink(github), deliver)
    for _ in range(2):
        do(sink(github), lambda one: one.clear())
        assert github.held == {}


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_secret(github):
    github.how = "answer lost"
    assert "whether it was done is not known" in refused(sink(github)).message
    assert github.puts == 3
    assert github.held == {"MAIL": CANARY}


@pytest.mark.parametrize(
    ("how", "said", "hint"),
    [
        ("refused", "HTTP 400", "old secret is untouched"),
        ("permission denied", "HTTP 403", "Secrets, or Environments, read and write"),
        ("throttled", "HTTP 429", "Nothing is lost"),
    ],
)
def test_a_refusal_is_told_with_the_way_out_and_sent_once(github, how, said, hint):
    github.how = how
    error = refused(sink(github))
    assert said in error.message
    assert hint in error.hint
    assert [method for method, _ in github.seen].count("PUT") == 1


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"repository": "contoso/none"}, "HTTP 404"),
        ({"token": "wrong"}, "HTTP 401"),
        ({"token": ""}, "the variable TOKEN holds no credential"),
        ({"token": "two\nlines"}, "but lines"),
    ],
)
def test_what_cannot_work_is_known_before_a_secret_is_made(github, made, said):
    readiness = do(sink(github, **made), lambda one: one.ready())
    assert (readiness.ok, said in readiness.reason) == (False, True)
    assert readiness.hint


def test_a_server_that_is_not_github_is_told(github):
    github.answer = lambda *_: (200, ["no", "key"])
    assert "/api/v3" in refused(sink(github)).hint
    github.answer = lambda *_: (200, {"key_id": "1", "key": "AAAA"})
    assert "/api/v3" in refused(sink(github)).hint


def test_a_certificate_that_is_not_trusted_is_told(github):
    github.ca = None
    assert "TLS certificate is not trusted" in refused(sink(github)).message


def test_without_the_extra_it_says_what_to_install(github, monkeypatch):
    whole = builtins.__import__

    def without(name, *rest):
        if name.split(".")[0] == "nacl":
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert do(sink(github), lambda one: one.ready()).hint == "pip install 'entra-provision[github]'"


def test_a_credential_in_a_file_is_read_at_each_use(github, tmp_path):
    made = sink(github)
    made._credential = Credential(None, tmp_path / "token", {})
    assert "cannot be read" in do(made, lambda one: one.ready()).reason
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    made = sink(github)
    made._credential = Credential(None, tmp_path / "token", {})
    assert do(made, lambda one: one.ready()).ok


def test_no_log_holds_the_value_or_the_token(github, caplog):
    caplog.set_level(logging.DEBUG)
    do(sink(github), deliver)
    assert "/actions/secrets/MAIL" in caplog.text
    assert CANARY not in caplog.text
    assert TOKEN not in caplog.text
