"""Why a request is served by the model that serves it: one constant each, stable, in every header and ledger entry."""

from __future__ import annotations

from collections.abc import Mapping

from suffice.types import Evidence

CERTIFIED_SUFFICES = "certified_suffices"
CALIBRATED_SUFFICES = "calibrated_suffices"
PRIOR_SUFFICES = "prior_suffices"
TASK_NEEDS_FLAGSHIP = "task_needs_flagship"
TASK_UNKNOWN = "task_unknown"
BELOW_BAR = "below_bar"
NO_CERTIFICATE = "no_certificate"
NOT_CALIBRATED = "not_calibrated"
STAKES = "stakes"
STAKES_UNREADABLE = "stakes_unreadable"
NOT_ALLOWED = "not_allowed"
CANDIDATES_VETOED = "candidates_vetoed"
NO_CHEAPER_CANDIDATE = "no_cheaper_candidate"
BASELINE_UNKNOWN = "baseline_unknown"
EMBEDDING = "embedding_not_routed"
PASSED_THROUGH = "passed_through"
BODY_NOT_READ = "body_not_read"
UNREADABLE = "unreadable_body"
MODE_OFF = "mode_off"
DECIDE_FAILED = "decide_failed"
HOLDOUT = "holdout"
BASELINE_FORCED = "baseline_forced"
OPTED_OUT = "opted_out"
STAYS = "conversation_stays"
CANDIDATE_PAUSED = "candidate_paused"
CANDIDATE_FAILED = "candidate_failed"
ESCALATED = "escalated"
ROUTE_FAILED = "route_failed"
RETRIED = "retried"
BUDGET_SPENT = "budget_spent"
BUDGET_REFUSED = "budget_refused"
SERVED_ELSEWHERE = "served_elsewhere"

SUFFICES: Mapping[Evidence, str] = {
    "certified": CERTIFIED_SUFFICES,
    "calibrated": CALIBRATED_SUFFICES,
    "prior": PRIOR_SUFFICES,
}
"""Why a candidate serves, by what is known of it."""

SERVED: frozenset[str] = frozenset(
    {
        HOLDOUT, BASELINE_FORCED, OPTED_OUT, STAYS, RETRIED, CANDIDATE_PAUSED, CANDIDATE_FAILED, ESCALATED,
        ROUTE_FAILED, BUDGET_REFUSED, SERVED_ELSEWHERE,
    }
)  # fmt: skip
"""Those that say what became of a decision, or that none was wanted: deciding itself never gives them."""

TEXTS: Mapping[str, str] = {
    CERTIFIED_SUFFICES: "a cheaper model is certified for this use case",
    CALIBRATED_SUFFICES: "a cheaper model is probable enough to answer as well, judged by outcomes",
    PRIOR_SUFFICES: "a smaller model serves this kind of task by default",
    TASK_NEEDS_FLAGSHIP: "this kind of task is kept on the flagship by default",
    TASK_UNKNOWN: "no known kind of task was recognised",
    BELOW_BAR: "no smaller model is probable enough to answer as well",
    NO_CERTIFICATE: "no cheaper model has a valid certificate for this use case",
    NOT_CALIBRATED: "nothing has been learned from outcomes about the cheaper models yet",
    STAKES: "a bad answer would cost too much for what routing would save",
    STAKES_UNREADABLE: "the stakes that the client named cannot be read: send dollars, such as 12.50",
    NOT_ALLOWED: "the cheaper models are not on the allow list",
    CANDIDATES_VETOED: "the smaller models lack something that the request needs",
    NO_CHEAPER_CANDIDATE: "there is no cheaper model to choose",
    BASELINE_UNKNOWN: "the model asked for is not in the catalog",
    EMBEDDING: "embeddings of different models do not mix",
    PASSED_THROUGH: "this path is passed through unread",
    BODY_NOT_READ: "the body was too large to read",
    UNREADABLE: "the body could not be read",
    MODE_OFF: "deciding is switched off",
    DECIDE_FAILED: "deciding failed",
    HOLDOUT: "a cheaper model was chosen; the dice left this session on the model that was asked for",
    BASELINE_FORCED: "the client wants the model that it asked for",
    OPTED_OUT: "the client wants nothing decided",
    STAYS: "the conversation stays on its model: a change would lose more prompt cache than it saves",
    CANDIDATE_PAUSED: "the chosen model has failed too often lately: the model that was asked for serves meanwhile",
    CANDIDATE_FAILED: "the chosen model failed, so the model that was asked for answered",
    ESCALATED: "the chosen model's answer was not what the request asks for, so the model that was asked for answered",
    RETRIED: "the client tries again what failed, so the model that was asked for answers",
    SERVED_ELSEWHERE: "its provider fails, so the same model answered from elsewhere",
    ROUTE_FAILED: "putting the choice into effect failed",
    BUDGET_SPENT: "the budget is spent, so a cheaper model serves on less evidence than is asked for otherwise",
    BUDGET_REFUSED: "the budget is spent, and the operator has chosen that it refuses",
}
"""Every reason in words."""
