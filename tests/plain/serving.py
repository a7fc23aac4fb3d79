"""The tenant of tests/plain over TLS on loopback, by http.server and ssl alone, and a CONNECT proxy in front of it.

What is not in its ROUTES is refused as Graph does, and kept in `refused`.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote

from tests.plain.tenant import ROUTES, RefusedError, now


class Handler(BaseHTTPRequestHandler):
    """One request to `host` ("login" or "graph") of `tenant`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    tenant = host = None

    def log_message(self, *_):
        pass

    def answer(self):
        path, _, query = unquote(self.path).partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            status, found = self.login(path, body) if self.host == "login" else self.graph(path, query, body)
        except RefusedError as refused:
            status, code, message = refused.args
            inner = {"date": now()[:19], "request-id": str(uuid.uuid4())}
            found = {"error": {"code": code, "message": message, "innerError": inner}}
        self.tenant.requests.append((self.command, self.host, path, status))
        text = b"" if found is None else json.dumps(found).encode()
        self.send_response(status)
        if text:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - http.server's names

    def unknown(self, path):
        self.tenant.refused.append((self.command, self.host, path))
        return RefusedError(404, "ResourceNotFound", f"Resource not found for the segment '{path}'.")

    def login(self, path, body):
        name, _, rest = path[1:].partition("/")
        if (self.command, rest) == ("GET", "v2.0/.well-known/openid-configuration"):
            return self.tenant.discovery(name)
        if (self.command, rest) == ("POST", "oauth2/v2.0/token"):
            return self.tenant.token(name, {key: values[0] for key, values in parse_qs(body.decode()).items()})
        raise self.unknown(path)

    def graph(self, path, query, body):
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tenant.tokens:
            raise RefusedError(401, "InvalidAuthenticationToken", "Access token is empty, invalid or expired.")
        wanted = re.fullmatch(r"(?:\$select=([\w,]+))?", query)
        for (method, pattern), name in ROUTES.items():
            match = re.fullmatch("/v1.0" + pattern, path)
            if match and wanted and method == self.command:
                if body and self.headers.get("Content-Type") != "application/json":
                    raise RefusedError(400, "Request_BadRequest", "Content-Type must be application/json.")
                prefer = self.headers.get("Prefer")
                status, found = getattr(self.tenant, name)(json.loads(body or "{}"), prefer, *match.groups())
                return status, selected(found, wanted[1])
        raise self.unknown(f"{path}?{query}" if query else path)


def selected(found, names):
    if found and names and "value" in found:
        return {"value": [selected(one, names) for one in found["value"]]}
    return {n: found.get(n) for n in names.split(",")} if found and names else found


class Proxy(Handler):
    """CONNECT to the two hosts by Microsoft's names, and to nowhere else."""

    def do_CONNECT(self):
        base = self.tenant.ports.get(self.path)
        self.send_response(200 if base else 403)
        self.end_headers()
        if base:
            with socket.create_connection(("127.0.0.1", base)) as there:
                back = threading.Thread(target=pour, args=(there, self.connection))
                back.start()
                pour(self.connection, there)
                back.join()
        self.close_connection = True


def pour(source, target):
    """Until the source ends; then the target is told that nothing more comes."""
    try:
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(tenant, context):
    """Starts both hosts and the proxy: (login's base, Graph's base, the proxy's address, a function that ends all)."""
    tenant.ports, servers = {}, []
    for host, name in (("login", "login.microsoftonline.com"), ("graph", "graph.microsoft.com"), ("proxy", None)):
        handler = type(host, (Proxy if name is None else Handler,), {"tenant": tenant, "host": host})
        servers.append(server := ThreadingHTTPServer(("127.0.0.1", 0), handler))
        if name:
            server.socket = context.wrap_socket(server.socket, server_side=True)
            tenant.ports[f"{name}:443"] = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    *both, proxy = (server.server_address[1] for server in servers)

    def end():
        for server in servers:
            server.shutdown()
            server.server_close()

    return *(f"https://localhost:{port}" for port in both), f"http://127.0.0.1:{proxy}", end
