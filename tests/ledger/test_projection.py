from __future__ import annotations

from collections import Counter
from pathlib import Path

from entries import entry, output_rate
from hypothesis import given
from hypothesis import strategies as st

from suffice.ledger.entry import Entry
from suffice.ledger.projection import GROUP_BY, Projection, for_a_month, groups_of, project
from suffice.store.sqlite import SqliteStore
from suffice.types import Usage

ENTRIES = st.lists(
    st.builds(
        entry,
        st.integers(0, 10_000),
        feature=st.sampled_from(["a", "b", "c"]),
        requested_model=st.sampled_from(["big", "small"]),
        served_model=st.sampled_from(["big", "small", "unheard-of", None]),
        decided_model=st.sampled_from(["big", "small", "tiny", "unheard-of", None]),
        reason=st.sampled_from(["prior_suffices", "task_unknown", "below_bar"]),
        status=st.sampled_from([200, 200, 200, 429]),
        ending=st.sampled_from(["complete", "complete", "client_left", "upstream_broke", "refused"]),
        usage=st.none()
        | st.builds(
            Usage,
            input_tokens=st.integers(0, 10**6),
            output_tokens=st.integers(0, 10**5),
            source=st.sampled_from(["reported", "estimated"]),
        ),
    ),
    max_size=30,
    unique_by=lambda one: one.outcome.id,
)


def projected(folder: Path, entries: list[Entry]) -> Projection:
    store = SqliteStore(folder / "ledger.db")
    store.append(entries, spool="s", moved_bytes=1)
    groups = groups_of(store.grouped(GROUP_BY))
    store.close()
    return project(groups, output_rate)


@given(ENTRIES)
def test_the_fold_over_sums_is_the_sum_over_entries(tmp_path_factory: object, entries: list[Entry]) -> None:
    projection = projected(tmp_path_factory.mktemp("ledger"), entries)  # type: ignore[attr-defined] -- pytest's own
    billable = [one for one in entries if one.cost.grade != "not_billed"]
    both = [
        one
        for one in billable
        if one.cost.nanos is not None and one.shadow_cost is not None and one.shadow_cost.nanos is not None
    ]
    total = projection.total
    assert total.requests == len(billable)
    assert total.cost_nanos == sum(one.cost.nanos or 0 for one in billable)
    assert total.savings_nanos == sum(
        (one.cost.nanos or 0) - (one.shadow_cost.nanos or 0) for one in both if one.shadow_cost
    )
    assert projection.unknown == Counter(
        one.cost.unknown_because for one in billable if one.cost.grade == "unknown"
    )
    assert projection.measured_nanos + projection.estimated_nanos == total.cost_nanos
    for lines in (projection.by_feature, projection.by_model):
        assert sum(line.requests for line in lines) == total.requests
        assert sum(line.cost_nanos for line in lines) == total.cost_nanos
        assert sum(line.savings_nanos for line in lines) == total.savings_nanos
    assert sum(kept.requests for kept in projection.kept) + total.would_route == total.requests


def test_an_unknown_cost_is_counted_and_never_added(tmp_path: Path) -> None:
    entries = [
        entry(1),
        entry(2, served_model="unheard-of", requested_model="unheard-of"),
        entry(3, usage=None),
    ]
    projection = projected(tmp_path, entries)
    assert projection.unknown == {"no_price": 1, "no_usage": 1}
    assert projection.total.cost_nanos == 100 * 2_500 + 10 * 15_000
    assert projection.total.unknown_costs == 2


def test_the_band_moves_the_decided_models_output_by_thirty_percent(tmp_path: Path) -> None:
    projection = projected(tmp_path, [entry(1, decided_model="small", reason="prior_suffices")])
    savings = (100 * 2_500 + 10 * 15_000) - (100 * 750 + 10 * 4_500)
    assert projection.total.savings_nanos == savings
    assert projection.total.band_nanos == (savings - 3 * 4_500, savings + 3 * 4_500)


def test_endings_and_errors_are_counted(tmp_path: Path) -> None:
    entries = [
        entry(1, status=500, usage=None),
        entry(2, ending="upstream_unreachable", usage=None),
        entry(3, ending="client_left"),
        entry(4, ending="upstream_broke"),
        entry(5, api="passthrough", method="GET", usage=None),
    ]
    projection = projected(tmp_path, entries)
    assert (projection.upstream_errors, projection.clients_left, projection.broken_off) == (2, 1, 1)
    assert (projection.not_billed, projection.passed_through) == (2, 1)


def test_the_dearest_feature_comes_first(tmp_path: Path) -> None:
    entries = [entry(1, feature="cheap", served_model="tiny"), entry(2, feature="dear")]
    assert [line.name for line in projected(tmp_path, entries).by_feature] == ["dear", "cheap"]


def test_a_month_is_thirty_days_of_what_was_observed() -> None:
    assert for_a_month(7, observed_ns=7 * 86_400_000_000_000) == 30


def test_what_would_route_is_counted_by_what_is_known_of_it(tmp_path: Path) -> None:
    entries = [
        entry(number, decided_model=decided, evidence=evidence)
        for number, (decided, evidence) in enumerate(
            [("small", "prior"), ("small", "certified"), ("tiny", "prior"), ("big", None), ("small", None)]
        )
    ]
    assert projected(tmp_path, entries).evidence == {"prior": 3, "certified": 1}


def test_what_was_routed_is_spend_and_no_projection(tmp_path: Path) -> None:
    routed = {"sent_model": "small", "served_model": "small", "decided_model": "small", "arm": "routed"}
    found = projected(
        tmp_path, [entry(1, decided_model="small"), entry(2, **routed), entry(3, leg="discarded", **routed)]
    )
    assert (found.total.requests, found.total.would_route, found.routed) == (3, 1, 1)
    assert found.total.cost_nanos == 400_000 + 2 * 120_000
    assert found.total.savings_nanos == 400_000 - 120_000
    assert found.kept == []
