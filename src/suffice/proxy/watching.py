"""What the guard needs to see of an exchange in route mode: signals against its answer, and both answers of some."""

from __future__ import annotations

from suffice.engine import Engine
from suffice.proxy.repeats import Repeats
from suffice.proxy.routes import Route
from suffice.proxy.settlement import Settlement
from suffice.proxy.shadowing import Shadows
from suffice.types import Request
from suffice.upstream.connection import Headers


class Watching:
    """Watches a worker's exchanges with a random arm. Both arms alike: they are compared.

    Args:
        shadows: Who asks twice; `None` where nobody does.
    """

    def __init__(self, shadows: Shadows | None) -> None:
        self.shadows = shadows
        self._repeats = Repeats()

    def began(
        self, engine: Engine, request: Request, route: Route, raw: Headers, settlement: Settlement
    ) -> None:
        """Looks at a request before it is forwarded, once its arm is known.

        Args:
            engine: That decided.
            request: As it was read.
            route: Where it goes.
            raw: The client's headers, without what is for suffice alone.
            settlement: Of its exchange.
        """
        settlement.asked = request
        again = self._repeats.look(_who(request), request.body, request.received_ns)
        if again:
            settlement.signals += (again,)
        if self.shadows is not None:
            self.shadows.offer(engine, request, route, raw, settlement)

    def ended(self, settlement: Settlement) -> None:
        """Looks at an exchange that is over."""
        request, outcome = settlement.asked, settlement.outcome
        if request is not None and outcome is not None:
            answered = outcome.ending == "complete" and (outcome.status or 500) < 400
            self._repeats.note(_who(request), request.body, request.received_ns, answered=answered)
        if settlement.shadow is not None and self.shadows is not None:
            self.shadows.keep(settlement.shadow, settlement)


def _who(request: Request) -> str:
    # The same words in another use case are another question.
    return f"{request.feature} {request.session}" if request.session else ""
