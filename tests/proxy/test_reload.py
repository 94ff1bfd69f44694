from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import msgspec
import pytest
from cases import CATALOG, PRIOR

from suffice.engine import Engine
from suffice.errors import PolicyError
from suffice.layers import LAYERS
from suffice.policy.policy import Policy
from suffice.policy.switch import Setting, Switch
from suffice.proxy import reload as module
from suffice.proxy.guard import Guard
from suffice.proxy.reload import Named, Reload
from suffice.quality.predictor import PriorPredictor
from suffice.store.artifacts import POINTER, Artifacts
from suffice.store.switch import SwitchFile

ONE, TWO, DAY_NS = "0123456789ab", "ba9876543210", 86_400_000_000_000


class Place:
    """A folder of artifacts, a clock, and engines that are told apart by their bars."""

    def __init__(self, folder: Path) -> None:
        self.artifacts = Artifacts(folder)
        self.policies = Artifacts(folder / "policies")
        self.pointer = folder / POINTER
        self.guard = Guard()
        self.now_ns = 5 * DAY_NS
        self.made: list[str | None] = []

    def engine_of(self, learned: Named, published: Named) -> Engine:
        self.made.append(None if learned is None else learned[0])
        if published is not None and published[1] == b"broken":
            raise PolicyError("the policy is broken")
        ratio = 10.0 if published is None else float(published[1])
        if learned is None:
            return engine(msgspec.structs.replace(PRIOR, stakes_ratio=ratio))
        if learned[1] == b"broken":
            raise PolicyError("it is broken")
        if learned[1] == b"surprise":
            raise ZeroDivisionError
        return engine(Policy(bar=float(learned[1]), stakes_ratio=ratio))

    def reload(self) -> Reload:
        return Reload(self.artifacts, self.policies, self.engine_of, self.guard, lambda: self.now_ns)


def engine(policy: Policy) -> Engine:
    return Engine(layers=LAYERS, predictor=PriorPredictor(), policy=policy, resolve=CATALOG.resolve)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_without_an_artifact_nothing_is_learned(place: Place) -> None:
    reload = place.reload()
    assert reload.engine.policy == PRIOR
    assert not reload.look()
    assert place.made == [None]


def test_what_was_published_before_the_start_is_used_from_the_start(place: Place) -> None:
    place.artifacts.publish(ONE, b"0.5")
    reload = place.reload()
    assert reload.engine.policy.bar == 0.5
    assert not reload.look(), "it is loaded once"


def test_a_publication_is_noticed_once(place: Place) -> None:
    reload = place.reload()
    place.artifacts.publish(ONE, b"0.5")
    assert [reload.look(), reload.look()] == [True, False]
    assert reload.load()
    assert reload.engine.policy.bar == 0.5
    assert reload.error is None


@pytest.mark.parametrize("data", [b"broken", b"surprise"])
def test_a_broken_artifact_keeps_the_last_good_one_and_says_so(
    place: Place, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    place.artifacts.publish(ONE, b"0.5")
    reload = place.reload()
    place.artifacts.publish(TWO, data)
    with caplog.at_level(logging.WARNING):
        assert reload.look()
        assert not reload.load()
    assert reload.engine.policy.bar == 0.5
    assert reload.error == ("it is broken" if data == b"broken" else "it cannot be used")
    assert dict(place.guard.faults) == {"reload": 1}
    assert caplog.text
    assert not reload.look(), "it is not tried again before it changes"
    place.artifacts.publish(ONE, b"0.6")
    assert reload.look()
    assert reload.load()
    assert (reload.engine.policy.bar, reload.error) == (0.6, None)


def test_a_broken_artifact_at_the_start_leaves_the_defaults(place: Place) -> None:
    place.pointer.write_text("nonsense")
    reload = place.reload()
    assert reload.engine.policy == PRIOR
    assert reload.error is not None
    assert dict(place.guard.faults) == {"reload": 1}


def test_taking_the_pointer_away_goes_back_to_the_defaults(place: Place) -> None:
    place.artifacts.publish(ONE, b"0.5")
    reload = place.reload()
    place.pointer.unlink()
    assert reload.look()
    assert reload.load()
    assert reload.engine.policy == PRIOR


def test_prices_are_read_anew_every_day(place: Place) -> None:
    reload = place.reload()
    place.now_ns += DAY_NS
    assert [reload.look(), reload.look()] == [True, False]
    assert reload.load()
    assert place.made == [None, None]


def test_the_running_loop_tells_of_each_new_engine(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)
    told: list[float] = []

    async def live() -> None:
        reload = place.reload()
        arrived = asyncio.Event()

        def swapped(new: Engine) -> None:
            told.append(new.policy.bar)
            arrived.set()

        task = asyncio.get_running_loop().create_task(reload.run(swapped))
        for data in (b"0.5", b"broken", b"0.6"):
            arrived.clear()
            place.artifacts.publish(ONE, data)
            if data != b"broken":
                await asyncio.wait_for(arrived.wait(), 10)
            else:
                while reload.error is None:  # noqa: ASYNC110 -- nobody is told of what failed
                    await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(live())
    assert told == [0.5, 0.6]


def test_a_policy_is_watched_beside_what_was_learned(place: Place) -> None:
    reload = place.reload()
    place.policies.publish(TWO, b"5")
    assert [reload.look(), reload.look()] == [True, False]
    assert reload.load()
    place.artifacts.publish(ONE, b"0.5")
    assert reload.look()
    assert reload.load()
    assert (reload.engine.policy.bar, reload.engine.policy.stakes_ratio) == (0.5, 5)


def test_a_broken_policy_takes_nothing_from_what_was_learned(place: Place) -> None:
    place.artifacts.publish(ONE, b"0.5")
    place.policies.publish(TWO, b"5")
    reload = place.reload()
    place.policies.publish(TWO, b"broken")
    assert reload.look()
    assert not reload.load()
    assert (reload.engine.policy.bar, reload.engine.policy.stakes_ratio) == (0.5, 5)
    assert reload.error == "the policy is broken"
    restarted = place.reload()
    assert (restarted.engine.policy.bar, restarted.engine.policy.stakes_ratio) == (0.5, 10)
    assert restarted.error == "the policy is broken"


def test_what_was_learned_cannot_be_used_at_the_start_and_the_policy_can(place: Place) -> None:
    place.artifacts.publish(ONE, b"broken")
    place.policies.publish(TWO, b"5")
    reload = place.reload()
    assert reload.engine.policy.stakes_ratio == 5
    assert reload.error == "it is broken"


ON = Switch(default=Setting(mode="route", since_ns=0), buckets={"faq": Setting(mode="observe", since_ns=0)})
CALM = Switch(default=Setting(mode="observe", since_ns=0))


def switching(place: Place, folder: Path, default: Switch = CALM) -> Reload:
    return Reload(
        place.artifacts,
        place.policies,
        place.engine_of,
        place.guard,
        lambda: place.now_ns,
        switches=SwitchFile(folder),
        default=default,
    )


def test_a_switch_is_put_into_the_engine_without_making_another(place: Place, tmp_path: Path) -> None:
    reload, made = switching(place, tmp_path), len(place.made)
    assert reload.engine.switch == CALM
    SwitchFile(tmp_path).change(lambda _: ON)
    assert [reload.look(), reload.look(), reload.load()] == [True, False, True]
    assert (reload.engine.switch, len(place.made)) == (ON, made)
    assert (reload.engine.mode, CALM.routes, ON.routes) == ("route", False, True)


def test_the_switch_outlives_a_new_engine(place: Place, tmp_path: Path) -> None:
    SwitchFile(tmp_path).change(lambda _: ON)
    reload = switching(place, tmp_path)
    assert reload.engine.switch == ON
    place.artifacts.publish(ONE, b"0.5")
    assert (reload.look(), reload.load()) == (True, True)
    assert (reload.engine.switch, reload.engine.policy.bar) == (ON, 0.5)


def test_a_broken_switch_changes_nothing_while_it_runs_and_routes_nothing_at_a_start(
    place: Place, tmp_path: Path
) -> None:
    file = SwitchFile(tmp_path)
    file.change(lambda _: ON)
    reload = switching(place, tmp_path)
    (tmp_path / "switch.json").write_text("{")
    assert (reload.look(), reload.load()) == (True, False)
    assert (reload.engine.switch, place.guard.faults["reload"]) == (ON, 1)
    assert reload.switch_error is not None
    again = switching(place, tmp_path, default=ON)
    assert again.engine.switch == ON.observing()
    (tmp_path / "switch.json").unlink()
    file.change(lambda _: ON)
    assert (again.look(), again.load(), again.switch_error) == (True, True, None)
    assert again.engine.switch == ON
