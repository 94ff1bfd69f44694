from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from certified import AT, AT_NS, DAY_NS, issued, policy
from entries import entry

from suffice.errors import PolicyError
from suffice.evidence.publish import in_use
from suffice.evidence.reference import keep, seen_in
from suffice.evidence.watch import Checked, Watch, take_away
from suffice.policy.published import Issued
from suffice.store.artifacts import Artifacts
from suffice.store.policies import Event, Policies
from suffice.store.sqlite import SqliteStore
from suffice.store.traffic import TrafficStore
from suffice.types import Decision, LoggedCall, Usage

NOW_NS = AT_NS + 5 * DAY_NS
TICKETS = ("My parcel number {} is late again, where is it?", "Please refund order {}, it came broken.")
PROOFS = (
    "Prove that the square root of {} is irrational.",
    "Let n = {}: show that every group of order n is abelian.",
)


class Place:
    """References, a ledger and logged calls, with a certificate that was issued on calls about parcels."""

    def __init__(self, folder: Path) -> None:
        self.references = Artifacts(folder / "references", suffix=".reference", what="reference")
        self.ledger = SqliteStore(folder / "ledger.db")
        self.traffic = TrafficStore(folder / "traffic.db")
        self._numbers = itertools.count()
        at_issue = [self.call(TICKETS, AT_NS - DAY_NS) for _ in range(120)]
        digest, data, reference = keep(seen_in(at_issue), last_ns=AT_NS - DAY_NS)
        self.references.keep(digest, data)
        self.certificate = issued(prompts=digest, void_if=reference.void_if)

    def call(self, texts: tuple[str, ...], at_ns: int, **fields: object) -> LoggedCall:
        number = next(self._numbers)
        text = texts[number % len(texts)].format(number)
        given: dict[str, object] = {
            "id": f"call-{number:05d}",
            "source": "test",
            "model": "gpt-5.4",
            "request": {"model": "gpt-5.4", "messages": [{"role": "user", "content": text}]},
            "response": {"model": "gpt-5.4-2026-03-05"},
            "feature": "tickets",
            "received_ns": at_ns + number,
            "usage": Usage(input_tokens=20, output_tokens=20 + number % 30),
            **fields,
        }
        return LoggedCall(**given)  # type: ignore[arg-type] -- as the test says

    def log(self, texts: tuple[str, ...], count: int = 120, **fields: object) -> None:
        self.traffic.add([self.call(texts, AT_NS + DAY_NS, **fields) for _ in range(count)])

    def answer(
        self, count: int = 120, *, tokens: int = 20, decision: Decision | None = None, **fields: object
    ) -> None:
        entries, decisions = [], []
        for _ in range(count):
            number = next(self._numbers)
            given: dict[str, object] = {
                "feature": "tickets",
                "session": f"s{number}",
                "received_ns": AT_NS + DAY_NS + number,
                "requested_model": "gpt-5.4",
                "served_model": "gpt-5.4-2026-03-05",
                "usage": Usage(input_tokens=20, output_tokens=tokens + number % 30),
                **fields,
            }
            entries.append(entry(number, **given))
            if decision is not None:
                decisions.append((entries[-1].outcome.id, msgspec.json.encode(decision)))
        self.ledger.append(entries, spool="test", moved_bytes=0, decisions=decisions)

    def check(self, *certificates: Issued, **sources: object) -> list[Checked]:
        given: dict[str, object] = {"ledger": self.ledger, "traffic": self.traffic, **sources}
        watch = Watch(references=self.references, name_of=_name_of, **given)  # type: ignore[arg-type] -- a source or None
        return watch.check(policy(*(certificates or (self.certificate,))), now_ns=NOW_NS)


def _name_of(model: str) -> str:
    return model.removesuffix("-2026-03-05").removesuffix("-2026-09-01")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.ledger.append([], spool="test", moved_bytes=0)
    place.traffic.add([])
    return place


def drifted(checked: Checked) -> dict[str, bool | None]:
    return {one.condition: one.drifted for one in checked.findings}


def test_traffic_as_it_was_keeps_a_certificate(place: Place) -> None:
    place.log(TICKETS)
    place.answer()
    (one,) = place.check()
    assert (one.state, one.void_because) == ("valid", None)
    assert drifted(one) == {"prompts": False, "output_tokens": False, "served": False}


@pytest.mark.parametrize(
    ("change", "condition"),
    [
        (lambda place: place.log(PROOFS), "prompts"),
        (lambda place: place.answer(tokens=900), "output_tokens"),
        (lambda place: place.answer(served_model="gpt-5.4-2026-09-01"), "served"),
        (lambda place: place.log(TICKETS, response={"model": "gpt-5.4-2026-09-01"}), "served"),
    ],
)
def test_each_change_voids_it(place: Place, change: Callable[[Place], None], condition: str) -> None:
    change(place)
    (one,) = place.check()
    assert drifted(one)[condition] is True
    assert (one.void_because or "").startswith(f"{condition}: ")


@pytest.mark.parametrize(
    "fields",
    [
        {"feature": "letters"},
        {"requested_model": "gpt-4o"},
        {"status": 500},
        {"served_model": "gpt-5.4-nano"},
        {"received_ns": AT_NS - 2 * DAY_NS},
    ],
)
def test_other_answers_say_nothing_of_it(place: Place, fields: dict[str, object]) -> None:
    place.answer(tokens=900, **fields)
    (one,) = place.check()
    assert drifted(one) == {"prompts": None, "output_tokens": None, "served": None}


@pytest.mark.parametrize(
    "fields",
    [
        # The candidate served, and the provider names no model.
        {"sent_model": "gpt-5.4-mini", "served_model": None, "arm": "routed", "propensity": 0.95},
        # Nor does the name that it gives tell them apart.
        {"sent_model": "gpt-5.4-mini", "arm": "routed", "propensity": 0.95},
        {"leg": "discarded", "served_model": None, "parent": "id-1"},
        {"leg": "shadow", "parent": "id-1"},
    ],
)
def test_in_route_mode_the_candidates_answers_are_not_taken_for_the_baselines(
    place: Place, fields: dict[str, object]
) -> None:
    place.answer(count=60, arm="holdout", propensity=0.95)
    place.answer(count=600, tokens=900, **fields)
    (one,) = place.check()
    assert drifted(one) == {"prompts": None, "output_tokens": False, "served": False}


def test_answers_that_came_back_to_the_baseline_are_no_sample_of_the_traffic(place: Place) -> None:
    place.answer(count=60, arm="holdout", propensity=0.95)
    place.answer(count=300, tokens=900, arm="routed", propensity=0.95)
    (one,) = place.check()
    assert drifted(one)["output_tokens"] is False
    place.answer(count=60, arm="routed", propensity=0.95, served_model="gpt-5.4-2026-09-01")
    assert drifted(place.check()[0])["served"] is True, "which version answers, any of them says"


def test_calls_that_no_candidate_may_serve_count_for_no_more_than_their_share(place: Place) -> None:
    """Of a use case in which one call in five is long and is never routed, the baseline now answers mostly those."""
    at_issue = [place.call(TICKETS, AT_NS - DAY_NS) for _ in range(320)]
    long = [
        place.call(TICKETS, AT_NS - DAY_NS, usage=Usage(input_tokens=20, output_tokens=900 + number))
        for number in range(80)
    ]
    digest, data, reference = keep(seen_in([*at_issue, *long]), last_ns=AT_NS - DAY_NS)
    place.references.keep(digest, data)
    certificate = msgspec.structs.replace(place.certificate, prompts=digest, void_if=reference.void_if)
    place.answer(count=1_500, sent_model="gpt-5.4-mini", served_model=None, arm="routed", propensity=0.9)
    place.answer(count=170, arm="holdout", propensity=0.9)
    place.answer(count=420, tokens=900)
    (one,) = place.check(certificate)
    assert drifted(one)["output_tokens"] is False
    place.answer(count=170, tokens=300, arm="holdout", propensity=0.9)
    assert drifted(place.check(certificate)[0])["output_tokens"] is True, "the holdout itself is watched"


def test_captured_prompts_of_calls_that_came_back_are_passed_over(place: Place) -> None:
    place.log(TICKETS)
    odd = [place.call(PROOFS, AT_NS + DAY_NS) for _ in range(80)]
    place.traffic.add(odd)
    assert drifted(place.check()[0])["prompts"] is True
    fields = {"feature": "tickets", "requested_model": "gpt-5.4", "served_model": "gpt-5.4-2026-03-05"}
    kept = [
        entry(number, id=call.id, received_ns=call.received_ns, arm="routed", propensity=0.95, **fields)
        for number, call in enumerate(odd)
    ]
    place.ledger.append(kept, spool="test", moved_bytes=0)
    assert drifted(place.check()[0])["prompts"] is False


def test_a_captured_call_that_is_in_the_ledger_as_well_counts_once(place: Place) -> None:
    calls = [place.call(TICKETS, AT_NS + DAY_NS) for _ in range(60)]
    place.traffic.add(calls)
    fields = {"feature": "tickets", "requested_model": "gpt-5.4", "served_model": "gpt-5.4-2026-03-05"}
    place.ledger.append(
        [
            entry(
                number,
                id=call.id,
                session=f"s{number}",
                received_ns=call.received_ns,
                usage=call.usage,
                **fields,
            )
            for number, call in enumerate(calls)
        ],
        spool="test",
        moved_bytes=0,
    )
    (one,) = place.check()
    told = {finding.condition: finding.detail for finding in one.findings}
    assert "and 60 since" in told["output_tokens"]
    assert "and 60 since" in told["prompts"]


def test_untagged_answers_are_found_by_their_decision(place: Place) -> None:
    certificate = msgspec.structs.replace(place.certificate, bucket="task:parcel", scheme="0123456789ab")
    decision = Decision(baseline="gpt-5.4", model="gpt-5.4", reason="no_certificate", bucket="task:parcel")
    place.answer(tokens=900, feature="untagged", decision=decision)
    (one,) = place.check(certificate)
    assert drifted(one)["output_tokens"] is True
    other = msgspec.structs.replace(certificate, bucket="task:other")
    assert drifted(place.check(other)[0])["output_tokens"] is None
    place.answer(tokens=900, feature="untagged", bucket="task:other")
    assert drifted(place.check(other)[0])["output_tokens"] is True, "without a decision too"


def test_what_has_expired_is_not_looked_at(place: Place) -> None:
    place.log(PROOFS)
    old = msgspec.structs.replace(place.certificate, expires=AT + timedelta(days=2))
    (one,) = place.check(old)
    assert (one.state, one.findings, one.void_because) == ("expired", (), None)


def test_candidates_of_one_use_case_get_one_look(place: Place) -> None:
    place.log(PROOFS)
    twin = msgspec.structs.replace(place.certificate, candidate="gpt-5.4-mini")
    one, other = place.check(place.certificate, twin)
    assert one.findings is other.findings
    assert place.check()[0].findings == one.findings, "who looks again that day sees the same"


def test_without_sources_or_reference_nothing_is_said_but_what_can_be(place: Place) -> None:
    (one,) = place.check(ledger=None, traffic=None)
    assert drifted(one) == {"prompts": None, "output_tokens": None, "served": None}
    elsewhere = msgspec.structs.replace(place.certificate, prompts="0" * 12)
    place.answer(served_model="gpt-5.4-2026-09-01")
    (one,) = place.check(elsewhere)
    assert drifted(one) == {"prompts": None, "output_tokens": None, "served": True}


def test_a_damaged_reference_is_an_error(place: Place) -> None:
    place.references.keep("0" * 12, b"damaged")
    with pytest.raises(PolicyError):
        place.check(msgspec.structs.replace(place.certificate, prompts="0" * 12))


def test_what_is_void_is_taken_away_and_noted(place: Place, tmp_path: Path) -> None:
    policies, other = Policies(tmp_path / "policies"), issued(bucket="letters")
    published = policy(place.certificate, other)
    event = Event(at=AT, act="publish", policy=published.fingerprint, before=None, who="somebody")
    policies.put(event, published.encode())
    used = in_use(policies)
    assert used[1] is not None
    assert take_away(policies, (used[0], used[1]), place.check(), now_ns=NOW_NS, who="job") is None
    place.log(PROOFS)
    left = take_away(policies, (used[0], used[1]), place.check(), now_ns=NOW_NS, who="job")
    fingerprint, found = in_use(policies)
    assert found is not None
    assert fingerprint == left
    assert [one.bucket for one in found.certificates] == ["letters"]
    assert found.voided[0].because.startswith("prompts: ")
    last = policies.history()[-1]
    assert (last.act, last.who) == ("void", "job")
    assert last.note.startswith("tickets: prompts: ")
    with pytest.raises(PolicyError, match="meanwhile"):
        take_away(policies, (used[0], used[1]), place.check(), now_ns=NOW_NS, who="job")
