"""A transport for azure-identity that has read the tenant's discovery document already.

msal asks for the document that we have just asked for. This answers from ours, and so saves one request and one round
trip in every run. Everything else goes over the wire.
"""

from __future__ import annotations

from typing import Any

from azure.core.pipeline.transport import HttpRequest, RequestsTransport, RequestsTransportResponse
from requests import Response


class RememberingTransport(RequestsTransport):  # type: ignore[misc]  # no types where it is imported from
    """`url` is the document's address, `document` its JSON text as it came."""

    def __init__(self, url: str, document: bytes, **options: Any) -> None:
        super().__init__(**options)
        self._url, self._document = url, document

    def send(self, request: HttpRequest, **options: Any) -> Any:
        if request.method != "GET" or request.url != self._url:
            return super().send(request, **options)
        answer = Response()
        answer.status_code, answer.url, answer._content = 200, request.url, self._document  # noqa: SLF001
        answer.headers["Content-Type"] = "application/json; charset=utf-8"
        return RequestsTransportResponse(request, answer)
