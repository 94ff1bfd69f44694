from __future__ import annotations

from collections.abc import Callable

from suffice.errors import StoreError
from suffice.proxy.guard import Guard
from suffice.proxy.settlement import Settlement
from suffice.proxy.transcript import Transcript
from suffice.types import Decision, Estimate, Outcome, Score


def settlement(
    record: Callable[[Outcome, Decision | None], object], guard: Guard | None = None
) -> Settlement:
    return Settlement(
        decision_id="id-1",
        received_ns=5,
        elapsed_us=lambda: 42,
        record=record,
        guard=guard or Guard(),
    )


def test_only_the_first_end_counts() -> None:
    recorded: list[Outcome] = []
    exchange = settlement(lambda outcome, _: recorded.append(outcome))
    exchange.settle("complete")
    exchange.settle("client_left")
    assert [outcome.ending for outcome in recorded] == ["complete"]


def test_a_record_that_fails_is_counted_and_raises_nothing() -> None:
    guard = Guard()

    def fail(outcome: Outcome, decision: Decision | None) -> None:
        raise StoreError("disk full")

    exchange = settlement(fail, guard)
    exchange.settle("complete")
    assert exchange.settled
    assert dict(guard.faults) == {"record": 1}


def test_the_outcome_says_what_was_decided_and_what_it_took() -> None:
    recorded: list[tuple[Outcome, Decision | None]] = []
    exchange = settlement(lambda *both: recorded.append(both))
    exchange.api, exchange.path, exchange.stream = "chat_completions", "/v1/chat/completions", True
    exchange.decision = Decision(
        baseline="big",
        model="small",
        reason="prior_suffices",
        task="sentiment",
        scores={"input_length": Score(0.25, "short"), "tool_surface": Score(None, "no tools")},
        estimates=(Estimate(model="big", p_good=1.0), Estimate(model="small", p_good=0.9)),
        input_tokens_estimated=7,
        policy="p",
        predictor="q",
    )
    exchange.transcript = Transcript("chat_completions")
    exchange.first_byte()
    exchange.settle("upstream_broke", fault="upstream_broke_off")
    ((outcome, decision),) = recorded
    assert decision is exchange.decision
    assert (outcome.policy, outcome.predictor) == ("p", "q")
    assert (outcome.id, outcome.received_ns, outcome.duration_us, outcome.first_byte_us) == (
        "id-1",
        5,
        42,
        42,
    )
    assert (outcome.decided_model, outcome.p_good, outcome.evidence) == ("small", 0.9, "prior")
    assert outcome.demands == {"input_length": 0.25}
    assert outcome.path == ""
    assert outcome.fault == "upstream_broke_off"
    assert outcome.usage is not None
    assert (outcome.usage.input_tokens, outcome.usage.source) == (7, "estimated")


def test_a_certified_choice_is_recorded_as_such() -> None:
    recorded: list[Outcome] = []
    exchange = settlement(lambda outcome, _: recorded.append(outcome))
    certified = Estimate(model="small", p_good=None, certified=True)
    exchange.decision = Decision(
        baseline="big", model="small", reason="certified_suffices", estimates=(certified,)
    )
    exchange.settle("complete")
    assert recorded[0].evidence == "certified"


def test_what_is_thrown_away_is_settled_apart_and_the_exchange_goes_on() -> None:
    recorded: list[tuple[Outcome, Decision | None]] = []
    exchange = settlement(lambda *both: recorded.append(both))
    exchange.decision = Decision(baseline="big", model="small", reason="prior_suffices", bucket="faq")
    exchange.arm, exchange.propensity, exchange.mode = "routed", 0.9, "route"
    exchange.sent_model, exchange.status = "small", 200
    exchange.transcript = Transcript("chat_completions")
    exchange.transcript.take_json(b'{"model":"small","usage":{"prompt_tokens":3,"completion_tokens":2}}')
    exchange.discard("leg-1", "complete", signal="contract")
    exchange.signals = ("escalated", "contract")
    exchange.settle("complete")
    (thrown, no_decision), (served, decision) = recorded
    assert (thrown.id, thrown.parent, thrown.leg, thrown.sent_model) == (
        "leg-1",
        "id-1",
        "discarded",
        "small",
    )
    assert (thrown.status, thrown.signals, thrown.served_model) == (200, ("contract",), "small")
    assert thrown.usage is not None
    assert (served.id, served.parent, served.leg, served.sent_model) == ("id-1", "", "served", "")
    assert (served.status, served.usage, served.signals) == (None, None, ("escalated", "contract"))
    assert (served.arm, served.propensity, served.mode, served.bucket) == ("routed", 0.9, "route", "faq")
    assert (no_decision, decision) == (None, exchange.decision), "a decision is kept once"


def test_the_client_is_told_which_model_serves_and_its_arm() -> None:
    exchange = settlement(lambda *_: None)
    exchange.requested_model, exchange.reason = "big", "below_bar"
    told = [
        (b"x-suffice-decision", b"id-1"),
        (b"x-suffice-model", b"big"),
        (b"x-suffice-reason", b"below_bar"),
    ]
    assert exchange.headers() == told
    exchange.sent_model, exchange.arm = "small", "routed"
    assert exchange.headers()[1:] == [
        (b"x-suffice-model", b"small"), (b"x-suffice-reason", b"below_bar"), (b"x-suffice-arm", b"routed"),
    ]  # fmt: skip


def test_who_serves_is_told_where_it_is_another_provider_and_forgotten_when_that_fails() -> None:
    recorded: list[Outcome] = []
    exchange = settlement(lambda outcome, _: recorded.append(outcome))
    exchange.requested_model = "big"
    exchange.decision = Decision(
        baseline="big",
        model="small",
        reason="prior_suffices",
        estimates=(Estimate(model="small", p_good=0.9, provider="anthropic"),),
    )
    exchange.provider, exchange.requested_provider, exchange.sent_model = "anthropic", "openai", "small"
    assert (b"x-suffice-provider", b"anthropic") in exchange.headers()
    exchange.discard("leg-1", "complete")
    assert (exchange.provider, exchange.requested_provider) == ("openai", "")
    assert b"x-suffice-provider" not in dict(exchange.headers())
    aside = exchange.aside("leg-2")
    aside.settle("upstream_unreachable", fault="connect_failed")
    exchange.settle("complete")
    assert [(one.id, one.leg, one.provider, one.requested_provider) for one in recorded] == [
        ("leg-1", "discarded", "anthropic", "openai"),
        ("leg-2", "discarded", "openai", ""),
        ("id-1", "served", "openai", ""),
    ]
    assert {one.decided_provider for one in recorded} == {"anthropic"}
