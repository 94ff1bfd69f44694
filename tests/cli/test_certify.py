from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from certified import DAY_NS, row, write_trial
from click.testing import CliRunner
from narrow import BASELINE, CANDIDATES, USE_CASE
from policed import Desk, policy

from suffice.cli import main
from suffice.evidence.certificate import without
from suffice.evidence.reference import recall
from suffice.policy.published import Published, unix_ns
from suffice.quality.scheme import BucketScheme
from suffice.store.artifacts import Artifacts
from suffice.store.traffic import TRAFFIC, TrafficStore
from suffice.types import LoggedCall, Usage


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def write_traffic(desk: Desk, count: int = 80, **fields: Any) -> None:
    store = TrafficStore(desk.data / TRAFFIC)
    calls = [
        LoggedCall(
            **{
                "id": f"c{number}",
                "source": "test",
                "model": "gpt-5.4",
                "request": {
                    "model": "gpt-5.4",
                    "messages": [{"role": "user", "content": f"Where is parcel {number}, it is late."}],
                },
                "response": {"model": "gpt-5.4-2026-03-05"},
                "feature": "tickets",
                "received_ns": number + 1,
                "usage": Usage(input_tokens=20, output_tokens=number),
                **fields,
            }
        )
        for number in range(count)
    ]
    store.add(calls)
    store.close()


def drafted(desk: Desk) -> Published:
    return Published.decode(desk.policies.draft.read_bytes())


def test_what_a_trial_has_shown_becomes_a_draft_and_nothing_is_put_to_use(desk: Desk) -> None:
    write_trial(
        desk.data,
        row(),
        row(candidate="gpt-5.4-mini", e_value=22.0),
        row(bucket="letters", verdict="WORSE", e_value=0.0),
        row(bucket="notes", verdict="INCONCLUSIVE", e_value=3.0, expected_more=140),
        row(bucket="poems", advisory=True, grader="embedding"),
    )
    done = desk.run("certify", "t1")
    assert done.exit_code == 0, done.output
    text = " ".join(done.output.split())
    for said in (
        "1 of 5 rows are certified",
        "no: equivalent by itself, but not certain enough",
        "worse than the baseline",
        "about 140 more samples",
        "no certificate rests on it (embedding)",
        "22 (50)",
        "added tickets",
    ):
        assert said in text, said
    assert [one.key for one in drafted(desk).certificates] == [("tickets", "gpt-5.4", "gpt-5.4-nano")]
    assert desk.policies.current() is None
    assert desk.run("policy", "publish").exit_code == 0
    assert desk.policies.current() == drafted(desk).fingerprint


def test_all_of_it_as_json(desk: Desk) -> None:
    write_trial(desk.data, row(), row(bucket="letters", verdict="INCONCLUSIVE", e_value=3.0))
    told = desk.told("certify")
    assert told["trial"] == "t1"
    assert [(one["bucket"], one["certified"], one["refused"]) for one in told["rows"]] == [
        ("letters", False, "inconclusive"),
        ("tickets", True, None),
    ]
    assert told["fingerprint"] == drafted(desk).fingerprint
    assert Published.decode(json.dumps(told["policy"]).encode()).fingerprint == told["fingerprint"]


def test_the_traffic_is_kept_as_what_drift_is_measured_against(desk: Desk) -> None:
    write_trial(desk.data, row())
    write_traffic(desk)
    assert desk.run("certify").exit_code == 0
    (one,) = drafted(desk).certificates
    assert one.prompts is not None
    assert one.void_if.prompts == one.prompts
    assert one.void_if.output_tokens is not None
    assert one.void_if.output_tokens.n == 80
    assert one.void_if.served == {"gpt-5.4": ("gpt-5.4-2026-03-05",)}
    references = Artifacts(desk.data / "references", suffix=".reference")
    seen, last_ns = recall(references.read(one.prompts))
    assert seen.vectors is not None
    assert (len(seen.vectors), last_ns) == (80, 80)


def test_without_traffic_it_says_that_drift_cannot_be_watched(desk: Desk) -> None:
    write_trial(desk.data, row())
    assert "cannot be watched: there is no traffic at" in " ".join(desk.run("certify").output.split())
    write_traffic(desk, feature="letters")
    assert "none of its calls are in the traffic store" in " ".join(desk.run("certify").output.split())
    assert drafted(desk).certificates[0].prompts is None


def test_a_use_case_of_untagged_traffic_names_its_scheme(desk: Desk) -> None:
    scheme = BucketScheme(version="none")
    schemes = Artifacts(desk.data / "schemes")
    schemes.publish(scheme.fingerprint, scheme.encode())
    write_trial(desk.data, row(), row(bucket="task:math-proof"), row(bucket="made-by-scheme"))
    write_traffic(desk, count=3, feature="untagged")
    store = TrafficStore(desk.data / TRAFFIC)
    store.assign([("c0", "made-by-scheme")])
    store.close()
    assert desk.run("certify").exit_code == 0
    found = {one.bucket: one.scheme for one in drafted(desk).certificates}
    assert found == {
        "tickets": None,
        "task:math-proof": scheme.fingerprint,
        "made-by-scheme": scheme.fingerprint,
    }
    assert drafted(desk).scheme == scheme.fingerprint
    assert desk.run("policy", "publish").exit_code == 0


def test_what_is_in_use_goes_on_unless_it_is_to_be_fresh(desk: Desk) -> None:
    desk.publish(policy(desk.fresh(bucket="letters")))
    write_trial(desk.data, row())
    desk.run("certify")
    assert {one.bucket for one in drafted(desk).certificates} == {"letters", "tickets"}
    desk.run("certify", "--fresh", "--days", "7")
    (one,) = drafted(desk).certificates
    assert (one.bucket, (one.expires - one.issued).days) == ("tickets", 7)


def test_what_was_voided_since_comes_back_by_a_new_trial_only(desk: Desk) -> None:
    certificate = desk.fresh()
    note = without(policy(certificate), {certificate.key: "guard_worse: it lost"}, at=certificate.issued)
    desk.publish(note)
    write_trial(desk.data, row(), planned_ns=unix_ns(certificate.issued) - DAY_NS)
    for more in ((), ("--fresh",)):
        told = desk.told("certify", *more)
        assert [one["refused"] for one in told["rows"]] == ["voided"]
        assert (drafted(desk).certificates, drafted(desk).voided) == ((), note.voided)
    assert "run a new trial" in " ".join(desk.run("certify").output.split())
    write_trial(desk.data, row(), trial="t2", planned_ns=unix_ns(certificate.issued) + DAY_NS)
    assert [one["refused"] for one in desk.told("certify", "t2")["rows"]] == [None]


def test_a_candidate_of_another_provider_is_pointed_out(desk: Desk) -> None:
    write_trial(desk.data, row(candidate="claude-haiku-4-5"))
    said = " ".join(desk.run("certify").output.split())
    assert "no provider has both claude-haiku-4-5 and gpt-5.4" in said


def test_a_draft_may_go_to_a_file_for_review(desk: Desk) -> None:
    write_trial(desk.data, row())
    path = desk.folder / "review" / "policy.json"
    assert desk.run("certify", "--out", path).exit_code == 0
    assert Published.decode(path.read_bytes()).certificates
    assert not desk.policies.draft.exists()
    (desk.folder / "blocked").write_text("a file")
    done = desk.run("certify", "--out", desk.folder / "blocked" / "policy.json")
    assert done.exit_code == 1
    assert "cannot be written" in done.output


def test_trials_that_are_not_there_or_empty_are_said(desk: Desk) -> None:
    assert "there are no trials at" in desk.run("certify").output
    write_trial(desk.data, trial="empty")
    done = desk.run("certify")
    assert done.exit_code == 1
    assert "has shown nothing yet: `suffice bakeoff run empty`" in " ".join(done.output.split())
    assert "there is no trial other; there are: empty" in " ".join(
        desk.run("certify", "other").output.split()
    )


def test_the_sample_of_a_use_case_is_random_and_repeatable(desk: Desk) -> None:
    write_trial(desk.data, row())
    write_traffic(desk, count=600)
    digests = set()
    for _ in range(2):
        desk.run("certify")
        digests.add(drafted(desk).certificates[0].prompts)
    assert len(digests) == 1
    (digest,) = digests
    seen, _ = recall(Artifacts(desk.data / "references", suffix=".reference").read(str(digest)))
    assert len(seen.output_tokens) == 400
    assert np.mean(seen.output_tokens) == pytest.approx(299.5, abs=40)


def test_long_names_are_whole_on_eighty_columns(desk: Desk) -> None:
    write_trial(desk.data, *(row(bucket=USE_CASE, baseline=BASELINE, candidate=one) for one in CANDIDATES))
    ended = CliRunner().invoke(main, ["certify", "--config", str(desk.config)], env={"COLUMNS": "80"})
    assert ended.exit_code == 0, ended.output
    table = ended.output.partition("rows are certified")[0]
    figures = ("+0.001 (-0.021 to +0.031)", "5e+03 (20)", "certified")
    assert [one for one in (USE_CASE, *CANDIDATES, *figures) if one not in table] == []
    assert max(map(len, table.splitlines())) <= 80
