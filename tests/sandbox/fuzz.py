"""What nobody should send, to every port of the sandbox: `make fuzz`, or ARGS="--requests 10000 --seed 1".

Malformed requests over HTTP (paths, queries, bodies, headers, tokens), lines of SMTP and IMAP, by strangers and by a
user who is signed in, huge ones, and ones that stop half-way and stay. Counts answers of 5xx that the sandbox did not
mean, requests that were owed an answer and got none, and tracebacks in its log; tells its memory before and after. Ends
with 1 where there is one of these, or where its memory grew.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import ssl
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import click
import httpx

from provision.sandbox import manage
from tests.mail import Office, encoded
from tests.sandbox.fuzz_http import Case
from tests.sandbox.fuzz_other import Requests
from tests.sandbox.test_mail_malformed import PIECES

AT_ONCE = 8
OWED = 60  # seconds, on a machine that is busy with other things
OURS = (b"451 4.3.0", b"Server Unavailable")
"""What Exchange's mail says where it failed itself."""
MEANT = {501}  # "the sandbox leaves this out"
GROWTH = 1.5
"""Memory at the end, with an empty world, against that after the first fifth of the requests, with an empty world."""


class Outside(Office):
    """A tenant whose sandbox is a process of its own."""

    def start(self):
        self.attach(manage.start(self.folder))
        self.stop = lambda: manage.stop(self.folder)

    def memory(self):
        """Resident, in kilobytes."""
        pid, _ = manage._recorded(self.folder)
        return int(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True).stdout)


@dataclass
class Tally:
    statuses: Counter = field(default_factory=Counter)
    sent: int = 0
    faults: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    @property
    def unmeant(self):
        return sum(n for status, n in self.statuses.items() if status // 100 == 5 and status not in MEANT)


class Fuzz:
    def __init__(self, folder, seed):
        self.draw = random.Random(seed)  # noqa: S311 - repeatable is what is wanted
        self.office, self.tally, self.owed = Outside(folder), Tally(), OWED
        self.context = ssl.create_default_context(cafile=self.office.info["ca"])
        self._acquaint()

    def _acquaint(self):
        """Signs in, and learns what there is: again after each reset."""
        info = self.office.info = httpx.get(f"{self.office.info['control']}/status", trust_env=False).json()
        operator = info["operator"]["client_id"], Path(info["operator"]["secret_file"]).read_text()
        self.office.login = f"{info['login']}/{info['tenant']['id']}"
        token = self.office.own_token(*operator, "https://graph.microsoft.com/.default")
        self.mail_token = encoded(self.office.token()).encode()
        world = httpx.get(f"{info['control']}/world", trust_env=False).json()
        principals = list(world["principals"].values())
        known = {"app": list(world["apps"]), "sp": [p["id"] for p in principals], "appId": list(world["principals"])}
        known |= {"user": [world["users"][0]["id"], "reports@contoso.com"]}
        self.ports = {
            name: int(info[name].rpartition(":")[2]) for name in ("graph", "login", "mspbots", "control", "proxy")
        }
        self.ports |= {name: self.office.port(name) for name in ("smtp", "imap")}
        self.ports["submission"] = self.ports["smtp"]
        self.requests = Requests(self.draw, known, token, info["tenant"]["id"], operator)

    def case(self):
        return self.mail() if self.draw.random() < 0.2 else self.requests.any()

    def mail(self):
        """A few lines, then the end."""
        draw, port = self.draw, self.draw.choice(("smtp", "submission", "submission", "imap", "imap", "imap"))
        lines = [self.mail_line(number) for number in range(draw.randint(1, 12))]
        if port == "imap":
            begun = b"a AUTHENTICATE XOAUTH2 " + self.mail_token + b"\r\nb SELECT Drafts\r\n"
            return Case(port, (begun if draw.random() < 0.7 else b"") + b"".join(lines) + b"z LOGOUT\r\n", whole=False)
        signed_in = b"AUTH XOAUTH2 " + self.mail_token + b"\r\n"
        begun = b"EHLO x\r\n" + draw.choice((signed_in, signed_in, b"", b"STARTTLS\r\n"))
        return Case(port, begun + b"".join(lines) + b"QUIT\r\n", whole=False)

    def mail_line(self, number):
        if self.draw.random() < 0.02:
            return b"t1 " + b"x" * 300_000 + b"\r\n"
        words = self.draw.choices(PIECES, k=self.draw.randint(1, 8))
        return (b"t%d " % number if self.draw.random() < 0.7 else b"") + b" ".join(words) + b"\r\n"

    # -- sending

    async def send(self, case):
        self.tally.sent += 1
        reader, writer = await self.opened(case.port)
        answer = bytearray()
        try:
            async with asyncio.timeout(self.owed if case.whole else 0.2):
                await self.talk(reader, writer, case.sent, answer)
        except TimeoutError:
            if case.whole:
                self.tally.hangs.append(f"{case.port}: {case.sent[:300]!r}")
        finally:
            await _leave(writer)
        status = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
        if status:
            self.tally.statuses[int(status[1])] += 1
        if (status and status[1][:1] == b"5" and int(status[1]) not in MEANT) or any(fault in answer for fault in OURS):
            self.tally.faults.append(
                f"{case.port}: {case.sent[:600]!r} … {case.sent[-900:]!r}: {bytes(answer[-300:])!r}"
            )

    async def opened(self, port):
        """`submission` is SMTP after STARTTLS."""
        tls = self.context if port in {"graph", "login", "mspbots", "imap"} else None
        reader, writer = await asyncio.open_connection("localhost" if tls else "127.0.0.1", self.ports[port], ssl=tls)
        if port == "submission":
            writer.write(b"EHLO x\r\nSTARTTLS\r\n")
            await reader.readuntil(b"\r\n220 ")
            await reader.readuntil(b"\r\n")
            await writer.start_tls(self.context, server_hostname="localhost")
        return reader, writer

    async def talk(self, reader, writer, sent, answer):
        """Until an answer is whole, or the connection ends, which may be before all was sent."""
        try:
            writer.write(sent)
            await writer.drain()
            while not _whole(bytes(answer), sent) and (part := await reader.read(65536)):
                answer += part
        except OSError:
            pass

    async def batch(self, count):
        cases = [self.case() for _ in range(count)]
        loiterers = [await self.opened(port) for port in self.ports]
        for _, writer in loiterers:
            writer.write(b"GET /v1.0/applic")  # and no more of it for as long as the others are served
        queue = iter(cases)

        async def one():
            for case in queue:
                await self.send(case)

        await asyncio.gather(*(one() for _ in range(AT_ONCE)))
        for _, writer in loiterers:
            await _leave(writer)

    def run(self, count):
        try:
            rounds = max(5, count // 200)
            for number in range(rounds):
                asyncio.run(self.batch(count // rounds))
                self.office.control("reset")
                self._acquaint()  # it stands: it signs in a person, and reads and sends mail
                with self.office.imap(self.office.token()) as connection:
                    connection.select("INBOX")
                self.office.send(self.office.token())
                if number + 1 in {max(1, rounds // 5), rounds}:
                    self.tally.memory.append(self.office.memory())
        finally:
            self.office.end()
        # asyncio's own, of TLS handshakes that fail, are none of ours
        traces = (self.office.folder / "server.log").read_text().split("Traceback (most recent call last):")[1:]
        self.tally.faults += [trace[-2000:] for trace in traces if "/provision/sandbox/" in trace]
        return self.tally


async def _leave(writer):
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


def _whole(answer, sent):
    """Is it a whole answer of HTTP?"""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    empty = sent.startswith((b"HEAD ", b"CONNECT ")) or b" 204 " in head[:20] or b" established" in head
    return answer.startswith(b"HTTP/1.") and end and (empty or (length is not None and len(body) >= int(length[1])))


def main():
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="provision-fuzz-") as folder:
        tally = Fuzz(Path(folder) / "sandbox", options.seed).run(options.requests)
    before, after = tally.memory[0], tally.memory[-1]
    click.echo("answers: " + ", ".join(f"{status} {count:,}" for status, count in sorted(tally.statuses.items())))
    for fault in [*dict.fromkeys(tally.faults), *tally.hangs]:
        click.echo(f"  FAULT {fault}")
    told = f"{tally.sent:,} sent, {tally.unmeant} answered 5xx, {len(tally.hangs)} hangs"
    memory = f"{before / 1024:.0f} MB before, {after / 1024:.0f} MB after"
    click.echo(f"sandbox fuzzed, seed {options.seed}: {told}, {memory}")
    sys.exit(1 if tally.faults or tally.hangs or after > GROWTH * before else 0)


if __name__ == "__main__":
    main()
