"""The recorded week, from graded answers to a policy and its test: what is promised is held against the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from certified import write_trial
from policed import Desk

from suffice.catalog import Catalog
from suffice.catalog.prices import PriceBook
from suffice.evidence.drift import shift
from suffice.evidence.reference import seen_in
from suffice.evidence.result import TrialResult
from suffice.evidence.trial import Graded, Row, Trial
from suffice.policy.published import Published
from suffice.testing.recorded_week import read_week
from suffice.types import LoggedCall, Usage

BASELINE = "gpt-4o"
CANDIDATES = ("gpt-4o-mini", "gpt-3.5-turbo", "claude-3-haiku-20240307")
ENOUGH = 2_000.0
"""E-value at which a row is sure enough among all that are tested together."""


@pytest.fixture(scope="module")
def answers(recorded_data: Path) -> dict[str, dict[str, dict[str, Graded]]]:
    """By use case, candidate and request: the benchmark's own grades of what each model answered."""
    catalog, prices = Catalog.load(at_ns=0), PriceBook({"openai": "openai", "anthropic": "anthropic"})
    features = {one.id: one.feature for one in read_week(recorded_data / "traffic")}
    rows: dict[str, dict[str, dict[str, object]]] = {}
    for one in pl.read_parquet(recorded_data / "traffic" / "answers.parquet").iter_rows(named=True):
        rows.setdefault(one["request_id"], {})[catalog.name_of(one["model"])] = one
    found: dict[str, dict[str, dict[str, Graded]]] = {}
    for id_, by_model in rows.items():
        for candidate in CANDIDATES:
            if BASELINE in by_model and candidate in by_model:
                graded = _graded(id_, by_model[BASELINE], by_model[candidate], prices)
                found.setdefault(features[id_], {}).setdefault(candidate, {})[id_] = graded
    return found


def _graded(id_: str, baseline: dict[str, object], candidate: dict[str, object], prices: PriceBook) -> Graded:
    def cost(one: dict[str, object]) -> int | None:
        provider = "anthropic" if str(one["model"]).startswith("claude") else "openai"
        usage = Usage(input_tokens=int(one["input_tokens"]), output_tokens=int(one["output_tokens"]))  # type: ignore[call-overload] -- integers
        return prices.cost(
            usage, provider=provider, model=str(one["model"]), at_ns=1_772_000_000_000_000_000
        ).nanos

    return Graded(
        unit=id_,
        d=float(candidate["score"]) - float(baseline["score"]),  # type: ignore[arg-type] -- numbers
        baseline_cost_nanos=cost(baseline),
        candidate_cost_nanos=cost(candidate),
        baseline_tokens=int(baseline["output_tokens"]),  # type: ignore[call-overload] -- integers
        candidate_tokens=int(candidate["output_tokens"]),  # type: ignore[call-overload] -- the same
    )


def tried(answers: dict[str, dict[str, dict[str, Graded]]], rng: np.random.Generator) -> list[TrialResult]:
    """A trial of every use case and candidate, in random order, that stops when it is sure."""
    results = []
    for bucket, by_candidate in answers.items():
        for candidate, graded in by_candidate.items():
            given = Row(
                trial="t1",
                bucket=bucket,
                baseline=BASELINE,
                candidate=candidate,
                grader="recorded",
                grader_version="1",
                delta=0.05,
                alpha=0.05,
                population=len(graded),
            )
            trial, units = Trial(given), list(graded.values())
            order = rng.permutation(len(units))
            for start in range(0, len(units), 20):
                trial.add([units[place] for place in order[start : start + 20]])
                if trial.verdict == "WORSE" or trial.e_value > ENOUGH:
                    break
            results.append(trial.result())
    return results


def test_what_a_policy_test_promises_is_so(
    answers: dict[str, dict[str, dict[str, Graded]]], recorded_data: Path, tmp_path: Path
) -> None:
    desk = Desk(tmp_path)
    write_trial(desk.data, *tried(answers, np.random.default_rng(8)))
    assert desk.run("certify").exit_code == 0
    certified = Published.decode(desk.policies.draft.read_bytes()).certificates
    truth = {key: np.mean([one.d for one in graded.values()]) for key, graded in _flat(answers).items()}
    wrong = [one.key for one in certified if truth[one.bucket, one.candidate] <= -one.delta]
    assert len(certified) >= 5
    assert wrong == []
    assert desk.run("policy", "publish").exit_code == 0
    told = desk.told("policy", "test", "--week", recorded_data / "traffic", "--against", "none")
    assert told["requests"] == 2_693
    assert told["routed_share"] > 0.5
    assert told["changed_requests"] == told["routed_requests"]
    routed = [(one["bucket"], one["candidate"], one["requests"]) for one in told["routed"]]
    change = sum(count * truth[bucket, candidate] for bucket, candidate, count in routed) / told["requests"]
    assert told["quality"]["lower"] <= change <= told["quality"]["upper"]
    assert told["savings_share"] > 0.3


def test_a_week_does_not_drift_from_itself_and_does_from_another_use_case(recorded_data: Path) -> None:
    by_feature: dict[str, list[LoggedCall]] = {}
    for one in read_week(recorded_data / "traffic"):
        call = LoggedCall(id=one.id, source="week", model=BASELINE, request=one.request, feature=one.feature)
        by_feature.setdefault(one.feature, []).append(call)
    rng = np.random.default_rng(3)
    shares: dict[bool, list[bool]] = {True: [], False: []}
    vectors = {feature: seen_in(calls[:120]).vectors for feature, calls in sorted(by_feature.items())}
    for feature, rows in vectors.items():
        assert rows is not None
        shuffled = rng.permutation(rows)
        half = len(shuffled) // 2
        shares[True].append(shift(shuffled[:half], shuffled[half:], rng=rng).shifted)
        for other, others in vectors.items():
            if other > feature and others is not None:
                shares[False].append(shift(rows, others, rng=rng).shifted)
    assert not any(shares[True])
    assert sum(shares[False]) >= len(shares[False]) - 1


def _flat(answers: dict[str, dict[str, dict[str, Graded]]]) -> dict[tuple[str, str], dict[str, Graded]]:
    return {(bucket, name): graded for bucket, named in answers.items() for name, graded in named.items()}
