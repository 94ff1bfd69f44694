from __future__ import annotations

import io
from typing import Any

import msgspec
import pytest
from asks import chat
from cases import CATALOG, PRIOR, QUESTIONS, Case, Learned, cases
from rich.console import Console

from suffice.engine import Engine
from suffice.layers import LAYERS, LEARNED
from suffice.report.explanation import Explanation, Served, Switched
from suffice.report.explanation_terminal import NO_FLIPS, print_explanation
from suffice.report.policies import Grounds
from suffice.types import Decision, Opinion, Terms

CASES = cases()
ENGINE = Engine(layers=LAYERS, predictor=Learned(), policy=PRIOR, resolve=CATALOG.resolve)


def printed(made: Explanation, width: int = 100) -> str:
    out = io.StringIO()
    print_explanation(made, Console(file=out, width=width, color_system=None))
    return out.getvalue()


def explanation(question: str, **more: Any) -> Explanation:
    fields = {
        "decision": ENGINE.decide(chat(question)),
        "weights": ENGINE.weights("openai", "gpt-5.4"),
        "switched": Switched(mode="observe", because="as the settings say"),
        "outcome": Served(mode="observe", model="gpt-5.4", reason="below_bar"),
        "serving": Terms(),
        **more,
    }
    return Explanation(**fields)


def test_a_routed_request_says_where_and_what_would_have_kept_it() -> None:
    text = printed(explanation(QUESTIONS["sentiment"]))
    assert "gpt-5.4 -> gpt-6-luna" in text
    assert "nothing is served by it" in text
    assert "One of these would have kept gpt-5.4" in text
    assert "a deny list with it; then" in text
    assert "use_case_evidence" in text
    assert "+0.010 ± 0.050" in text


def test_a_kept_request_says_why_and_what_would_have_let_a_candidate_serve() -> None:
    text = printed(explanation(QUESTIONS["proof"]))
    assert "keeps gpt-5.4" in text
    assert "One of these would have let a candidate serve" in text
    assert "below the bar" in text


def test_the_certificate_that_counted_is_told_for_each_candidate() -> None:
    why = {"gpt-5.4-mini": "its certificate expired", "gpt-5.4-nano": "certified by trial t1"}
    grounds = {model: Grounds(certificate=None, text=text) for model, text in why.items()}
    text = printed(explanation(QUESTIONS["sentiment"], certificates=grounds))
    assert "Certificates" in text
    assert all(said in text for said in why.values())
    alike = {model: Grounds(certificate=None, text="no policy has been published") for model in why}
    assert printed(explanation(QUESTIONS["sentiment"], certificates=alike)).count("no policy has been") == 1
    assert "Certificates" not in printed(explanation(QUESTIONS["sentiment"]))


def test_where_nothing_would_have_flipped_it_that_is_said() -> None:
    engine = msgspec.structs.replace(ENGINE, predictor=Learned().prior)
    text = printed(explanation(QUESTIONS["hello"], decision=engine.decide(chat(QUESTIONS["hello"]))), 200)
    assert NO_FLIPS in text
    assert "- to -" not in text


def test_a_decision_without_candidates_is_short() -> None:
    text = printed(explanation("", decision=Decision(baseline="a", model="a", reason="embedding_not_routed")))
    assert "embeddings of different models do not mix" in text
    assert "Candidates" not in text


def test_a_learned_layer_that_abstains_says_so() -> None:
    made = explanation(QUESTIONS["sentiment"])
    silent = Opinion(layer="fingerprint", gain=None, reason="nothing like it is known")
    estimates = tuple(msgspec.structs.replace(e, opinions=(silent,)) for e in made.decision.estimates)
    text = printed(
        msgspec.structs.replace(made, decision=msgspec.structs.replace(made.decision, estimates=estimates))
    )
    assert text.count("nothing like it is known") == 3


def test_weights_that_are_gone_are_said_to_be() -> None:
    assert "not on this machine any more" in printed(explanation(QUESTIONS["detail"], weights=None))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("case", cases()[::9], ids=lambda case: case.name)
def test_no_line_is_wider_than_the_terminal(case: Case, width: int) -> None:
    made = explanation(
        "",
        decision=case.engine.decide(case.request),
        weights=case.engine.weights(case.request.provider, case.request.model),
        id="1a20ada2c005f0c1e2d3a4b0000007",
    )
    assert max(map(len, printed(made, width).splitlines())) <= width


def test_all_layers_are_there_also_before_anything_was_learned() -> None:
    text = printed(explanation(QUESTIONS["hello"], decision=CASES[0].engine.decide(CASES[0].request)))
    for number, name in enumerate([*LAYERS, *LEARNED], 1):
        assert f"{number:>3}  {name}" in text
    assert text.count("nothing has been learned about these models") == len(LEARNED)
    assert "for each candidate, below" in printed(explanation(QUESTIONS["sentiment"]))


ROUTE = Switched(mode="route", because="ana: go")
CAST = Served(
    mode="route",
    model="gpt-6-luna",
    reason="prior_suffices",
    arm="routed",
    propensity=0.2375,
    session="00ff",
    draw=0.125,
    holdout=0.05,
)


def words(**fields: Any) -> str:
    return " ".join(printed(explanation(QUESTIONS["sentiment"], **fields), 80).split())


def test_the_arm_is_told_with_what_the_dice_show() -> None:
    text = words(switched=ROUTE, outcome=CAST)
    assert "mode route (ana: go)" in text
    assert (
        "arm routed: session 00ff draws 0.125, between the holdout (below 0.050) and 0.287; "
        "23.8% of the sessions are routed now"
    ) in text
    assert "served by gpt-6-luna" in text
    assert "nothing is served by it" not in text
    assert "would choose" not in text, "it is what serves"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"draw": 0.04, "arm": "holdout"},
            "arm holdout: session 00ff draws 0.040, in the holdout (below 0.050);",
        ),
        (
            {"draw": 0.9, "arm": "holdout"},
            "arm holdout: session 00ff draws 0.900, above 0.287, where the ramp is now",
        ),
        ({"session": ""}, "arm routed: the request's id draws 0.125,"),
        (
            {"model": None, "arm": "", "draw": None},
            "arm routed with a probability of 23.8%: the dice are cast for",
        ),
        (
            {"propensity": None, "arm": "", "reason": "below_bar"},
            "arm none, no dice are cast: no smaller model is probable enough",
        ),
    ],
)
def test_every_fall_of_the_dice_has_words(fields: dict[str, Any], said: str) -> None:
    assert said in words(switched=ROUTE, outcome=msgspec.structs.replace(CAST, **fields))


def test_a_past_decision_tells_what_was_recorded_and_what_holds_now() -> None:
    then = msgspec.structs.replace(CAST, model="gpt-5.4", reason="escalated", draw=None, holdout=None)
    now = Switched(mode="observe", because="guard: worse: it lost")
    text = words(id="1a2b", switched=now, outcome=then)
    assert "mode then route; now observe (guard: worse: it lost)" in text
    assert "arm routed, by the record; 23.8% of the sessions were routed then" in text
    assert "served by gpt-5.4: the chosen model's answer was not what the request asks for" in text
    assert "mode then not on record; now observe" in words(id="1a2b", switched=now, outcome=None)


def test_where_everything_is_off_nothing_is_decided() -> None:
    off = Switched(mode="off", because="ben", nothing_decided=True)
    assert "mode off (ben): nothing is decided, this is what would be chosen" in words(
        switched=off, outcome=None
    )


def test_a_choice_that_rests_on_a_spent_budget_says_so() -> None:
    (case,) = [one for one in CASES if one.name == "budget spent tickets sentiment"]
    decision = case.engine.decide(case.request)
    text = printed(
        explanation(QUESTIONS["sentiment"], decision=decision, switched=ROUTE, outcome=CAST), width=160
    )
    assert "the budget is spent, so a cheaper model serves on less evidence" in text
    assert 'evidence "prior", not "certified", as the budget is spent' in text
