from __future__ import annotations

from typing import Any

import pytest
from asks import BODIES, JSON
from bearers import BEARERS, USER
from hypothesis import given
from hypothesis import strategies as st

from suffice.policy.traits import TRAITS


def test_every_trait_is_shown_here() -> None:
    assert BEARERS.keys() == TRAITS.keys()


@pytest.mark.parametrize("trait", TRAITS)
def test_a_trait_is_seen_where_it_is_and_only_there(trait: str) -> None:
    assert [name for name, body in BEARERS.items() if TRAITS[trait](body)] == [trait]
    assert not TRAITS[trait]({"messages": [{"role": "system", "content": "be brief"}, USER]})


def test_instructions_that_all_come_first_are_not_late() -> None:
    said = [{"role": role, "content": "be brief"} for role in ("system", "developer", "system")]
    assert not TRAITS["messages: instructions after others"]({"messages": [*said, USER]})


def test_a_list_of_allowed_tools_is_as_new_as_custom_tools() -> None:
    assert TRAITS["tools: custom"]({"tool_choice": {"type": "allowed_tools", "tools": []}})
    assert TRAITS["tools: strict"]({"tools": [{"name": "f", "strict": True, "input_schema": {}}]})


@given(BODIES | st.fixed_dictionaries({"messages": JSON, "tools": JSON, "tool_choice": JSON}))
def test_garbage_is_no_error(body: dict[str, Any]) -> None:
    assert {seen(body) for seen in TRAITS.values()} <= {True, False}
