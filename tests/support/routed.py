"""Simulated sessions of route mode whose true savings are known, kept the way the proxy keeps them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from certified import issued, policy
from entries import RATES, outcome, price_of

from suffice.ledger.leg import Leg, leg_of
from suffice.ledger.pricing import entry_of
from suffice.policy.assignment import assign
from suffice.proxy.recorder import Recorder
from suffice.proxy.spool import Spool
from suffice.store.policies import DIRECTORY as POLICIES
from suffice.store.policies import Event, Policies
from suffice.store.sqlite import SqliteStore
from suffice.types import Outcome, Usage

MARCH_NS = 1_772_323_200_000_000_000
"""2026-03-01 in UTC."""
APRIL_NS = MARCH_NS + 31 * 86_400_000_000_000
MINUTE_NS = 60_000_000_000


@dataclass(frozen=True)
class World:
    """What traffic is like."""

    bucket: str = "faq"
    sessions: int = 400
    holdout: float = 0.2
    share: float = 1.0
    calls: tuple[int, int] = (1, 4)
    verbosity: float = 1.3
    """The candidate's output tokens, of the baseline's."""
    candidate: str = "small"
    start_ns: int = MARCH_NS
    spacing_ns: int = 60 * MINUTE_NS
    seed: int = 7


@dataclass
class Played:
    """What came of it."""

    outcomes: list[Outcome] = field(default_factory=list)
    truth_nanos: int = 0
    """What routed sessions cost less than they would have."""


def play(world: World) -> Played:
    """Returns the outcomes of simulated sessions and what was really saved."""
    rng, played = random.Random(world.seed), Played()
    for number in range(world.sessions):
        session = f"{world.bucket}-{world.seed}-{number}"
        dice = assign(session, world.bucket, share=world.share, holdout=world.holdout)
        for call in range(rng.randint(*world.calls)):
            asked = Usage(
                input_tokens=rng.randint(200, 2_000), output_tokens=int(rng.lognormvariate(5.0, 0.8)) + 1
            )
            short = Usage(
                input_tokens=asked.input_tokens, output_tokens=int(asked.output_tokens * world.verbosity) + 1
            )
            routed = dice.arm == "routed"
            played.outcomes.append(
                outcome(
                    id=f"{session}-{call}",
                    received_ns=world.start_ns + number * world.spacing_ns + call * MINUTE_NS,
                    session=session,
                    feature=world.bucket,
                    bucket=world.bucket,
                    mode="route",
                    arm=dice.arm,
                    propensity=dice.propensity,
                    usage=short if routed else asked,
                    sent_model=world.candidate if routed else "",
                    served_model=world.candidate if routed else "big",
                    decided_model=world.candidate,
                    expected_nanos=asked.input_tokens * RATES["big"][0] + 150 * RATES["big"][1],
                )
            )
            if routed:
                played.truth_nanos += cost("big", asked) - cost(world.candidate, short)
    return played


def cost(model: str, usage: Usage) -> int:
    """What a call costs."""
    into, out = RATES[model]
    return usage.input_tokens * into + usage.output_tokens * out


def extra(number: int, **fields: Any) -> Outcome:
    """A discarded or shadow call in March."""
    given = {"id": f"extra-{number}", "received_ns": MARCH_NS + number * MINUTE_NS, "bucket": "faq", **fields}
    return outcome(**given)


def legs(outcomes: Iterable[Outcome]) -> tuple[list[Leg], list[Leg]]:
    """The served calls, and the others."""
    every = [leg_of(entry_of(one, price_of)) for one in outcomes]
    return [leg for leg in every if leg.leg == "served"], [leg for leg in every if leg.leg != "served"]


def certify(
    folder: Path, *buckets: str | tuple[str, str], candidate: str = "small", baseline: str = "big"
) -> None:
    """Publishes a policy that certifies these use cases from the first of February on, for 90 days."""
    at = datetime(2026, 2, 1, tzinfo=UTC)
    certificates = [
        issued(bucket=bucket, baseline=baseline, candidate=model, issued=at, expires=at + timedelta(days=90))
        for bucket, model in ((one, candidate) if isinstance(one, str) else one for one in buckets)
    ]
    published = policy(*certificates)
    event = Event(at=at, act="publish", policy=published.fingerprint, before=None, who="somebody")
    Policies(folder / POLICIES).put(event, published.encode())


def keep(folder: Path, outcomes: Sequence[Outcome]) -> Path:
    """Keeps outcomes as the proxy does, by spool and recorder, and returns the ledger's path."""
    spool = Spool(folder / "spool", worker="one")
    for one in outcomes:
        spool.append(one)
    spool.close()
    path = folder / "ledger.db"
    store = SqliteStore(path)
    recorder = Recorder(folder / "spool", store, price_of, keep_decisions_days=0, now_ns=lambda: APRIL_NS)
    assert recorder.run_once() == len(outcomes)
    store.close()
    return path
