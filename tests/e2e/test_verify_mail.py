"""`provision verify --mail` as a process: a person signs in at a browser and pastes where they ended; a message goes
the whole way. The token, the code and the secret are nowhere but on their way."""

from __future__ import annotations

import json
import os
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browsing import signs_in
from tests.e2e.canary import LOGGING, files, leaks, planted
from tests.e2e.mailing import with_mail

REPORTS = "reports@contoso.com"
STEPS = ("sign-in", "token", "smtp-auth", "smtp", "imap", "mail")


@pytest.fixture
def desk(started):
    """Applied, with consent for the mailbox's user."""
    config = started.folder / "c.yaml"
    config.write_text(config.read_text().replace("deliver:", f"  consent: {{user: {REPORTS}}}\ndeliver:"))
    started.json("apply", "c.yaml", "--yes")
    return started


def mailed(desk, code, pastes=None):
    """(links by name, all that the terminal was shown). `pastes(address)` gives what the person pastes."""
    ended, told, shown = with_mail(desk, pastes or (lambda a: signs_in(a, desk.info, REPORTS, desk.password)))
    assert ended == code, told + shown
    assert leaks(told + shown) == []
    return {c["check"]: c for c in json.loads(told)["results"][0]["checks"]}, shown


def test_a_message_goes_out_and_comes_back(desk):
    found, shown = mailed(desk, 0)
    assert {step: found[f"{step}:{REPORTS}"]["ok"] for step in STEPS} == dict.fromkeys(STEPS, True)
    assert found[f"token:{REPORTS}"]["detail"] == "for outlook.office.com: IMAP.AccessAsUser.All, SMTP.Send"
    assert "code=" not in shown
    sent = [r for r in desk.requests if r["host"] == "smtp.office365.com"]
    assert sent


def test_neither_code_nor_token_is_told_at_the_highest_verbosity(desk):
    desk.control("mailbox", smtp_auth_disabled=True)
    pasted = []

    def pastes(address):
        pasted.append(signs_in(address, desk.info, REPORTS, desk.password))
        return pasted[0]

    _, told, shown = with_mail(desk, pastes, "-vv")
    (code,) = parse_qs(urlsplit(pasted[0]).fragment)["code"]
    assert "oauth2/v2.0/token" in shown  # it is verbose
    for secret in (code, "eyJ", desk.delivered()):  # each token begins so: base64 of {"
        assert secret not in told + shown


@pytest.mark.parametrize("where", ["tenant", "mailbox"])
def test_smtp_auth_that_is_off_is_found_with_the_command_that_sets_it(desk, where):
    desk.control("mailbox", **({"address": REPORTS} if where == "mailbox" else {}), smtp_auth_disabled=True)
    link = mailed(desk, 1)[0][f"smtp-auth:{REPORTS}"]
    assert (link["ok"], link["mistake"]) == (False, f"smtp-auth-off-{where}")
    assert f"Set-CASMailbox {REPORTS} -SmtpClientAuthenticationDisabled $false" in link["fix"]


def test_a_mailbox_that_cannot_be_opened_is_found_by_imap_though_its_token_is_taken(desk):
    desk.control("mailbox", address=REPORTS, licensed=False)
    link = mailed(desk, 1)[0][f"imap:{REPORTS}"]
    assert (link["ok"], link["mistake"]) == (False, "no-mailbox")


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("https://app.mspbots.ai/web/um/smtp/redirect", "holds no code"),
        ("https://app.mspbots.ai/web/um/smtp/redirect#code=c&state=another", "is of another sign-in"),
        ("", "no address was pasted"),
    ],
)
def test_an_address_that_is_not_the_answer_leaves_the_sign_in_unknown(desk, pasted, said):
    link = mailed(desk, 0, lambda _: pasted)[0][f"sign-in:{REPORTS}"]
    assert link["ok"] is None
    assert said in link["detail"]


def test_who_declines_the_sign_in_is_told_what_that_means(desk):
    declined = (
        "https://app.mspbots.ai/web/um/smtp/redirect#error=access_denied&error_description=AADSTS65004%3A+Declined"
    )
    link = mailed(desk, 1, lambda _: declined)[0][f"sign-in:{REPORTS}"]
    assert (link["ok"], link["mistake"]) == (False, "consent-missing")


FORM = "mspbots: {username: reports@contoso.com}"
SECRET_ID = "0b6d1b5c-65b5-4c4e-8a40-6c2b2b1f3f10"


@pytest.fixture
def form(desk):
    """The sinks of the config that `init` writes: MSPbots alone, which gives nothing back. The secret is known."""
    value = desk.delivered()
    config = desk.folder / "c.yaml"
    head, _, _ = config.read_text().partition("deliver:")
    config.write_text(f"{head}deliver:\n  - {FORM}\n")
    (desk.folder / "mail.env").unlink()
    return desk, value


def signs(desk):
    return lambda address: signs_in(address, desk.info, REPORTS, desk.password)


def test_where_no_sink_gives_a_secret_back_it_is_typed_unseen_and_the_message_goes_the_whole_way(form):
    desk, value = form
    desk.env |= planted(desk.folder, LOGGING)
    words, typed = ("-vv",), f"{value[:4]}x\x7f{value[4:]}"  # with a slip of the hand, taken back
    _, told, shown = with_mail(desk, signs(desk), *words, types=typed)
    found = {c["check"]: c["ok"] for c in json.loads(told)["results"][0]["checks"]}
    assert {step: found[f"{step}:{REPORTS}"] for step in STEPS} == dict.fromkeys(STEPS, True)
    assert "the Value, not the Secret ID" in shown
    assert value[:12] not in told + shown
    assert leaks(told + shown) == []
    assert files(desk.folder, desk.sandbox) == []


@pytest.mark.parametrize(
    ("types", "ok", "mistake", "said"),
    [
        (SECRET_ID, False, "secret-id", "what was typed is the id of a secret, not its value"),
        (f" {{{SECRET_ID.upper()}}} ", False, "secret-id", "what was typed is the id of a secret, not its value"),
        ("abc8Q~short", None, None, "too short for a secret. It was sent nowhere"),
        ("", None, None, "no secret was typed"),
    ],
)
def test_what_cannot_be_a_secret_is_refused_where_it_is_typed_and_sent_nowhere(form, types, ok, mistake, said):
    desk, _ = form
    before = len(desk.requests)
    _, told, shown = with_mail(desk, None, types=types)
    link = {c["check"]: c for c in json.loads(told)["results"][0]["checks"]}[f"sign-in:{REPORTS}"]
    assert (link["ok"], link["mistake"], said in link["detail"]) == (ok, mistake, True)
    assert not types.strip() or types.strip() not in told + shown
    assert ok is None or "That is the Secret ID, not the Value" in link["fix"]
    assert [r for r in desk.requests[before:] if r["path"].endswith("/token") and r["status"] in {400, 401}] == []


def test_a_secret_that_entra_refuses_is_told_before_anybody_signs_in(form):
    desk, value = form
    code, told, _ = with_mail(desk, None, types=value[:-1] + ("a" if value[-1] != "a" else "b"))
    link = {c["check"]: c for c in json.loads(told)["results"][0]["checks"]}[f"sign-in:{REPORTS}"]
    assert (code, link["ok"], "AADSTS7000215" in link["detail"]) == (1, False, True)


def test_without_a_terminal_no_secret_is_asked_for_and_the_ways_out_are_named(form):
    desk, value = form
    desk.env["CLIENT_SECRET"] = desk.env["MAIL_CLIENT_SECRET"] = value  # nobody looks there
    done = desk.run("verify", "c.yaml", "--mail", "-o", "json", before=os.setsid)
    link = {c["check"]: c for c in json.loads(done.stdout)["results"][0]["checks"]}[f"sign-in:{REPORTS}"]
    assert link["ok"] is None
    assert "no terminal to ask for one on" in link["detail"]
    assert all(way in link["fix"] for way in ("on a terminal", "`file`, `keyvault`", "provision rotate --now"))
    assert leaks(done.stdout + done.stderr) == []


def test_without_a_terminal_nobody_can_sign_in_and_the_rest_is_told(desk):
    done = desk.run("verify", "c.yaml", "--mail", "-o", "json", before=os.setsid)
    found = {c["check"]: c for c in json.loads(done.stdout)["results"][0]["checks"]}
    assert found[f"sign-in:{REPORTS}"]["ok"] is None
    assert "no terminal to ask on" in found[f"sign-in:{REPORTS}"]["detail"]
    assert found["tenant"]["ok"]
