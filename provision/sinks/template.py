"""Texts with {names} in them, as profiles have them: filled as data, never as code."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def names(text: str) -> set[str]:
    """The names in it; `{{` and `}}` are braces. Raises ValueError where a brace is left open, or more than a name
    stands in one."""
    found = set()
    for _, name, form, conversion in Formatter().parse(text):
        if name is None:
            continue
        if not name.isidentifier() or form or conversion:
            raise ValueError(name)
        found.add(name)
    return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """With each name replaced by its value. What a value holds is not looked at again."""
    return "".join(before + (values[name] if name is not None else "") for before, name, *_ in Formatter().parse(text))


def texts(data: Any) -> Iterator[str]:
    """Every text in a JSON value, keys apart."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for one in data.values():
            yield from texts(one)
    elif isinstance(data, list | tuple):
        for one in data:
            yield from texts(one)


def filled_json(data: Any, values: Mapping[str, str]) -> Any:
    """A JSON value with every text in it filled."""
    if isinstance(data, str):
        return filled(data, values)
    if isinstance(data, dict):
        return {key: filled_json(one, values) for key, one in data.items()}
    if isinstance(data, list | tuple):
        return [filled_json(one, values) for one in data]
    return data
