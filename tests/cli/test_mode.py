from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest
from certified import policy
from policed import Desk

from suffice.app import settings_from
from suffice.app.guard import levers_from
from suffice.cli import mode as module
from suffice.evidence.demotion import switch_back
from suffice.evidence.levers import Levers
from suffice.policy.switch import Switch
from suffice.store.switch import SwitchFile


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    found = Desk(tmp_path)
    found.publish(policy(found.fresh()))
    return found


def switch(desk: Desk) -> Switch:
    found = SwitchFile(desk.data).read()
    assert found is not None
    return found


def test_until_it_is_set_the_settings_hold(desk: Desk) -> None:
    ended = desk.run("mode")
    assert ended.exit_code == 0
    assert "as the settings say" in ended.output
    assert "tickets" in ended.output
    assert SwitchFile(desk.data).read() is None, "to look changes nothing"


def test_a_use_case_is_ramped(desk: Desk) -> None:
    told = desk.told("mode", "route", "--bucket", "tickets", "--holdout", "10", "--by", "ana", "--note", "go")
    by_name = {one["bucket"]: one for one in told["use_cases"]}
    assert told["holdout"] == 0.1
    assert by_name["tickets"]["mode"] == "route"
    assert (by_name["tickets"]["share"], by_name["tickets"]["step"]) == (pytest.approx(0.05 * 0.9), 1)
    assert by_name["tickets"]["certified"] == ["gpt-5.4-nano"]
    assert by_name["tickets"]["reason"] == "ana: go"
    assert by_name["*"]["mode"] == "observe"
    assert switch(desk).fingerprint == told["switch"]
    assert switch(desk).of("tickets").ramp == (0.05, 0.25, 1.0)
    shown = desk.run("mode").output
    assert "5%, 25%, 100%" in shown
    assert "4.5%" in shown


def test_steps_and_their_hours_may_be_said(desk: Desk) -> None:
    assert desk.run("mode", "route", "--ramp", "50,100", "--step-hours", "2").exit_code == 0
    assert (switch(desk).default.ramp, switch(desk).default.step_s) == ((0.5, 1.0), 7_200.0)


def test_the_settings_say_how_it_is_ramped_if_nobody_else_does(desk: Desk) -> None:
    desk.config.write_text(
        '[data]\ndirectory = "data"\n[route]\nramp = [0.1]\nramp_step_hours = 1\nholdout = 0.2\nsalt = "s"\n',
        "utf-8",
    )
    assert desk.run("mode", "route").exit_code == 0
    found = switch(desk)
    assert (found.default.ramp, found.default.step_s, found.holdout, found.salt) == (
        (0.1,),
        3_600.0,
        0.2,
        "s",
    )


def test_back_again_and_off(desk: Desk) -> None:
    assert desk.run("mode", "route").exit_code == 0
    assert desk.run("mode", "observe", "--bucket", "tickets").exit_code == 0
    assert [switch(desk).of(bucket).mode for bucket in ("tickets", "other")] == ["observe", "route"]
    ended = desk.run("mode", "off")
    assert "Everything is off" in ended.output
    assert switch(desk).of("tickets").mode == "off"


@pytest.mark.parametrize("arguments", [("route", "--bucket", "letters")])
def test_what_would_route_nothing_is_refused_with_what_to_do(desk: Desk, arguments: tuple[str, ...]) -> None:
    ended = desk.run("mode", *arguments)
    assert ended.exit_code == 1
    assert "'letters' has no valid certificate" in ended.output
    assert "suffice certify" in ended.output
    assert SwitchFile(desk.data).read() is None


def test_without_any_certificate_nothing_is_switched_unless_the_policy_asks_for_none(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    ended = desk.run("mode", "route")
    assert (ended.exit_code, "no use case has a valid certificate" in ended.output) == (1, True)
    lines = '[data]\ndirectory = "data"\n[features.letters]\nevidence = "prior"\n'
    desk.config.write_text(lines, "utf-8")
    assert desk.run("mode", "route", "--bucket", "letters").exit_code == 0
    assert desk.run("mode", "route", "--bucket", "tickets").exit_code == 1
    assert desk.run("mode", "route").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("route", "--ramp", "25,5"), "must rise"),
        (("route", "--ramp", "a"), "percentages with commas"),
        (("route", "--ramp", "0,5"), "above 0"),
        (("route", "--holdout", "100"), "--holdout"),
        (("on",), "'on' is not one of"),
        (("--bucket", "tickets"), "say which"),
    ],
)
def test_mistakes_are_told(desk: Desk, arguments: tuple[str, ...], said: str) -> None:
    ended = desk.run("mode", *arguments)
    assert ended.exit_code == 2
    assert said in ended.output


def test_a_switch_that_cannot_be_read_is_told(desk: Desk) -> None:
    (desk.data / "switch.json").write_text("{", "utf-8")
    ended = desk.run("mode")
    assert (ended.exit_code, "the switch cannot be read" in ended.output) == (1, True)


TIMES = 12


def levers(desk: Desk) -> Levers:
    return levers_from(settings_from(desk.config), iter("abc").__next__)


def _command(desk: Desk, name: str) -> None:
    for number in range(TIMES):
        assert desk.run("mode", "observe", "--bucket", f"{name}-{number}").exit_code == 0


def _guard(desk: Desk, name: str) -> None:
    for number in range(TIMES):
        switch_back({f"{name}-{number}": "worse"}, levers(desk), now_ns=number)


def test_commands_and_the_guard_at_once_undo_nothing_of_each_other(desk: Desk) -> None:
    assert desk.run("mode", "route").exit_code == 0
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=work, args=(desk, name))
        for work, name in ((_command, "ana"), (_command, "ben"), (_guard, "one"), (_guard, "two"))
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 4
    buckets = switch(desk).buckets
    assert len(buckets) == 4 * TIMES
    assert {setting.mode for setting in buckets.values()} == {"observe"}
    assert sum(setting.reason == "guard: worse" for setting in buckets.values()) == 2 * TIMES


@pytest.mark.parametrize("bucket", [("--bucket", "tickets"), ()])
def test_what_was_taken_back_since_it_looked_is_not_routed_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, bucket: tuple[str, ...]
) -> None:
    assert desk.run("mode", "route", *bucket).exit_code == 0

    class Slower(SwitchFile):
        def change(self, change: Callable[[Switch | None], Switch | None]) -> Switch | None:
            if bucket:
                switch_back({"tickets": "worse"}, levers(desk), now_ns=7)
            else:
                desk.run("mode", "observe", "--by", "ben")
            return super().change(change)

    monkeypatch.setattr(module, "switch_file_from", lambda settings: Slower(settings.data.directory))
    ended = desk.run("mode", "route", "--ramp", "100", *bucket)
    assert ended.exit_code == 1
    assert ("'tickets' was set to observe meanwhile (guard: worse)" if bucket else "(by ben)") in ended.output
    assert switch(desk).of("tickets").mode == "observe"
