from __future__ import annotations

from functools import cache

import pytest
from cases import CATALOG, DAY_NS, NOW_NS, QUESTIONS
from certified import issued, policy

from suffice.catalog.prices import PriceBook
from suffice.engine import Engine
from suffice.evidence.rehearsal import Rehearsal, Replaying, Side, failures, rehearse
from suffice.layers import LAYERS
from suffice.policy.policy import Policy
from suffice.policy.published import Published, with_published
from suffice.quality.predictor import PriorPredictor
from suffice.types import LoggedCall, Usage

PRICES = PriceBook({"openai": "openai"})
HOW = Replaying(
    price_of=PRICES.cost, provider_of=lambda call: "openai" if call.model else None, at_ns=NOW_NS + DAY_NS
)


DEFAULTS = Policy()


def side(published: Published, configured: Policy = DEFAULTS, name: str = "draft") -> Side:
    @cache
    def engine_at(_day: int) -> Engine:
        return Engine(
            layers=LAYERS,
            predictor=PriorPredictor(),
            policy=with_published(configured, published),
            resolve=CATALOG.resolve,
        )

    return Side(name=name, engine_at=engine_at, published=published)


def call(number: int, *, feature: str = "tickets", tokens: int = 100, **fields: object) -> LoggedCall:
    given: dict[str, object] = {
        "id": f"r{number}",
        "source": "test",
        "model": "gpt-5.4",
        "request": {"model": "gpt-5.4", "messages": [{"role": "user", "content": QUESTIONS["proof"]}]},
        "received_ns": NOW_NS - 90 * DAY_NS,
        "feature": feature,
        "usage": Usage(input_tokens=1_000, output_tokens=tokens),
        **fields,
    }
    return LoggedCall(**given)  # type: ignore[arg-type] -- as the test says


CERTIFIED = policy(
    issued(mean=-0.01, lower=-0.04, upper=0.02),
    issued(bucket="letters", candidate="gpt-5.4-mini", mean=0.02, lower=-0.01, upper=0.05),
)
WEEK = [
    *(call(number) for number in range(6)),
    *(call(number, feature="letters") for number in range(6, 8)),
    *(call(number, feature="other") for number in range(8, 10)),
]


def test_a_certificate_routes_and_the_rest_stays() -> None:
    told = rehearse(WEEK, side(CERTIFIED), None, HOW)
    assert (told.requests, told.routed_requests) == (10, 8)
    assert told.kept == {"no_certificate": 2}
    assert [(one.bucket, one.candidate, one.evidence, one.requests) for one in told.routed] == [
        ("tickets", "gpt-5.4-nano", "certified", 6),
        ("letters", "gpt-5.4-mini", "certified", 2),
    ]
    assert told.moved == []


def test_savings_are_exact_at_the_prices_of_the_day() -> None:
    told = rehearse([call(1)], side(CERTIFIED), None, HOW)
    usage, longer = (Usage(input_tokens=1_000, output_tokens=tokens) for tokens in (100, 125))
    at_ns = NOW_NS - 90 * DAY_NS
    big, small, stretched = (
        PRICES.cost(one, provider="openai", model=model, at_ns=at_ns).nanos
        for one, model in ((usage, "gpt-5.4"), (usage, "gpt-5.4-nano"), (longer, "gpt-5.4-nano"))
    )
    assert big is not None
    assert small is not None
    assert stretched is not None
    assert told.spend_nanos == big
    assert told.savings_nanos == big - small
    assert told.adjusted_nanos == big - stretched, "its certificate knows that answers are a quarter longer"
    assert told.savings_share == pytest.approx((big - stretched) / big)


def test_quality_is_weighted_over_all_requests_and_says_how_sure_it_is() -> None:
    quality = rehearse(WEEK, side(CERTIFIED), None, HOW).quality
    assert quality.mean == pytest.approx((6 * -0.01 + 2 * 0.02) / 10)
    assert quality.lower == pytest.approx((6 * -0.04 + 2 * -0.01) / 10)
    assert quality.upper == pytest.approx((6 * 0.02 + 2 * 0.05) / 10)
    assert (quality.certificates, quality.holds, quality.unbounded) == (2, pytest.approx(0.9), 0)


def test_what_routes_without_a_certificate_has_no_bound() -> None:
    easy = call(1, feature="other")
    easy = LoggedCall(
        **{
            **{name: getattr(easy, name) for name in easy.__struct_fields__},
            "request": {
                "model": "gpt-5.4",
                "messages": [{"role": "user", "content": QUESTIONS["sentiment"]}],
            },
        }
    )
    told = rehearse([easy], side(CERTIFIED, Policy(evidence="prior")), None, HOW)
    assert [one.evidence for one in told.routed] == ["prior"]
    assert (told.quality.certificates, told.quality.unbounded, told.routed[0].mean) == (0, 1, None)
    assert failures(told, max_quality_loss=1.0, min_savings=None) == [
        "1 requests route without a certificate: nothing bounds what they lose"
    ]


def test_decisions_that_change_are_counted_with_examples() -> None:
    told = rehearse(WEEK, side(CERTIFIED), side(Published(), name="now"), HOW)
    assert told.against == "now"
    assert [(one.bucket, one.was, one.now, one.requests, one.examples) for one in told.moved] == [
        ("tickets", "gpt-5.4", "gpt-5.4-nano", 6, ["r0", "r1", "r2"]),
        ("letters", "gpt-5.4", "gpt-5.4-mini", 2, ["r6", "r7"]),
    ]
    assert rehearse(WEEK, side(CERTIFIED), side(CERTIFIED), HOW).moved == []


def test_certificates_are_judged_at_one_moment() -> None:
    late = Replaying(price_of=HOW.price_of, provider_of=HOW.provider_of, at_ns=NOW_NS + 40 * DAY_NS)
    assert rehearse(WEEK, side(CERTIFIED), None, late).routed_requests == 0


def test_the_settings_lists_hold_in_a_rehearsal() -> None:
    denied = Policy(deny=frozenset({"gpt-5.4-nano"}))
    told = rehearse(WEEK, side(CERTIFIED, denied), None, HOW)
    assert [one.bucket for one in told.routed] == ["letters"]
    assert told.kept == {"no_certificate": 8}


def test_what_is_unknown_is_in_no_sum() -> None:
    calls = [call(1), call(2, usage=None), call(3, model=""), call(4, received_ns=None)]
    told = rehearse(calls, side(CERTIFIED), None, HOW)
    assert (told.requests, told.unreadable, told.known_costs) == (3, 1, 2)
    assert told.routed[0].requests == 3
    assert told.routed[0].unknown_costs == 1
    assert told.routed[0].baseline_nanos == told.spend_nanos


@pytest.mark.parametrize(
    ("loss", "savings", "passes"),
    [(0.03, 0.3, True), (0.025, None, False), (None, 0.95, False), (None, None, True), (0.03, 0.95, False)],
)
def test_limits_pass_or_fail(loss: float | None, savings: float | None, passes: bool) -> None:
    told = rehearse(WEEK, side(CERTIFIED), None, HOW)
    assert (failures(told, max_quality_loss=loss, min_savings=savings) == []) is passes


def test_no_requests_are_no_success() -> None:
    empty = Rehearsal(policy="draft", against=None)
    assert failures(empty, max_quality_loss=None, min_savings=None) == ["there is no request to decide on"]
    assert empty.savings_share == 0
    assert empty.quality.mean == 0
