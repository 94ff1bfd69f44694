"""READ: JSON Schemas as requests carry them, and whether an answer keeps one.

Nothing is fetched: a `$ref` to elsewhere makes a schema unusable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_TEXT = 160
# Type names of other languages that tools describe their parameters with; everything else keeps JSON Schema's meaning.
_TYPES = {
    "dict": "object",
    "float": "number",
    "double": "number",
    "long": "integer",
    "int": "integer",
    "bool": "boolean",
    "str": "string",
    "tuple": "array",
    "list": "array",
}
_ANYTHING = frozenset({"any"})


class Schema:
    """One schema, checked.

    Args:
        schema: As the request or a file has it. Untrusted.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        # Here, because it costs tens of milliseconds, and commands that grade nothing do without.
        import jsonschema  # noqa: PLC0415 -- see above
        import referencing  # noqa: PLC0415 -- see above

        self._errors = jsonschema.exceptions.ValidationError
        self._unresolved = referencing.exceptions.Unresolvable
        self.broken: str | None = None
        """Why it cannot be used, or `None`."""
        kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
        try:
            read = plain_types(schema)
            kind.check_schema(read)
        except jsonschema.exceptions.SchemaError as error:
            self.broken = f"the schema is none: {error.message[:_TEXT]}"
        except RecursionError:
            self.broken = "the schema is too deep"
        else:
            # An empty registry: the default one would fetch what a `$ref` names from the network.
            self._validator = kind(read, registry=referencing.Registry())

    def problem(self, document: Any) -> str | None:
        """Returns what a document breaks, or `None` if it keeps the schema.

        Raises:
            ValueError: The schema is broken.
        """
        if self.broken is not None:
            raise ValueError(self.broken)
        try:
            error = next(self._validator.iter_errors(document), None)
        except self._unresolved:
            return "the schema refers to what is not in it"
        except RecursionError:
            return "it is too deep to check"
        if error is None:
            return None
        place = ".".join(str(step) for step in error.absolute_path)[:80] or "the whole"
        return f"{place} breaks the schema's {error.validator}"


def requested_schema(request: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Returns the schema that a request asks an answer to keep, in any client API, or `None`.

    >>> requested_schema({"response_format": {"type": "json_object"}})
    {'type': 'object'}
    """
    text = request.get("text")
    config = request.get("output_config")
    formats = (
        request.get("response_format"),
        text.get("format") if isinstance(text, dict) else None,
        request.get("output_format"),
        config.get("format") if isinstance(config, dict) else None,
    )
    for form in formats:
        if not isinstance(form, dict):
            continue
        if form.get("type") == "json_object":
            return {"type": "object"}
        inner = form.get("json_schema")
        schema = inner.get("schema") if isinstance(inner, dict) else form.get("schema")
        if isinstance(schema, dict):
            return schema
    return None


def tool_schemas(request: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Returns the schema of each offered tool's parameters, by the tool's name, in any client API."""
    return {name: schema for name, schema in _tools(request) if isinstance(name, str)}


def _tools(request: Mapping[str, Any]) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    for key in ("tools", "functions"):
        offered = request.get(key)
        for tool in offered if isinstance(offered, list) else ():
            if not isinstance(tool, dict):
                continue
            inner = tool.get("function")
            body = inner if isinstance(inner, dict) else tool
            schema = body.get("parameters", body.get("input_schema"))
            yield body.get("name"), schema if isinstance(schema, dict) else {}


def plain_types(schema: Any) -> Any:
    """Returns a schema with type names of other languages in JSON Schema's words.

    Raises:
        RecursionError: It is too deep.
    """
    if isinstance(schema, list):
        return [plain_types(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: plain_types(value) for key, value in schema.items()}
    kind = schema.get("type")
    if isinstance(kind, str):
        if kind in _ANYTHING:
            del plain["type"]
        else:
            plain["type"] = _TYPES.get(kind, kind)
    return plain
