"""Which cause the tokens of one day and model differ by; see `suffice.ledger.reconcile` for the order. Pure."""

from __future__ import annotations

import msgspec

from suffice.ledger.kinds import NOTHING, OUTPUT, Kinds, apportion, minus, one_way, plus
from suffice.ledger.statement import Booked


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one cause makes up of a difference: the export's less the ledger's."""

    cause: str
    requests: int = 0
    tokens: Kinds = NOTHING
    nanos: int = 0
    note: str = ""
    """What the cause rests on, where that is not plain."""

    def plus(self, other: Part) -> Part:
        """Returns the sum of two parts of one cause."""
        return Part(
            cause=self.cause,
            requests=self.requests + other.requests,
            tokens=plus(self.tokens, other.tokens),
            nanos=self.nanos + other.nanos,
            note=self.note or other.note,
        )


def tokens_by_cause(
    difference: Kinds | None,
    calls: int | None,
    booked: Booked,
    late: tuple[int, Kinds],
    *,
    absent: bool,
) -> list[Part]:
    """Divides a difference in tokens and calls by cause.

    Args:
        difference: The export's tokens less the ledger's; `None` if the export has none.
        calls: The export's calls less the ledger's; `None` if the export does not count them.
        booked: The ledger's side.
        late: Calls and tokens that the provider counts on another day than the ledger.
        absent: The export has no line at all for this day and model.

    Returns:
        Parts whose tokens and calls add up to `difference` and `calls`, where these are not `None`.
    """
    parts: list[Part] = []
    left = calls
    if difference is None:
        return [] if left is None or not left else [_calls(left)]
    late_calls, late_tokens = late
    late_calls = 0 if left is None else late_calls
    if late_calls or any(late_tokens):
        parts.append(Part(cause="day_boundary", requests=late_calls, tokens=late_tokens))
        difference = minus(difference, late_tokens)
        left = None if left is None else left - late_calls
    trials = booked.trial_tokens
    # Trials may use another key than the export is of: then it has no room for them.
    if sum(difference) >= sum(trials) > 0 and (left is None or left >= booked.trial_requests):
        calls_of_trials = 0 if left is None else booked.trial_requests
        parts.append(Part(cause="trials", requests=calls_of_trials, tokens=trials, nanos=booked.trial_nanos))
        difference = minus(difference, trials)
        left = None if left is None else left - calls_of_trials
    kept, moved = one_way(difference[:OUTPUT])
    if any(moved):
        parts.append(Part(cause="cache_handling", tokens=(moved[0], moved[1], moved[2], moved[3], 0)))
    of_input: Kinds = (kept[0], kept[1], kept[2], kept[3], 0)
    of_output: Kinds = (0, 0, 0, 0, difference[OUTPUT])
    for tokens in (of_input, of_output):
        parts += (
            _more(tokens, left, booked) if sum(tokens) > 0 else _less(tokens, left, booked, absent=absent)
        )
    if left:
        parts.append(_calls(left))
    return parts


def _calls(left: int) -> Part:
    return Part(cause="unseen_traffic" if left > 0 else "missing_from_export", requests=left)


def _more(tokens: Kinds, calls: int | None, booked: Booked) -> list[Part]:
    """The export has more of these tokens than the ledger."""
    unseen = max(0, calls or 0)
    if booked.unknown and calls is None:
        return _as_usual(tokens, booked)
    if booked.unknown and unseen:
        shares = [apportion(one, [unseen, booked.unknown]) for one in tokens]
        note = "divided by numbers of calls"
        return [
            Part(cause="unseen_traffic", tokens=_kinds([share[0] for share in shares]), note=note),
            Part(cause="unknown_usage", tokens=_kinds([share[1] for share in shares]), note=note),
        ]
    cause = "unexplained"
    if unseen or not booked.requests:
        cause = "unseen_traffic"
    elif booked.unknown:
        cause = "unknown_usage"
    elif booked.estimated:
        cause = "estimated_usage"
    elif calls is None:
        cause = "unseen_traffic"
    return [Part(cause=cause, tokens=tokens)]


def _as_usual(tokens: Kinds, booked: Booked) -> list[Part]:
    """Without a count of calls: those of unknown usage are taken to be like the others, the rest is unseen."""
    known = booked.requests - booked.unknown
    expected = (
        [min(one, usual * booked.unknown // known) for one, usual in zip(tokens, booked.tokens, strict=True)]
        if known
        else list(tokens)
    )
    taken = _kinds(expected)
    note = "taken to be like the calls whose usage is known"
    return [
        Part(cause="unknown_usage", tokens=taken, note=note),
        Part(cause="unseen_traffic", tokens=minus(tokens, taken), note=note),
    ]


def _less(tokens: Kinds, calls: int | None, booked: Booked, *, absent: bool) -> list[Part]:
    """The export has fewer of these tokens than the ledger, or as many."""
    if absent or (calls is not None and calls < 0):
        return [Part(cause="missing_from_export", tokens=tokens)]
    guessed = _kinds([max(one, -most) for one, most in zip(tokens, booked.estimated_tokens, strict=True)])
    rest = minus(tokens, guessed)
    return [
        Part(cause="estimated_usage", tokens=guessed),
        Part(cause="missing_from_export" if calls is None else "unexplained", tokens=rest),
    ]


def _kinds(parts: list[int]) -> Kinds:
    a, b, c, d, e = parts
    return (a, b, c, d, e)
