"""The logo of an application, as it was sent: PUT and GET (application-update.md). The limit is the admin center's."""

from __future__ import annotations

import base64

from provision.sandbox.graph import applications
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, Refused, invalid, missing
from provision.sandbox.graph.schema import APPLICATION

MOST = 100 * 1024
STREAM = "application/octet-stream"
CDN = "https://secure.aadcdn.microsoftonline-p.com/dbd5a2dd/logo/{}/bannerlogo"


def put(call: Call) -> Answer:
    """Its address in the application's info is made up."""
    app, kind = applications.change(call), call.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != STREAM and not kind.startswith("image/"):
        raise Refused(400, "Request_BadRequest", "The logo must be an image.")
    if not 0 < len(call.content) <= MOST:
        raise invalid("logo", APPLICATION.resource)
    app["_logo"] = {"type": kind, "content": base64.b64encode(call.content).decode()}
    app["info"]["logoUrl"] = CDN.format(app["id"])
    return NO_CONTENT


def get(call: Call) -> Answer:
    logo = applications.find(call).get("_logo")
    if logo is None:
        raise missing("logo")
    return Answer(200, base64.b64decode(logo["content"]), {"Content-Type": logo["type"]})
