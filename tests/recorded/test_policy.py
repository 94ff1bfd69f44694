"""The recorded week, from graded answers to a policy and its test: what is promised is held against the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from certified import write_trial
from policed import Desk
from week_trials import BASELINE, Answers, tried, week_answers

from suffice.evidence.drift import shift
from suffice.evidence.reference import seen_in
from suffice.evidence.trial import Graded
from suffice.policy.published import Published
from suffice.testing.recorded_week import read_week
from suffice.types import LoggedCall


@pytest.fixture(scope="module")
def answers(recorded_data: Path) -> Answers:
    return week_answers(recorded_data)


def test_what_a_policy_test_promises_is_so(answers: Answers, recorded_data: Path, tmp_path: Path) -> None:
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


def _flat(answers: Answers) -> dict[tuple[str, str], dict[str, Graded]]:
    return {(bucket, name): graded for bucket, named in answers.items() for name, graded in named.items()}
