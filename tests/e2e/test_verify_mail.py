"""`provision verify --mail` as a process: a person signs in at a browser and pastes where they ended; a message goes
the whole way. The token, the code and the secret are nowhere but on their way."""

from __future__ import annotations

import json
import os
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browsing import signs_in
from tests.e2e.canary import leaks
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


def test_without_a_terminal_nobody_can_sign_in_and_the_rest_is_told(desk):
    done = desk.run("verify", "c.yaml", "--mail", "-o", "json", before=os.setsid)
    found = {c["check"]: c for c in json.loads(done.stdout)["results"][0]["checks"]}
    assert found[f"sign-in:{REPORTS}"]["ok"] is None
    assert "no terminal to ask on" in found[f"sign-in:{REPORTS}"]["detail"]
    assert found["tenant"]["ok"]
