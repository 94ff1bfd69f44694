"""Which keys exist, and what each accepts: read off the Structs of `settings`, so that there is one list."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import inspect, structs

from suffice.config.elsewhere import ElsewhereSettings
from suffice.config.secret import Secret
from suffice.config.settings import FeatureSettings, GraderSettings, Provider, Settings

Fields = Mapping[str, structs.FieldInfo]


def fields_of(kind: type[msgspec.Struct]) -> Fields:
    """Returns the fields of a table by the key that a person writes."""
    skipped = {"name"} if kind is Provider else set()
    return {field.encode_name: field for field in structs.fields(kind) if field.encode_name not in skipped}


def is_table(field: structs.FieldInfo) -> bool:
    """Tells whether a field of `Settings` is a table of its own, such as `[server]`."""
    return isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)


NAMED: Mapping[str, Fields] = {
    "providers": fields_of(Provider),
    "features": fields_of(FeatureSettings),
    "graders": fields_of(GraderSettings),
    "elsewhere": fields_of(ElsewhereSettings),
}
"""Tables that hold a table for each name: `[providers.NAME]`."""
SCALARS: Fields = {
    key: field for key, field in fields_of(Settings).items() if not is_table(field) and key not in NAMED
}
SECTIONS: Mapping[str, type[msgspec.Struct]] = {
    key: field.type for key, field in fields_of(Settings).items() if is_table(field)
}
PROVIDER = NAMED["providers"]
FEATURE = NAMED["features"]
GRADER = NAMED["graders"]
ELSEWHERE = NAMED["elsewhere"]


def is_secret(field: structs.FieldInfo) -> bool:
    """Tells whether a field's value must never be shown."""
    return bool(field.type == (Secret | None))


def is_path(field: structs.FieldInfo) -> bool:
    """Tells whether a field is a path, which starts at the folder of its file."""
    return field.type is Path or field.type == (Path | None)


def takes_client_key(field: structs.FieldInfo) -> bool:
    """Tells whether a field is a provider's key, which may be the client's own."""
    return field == PROVIDER["key"]


def expectation(field: structs.FieldInfo) -> str:
    """Says in words what a field accepts.

    >>> expectation(fields_of(SECTIONS["server"])["port"])
    'a whole number from 1 to 65535'
    """
    if is_secret(field):
        client = '"client" or ' if takes_client_key(field) else ""
        return f'{client}"env:NAME", with NAME a variable'
    if is_path(field):
        return "a path in quotes"
    return _in_words(inspect.type_info(field.type))


_OTHERS = {inspect.BoolType: "true or false", inspect.VarTupleType: "a list of texts in quotes"}


def _in_words(kind: inspect.Type) -> str:
    match kind:
        case inspect.LiteralType(values=values):
            return " or ".join(f'"{value}"' for value in values)
        case inspect.IntType():
            return "a whole number" + _range(kind)
        case inspect.FloatType():
            return "a number" + _range(kind)
        case inspect.VarTupleType(item_type=inspect.FloatType() as item):
            return "a list of numbers" + _range(item)
        case inspect.UnionType(types=types):
            return _in_words(types[0])
        case _:
            return _OTHERS.get(type(kind), "a text in quotes")


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.gt is not None:
        return f" above {kind.gt}, at most {kind.le}"
    if kind.lt is not None:
        return f" from {kind.ge}, below {kind.lt}"
    return f" from {kind.ge} to {kind.le}"
