from __future__ import annotations

import random

import msgspec
import pytest
from cases import CATALOG, PRIOR

from suffice.config import Settings
from suffice.engine import Engine
from suffice.policy.switch import Mode, Setting, Switch
from suffice.proxy.guard import Guard
from suffice.proxy.parts import Parts
from suffice.proxy.routes import Routes
from suffice.proxy.steering import Steering
from suffice.quality.predictor import PriorPredictor
from suffice.upstream.breaker import Breakers
from suffice.upstream.client import UpstreamPool

SETTINGS = Settings()
PARTS = Parts(
    settings=SETTINGS,
    routes=Routes(SETTINGS.providers),
    engine=Engine(layers={}, predictor=PriorPredictor(), policy=PRIOR, resolve=CATALOG.resolve),
    pool=UpstreamPool(connect_timeout_s=1, read_timeout_s=1),
    record=lambda *_: None,
    guard=Guard(),
    steering=Steering(SETTINGS.route),
    breakers=Breakers(SETTINGS.limits, random.Random(1)),
    now_ns=lambda: 1,
    now_s=lambda: 1.0,
    new_id=lambda: "id",
    unasked=set(),
)


@pytest.mark.parametrize(
    ("default", "bucket", "decides", "steers"),
    [
        ("off", "route", False, False),
        ("observe", "off", True, False),
        ("observe", "route", True, True),
        ("route", "off", True, True),
    ],
)
def test_a_reload_puts_another_switch_in_its_place(
    default: Mode, bucket: Mode, decides: bool, steers: bool
) -> None:
    assert (PARTS.decides, PARTS.steers) == (True, False)
    switch = Switch(
        default=Setting(mode=default, since_ns=0), buckets={"a": Setting(mode=bucket, since_ns=0)}
    )
    engine = msgspec.structs.replace(PARTS.engine, switch=switch)
    reloaded = msgspec.structs.replace(PARTS, engine=engine)
    assert (reloaded.decides, reloaded.steers) == (decides, steers)
    assert (PARTS.decides, PARTS.steers) == (True, False)
