"""A profile as one entry of a config uses it: at its address, with what it asks for, and able to do what is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.errors import UsageError
from provision.sinks.profile_reading import load

if TYPE_CHECKING:
    from pathlib import Path

    from provision.config import HttpSink, MspbotsSink
    from provision.sinks.profile import Http, Profile


def checked(entry: MspbotsSink | HttpSink, where: str, own: Path) -> Profile:
    """At the entry's address. UsageError where it cannot do what the entry wants, ConfigError where it is faulty."""
    profile = load(entry.profile, own)
    if entry.kind == "http":
        _for_http(entry, profile, where)
        return profile.at(entry.url, entry.values)
    if not profile.fields:
        raise _unable(where, f"the profile {entry.profile} has no form", "Deliver to it with `http:`.")
    if entry.via == "browser" and not profile.browsable:
        raise _unable(where, f"no browser can fill the form of {entry.profile}: not all of it is known", _PERSON)
    if entry.tenant and not profile.tenant:
        hint = "Leave `tenant` out, or give the profile `tenant: banner`."
        raise _unable(where, f"the profile {entry.profile} does not say where its pages name the tenant", hint)
    return profile.at(entry.url)


def http(profile: Profile) -> Http:
    """Its REST part, which `checked` has seen."""
    if profile.http is None:
        raise _unable(profile.title, "it has no REST part", _PERSON)
    return profile.http


_PERSON = "Set `via: person` below `form:`."


def _for_http(entry: HttpSink, profile: Profile, where: str) -> None:
    if profile.http is None:
        raise _unable(where, f"the profile {entry.profile} cannot be written over REST", "Deliver to it with `form:`.")
    asks, given = profile.http.asks, set(entry.values)
    if missing := sorted(set(asks) - given):
        what = "; ".join(f"{name}: {asks[name]}" for name in missing)
        raise _unable(where, f"the profile {entry.profile} asks for {what}", "Add it below `values:`.")
    if unknown := sorted(given - set(asks)):
        known = ", ".join(sorted(asks)) or "nothing"
        raise _unable(where, f"the profile {entry.profile} knows no {unknown[0]}; it asks for {known}", "Remove it.")
    said = " ".join(profile.http.headers.values())
    if ("{credential}" in said or "{basic}" in said) and entry.credential is None:
        raise _unable(where, f"{entry.profile} is signed in to", "Add `credential: {env: NAME}` or `{file: PATH}`.")
    if ("{user}" in said or "{basic}" in said) and entry.user is None:
        raise _unable(where, f"{entry.profile} is signed in to with a user name", "Add `user: NAME`.")


def _unable(where: str, cause: str, hint: str) -> UsageError:
    return UsageError(f"{where}: {cause}", hint=f"Nothing was sent. {hint}")
