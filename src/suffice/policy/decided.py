"""The decision as one value: of a request with candidates, and of one that can only be kept where it is."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from suffice.features import Features
from suffice.policy.choose import pick
from suffice.policy.judge import Case, UseCase
from suffice.types import Decision, Estimate, Request, Score


def chosen(
    case: Case, scores: Mapping[str, Score], estimates: tuple[Estimate, ...], predictor: str
) -> Decision:
    """Returns the decision for the candidate that is picked, or for the baseline, with all that it was made on.

    Args:
        case: The request.
        scores: By layer.
        estimates: Of the candidates, as they were judged.
        predictor: The fingerprint of the predictor that was asked.
    """
    request, features, use_case = case.request, case.features, case.use_case
    tokens = case.tokens
    model, reason = pick(estimates, case.baseline_cost_nanos, use_case.terms, features.task)
    # Stakes, which are seldom known, apart: Python packs more than 15 keywords into a dict, which takes longer.
    decision = Decision(
        baseline=request.model,
        model=model or request.model,
        reason=reason,
        task=features.task,
        bucket=use_case.bucket,
        scores=scores,
        estimates=estimates,
        baseline_cost_nanos=case.baseline_cost_nanos,
        input_tokens_estimated=features.input_tokens,
        cached_tokens_estimated=tokens.cached,
        output_tokens_estimated=tokens.output,
        terms=use_case.terms,
        policy=use_case.fingerprint,
        predictor=predictor,
    )
    stakes = case.stakes_nanos
    return decision if stakes is None else replace(decision, stakes_nanos=stakes)


def kept(request: Request, features: Features, use_case: UseCase, *, reason: str, predictor: str) -> Decision:
    """Returns the decision for the baseline of a request that nobody else could serve.

    Args:
        request: As it was read.
        features: Of it.
        use_case: That it belongs to.
        reason: A constant of `suffice.policy.reasons`.
        predictor: The fingerprint of the predictor that would have been asked.
    """
    return Decision(
        baseline=request.model,
        model=request.model,
        reason=reason,
        task=features.task,
        bucket=use_case.bucket,
        input_tokens_estimated=features.input_tokens,
        terms=use_case.terms,
        policy=use_case.fingerprint,
        predictor=predictor,
    )
