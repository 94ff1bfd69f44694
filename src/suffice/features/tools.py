"""The tools that a request offers, in any client API's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from suffice.features.schema import shape_of

ToolChoice = Literal["auto", "none", "required", "named"]
_MOST_TOOLS = 64


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


def tools_of(body: Mapping[str, Any]) -> Tools | None:
    """Returns what is offered, or `None` if nothing is."""
    offered = body.get("tools", body.get("functions"))
    if not isinstance(offered, list) or not offered:
        return None
    read = [tool for tool in offered[:_MOST_TOOLS] if isinstance(tool, dict)]
    shapes = [shape_of(_schema(tool)) for tool in read]
    return Tools(
        count=len(offered),
        parameters=sum(shape.properties for shape in shapes),
        depth=max((shape.depth for shape in shapes), default=0),
        choice=_choice(body.get("tool_choice", body.get("function_call"))),
        hosted=sum(_is_hosted(tool) for tool in read),
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
