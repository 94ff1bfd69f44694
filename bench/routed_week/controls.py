"""What else could have served the same requests: computed from the same recorded answers."""

from __future__ import annotations

import time
from pathlib import Path

from routed_week.week import BASELINE, CANDIDATES, Week
from suffice.app import engine_from, settings_from
from suffice.catalog import Catalog
from suffice.types import Request

_PRIOR = """\
mode = "route"
[policy]
evidence = "prior"
allow = [{allowed}]
"""

Choices = dict[str, str]
"""Request to the model that serves it."""


def baseline(week: Week) -> Choices:
    """Returns what is asked for."""
    return {one.id: BASELINE for one in week.requests}


def cheapest(week: Week) -> Choices:
    """Returns for all requests the candidate that costs least over the week."""
    least = min(CANDIDATES, key=lambda name: sum(week.answers[one.id][name].nanos for one in week.requests))
    return {one.id: least for one in week.requests}


def prior(week: Week, folder: Path) -> Choices:
    """Returns what the engine chooses without any evidence: by the defaults of each kind of task.

    Args:
        week: What is decided.
        folder: For the configuration.
    """
    config = folder / "prior.toml"
    config.write_text(_PRIOR.format(allowed=", ".join(f'"{name}"' for name in CANDIDATES)))
    now_ns = time.time_ns()
    engine, name_of = engine_from(settings_from(config), serving=True), Catalog.load(at_ns=now_ns).name_of
    found = {}
    for one in week.requests:
        request = Request(
            api="chat_completions",
            provider="openai",
            model=one.request["model"],
            body=one.request,
            feature=one.feature,
            session=one.id,
            received_ns=now_ns,
        )
        found[one.id] = name_of(engine.decide(request).model)
    return found


def oracle(week: Week) -> Choices:
    """Returns the cheapest model that answered as well as the baseline or better: known only afterwards."""
    found = {}
    for one in week.requests:
        answers = week.answers[one.id]
        least = answers[BASELINE].score
        good = [name for name, answer in answers.items() if answer.score >= least]
        found[one.id] = min(good, key=lambda name: answers[name].nanos)
    return found
