"""The contract of Directory and Login at a real tenant, beside the sandbox: `make live`, docs/how-to/live.md.

python -m scripts.live [--yes] [-k EXPRESSION]    runs it; prints each difference as a case; takes all back
python -m scripts.live --clean [--yes]            removes what runs that were cut off have left

Ends with 0 where nothing differs, 1 where something does or a test failed, 64 where something is to be set first.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provision.entra.login import EntraLogin
from provision.errors import ProvisionError
from provision.sandbox.testing import EntraSandbox
from provision.wiring import SystemClock
from tests.contract.places import LIVE
from tests.live.asked import Asked, MissingError, asked
from tests.live.cleaning import Cleaner, NotOursError
from tests.live.differing import dumped
from tests.live.mirror import PREFIX, Mirror

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
CASES = ROOT / ".build" / "live" / "cases"
SUITE = ("tests/contract/test_directory.py", "tests/contract/test_login.py")
IMPORTED = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
QUIET = ("-p", "no:cacheprovider", "--tb=short", "-v", "-W", IMPORTED)
USAGE, FAILED = 64, 1
PAUSES = (0, 10, 20, 30, 60)
"""Seconds before each look at the end for what a tenant does not show yet."""
WILL = """\
tenant {tenant} ({host}), signed in as {who}
Will make some forty apps, one after the other: uniqueName {prefix}…, tag {mark}, with secrets that end after a day, and
consent for {mailbox} and for the tenant to SMTP.Send and IMAP.AccessAsUser.All of those apps. Each is removed for
good as soon as its test is over. Nothing else is changed."""


@dataclass
class Live:
    """As the tests see it: a plugin of the run."""

    asked: Asked
    tenant_id: str
    mirror: Mirror

    def pytest_configure(self, config: pytest.Config) -> None:
        config.live = self  # type: ignore[attr-defined]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if _is_live(item)]

    def take_back(self, cleaner: Cleaner) -> None:
        for name in list(self.mirror.unanswered):
            if (found := cleaner.find(name)) is not None:
                self.mirror.made[found] = name
                self.mirror.unanswered.discard(name)
        for object_id in list(self.mirror.made):
            try:
                gone = cleaner.remove(object_id)
            except NotOursError as error:
                print(f"live: {error}", file=sys.stderr)
                gone = True
            if gone:
                del self.mirror.made[object_id]


def _is_live(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    return callspec is not None and callspec.params.get("shared") == "live"


@dataclass(frozen=True)
class SignedIn:
    tenant_id: str
    who: str
    token: str


def sign_in(wanted: Asked) -> SignedIn:
    """Raises ProvisionError."""

    async def go() -> SignedIn:
        login = EntraLogin(wanted.login, wanted.cloud, wanted.tenant, SystemClock())
        try:
            found = await login.endpoints()
            token = await login.get_token(wanted.cloud.scope)
            return SignedIn(found.tenant_id, str(await login.own_client_id()), token)
        finally:
            await login.aclose()

    return asyncio.run(go())


def confirmed(*, yes: bool) -> bool:
    if yes:
        return True
    if not sys.stdin.isatty():
        print("live: nothing was changed: say --yes (make live ARGS=--yes)", file=sys.stderr)
        return False
    return input("Go on? [y/N] ").strip().lower() == "y"


@contextmanager
def cleaner(wanted: Asked, token: str) -> Iterator[Cleaner]:
    made = Cleaner(wanted.cloud, token)
    try:
        yield made
    finally:
        made.close()


def clean(wanted: Asked, me: SignedIn, *, yes: bool) -> int:
    with cleaner(wanted, me.token) as cleaning:
        left = cleaning.leftovers()
        for one in left:
            print(f"{one.object_id}  {one.name}{'  deleted' if one.deleted else ''}")
        if not left:
            print("live: nothing is left of earlier runs")
            return 0
        if not confirmed(yes=yes):
            return USAGE
        gone = [cleaning.remove(one.object_id) for one in left]
        print(f"live: {sum(gone)} of {len(gone)} removed for good")
        return 0 if all(gone) else FAILED


def run(wanted: Asked, me: SignedIn, *, yes: bool, only: str) -> int:
    told = {"tenant": me.tenant_id, "host": wanted.cloud.graph, "who": me.who, "mailbox": wanted.mailbox}
    print(WILL.format(**told, prefix=PREFIX, mark=PREFIX.rstrip("-")))
    with cleaner(wanted, me.token) as cleaning:
        if left := cleaning.leftovers():
            names = ", ".join(one.name for one in left[:3])
            print(f"live: {len(left)} apps of another run are there ({names}): make live ARGS=--clean", file=sys.stderr)
            return USAGE
    if not confirmed(yes=yes):
        return USAGE
    os.environ[LIVE] = "1"
    with tempfile.TemporaryDirectory(prefix="provision-live-") as folder, EntraSandbox(Path(folder)) as sandbox:
        live = Live(wanted, me.tenant_id, Mirror(wanted.cloud, sandbox, CASES))
        options = [*QUIET, *(["-k", only] if only else [])]
        try:
            code = pytest.main([*SUITE, *options], plugins=[live])
        finally:
            left_behind = sweep(live)
            cases = live.mirror.cases()
    for path, case in cases.items():
        print(f"\n== {path.relative_to(ROOT)}\n{dumped(case)}", end="")
    print(f"\nlive: {live.mirror.compared} answers compared, {len(cases)} differences", end="")
    print(f", {live.mirror.lags} of lag left out" if live.mirror.lags else "")
    if cases:
        print(f"Read them, then send them, or put them into tests/cases: {CASES.relative_to(ROOT)}")
    return FAILED if cases or code or left_behind else 0


def sweep(live: Live) -> bool:
    """What is still there of this run, also after ctrl-C. True where something stays."""
    for pause in PAUSES:
        if not (live.mirror.made or live.mirror.unanswered):
            return False
        time.sleep(pause)
        with cleaner(live.asked, sign_in(live.asked).token) as cleaning:
            live.take_back(cleaning)
    names = ", ".join([*live.mirror.made.values(), *live.mirror.unanswered])
    if names:
        print(f"live: not found, so not removed: {names}; look again later: make live ARGS=--clean", file=sys.stderr)
    return bool(names)


def main() -> int:
    parser = argparse.ArgumentParser(prog="live", description=__doc__.partition("\n")[0])
    parser.add_argument("--yes", action="store_true", help="does not ask")
    parser.add_argument("--clean", action="store_true", help="removes what runs that were cut off have left")
    parser.add_argument("-k", dest="only", default="", help="only these tests, as pytest takes it")
    options = parser.parse_args()
    try:
        wanted = asked(os.environ)
        me = sign_in(wanted)
        if options.clean:
            return clean(wanted, me, yes=options.yes)
        return run(wanted, me, yes=options.yes, only=options.only)
    except MissingError as error:
        print(f"live: {error}", file=sys.stderr)
        return USAGE
    except ProvisionError as error:
        print(f"live: {error}\n{error.hint}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
