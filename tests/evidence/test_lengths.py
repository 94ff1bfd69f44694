from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from answered import BUCKET, CANDIDATE, answered

from suffice.evidence.lengths import FEWEST, lengths, seen_in_trials
from suffice.evidence.plan import Plan
from suffice.store.trials import TrialHead, TrialStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TrialStore]:
    store = TrialStore(tmp_path / "trials.db")
    yield store
    store.close()


KEY = (BUCKET, "big", "small")


def pairs(count: int = 100, factor: float = 1.5) -> list[tuple[int, int]]:
    rng = random.Random(7)
    usual = [rng.randint(50, 500) for _ in range(count)]
    return [(round(one * factor), one) for one in usual]


def test_the_ratio_is_of_what_both_wrote_to_the_same_requests(store: TrialStore) -> None:
    answered(store, "t1", pairs())
    found = seen_in_trials(store)
    assert set(found) == {KEY}
    assert found[KEY].units == 100
    assert found[KEY].value == pytest.approx(1.5, rel=1e-2)
    assert found[KEY].reach(0.95) < 0.01


def test_a_unit_that_only_one_of_them_answered_says_nothing(store: TrialStore) -> None:
    answered(store, "t1", pairs(30))
    head = store.head("t1")
    unit = Plan.decode(head.plan).buckets[0].units[0].id
    call = store.call("t1", (unit, CANDIDATE, "0"))
    assert call is not None
    for state, usage in (("failed", call.usage), ("done", None)):
        store.settle("t1", msgspec.structs.replace(call, state=state, usage=usage), now_ns=1)
        assert seen_in_trials(store)[KEY].units == 29


def test_too_few_units_say_nothing(store: TrialStore) -> None:
    answered(store, "t1", pairs(FEWEST - 1))
    assert seen_in_trials(store) == {}


def test_trials_are_taken_together_and_the_newest_answer_of_a_unit_counts(store: TrialStore) -> None:
    answered(store, "t1", pairs(30, factor=1.0), created_ns=1)
    answered(store, "t2", pairs(40, factor=2.0), created_ns=2)
    found = seen_in_trials(store)[KEY]
    assert (found.units, found.value) == (40, 2.0)
    assert seen_in_trials(store, before_ns=2)[KEY].value == 1.0
    assert seen_in_trials(store, before_ns=1) == {}


def test_a_plan_that_cannot_be_read_leaves_its_answers_out(store: TrialStore) -> None:
    store.plan(TrialHead(id="t1", created_ns=1, state="done", plan=b"{}"))
    assert seen_in_trials(store) == {}


def test_a_trial_comes_before_what_was_fitted_and_that_before_nothing(store: TrialStore) -> None:
    answered(store, "t1", pairs())
    fitted = {("chat", "small"): 0.5}
    of = lengths(
        seen_in_trials(store),
        lambda bucket, model: fitted.get((bucket, model)),
        lambda name: name.removesuffix("-2026-01-01"),
    )
    seen = of(BUCKET, "big-2026-01-01", "small-2026-01-01")
    assert (seen.basis, seen.units) == ("trial", 100)
    assert seen.ratio == pytest.approx(1.5, rel=1e-2)
    learned = of("chat", "big", "small")
    assert (learned.basis, learned.ratio, learned.reach) == ("outcomes", 0.5, pytest.approx(0.15))
    nothing = of("chat", "big", "tiny")
    assert (nothing.basis, nothing.ratio, nothing.reach) == ("unknown", 1.0, 0.3)
