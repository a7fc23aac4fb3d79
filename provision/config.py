"""YAML -> Config: every fault at once, each with its place and with what is allowed instead.

With config_model.py, config_sinks.py and config_values.py the only importer of pydantic; import this module late. Paths
in a config are kept as written.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from provision import yaml_places
from provision.config_model import AppConfig, Config, CustomCloud, SecretConfig, UserConsent
from provision.config_sinks import KINDS, Credential, FileSink, HttpSink, Model, MspbotsSink, Sink, sink_name
from provision.config_values import duration
from provision.errors import ConfigError, Fault

__all__ = [
    "AppConfig",
    "Config",
    "Credential",
    "CustomCloud",
    "FileSink",
    "HttpSink",
    "MspbotsSink",
    "SecretConfig",
    "Sink",
    "UserConsent",
    "load",
    "schema",
    "spot",
]

MAX_BYTES = 256 * 1024
SCHEMA_ID = "urn:provision:config:1"
_RESERVED: dict[type[Model], str] = {Config: "path", **dict.fromkeys(KINDS.values(), "kind")}


def _keys(model: type[Model]) -> list[str]:
    return [key for key in model.model_fields if key != _RESERVED.get(model)]


def _model_at(where: yaml_places.Path) -> type[Model] | None:
    match where:
        case ("deliver", int(), str(kind)):
            return KINDS.get(kind)
        case ("deliver", int(), str(), "credential"):
            return Credential
        case _:
            models: dict[yaml_places.Path, type[Model]] = {
                (): Config,
                ("app",): AppConfig,
                ("cloud",): CustomCloud,
                ("secret",): SecretConfig,
                ("app", "consent"): UserConsent,
            }
            return models.get(where)


def load(path: Path, env: Mapping[str, str]) -> Config:
    """Raises ConfigError with all faults of the file."""
    doc, config = _load(path, env)
    if config is None or doc.faults:
        raise ConfigError(tuple(Fault(str(path), *fault) for fault in sorted(doc.faults)))
    return config


def spot(path: Path, where: yaml_places.Path) -> yaml_places.Spot:
    """Where a part of a config stands that has no faults, for what is told of it nevertheless."""
    return yaml_places.read(path.read_text(encoding="utf-8-sig"), {}).spot(where)


def _load(path: Path, env: Mapping[str, str]) -> tuple[yaml_places.Document, Config | None]:
    doc = yaml_places.Document()
    text = _read(path, doc)
    if text is None:
        return doc, None
    doc = yaml_places.read(text, env)
    if not isinstance(doc.data, dict):
        if doc.data is None and not doc.values and not doc.faults:
            doc.add((1, 1), "is empty; must be a mapping, at least with version, tenant, app and deliver")
        elif () not in doc.bad and doc.values:
            doc.add(doc.values[()], "must be a mapping, at least with version, tenant, app and deliver")
        return doc, None
    data = dict(doc.data)
    _reserved(data, (), doc)
    if isinstance(data.get("deliver"), tuple):
        data["deliver"] = tuple(_entry(entry, place, doc) for place, entry in enumerate(data["deliver"]))
        _check_places(data["deliver"], doc)
    if isinstance(data.get("secret", {}), dict):
        _check_lifetime(data.get("secret", {}), doc)
    try:
        return doc, Config.model_validate({**data, "path": str(path)})
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False, include_input=False):
            _tell(error, doc)
    return doc, None


def _read(path: Path, doc: yaml_places.Document) -> str | None:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        doc.add((1, 1), "is a folder; name a YAML file")
    except FileNotFoundError:
        doc.add((1, 1), "does not exist; `provision init` writes one")
    except (OSError, ValueError) as error:
        doc.add((1, 1), f"cannot be read: {getattr(error, 'strerror', None) or 'not a path'}")
    else:
        if len(raw) > MAX_BYTES:
            doc.add((1, 1), "is larger than 256 KiB; a config holds one app alone")
            return None
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = raw[: error.start].decode("utf-8", "replace")
            doc.add(yaml_places.spot_at(before, len(before)), "is not UTF-8; save the file as UTF-8")
    return None


def _reserved(data: dict[str, Any], where: yaml_places.Path, doc: yaml_places.Document) -> None:
    """`path` and `kind` are ours to set, not keys of the file."""
    model = _model_at(where)
    key = _RESERVED.get(model) if model else None
    if key and model and data.pop(key, where) is not where:
        doc.add(
            doc.spot((*where, key)) if (*where, key) not in doc.keys else doc.keys[*where, key], _unknown(key, model)
        )


def _unknown(key: str, model: type[Model]) -> str:
    return f"unknown key `{key}`{_near(key, _keys(model))}; allowed: {', '.join(_keys(model))}"


def _near(word: str, allowed: list[str]) -> str:
    near = difflib.get_close_matches(word.lower().replace("-", "_"), allowed, 1) or difflib.get_close_matches(
        word.lower(), allowed, 1
    )
    return f", did you mean `{near[0]}`?" if near else ""


def _entry(entry: object, place: int, doc: yaml_places.Document) -> object:
    """`{file: {path: x}}` -> `{kind: file, path: x}`; None when its faults are told."""
    where: yaml_places.Path = ("deliver", place)
    if where in doc.bad:
        return None
    if not isinstance(entry, dict) or len(entry) != 1:
        extra = "; indent its keys further than the kind" if isinstance(entry, dict) and entry else ""
        doc.add(doc.spot(where), f"must be a mapping of one key, the kind; allowed: {', '.join(KINDS)}{extra}")
    else:
        kind, body = next(iter(entry.items()))
        if kind in KINDS and isinstance(body, dict):
            body = dict(body)
            _reserved(body, (*where, kind), doc)
            return {"kind": kind, **body}
        if kind not in KINDS:
            near = _near(kind, list(KINDS))
            doc.add(doc.keys[*where, kind], f"unknown kind `{kind}`{near}; allowed: {', '.join(KINDS)}")
        elif (*where, kind) not in doc.bad:
            keys = ", ".join(_keys(KINDS[kind]))
            doc.add(doc.values[*where, kind], f"must be a mapping with the keys {keys}")
    doc.bad.add(where)
    return None


def _check_places(entries: tuple[Any, ...], doc: yaml_places.Document) -> None:
    """No two sinks for one place, no two of one name; also when other things are wrong."""
    seen: dict[tuple[str, ...], int] = {}
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict):
            continue
        kind = entry["kind"]
        parts: tuple[Any, ...] = KINDS[kind].place(entry)
        if not all(isinstance(part, str) and part for part in parts):
            continue
        spot = doc.keys["deliver", place, kind]
        target = tuple(part if kind in ("file", "command") else part.rstrip("/").lower() for part in parts)
        try:
            name = str(entry.get("name") or sink_name(entry))
        except (ValueError, IndexError, TypeError):  # the URL is no URL, which is told elsewhere
            name = ""
        if (first := seen.setdefault((kind, *target), spot[0])) != spot[0]:
            doc.add(spot, f"is the same place as the sink in line {first}; keep one of them")
        elif name and (first := seen.setdefault(("name", name), spot[0])) != spot[0]:
            doc.add(spot, f"has the same name as the sink in line {first}; give it another with `name`")


def _check_lifetime(secret: dict[str, Any], doc: yaml_places.Document) -> None:
    """A secret must live long enough to be renewed, and its forerunner to be retired, before it ends."""
    times = {key: secret.get(key, SecretConfig.model_fields[key].default) for key in _TIMES}
    try:
        lifetime, renew_before, retire_after = (duration(value) for value in times.values())
    except ValueError:  # told where it stands
        return
    where = doc.spot(next((("secret", key) for key in _TIMES if key in secret), ("secret",)))
    if lifetime < renew_before + retire_after:
        doc.add(where, "lifetime must not be below renew_before + retire_after; lengthen it, or shorten those")
    elif timedelta(0) < lifetime <= renew_before:
        doc.add(where, "lifetime must be longer than renew_before, or each secret would be renewed at once")


_TIMES = ("lifetime", "renew_before", "retire_after")


def _tell(error: ErrorDetails, doc: yaml_places.Document) -> None:
    where: yaml_places.Path = tuple(part for part in error["loc"] if part not in ("<text>", "<mapping>"))
    if any(where[:length] in doc.bad for length in range(len(where) + 1)):
        return
    kind, context = error["type"], error.get("ctx", {})
    outer = _model_at(where[:-1]) if where else None
    if kind == "extra_forbidden" and outer:
        doc.add(doc.keys[where], _unknown(str(where[-1]), outer))
    elif kind == "missing":
        doc.add(doc.spot(where), f"`{where[-1]}` is missing{' in ' + _name(where[:-1]) if where[:-1] else ''}; add it")
    elif kind != "default_factory_not_called":
        doc.add(doc.spot(where), _text(kind, error["msg"], where, context, _at(doc.data, where)))


def _name(where: yaml_places.Path) -> str:
    return f"`{'.'.join(part for part in where if isinstance(part, str))}`"


def _at(data: Any, where: yaml_places.Path) -> Any:
    for part in where:
        data = data[part]
    return data


def _text(kind: str, message: str, where: yaml_places.Path, context: Mapping[str, Any], value: Any) -> str:
    choices = _CHOICES.get(where, ())
    unit = "entries" if isinstance(value, tuple) else "characters"
    mapping: dict[yaml_places.Path, str] = {
        ("cloud",): ", or a mapping with the keys login, graph, ca",
        ("app", "consent"): ", or {user: MAILBOX}",
    }
    model = _model_at(where)
    texts = {
        "string_type": "must be text; put it in quotes if it is meant as text",
        "int_type": "must be a whole number",
        "greater_than_equal": f"must be at least {context.get('ge')}",
        "less_than_equal": f"must be at most {context.get('le')}",
        "string_too_long": f"must have at most {context.get('max_length')} characters",
        "too_short": f"must have at least {context.get('min_length')} {unit}",
        "too_long": f"must have at most {context.get('max_length')} {unit}",
        "string_too_short": "must not be empty",
        "tuple_type": "must be a list: [one, two], or lines that begin with `- `",
        "model_type": f"must be a mapping with the keys {', '.join(_keys(model)) if model else ''}",
    }
    if kind in ("literal_error", "union_tag_not_found", "union_tag_invalid"):
        choices = choices or tuple(re.findall(r"[\w.-]+", str(context.get("expected", "")).replace(" or ", " ")))
        text = f"must be one of {', '.join(choices)}" if len(choices) > 1 else f"must be {''.join(choices)}"
        near = _near(value, list(choices)) if isinstance(value, str) else ""
        return f"{_name(where)} {text}{mapping.get(where, '')}{near}"
    text = message if kind == "fault" else texts.get(kind, message)
    return f"{_name(where)} {text}"


_CHOICES: dict[yaml_places.Path, tuple[str, ...]] = {
    ("cloud",): ("global", "usgov", "usgov-dod", "china", "sandbox"),
    ("app", "consent"): ("person", "admin"),
}


def schema() -> dict[str, Any]:
    """JSON Schema of the YAML form, in which each sink is a mapping of one key."""
    made: dict[str, Any] = _without_null(Config.model_json_schema())
    models = {"Config": made, **made["$defs"]}
    for model, key in _RESERVED.items():
        models[model.__name__]["properties"].pop(key)
        models[model.__name__]["required"] = [
            name for name in models[model.__name__].get("required", []) if name != key
        ]
    made["properties"]["secret"] = {"$ref": "#/$defs/SecretConfig"}
    made["properties"]["deliver"]["items"] = {
        "description": "One place: a mapping of one key, its kind.",
        "oneOf": [
            {
                "type": "object",
                "properties": {kind: {"$ref": f"#/$defs/{model.__name__}"}},
                "required": [kind],
                "additionalProperties": False,
            }
            for kind, model in KINDS.items()
        ],
    }
    made.pop("title", None)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, "title": "provision config"}
    return {**head, "description": "One app in Entra, its secret, and the places that need it.", **made}


def _without_null(value: Any) -> Any:
    """An absent key is written by leaving it out, never as null."""
    if isinstance(value, list):
        return [_without_null(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _without_null(item) for key, item in value.items() if not (key == "default" and item is None)}
    if "anyOf" in kept and (rest := [item for item in kept["anyOf"] if item != {"type": "null"}]) != kept["anyOf"]:
        del kept["anyOf"]
        kept = {**rest[0], **kept} if len(rest) == 1 else {**kept, "anyOf": rest}
    return kept
