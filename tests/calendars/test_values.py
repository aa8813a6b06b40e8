"""Frozen value classes: same behaviour as `dataclass(frozen=True)`, without its compile time."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, field, replace
from typing import Any, cast

import pytest

from calendars import values

OPTIONS = {"frozen": True, "kw_only": True, "slots": True}


def _defined(decorator: Any) -> Any:
    @decorator(**OPTIONS)
    class Term:
        """A value with every kind of field."""

        count: int
        name: str = "days"
        secret: str = field(default="", repr=False, compare=False)
        days: list[int] = field(default_factory=list, hash=False)
        twice: int = field(init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "twice", 2 * self.count)

    return Term


Library, Ours = _defined(dataclasses.dataclass), _defined(values.dataclass)


@values.dataclass(frozen=True, slots=True)
class Pair:
    """A value whose fields have places."""

    first: int
    second: int = 2


def test_values_are_built_compared_printed_and_replaced_as_by_the_library() -> None:
    """The same arguments give the same value, or the same refusal."""
    for build in (Library, Ours):
        value, other = build(count=3, secret="x"), build(count=3, secret="y")
        assert (value.count, value.name, value.days, value.twice) == (3, "days", [], 6)
        assert value.days is not other.days
        assert (value, hash(value)) == (other, hash(other))
        assert value != build(count=4)
        assert value != build(count=3, days=[1])
        assert repr(value) == f"{build.__qualname__}(count=3, name='days', days=[], twice=6)"
        assert replace(value, count=5).twice == 10
        for wrong in ({}, {"count": 1, "other": 2}, {"count": 1, "twice": 2}):
            with pytest.raises(TypeError):
                build(**wrong)
        with pytest.raises(TypeError):
            build(3)
    assert Library(count=3) != Ours(count=3)
    assert [*inspect.signature(Ours).parameters] == [*inspect.signature(Library).parameters]


def test_values_are_frozen_and_copies_are_equal() -> None:
    """Nothing is set or deleted, there is no room for more, and a copy is a value of its own."""
    value = Ours(count=3)
    for change in (lambda: setattr(value, "count", 4), lambda: delattr(value, "count")):
        with pytest.raises(FrozenInstanceError):
            change()
    assert not hasattr(value, "__dict__")
    assert copy.deepcopy(value) == value
    pair = Pair(1)
    assert pickle.loads(pickle.dumps(pair)) == pair
    match cast("object", pair):
        case Pair(first, second):
            assert (first, second) == (1, 2)
