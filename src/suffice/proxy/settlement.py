"""Settles one exchange: turns what is known of it into an `Outcome` and spools that, exactly once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from suffice.policy.choose import basis
from suffice.proxy.captures.capture import Capture
from suffice.proxy.guard import Guard
from suffice.proxy.transcript import Transcript, cut_off
from suffice.types import Arm, ClientApi, Decision, Ending, Estimate, Leg, Outcome, Request
from suffice.upstream.connection import Headers

if TYPE_CHECKING:
    from suffice.proxy.shadowing import Drawn

Record = Callable[[Outcome, Decision | None], None]
"""Keeps an outcome, and the decision if there was one."""


class Settlement:
    """What is known of an exchange so far; every attribute may still be unset when it settles.

    Args:
        decision_id: The id that the client sees.
        received_ns: Unix time of arrival.
        elapsed_us: Microseconds since arrival.
        record: Where the outcome and its decision go; must have them safe when it returns.
        guard: Shields the request from a failing record.
    """

    # What an exchange begins with, once for all of them.
    settled = False
    method = ""
    path = ""
    provider = ""
    api: ClientApi = "passthrough"
    feature = "untagged"
    session = ""
    stream = False
    requested_model = ""
    reason = ""
    decision: Decision | None = None
    decide_us = 0
    status: int | None = None
    first_byte_us: int | None = None
    transcript: Transcript | None = None
    capture: Capture | None = None
    shadow: Drawn | None = None
    asked: Request | None = None
    end = b""
    outcome: Outcome | None = None
    leg: Leg = "served"
    parent = ""
    mode = ""
    arm: Arm = ""
    propensity: float | None = None
    sent_model = ""
    requested_provider = ""
    signals: tuple[str, ...] = ()

    def __init__(
        self,
        *,
        decision_id: str,
        received_ns: int,
        elapsed_us: Callable[[], int],
        record: Record,
        guard: Guard,
    ) -> None:
        self.id = decision_id
        self.received_ns = received_ns
        self._elapsed_us = elapsed_us
        self._record = record
        self._guard = guard

    def first_byte(self) -> None:
        """Notes when the first byte of the answer's body went out."""
        if self.first_byte_us is None:
            self.first_byte_us = self._elapsed_us()

    def lines(self) -> bytes:
        """Returns what the client is told of it, as lines of a head."""
        told = (
            f"x-suffice-decision: {self.id}\r\n"
            f"x-suffice-model: {self.sent_model or self.requested_model}\r\n"
            f"x-suffice-reason: {self.reason}\r\n"
        )
        if self.requested_provider:
            told += f"x-suffice-provider: {self.provider}\r\n"
        if self.arm:
            told += f"x-suffice-arm: {self.arm}\r\n"
        return told.encode()

    def headers(self) -> Headers:
        """Returns the same as headers."""
        told = (line.partition(b": ") for line in self.lines().split(b"\r\n")[:-1])
        return [(name, value) for name, _, value in told]

    def settle(self, ending: Ending, *, fault: str | None = None) -> None:
        """Spools the outcome. Synchronous, never raises; only the first call counts.

        Args:
            ending: How the exchange ended.
            fault: The code of what went wrong, if something did.
        """
        if self.settled:
            return
        self.settled = True
        self._guard.run("record", self._keep, ending, fault)

    def discard(self, id_: str, ending: Ending, *, fault: str | None = None, signal: str = "") -> None:
        """Spools the call so far as one that was thrown away, and goes on as if none had been made.

        Args:
            id_: Of the discarded call.
            ending: How it ended.
            fault: The code of what went wrong, if something did.
            signal: What spoke against its answer.
        """
        self.aside(id_, signal=signal).settle(ending, fault=fault)
        self.provider, self.requested_provider = self.requested_provider or self.provider, ""
        self.sent_model = ""
        self.status = self.first_byte_us = self.transcript = None

    def aside(self, id_: str, *, signal: str = "") -> Settlement:
        """Returns the call so far as one that was thrown away, to be settled by itself.

        Args:
            id_: Of that call.
            signal: What spoke against its answer.
        """
        thrown = copy.copy(self)
        thrown.id, thrown.parent, thrown.leg = id_, self.id, "discarded"
        thrown.signals = (signal,) if signal else ()
        thrown.capture = thrown.shadow = None
        thrown.end = b""
        return thrown

    def _keep(self, ending: Ending, fault: str | None) -> None:
        self.outcome = self._outcome(ending, fault)
        # One decision, one line of it: that of the call that answered.
        self._record(self.outcome, self.decision if self.leg == "served" else None)

    def _outcome(self, ending: Ending, fault: str | None) -> Outcome:
        decision, transcript = self.decision, self.transcript
        usage = None
        if transcript is not None:
            usage = transcript.settled_usage(
                decision.input_tokens_estimated if decision else None, streamed=self.stream
            )
        # In parts: Python packs more than 15 keywords of one call into a dict, which takes 0.8 us longer.
        outcome = Outcome(
            id=self.id,
            received_ns=self.received_ns,
            provider=self.provider,
            api=self.api,
            feature=self.feature,
            session=self.session,
            stream=self.stream,
            requested_model=self.requested_model,
            served_model=transcript.model if transcript else None,
            status=self.status,
            usage=usage,
            duration_us=self._elapsed_us(),
            first_byte_us=self.first_byte_us,
            decide_us=self.decide_us,
            reason=self.reason,
        )
        if decision is not None:
            outcome = self._decided(outcome, decision)
        if self.mode == "observe" and ending == "complete" and fault is None and self.leg == "served":
            # It was read, and served as it was asked for: there is no more to say.
            return outcome
        return replace(
            outcome,
            method=self.method,
            path=self.path if self.api == "passthrough" else "",
            ending=ending,
            fault=fault,
            leg=self.leg,
            parent=self.parent,
            arm=self.arm,
            propensity=self.propensity,
            sent_model=self.sent_model,
            requested_provider=self.requested_provider,
            signals=self._signals() if self.end else self.signals,
        )

    def _decided(self, outcome: Outcome, decision: Decision) -> Outcome:
        """Returns an outcome with what was decided."""
        estimate = _chosen(decision)
        return replace(
            outcome,
            mode=self.mode,
            decided_model=decision.model,
            task=decision.task,
            p_good=estimate.p_good if estimate else None,
            evidence=basis(estimate) if estimate else None,
            demands={
                name: score.demand for name, score in decision.scores.items() if score.demand is not None
            },
            policy=decision.policy,
            predictor=decision.predictor,
            bucket=decision.bucket,
            decided_provider=estimate.provider if estimate else "",
            expected_nanos=decision.baseline_cost_nanos,
        )

    def _signals(self) -> tuple[str, ...]:
        if "length" not in self.signals and cut_off(self.end):
            return (*self.signals, "length")
        return self.signals


def _chosen(decision: Decision) -> Estimate | None:
    """Returns what is known of the model that was chosen; `None` for the baseline."""
    model = decision.model
    for estimate in decision.estimates:
        if estimate.model == model:
            return estimate
    return None
