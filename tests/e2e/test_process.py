"""The installed command as a process, against the sandbox as a process: real TLS, real HTTP, a real file."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.installed


def test_a_first_apply_does_the_job_and_a_second_writes_nothing(desk):
    first = desk.json("apply", "c.yaml", "--yes")["results"][0]
    assert first["ok"]
    assert [s["state"] for s in first["sinks"]] == ["delivered"]
    assert len(desk.requests) <= 11
    assert (desk.folder / "mail.env").stat().st_mode & 0o777 == 0o600
    writes, before = len(desk.writes), len(desk.requests)
    second = desk.json("apply", "c.yaml")["results"][0]
    assert len(desk.requests) - before <= 5
    assert second["changes"] == []
    assert len(desk.writes) == writes


def test_a_rotation_keeps_the_old_secret_and_delivers_the_new_one(desk):
    desk.json("apply", "c.yaml", "--yes")
    old = desk.delivered()
    desk.json("rotate", "c.yaml", "--now")
    assert desk.delivered() != old
    secrets = desk.json("status", "c.yaml")["results"][0]["secrets"]
    assert len(secrets) == 2
    assert [s["held_by"] for s in secrets if s["current"]] == [["file:./mail.env"]]


def test_a_custom_cloud_and_login_environment_work_as_on_any_server(desk):
    desk.json("sandbox", "start", "--folder", str(desk.sandbox))
    info = desk.info
    desk.write(f"{{login: {info['login']}, graph: {info['graph']}, ca: {info['ca']}}}")
    assert desk.json("apply", "c.yaml", "--yes", **desk.operator())["results"][0]["ok"]


def test_cloud_global_works_through_the_proxy_by_microsofts_own_names(desk):
    desk.json("sandbox", "start", "--folder", str(desk.sandbox))
    info = desk.info
    desk.write("global")
    trust = {"HTTPS_PROXY": info["proxy"], "SSL_CERT_FILE": info["ca"], "REQUESTS_CA_BUNDLE": info["ca"]}
    done = desk.json("apply", "c.yaml", "--yes", **desk.operator(), **trust)["results"][0]
    assert done["endpoints"]["token_url"].startswith("https://login.microsoftonline.com/")
    again = desk.json("apply", "c.yaml", **desk.operator(), **trust)["results"][0]
    assert again["changes"] == []


def test_destroy_takes_all_back_and_the_next_apply_restores_the_same_app(desk):
    first = desk.json("apply", "c.yaml", "--yes")["results"][0]
    desk.json("destroy", "c.yaml", "--yes")
    again = desk.json("apply", "c.yaml", "--yes")["results"][0]
    assert again["app"]["client_id"] == first["app"]["client_id"]
