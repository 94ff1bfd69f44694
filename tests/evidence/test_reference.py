from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.errors import PolicyError
from suffice.evidence.drift import Seen
from suffice.evidence.reference import (
    LOOK_BACK_NS,
    Answer,
    keep,
    pick,
    recall,
    seen_in,
    seen_of,
    served_then,
    together,
)
from suffice.policy.published import fingerprint_of
from suffice.store.traffic import CallHead
from suffice.types import LoggedCall, Usage


def head(number: int, **fields: object) -> CallHead:
    given: dict[str, object] = {
        "id": f"c{number:03d}",
        "received_ns": number,
        "feature": "tickets",
        "session": "",
        "model": "big-2026-03-05",
        "provider": "openai",
        "api": "chat_completions",
        "input_tokens": 10,
        "output_tokens": 5,
        "cost_nanos": None,
        "prompt_bytes": 40,
        "source": "test",
        "bucket": None,
        **fields,
    }
    return CallHead(**given)  # type: ignore[arg-type] -- as the test says


def name_of(model: str) -> str:
    return model.removesuffix("-2026-03-05")


def picked(heads: list[CallHead], since_ns: int | None = None) -> set[str]:
    rng = np.random.default_rng(1)
    return set(pick(heads, ("tickets", "big"), name_of=name_of, rng=rng, since_ns=since_ns))


def call(number: int, text: str, **fields: object) -> LoggedCall:
    given: dict[str, object] = {
        "id": str(number),
        "source": "test",
        "model": "big",
        "request": {"model": "big", "messages": [{"role": "user", "content": text}]},
        "response": {"model": "big-2026-03-05"},
        "usage": Usage(input_tokens=10, output_tokens=20 + number),
        **fields,
    }
    return LoggedCall(**given)  # type: ignore[arg-type] -- as the test says


def test_calls_of_the_use_case_and_baseline_are_drawn() -> None:
    heads = [
        head(1),
        head(2, bucket="tickets", feature="untagged"),
        head(3, bucket="letters"),
        head(4, feature="letters"),
        head(5, model="small"),
    ]
    assert picked(heads) == {"c001", "c002"}


def test_a_session_counts_once_and_a_sample_is_bounded() -> None:
    talks = [head(number, session=f"s{number % 3}") for number in range(30)]
    assert len(picked(talks)) == 3
    assert len(picked([head(number) for number in range(2_000)])) == 400


def test_what_came_in_since_and_in_the_last_week_counts() -> None:
    heads = [
        head(1, received_ns=10),
        head(2, received_ns=LOOK_BACK_NS),
        head(3, received_ns=2 * LOOK_BACK_NS),
    ]
    assert picked(heads, since_ns=10) == {"c003"}
    assert picked(heads, since_ns=LOOK_BACK_NS - 1) == {"c003"}
    assert picked([*heads, head(4, received_ns=None)], since_ns=2 * LOOK_BACK_NS) == set()
    assert picked([]) == set()


def test_logged_calls_become_fingerprints_lengths_and_versions() -> None:
    calls = [
        call(1, "Refund my order, please."),
        call(2, "Where is my parcel?", response=None, usage=None),
        call(3, "", response={"model": 7}),
    ]
    seen = seen_in(calls)
    assert seen.vectors is not None
    assert seen.vectors.shape[0] == 2, "a prompt without a word has no fingerprint"
    assert np.linalg.norm(seen.vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert list(seen.output_tokens) == [21, 23]
    assert seen.served == {"big": {"big-2026-03-05": 1}}
    assert seen_in([]).vectors is None


def test_what_is_kept_is_recalled() -> None:
    seen = seen_in([call(number, f"Refund order {number}, it came late.") for number in range(60)])
    digest, data, reference = keep(seen, last_ns=77)
    back, last_ns = recall(data)
    assert (digest, last_ns) == (fingerprint_of(data), 77)
    assert seen.vectors is not None
    assert back.vectors == pytest.approx(seen.vectors, abs=1e-3)
    assert (list(back.output_tokens), back.served) == (list(seen.output_tokens), seen.served)
    assert (reference.prompts, reference.void_if.prompts) == (digest, digest)
    assert reference.void_if.output_tokens is not None
    assert reference.void_if.output_tokens.p50 == pytest.approx(49.5)
    assert reference.void_if.served == {"big": ("big-2026-03-05",)}
    assert served_then(reference.void_if) == {"big": {"big-2026-03-05": 1}}
    assert keep(seen, last_ns=77)[0] == digest


def test_no_text_of_a_prompt_is_kept() -> None:
    seen = seen_in([call(number, "My password is xylophone-42.") for number in range(60)])
    assert b"xylophone" not in keep(seen, last_ns=None)[1]


@given(st.binary(max_size=64))
def test_garbage_is_no_reference(data: bytes) -> None:
    with pytest.raises(PolicyError) as caught:
        recall(data)
    assert caught.value.code == "bad_reference"


def test_a_torn_reference_is_refused() -> None:
    data = keep(seen_in([call(number, f"Order {number} is late.") for number in range(60)]), last_ns=1)[1]
    for cut in (1, len(data) // 2, len(data) - 1):
        with pytest.raises(PolicyError):
            recall(data[:cut])


def test_two_sources_are_seen_together() -> None:
    answers = seen_of(
        [
            Answer(asked="big", served="v1", output_tokens=5, session="a"),
            Answer(asked="big", served="v1", output_tokens=6, session="a"),
            Answer(asked="big", served="v2", output_tokens=None),
            Answer(asked="big", served=None, output_tokens=-1),
        ]
    )
    assert list(answers.output_tokens) == [5], "one of a session, and only what can be a length"
    both = together(Seen(output_tokens=[1], served={"big": {"v1": 2}}), answers)
    assert list(both.output_tokens) == [1, 5]
    assert both.served == {"big": {"v1": 3, "v2": 1}}
