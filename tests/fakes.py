"""Fakes of the ports, for unit tests of the use cases: one world in memory, virtual time, faults on request."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from provision import errors
from provision.model import App, Credential, Endpoints, Grant, Holding, Readiness, SecretRules, ServicePrincipal
from provision.secret import Secret

START = datetime(2026, 11, 24, 3, 17, tzinfo=UTC)
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
    """Keeps apps by uniqueName. `faults` maps a method's name to errors that its next calls raise: before the effect,
    or after it where the error is a LostAnswerError."""

    def __init__(self, clock):
        self.clock, self.apps, self.deleted, self.principals = clock, {}, {}, {}
        self.values, self.faults, self.calls, self.grants = {}, {}, [], {}
        self._ids = itertools.count(1)

    def _id(self):
        return f"00000000-0000-0000-0000-{next(self._ids):012d}"

    def _enter(self, name):
        self.calls.append(name)
        queue = self.faults.get(name, [])
        if queue and not isinstance(queue[0], errors.LostAnswerError):
            raise queue.pop(0)
        return queue

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
        key = next(k for k, a in self.deleted.items() if a.object_id == object_id)
        self.apps[key] = self.deleted.pop(key)

    async def upsert_app(self, settings, tags):
        self._enter("upsert_app")
        if settings.key in self.deleted:
            raise errors.ConflictError("Another object with the same value for property uniqueName already exists.")
        old = self.apps.get(settings.key)
        self.apps[settings.key] = App(
            old.object_id if old else self._id(),
            old.client_id if old else self._id(),
            settings.key,
            settings.name or settings.key,
            settings.audience,
            settings.redirect_uris or frozenset(),
            settings.permissions or frozenset(),
            tags | (old.tags if old else frozenset()),
            old.credentials if old else (),
        )
        return self.apps[settings.key]

    async def update_app(self, app, settings, tags):
        self._enter("update_app")
        now = self.apps.pop(next(k for k, a in self.apps.items() if a.object_id == app.object_id))
        if tags is not None:
            now = replace(now, tags=tags)
        if settings is not None:
            now = replace(
                now,
                key=settings.key,
                name=settings.name or now.name,
                redirect_uris=now.redirect_uris if settings.redirect_uris is None else settings.redirect_uris,
                permissions=now.permissions if settings.permissions is None else settings.permissions,
            )
        self.apps[now.key] = now

    async def find_service_principal(self, client_id):
        self._enter("find_service_principal")
        return self.principals.get(client_id)

    async def upsert_service_principal(self, client_id, name):
        self._enter("upsert_service_principal")
        return self.principals.setdefault(client_id, ServicePrincipal(self._id(), client_id))

    async def permission_ids(self, scopes):
        self._enter("permission_ids")
        return frozenset(IDS[s] for s in scopes)

    async def find_grants(self, service_principal):
        self._enter("find_grants")
        return self.grants.get(service_principal.object_id, ())

    async def grant(self, service_principal, scopes, user):
        self._enter("grant")
        self.grants[service_principal.object_id] = (Grant("g1", scopes, user),)

    async def add_password(self, app, label, end):
        lost = self._enter("add_password")
        credential = Credential(self._id(), label, self.now(), end, "abc")
        value = f"fake-{credential.key_id}"
        self.values[credential.key_id] = value
        now = self.apps[app.key]
        self.apps[app.key] = replace(now, credentials=(*now.credentials, credential))
        if lost:
            raise lost.pop(0)
        return credential, Secret(value)

    async def remove_password(self, app, key_id):
        self._enter("remove_password")
        now = self.apps[app.key]
        self.apps[app.key] = replace(now, credentials=tuple(c for c in now.credentials if c.key_id != key_id))

    async def delete_app(self, app):
        self._enter("delete_app")
        self.deleted[app.key] = self.apps.pop(app.key)

    async def aclose(self):
        pass


class FakeLogin:
    def __init__(self, directory, lag=timedelta(0)):
        self.directory, self.lag, self.own = directory, lag, "operator"

    async def endpoints(self):
        base = "https://login.example/t1/oauth2/v2.0"
        return Endpoints("t1", f"{base}/authorize", f"{base}/token")

    async def own_client_id(self):
        return self.own

    async def accepts(self, client_id, secret):
        return any(
            self.directory.values.get(c.key_id) == secret.reveal() and self.directory.now() >= c.start + self.lag
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

    async def clear(self):
        self.holds = None
