"""The page of docs/ about explaining a decision: its text, and what the command prints for an example."""

from __future__ import annotations

import io
import json
import tomllib
from datetime import UTC, datetime, time
from importlib import resources
from pathlib import Path

from rich.console import Console

from suffice.catalog import Catalog, read_rows
from suffice.config import Settings
from suffice.engine import Engine
from suffice.layers import LAYERS
from suffice.policy.configured import policy_from, switch_from
from suffice.quality.predictor import PriorPredictor
from suffice.report.explanation import VERSION, Explanation, Served, Switched
from suffice.report.explanation_terminal import print_explanation
from suffice.types import Request

TEMPLATE = Path(__file__).resolve().parent / "templates" / "explain.md"
WIDTH = 100

EXAMPLE = {
    "model": "gpt-5.4",
    "messages": [
        {"role": "system", "content": "You label support tickets."},
        {
            "role": "user",
            "content": "Classify this ticket as billing, delivery, damage, returns or account, and explain in detail "
            "why: The kettle came with a crack and I want my money back.",
        },
    ],
}


def explain() -> str:
    """Returns explain.md, with what the command prints for an example."""
    rows = read_rows(
        tomllib.loads(resources.files("suffice.catalog").joinpath("models.toml").read_text("utf-8"))
    )
    day = max(row.as_of for row in rows)
    at_ns = int(datetime.combine(day, time(), UTC).timestamp()) * 1_000_000_000
    given = Settings()
    catalog = Catalog.load(at_ns=at_ns)
    policies = [policy_from(given, catalog.names(), serving=serving) for serving in (False, True)]
    engine = Engine(layers=LAYERS, predictor=PriorPredictor(), policy=policies[0], resolve=catalog.resolve)
    model = str(EXAMPLE["model"])
    asked = Request(api="chat_completions", provider="openai", model=model, body=EXAMPLE, received_ns=at_ns)
    decision, setting = engine.decide(asked), switch_from(given).default
    explanation = Explanation(
        decision=decision,
        weights=engine.weights("openai", model),
        switched=Switched(mode=setting.mode, because=setting.reason),
        outcome=Served(mode="observe", model=model, reason=decision.reason),
        serving=policies[1].terms(asked.feature),
    )
    out = io.StringIO()
    print_explanation(explanation, Console(file=out, width=WIDTH, color_system=None))
    output = "\n".join(line.rstrip() for line in out.getvalue().splitlines())
    request = json.dumps(EXAMPLE, indent=2)
    values = {"@REQUEST@": request, "@OUTPUT@": output, "@VERSION@": str(VERSION)}
    page = TEMPLATE.read_text("utf-8")
    for mark, value in values.items():
        page = page.replace(mark, value)
    return page
