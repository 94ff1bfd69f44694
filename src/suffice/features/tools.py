"""The tools that a request offers, in any client API's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from suffice.features.recent import Recent
from suffice.features.schema import shape_of

ToolChoice = Literal["auto", "none", "required", "named"]
_MOST_TOOLS = 64
ENTRIES, ENTRY_BYTES = 1_024, 320
"""How many sets of tools are remembered, and about what one takes with its key."""


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """How large the action space is."""

    count: int
    parameters: int
    """Properties of all their schemas together, nested ones included."""
    depth: int
    """Nesting of the deepest schema."""
    choice: ToolChoice
    hosted: int
    """Tools that the provider itself runs, such as web search."""


class _Surface(msgspec.Struct, frozen=True):
    """What the definitions of the tools show; the choice among them is said elsewhere."""

    parameters: int
    depth: int
    hosted: int


_recent: Recent[_Surface] = Recent(ENTRIES, ENTRIES * ENTRY_BYTES, lambda _: ENTRY_BYTES)
_encode = msgspec.msgpack.Encoder().encode


def tools_of(body: Mapping[str, Any]) -> Tools | None:
    """Returns what is offered, or `None` if nothing is."""
    offered = body.get("tools", body.get("functions"))
    if not isinstance(offered, list) or not offered:
        return None
    surface = _surface_of(offered[:_MOST_TOOLS])
    return Tools(
        count=len(offered),
        parameters=surface.parameters,
        depth=surface.depth,
        choice=_choice(body.get("tool_choice", body.get("function_call"))),
        hosted=surface.hosted,
    )


def forget() -> None:
    """Forgets all tools that were read."""
    _recent.clear()


def _surface_of(tools: list[Any]) -> _Surface:
    # Most requests repeat their tools: to walk twenty schemas takes ten times as long as to recognise them.
    try:
        data = _encode(tools)
    except (UnicodeError, RecursionError, ValueError, OverflowError):
        return _surface(tools)
    key = (len(data), hash(data))
    found = _recent.get(key)
    if found is None:
        found = _surface(tools)
        _recent.put(key, found)
    return found


def _surface(tools: list[Any]) -> _Surface:
    read = [tool for tool in tools if isinstance(tool, dict)]
    shapes = [shape_of(_schema(tool)) for tool in read]
    return _Surface(
        parameters=sum(shape.properties for shape in shapes),
        depth=max((shape.depth for shape in shapes), default=0),
        hosted=sum(map(_is_hosted, read)),
    )


def _schema(tool: Mapping[str, Any]) -> object:
    function = tool.get("function")
    if isinstance(function, dict):
        return function.get("parameters")
    return tool.get("parameters", tool.get("input_schema"))


def _is_hosted(tool: Mapping[str, Any]) -> bool:
    kind = tool.get("type")
    return isinstance(kind, str) and kind not in {"function", "custom"}


def _choice(said: object) -> ToolChoice:
    if isinstance(said, dict):
        kind = said.get("type")
        if kind in {"auto", "none"}:
            return "auto" if kind == "auto" else "none"
        return "required" if kind == "any" else "named"
    if said == "none":
        return "none"
    return "required" if said in ("required", "any") else "auto"
