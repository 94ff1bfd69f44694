"""Why a request is served by the model that serves it: one constant each, stable, in every header and ledger entry."""

from __future__ import annotations

from collections.abc import Mapping

PRIOR_SUFFICES = "prior_suffices"
TASK_NEEDS_FLAGSHIP = "task_needs_flagship"
TASK_UNKNOWN = "task_unknown"
BELOW_BAR = "below_bar"
CANDIDATES_VETOED = "candidates_vetoed"
NO_CHEAPER_CANDIDATE = "no_cheaper_candidate"
BASELINE_UNKNOWN = "baseline_unknown"
EMBEDDING = "embedding_not_routed"
PASSED_THROUGH = "passed_through"
BODY_NOT_READ = "body_not_read"
UNREADABLE = "unreadable_body"
MODE_OFF = "mode_off"
DECIDE_FAILED = "decide_failed"

TEXTS: Mapping[str, str] = {
    PRIOR_SUFFICES: "a smaller model serves this kind of task by default",
    TASK_NEEDS_FLAGSHIP: "this kind of task is kept on the flagship by default",
    TASK_UNKNOWN: "no known kind of task was recognised",
    BELOW_BAR: "no smaller model is probable enough to answer as well",
    CANDIDATES_VETOED: "the smaller models lack something that the request needs",
    NO_CHEAPER_CANDIDATE: "there is no cheaper model to choose",
    BASELINE_UNKNOWN: "the model asked for is not in the catalog",
    EMBEDDING: "embeddings of different models do not mix",
    PASSED_THROUGH: "this path is passed through unread",
    BODY_NOT_READ: "the body was too large to read",
    UNREADABLE: "the body could not be read",
    MODE_OFF: "deciding is switched off",
    DECIDE_FAILED: "deciding failed",
}
"""Every reason in words."""
