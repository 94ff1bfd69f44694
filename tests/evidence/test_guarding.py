from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from certified import AT_NS, DAY_NS, issued, policy

from suffice.evidence.guarding import WAIT_NS, Guarding, Health
from suffice.ledger.entry import Cost, Entry
from suffice.policy.published import Published
from suffice.store.guard import GUARD, Feedback, GuardStore, Pair
from suffice.store.sqlite import SqliteStore
from suffice.types import Outcome

NOW = AT_NS + DAY_NS
ONE = policy(issued())


def pair(number: int, d: float | None = -1.0, **fields: Any) -> Pair:
    given: dict[str, Any] = {
        "id": f"{number}",
        "at_ns": NOW,
        "bucket": "tickets",
        "baseline": "gpt-5.4-2026-03-05",
        "candidate": "gpt-5.4-nano",
        "share": 0.01,
        "d": d,
        **fields,
    }
    return Pair(**given)


def outcome(number: int, **fields: Any) -> Outcome:
    given: dict[str, Any] = {
        "id": f"{number:030x}",
        "received_ns": NOW,
        "provider": "openai",
        "api": "chat_completions",
        "session": f"s-{number}",
        "requested_model": "gpt-5.4",
        "decided_model": "gpt-5.4-nano",
        "status": 200,
        "mode": "route",
        "arm": "routed" if number % 2 else "holdout",
        "propensity": 0.5,
        "bucket": "tickets",
        **fields,
    }
    return Outcome(**given)


class Desk:
    """A guard, and the files that it reads."""

    def __init__(self, folder: Path) -> None:
        self.store = GuardStore(folder / GUARD)
        self.ledger = SqliteStore(folder / "ledger.db")
        self._spooled = 0
        self.guarding = self.begin()

    def begin(self) -> Guarding:
        return Guarding(self.store, lambda: self.ledger, name_of, alpha=0.05)

    def record(self, *outcomes: Outcome) -> None:
        self._spooled += 1
        free = Cost(nanos=0, grade="not_billed")
        self.ledger.append(
            [Entry(outcome=one, cost=free) for one in outcomes], spool="s", moved_bytes=self._spooled
        )

    def look(self, published: Published = ONE, now_ns: int = NOW) -> list[Health]:
        return self.guarding.look(published, now_ns=now_ns)


def name_of(model: str) -> str:
    return model.removesuffix("-2026-03-05")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.store.close()
    desk.ledger.close()


def test_pairs_are_read_once_each(desk: Desk) -> None:
    for number in range(3):
        desk.store.add([pair(number)])
        (found,) = desk.look()
        assert found.verdict.pairs == number + 1
    assert desk.look()[0].verdict.pairs == 3


def test_a_restart_sees_the_same(desk: Desk) -> None:
    desk.store.add([pair(number, 0.0 if number % 2 else -1.0) for number in range(9)])
    desk.record(*(outcome(number, signals=("retry",) if number == 3 else ()) for number in range(8)))
    before = desk.look()
    desk.guarding = desk.begin()
    assert desk.look() == before


def test_what_belongs_to_another_certificate_or_an_earlier_one_is_passed_over(desk: Desk) -> None:
    desk.store.add([pair(1, bucket="other"), pair(2, candidate="gpt-5.4-mini"), pair(3, at_ns=AT_NS - 1)])
    desk.record(
        outcome(1, bucket="other"),
        outcome(2, received_ns=AT_NS - 1),
        outcome(3, arm="", propensity=None),
        outcome(4, leg="shadow"),
        outcome(5, decided_model="gpt-5.4-mini"),
    )
    (found,) = desk.look()
    assert (found.verdict.pairs, found.verdict.routed.sessions, found.verdict.holdout.sessions) == (0, 0, 0)


def test_signals_count_by_arm_in_both(desk: Desk) -> None:
    desk.record(*(outcome(number, signals=("regenerate",)) for number in range(5)))
    (found,) = desk.look()
    assert (found.verdict.routed.with_signal, found.verdict.holdout.with_signal) == (
        {"regenerate": 2},
        {"regenerate": 3},
    )


def test_candidates_of_a_use_case_share_its_error(desk: Desk) -> None:
    both = policy(issued(), issued(candidate="gpt-5.4-mini"), issued(bucket="other"))
    needed = {one.certificate.key: one.verdict.needed for one in desk.look(both)}
    assert sorted(needed.values()) == [40.0, 80.0, 80.0]


def test_an_expired_certificate_is_not_guarded(desk: Desk) -> None:
    assert desk.look(now_ns=AT_NS + 31 * DAY_NS) == []


def test_feedback_waits_for_its_entry_and_is_unknown_in_the_end(desk: Desk) -> None:
    def thumbs(number: int, value: float) -> Feedback:
        return Feedback(decision=f"{number:030x}", kind="thumbs", at_ns=NOW, value=value)

    desk.store.add([thumbs(1, 0.0), thumbs(2, 1.0), thumbs(99, 0.0)])
    assert desk.look()[0].verdict.routed.with_signal == {}
    desk.record(outcome(1), outcome(2))
    assert desk.look()[0].verdict.routed.with_signal == {"feedback": 1}
    assert desk.guarding.unknown == 0
    desk.look(now_ns=NOW + WAIT_NS)
    assert desk.guarding.unknown == 1


def test_without_a_ledger_pairs_still_count(desk: Desk) -> None:
    desk.guarding = Guarding(desk.store, lambda: None, name_of, alpha=0.05)
    desk.store.add([pair(1)])
    assert desk.look()[0].verdict.pairs == 1


def test_a_new_certificate_begins_anew(desk: Desk) -> None:
    desk.store.add([pair(number) for number in range(4)])
    assert desk.look()[0].verdict.pairs == 4
    later = msgspec.structs.replace(issued(), issued=issued().issued.replace(day=25, hour=13))
    assert desk.look(policy(later), now_ns=NOW + DAY_NS)[0].verdict.pairs == 0
