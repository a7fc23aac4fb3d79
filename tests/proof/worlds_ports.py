"""The ports of one run, over the world: what the adapters do, as far as a run can tell (provision/ports.py).

The directory's clock is read from its answers, in whole seconds. A 404 for what this run made itself is waited out.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from provision import errors
from provision.model import App, Endpoints, Grant, Holding, Readiness, SecretRules, ServicePrincipal
from provision.secret import Secret
from provision.sinks.digest import settings_digest
from tests.proof.worlds_state import MARK

GRAPH_ACCESS = frozenset({"258f6531-6087-4cc4-bb90-092c5fb3ed3f"})
FIELDS = ("client_id", "tenant_id", "authorization_url", "token_url", "redirect_uri")
BASE = "https://login.example/t1/oauth2/v2.0"


class Clock:
    def __init__(self, run):
        self.run = run

    def now(self):
        return self.run.local()

    async def sleep(self, seconds):
        world, wakes = self.run.world, self.run.world.now + timedelta(seconds=seconds)
        await self.run.call("sleep", lambda: world.wait(max(wakes - world.now, timedelta(0))))


class Directory:
    request_id = None

    def __init__(self, run):
        self.run, self.world, self._offset, self._young = run, run.world, timedelta(0), False

    def now(self):
        return self.run.local() + self._offset

    @property
    def skew(self):
        return -self._offset

    async def _call(self, name, act, *, write=False):
        def answered():
            try:
                return act()
            finally:
                self._offset = self.world.now.replace(microsecond=0) - self.run.local()

        return await self.run.call(name, answered, write=write)

    def _read(self):
        found = self.world.read(self.run)
        return self.world.snapshot if self._young and found.app is None else found

    async def find_app(self, key):
        def act():
            app = self._read().app
            self.run.lost |= self.run.unanswered & {c.key_id for c in (app.credentials if app else ())}
            return app

        return await self._call("find_app", act)

    async def find_app_by_client_id(self, client_id):
        def act():
            app = self._read().app
            return app if app is not None and app.client_id == client_id else None

        return await self._call("find_app_by_client_id", act)

    async def find_client_ids(self, name):
        def act():
            app = self._read().app
            return frozenset({app.client_id} if app is not None and app.name == name else ())

        return await self._call("find_client_ids", act)

    async def find_deleted(self, key):
        def act():
            deleted = self.world.read().deleted
            return deleted.object_id if deleted else None

        return await self._call("find_deleted", act)

    async def secret_rules(self, app):
        def act():
            return SecretRules(self.world.forbidden, self.world.cap)

        return await self._call("secret_rules", act)

    async def restore(self, object_id):
        def act():
            self.world.restore(object_id, self.run)
            self._young = True

        await self._call("restore", act, write=True)

    async def upsert_app(self, settings, tags):
        """A PATCH with create-if-missing: where the app is there, it replaces each field of the body as a whole."""

        def act():
            app = self.world.upsert(self.run, lambda old: _upserted(self.world, settings, tags, old))
            self._young = True
            return app

        return await self._call("upsert_app", act, write=True)

    async def update_app(self, app, settings, tags):
        fields = _differing(app, settings, tags)
        if fields:
            await self._call("update_app", lambda: self.world.patch(app.object_id, self.run, **fields), write=True)

    async def delete_app(self, app):
        await self._call("delete_app", lambda: self.world.delete(self.run), write=True)

    async def find_service_principal(self, client_id):
        def act():
            found = self.world.snapshot if self._young else self.world.read()
            return ServicePrincipal(f"sp-{client_id}", client_id) if client_id in found.principals else None

        return await self._call("find_service_principal", act)

    async def upsert_service_principal(self, client_id, name):
        def act():
            if self.world.app is None or self.world.app.client_id != client_id:
                raise errors.NotFoundError("no such app")
            self.world.write(self.run, principals=self.world.snapshot.principals | {client_id})
            return ServicePrincipal(f"sp-{client_id}", client_id)

        return await self._call("upsert_service_principal", act, write=True)

    async def permission_ids(self, scopes):
        return GRAPH_ACCESS

    async def find_grants(self, service_principal):
        return await self._call("find_grants", lambda: self.world.read().grants)

    async def grant(self, service_principal, scopes, user):
        await self._call("grant", lambda: self.world.write(self.run, grants=(Grant("g", scopes, user),)), write=True)

    async def add_password(self, app, label, end):
        def act():
            made = self.world.mint(self.run, app.object_id, label, end)
            self.run.unanswered.add(made.key_id)
            return made, Secret(self.world.values[made.key_id])

        made, box = await self._call("add_password", act, write=True)
        self.run.unanswered.clear()
        return made, box

    async def remove_password(self, app, key_id):
        await self._call("remove_password", lambda: self.world.remove(self.run, app.object_id, key_id), write=True)

    async def aclose(self):
        pass


def _upserted(world, settings, tags, old):
    fields = {"name": settings.name or settings.key, "audience": settings.audience, "tags": tags}
    if settings.redirect_uris is not None:
        fields["redirect_uris"] = settings.redirect_uris
    if settings.permissions is not None:
        fields |= {"permissions": settings.permissions, "other_access": ()}
    new = App(world.new_id(), world.new_id(), settings.key, "", "", frozenset(), frozenset(), frozenset())
    return replace(old or new, **fields)


def _differing(app, settings, tags):
    """As entra/shapes.py has it: only what differs from `app`, each collection as a whole."""
    fields = {}
    if settings is not None:
        wanted = {"name": settings.name, "audience": settings.audience, "redirect_uris": settings.redirect_uris}
        fields = {k: v for k, v in wanted.items() if v is not None and v != getattr(app, k)}
        if settings.permissions is not None and settings.permissions != app.permissions:
            fields |= {"permissions": settings.permissions, "other_access": app.other_access}
    if tags is not None and tags != app.tags:
        fields["tags"] = tags
    return fields


class Login:
    def __init__(self, run):
        self.run = run

    async def endpoints(self):
        return await self.run.call("endpoints", lambda: Endpoints("t1", f"{BASE}/authorize", f"{BASE}/token"))

    async def own_client_id(self):
        return await self.run.call("own_client_id", lambda: "operator")

    async def accepts(self, client_id, secret):
        value = secret.reveal().removeprefix(f"{MARK}-")
        return await self.run.call("accepts", lambda: self.run.world.accepts(client_id, value))

    async def aclose(self):
        pass


class Sink:
    """Cannot be read."""

    def __init__(self, run, place):
        self.run, self.place, self.name, self.id = run, place, place.name, place.id
        self.needs_person, self.extra = not place.readable, place.extra

    def settings(self, values):
        return settings_digest({**values, "extra": self.extra})

    async def ready(self):
        def act():
            state = self.place.state
            if state in {"up", "refuses"}:
                self.run.ready.add(self.id)
                return Readiness(ok=True)
            person = state == "absent"
            code = "person-needed" if person else "sink"
            return Readiness(ok=False, reason=f"it is {state}", person=person, code=code, hint="Come back.")

        return await self.run.call("ready", act)

    async def deliver(self, parcel):
        await self.run.call("deliver", lambda: self.run.world.deliver(self.place, parcel, self.extra), write=True)

    async def aclose(self):
        pass


class ReadableSink(Sink):
    async def read(self):
        def act():
            if self.place.state == "down":
                raise errors.SinkError("it is down")
            if self.place.holds is None:
                return Holding(None)
            parcel, extra = self.place.holds, self.place.held_extra
            digest = settings_digest({**{k: getattr(parcel, k) for k in FIELDS}, "extra": extra})
            return Holding(parcel.key_id, digest)

        return await self.run.call("read", act)
