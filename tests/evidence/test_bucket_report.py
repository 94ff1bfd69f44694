from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from suffice.evidence.bucket_report import DAY_NS, OTHER_MODELS, Tally, Totals, months_of, row_of, shortened
from suffice.store.traffic import CallHead


def head(number: int, **fields: object) -> CallHead:
    known: dict[str, object] = {
        "id": f"call-{number}",
        "received_ns": None,
        "feature": "untagged",
        "session": "",
        "model": "gpt-5.4",
        "provider": "openai",
        "api": "chat_completions",
        "input_tokens": 10,
        "output_tokens": 5,
        "cost_nanos": 100,
        "prompt_bytes": 50,
        "source": "openai",
        "bucket": None,
    }
    return CallHead(**{**known, **fields})  # type: ignore[arg-type] -- fields of a test


def tally(*heads: CallHead, examples: int = 3) -> Tally:
    found = Tally(examples)
    for one in heads:
        found.add(one)
    return found


TOTALS = Totals(calls=10, cost_nanos=1_000, months=0.5)


def test_known_and_unknown_spend_are_kept_apart() -> None:
    row = row_of("a", tally(head(1), head(2, cost_nanos=None), head(3)), TOTALS, 5, [])
    assert (row.calls, row.cost_nanos, row.unpriced, row.spend_share) == (3, 200, 1, 0.2)
    assert (row.share, row.calls_per_month, row.too_small) == (0.3, 6.0, True)


def test_spend_that_is_unknown_is_not_zero() -> None:
    row = row_of("a", tally(head(1, cost_nanos=None)), TOTALS, 1, [])
    assert (row.cost_nanos, row.spend_share, row.too_small) == (None, None, False)


def test_a_call_that_was_free_is_known() -> None:
    assert row_of("a", tally(head(1, cost_nanos=0)), TOTALS, 1, []).cost_nanos == 0


def test_the_model_now_is_the_one_of_most_calls() -> None:
    row = row_of("a", tally(head(1), head(2, model="b"), head(3, model="b")), TOTALS, 1, [])
    assert (row.model, dict(row.models)) == ("b", {"b": 2, "gpt-5.4": 1})


def test_many_models_are_counted_in_little_memory() -> None:
    found = tally(*[head(number, model=f"m{number}") for number in range(100)])
    assert len(found.models) == 65
    assert found.models[OTHER_MODELS] == 36


def test_examples_do_not_depend_on_the_order_of_calls() -> None:
    heads = [head(number) for number in range(50)]
    assert tally(*heads).example_ids() == tally(*reversed(heads)).example_ids()
    assert len(tally(*heads).example_ids()) == 3
    assert tally(*heads, examples=0).example_ids() == []


def test_a_log_of_less_than_a_day_has_no_rate() -> None:
    assert months_of(0, DAY_NS - 1) is None
    assert months_of(None, None) is None
    assert months_of(0, 365_250 * DAY_NS // 1_000) == 12.0


@given(st.text(max_size=2_000))
def test_an_example_is_one_short_line(text: str) -> None:
    line = shortened(text)
    assert len(line) <= 310
    assert len(line.splitlines()) <= 1


def test_the_middle_of_a_long_text_is_shown() -> None:
    assert "the order 7" in shortened("a " * 300 + "the order 7" + " z" * 300)
