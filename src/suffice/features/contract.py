"""What form the answer must have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from suffice.features.schema import SchemaShape, shape_of

ContractKind = Literal["json_object", "json_schema", "grammar"]


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """A form that the provider enforces."""

    kind: ContractKind
    strict: bool
    shape: SchemaShape


ASKED_IN = frozenset({"response_format", "text", "output_config", "output_format"})
"""The fields of a body that may name a form."""


def contract_of(body: Mapping[str, Any]) -> Contract | None:
    """Returns the form that the answer must have, or `None` if it is free text."""
    if ASKED_IN.isdisjoint(body):
        return None
    for asked in (body.get("response_format"), _format(body.get("text")), _format(body.get("output_config"))):
        if isinstance(asked, dict):
            return _contract(asked)
    if isinstance(body.get("output_format"), dict):
        return _contract(body["output_format"])
    return None


def _format(part: object) -> object:
    return part.get("format") if isinstance(part, dict) else None


def _contract(asked: Mapping[str, Any]) -> Contract | None:
    kind = asked.get("type")
    if kind == "json_object":
        return Contract(kind="json_object", strict=False, shape=SchemaShape())
    if kind == "json_schema":
        holder = asked.get("json_schema") if isinstance(asked.get("json_schema"), dict) else asked
        assert isinstance(holder, dict)  # noqa: S101 -- one of two dicts
        return Contract(
            kind="json_schema", strict=holder.get("strict") is True, shape=shape_of(holder.get("schema"))
        )
    if kind in ("grammar", "regex"):
        return Contract(kind="grammar", strict=True, shape=SchemaShape())
    return None
