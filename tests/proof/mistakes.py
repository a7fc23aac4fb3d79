"""The eighteen mistakes of admins, each provoked in a sandbox as an admin would make it.

A provocation starts at a chain where all is well, makes one mistake, and gives the text that the sandbox answers an
application with. Its docstring is the table's word for it; `link` is where `provision verify` must find it. Some are
made in a second way, too.
"""

from __future__ import annotations

import imaplib
import smtplib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.browsing import RefusedError, signs_in
from tests.proof.mistakes_bench import OUTLOOK, REPORTS, URI, sasl

GRAPH = "https://graph.microsoft.com"
ENV, PROXY = "file:./mail.env", "file:./proxy.config"
PROVOKED: dict[str, Provocation] = {}
AGAIN: dict[str, Provocation] = {}
"""The same mistakes, made in another way."""


@dataclass(frozen=True)
class Provocation:
    """`pastes`: --mail is run, and the person pastes this."""

    link: str
    provoke: Callable[[Any], str]
    pastes: Callable[[Any, str], str] | None = None
    words: tuple[str, ...] = ()

    @property
    def told(self):
        return self.provoke.__doc__


def mistake(ident, link, into=PROVOKED, **how):
    def kept(provoke):
        into[ident] = Provocation(link, provoke, **how)
        return provoke

    return kept


def as_reports(bench, address):
    return signs_in(address, bench.info, REPORTS, bench.desk.password)


def page_of(bench, address):
    """The text of the page that stops the sign-in."""
    with suppress(RefusedError):
        return as_reports(bench, address)
    return bench.stopped(lambda: as_reports(bench, address))


@mistake("secret-id", f"secret:{ENV}")
def secret_id(bench):
    """The Secret ID was put into the file in the secret's place."""
    bench.edit("mail.env", bench.secret, bench.key_id)
    return bench.refusal(client_secret=bench.key_id)


@mistake("secret-not-live", f"secret:{ENV}")
def secret_not_live(bench):
    """A new secret is used at once, and the token endpoint knows it only after a while (control port: weather)."""
    bench.desk.control("weather", secret_lag=600)
    made = bench.graph("POST", f"/applications/{bench.app['id']}/addPassword", passwordCredential={})
    old, key_id = bench.secret, bench.key_id
    bench.edit("mail.env", old, made["secretText"])
    bench.edit("mail.env", key_id, made["keyId"])
    return bench.refusal(client_secret=made["secretText"])


@mistake("secret-expired", f"secret:{ENV}")
def secret_expired(bench):
    """181 days pass without a rotation (control port: clock)."""
    bench.desk.control("clock", offset_seconds=181 * 86400)
    return bench.refusal()


@mistake("common-endpoint", f"endpoints:{ENV}")
def common_endpoint(bench):
    """/common was put into the file in the tenant's place."""
    bench.edit("mail.env", f"/{bench.info['tenant']['id']}/oauth2", "/common/oauth2")
    return bench.refusal(tenant="common")


@mistake("token-for-graph", f"scope:{PROXY}")
def token_for_graph(bench):
    """The mail proxy asks for SMTP.Send without Exchange's address, which means Graph."""
    bench.edit("proxy.config", "client_id =", "oauth2_scope = SMTP.Send offline_access\nclient_id =")
    return bench.smtp_error(bench.own_token(bench.app["appId"], bench.secret, f"{GRAPH}/.default"))


@mistake("mixed-resources", f"scope:{PROXY}")
def mixed_resources(bench):
    """The mail proxy asks for a scope of Exchange and one of Graph at once."""
    both = f"{OUTLOOK}/SMTP.Send {GRAPH}/User.Read"
    bench.edit("proxy.config", "client_id =", f"oauth2_scope = {both}\nclient_id =")
    return bench.refusal(**bench.code(f"{OUTLOOK}/SMTP.Send"), scope=both)


@mistake("app-permission", "permissions")
def app_permission(bench):
    """The registration has an application permission of Exchange, as SMTP.SendAsApp is one, and no delegated one."""
    exchange = "00000002-0000-0ff1-ce00-000000000000"
    role = {"id": "00000000-0000-4000-8000-000000000009", "type": "Role"}
    access = [{"resourceAppId": exchange, "resourceAccess": [role]}]
    bench.graph("PATCH", f"/applications/{bench.app['id']}", requiredResourceAccess=access)
    bench.take_back_consent()
    return bench.stopped(lambda: bench.code(f"{GRAPH}/.default"))


@mistake("consent-missing", "consent")
def consent_missing(bench):
    """The consent was removed; the mailbox's person signs in, whom the tenant's default lets consent to SMTP alone."""
    bench.take_back_consent()
    return bench.stopped(lambda: bench.code(f"{OUTLOOK}/IMAP.AccessAsUser.All"))


@mistake("no-service-principal", "service-principal")
def no_service_principal(bench):
    """The app's service principal was removed."""
    bench.graph("DELETE", f"/servicePrincipals(appId='{bench.app['appId']}')")
    return bench.refusal()


@mistake("smtp-auth-off-tenant", f"smtp-auth:{REPORTS}", pastes=as_reports)
def smtp_auth_off_for_the_tenant(bench):
    """SMTP AUTH is switched off for the tenant (control port: mailbox)."""
    bench.desk.control("mailbox", smtp_auth_disabled=True)
    return bench.smtp_error(bench.person()["access_token"])


@mistake("smtp-auth-off-mailbox", f"smtp-auth:{REPORTS}", pastes=as_reports)
def smtp_auth_off_for_the_mailbox(bench):
    """SMTP AUTH is switched off for the mailbox (control port: mailbox)."""
    bench.desk.control("mailbox", address=REPORTS, smtp_auth_disabled=True)
    return bench.smtp_error(bench.person()["access_token"])


@mistake("blocked-by-policy", f"sign-in:{REPORTS}", pastes=page_of)
def blocked_by_policy(bench):
    """A Conditional Access policy blocks the mailbox's sign-in (control port: entra)."""
    bench.desk.control("entra", access=[{"requires": "block", "username": REPORTS}])
    return bench.stopped(lambda: bench.code(f"{OUTLOOK}/SMTP.Send"))


@mistake("blocked-by-policy", f"sign-in:{REPORTS}", AGAIN, pastes=page_of)
def blocked_by_the_security_defaults(bench):
    """The security defaults want a second factor, which the mailbox's person never registered (control port: entra)."""
    bench.desk.control("entra", access=[{"requires": "mfa"}])
    return bench.stopped(lambda: bench.code(f"{OUTLOOK}/SMTP.Send"))


@mistake("basic-auth", f"basic-auth:{REPORTS}")
def basic_auth(bench):
    """An application signs in over SMTP with user and password, until the tenant takes none (control port: mailbox)."""
    bench.desk.control("mailbox", basic_auth="allowed")
    with bench.smtp() as connection:
        connection.login(REPORTS, bench.desk.password)
    bench.desk.control("mailbox", basic_auth="disabled")
    with bench.smtp() as connection:
        try:
            connection.login(REPORTS, bench.desk.password)
        except smtplib.SMTPResponseException as error:
            return f"{error.smtp_code} {error.smtp_error.decode()}"


@mistake("no-mailbox", "mailbox:new@contoso.com", words=("--mailbox", "new@contoso.com"))
def no_mailbox(bench):
    """The mailbox's user has no Exchange Online plan (control port: user, mailbox)."""
    bench.somebody("new@contoso.com")
    bench.desk.control("mailbox", address="new@contoso.com", licensed=False)
    token = bench.person("new@contoso.com", "a password")["access_token"]
    with bench.imap() as connection:
        connection.authenticate("XOAUTH2", lambda _: sasl(token, "new@contoso.com").encode())
        try:
            connection.select("INBOX")
        except imaplib.IMAP4.error as error:
            return str(error)


@mistake(
    "wrong-user",
    f"token:{REPORTS}",
    pastes=lambda bench, address: signs_in(address, bench.info, "new@contoso.com", "a password"),
)
def wrong_user(bench):
    """Somebody else than the mailbox signs in; mail goes out with the mailbox in From."""
    bench.somebody("new@contoso.com")
    token = bench.person("new@contoso.com", "a password")["access_token"]
    return bench.smtp_error(token, user="new@contoso.com", sender=REPORTS)


@mistake("refresh-token-dead", f"session:{ENV}")
def refresh_token_dead(bench):
    """The mailbox's sessions are revoked after the application was authorized (control port: user)."""
    token = bench.person(more=" offline_access")["refresh_token"]
    bench.desk.control("user", username=REPORTS, revoked=True)
    return bench.refusal(grant_type="refresh_token", refresh_token=token, scope=f"{OUTLOOK}/SMTP.Send")


@mistake("refresh-token-dead", f"session:{ENV}", AGAIN)
def refresh_token_idle(bench):
    """The application sends nothing for 91 days (control port: clock)."""
    token = bench.person(more=" offline_access")["refresh_token"]
    bench.desk.control("clock", offset_seconds=91 * 86400)
    return bench.refusal(grant_type="refresh_token", refresh_token=token, scope=f"{OUTLOOK}/SMTP.Send")


@mistake("redirect-uri", "redirect-uri")
def redirect_uri(bench):
    """The redirect URI was registered with a slash at its end."""
    bench.graph("PATCH", f"/applications/{bench.app['id']}", web={"redirectUris": [f"{URI}/"]})
    return bench.stopped(lambda: bench.code(f"{OUTLOOK}/SMTP.Send"))


@mistake("truncated-secret", f"secret:{ENV}")
def truncated_secret(bench):
    """The last ten letters of the secret were cut off in the file."""
    whole = bench.secret
    bench.edit("mail.env", whole, whole[:-10])
    return bench.refusal(client_secret=whole[:-10])
