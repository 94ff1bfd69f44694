from __future__ import annotations

import json
from datetime import timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from months import BOOK, PERIOD, START_NS, ledger, month, reconciled, sums, written

from suffice.catalog import Catalog
from suffice.errors import ConfigError
from suffice.evidence.exports import read_exports
from suffice.evidence.reconciling import Asked, Both
from suffice.ledger.pricing import entry_of
from suffice.store.sqlite import SqliteStore
from suffice.store.trials import Call, TrialStore
from suffice.testing.provider_exports import (
    DAY_NS,
    Billed,
    Month,
    Period,
    anthropic_costs,
    anthropic_usage,
    litellm_csv,
    openai_costs,
    openai_usage,
)
from suffice.types import Outcome, Usage

HOUR_NS = DAY_NS // 24
TABLE = "date,model,prompt_tokens,completion_tokens,spend\n"


def both(folder: Path, made: Month) -> tuple[Path, list[Path]]:
    files = written(
        folder, usage_json=openai_usage(made.billed, PERIOD), costs_json=openai_costs(made.billed, PERIOD)
    )
    return ledger(folder, made.entries), files


def unexplained(found: dict[str, tuple[int, int, int]]) -> tuple[int, int, int]:
    return found.get("unexplained", (0, 0, 0))


def test_the_same_calls_on_both_sides_leave_at_most_rounding(tmp_path: Path) -> None:
    result = reconciled(*both(tmp_path, month()))
    assert set(sums(result)) <= {"rounding"}
    assert len(result.rows) == 14
    assert sum(row.nanos_booked for row in result.rows) > 10**9


@pytest.mark.parametrize(
    ("share", "cause"),
    [
        ({"unseen": 0.05}, "unseen_traffic"),
        ({"unknown": 0.05}, "unknown_usage"),
        ({"estimated": 0.05}, "estimated_usage"),
        ({"uncached": 0.05}, "cache_handling"),
        ({"flex": 0.05}, "service_tier"),
    ],
)
def test_a_cause_alone_is_found_with_its_exact_size(
    share: dict[str, float], cause: str, tmp_path: Path
) -> None:
    made = month(**share)
    found = sums(reconciled(*both(tmp_path, made)))
    assert set(found) <= {cause, "rounding"}
    truth = made.truth[cause]
    requests, tokens, nanos = found[cause]
    assert (requests, tokens) == (truth.requests, truth.tokens)
    # Each call is rounded by itself, their sum once; the export rounds as well.
    assert abs(nanos - truth.nanos) <= 1_500
    assert truth.nanos


def test_calls_that_end_a_day_later_are_a_matter_of_the_day(tmp_path: Path) -> None:
    found = reconciled(*both(tmp_path, month(late=0.05)))
    causes = {part.cause for row in found.rows for part in row.causes}
    assert "day_boundary" in causes
    assert causes <= {"day_boundary", "rounding"}
    assert sums(found)["day_boundary"][:2] == (0, 0)


def test_all_causes_at_once_leave_no_token_and_no_dollar_unexplained(tmp_path: Path) -> None:
    made = month(calls=3_000, unseen=0.03, unknown=0.01, estimated=0.01, late=0.01, uncached=0.02, flex=0.03)
    result = reconciled(*both(tmp_path, made))
    found = sums(result)
    assert unexplained(found)[1] == 0
    stated = sum(row.nanos_stated or 0 for row in result.rows)
    assert abs(unexplained(found)[2]) * 1000 <= stated
    assert found["unseen_traffic"][0] == made.truth["unseen_traffic"].requests
    truth = made.truth["unseen_traffic"].tokens + made.truth["unknown_usage"].tokens
    assert found["unseen_traffic"][1] + found["unknown_usage"][1] == pytest.approx(truth, rel=0.1)


def repriced(call: Billed, tier: str) -> Billed:
    usage = msgspec.structs.replace(call.usage, service_tier=tier)
    cost = BOOK.cost(usage, provider="openai", model=call.model, at_ns=call.at_ns)
    return msgspec.structs.replace(call, nanos=cost.nanos or 0)


def test_a_tier_that_the_export_does_not_tell_is_recognised_if_it_gives_the_amount(tmp_path: Path) -> None:
    made = month(calls=300)
    files = written(
        tmp_path,
        usage_json=untiered(openai_usage(made.billed, PERIOD)),
        costs_json=openai_costs([repriced(call, "flex") for call in made.billed], PERIOD),
    )
    result = reconciled(ledger(tmp_path, made.entries), files)
    assert set(sums(result)) <= {"service_tier", "rounding"}
    notes = {part.note for row in result.rows for part in row.causes if part.cause == "service_tier"}
    assert notes == {"all of it at the price of flex"}


def test_a_price_of_another_date_is_recognised_if_it_gives_the_amount(tmp_path: Path) -> None:
    # o3 became five times cheaper on 10 June 2025: here the provider charged that a day early.
    day = Period(start_ns=1_749_427_200_000_000_000, days=1)
    usage = Usage(input_tokens=1_000, output_tokens=500, cache_read_tokens=400)
    entries, billed = [], []
    for number in range(20):
        at_ns = day.start_ns + number * HOUR_NS
        outcome = Outcome(
            id=f"o-{number:02}",
            received_ns=at_ns,
            provider="openai",
            api="responses",
            requested_model="o3",
            served_model="o3-2025-04-16",
            status=200,
            usage=usage,
        )
        entries.append(entry_of(outcome, BOOK.cost))
        billed.append(
            Billed(at_ns=at_ns, model="o3-2025-04-16", usage=usage, nanos=1_200_000 + 200_000 + 4_000_000)
        )
    files = written(tmp_path, usage_json=openai_usage(billed, day), costs_json=openai_costs(billed, day))
    (row,) = reconciled(ledger(tmp_path, entries), files).rows
    (part,) = row.causes
    assert (part.cause, part.note) == ("price_date", "the price of 2025-06-10")
    assert part.nanos == row.nanos == 20 * (5_400_000 - 26_200_000)


def untiered(raw: bytes) -> bytes:
    page = json.loads(raw)
    for bucket in page["data"]:
        for result in bucket["results"]:
            result["service_tier"] = None
    return json.dumps(page).encode()


def test_dollars_without_tokens_are_compared_and_claim_nothing_of_tokens(tmp_path: Path) -> None:
    made = month(calls=300)
    files = written(tmp_path, costs_json=openai_costs(made.billed, PERIOD))
    result = reconciled(ledger(tmp_path, made.entries), files)
    assert set(sums(result)) <= {"rounding"}
    assert all(row.tokens is None for row in result.rows)


def test_a_day_whose_spend_is_not_divided_by_model_is_compared_by_day(tmp_path: Path) -> None:
    made = month(calls=300)
    page = json.loads(openai_costs(made.billed, PERIOD))
    for bucket in page["data"]:
        for item in bucket["results"]:
            item["line_item"] = None
    files = written(tmp_path, costs_json=json.dumps(page).encode())
    result = reconciled(ledger(tmp_path, made.entries), files)
    assert {row.model for row in result.rows} == {"(all models)"}
    assert set(sums(result)) <= {"rounding"}


def test_models_have_one_name_whatever_the_export_calls_them(tmp_path: Path) -> None:
    made = month(calls=300)
    aliased = [msgspec.structs.replace(call, model=call.model[:-11]) for call in made.billed]
    files = written(tmp_path, spend_csv=litellm_csv(aliased, PERIOD))
    result = reconciled(ledger(tmp_path, made.entries), files)
    assert {row.model for row in result.rows} == {"gpt-5.4", "gpt-5.4-mini"}
    assert set(sums(result)) <= {"rounding"}


def test_days_of_another_zone_are_an_error_that_names_it(tmp_path: Path) -> None:
    made = month()
    files = written(tmp_path, spend_csv=litellm_csv(made.billed, PERIOD, offset_ns=-8 * HOUR_NS))
    path = ledger(tmp_path, made.entries)
    with pytest.raises(ConfigError, match="--zone -08:00") as caught:
        reconciled(path, files)
    assert caught.value.code == "other_zone"
    zone = timezone(timedelta(hours=-8))
    assert set(sums(reconciled(path, files, zone=zone))) <= {"rounding"}


def test_buckets_that_say_their_bounds_are_taken_by_them(tmp_path: Path) -> None:
    made = month()
    shifted = Period(start_ns=START_NS + 8 * HOUR_NS, days=5)
    files = written(tmp_path, usage_json=openai_usage(made.billed, shifted))
    result = reconciled(ledger(tmp_path, made.entries), files)
    assert sums(result) == {}
    assert result.days[0].start_ns == shifted.start_ns
    assert result.outside > 0


def test_only_whole_days_between_since_and_until_are_compared(tmp_path: Path) -> None:
    path, files = both(tmp_path, month(calls=300))
    result = reconciled(path, files, since_ns=START_NS + HOUR_NS, until_ns=START_NS + 4 * DAY_NS)
    assert [day.start_ns for day in result.days] == [START_NS + n * DAY_NS for n in (1, 2, 3)]
    assert set(sums(result)) <= {"rounding"}
    with pytest.raises(ConfigError, match="no whole day"):
        reconciled(path, files, since_ns=START_NS + HOUR_NS, until_ns=START_NS + 2 * HOUR_NS)


def test_an_export_of_another_month_has_nothing_to_compare(tmp_path: Path) -> None:
    made = month(calls=50)
    before = Period(start_ns=START_NS - 90 * DAY_NS, days=7)
    files = written(tmp_path, usage_json=openai_usage([], before))
    with pytest.raises(ConfigError, match="no day in common") as caught:
        reconciled(ledger(tmp_path, made.entries), files)
    assert caught.value.code == "other_period"


def test_an_empty_ledger_is_an_error(tmp_path: Path) -> None:
    files = written(tmp_path, usage_json=openai_usage([], PERIOD))
    with pytest.raises(ConfigError) as caught:
        reconciled(ledger(tmp_path, []), files)
    assert caught.value.code == "no_calls"


def test_days_without_usage_in_the_export_are_missing_from_it(tmp_path: Path) -> None:
    made = month(calls=50)
    files = written(tmp_path, usage_json=openai_usage([], PERIOD))
    result = reconciled(ledger(tmp_path, made.entries), files)
    assert set(sums(result)) == {"missing_from_export"}
    assert sums(result)["missing_from_export"][0] == -50


def test_rows_that_overlap_are_refused(tmp_path: Path) -> None:
    made = month(calls=50)
    hour = Period(start_ns=START_NS + HOUR_NS, days=2)
    text = openai_usage(made.billed, PERIOD) + b"\n" + openai_usage(made.billed, hour)
    with pytest.raises(ConfigError, match="overlap") as caught:
        reconciled(ledger(tmp_path, made.entries), written(tmp_path, usage_json=text))
    assert caught.value.code == "overlapping_rows"


def test_amounts_in_another_currency_are_not_compared_and_tokens_are(tmp_path: Path) -> None:
    made = month(calls=50)
    page = json.loads(openai_costs(made.billed, PERIOD))
    for bucket in page["data"]:
        for item in bucket["results"]:
            item["amount"]["currency"] = "eur"
    costs = json.dumps(page).encode()
    path = ledger(tmp_path, made.entries)
    files = written(tmp_path, usage_json=openai_usage(made.billed, PERIOD), costs_json=costs)
    result = reconciled(path, files)
    assert not result.has_amounts
    assert any("EUR" in note for note in result.notes)
    assert all(row.nanos is None for row in result.rows)
    assert sums(result) == {}
    with pytest.raises(ConfigError) as caught:
        reconciled(path, files[1:])
    assert caught.value.code == "other_currency"


def test_calls_of_another_provider_and_calls_that_cost_nothing_are_left_out(tmp_path: Path) -> None:
    made = month(calls=50)
    failed = msgspec.structs.replace(made.entries[0].outcome, id="failed", status=500, usage=None)
    other = msgspec.structs.replace(made.entries[0].outcome, id="other", provider="anthropic")
    more = [entry_of(outcome, BOOK.cost) for outcome in (failed, other)]
    files = written(tmp_path, usage_json=openai_usage(made.billed, PERIOD))
    result = reconciled(ledger(tmp_path, [*made.entries, *more]), files)
    assert sums(result) == {}
    assert result.not_billed == 1


def test_anthropics_reports_are_reconciled_with_cache_writes(tmp_path: Path) -> None:
    entries, billed = [], []
    for number in range(200):
        usage = Usage(
            input_tokens=3_000 + number,
            output_tokens=100,
            cache_read_tokens=1_000,
            cache_write_tokens=900,
            cache_write_1h_tokens=300,
            service_tier="standard",
        )
        outcome = Outcome(
            id=f"a-{number:04}",
            received_ns=START_NS + number * HOUR_NS // 2,
            provider="anthropic",
            api="messages",
            requested_model="claude-haiku-4-5",
            served_model="claude-haiku-4-5-20251001",
            status=200,
            usage=usage,
        )
        entries.append(entry_of(outcome, BOOK.cost))
        nanos = entries[-1].cost.nanos or 0
        billed.append(
            Billed(at_ns=outcome.received_ns, model="claude-haiku-4-5-20251001", usage=usage, nanos=nanos)
        )
    usage_, costs = anthropic_usage(billed, PERIOD), anthropic_costs(billed, PERIOD)
    files = written(tmp_path, usage_json=usage_, costs_json=costs)
    result = reconciled(ledger(tmp_path, entries[:-1]), files, provider="anthropic")
    found = sums(result)
    assert set(found) <= {"unseen_traffic", "rounding"}
    assert found["unseen_traffic"][1] == 3_299


def test_calls_of_trials_are_told_from_unseen_traffic(tmp_path: Path) -> None:
    made = month(calls=300, unseen=0.1)
    unseen = [
        call for call in made.billed if call.at_ns not in {one.outcome.received_ns for one in made.entries}
    ]
    trials = TrialStore(tmp_path / "trials.db")
    for number, call in enumerate(unseen[:10]):
        key = (f"u{number}", f"openai/{call.model}", "0")
        trials.intend("t", key, forecast_nanos=10**9, now_ns=call.at_ns)
        done = Call(
            unit=key[0],
            model=key[1],
            repeat="0",
            state="done",
            forecast_nanos=10**9,
            cost_nanos=call.nanos,
            usage=call.usage,
        )
        trials.settle("t", done, now_ns=call.at_ns)
    path, files = both(tmp_path, made)
    store = SqliteStore(path, read_only=True)
    export = read_exports(files, provider="openai")
    result = Both(
        store, Catalog.load(at_ns=START_NS), BOOK, Asked(provider="openai"), trials=trials
    ).reconcile(export)
    store.close()
    trials.close()
    found = sums(result)
    assert set(found) <= {"trials", "unseen_traffic", "rounding"}
    assert found["trials"][0] == 10
    assert found["trials"][2] == sum(call.nanos for call in unseen[:10])
    assert found["unseen_traffic"][0] == len(unseen) - 10
