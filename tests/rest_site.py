"""A small HTTPS server for the services that a secret is delivered to, with ways to fail; and a proxy in front of it.

A service is a subclass with `answer`. It keeps `seen`, the method and path of each request, so that a test can
tell what was sent twice. `how` says what goes wrong with a request that writes.
"""

from __future__ import annotations

import http.server
import json
import socket
import ssl
import threading

FAULTS = {
    "refused": (400, "BadRequest"),
    "wrong credentials": (401, "Unauthorized"),
    "permission denied": (403, "Forbidden"),
    "full disk": (507, "InsufficientStorage"),
    "throttled": (429, "TooManyRequests"),
}


class RestSite:
    """Serves from the start; `close()` ends it."""

    host = "localhost"

    def __init__(self, authority):
        self.how, self.seen, self.entered, self.go_on = None, [], threading.Event(), threading.Event()
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def read_and_serve(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                site.serve(self, body)

            def log_message(self, *_):
                pass

        for method in ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.read_and_serve)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A client that went away is none of ours."""

        self.server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(self.host, "127.0.0.1").configure_cert(context)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.url = f"https://{self.host}:{self.port}"
        self.proxies = []
        self._start(self.server)

    @staticmethod
    def _start(server):
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def proxy(self):
        """The address of a proxy that leads to this site, whatever host is asked for."""
        site = self

        class Connect(http.server.BaseHTTPRequestHandler):
            def do_CONNECT(self):
                site.seen.append(("CONNECT", self.path))
                with socket.create_connection(("127.0.0.1", site.port)) as there:
                    self.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    back = threading.Thread(target=_pour, args=(there, self.connection), daemon=True)
                    back.start()
                    _pour(self.connection, there)
                    back.join()
                self.close_connection = True

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Connect)
        server.daemon_threads = True
        self.proxies.append(server)
        self._start(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    def serve(self, request, body):
        path = request.path.partition("?")[0]
        self.seen.append((request.command, path))
        if not self.allowed(request):
            return self.send(request, *self.unauthorized(request))
        writes = self.writes(request.command, path)
        if writes and self.how in FAULTS:
            return self.send(request, *self.error(*FAULTS[self.how]))
        if writes and self.how == "slow":
            self.entered.set()
            self.go_on.wait(60)
        answer = self.answer(request.command, path, json.loads(body) if body else None)
        if writes and self.how == "answer lost":
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
            return None
        return self.send(request, *answer)

    def send(self, request, status, answer, headers=()):
        data = b"" if answer is None else json.dumps(answer).encode()
        request.send_response(status)
        for name, value in headers:
            request.send_header(name, value)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(data)

    def allowed(self, request):
        return True

    def unauthorized(self, request):
        return 401, {}

    def writes(self, method, path):
        return method not in ("GET", "HEAD")

    def error(self, status, code):
        return status, {"error": {"code": code, "message": "made up"}}

    def close(self):
        self.go_on.set()
        for server in (*self.proxies, self.server):
            server.shutdown()
            server.server_close()


def _pour(source, target):
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
