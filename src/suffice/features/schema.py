"""How large and how deep a JSON schema is, without trusting it to be one."""

from __future__ import annotations

import msgspec

_MOST_NODES = 2_000
_CHILDREN = ("properties", "$defs", "definitions")
_ALTERNATIVES = ("anyOf", "oneOf", "allOf", "prefixItems")


class SchemaShape(msgspec.Struct, frozen=True, kw_only=True):
    """What a schema asks for."""

    properties: int = 0
    depth: int = 0
    labels: int | None = None
    """Values of the one enumeration in it; `None` if it has none or several."""


def shape_of(schema: object) -> SchemaShape:
    """Returns the shape of a schema; of one with thousands of nodes, of the first 2,000."""
    properties = deepest = nodes = 0
    labels: list[int] = []
    waiting: list[tuple[object, int]] = [(schema, 0)]
    while waiting and nodes < _MOST_NODES:
        node, depth = waiting.pop()
        nodes += 1
        if not isinstance(node, dict):
            continue
        deepest = max(deepest, depth)
        if isinstance(values := node.get("enum"), list):
            labels.append(len(values))
        for name in _CHILDREN:
            if isinstance(children := node.get(name), dict):
                properties += len(children) if name == "properties" else 0
                waiting.extend((child, depth + 1) for child in list(children.values())[:_MOST_NODES])
        if isinstance(items := node.get("items"), dict):
            waiting.append((items, depth + 1))
        for name in _ALTERNATIVES:
            if isinstance(alternatives := node.get(name), list):
                waiting.extend((child, depth) for child in alternatives[:_MOST_NODES])
    return SchemaShape(properties=properties, depth=deepest, labels=labels[0] if len(labels) == 1 else None)
