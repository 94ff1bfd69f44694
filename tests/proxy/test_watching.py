from __future__ import annotations

import msgspec
from asks import chat

from suffice.catalog import Catalog
from suffice.config import Provider
from suffice.engine import Engine
from suffice.layers import LAYERS
from suffice.policy.policy import Policy
from suffice.proxy.guard import Guard
from suffice.proxy.routes import Route
from suffice.proxy.settlement import Settlement
from suffice.proxy.watching import Watching
from suffice.quality.predictor import PriorPredictor
from suffice.types import Ending

ENGINE = Engine(
    layers=LAYERS, predictor=PriorPredictor(), policy=Policy(), resolve=Catalog.load(at_ns=0).resolve
)
PROVIDER = Provider(name="openai", base_url="http://127.0.0.1:9/v1")
ROUTE = Route(PROVIDER, "chat_completions", "http://127.0.0.1:9/v1/chat/completions")


def exchange(
    watching: Watching, at_ns: int, *, ending: Ending = "complete", status: int = 200
) -> tuple[str, ...]:
    """Returns the signals of one call of a session that always asks the same."""
    request = msgspec.structs.replace(chat("Hello"), session="s", received_ns=at_ns)
    guard = Guard()
    settlement = Settlement(
        decision_id=f"{at_ns}", received_ns=at_ns, elapsed_us=lambda: 1, record=lambda *_: None, guard=guard
    )
    settlement.arm, settlement.status = "routed", status
    watching.began(ENGINE, request, ROUTE, [], settlement)
    settlement.settle(ending)
    watching.ended(settlement)
    assert settlement.outcome is not None
    assert not guard.faults
    return settlement.outcome.signals


def test_who_asks_again_is_seen_in_the_outcome_of_the_later_call() -> None:
    watching = Watching(None)
    assert exchange(watching, 1, status=503) == ()
    assert exchange(watching, 2, ending="upstream_broke") == ("retry",)
    assert exchange(watching, 3) == ("retry",)
    assert exchange(watching, 4) == ("regenerate",)


def test_an_answer_that_was_cut_off_is_seen_in_either_api() -> None:
    for end, cut in (
        (b'{"choices":[{"finish_reason":"length"}]}', True),
        (b'{"stop_reason": "max_tokens"}', True),
        (b'{"incomplete_details":{"reason":"max_output_tokens"}}', True),
        (
            b'{"choices":[{"message":{"content":"\\"finish_reason\\":\\"length\\""},"finish_reason":"stop"}]}',
            False,
        ),
    ):
        settlement = Settlement(
            decision_id="1", received_ns=0, elapsed_us=lambda: 1, record=lambda *_: None, guard=Guard()
        )
        settlement.arm, settlement.end = "holdout", end
        settlement.settle("complete")
        assert settlement.outcome is not None
        assert settlement.outcome.signals == (("length",) if cut else ())
