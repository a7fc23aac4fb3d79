"""Reads a profile: one of the user's own first, then a shipped one. Every fault at once, each with its place."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from provision import yaml_places
from provision.errors import ConfigError, Fault, UsageError
from provision.sinks import template
from provision.sinks.profile import FORM_VALUES, HTTP_VALUES, OPENID, FormField, Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import ErrorDetails

SHIPPED = Path(__file__).parent.parent / "profiles"
SCHEMA_ID = "urn:provision:profile:1"
HINT = "Nothing was sent. Correct the lines above; `provision profile schema` prints every key."
_LOGIN = ("credential", "user", "basic")
_MAX_BYTES = 64 * 1024


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Profile]:
    return TypeAdapter(Profile)


def schema() -> dict[str, Any]:
    """JSON Schema of a profile."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID}
    return {**head, **_adapter().json_schema(), "title": "provision profile"}


def find(name: str, own: Path | None) -> Path:
    """The file of a profile. Raises UsageError with the names that there are."""
    for folder in (own, SHIPPED):
        if folder is not None and (path := folder / f"{name}.yaml").is_file():
            return path
    known = ", ".join(sorted(listed(own)))
    where = f" Your own belong into {own}." if own else ""
    raise UsageError(f"there is no profile {name}", hint=f"There are {known}.{where}")


def listed(own: Path | None) -> dict[str, Path]:
    """All profiles, by name; one of the user's own stands for a shipped one of the same name."""
    found = {path.stem: path for path in sorted(SHIPPED.glob("*.yaml"))}
    return found | ({path.stem: path for path in sorted(own.glob("*.yaml"))} if own and own.is_dir() else {})


def load(name: str | Path, own: Path | None = None) -> Profile:
    """By its name, or one file by its path. Raises ConfigError with every fault."""
    path = name if isinstance(name, Path) else find(name, own)
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError((Fault(str(path), 1, 1, _unread(error)),), hint=HINT) from None
    doc = yaml_places.read(text, {})
    profile: Profile | None = None
    if not isinstance(doc.data, dict):
        doc.add((1, 1), "a profile must be a mapping")
    else:
        try:
            profile = _adapter().validate_python(doc.data)
        except ValidationError as invalid:
            for fault in invalid.errors(include_url=False, include_input=False):
                _tell(fault, doc)
    if profile is not None:
        for where, said in _faults(profile):
            doc.add(doc.spot(where), said)
    if profile is None or doc.faults:
        raise ConfigError(tuple(Fault(str(path), *one) for one in sorted(doc.faults)), hint=HINT)
    return profile


def _unread(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist; `provision profile list` has the names of those that do"
    if isinstance(error, IsADirectoryError):
        return "is a folder; name a YAML file"
    return f"cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}"


def _tell(error: ErrorDetails, doc: yaml_places.Document) -> None:
    where = tuple(part for part in error["loc"] if part in _parts(doc))
    if any(where[:length] in doc.bad for length in range(len(where) + 1)):
        return
    name = ".".join(map(str, error["loc"]))
    said = {
        "missing": f"`{name}` is missing",
        "unexpected_keyword_argument": f"unknown key `{name}`; `provision profile schema` prints every key",
        "string_pattern_mismatch": f"`{name}` must begin with / and hold no blanks",
    }.get(error["type"], f"`{name}`: {error['msg']}")
    spot = doc.keys.get(where) if error["type"] == "unexpected_keyword_argument" else None
    doc.add(spot or doc.spot(where), said)


def _parts(doc: yaml_places.Document) -> set[str | int]:
    return {part for path in (*doc.values, *doc.keys) for part in path}


_Place = tuple[yaml_places.Path, str]


def _faults(found: Profile) -> Iterator[_Place]:
    """What the classes alone do not say."""
    if not found.fields and found.http is None:
        yield (), "a profile must have `fields`, a form for people, or `http`"
    asks = set(found.http.asks) if found.http else set()
    if found.redirect_uri:
        yield from _names(("redirect_uri",), found.redirect_uri, {"url", *asks})
        parts = urlsplit(found.redirect_uri.replace("{url}", "https://host"))
        if parts.scheme != "https" or not parts.hostname:
            yield ("redirect_uri",), "`redirect_uri` must be an https address, or begin with {url}"
    if found.url and (urlsplit(found.url).scheme != "https" or not urlsplit(found.url).hostname):
        yield ("url",), "`url` must be an https address"
    yield from _scopes(found)
    if found.fields:
        yield from _form(found)
    yield from _words(found)
    if found.http:
        yield from _http(found)


def _scopes(found: Profile) -> Iterator[_Place]:
    resources = {scope.rpartition("/")[0] for scope in found.scopes if scope not in OPENID}
    if len(resources) > 1:
        yield ("scopes",), "`scopes` are of two services, and a token is for one (AADSTS28000)"
    if found.permissions is not None and (missing := sorted(set(found.needs) - set(found.permissions))):
        yield ("permissions",), f"`scopes` asks for {', '.join(missing)}, which `permissions` does not list"
    taking = [f for f in found.fields if f.value == "scopes" or "{scopes}" in f.value]
    if taking and not found.scopes:
        yield ("fields",), f"field {taking[0].label}: the profile has no `scopes`"


def _form(found: Profile) -> Iterator[_Place]:
    values = [f.value for f in found.fields]
    if len({f.label for f in found.fields}) < len(found.fields):
        yield ("fields",), "two fields have the same label"
    if not any(f.secret for f in found.fields):
        yield ("fields",), "no field takes the secret"
    for at, f in enumerate(found.fields):
        place: yaml_places.Path = ("fields", at)
        if values.index(f.value) < at:
            yield place, f"the value {f.value} stands in two fields"
        if "{" in f.value:
            yield from _names((*place, "value"), f.value, set(FORM_VALUES) - {"client_secret"})
        elif f.value not in FORM_VALUES:
            yield (*place, "value"), f"value must be one of {', '.join(FORM_VALUES)}, or a text with names of them"
        for said in _field(f, found):
            yield place, f"field {f.label}: {said}"


def _field(f: FormField, found: Profile) -> Iterator[str]:
    if f.secret != (f.value == "client_secret"):
        yield "client_secret, and nothing else, is secret"
    if f.secret and (f.expected or f.read_only):
        yield "a secret is neither read-only nor expected"
    if f.read_only and not f.expected:
        yield "a read-only field needs what is expected in it"
    if f.value == "redirect_uri" and f.expected not in (None, found.redirect_uri):
        yield "expected differs from the profile's redirect_uri"


def _words(found: Profile) -> Iterator[_Place]:
    """Each text that `also` knows other words for is one of the profile, and no word stands for two."""
    if found.edit and found.edit.after not in (step.name for step in found.menu):
        yield ("edit", "after"), "`after` must be the name of a step of the menu"
    labels = [f.label for f in found.fields]
    others = [text for step in found.menu for text in (step.name, step.beside)]
    others += [found.window, found.authorize, found.proceed, found.success]
    others += [found.edit.button, found.edit.window] if found.edit else []
    taken = set(labels)
    for text, words in found.also.items():
        if text in labels:
            for word in sorted(taken.intersection(words)):
                yield ("also", text), f"`{word}` stands for two fields"
            taken.update(words)
        elif text not in others:
            yield ("also", text), f"`{text}` stands nowhere in the form or the menu"


def _http(found: Profile) -> Iterator[_Place]:
    http = found.http
    assert http is not None  # noqa: S101 - for mypy: its caller looked
    given = {*HTTP_VALUES, *http.asks}
    for name in http.asks:
        if name in (*HTTP_VALUES, *_LOGIN) or not name.isidentifier():
            yield ("http", "asks", name), f"`{name}` cannot be asked for: it is known already, or no name"
    for name, value in http.headers.items():
        yield from _names(("http", "headers", name), value, {*http.asks, *_LOGIN})
    requests = {"deliver": http.deliver, "check": http.check, "read": http.read, "clear": http.clear}
    for key, request in requests.items():
        if request is not None:
            yield from _names(("http", key, "path"), request.path, given - {"client_secret"})
    if http.base is not None:
        yield from _names(("http", "base"), http.base, given - {"client_secret"})
    held: set[str] = set()
    for text in template.texts(http.deliver.body):
        yield from _names(("http", "deliver", "body"), text, given)
        held |= _known(text)
    if "client_secret" not in held:
        yield ("http", "deliver", "body"), "the body holds no {client_secret}"
    if http.read and "key_id" not in held:
        yield ("http", "read"), "what is read back must be written with the secret: the body holds no {key_id}"


def _known(text: str) -> set[str]:
    try:
        return template.names(text)
    except ValueError:
        return set()


def _names(where: yaml_places.Path, text: str, allowed: set[str]) -> Iterator[_Place]:
    try:
        unknown = template.names(text) - allowed
    except ValueError:
        yield where, "a { must begin a {name}; write {{ for a brace"
        return
    for name in sorted(unknown):
        yield where, f"{{{name}}} may not stand here; allowed: {', '.join(sorted(allowed))}"
