from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from reports import report

from suffice.ledger.projection import Line
from suffice.ledger.savings import Line as Saved
from suffice.ledger.sessions import Tally
from suffice.report import plots

PROJECTION = report().projection
DRAWN = {
    "spend": lambda: plots.spend_by_feature(PROJECTION.by_feature),
    "routed": lambda: plots.routed_share(PROJECTION.by_feature),
    "kept": lambda: plots.kept_reasons(PROJECTION.kept),
    "requests": lambda: plots.requests_over_time([(5, 1), (9, 3)]),
    "savings": lambda: plots.savings_by_use_case(
        [
            Saved(name=name, tally=Tally(baseline_nanos=5), measured_nanos=nanos)
            for name, nanos in (("a", -3), ("", None))
        ]
    ),
    "path": lambda: plots.trial_path([(20, -0.1, -0.4, 0.1), (40, 0.0, -0.1, 0.05)], delta=0.05, name="a"),
    "first round": lambda: plots.trial_path([(20, -0.1, -0.4, 0.1)], delta=0.05, name="a"),
    "differences": lambda: plots.differences([("a", 0.0, -0.1, 0.1), ("b", -0.5, -1.0, 0.0)], delta=0.05),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_plot_is_named_svg_that_fits_its_place(name: str) -> None:
    root = ET.fromstring(DRAWN[name]())  # noqa: S314 -- drawn a line above
    assert root.tag.endswith("svg")
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert root.get("width") is None


@pytest.mark.parametrize("name", ["$x^2$ </svg><script>", "long " * 50, "\x1b[2J", "日本語"])
def test_a_clients_name_is_text_in_a_plot(name: str) -> None:
    line = Line(name=name, requests=1, cost_nanos=1)
    drawn = plots.spend_by_feature([line])
    ET.fromstring(drawn)  # noqa: S314 -- drawn a line above
    assert "<script" not in drawn


def test_a_clients_name_is_text_in_what_a_plot_is_called() -> None:
    drawn = plots.trial_path([(20, 0.0, -1.0, 1.0)], delta=0.05, name='"><script>alert(1)</script>\x00')
    assert ET.fromstring(drawn).get("aria-label", "").startswith('"><script>')  # noqa: S314 -- drawn a line above
    assert "<script" not in drawn


def test_a_dollar_sign_in_a_name_is_no_formula() -> None:
    saved = Saved(name="cents $x$", tally=Tally(calls=1), measured_nanos=1)
    assert ">cents $x$<" in plots.savings_by_use_case([saved])
    assert ">$x$ cents<" in plots.spend_by_feature([Line(name="$x$ cents", requests=1, cost_nanos=1)])


def test_requests_that_cost_nothing_can_be_drawn() -> None:
    assert plots.routed_share([Line(name="free")]).startswith("<svg")
