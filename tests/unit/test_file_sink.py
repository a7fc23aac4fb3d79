"""The dotenv file: what is written, what stays, and that the old file is whole until the new one is."""

import asyncio
import os
import resource
import shlex
import stat
import subprocess
from datetime import UTC, datetime

import pytest

from provision.errors import NotWritableError, UsageError
from provision.model import Holding
from provision.ports import Clearable, Parcel, Readable
from provision.secret import Secret
from provision.sinks.file import FileSink, form

VALUES = {
    "tenant_id": "7b1c1f3e-0000-4000-8000-000000000001",
    "client_id": "7b1c1f3e-0000-4000-8000-000000000002",
    "authorization_url": "https://login.microsoftonline.com/t/oauth2/v2.0/authorize",
    "token_url": "https://login.microsoftonline.com/t/oauth2/v2.0/token",
    "redirect_uri": "https://app.mspbots.ai/web/um/smtp/redirect",
}
GIVEN = {k: v for k, v in VALUES.items() if k != "redirect_uri"} | {"redirect_uris": {VALUES["redirect_uri"]}}
ENDS = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)


def parcel(secret="Ab8~x.y_z-1", key_id="key-1"):
    return Parcel(key_id=key_id, secret=Secret(secret), expires_at=ENDS, **GIVEN)


def names(folder):
    return [one.name for one in folder.iterdir()]


def sink(path):
    return FileSink("abc123", "file", path)


def deliver(path, **other):
    asyncio.run(sink(path).deliver(parcel(**other)))


def read(path):
    return asyncio.run(sink(path).read())


def sourced(path, key):
    script = f'. {shlex.quote(str(path))}; printf %s "${key}"'
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, env={}).stdout


def test_what_is_delivered_is_held(tmp_path):
    path = tmp_path / "mail.env"
    assert read(path) == Holding(None)
    deliver(path)
    assert read(path) == Holding("key-1", sink(path).settings(VALUES))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sourced(path, "MAIL_CLIENT_SECRET") == "Ab8~x.y_z-1"
    assert sourced(path, "MAIL_SECRET_EXPIRES_AT") == "2027-01-02T03:04:05Z"
    assert isinstance(sink(path), Readable)
    assert isinstance(sink(path), Clearable)


def test_a_second_delivery_of_the_same_changes_no_byte(tmp_path):
    path = tmp_path / "mail.env"
    deliver(path)
    before = path.read_bytes()
    deliver(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("secret", ["a b#c", "$HOME", "`id`", 'a"b', "it's", 'it\'s \\ "here"', "a\\b", "é€", "x!y*?"])
def test_quoting_survives_sh_and_our_own_reading(tmp_path, secret):
    path = tmp_path / "mail.env"
    deliver(path, secret=secret)
    assert sourced(path, "MAIL_CLIENT_SECRET") == secret
    assert read(path).key_id == "key-1"


@pytest.mark.parametrize("secret", ["a\nb", "${HOME}", "it's $5"])
def test_what_no_quoting_carries_is_refused_and_not_repeated(tmp_path, secret):
    path = tmp_path / "mail.env"
    path.write_text("A=1\n")
    with pytest.raises(NotWritableError) as told:
        deliver(path, secret=secret)
    assert secret not in f"{told.value.message}{told.value.hint}"
    assert path.read_text() == "A=1\n"


@pytest.mark.parametrize(
    "before",
    [b"# mine\nA='1'\n\n\tB = 2 # c\n", b"A=1\r\n# b\r\nB=\xff\xfe\r\n", b"A=1\nB=2", b"", b"MAIL_CLIENT_IDX=1\n"],
)
def test_other_lines_stay_byte_for_byte(tmp_path, before):
    path = tmp_path / "mail.env"
    path.write_bytes(before)
    deliver(path)
    assert path.read_bytes().startswith(before)
    assert read(path).key_id == "key-1"
    if before.endswith(b"\r\n"):
        assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")


def test_our_lines_are_replaced_in_place(tmp_path):
    path = tmp_path / "mail.env"
    path.write_bytes(b"A=1\nexport MAIL_CLIENT_SECRET=old\nB=2\nMAIL_CLIENT_SECRET=older\nMAIL_TENANT_ID=t")
    deliver(path)
    lines = path.read_bytes().split(b"\n")
    assert lines[0] == b"A=1"
    assert lines[1] == b"export MAIL_CLIENT_SECRET='Ab8~x.y_z-1'"
    assert lines[2] == b"B=2"
    assert path.read_bytes().count(b"MAIL_CLIENT_SECRET=") == 1


def test_no_final_newline_stays_none_when_no_line_is_added(tmp_path):
    path = tmp_path / "mail.env"
    deliver(path)
    path.write_bytes(path.read_bytes() + b"LAST=1")
    deliver(path, key_id="key-2")
    assert path.read_bytes().endswith(b"\nLAST=1")
    assert read(path).key_id == "key-2"


def test_an_empty_or_missing_secret_holds_nothing(tmp_path):
    path = tmp_path / "mail.env"
    path.write_text("MAIL_SECRET_KEY_ID=key-1\nMAIL_CLIENT_SECRET=\n")
    assert read(path) == Holding(None)
    path.write_text("MAIL_SECRET_KEY_ID=key-1\n")
    assert read(path) == Holding(None)


def test_changed_settings_are_seen(tmp_path):
    path = tmp_path / "mail.env"
    deliver(path)
    path.write_text(path.read_text().replace("/v2.0/token", "/v1/token"))
    assert read(path).settings != sink(path).settings(VALUES)


@pytest.mark.parametrize("broken", ["replace", "fsync"])
def test_killed_before_the_rename_the_old_file_is_whole(tmp_path, monkeypatch, broken):
    path = tmp_path / "mail.env"
    deliver(path)
    before = path.read_bytes()

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, broken, killed)
    with pytest.raises(KeyboardInterrupt):
        deliver(path, secret="the-new-one", key_id="key-2")
    assert path.read_bytes() == before
    assert names(tmp_path) == ["mail.env"]


def test_a_full_disk_is_told_without_the_value(tmp_path, monkeypatch):
    path = tmp_path / "mail.env"

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(NotWritableError, match="No space left") as told:
        deliver(path, secret="canary-9")
    assert told.value.where == str(path)
    assert "canary-9" not in str(told.value.as_dict())
    assert names(tmp_path) == []


def test_what_a_killed_run_left_is_removed_later(tmp_path):
    path = tmp_path / "mail.env"
    old, fresh = tmp_path / ".mail.env.aa.provision-tmp", tmp_path / ".mail.env.bb.provision-tmp"
    for left in (old, fresh):
        left.write_text("x")
    os.utime(old, (0, 0))
    deliver(path)
    assert not old.exists()
    assert fresh.exists()


def test_a_symlink_stays_and_its_target_is_written(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "mail.env"
    link.symlink_to("real/mail.env")
    deliver(link)
    assert link.is_symlink()
    assert (tmp_path / "real" / "mail.env").is_file()
    assert names(tmp_path / "real") == ["mail.env"]


def test_a_symlink_to_itself_is_not_writable(tmp_path):
    link = tmp_path / "mail.env"
    link.symlink_to(link)
    assert not asyncio.run(sink(link).ready()).ok
    with pytest.raises(NotWritableError):
        deliver(link)


def test_the_owner_stays(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    path = tmp_path / "mail.env"
    path.write_text("")
    os.chown(path, 1234, 1234)
    deliver(path)
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1234)


def test_where_nothing_can_be_written_it_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "mail.env", tmp_path / "none" / "mail.env", tmp_path):
        readiness = asyncio.run(sink(path).ready())
        assert not readiness.ok
        assert str(tmp_path) in readiness.reason
        with pytest.raises(NotWritableError) as told:
            deliver(path)
        assert told.value.where == str(path)
        assert told.value.hint
    with pytest.raises(NotWritableError):
        deliver(type(tmp_path)("/proc/mail.env"))


@pytest.mark.parametrize("room", [0, 10_001])
def test_a_disk_without_room_for_the_new_file_is_told_before_a_secret_is_made(tmp_path, room):
    path = tmp_path / "mail.env"
    path.write_text("#" * 10_000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        readiness = asyncio.run(sink(path).ready())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert readiness.reason == f"{path} cannot be written: File too large."
    assert names(tmp_path) == ["mail.env"]


def test_ready_changes_nothing(tmp_path):
    assert asyncio.run(sink(tmp_path / "mail.env").ready()).ok
    assert names(tmp_path) == []


def test_clear_takes_out_ours_alone(tmp_path):
    path = tmp_path / "mail.env"
    path.write_text("A=1\n")
    deliver(path)
    asyncio.run(sink(path).clear())
    assert path.read_text() == "A=1\n"
    path.unlink()
    deliver(path)
    asyncio.run(sink(path).clear())
    assert not path.exists()
    asyncio.run(sink(path).clear())


def test_another_format_is_refused(tmp_path):
    with pytest.raises(UsageError):
        form("toml")
