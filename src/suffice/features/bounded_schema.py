"""READ: whether a document keeps a JSON Schema, in bounded time, for where a request waits for the answer.

Both come from outside, and some pairs of them take for ever: references that branch, regular expressions that
backtrack, lists whose items are all compared. So the keywords that cannot be bounded are not checked, and the others
share a budget. Nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Literal

from suffice.features.json_schema import plain_types

MOST_STEPS = 5_000
"""Keywords that are looked at; an error with a large part of the document in its text costs more. Some 30 ms."""
_MOST_UNIQUE = 200
_BYTES_PER_STEP = 500
_OLDER = ("draft-07", "draft-06", "draft-04")
_LEFT_OUT = ("pattern", "patternProperties", "format", "unevaluatedItems", "unevaluatedProperties")
_WRONG = (TypeError, AttributeError, LookupError, ValueError, ArithmeticError, RecursionError)
"""What jsonschema raises where a schema is none; to check that first would cost more than the document."""

Keyword = Callable[[Any, Any, Any, Any], Any]


class UncheckedError(Exception):
    """The schema says what is not checked here, or the budget is spent."""


class _Budget:
    """What is left of it, and how large the document is."""

    def __init__(self, steps: int, size: int) -> None:
        self._steps = steps
        self._whole = 1 + size // _BYTES_PER_STEP

    def take(self, steps: int = 1) -> None:
        self._steps -= steps
        if self._steps < 0:
            raise UncheckedError

    def take_error(self, instance: object, value: object) -> None:
        """An error's text repeats what it is about."""
        about = len(value) if isinstance(value, list) else 1
        self.take(about + (self._whole if isinstance(instance, (dict, list, str)) else 1))


_budget: ContextVar[_Budget] = ContextVar("_budget")


class BoundedSchema:
    """One schema, ready to be checked against; may be kept and shared by threads.

    Args:
        schema: As the request has it. Untrusted.
        encoded: The same as JSON.
    """

    __slots__ = ("_validator",)

    def __init__(self, schema: Mapping[str, Any], encoded: bytes) -> None:
        self._validator: Any = None
        # Names of parts other than by their place: to resolve them, all of the schema is walked each time.
        named = encoded.count(b'"$id"') > ("$id" in schema) or b'nchor"' in encoded
        if not named:
            self._validator = _made(schema)

    def breach(self, document: object, size: int) -> tuple[str, str] | None:
        """Returns the keyword that a document breaks, and where; `None` if it keeps the schema or was not checked.

        Args:
            document: Decoded JSON.
            size: Its length in bytes, about.
        """
        if self._validator is None:
            return None
        said = _budget.set(_Budget(MOST_STEPS, size))
        try:
            error = next(self._validator.iter_errors(document), None)
        except (UncheckedError, *_WRONG):
            return None
        finally:
            _budget.reset(said)
        if error is None:
            return None
        place = ".".join(str(step) for step in error.absolute_path)[:80]
        return str(error.validator), place


def warm() -> None:
    """Loads the library: some 100 ms, better not while a request waits."""
    _bounded("newer")
    _bounded("older")


def _made(schema: Mapping[str, Any]) -> Any:
    import referencing  # noqa: PLC0415 -- costs tens of milliseconds, and only route mode needs it

    draft = schema.get("$schema")
    older = isinstance(draft, str) and any(name in draft for name in _OLDER)
    try:
        read = plain_types({key: value for key, value in schema.items() if key not in {"$id", "$schema"}})
        return _bounded("older" if older else "newer")(read, registry=referencing.Registry())
    except _WRONG:
        return None


@lru_cache(maxsize=2)
def _bounded(draft: Literal["newer", "older"]) -> Any:
    """The library's validator with every keyword in bounds."""
    import jsonschema  # noqa: PLC0415 -- as above
    import referencing  # noqa: PLC0415 -- as above

    base: Any = jsonschema.Draft7Validator if draft == "older" else jsonschema.Draft202012Validator
    lost = (jsonschema.exceptions.UnknownType, referencing.exceptions.Unresolvable)
    keywords: dict[str, Keyword] = {name: _step(check, lost) for name, check in base.VALIDATORS.items()}
    keywords.update({name: _nothing for name in _LEFT_OUT if name in keywords})
    for name, guarded in (
        ("additionalProperties", _unless_patterns),
        ("uniqueItems", _unless_many),
        ("$ref", _if_inside),
    ):
        keywords[name] = guarded(keywords[name])
    if "$dynamicRef" in keywords:
        keywords["$dynamicRef"] = _refused
    return jsonschema.validators.extend(base, keywords)  # type: ignore[no-untyped-call] # -- it has no types


def _step(check: Keyword, lost: tuple[type[Exception], ...]) -> Keyword:
    def bounded(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
        budget = _budget.get()
        budget.take()
        try:
            for error in check(validator, value, instance, schema) or ():
                budget.take_error(instance, value)
                yield error
        except lost as error:
            raise UncheckedError from error

    return bounded


def _nothing(_validator: Any, _value: Any, _instance: Any, _schema: Any) -> None:
    return None


def _refused(_validator: Any, _value: Any, _instance: Any, _schema: Any) -> None:
    raise UncheckedError


def _unless_patterns(check: Keyword) -> Keyword:
    def guarded(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        return None if "patternProperties" in schema else check(validator, value, instance, schema)

    return guarded


def _unless_many(check: Keyword) -> Keyword:
    def guarded(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        many = isinstance(instance, list) and len(instance) > _MOST_UNIQUE
        return None if many else check(validator, value, instance, schema)

    return guarded


def _if_inside(check: Keyword) -> Keyword:
    def guarded(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        if not isinstance(value, str) or not (value == "#" or value.startswith("#/")):
            raise UncheckedError
        return check(validator, value, instance, schema)

    return guarded
