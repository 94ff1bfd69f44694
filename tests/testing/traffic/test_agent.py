from __future__ import annotations

import itertools
import json

from drafts import drafts, said, use_case

from suffice.testing.traffic.agent import USE_CASES
from suffice.testing.traffic.draft import compact


def test_lookups_call_a_tool_that_is_there_with_what_was_said() -> None:
    for draft in drafts(use_case(USE_CASES, "warehouse-tools")):
        tools = {
            tool["function"]["name"]: tool["function"]["parameters"] for tool in draft.parameters["tools"]
        }
        assert draft.call["arguments"].keys() == set(tools[draft.call["name"]]["required"])
        assert all(str(value) in said(draft) for value in draft.call["arguments"].values())
        assert draft.wrong_call != draft.call


def test_a_case_runs_step_by_step() -> None:
    steps = drafts(use_case(USE_CASES, "refund-agent"), count=1)
    assert [step.call["name"] for step in steps] == ["get_order", "get_policy", "issue_refund", "reply"]
    for before, after in itertools.pairwise(steps):
        made = after.messages[-2]["tool_calls"][0]
        assert made["function"]["name"] == before.call["name"]
        assert json.loads(made["function"]["arguments"]) == before.call["arguments"]
        assert after.messages[-1]["tool_call_id"] == made["id"]
        assert after.messages[: len(before.messages)] == before.messages
        assert before.wrong_call != before.call


def test_the_shared_beginning_is_long_enough_to_be_cached() -> None:
    (step, *_) = drafts(use_case(USE_CASES, "refund-agent"), count=1)
    assert len(compact([step.parameters["tools"], step.messages[0]])) > 1024 * 4.3
