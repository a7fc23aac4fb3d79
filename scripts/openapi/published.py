"""Microsoft's published types of Graph, as JSON Schemas: read from the text of msgraph-sdk's models, which Microsoft
generates from Graph's metadata. Nothing of the SDK is imported; its version is the locked one.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Schema = dict[str, Any]
NULL: Schema = {"type": "null"}
STRING = "string"
VALUES: dict[str, Schema] = {
    "str": {"type": STRING},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "datetime": {"type": STRING, "format": "date-time"},
    "date": {"type": STRING, "format": "date"},
    "time": {"type": STRING, "format": "time"},
    "timedelta": {"type": STRING, "format": "duration"},
    "uuid": {"type": STRING, "format": "uuid"},
    "bytes": {"type": STRING, "contentEncoding": "base64"},
}
"""The reader's verbs: get_str_value, get_bool_value, …"""
FLAGS = {"NativeAuthenticationApisEnabled", "WeakAlgorithms"}
"""Enumerations whose values may be joined: the SDK reads several, but Graph writes one text."""


@dataclass(frozen=True)
class Model:
    bases: tuple[str, ...]
    modules: dict[str, str]  # of each class that it names
    fields: dict[str, tuple[str, str]]  # member -> (verb of its reader, class)


def component(cls: str) -> str:
    """PasswordCredential -> passwordCredential, as Graph spells it."""
    return cls[0].lower() + cls[1:]


class Published:
    """`components` are the complex types and enumerations that were asked for so far."""

    def __init__(self) -> None:
        spec = importlib.util.find_spec("msgraph")
        self._folder = Path(next(iter((spec and spec.submodule_search_locations) or ()))) / "generated" / "models"
        self.components: dict[str, Schema] = {}
        self.model = functools.cache(self._model)

    def members(self, module: str, only: Container[str] | None = None) -> dict[str, Schema]:
        """The structural properties of a type, with those of its bases; without navigation."""
        model = self.model(module)
        found: dict[str, Schema] = {}
        for base in model.bases:
            if base in model.modules:
                found |= self.members(model.modules[base], only)
        for name, (verb, cls) in model.fields.items():
            if name.startswith("@") or (only is not None and name not in only):
                continue
            if cls in model.modules and self._is_entity(model.modules[cls]):
                continue
            found[name] = self._value(model, verb, cls)
        return found

    def complex(self, module: str) -> Schema:
        """The reference to a complex type."""
        return self._referred(module, self._class(module))

    def _value(self, model: Model, verb: str, cls: str) -> Schema:
        kind = verb.removeprefix("get_").removesuffix("_value").removesuffix("_values")
        if cls in FLAGS:
            kind = "enum"
        if kind.startswith("collection_of_"):
            of = kind.removeprefix("collection_of_")
            items = VALUES[cls.lower()] if of == "primitive" else self._referred(model.modules[cls], cls)
            return {"type": "array", "items": items}
        if kind in {"object", "enum"}:
            return {"anyOf": [self._referred(model.modules[cls], cls), NULL]}
        return {**VALUES[kind], "type": [VALUES[kind]["type"], "null"]}

    def _referred(self, module: str, cls: str) -> Schema:
        name = component(cls)
        if name not in self.components:
            self.components[name] = {}  # types refer to each other
            if words := self._words(module):
                self.components[name] = {"type": STRING, "enum": words}
            else:
                closed = {"type": "object", "properties": self.members(module), "additionalProperties": False}
                self.components[name] = closed
        return {"$ref": f"#/components/schemas/{name}"}

    def _is_entity(self, module: str) -> bool:
        if module == "entity":
            return True
        model = self.model(module)
        return any(base in model.modules and self._is_entity(model.modules[base]) for base in model.bases)

    def _tree(self, module: str) -> ast.Module:
        return ast.parse((self._folder / f"{module}.py").read_text())

    def _class(self, module: str) -> str:
        return next(node.name for node in self._tree(module).body if isinstance(node, ast.ClassDef))

    def _words(self, module: str) -> list[str]:
        """Of an enumeration; without the one that stands for those of the future."""
        cls = next(node for node in self._tree(module).body if isinstance(node, ast.ClassDef))
        if "Enum" not in [base.id for base in cls.bases if isinstance(base, ast.Name)]:
            return []
        found = [ast.literal_eval(node.value) for node in cls.body if isinstance(node, ast.Assign)]
        words = [word[0] if isinstance(word, tuple) else word for word in found]
        return [word for word in words if word != "unknownFutureValue"]

    def _model(self, module: str) -> Model:
        tree = self._tree(module)
        cls = next(node for node in tree.body if isinstance(node, ast.ClassDef))
        fields, modules = {}, {cls.name: module}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
                modules |= {alias.name: node.module for alias in node.names}
            if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
                for key, reads in zip(node.value.keys, node.value.values, strict=True):
                    fields[ast.literal_eval(key)] = _reader(reads)
        return Model(tuple(base.id for base in cls.bases if isinstance(base, ast.Name)), modules, fields)


def _reader(reads: ast.expr) -> tuple[str, str]:
    """(verb, class) of `lambda n : setattr(self, 'add_ins', n.get_collection_of_object_values(AddIn))`."""
    for call in ast.walk(reads):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            return call.func.attr, next((arg.id for arg in call.args if isinstance(arg, ast.Name)), "")
    raise LookupError(ast.unparse(reads))
