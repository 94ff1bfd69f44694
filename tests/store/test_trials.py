from __future__ import annotations

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from suffice.errors import StoreError
from suffice.store.trials import Call, TrialHead, TrialStore
from suffice.types import Usage

HEAD = TrialHead(id="t1", created_ns=1, state="planned", plan=b"{}")
KEY = ("u1", "openai/m", "0")


class Backwards:
    """Seals by turning bytes around: enough to see what was sealed."""

    def seal(self, data: bytes) -> bytes:
        return data[::-1]

    def open(self, data: bytes) -> bytes:
        return data[::-1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "trials.db"


def done(cost: int | None = 40, *, body: bytes | None = b"{}") -> Call:
    unit, model, repeat = KEY
    return Call(
        unit=unit,
        model=model,
        repeat=repeat,
        state="done",
        forecast_nanos=100,
        cost_nanos=cost,
        status=200,
        served_model="m-1",
        usage=Usage(input_tokens=3, output_tokens=4),
        body=body,
    )


def intend(store: TrialStore) -> None:
    store.intend("t1", KEY, forecast_nanos=100, now_ns=5)


def test_a_trial_is_found_by_its_id_and_the_newest_comes_first(path: Path) -> None:
    with closing(TrialStore(path)) as store:
        store.plan(HEAD)
        store.plan(msgspec.structs.replace(HEAD, id="t2", created_ns=2))
        store.say("t1", "paused", "out of quota")
        assert [head.id for head in store.heads()] == ["t2", "t1"]
        assert (store.head("t1").state, store.head("t1").said) == ("paused", "out of quota")
        with pytest.raises(StoreError, match="there are: t2, t1") as caught:
            store.head("t3")
        assert caught.value.code == "no_trial"
        with pytest.raises(StoreError):
            store.plan(HEAD)


def test_an_intent_is_in_the_file_before_anything_else_and_is_made_once(path: Path) -> None:
    with closing(TrialStore(path)) as store, closing(TrialStore(path, read_only=True)) as other:
        intend(store)
        (seen,) = other.calls("t1")
        assert (seen.state, seen.spent_nanos) == ("intent", 100)
        with pytest.raises(StoreError) as caught:
            intend(store)
        assert caught.value.code == "asked_before"
        store.settle("t1", done(), now_ns=6)
        with pytest.raises(StoreError):
            intend(store)
        assert other.call("t1", KEY) == done()


def test_what_is_spent_is_what_is_known_else_the_most_it_can_be(path: Path) -> None:
    with closing(TrialStore(path)) as store:
        intend(store)
        assert store.spent_nanos("t1") == 100
        store.lose("t1", KEY, 100)
        assert store.spent_nanos("t1") == 200
        store.settle("t1", done(None), now_ns=6)
        assert store.spent_nanos("t1") == 200
        store.settle("t1", done(40), now_ns=6)
        assert store.spent_nanos("t1") == 140
        assert sum(call.spent_nanos for call in store.calls("t1")) == 140
        assert store.spent_nanos("t2") == 0


def test_what_a_dead_process_left_is_interrupted_counted_and_asked_again_only_if_told(path: Path) -> None:
    with closing(TrialStore(path)) as store:
        intend(store)
        with store.running("t1"):
            (call,) = store.calls("t1")
        assert (call.state, store.spent_nanos("t1")) == ("interrupted", 100)
        with pytest.raises(StoreError):
            intend(store)
        assert store.reask("t1", "failed") == 0
        assert store.reask("t1", "interrupted") == 1
        assert store.spent_nanos("t1") == 100
        intend(store)
        store.settle("t1", done(40), now_ns=7)
        assert store.spent_nanos("t1") == 140


def test_asking_again_drops_the_grades_of_those_units_only(path: Path) -> None:
    with closing(TrialStore(path)) as store:
        intend(store)
        store.settle("t1", msgspec.structs.replace(done(), state="failed", cost_nanos=0), now_ns=6)
        store.grade("t1", "b", "openai/m", "u1", b"one")
        store.grade("t1", "b", "openai/m", "u2", b"two")
        assert store.reask("t1", "failed") == 1
        assert store.grades("t1", "b", "openai/m") == {"u2": b"two"}


def test_an_intent_that_cost_nothing_can_be_taken_back(path: Path) -> None:
    with closing(TrialStore(path)) as store:
        intend(store)
        store.withdraw("t1", KEY)
        assert store.call("t1", KEY) is None
        intend(store)
        store.lose("t1", KEY, 100)
        store.withdraw("t1", KEY)
        assert store.spent_nanos("t1") == 100, "an attempt that was lost stays counted"
        intend(store)


def test_one_process_at_a_time_runs_a_trial(path: Path) -> None:
    with closing(TrialStore(path)) as store, closing(TrialStore(path)) as other:
        with store.running("t1"), pytest.raises(StoreError) as caught, other.running("t1"):
            pass
        assert caught.value.code == "trial_runs"
        with store.running("t1"), other.running("t2"):
            pass
        with other.running("t1"):
            pass


def test_a_trial_whose_process_was_killed_is_paused(path: Path) -> None:
    with closing(TrialStore(path)) as store, closing(TrialStore(path, read_only=True)) as reader:
        store.plan(HEAD)
        with store.running("t1"):
            store.say("t1", "running")
            assert reader.head("t1").state == "running"
        # As a killed process leaves it: its word stays, and the kernel has let go of its lock.
        (left,) = reader.heads()
        assert left == reader.head("t1")
        assert (left.state, left.said) == (
            "paused",
            "the process that ran it is gone: `suffice bakeoff resume t1` goes on",
        )
        path.with_name("trials-t1.lock").unlink()
        assert reader.head("t1").state == "paused"
        store.say("t1", "done")
        assert reader.head("t1").state == "done"


def test_a_second_grade_replaces_the_first_and_results_too(path: Path) -> None:
    with closing(TrialStore(path)) as store:
        store.grade("t1", "b", "c", "u1", b"one")
        store.grade("t1", "b", "c", "u1", b"two")
        assert store.grades("t1", "b", "c") == {"u1": b"two"}
        store.put_results("t1", [("b", "c", b"first")])
        store.put_results("t1", [("b", "c", b"second"), ("a", "c", b"third")])
        assert store.results("t1") == [b"third", b"second"]


def test_answers_and_grades_are_sealed_where_there_is_a_cipher(path: Path) -> None:
    secret = done(body=b"the answer in words" * 3)
    with closing(TrialStore(path, cipher=Backwards())) as store:
        store.settle("t1", secret, now_ns=6)
        store.grade("t1", "b", "c", "u1", b"reason")
        assert store.call("t1", KEY) == secret
        assert store.grades("t1", "b", "c") == {"u1": b"reason"}
    with closing(TrialStore(path, read_only=True)) as store:
        assert [call.body for call in store.calls("t1")] == [None]
        with pytest.raises(StoreError) as caught:
            store.call("t1", KEY)
        assert caught.value.code == "no_key"


def test_spending_is_told_by_kind_and_time(path: Path) -> None:
    with closing(TrialStore(path)) as store:
        store.plan(HEAD)
        for number, model in enumerate(["openai/m", "judge:openai/m", "openai/n"]):
            store.intend("t1", ("u1", model, "0"), forecast_nanos=100, now_ns=10 * number)
        unit, model, repeat = "u1", "judge:openai/m", "0"
        call = Call(unit=unit, model=model, repeat=repeat, state="done", forecast_nanos=100, cost_nanos=7)
        store.settle("t1", call, now_ns=12)
        # What is under way may have been paid for: it counts with the most that it can cost.
        assert store.spent_by_kind() == {"trial": 200, "grader": 7}
        assert store.spent_by_kind(since_ns=5, until_ns=20) == {"grader": 7}
        assert store.spent_by_kind(since_ns=50) == {}


def test_what_was_paid_for_is_told_with_its_time(path: Path) -> None:
    with closing(TrialStore(path)) as store:
        intend(store)
        assert list(store.paid(since_ns=0, until_ns=10)) == []
        store.settle("t1", done(), now_ns=9)
        usage = Usage(input_tokens=3, output_tokens=4)
        assert list(store.paid(since_ns=5, until_ns=6)) == [(5, "openai/m", "m-1", usage, 40)]
        assert list(store.paid(since_ns=6, until_ns=10)) == []


def test_a_logged_answer_was_not_paid_for(path: Path) -> None:
    with closing(TrialStore(path)) as store:
        store.intend("t1", KEY, forecast_nanos=0, now_ns=5)
        store.settle("t1", msgspec.structs.replace(done(cost=0), forecast_nanos=0), now_ns=5)
        assert list(store.paid(since_ns=0, until_ns=10)) == []
