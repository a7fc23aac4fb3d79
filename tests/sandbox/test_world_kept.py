"""The world's database: what is changed is written without anybody saying so, found by index, and taken to other places
as a snapshot."""

from __future__ import annotations

import json
import random
import stat
from contextlib import contextmanager

import pytest

from provision.sandbox.world import World


@contextmanager
def opened(folder):
    world = World(folder)
    try:
        yield world
    finally:
        world.close()


@pytest.fixture
def world(tmp_path):
    with opened(tmp_path / "one") as made:
        yield made


def plain(value):
    return json.loads(json.dumps(value))


def reopened(world):
    world.close()
    with opened(world.folder) as again:
        return plain(again.snapshot())


def at_random(target, other, draw):
    """One change of a dict or a list, somewhere in it, made to two of them."""
    while True:
        inner = [key for key, value in _entries(target) if isinstance(value, dict | list)]
        if not inner or draw.random() < 0.4:
            break
        key = draw.choice(inner)
        target, other = target[key], other[key]
    new = draw.choice([draw.random(), [1, {"two": [3]}], {"a": {"b": []}}, "text", None])
    change = draw.choice(_DICT if isinstance(target, dict) else _LIST)
    at = draw.randrange(len(target)) if target else None
    key = draw.choice([*target, f"key {draw.random()}"]) if isinstance(target, dict) else at
    for one in (target, other):
        change(one, key, plain(new))


def _entries(value):
    return list(value.items() if isinstance(value, dict) else enumerate(value))


_DICT = (
    lambda d, k, v: d.__setitem__(k, v),
    lambda d, k, _: d.pop(k, None),
    lambda d, k, v: d.setdefault(k, v),
    lambda d, k, v: d.update({k: v}, more=plain(v)),
    lambda d, k, v: d.__ior__({k: v}),
    lambda d, k, _: d.__delitem__(k) if k in d else d.clear(),
    lambda d, *_: d.popitem() if d else None,
)
_LIST = (
    lambda ls, _, v: ls.append(v),
    lambda ls, at, v: ls.insert(at or 0, v),
    lambda ls, _, v: ls.extend([v, plain(v)]),
    lambda ls, at, v: ls.__setitem__(at, v) if ls else None,
    lambda ls, at, v: ls.__setitem__(slice(at, None), [v]),
    lambda ls, at, _: ls.__delitem__(at) if ls else None,
    lambda ls, at, _: ls.remove(ls[at]) if ls else None,
    lambda ls, *_: ls.pop() if ls else None,
    lambda ls, *_: ls.reverse(),
    lambda ls, *_: ls.sort(key=str),
    lambda ls, _, v: ls.__iadd__([v]),
    lambda ls, *_: ls.__imul__(2) if len(ls) < 3 else ls.clear(),
)


@pytest.mark.parametrize("seed", range(20))
def test_every_change_is_there_after_a_restart_however_deep_it_is(world, seed):
    draw, twin = random.Random(seed), plain(world.snapshot())  # noqa: S311 - no secret depends on it
    for section in ("apps", "mspbots"):
        thing = {"list": [1, [2, {"three": 3}]], "dict": {"deep": {"er": [{}]}}}
        world.data[section]["thing"], twin[section]["thing"] = thing, plain(thing)
    for number in range(60):
        section = draw.choice(("apps", "mspbots"))
        at_random(world.data[section]["thing"], twin[section]["thing"], draw)
        if number % 7 == 0:
            world.save()
    world.save()
    assert plain(world.snapshot()) == twin
    assert reopened(world) == twin


def test_what_is_not_saved_is_not_there_after_a_restart(world):
    before = plain(world.snapshot())
    world.add_app({"displayName": "Never saved"})
    assert reopened(world) == before


def test_a_save_that_fails_leaves_nothing_behind(world):
    before = plain(world.snapshot())
    world.data["offset"], world.data["apps"]["one"] = 5, {"id": {1, 2}}
    with pytest.raises(TypeError):
        world.save()
    assert reopened(world) == before


def test_what_is_moved_stays_itself(world):
    app = world.add_app({"displayName": "Moved"})
    del world.data["apps"][app["id"]]
    world.data["deleted"][app["id"]] = app
    world.save()
    app["displayName"] = "Changed afterwards"
    world.save()
    assert reopened(world)["deleted"][app["id"]]["displayName"] == "Changed afterwards"


def test_what_is_put_into_a_second_place_is_copied(world):
    first = world.add_app({"displayName": "First"})
    second = world.add_app({"displayName": "Second"})
    second["web"] = first["web"]
    first["web"]["redirectUris"].append("https://first.example")
    world.save()
    kept = reopened(world)["apps"]
    assert [kept[app["id"]]["web"]["redirectUris"] for app in (first, second)] == [["https://first.example"], []]


@pytest.mark.parametrize("saved", [True, False])
def test_an_app_is_found_by_what_it_is_called_now(world, saved):
    app = world.add_app({"displayName": "One", "uniqueName": "first-name"})
    world.save()
    app["uniqueName"] = "second-name"
    if saved:
        world.save()
    assert world.app_by("uniqueName", "second-name") == app
    assert world.app_by("uniqueName", "first-name") is None
    del world.data["apps"][app["id"]]
    if saved:
        world.save()
    assert world.app_by("uniqueName", "second-name") is None


def test_objects_keep_their_order_over_a_restart(world):
    made = [world.add_app({"displayName": str(number)})["id"] for number in range(30)]
    world.save()
    world.data["apps"][made[3]]["displayName"] = "changed"
    world.save()
    assert list(reopened(world)["apps"])[1:] == made


def test_its_files_are_for_its_owner_alone(world):
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in world.folder.iterdir()}
    assert {name: mode for name, mode in found.items() if mode != 0o600} == {}


# -- snapshots


def secret_fits(world):
    app = world.app_by("appId", world.data["operator"])
    value = (world.folder / "operator.secret").read_text()
    return any(world.matches(value, kept["hash"]) for kept in app["_hashes"].values())


def test_a_snapshot_is_taken_up_where_there_is_no_world(world, tmp_path):
    app = world.add_app({"displayName": "Kept"})
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "world.json").write_text(json.dumps(world.snapshot()))
    with opened(tmp_path / "two") as other:
        assert other.data["apps"][app["id"]]["displayName"] == "Kept"
        assert secret_fits(other)


def test_what_is_no_snapshot_changes_nothing(world):
    before = plain(world.snapshot())
    for wrong in ({"apps": {}}, {**before, "operator": "nobody", "users": []}):
        with pytest.raises((ValueError, LookupError)):
            world.load(wrong)
    assert plain(world.snapshot()) == before
    assert reopened(world) == before


@pytest.mark.parametrize("lost", ["operator.secret", "person.secret"])
def test_a_secret_whose_file_was_not_written_before_a_kill_is_made_again(world, lost):
    (world.folder / lost).write_text("")
    world.close()
    with opened(world.folder) as again:
        person = (again.folder / "person.secret").read_text()
        assert secret_fits(again)
        assert again.matches(person, again.data["users"][0]["_password"])
