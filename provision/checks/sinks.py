"""Each sink: whether it is served and can be delivered to; where it gives back what it holds, the secret and the
settings in it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from provision import explain
from provision.checks import broken, good, unknown, unseen
from provision.checks.seen import Seen, SinkSeen
from provision.errors import PersonNeededError, ProvisionError
from provision.model import Check, Credential, Endpoints, Refusal

_YOUNG = timedelta(minutes=2)
"""Users saw a fresh secret accepted after 4 to 18 s (facts: graph, 3.4)."""
_INVALID, _EXPIRED = 7000215, 7000222
_ANEW = "`provision rotate --now` makes, tries and delivers a new one."
EXCHANGE = "https://outlook.office.com"
_SHARED = {"common", "organizations", "consumers"}


def sink(seen: Seen, one: SinkSeen) -> Check:  # noqa: PLR0911 - one a case
    """Served, due, ready."""
    name, view, ready = f"sink:{one.name}", one.view, one.readiness
    held = ", ".join(sorted(view.may_hold)) or "nothing"
    told = f"holds {held}, by {'its own word' if view.read else 'its commit point'}"
    until = f", until {view.dies:%Y-%m-%d}" if view.dies else ""
    if isinstance(ready, ProvisionError):
        return failed(name, ready, f"{told}{until}; ")
    if one.unread is not None and (ready.ok or ready.person):
        return failed(name, one.unread, f"{told}{until}; not read: ")
    fix = "" if ready.ok else ready.hint
    if view.due:
        dead = view.dies is None or view.dies <= seen.now
        rest = "" if ready.ok else f", and not ready: {ready.reason}"
        if not dead and ready.ok:
            return good(name, f"{told}{until}; due: {view.due}; ready")
        return broken(name, f"{told}{until}; due: {view.due}{rest}", fix or "Run `provision apply`.")
    if ready.ok:
        return good(name, f"{told}{until}; ready")
    if ready.person:
        return unknown(name, f"{told}{until}; not ready: {ready.reason}", fix)
    return broken(name, f"{told}{until}; not ready: {ready.reason}", fix)


def failed(name: str, error: ProvisionError, told: str = "") -> Check:
    """What a sink cannot do; unknown where all that it lacks is a person."""
    kind = unknown if isinstance(error, PersonNeededError) else broken
    return kind(name, told + error.message, error.hint)


def secret(seen: Seen, one: SinkSeen) -> Check:  # noqa: PLR0911 - one a case
    name, held = f"secret:{one.name}", one.held
    if isinstance(held, ProvisionError):
        return unseen(name, held, held.hint)
    if held is None or held.sealed:
        return _by_dates(seen, one, name, "it keeps it sealed" if held else "it does not give it back")
    if held.secret is None:
        return unknown(name, "it holds none", "Run `provision apply`.")
    if one.fault == "id":
        fix = f"Enter the Value, not the Secret ID; {_ANEW}"
        return broken(name, "what it holds is a GUID: a Secret ID, not a secret. It was sent nowhere", fix, "secret-id")
    if one.fault == "short":
        fix = f"Enter it again, whole; {_ANEW}"
        return broken(name, "what it holds is too short for a secret. It was sent nowhere", fix, "truncated-secret")
    if not one.tried:
        return unknown(
            name, "not tried: the app or the tenant was not read", "Look at the links `tenant` and `app` first."
        )
    if isinstance(one.refusal, ProvisionError):
        return unknown(name, one.refusal.message, one.refusal.hint)
    if one.refusal is None:
        return good(name, "taken by Entra")
    return _refused(seen, one, name, one.refusal)


def _refused(seen: Seen, one: SinkSeen, name: str, refusal: Refusal) -> Check:
    """Entra's number, and what is known besides: its age, and whether it begins as it should."""
    made = _credential(seen, one)
    told = explain.explain(f"AADSTS{refusal.code}")[0]
    number = f"AADSTS{refusal.code}" + (f", request {refusal.request_id}" if refusal.request_id else "")
    young = made is not None and seen.now - made.start < _YOUNG
    if refusal.code in {_INVALID, _EXPIRED} and young:
        fix = "Wait a minute, and run it again: a new secret is not known to every server at once."
        return unknown(name, f"not taken yet; made less than two minutes ago ({number})", fix, "secret-not-live")
    if refusal.code == _EXPIRED or (made is not None and made.end <= seen.now):
        ended = f" on {made.end:%Y-%m-%d}" if made else ""
        fix = "Run `provision rotate`; then authorize the application again where it asks for it."
        return broken(name, f"it expired{ended} ({number})", fix, "secret-expired")
    if refusal.code == _INVALID and one.begins_right:
        what = "it begins like the secret that it should be, and is another: cut off, or changed where it is stored"
        return broken(
            name, f"{what} ({number})", f"Compare its length, enter it again, whole; {_ANEW}", "truncated-secret"
        )
    return broken(
        name,
        f"{told.cause} ({number})",
        told.fix,
        told.mistakes[0] if refusal.code != _INVALID and told.mistakes else None,
    )


def _by_dates(seen: Seen, one: SinkSeen, name: str, why: str) -> Check:
    """All that is known of a secret that nobody gives back: what the directory says of those that it may be."""
    view = one.view
    live = {c.key_id: c for c in seen.there.credentials} if seen.there else {}
    if view.may_hold and seen.there and not view.may_hold & live.keys():
        return broken(name, "what it was given is not on the app any more", f"Run `provision rotate`: {_ANEW}")
    if view.dies is not None and view.dies <= seen.now:
        fix = f"Run `provision rotate`; then authorize {one.name} again."
        return broken(name, f"what it was given expired on {view.dies:%Y-%m-%d}", fix, "secret-expired")
    until = f"; by its dates it is good until {view.dies:%Y-%m-%d}" if view.dies else ""
    return unknown(name, f"{why}, so it cannot be tried{until}", f"Send a test from {one.name}. {_ANEW}")


def too_fresh(seen: Seen, one: SinkSeen) -> bool:
    """Its secret is refused, as one is that not every server knows yet."""
    made = _credential(seen, one)
    refused = isinstance(one.refusal, Refusal) and one.refusal.code in {_INVALID, _EXPIRED} and one.begins_right
    return refused and made is not None and seen.now - made.start < _YOUNG


def _credential(seen: Seen, one: SinkSeen) -> Credential | None:
    key_id = one.view.may_hold if len(one.view.may_hold) == 1 else frozenset()
    return next((c for c in seen.there.credentials if c.key_id in key_id), None) if seen.there else None


def settings(seen: Seen, one: SinkSeen) -> Check | None:
    """What it holds beside the secret, against the tenant's own endpoints and the app. None where it says nothing."""
    name, held, found = f"endpoints:{one.name}", one.held, seen.endpoints
    if held is None or isinstance(held, ProvisionError) or not held.values or not isinstance(found, Endpoints):
        return None
    faults: list[str] = []
    shared = False
    for key, wanted in (("authorization_url", found.authorization_url), ("token_url", found.token_url)):
        value = held.values.get(key)
        if value and value != wanted and not _by_domain(value, wanted, seen.tenant):
            first = urlsplit(value).path.split("/")[1:2]
            shared = shared or bool(_SHARED & set(first))
            faults.append(f"{key} is {value}")
    if shared:
        fix = f"Use {found.authorization_url} and {found.token_url}; `provision rotate --now` writes both."
        return broken(name, f"{'; '.join(faults)}: not for an app of one tenant (AADSTS50194)", fix, "common-endpoint")
    uris = seen.there.redirect_uris if seen.there else frozenset()
    if (
        (uri := held.values.get("redirect_uri"))
        and seen.there
        and uri not in uris
        and not uri.startswith("http://localhost")
    ):
        fix = "Put exactly this URI into `app.redirect_uris` and run `provision apply`, or correct it there."
        return broken(name, f"redirect_uri is {uri}, which is not on the app", fix, "redirect-uri")
    for key, wanted in (("client_id", seen.client_id), ("tenant_id", found.tenant_id)):
        if seen.there and (value := held.values.get(key)) and value.lower() != wanted:
            faults.append(f"{key} is {value}, not {wanted}")
    if faults:
        return broken(name, "; ".join(faults), "`provision rotate --now` writes them anew.")
    return good(name, "as the tenant's discovery document has them")


def _by_domain(value: str, wanted: str, tenant: str) -> bool:
    """The same endpoint with the tenant's domain in the place of its id, which Entra takes as well."""
    mine, theirs = urlsplit(wanted), urlsplit(value)
    parts = theirs.path.split("/")
    return theirs.netloc == mine.netloc and parts[1:2] == [tenant] and parts[2:] == mine.path.split("/")[2:]


def scope(one: SinkSeen) -> Check | None:
    """What the application asks tokens for, where it says so. SMTP and IMAP take Exchange's tokens alone."""
    name, held = f"scope:{one.name}", one.held
    if held is None or isinstance(held, ProvisionError) or not (asked := held.values.get("scope", "").split()):
        return None
    resources = {w.rpartition("/")[0] or "https://graph.microsoft.com" for w in asked if w not in _OIDC}
    graph = {
        r for r in resources if (urlsplit(r).hostname or "").endswith(("graph.microsoft.com", "graph.microsoft.us"))
    }
    fix = f"Ask for `{EXCHANGE}/SMTP.Send {EXCHANGE}/IMAP.AccessAsUser.All offline_access`."
    said = " ".join(asked)
    if len(resources) > 1:
        return broken(
            name, f"it asks for scopes of {len(resources)} services in one request: {said}", fix, "mixed-resources"
        )
    if graph:
        return broken(
            name, f"it asks for a token for Graph, which Exchange does not take: {said}", fix, "token-for-graph"
        )
    return good(name, said)


_OIDC = {"openid", "profile", "email", "offline_access"}
