from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from certified import issued, policy

from suffice.evidence.held import Tenure, held, spans_of
from suffice.ledger.sessions import Period
from suffice.policy.published import Issued, Published, unix_ns
from suffice.store.policies import Act, Event, Policies

MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return MARCH + timedelta(days=number)


def ns(number: float) -> int:
    return unix_ns(day(number))


def faq(number: float = 0, **fields: object) -> Issued:
    return issued(bucket="faq", issued=day(number), expires=day(number + 30), **fields)


def put(policies: Policies, published: Published, at: datetime, act: Act = "publish") -> None:
    event = Event(at=at, act=act, policy=published.fingerprint, before=policies.current(), who="somebody")
    policies.put(event, published.encode())


def test_it_holds_from_when_it_is_in_use_until_it_expires(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    put(policies, policy(faq()), day(2))
    found = held(policies, lambda name: name)
    assert [found.certified("faq", "gpt-5.4", "gpt-5.4-nano", ns(number)) for number in (1, 2, 29.9, 30)] == [
        False,
        True,
        True,
        False,
    ]


def test_only_for_its_use_case_baseline_and_candidate(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    put(policies, policy(faq()), day(0))
    found = held(policies, {"gpt-5.4-2026-03-05": "gpt-5.4"}.get)  # type: ignore[arg-type] -- knows a dated name
    assert not found.certified("other", "gpt-5.4-2026-03-05", "gpt-5.4-nano", ns(1))
    named = held(policies, lambda name: name.removesuffix("-2026-03-05"))
    assert named.certified("faq", "gpt-5.4-2026-03-05", "gpt-5.4-nano", ns(1))
    assert not named.certified("faq", "gpt-5.4", "gpt-5.4-mini", ns(1))
    assert not named.certified("faq", "gpt-5", "gpt-5.4-nano", ns(1))


def test_one_that_was_voided_counts_for_the_time_before(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    put(policies, policy(faq()), day(0))
    put(policies, policy(), day(10), act="void")
    put(policies, policy(faq()), day(20), act="rollback")
    found = held(policies, lambda name: name)
    assert [
        found.certified("faq", "gpt-5.4", "gpt-5.4-nano", ns(number)) for number in (9.9, 10, 19.9, 20)
    ] == [True, False, False, True]
    assert [one.issued_ns for one in found.within(Period())] == [ns(0), ns(20)]


def test_one_that_goes_on_in_the_next_policy_is_one_span() -> None:
    one, other = policy(faq()), policy(faq(), issued(bucket="other", issued=day(5), expires=day(35)))
    spans = spans_of(
        [
            Tenure(from_ns=ns(0), policy=one.fingerprint, published=one),
            Tenure(from_ns=ns(5), policy=other.fingerprint, published=other),
        ]
    )
    assert [(span.bucket, span.issued_ns, span.until_ns, span.policy) for span in spans] == [
        ("faq", ns(0), ns(30), one.fingerprint),
        ("other", ns(5), ns(35), other.fingerprint),
    ]


def test_a_period_has_those_that_held_at_some_moment_of_it(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    put(policies, policy(faq()), day(0))
    found = held(policies, lambda name: name)
    assert len(found.within(Period(since_ns=ns(29), until_ns=ns(99)))) == 1
    assert found.within(Period(since_ns=ns(30))) == ()
    assert found.within(Period(until_ns=ns(0))) == ()


def test_nothing_published_certifies_nothing(tmp_path: Path) -> None:
    found = held(Policies(tmp_path / "none"), lambda name: name)
    assert not found.certified("faq", "big", "small", ns(1))
    assert found.within(Period()) == ()


def test_a_publication_that_was_not_finished_certifies_nothing(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    put(policies, policy(), day(0))
    before = policies.current()
    put(policies, policy(faq()), day(1))
    assert before is not None
    (tmp_path / "current").write_text(before)
    assert not held(policies, lambda name: name).certified("faq", "gpt-5.4", "gpt-5.4-nano", ns(2))
