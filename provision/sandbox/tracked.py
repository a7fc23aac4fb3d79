"""Dicts and lists of JSON that tell where they are kept when they change, however deep the change is.

So nobody who changes the world has to say what he changed, and nobody can forget to. A plain dict or list that is put
into one is copied: change what is kept, not what was given. What is moved from one place to another stays itself; what
is put into a second place is copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self, SupportsIndex

Name = tuple[str, str]


_PLAIN = {str, int, float, bool, type(None)}


class Place:
    """A row of the world: (section, key). `gone`: what was kept here has been taken out."""

    __slots__ = ("changes", "gone", "name")

    def __init__(self, name: Name, changes: dict[Name, None]) -> None:
        self.name, self.changes, self.gone = name, changes, False

    def changed(self) -> None:
        self.changes[self.name] = None


def kept(value: Any, place: Place) -> Any:
    """`value` as it is kept at `place`."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, TrackedDict | TrackedList):
        if value.place is not place and value.place.gone:
            value.move(place)
        if value.place is place:
            return value
    if isinstance(value, Mapping):
        return TrackedDict(value, place)
    return TrackedList(value, place) if isinstance(value, list | tuple) else value


class TrackedDict(dict[str, Any]):
    __slots__ = ("place",)

    def __init__(self, items: Mapping[str, Any], place: Place) -> None:
        self.place = place
        super().__init__({key: kept(value, place) for key, value in items.items()})

    def move(self, place: Place) -> None:
        self.place = place
        for key, value in self.items():
            super().__setitem__(key, kept(value, place))

    def __setitem__(self, key: str, value: Any) -> None:
        self.place.changed()
        super().__setitem__(key, kept(value, self.place))

    def __delitem__(self, key: str) -> None:
        self.place.changed()
        super().__delitem__(key)

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *others: Any, **more: Any) -> None:
        for key, value in dict(*others, **more).items():
            self[key] = value

    def __ior__(self, other: Any) -> Self:  # type: ignore[override,misc]  # dict's own takes pairs as well
        self.update(other)
        return self

    def pop(self, *arguments: Any) -> Any:
        self.place.changed()
        return super().pop(*arguments)

    def popitem(self) -> tuple[str, Any]:
        self.place.changed()
        return super().popitem()

    def clear(self) -> None:
        self.place.changed()
        super().clear()


class TrackedList(list[Any]):
    __slots__ = ("place",)

    def __init__(self, items: Iterable[Any], place: Place) -> None:
        self.place = place
        super().__init__(kept(value, place) for value in items)

    def move(self, place: Place) -> None:
        self.place = place
        super().__setitem__(slice(None), [kept(value, place) for value in self])

    def __setitem__(self, index: Any, value: Any) -> None:
        self.place.changed()
        new = [kept(one, self.place) for one in value] if isinstance(index, slice) else kept(value, self.place)
        super().__setitem__(index, new)

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        self.place.changed()
        super().__delitem__(index)

    def append(self, value: Any) -> None:
        self.place.changed()
        super().append(kept(value, self.place))

    def insert(self, index: SupportsIndex, value: Any) -> None:
        self.place.changed()
        super().insert(index, kept(value, self.place))

    def extend(self, values: Iterable[Any]) -> None:
        self.place.changed()
        super().extend([kept(value, self.place) for value in values])

    def __iadd__(self, values: Iterable[Any]) -> Self:  # type: ignore[misc]  # as in typeshed
        self.extend(values)
        return self

    def __imul__(self, times: SupportsIndex) -> Self:
        self[:] = list(self) * times
        return self

    def pop(self, index: SupportsIndex = -1) -> Any:
        self.place.changed()
        return super().pop(index)

    def remove(self, value: Any) -> None:
        self.place.changed()
        super().remove(value)

    def clear(self) -> None:
        self.place.changed()
        super().clear()

    def reverse(self) -> None:
        self.place.changed()
        super().reverse()

    def sort(self, **how: Any) -> None:
        self.place.changed()
        super().sort(**how)
