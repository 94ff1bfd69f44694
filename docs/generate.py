"""Writes the pages of docs/ that are made from the code, or with --check says which are stale.

configuration.md comes from the settings' own Structs and docstrings, cli.md from the commands' help, layers.md
from the folder of layers, models.md and parameters.md from the catalog's data, task-types.md from the kinds of task and
their test set, graders.md from the folder of graders and what `bench/graders.py` measured.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import inspect
import os
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
WIDTH = 100

# Before any import that may ask: a page must not depend on the terminal or the environment that made it.
os.environ["COLUMNS"], os.environ["NO_COLOR"] = str(WIDTH), "1"
for _name in [name for name in os.environ if name.startswith("SUFFICE_")]:
    del os.environ[_name]
sys.path.insert(0, str(DOCS))

import click  # noqa: E402 -- see above
import cost_page  # noqa: E402 -- see above; beside this file
import graders_page  # noqa: E402 -- see above; beside this file
import msgspec  # noqa: E402 -- see above
import parameters_page  # noqa: E402 -- see above; beside this file
import reconcile_page  # noqa: E402 -- see above; beside this file
import task_types  # noqa: E402 -- see above; beside this file
from explain_page import explain  # noqa: E402 -- see above

from suffice.catalog import Catalog, read_rows  # noqa: E402 -- see above
from suffice.catalog.benchmarks import read_benchmarks  # noqa: E402 -- see above
from suffice.cli import main as suffice_command  # noqa: E402 -- see above
from suffice.config import BUILT_IN, budgets, elsewhere, settings  # noqa: E402 -- see above
from suffice.config.schema import (  # noqa: E402 -- see above
    ELSEWHERE,
    FEATURE,
    GRADER,
    PROVIDER,
    SCALARS,
    SECTIONS,
    Fields,
    expectation,
    fields_of,
)
from suffice.config.schema import takes_client_key as is_provider_key  # noqa: E402 -- see above
from suffice.config.sources import variables  # noqa: E402 -- see above
from suffice.layers import table as layer_table  # noqa: E402 -- see above
from suffice.upstream.vendors import load_vendors  # noqa: E402 -- see above

NOTE = "<!-- Made by docs/generate.py (`make docs`): edit the source, not this page. -->\n"

CONFIGURATION = """\
# Configuration

Everything works without configuration. To change something, write `suffice.toml` (`suffice init` writes
a commented one) or set a variable. `suffice check-config` tells all that is wrong, each with its line
and what to do, and what the configuration comes to. `suffice serve` refuses to start with a key that it
does not know or a value that cannot be meant.

Later beats earlier: the default, the file, the environment, the command line. The file is the one that
`--config` or `SUFFICE_CONFIG` names, else `suffice.toml` in the current folder if there is one.

## Environment

Every setting has a variable: `SUFFICE_`, its table and its key, in capitals with `_` between, as listed
below. A provider's is `SUFFICE_PROVIDERS_<NAME>_<KEY>`, for a built-in provider, a known vendor, or one
with a table.

A variable that begins with `SUFFICE_` and is no setting stops start-up: most likely it is mistyped. Left
alone are those that a setting refers to as `env:NAME`, `SUFFICE_CONFIG`, `SUFFICE_DATA` (recorded data
for tests), and what Kubernetes sets beside a service called suffice (`SUFFICE_SERVICE_...`,
`SUFFICE_PORT...`).

## Secrets

A key or token is never written in the file: `"env:NAME"` says which variable holds it. That has to be
set at start-up, and what it holds is shown nowhere: not in logs, not in messages, not by `suffice
check-config`.
"""

FEATURES = """\
A feature is the tag that the client sends as `x-suffice-feature`: visible ASCII, at most 128 characters. Its
table needs quotes where the tag has more than letters, digits, `-` and `_`. A feature has no variables.

```toml
[features.contract-review]
stakes_usd = 500            # a bad answer is dear: only a large saving would route
deny = ["gpt-5.4-nano"]

[features."ticket triage"]
evidence = "calibrated"
bar = 0.8
budget_usd_per_day = 20     # then, until midnight (UTC), smaller models serve on a prior
when_spent = "economise"
economise_evidence = "prior"
```
"""

GRADERS = """\
The name of the table is a bucket's, or `*` for all buckets without a table of their own. docs/graders.md has the
kinds, and which of these keys each reads; another key is an error. A grader has no variables.

```toml
[graders."*"]
kind = "tool_calls"
reference = "baseline"

[graders.invoices]
kind = "json_schema"
fields = ["total", "currency"]
```
"""

ELSEWHERES = """\
The name of the table is the model as its own provider has it. docs/route.md says when it is asked. A model that is
served elsewhere has no variables.

```toml
[elsewhere."openai/gpt-5.4"]
provider = "azure"
model = "our-deployment"

[providers.azure]
base_url = "https://our-resource.openai.azure.com/openai/v1"
key = "env:AZURE_KEY"
prices = "azure"
```
"""

PROVIDERS = """\
`openai` and `anthropic` exist without any configuration; a table `[providers.openai]` changes single
keys of theirs. A known vendor (listed below) is its table alone, `[providers.groq]`. Any other
OpenAI-compatible server is a table with a `base_url`:

```toml
[providers.my-server]
base_url = "http://127.0.0.1:8000/v1"
```
"""

LAYERS = """\
# Layers

Every layer reads one thing about a request and answers with a *demand* between 0 (any model will do) and 1
(this needs the best there is), with its reason in words; where the evidence is missing it abstains. The
predictor weighs the demands. A layer is one file in `src/suffice/layers/`; adding the file adds the layer.
"""

MODELS = """\
# Models

The catalog: which models there are, what they can do, and which of them may stand in for which before there
is any evidence. Source: `src/suffice/catalog/models.toml`, where each row has its source and date. Prices are
standard rates in US dollars per million tokens from
[genai-prices](https://github.com/pydantic/genai-prices), as of {day}; a call is charged at the rates of its own
day, context length and service tier. A model that is not here is forwarded, metered and priced like any
other; it is only never a candidate, and its traffic stays where it is.
"""

BENCHMARKS = """\
## Benchmarks

What models have reached in public, each figure with its source: how a model that has answered nothing here yet is
expected to do (`suffice.quality.ability`), with a wide uncertainty, until outcomes take over. Source:
`src/suffice/catalog/benchmarks.toml`; figures are appended, never changed.
"""


def layers() -> str:
    """Returns layers.md."""
    head = ["#", "Layer", "What it says", "Reads", "Range", "Source"]
    keys = ("summary", "reads", "range", "source")
    rows = [[row["number"], f"`{row['name']}`", *(row[key] for key in keys)] for row in layer_table()]
    return f"{LAYERS}\n{table(head, rows)}"


def models() -> str:
    """Returns models.md."""
    data = resources.files("suffice.catalog").joinpath("models.toml").read_text("utf-8")
    day = max(row.as_of for row in read_rows(tomllib.loads(data)))
    at_ns = int(datetime.combine(day, time(), UTC).timestamp()) * 1_000_000_000
    catalog = Catalog.load(at_ns=at_ns)
    head = ["Provider", "Model", "Tier", "Input", "Output", "Context", "May be replaced by", "Retires"]
    found = [(row, catalog.resolve(row.provider, row.model)) for row in catalog.rows]
    rows = [
        [
            row.provider,
            f"`{row.model}`",
            row.tier,
            _usd_per_million(model.rates[-1].input),
            _usd_per_million(model.rates[-1].output),
            f"{row.context_tokens:,}",
            ", ".join(f"`{name}`" for name in row.smaller) or "nothing smaller",
            str(row.retires or ""),
        ]
        for row, model in found
        if model is not None
    ]
    return f"{MODELS.format(day=day)}\n{table(head, rows)}\n{BENCHMARKS}\n{_benchmark_table()}"


def _benchmark_table() -> str:
    data = resources.files("suffice.catalog").joinpath("benchmarks.toml").read_text("utf-8")
    read = read_benchmarks(tomllib.loads(data))
    measures = {benchmark.name: benchmark.measures for benchmark in read.benchmark}
    rows = [
        [
            row.provider,
            f"`{row.model}`",
            row.benchmark,
            measures[row.benchmark],
            f"{row.score:.1%}",
            str(row.as_of),
            row.source,
        ]
        for row in read.score
    ]
    return table(["Provider", "Model", "Benchmark", "Measures", "Score", "As of", "Source"], rows)


def _usd_per_million(rate: int | None) -> str:
    return "unknown" if rate is None else f"${Decimal(rate) / 1_000_000:,f}"


def configuration() -> str:
    """Returns configuration.md."""
    told = _docstrings(settings) | _docstrings(budgets) | _docstrings(elsewhere)
    parts = [CONFIGURATION, "## Top level\n", _settings_table("Settings", SCALARS, (), told)]
    for section, kind in SECTIONS.items():
        parts += [f"## [{section}]\n", f"{inspect.getdoc(kind)}\n"]
        parts.append(_settings_table(kind.__name__, fields_of(kind), (section,), told))
    parts += ["## [features.NAME]\n", f"{inspect.getdoc(settings.FeatureSettings)}\n", FEATURES]
    parts.append(_settings_table("FeatureSettings", FEATURE, ("features", "NAME"), told))
    parts += ["## [graders.NAME]\n", f"{inspect.getdoc(settings.GraderSettings)}\n", GRADERS]
    parts.append(_settings_table("GraderSettings", GRADER, ("graders", "NAME"), told))
    parts += [
        '## [elsewhere."PROVIDER/MODEL"]\n',
        f"{inspect.getdoc(elsewhere.ElsewhereSettings)}\n",
        ELSEWHERES,
    ]
    parts.append(_settings_table("ElsewhereSettings", ELSEWHERE, ("elsewhere", "NAME"), told))
    parts += ["## [providers.NAME]\n", f"{inspect.getdoc(settings.Provider)}\n", PROVIDERS]
    parts += [
        _settings_table("Provider", PROVIDER, ("providers", "NAME"), told),
        "### Built-in providers and vendors\n",
    ]
    rows = [*BUILT_IN.items(), *sorted(load_vendors().items())]
    cells = (
        [f"`{name}`", f"`{row['base_url']}`", row["wire"], row.get("prices", "none")] for name, row in rows
    )
    parts.append(table(["name", "base_url", "wire", "prices"], cells))
    return "\n".join(parts)


def _settings_table(
    kind: str, fields: Fields, path: tuple[str, ...], told: Mapping[tuple[str, str], str]
) -> str:
    variable = {key: name for name, key in variables(["NAME"]).items()}
    rows = []
    for key, field in fields.items():
        meaning = " ".join(told[(kind, field.name)].split())
        meaning += f" Variable: `{variable[(*path, key)]}`." if (*path, key) in variable else ""
        rows.append([f"`{key}`", _type(expectation(field)), _default(field), meaning])
    return table(["key", "accepts", "default", "meaning"], rows)


def _type(words: str) -> str:
    return words.replace('"', "`")


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    if is_provider_key(field):
        return '`"client"`'
    if field.default is None:
        return "none"
    value = str(field.default) if isinstance(field.default, Path) else field.default
    return f"`{msgspec.json.encode(value).decode()}`"


def _docstrings(module: Any) -> dict[tuple[str, str], str]:
    """Returns the docstring under each field, which Python itself does not keep, by class and field."""
    found = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if not isinstance(node, ast.ClassDef):
            continue
        for field, text in zip(node.body, node.body[1:], strict=False):
            match field, text:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(told))):
                    found[(node.name, name)] = told
    return found


def cli() -> str:
    """Returns cli.md."""
    root = click.Context(
        suffice_command, info_name="suffice", terminal_width=WIDTH, help_option_names=["-h", "--help"]
    )
    parts = ["# Command line\n", _help(suffice_command.get_help(root))]
    parts.append(
        "Exit codes: 0 all went well, 1 something failed, 2 a mistake in the options or the configuration.\n"
    )
    parts += _commands(suffice_command, root)
    return "\n".join(parts)


def _commands(group: click.Group, parent: click.Context) -> Iterator[str]:
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        if command is not None:
            context = click.Context(command, info_name=name, parent=parent, terminal_width=WIDTH)
            yield f"## {context.command_path}\n"
            yield _help(command.get_help(context))
            if isinstance(command, click.Group):
                yield from _commands(command, context)


def _help(text: str) -> str:
    lines = (line.rstrip() for line in text.strip().splitlines())
    return "\n".join(["```text", *lines, "```", ""])


def table(head: list[str], rows: Iterable[Iterable[str]]) -> str:
    """Returns a Markdown table."""

    def lines() -> Iterator[str]:
        yield f"| {' | '.join(head)} |"
        yield "|---" * len(head) + "|"
        for row in rows:
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"

    return "\n".join(lines()) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "configuration.md": configuration,
    "cli.md": cli,
    "cost.md": lambda: cost_page.page(table),
    "explain.md": explain,
    "graders.md": lambda: graders_page.page(table),
    "layers.md": layers,
    "models.md": models,
    "parameters.md": lambda: parameters_page.page(table),
    "reconcile.md": lambda: reconcile_page.page(table),
    "task-types.md": lambda: task_types.page(table),
}


def stale(folder: Path) -> Iterator[str]:
    """Yields how each page differs from what the code says, as a short diff."""
    for name, page in PAGES.items():
        path = folder / name
        there = path.read_text("utf-8").splitlines() if path.is_file() else []
        diff = list(
            difflib.unified_diff(there, made(page).splitlines(), name, f"{name} (new)", n=0, lineterm="")
        )
        if diff:
            more = [f"... and {len(diff) - 20} lines more"] if len(diff) > 20 else []
            yield "\n".join([*diff[:20], *more])


def made(page: Callable[[], str]) -> str:
    """Returns a page's text with the note that it is generated."""
    return f"{NOTE}\n{page()}"


def main() -> int:
    """Writes the pages, or checks them; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a page is stale")
    if parser.parse_args().check:
        differences = list(stale(DOCS))
        sys.stdout.writelines(f"{difference}\n" for difference in differences)
        sys.stdout.write(
            f"{len(differences)} pages of docs/ are stale: run `make docs`\n"
            if differences
            else "docs are fresh\n"
        )
        return 1 if differences else 0
    for name, page in PAGES.items():
        (DOCS / name).write_text(made(page), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
