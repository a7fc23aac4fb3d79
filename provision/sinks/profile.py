"""An application's form as data: labels, order of fields, the way through its menu. No code per application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from provision.errors import ConfigError, Fault

FOLDER = Path(__file__).parent.parent / "profiles"
VALUES = (
    "host_name",
    "authorization_url",
    "token_url",
    "redirect_uri",
    "client_id",
    "client_secret",
    "username",
    "reply_to",
    "signature",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to press on the way to the form. `beside`: it may have no name of its own but stands beside this."""

    name: str
    beside: str | None = None

    def __str__(self) -> str:
        return f'the arrow "{self.name}" beside {self.beside}' if self.beside else self.name


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. A read-only one is compared with what is expected and never filled."""

    label: str
    value: str
    secret: bool = False
    read_only: bool = False
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One application."""

    title: str
    url: str
    redirect_uri: str
    permissions: tuple[str, ...]
    reauth_on_new_secret: bool
    menu: tuple[Step, ...]
    window: str
    fields: tuple[FormField, ...]
    authorize: str
    proceed: str
    success: str
    after: tuple[str, ...]

    def values(self, given: Mapping[str, str]) -> dict[str, str]:
        """What each field must hold, by its value's name, but the secret."""
        own = {**given, "redirect_uri": self.redirect_uri}
        return {f.value: f.expected or own.get(f.value, "") for f in self.fields if not f.secret}


def load(name: str | Path) -> Profile:
    """A shipped profile by its name, or one of your own by its path. ConfigError with every fault."""
    path = name if isinstance(name, Path) else FOLDER / f"{name}.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError((Fault(str(path), 1, 1, f"the profile cannot be read ({type(error).__name__})"),)) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise ConfigError((Fault(str(path), line, column, error.problem or "not YAML"),)) from error
    except yaml.YAMLError as error:
        raise ConfigError((Fault(str(path), 1, 1, "not YAML"),)) from error
    return _Reader(str(path)).profile(data)


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def fault(self, text: str) -> None:
        self.faults.append(Fault(self.file, 1, 1, text))

    def profile(self, data: Any) -> Profile:
        top = self.keys(
            data,
            "the profile",
            "title url redirect_uri permissions reauth_on_new_secret menu window fields buttons success after",
        )
        buttons = self.keys(top.get("buttons"), "buttons", "authorize continue")
        reauth = top.get("reauth_on_new_secret")
        if not isinstance(reauth, bool):
            self.fault("reauth_on_new_secret must be true or false")
        found = Profile(
            title=self.text(top, "title"),
            url=self.address(top, "url"),
            redirect_uri=self.address(top, "redirect_uri"),
            permissions=self.texts(top, "permissions"),
            reauth_on_new_secret=bool(reauth),
            menu=tuple(self.step(i, e) for i, e in enumerate(self.items(top, "menu"))),
            window=self.text(top, "window"),
            fields=tuple(self.field(i, e) for i, e in enumerate(self.items(top, "fields"))),
            authorize=self.text(buttons, "authorize"),
            proceed=self.text(buttons, "continue"),
            success=self.text(top, "success"),
            after=self.texts(top, "after"),
        )
        self.whole(found)
        if self.faults:
            raise ConfigError(tuple(self.faults))
        return found

    def whole(self, found: Profile) -> None:
        values = [f.value for f in found.fields]
        self.faults += [
            Fault(self.file, 1, 1, f"the value {v} stands in two fields") for v in VALUES if values.count(v) > 1
        ]
        if len({f.label for f in found.fields}) < len(found.fields):
            self.fault("two fields have the same label")
        if not any(f.secret for f in found.fields):
            self.fault("no field takes the secret")
        for f in found.fields:
            if f.secret != (f.value == "client_secret"):
                self.fault(f"field {f.label}: client_secret, and nothing else, is secret")
            if f.secret and (f.expected or f.read_only):
                self.fault(f"field {f.label}: a secret is neither read-only nor expected")
            if f.read_only and not f.expected:
                self.fault(f"field {f.label}: a read-only field needs what is expected in it")
            if f.value == "redirect_uri" and f.expected not in (None, found.redirect_uri):
                self.fault(f"field {f.label}: expected differs from the profile's redirect_uri")

    def step(self, at: int, entry: Any) -> Step:
        data = self.keys(entry, f"menu[{at}]", "name beside")
        return Step(self.text(data, "name"), self.text(data, "beside") if "beside" in data else None)

    def field(self, at: int, entry: Any) -> FormField:
        data = self.keys(entry, f"fields[{at}]", "label value secret read_only expected")
        value = self.text(data, "value")
        if value and value not in VALUES:
            self.fault(f"fields[{at}]: value must be one of {', '.join(VALUES)}")
        for flag in ("secret", "read_only"):
            if not isinstance(data.get(flag, False), bool):
                self.fault(f"fields[{at}]: {flag} must be true or false")
        expected = self.text(data, "expected") if "expected" in data else None
        return FormField(
            self.text(data, "label"), value, data.get("secret") is True, data.get("read_only") is True, expected
        )

    def keys(self, data: Any, place: str, allowed: str) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fault(f"{place} must be a mapping")
            return {}
        for key in data:
            if key not in allowed.split():
                self.fault(f"{place}: unknown key {key!r}; allowed: {', '.join(allowed.split())}")
        return data

    def text(self, data: dict[str, Any], key: str) -> str:
        value = data.get(key)
        if not isinstance(value, str) or not value.strip():
            self.fault(f"{key} must be a text")
            return ""
        return value

    def address(self, data: dict[str, Any], key: str) -> str:
        value = self.text(data, key)
        parts = urlsplit(value)
        if value and (parts.scheme != "https" or not parts.hostname):
            self.fault(f"{key} must be an https address")
        return value

    def items(self, data: dict[str, Any], key: str) -> list[Any]:
        value = data.get(key)
        if not isinstance(value, list) or not value:
            self.fault(f"{key} must be a list that is not empty")
            return []
        return value

    def texts(self, data: dict[str, Any], key: str) -> tuple[str, ...]:
        values = self.items(data, key)
        if not all(isinstance(v, str) and v for v in values):
            self.fault(f"{key} must be a list of texts")
        return tuple(str(v) for v in values)
