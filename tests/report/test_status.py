from __future__ import annotations

from io import StringIO

import msgspec
from certified import AT, AT_NS, DAY_NS, issued, policy
from narrow import BASELINE, CANDIDATES, USE_CASE, expect_whole
from rich.console import Console

from suffice.evidence.certificate import void
from suffice.evidence.guard import BucketGuard, Seen, Watched
from suffice.evidence.guarding import Health
from suffice.policy.switch import Setting, Switch
from suffice.report.status import Status, show, status_of
from suffice.store.events import Happened

NOW = AT_NS + DAY_NS
ROUTES = Switch(
    default=Setting(mode="observe", since_ns=0),
    buckets={"tickets": Setting(mode="route", since_ns=AT_NS, ramp=(0.05, 0.25, 1.0))},
)
EVENT = Happened(
    at=AT,
    what="demoted",
    bucket="gone",
    baseline="gpt-5.4",
    candidate="gpt-5.4-nano",
    because="worse: it lost",
)


def health() -> Health:
    one = issued()
    guard = BucketGuard(
        Watched(bucket=one.bucket, baseline=one.baseline, candidate=one.candidate, delta=one.delta)
    )
    for difference in (0.0, 0.0, None):
        guard.take(difference)
    guard.see(Seen(session="a", arm="routed", propensity=0.5, signals=("retry",)))
    guard.see(Seen(session="b", arm="holdout", propensity=0.5))
    return Health(certificate=one, verdict=guard.verdict)


def status() -> Status:
    published = policy(
        issued(), issued(bucket="calm"), voided=(void(issued(bucket="gone"), at=AT, because="worse"),)
    )
    return status_of(
        ROUTES,
        published,
        [health()],
        {"gone": EVENT},
        now_ns=NOW,
        spent_nanos=1_500_000_000,
        unknown_feedback=2,
    )


def test_every_use_case_that_has_or_had_something_is_there() -> None:
    buckets = {one.bucket: one for one in status().buckets}
    assert list(buckets) == ["calm", "gone", "tickets"]
    (one,) = buckets["tickets"].candidates
    assert (one.state, one.share, one.pairs, one.no_verdict, one.mean) == ("fine", 0.25, 2, 1, 0.0)
    assert (buckets["tickets"].mode, buckets["calm"].mode) == ("route", "observe")
    assert [one.state for one in buckets["gone"].candidates] == ["voided"]
    assert buckets["gone"].last_event == EVENT


def test_a_certificate_without_health_says_when_it_ended() -> None:
    found = status_of(ROUTES, policy(issued()), [], {}, now_ns=AT_NS + 31 * DAY_NS)
    assert [one.state for bucket in found.buckets for one in bucket.candidates] == ["expired"]


def shown(found: Status) -> str:
    out = StringIO()
    show(found, Console(file=out, width=200))
    return out.getvalue()


def test_a_person_reads_it() -> None:
    text = shown(status())
    for part in (
        "for gpt-5.4, 25% of the sessions, until 2026-12-24, 1 more without a verdict",
        "+0.000 (",
        "retry 100.0% / 0.0%",
        "$1.5000",
        "demoted: worse: it lost",
    ):
        assert part in text
    assert "2 pieces of feedback" in text


def test_a_small_holdout_is_not_rounded_to_none() -> None:
    assert "holdout 0.4%" in shown(msgspec.structs.replace(status(), holdout=0.004))


def test_nothing_yet_says_what_to_do() -> None:
    empty = status_of(Switch(default=Setting(mode="observe", since_ns=0)), None, [], {}, now_ns=NOW)
    assert "suffice bakeoff plan" in shown(empty)


def test_long_names_and_their_figures_are_whole_on_eighty_columns() -> None:
    certificates = [issued(bucket=USE_CASE, baseline=BASELINE, candidate=one) for one in CANDIDATES]
    found = [msgspec.structs.replace(health(), certificate=one) for one in certificates]
    back = Setting(mode="observe", since_ns=AT_NS, reason="guard: worse: it lost")
    switch = Switch(default=ROUTES.default, buckets={USE_CASE: back})
    event = msgspec.structs.replace(EVENT, bucket=USE_CASE)
    status = status_of(switch, policy(*certificates), found, {USE_CASE: event}, now_ns=NOW)
    figures = ("+0.000 (-", "retry 100.0% / 0.0%")
    text = expect_whole(lambda console: show(status, console), USE_CASE, BASELINE, *CANDIDATES, *figures)
    assert text.count("worse: it lost") == 1, "why is said once"
