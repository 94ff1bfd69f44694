from __future__ import annotations

import msgspec
from asks import request
from cases import CATALOG, CERTIFIED, NOW_NS

from suffice.config import RouteSettings
from suffice.engine import Engine
from suffice.layers import LAYERS
from suffice.policy.policy import Certificate
from suffice.policy.switch import Setting, Switch
from suffice.proxy.steering import Plan, Steering
from suffice.quality.predictor import PriorPredictor
from suffice.types import Request

BIG, NANO, MINUTE_NS = "gpt-5.4", "gpt-5.4-nano", 60_000_000_000
LONG = "The report says this about the harbour and its lamps. " * 400
ENGINE = Engine(
    layers=LAYERS,
    predictor=PriorPredictor(),
    policy=CERTIFIED,
    resolve=CATALOG.resolve,
    switch=Switch(default=Setting(mode="route", since_ns=0, ramp=(1.0,)), holdout=0.0),
)


def asked(*, turns: int = 0, session: str = "s", at_ns: int = NOW_NS) -> Request:
    messages = [{"role": "system", "content": LONG}, {"role": "user", "content": "Which bin?"}]
    for _ in range(turns):
        messages += [{"role": "assistant", "content": "The blue one."}, {"role": "user", "content": "Why?"}]
    given = request({"messages": messages}, model=BIG)
    return msgspec.structs.replace(given, feature="tickets", session=session, received_ns=at_ns)


def planned(steering: Steering, given: Request, engine: Engine = ENGINE, wish: str = "any") -> Plan:
    return steering.plan(engine, given, engine.decide(given), given.session, wish=wish)  # type: ignore[arg-type] -- a wish


def test_a_routed_request_comes_with_what_the_cheaper_model_is_asked() -> None:
    plan = planned(Steering(RouteSettings()), asked())
    assert (plan.serving.model, plan.serving.arm, plan.serving.reason) == (
        NANO,
        "routed",
        "certified_suffices",
    )
    assert plan.patch is not None
    assert (plan.patch.model, plan.patch.provider) == (NANO, "openai")


def test_without_a_switch_nothing_is_routed() -> None:
    engine = msgspec.structs.replace(ENGINE, switch=None)
    plan = planned(Steering(RouteSettings()), asked(), engine)
    assert (plan.serving.mode, plan.patch) == ("observe", None)


def test_a_retry_and_a_wish_are_served_by_the_baseline_and_a_retry_keeps_its_arm() -> None:
    retried = planned(Steering(RouteSettings()), asked(), wish="retry")
    assert (retried.serving.reason, retried.serving.arm, retried.patch) == ("retried", "routed", None)
    forced = planned(Steering(RouteSettings()), asked(), wish="forced")
    assert (forced.serving.reason, forced.serving.arm, forced.patch) == ("baseline_forced", "", None)


def test_a_new_certificate_ramps() -> None:
    ramped = Switch(
        default=Setting(mode="route", since_ns=0, ramp=(0.000001, 1.0), step_s=86_400.0), holdout=0.0
    )
    engine = msgspec.structs.replace(ENGINE, switch=ramped)
    issued_ns = CERTIFIED.certificates[0].issued_ns
    first = planned(Steering(RouteSettings()), asked(at_ns=issued_ns + MINUTE_NS), engine)
    assert (first.serving.arm, first.serving.propensity) == ("holdout", 0.000001)
    later = planned(Steering(RouteSettings()), asked(at_ns=issued_ns + 86_400_000_000_000), engine)
    assert later.serving.propensity == 1.0


def test_a_conversation_of_the_baseline_stays_there_until_a_change_pays() -> None:
    steering = Steering(RouteSettings(switch_margin=1000.0))
    steering.served("s", BIG, NOW_NS)
    stays = planned(steering, asked(turns=2, at_ns=NOW_NS + MINUTE_NS))
    assert (stays.serving.reason, stays.serving.arm, stays.patch) == ("conversation_stays", "routed", None)
    forgotten = planned(steering, asked(turns=2, at_ns=NOW_NS + 6 * MINUTE_NS))
    assert forgotten.serving.model == NANO, "its cache is cold by then: nothing is lost"
    other = planned(steering, asked(turns=2, session="t"))
    assert other.serving.model == NANO
    first = planned(steering, asked())
    assert first.serving.model == NANO, "a first turn has no cache to lose"
    eager = Steering(RouteSettings(switch_margin=0.0))
    eager.served("s", BIG, NOW_NS)
    assert planned(eager, asked(turns=2)).serving.model == NANO


def test_a_choice_of_another_provider_comes_with_where_it_is_asked() -> None:
    held = Certificate(
        bucket="tickets", baseline=BIG, candidate="claude-haiku-4-5", issued_ns=0, expires_ns=2 * NOW_NS
    )
    policy = msgspec.structs.replace(CERTIFIED, certificates=(held,))
    engine = msgspec.structs.replace(ENGINE, policy=policy, across=CATALOG.across(["anthropic"]))
    steering = Steering(RouteSettings())
    plan = planned(steering, asked(), engine)
    assert plan.patch is not None
    assert (plan.patch.model, plan.patch.provider, plan.patch.path, plan.patch.bearer) == (
        "claude-haiku-4-5",
        "anthropic",
        "v1/chat/completions",
        True,
    )
    steering.served("s", "claude-haiku-4-5", NOW_NS)
    again = planned(steering, asked(turns=1, at_ns=NOW_NS + MINUTE_NS), engine)
    assert again.patch is None, "nothing is cached there: the whole history would cost the full price"
