"""parameters.md: what each family of models takes of a request's parameters, and what happens to typical requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from suffice.catalog import Catalog
from suffice.catalog.parameters import Api, ParameterData, RuleRow, load_parameters
from suffice.policy.adapt import Adapted, adapt
from suffice.policy.constraints import TEXTS
from suffice.types import Candidate

Table = Callable[[list[str], Iterable[Iterable[str]]], str]

INTRO = """\
# Parameters

What has to change in a request when another model serves it, and when that model may not serve. Source:
`src/suffice/catalog/parameters.toml`, where every row has its source and date; the engine that reads it is
`suffice.policy.adapt`. Models of one family take the same parameters: between them nothing changes but the model's
name.

A parameter that carries meaning is never dropped and never weakened. For each one that a request has, in this order:

1. The candidate takes its value: it passes as it stands.
2. The candidate takes it by another name: it is renamed (`max_tokens` to `max_completion_tokens`).
3. Its value means what its absence means (`presence_penalty` of 0), or it changes no answer (`user`): it is left out.
4. Else the candidate is vetoed, and `suffice explain` says why. What is not known of a family is a veto.

Where the client says nothing of thinking and the baseline answers at once, a candidate that would think first is told
not to: it would take longer, cost more, and use up the limit of the answer's length, for thinking counts as part of
it. One that cannot be told may serve where no such limit is set. Levels of effort pass between models of one vendor;
between vendors only *none* means the same.

The client's bytes stay as they are. Only the members that are named here change, and what else there is, known or not,
keeps its bytes and its place.
"""

ACROSS = """\
## Another vendor's models

A chat completion may be served by another vendor at the endpoint that speaks OpenAI's wire format, streaming and tools
included, where the operator names it (`across_providers`, [route.md](route.md)). Requests to the other APIs stay with
their provider (`other_wire_format`): nothing here translates between formats
([decision 8](decisions/0008-no-translation.md)). The key is the operator's own for that provider: the client's is never
sent to another vendor. Anthropic's prompt cache does not work at that endpoint: all of a prompt is priced as uncached.
"""

EXAMPLES: list[tuple[Api, str, str, dict[str, Any]]] = [
    ("chat_completions", "gpt-4o", "gpt-4o-mini", {"max_tokens": 100, "temperature": 0.2, "stop": ["END"]}),
    ("chat_completions", "gpt-4o", "gpt-5.4-mini", {"max_tokens": 100, "temperature": 0.2}),
    ("chat_completions", "gpt-4o", "gpt-5.4-mini", {"temperature": 0.2, "reasoning_effort": "low"}),
    ("chat_completions", "gpt-4o", "gpt-5.4-mini", {"presence_penalty": 0, "frequency_penalty": 0}),
    ("chat_completions", "gpt-4o", "gpt-5.4-mini", {"presence_penalty": 0.5}),
    ("chat_completions", "gpt-4o", "gpt-5.4-mini", {"stop": ["END"]}),
    ("chat_completions", "gpt-4o", "gpt-5-mini", {"max_tokens": 100}),
    ("chat_completions", "gpt-4o", "gpt-5-mini", {"temperature": 0.2}),
    ("chat_completions", "gpt-4o", "gpt-6-luna", {"max_tokens": 100, "temperature": 0.2}),
    ("chat_completions", "gpt-5.4", "gpt-6-luna", {"tools": [{"type": "function"}]}),
    (
        "chat_completions",
        "gpt-5.4",
        "gpt-6-luna",
        {"tools": [{"type": "function"}], "reasoning_effort": "low"},
    ),
    ("responses", "gpt-5.4", "gpt-6-luna", {"tools": [{"type": "function"}], "reasoning": {"effort": "low"}}),
    ("messages", "claude-sonnet-4-5", "claude-haiku-4-5", {"temperature": 0.2}),
    ("messages", "claude-opus-5", "claude-haiku-4-5", {"thinking": {"type": "adaptive"}}),
    ("messages", "claude-opus-5", "claude-haiku-4-5", {"output_config": {"effort": "high"}}),
    ("messages", "claude-sonnet-4-5", "claude-sonnet-5", {"max_tokens": 100}),
    ("chat_completions", "gpt-5.4", "claude-haiku-4-5", {"temperature": 0.2, "max_completion_tokens": 100}),
    ("chat_completions", "gpt-5.4", "claude-haiku-4-5", {"response_format": {"type": "json_object"}}),
    ("chat_completions", "gpt-5.4", "gemini-2.5-flash", {"temperature": 0.2, "user": "u-17"}),
    ("responses", "gpt-5.4", "claude-haiku-4-5", {"max_output_tokens": 100}),
]


def page(table: Table) -> str:
    """Returns parameters.md."""
    data = load_parameters()
    parts = [
        INTRO,
        "## Families\n",
        _families(data, table),
        "## What happens to typical requests\n",
        _examples(table),
    ]
    parts += ["## How much to think\n", _thinking(data, table), ACROSS, _endpoints(data, table)]
    for api in ("chat_completions", "responses", "messages"):
        parts += [f"## `{api}`\n", _parameters(data, api, table)]
    parts += ["## Vetoes\n", _vetoes(data, table), "## Sources\n", _sources(data, table)]
    return "\n".join(parts)


def _families(data: ParameterData, table: Table) -> str:
    rows = [[f"`{row.name}`", row.provider, _codes(row.models)] for row in data.family]
    groups = [[name, _codes(members)] for name, members in data.groups.items()]
    return table(["Family", "Provider", "Models"], rows) + "\n" + table(["Several families", "Are"], groups)


def _examples(table: Table) -> str:
    catalog = Catalog.load(at_ns=0)

    def model(name: str) -> Candidate:
        found = catalog.resolve(catalog.providers_of(name)[0], name)
        if found is None:
            raise LookupError(name)
        return found

    rows = []
    for api, asked, other, body in EXAMPLES:
        adapted = adapt(api, body, model(asked), model(other))
        rows.append([f"`{asked}`", f"`{other}`", f"`{api}`", _code(body), _outcome(adapted)])
    return table(["Asked for", "Candidate", "API", "The request has", "What happens"], rows)


def _outcome(adapted: Adapted) -> str:
    patch = adapted.patch
    if patch is None:
        return f"veto `{adapted.veto}`: {TEXTS[str(adapted.veto)]}"
    said = [f"`{old}` becomes `{new}`" for old, new in patch.renamed.items()]
    said += [f"`{name}` is left out" for name in sorted(patch.dropped)]
    said += [f"{_code({name: value})} is said" for name, value in patch.put.items()]
    return "; ".join(said) or "passes as it stands"


def _thinking(data: ParameterData, table: Table) -> str:
    rows = [
        [
            _short(data, data.expand(row.families)),
            f"`{row.api}`",
            f"`{row.member}`",
            _codes(row.levels) or "nothing",
            row.default,
        ]
        for row in data.thinking
    ]
    return table(["Families", "API", "Parameter", "Takes", "Default"], rows)


def _endpoints(data: ParameterData, table: Table) -> str:
    rows = [
        [
            row.provider,
            f"`{row.api}`",
            f"`{row.path}`",
            "`authorization`" if row.bearer else "as the provider's own",
            row.source,
        ]
        for row in data.endpoint
    ]
    return table(["Provider", "API", "Path below its base URL", "Key", "Source"], rows)


def _parameters(data: ParameterData, api: Api, table: Table) -> str:
    rules = data.rules()
    providers = {row.provider for row in data.endpoint if row.api == api}
    families = [row.name for row in data.family if row.provider in providers]
    rows = []
    for (one, name), row in data.parameters().items():
        if one != api:
            continue
        ways: dict[str, list[str]] = {}
        for family in families:
            rule = rules.get((family, api, name))
            ways.setdefault("not known" if rule is None else _way(rule), []).append(family)
        taken = ways.pop("any", [])
        rows.append(
            [
                f"`{name}`",
                ", ".join(_code(value) for value in row.neutral),
                "all" if len(taken) == len(families) else _short(data, taken),
                "; ".join(f"{_short(data, found)}: {way}" for way, found in ways.items()),
            ]
        )
    return table(["Parameter", "Means nothing", "Taken as it stands by", "Otherwise"], rows)


def _short(data: ParameterData, families: Iterable[str]) -> str:
    """Families by the names of their groups, the largest groups first."""
    left, said = list(families), []
    for name, members in sorted(data.groups.items(), key=lambda group: -len(group[1])):
        if set(members) <= set(left):
            said.append(name)
            left = [family for family in left if family not in members]
    return ", ".join([*said, *left])


def _way(rule: RuleRow) -> str:
    if rule.becomes:
        return f"becomes `{rule.becomes}`"
    if not rule.takes:
        return "left out" if rule.label else "not taken"
    said = []
    if rule.values is not None:
        said.append(f"only {', '.join(_code(value) for value in rule.values)}")
    if rule.at_least is not None or rule.at_most is not None:
        said.append(f"from {rule.at_least:g} to {rule.at_most:g}")
    said += [f"at most {rule.most}"] if rule.most is not None else []
    said += ["more than white space"] if rule.visible else []
    said += ["only while it does not think"] if rule.idle else []
    said += [f"not with `{rule.without}`"] if rule.without else []
    return ", ".join(said) or "any"


def _vetoes(data: ParameterData, table: Table) -> str:
    names = dict.fromkeys(row.veto for row in data.parameter)
    names.update(dict.fromkeys(["effort", "thinking_limit", "unknown_parameter", "other_wire_format"]))
    return table(
        ["Veto", "The candidate is excluded because"], [[f"`{name}`", TEXTS[name]] for name in sorted(names)]
    )


def _sources(data: ParameterData, table: Table) -> str:
    rows: dict[tuple[str, str], list[str]] = {}
    for rule in data.rule:
        rows.setdefault((rule.source, str(rule.as_of)), []).extend(rule.parameters)
    for thinking in data.thinking:
        rows.setdefault((thinking.source, str(thinking.as_of)), []).append(thinking.member)
    cells = ([source, day, _codes(dict.fromkeys(names))] for (source, day), names in rows.items())
    return table(["Source", "Read", "Says of"], cells)


def _code(value: Any) -> str:
    return f"`{json.dumps(value)}`"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
