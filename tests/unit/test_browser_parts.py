"""What the browser sink keeps on disk, which account a page shows, and what of a page's words may be repeated."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys

import pytest

from provision.errors import SinkError
from provision.secret import Secret
from provision.sinks import account, browser_data
from provision.sinks.shown import masked

HIDDEN = "what it says is not shown, because it repeats a part of the secret"
VALUE = "abc8Q~made.up-made_up~for.this-test-1234"


@pytest.fixture
def folder(tmp_path):
    default = tmp_path / "data" / "Default"
    for name in (
        "Network/Cookies",
        "Local Storage/leveldb/1.log",
        "Sessions/Tabs",
        "Cache/f",
        "New Thing/f",
        "History",
    ):
        (default / name).parent.mkdir(parents=True, exist_ok=True)
        (default / name).write_text(VALUE)
    (default / "Preferences").write_text("{}")
    (tmp_path / "data" / "Crashpad").mkdir()
    return tmp_path


def kept(folder):
    return {path.name for path in (folder / "data" / "Default").iterdir()}


def test_the_session_and_settings_alone_stay_also_of_folders_that_nobody_knows_yet(folder):
    browser_data.forget(folder)
    assert kept(folder) == {"Network", "Local Storage", "Preferences"}
    assert not (folder / "data" / "Crashpad").exists()


def test_after_a_killed_delivery_what_pages_stored_goes_too_once(folder):
    browser_data.mark(folder)
    browser_data.forget(folder)
    assert kept(folder) == {"Network", "Preferences"}
    (folder / "data" / "Default" / "Local Storage").mkdir()
    browser_data.forget(folder)
    assert kept(folder) == {"Network", "Preferences", "Local Storage"}


def test_at_the_end_of_a_delivery_a_store_goes_only_where_it_holds_the_value(folder):
    browser_data.mark(folder)
    assert browser_data.scrub(folder, b"another value of a secret") == 0
    assert kept(folder) == {"Network", "Local Storage", "Preferences"}
    assert browser_data.scrub(folder, VALUE.encode()) == 2
    assert browser_data.holders(folder, VALUE.encode()) == []


@contextlib.contextmanager
def started(argument):
    """A process that runs, and has this on its command line."""
    command = [sys.executable, "-c", "print(flush=True); input()", argument]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process
        process.communicate(b"\n")


def test_a_browser_that_is_still_open_there_is_waited_for(folder):
    data = folder / "data"
    with started(str(data)) as browser:
        (data / "SingletonLock").symlink_to(f"here-{browser.pid}")
        with pytest.raises(SinkError, match="A browser that is not ours is open") as told:
            asyncio.run(browser_data.left(folder, patience_s=0))
        assert told.value.hint == "Close it, then run again."
    asyncio.run(browser_data.left(folder, patience_s=0))


def test_a_folder_that_cannot_be_written_is_told_with_the_way_out(folder):
    (folder / "lock").mkdir()
    with pytest.raises(SinkError, match="cannot be used: Is a directory") as told, browser_data.locked(folder):
        pass
    assert told.value.hint == "Set `user_data` to a folder of your own."


def test_the_link_of_a_browser_whose_id_is_anothers_by_now_is_not_waited_for(folder):
    with started("somewhere else") as stranger:
        (folder / "data" / "SingletonLock").symlink_to(f"here-{stranger.pid}")
        asyncio.run(browser_data.left(folder, patience_s=0))


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("other@contoso.com\nPermissions requested", ["other@contoso.com"]),
        ("Reports@Contoso.com\nPermissions requested", []),
        ("Pick an account\nother@contoso.com\nreports@contoso.com", []),
        ("Pick an account\na.b@c.com\nc+d@sub.c.com\na.b@c.com", ["a.b@c.com", "c+d@sub.c.com"]),
        ("Sign in\nsomeone@\n@example", []),
    ],
)  # fmt: skip
def test_a_page_of_another_account_is_known_by_the_addresses_that_it_shows(text, others):
    assert account.others(text, "reports@contoso.com") == others


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"AADSTS7000215: {VALUE} is wrong", "AADSTS7000215: … is wrong"),
        (f"{VALUE[:20]}… is wrong", HIDDEN),
        ("old0Q~made.up-made_up~for.this-test-9999", HIDDEN),
        ("xyz8Q~anothervalueofthesameform.of_them-all1", HIDDEN),
        ("Saving failed.\x1b[2J", "Saving failed.?[2J"),
    ],
)  # fmt: skip
def test_what_a_page_says_is_repeated_without_the_secret(text, said):
    assert masked(text, Secret(VALUE)) == said
