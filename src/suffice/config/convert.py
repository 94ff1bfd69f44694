"""Turns one value as it was written into the type of its field, or says what the field accepts."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import FieldInfo

from suffice.config.schema import expectation, is_path, is_secret, takes_client_key
from suffice.config.secret import Secret
from suffice.config.settings import Names, Shares
from suffice.config.sources import Given, reference


def convert(given: Given, field: FieldInfo, environ: Mapping[str, str]) -> Any:
    """Returns the value in its field's type.

    Args:
        given: The value as it was written.
        field: Where it goes.
        environ: Where secrets come from.

    Raises:
        ValueError: It does not fit; the text says what would. The value of a secret is never quoted.
    """
    if is_secret(field):
        return _secret(given.value, field, environ)
    if is_path(field):
        if not isinstance(given.value, str) or not given.value or "\0" in given.value:
            raise ValueError(_misfit(given.value, field))
        return given.base / Path(given.value).expanduser()
    if given.is_text and isinstance(given.value, str) and field.type in {Names, Names | None}:
        return tuple(name for part in given.value.split(",") if (name := part.strip()))
    written = given.value
    if given.is_text and isinstance(written, str) and field.type == Shares:
        written = [part.strip() for part in written.split(",")]
    try:
        value = msgspec.convert(written, field.type, strict=not given.is_text)
    except msgspec.ValidationError:
        raise ValueError(_misfit(given.value, field)) from None
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(_misfit(given.value, field))
    return value


def _secret(value: object, field: FieldInfo, environ: Mapping[str, str]) -> Secret | None:
    key = field.encode_name
    if value == "client" and takes_client_key(field):
        return None
    variable = reference(value)
    if variable is None:
        raise ValueError(f"{key} must be {expectation(field)}; a secret is never written in the file itself")
    text = environ.get(variable, "").strip()
    if not text:
        raise ValueError(
            f"{key} refers to the variable {variable}, which is not set: export {variable}=... first"
        )
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(
            f"the variable {variable} holds something that cannot be sent as a header: set it anew"
        )
    return Secret(text)


def _misfit(value: object, field: FieldInfo) -> str:
    return f"{field.encode_name} must be {expectation(field)}, not {shown(value)}"


def shown(value: object) -> str:
    """Returns a value as it would stand in a TOML file, cut to a readable length.

    >>> shown(True), shown("abc"), shown({"a": 1})
    ('true', '"abc"', 'a table')
    """
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, (str, bool, int)):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= 60 else text[:56] + '..."'
    return str(value)
