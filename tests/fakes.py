"""Fakes of the ports, for unit tests of the use cases: one world in memory, virtual time, faults on request."""

from __future__ import annotations

import difflib
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from provision import errors
from provision.model import (
    App,
    Credential,
    Endpoints,
    Grant,
    Holding,
    Mailbox,
    Readiness,
    Refusal,
    Registration,
    Rights,
    SecretRules,
    ServicePrincipal,
)
from provision.ports import Held
from provision.secret import Secret

START = datetime(2026, 11, 24, 3, 17, tzinfo=UTC)
TENANT = "00000000-0000-0000-0000-0000000000bb"
IDS = {
    "SMTP.Send": "258f6531-6087-4cc4-bb90-092c5fb3ed3f",
    "IMAP.AccessAsUser.All": "652390e4-393a-48de-9484-05f9b1212954",
}


class FakeClock:
    def __init__(self):
        self.time = START

    def now(self):
        return self.time

    async def sleep(self, seconds):
        self.time += timedelta(seconds=seconds)


class FakeDirectory:
    """Keeps apps by uniqueName, as tests/contract demands. `faults` maps a method's name to errors that its next calls
    raise: before the effect, or after it where the error is a LostAnswerError."""

    def __init__(self, clock):
        self.clock, self.apps, self.deleted, self.principals = clock, {}, {}, {}
        self.values, self.faults, self.calls, self.grants, self._deleted_principals = {}, {}, [], {}, {}
        self.users = {"reports@contoso.com": self._id()}

    _ids = itertools.count(1)

    def _id(self):
        return f"00000000-0000-0000-0000-{next(self._ids):012d}"

    def _enter(self, name):
        self.calls.append(name)
        queue = self.faults.get(name, [])
        if queue and not isinstance(queue[0], errors.LostAnswerError):
            raise queue.pop(0)
        return queue

    def _now(self, app):
        """The app as it is now, which the caller's copy may not be."""
        found = next((a for a in self.apps.values() if a.object_id == app.object_id), None)
        if found is None:
            raise errors.NotFoundError(f"there is no app {app.key}", status=404)
        return found

    def _put(self, app):
        """One made in the portal has no uniqueName: it is kept by its client id."""
        self.apps = {k: a for k, a in self.apps.items() if a.object_id != app.object_id}
        self.apps[app.key or app.client_id] = app

    @property
    def writes(self):
        return [c for c in self.calls if not c.startswith(("find", "permission"))]

    skew = timedelta(0)
    request_id = "00000000-0000-0000-0000-00000000000a"
    rules = SecretRules()

    def now(self):
        return self.clock.now()

    async def find_app(self, key):
        self._enter("find_app")
        return self.apps.get(key)

    async def find_app_by_client_id(self, client_id):
        self._enter("find_app_by_client_id")
        return next((a for a in self.apps.values() if a.client_id == client_id), None)

    async def find_client_ids(self, name):
        self._enter("find_client_ids")
        return frozenset(a.client_id for a in self.apps.values() if a.name == name)

    async def secret_rules(self, app):
        self._enter("find_rules")
        return self.rules

    async def find_deleted(self, key):
        self._enter("find_deleted")
        return self.deleted[key].object_id if key in self.deleted else None

    async def restore(self, object_id):
        self._enter("restore")
        key = next((k for k, app in self.deleted.items() if app.object_id == object_id), None)
        if key is None:
            raise errors.NotFoundError("there is no such deleted app", status=404)
        self.apps[key] = app = self.deleted.pop(key)
        if (principal := self._deleted_principals.pop(app.client_id, None)) is not None:
            self.principals[app.client_id] = principal

    async def upsert_app(self, settings, tags):
        self._enter("upsert_app")
        if settings.key in self.deleted:
            raise errors.NameTakenError("the uniqueName is held by another app, perhaps a deleted one", status=400)
        made = App(
            self._id(), self._id(), settings.key, settings.key, settings.audience, frozenset(), frozenset(), tags
        )
        self.apps[settings.key] = _patched(self.apps.get(settings.key, made), settings, tags)
        return self.apps[settings.key]

    async def update_app(self, app, settings, tags):
        self._enter("update_app")
        self._put(_patched(self._now(app), settings, tags, seen=app))

    async def find_service_principal(self, client_id):
        self._enter("find_service_principal")
        return self.principals.get(client_id)

    async def upsert_service_principal(self, client_id, name):
        self._enter("upsert_service_principal")
        return self.principals.setdefault(client_id, ServicePrincipal(self._id(), client_id))

    async def permission_ids(self, scopes):
        self._enter("permission_ids")
        for name in sorted(scopes - IDS.keys()):
            near = difflib.get_close_matches(name, IDS, n=1)
            hint = f"Did you mean {near[0]}?" if near else "Correct app.permissions in the config."
            raise errors.DirectoryError(f"there is no delegated permission {name}", hint=hint)
        return frozenset(IDS[s] for s in scopes)

    async def find_grants(self, service_principal):
        self._enter("find_grants")
        return tuple(self.grants.get(service_principal.object_id, {}).values())

    async def grant(self, service_principal, scopes, user):
        self._enter("grant")
        if user is not None and user not in self.users:
            raise errors.NotFoundError("the user to consent for is not in the tenant", status=404)
        held = self.grants.setdefault(service_principal.object_id, {})
        whom = self.users[user] if user else None
        old = held.get(whom, Grant(self._id(), frozenset(), whom))
        held[whom] = replace(old, scopes=old.scopes | scopes)

    async def add_password(self, app, label, end):
        lost = self._enter("add_password")
        now = self._now(app)
        value = f"{next(self._ids):03x}-the-fake-secret"
        credential = Credential(self._id(), label, self.now(), end.replace(microsecond=0), value[:3])
        self.values[credential.key_id] = value
        self._put(replace(now, credentials=(*now.credentials, credential)))
        if lost:
            raise lost.pop(0)
        return credential, Secret(value)

    async def remove_password(self, app, key_id):
        """What is gone is a success."""
        self._enter("remove_password")
        now = self._now(app)
        self._put(replace(now, credentials=tuple(c for c in now.credentials if c.key_id != key_id)))

    async def delete_app(self, app):
        self._enter("delete_app")
        now = self._now(app)
        self.deleted[now.key or now.client_id] = self.apps.pop(now.key or now.client_id)
        if (principal := self.principals.pop(now.client_id, None)) is not None:
            self._deleted_principals[now.client_id] = principal

    # -- for verify

    policies = frozenset({"microsoft-user-default-recommended"})
    platforms = None
    mailbox = Mailbox("", "reports@contoso.com", enabled=True, exchange=True)

    async def registration(self, app):
        self._enter("find_registration")
        return self.platforms or Registration(self._now(app).redirect_uris, frozenset(), frozenset())

    async def consent_policies(self):
        self._enter("find_policies")
        return self.policies

    async def find_mailbox(self, address):
        self._enter("find_mailbox")
        user = self.users.get(address.lower())
        return user and replace(self.mailbox, object_id=user, address=address.lower())

    passwords = None

    async def last_password_sign_in(self, user_id, since):
        self._enter("find_sign_ins")
        return self.passwords if self.passwords and self.passwords.at >= since else None

    async def aclose(self):
        pass


def _patched(app, settings, tags, seen=None):
    """`app` after a PATCH: None leaves a field as it is, collections are replaced whole, and what the caller has `seen`
    to be so already is not sent."""
    wanted = {"tags": tags}
    if settings is not None:
        wanted |= {key: getattr(settings, key) for key in ("key", "name", "audience", "redirect_uris", "permissions")}
    sent = {k: v for k, v in wanted.items() if v is not None and (seen is None or getattr(seen, k) != v)}
    return replace(app, **sent)


class FakeLogin:
    """Accepts what the directory knows, once it is `lag` old."""

    def __init__(self, directory, lag=timedelta(0)):
        self.directory, self.lag, self.own = directory, lag, "00000000-0000-0000-0000-0000000000aa"

    async def endpoints(self):
        base = f"https://login.example/{TENANT}"
        return Endpoints(TENANT, f"{base}/oauth2/v2.0/authorize", f"{base}/oauth2/v2.0/token", f"{base}/v2.0")

    async def own_client_id(self):
        return self.own

    rights = Rights(frozenset({"Application.ReadWrite.OwnedBy"}))

    async def own_rights(self):
        return self.rights

    async def refusal(self, client_id, secret):
        """As Entra numbers it."""
        app = next((a for a in self.directory.apps.values() if a.client_id == client_id), None)
        if app is None:
            return Refusal(700016)
        value = secret.reveal()
        known = [c for c in app.credentials if self.directory.values.get(c.key_id) == value]
        if not known or known[0].start + self.lag > self.directory.now():
            return Refusal(7000215)
        if known[0].end <= self.directory.now():
            return Refusal(7000222)
        return None if client_id in self.directory.principals else Refusal(7000229)

    async def accepts(self, client_id, secret):
        now, kept = self.directory.now(), self.directory.values
        return client_id in self.directory.principals and any(
            kept.get(c.key_id) == secret.reveal() and c.start + self.lag <= now < c.end
            for a in self.directory.apps.values()
            if a.client_id == client_id
            for c in a.credentials
        )

    async def aclose(self):
        pass


class FakeSink:
    """Holds a parcel. Not readable: what it holds can be seen by the test alone."""

    needs_person = False

    def __init__(self, name):
        from provision.marks import sink_id  # noqa: PLC0415

        self.name, self.id = name, sink_id(name)
        self.holds, self.readiness, self.error, self.extra = None, Readiness(ok=True), None, "x"

    def settings(self, values):
        from provision.sinks.digest import settings_digest  # noqa: PLC0415

        return settings_digest({**values, "extra": self.extra})

    async def ready(self):
        return self.readiness

    async def deliver(self, parcel):
        if self.error is not None:
            raise self.error
        self.holds = parcel

    async def aclose(self):
        pass


class FakeReadableSink(FakeSink):
    async def read(self):
        if self.holds is None:
            return Holding(None)
        keys = ("client_id", "tenant_id", "authorization_url", "token_url", "redirect_uri")
        return Holding(self.holds.key_id, self.settings({k: getattr(self.holds, k) for k in keys}))

    async def retrieve(self):
        if self.holds is None:
            return Held({}, None)
        keys = ("client_id", "tenant_id", "authorization_url", "token_url", "redirect_uri")
        return Held({k: getattr(self.holds, k) for k in keys}, self.holds.secret)

    async def clear(self):
        self.holds = None
