from __future__ import annotations

from suffice.ledger.attribution import Part, tokens_by_cause
from suffice.ledger.kinds import NOTHING, Kinds
from suffice.ledger.statement import Booked

NOT_LATE = (0, NOTHING)


def causes(
    difference: Kinds | None,
    calls: int | None,
    booked: Booked,
    late: tuple[int, Kinds] = NOT_LATE,
    *,
    absent: bool = False,
) -> dict[str, Part]:
    parts = tokens_by_cause(difference, calls, booked, late, absent=absent)
    found: dict[str, Part] = {}
    for part in parts:
        if part.requests or any(part.tokens):
            found[part.cause] = found[part.cause].plus(part) if part.cause in found else part
    return found


def test_more_calls_are_unseen_traffic() -> None:
    found = causes((100, 0, 0, 0, 10), 2, Booked(requests=5))
    assert found == {"unseen_traffic": Part(cause="unseen_traffic", requests=2, tokens=(100, 0, 0, 0, 10))}


def test_calls_without_usage_explain_what_is_missing() -> None:
    found = causes((100, 0, 0, 0, 10), 0, Booked(requests=5, unknown=1))
    assert set(found) == {"unknown_usage"}


def test_unseen_and_unknown_calls_share_by_their_numbers() -> None:
    found = causes((400, 0, 0, 0, 40), 3, Booked(requests=5, unknown=1))
    assert found["unseen_traffic"].tokens == (300, 0, 0, 0, 30)
    assert found["unknown_usage"].tokens == (100, 0, 0, 0, 10)
    assert found["unknown_usage"].note


def test_without_a_count_of_calls_the_unknown_are_taken_to_be_as_usual() -> None:
    booked = Booked(requests=3, unknown=1, tokens=(200, 0, 0, 0, 20))
    found = causes((150, 0, 0, 0, 15), None, booked)
    assert found["unknown_usage"].tokens == (100, 0, 0, 0, 10)
    assert found["unseen_traffic"].tokens == (50, 0, 0, 0, 5)


def test_estimates_explain_no_more_than_was_estimated() -> None:
    booked = Booked(requests=3, estimated=1, tokens=(300, 0, 0, 0, 90), estimated_tokens=(100, 0, 0, 0, 30))
    found = causes((0, 0, 0, 0, -40), 0, booked)
    assert found["estimated_usage"].tokens == (0, 0, 0, 0, -30)
    assert found["unexplained"].tokens == (0, 0, 0, 0, -10)


def test_the_same_input_divided_otherwise_is_the_cache() -> None:
    found = causes((-80, 80, 0, 0, 0), 0, Booked(requests=3, tokens=(100, 0, 0, 0, 5)))
    assert found == {"cache_handling": Part(cause="cache_handling", tokens=(-80, 80, 0, 0, 0))}


def test_nothing_is_forced_into_a_cause() -> None:
    found = causes((7, 0, 0, 0, 0), 0, Booked(requests=3, tokens=(100, 0, 0, 0, 5)))
    assert set(found) == {"unexplained"}
    found = causes((-7, 0, 0, 0, 0), 0, Booked(requests=3, tokens=(100, 0, 0, 0, 5)))
    assert set(found) == {"unexplained"}


def test_fewer_calls_are_missing_from_the_export() -> None:
    booked = Booked(requests=3, tokens=(300, 0, 0, 0, 30))
    assert set(causes((-100, 0, 0, 0, -10), -1, booked)) == {"missing_from_export"}
    assert set(causes((-300, 0, 0, 0, -30), None, booked, absent=True)) == {"missing_from_export"}


def test_late_calls_are_taken_out_first() -> None:
    late = (-1, (-100, 0, 0, 0, -10))
    found = causes((-100, 0, 0, 0, -10), -1, Booked(requests=3, tokens=(300, 0, 0, 0, 30)), late)
    assert found == {"day_boundary": Part(cause="day_boundary", requests=-1, tokens=(-100, 0, 0, 0, -10))}


def test_without_tokens_only_calls_are_told() -> None:
    assert set(causes(None, 2, Booked(requests=1))) == {"unseen_traffic"}
    assert causes(None, None, Booked(requests=1)) == {}


def test_calls_of_trials_are_known_by_themselves() -> None:
    booked = Booked(requests=3, trial_requests=2, trial_tokens=(50, 0, 0, 0, 5), trial_nanos=70)
    found = causes((80, 0, 0, 0, 8), 3, booked)
    assert found["trials"] == Part(cause="trials", requests=2, tokens=(50, 0, 0, 0, 5), nanos=70)
    assert found["unseen_traffic"] == Part(cause="unseen_traffic", requests=1, tokens=(30, 0, 0, 0, 3))


def test_trials_on_another_key_are_not_claimed() -> None:
    booked = Booked(requests=3, trial_requests=2, trial_tokens=(50, 0, 0, 0, 5))
    assert causes((0, 0, 0, 0, 0), 0, booked) == {}
    assert set(causes((80, 0, 0, 0, 8), 1, booked)) == {"unseen_traffic"}
