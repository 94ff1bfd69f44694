"""The faults that are measured: what goes wrong, for whom, and how long."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal

import msgspec

from faults.asking import Fault, Load
from faults.disturbances import Disturb, clock_jumps, database_gone, disk_full, kills, nothing, reloads
from faults.recording import CHEAPER

Outage = tuple[float, float]


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table."""

    name: str
    told: str
    """What it is, in words."""
    load: Load
    disturb: Disturb = nothing
    outage: Outage | None = None
    """The provider is down from so many seconds after the start on, for so many seconds."""
    workers: int = 1
    data: Literal["folder", "small disk"] = "folder"
    modes: tuple[str, ...] = ("observe", "route")
    elsewhere: bool = False
    """The cheaper model is served elsewhere too."""
    alone: bool = False
    """It needs a proxy of its own: other workers, another disk, or one that remembers nothing."""

    @property
    def tag(self) -> str:
        """Its name where no space may be."""
        return self.name.replace(" ", "-")


def drawn(faults: Sequence[str], share: float, seed: int) -> Fault:
    """Returns a fault of this share of all tries, the same for the same request and try."""

    def fault(number: int, tries: int) -> str:
        rng = random.Random(seed * 1_000_003 + number * 11 + tries)
        return rng.choice(list(faults)) if rng.random() < share else ""

    return fault


def scenarios(scale: float) -> list[Scenario]:
    """Returns all of them.

    Args:
        scale: Of requests and seconds; 1 is what the page shows.
    """
    seconds, requests = 4 * scale, int(160 * scale)
    return [
        *_answers(requests),
        *_connections(requests),
        *_candidate(requests),
        *_outages(seconds),
        *_surroundings(seconds),
    ]


def _answers(requests: int) -> list[Scenario]:
    """The provider does not answer as it should."""
    return [
        Scenario(name="calm", told="nothing goes wrong", load=Load(requests=requests)),
        Scenario(
            name="429 storm",
            told="60% of all calls are answered with 429 and `retry-after`",
            load=Load(requests=requests, fault=drawn(["429"], 0.6, 1)),
        ),
        Scenario(
            name="5xx",
            told="40% of all calls are answered with 500, 502, 503 or 529",
            load=Load(requests=requests, fault=drawn(["500", "502", "503", "529"], 0.4, 2)),
        ),
        Scenario(
            name="hangs",
            told="12% of all calls are never answered; the client waits 1.5 s",
            load=Load(requests=requests, fault=drawn(["hang"], 0.12, 3), timeout_s=1.5),
        ),
    ]


def _connections(requests: int) -> list[Scenario]:
    """Connections break."""
    return [
        Scenario(
            name="dropped",
            told="30% of all connections are closed without an answer",
            load=Load(requests=requests, fault=drawn(["close"], 0.3, 4)),
        ),
        Scenario(
            name="cut streams",
            told="streams; 25% break off after 3 events, which no SDK retries",
            load=Load(requests=requests, fault=drawn(["cut:3"], 0.25, 5), stream=True),
        ),
    ]


def _candidate(requests: int) -> list[Scenario]:
    """Only the cheaper model fails."""
    return [
        Scenario(
            name="bad candidate",
            told="40% of the cheaper model's calls fail: 429, 500, closed, hang, broken JSON; the baseline is well",
            load=Load(
                requests=requests,
                fault=drawn(["429", "500", "close", "hang", "bad-json"], 0.4, 6),
                fault_model=CHEAPER,
                timeout_s=3.0,
            ),
            modes=("route",),
        ),
        Scenario(
            name="dead candidate",
            told="every call of the cheaper model hangs; the baseline is well",
            load=Load(requests=requests, fault=drawn(["hang"], 1.0, 7), fault_model=CHEAPER, timeout_s=3.0),
            modes=("route",),
            alone=True,
        ),
        Scenario(
            name="served elsewhere",
            told="every call of the cheaper model is answered with 503 by its own provider; another has it too",
            load=Load(requests=requests, fault=drawn(["503"], 1.0, 8), fault_model=CHEAPER),
            modes=("route",),
            elsewhere=True,
            alone=True,
        ),
    ]


def _outages(seconds: float) -> list[Scenario]:
    """Something that is needed is gone for a while."""
    timed = Load(seconds=seconds)
    return [
        Scenario(
            name="provider down",
            told=f"nothing listens at the provider's address for {seconds / 3:.1f} s",
            load=timed,
            outage=(seconds / 4, seconds / 3),
        ),
        Scenario(
            name="database gone",
            told=f"the ledger is locked for {seconds / 3:.1f} s, then no database for {seconds / 3:.1f} s",
            load=timed,
            disturb=database_gone(2 * seconds / 3),
        ),
        Scenario(
            name="disk full",
            told=f"the data directory's file system has no byte left for {seconds / 2:.1f} s",
            load=timed,
            disturb=disk_full(seconds / 2),
            data="small disk",
            alone=True,
        ),
    ]


def _surroundings(seconds: float) -> list[Scenario]:
    """The proxy itself is disturbed."""
    timed = Load(seconds=seconds)
    return [
        Scenario(
            name="kill -9",
            told="one of two workers is killed whenever both serve, at most once a second",
            load=Load(seconds=2 * seconds),
            disturb=kills,
            workers=2,
            alone=True,
        ),
        Scenario(
            name="clock jump",
            told="the wall clock jumps twice a second, by up to 400 days, ahead and back",
            load=timed,
            disturb=clock_jumps,
        ),
        Scenario(
            name="reload",
            told="another policy and another switch every second",
            load=timed,
            disturb=reloads,
        ),
    ]
