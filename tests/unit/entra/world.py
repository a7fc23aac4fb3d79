"""What the tests of provision/entra share: made-up ids, scripted answers, one call for each method, and all that an
error can show."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime

import httpx

from provision.model import App, AppSettings

VALUE = "Zq8~SENTINEL-value-that-must-not-show"
RID = "9b0df954-93b5-4de9-8b99-43c204a8aaf8"
TENANT = "88888888-8888-8888-8888-888888888888"
OBJECT, CLIENT = "03ef14b0-ca33-4840-8f4f-d6e91916010e", "631a96bc-a705-4eda-9f99-fdaf9f54f6a2"
KEY_ID = "f0b0b335-1d71-4883-8f98-567911bfdca6"
APP = App(OBJECT, CLIENT, "key", "name", "AzureADMyOrg", frozenset(), frozenset(), frozenset())
JSON_APP = {"id": OBJECT, "appId": CLIENT, "uniqueName": "key", "displayName": "name", "signInAudience": "AzureADMyOrg"}
END = datetime(2027, 1, 1, tzinfo=UTC)


class Tokens:
    async def get_token(self, scope, claims=None):
        return "token"


def graph_error(status, code="", message="", headers=None, **more):
    error = {"code": code, "message": f"{message} {VALUE}", "innerError": {"request-id": RID}, **more}
    return httpx.Response(status, json={"error": error}, headers=headers)


def shown(error):
    """All that an error can show: its text, its dict, its chain, and the locals of our own frames."""
    text = "".join(traceback.format_exception(error)) + repr(error) + str(error.as_dict())
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if "/provision/" in frame.f_code.co_filename]
    assert frames
    assert error.__context__ is None
    return text + "".join(repr(frame.f_locals) for frame in frames)


async def find(d):
    return await d.find_app("key")


async def add(d):
    return await d.add_password(APP, "label", END)


async def remove(d):
    return await d.remove_password(APP, KEY_ID)


async def upsert(d):
    return await d.upsert_app(AppSettings("key", "name", None, None), frozenset())


async def delete(d):
    return await d.delete_app(APP)
