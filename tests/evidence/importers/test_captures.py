from __future__ import annotations

import msgspec
from logs import CHAT
from reading import one_call, read_all

from suffice.evidence.captured import CAPTURED
from suffice.evidence.importers._entries import Options
from suffice.types import LoggedCall

CALL = LoggedCall(
    id="0123456789abcdef",
    source="captures",
    model="gpt-5.4",
    request={**CHAT, "metadata": {"team": "support"}},
    feature="triage",
    session="5e55",
)


def test_a_captured_call_is_what_is_imported() -> None:
    assert one_call("captures", {CAPTURED: msgspec.to_builtins(CALL)}) == CALL


def test_the_operator_may_name_another_field() -> None:
    record = {CAPTURED: msgspec.to_builtins(CALL)}
    assert one_call("captures", record, options=Options(feature_field=("team",))).feature == "support"


def test_what_is_no_call_is_kept_aside() -> None:
    for odd in (None, 7, {"id": 1}):
        (said,) = read_all("captures", [{CAPTURED: odd}])
        assert isinstance(said, str)
        assert said.startswith("rejected no_capture:")
