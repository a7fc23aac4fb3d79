"""A tenant for tests of `make live`: a sandbox behind a server that answers otherwise than the sandbox does, and counts
what was made and removed."""

from __future__ import annotations

import json
import ssl

import httpx

from tests.rest_site import RestSite


class Altered(RestSite):
    """Before one host of the sandbox. `alter(method, path, status, body)` gives another (status, body)."""

    def __init__(self, authority, base, ca, alter):
        self.base, self.alter, self.answers = base, alter, []
        self.http = httpx.Client(verify=ssl.create_default_context(cafile=ca), trust_env=False)
        super().__init__(authority)

    def serve(self, request, body):
        names = ("authorization", "content-type", "prefer", "consistencylevel", "host", "client-request-id")
        headers = {name: request.headers[name] for name in names if name in request.headers}
        found = self.http.request(request.command, self.base + request.path, headers=headers, content=body)
        told = found.json() if found.content else None
        path = request.path.partition("?")[0]
        status, told = self.alter(request.command, path, found.status_code, told)
        self.answers.append((request.command, path, status))
        data = b"" if told is None else json.dumps(told).encode()
        request.send_response(status)
        for name, value in found.headers.items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def close(self):
        super().close()
        self.http.close()
