from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from faults import page
from faults.asking import Arm, Load
from faults.measured import Measured
from faults.proxied import Books
from faults.scenarios import Scenario, drawn, scenarios


def arm(asked: int, good: int) -> Arm:
    return Arm(key="k", feature="f", asked=asked, good=set(range(good)), latencies_ms=[1.0, 2.0])


def measured(direct: Arm, proxied: Arm, *, seconds: float = 0.0, **books: Any) -> Measured:
    given: dict[str, Any] = dict.fromkeys(("missing", "doubled", "caught", "killed"), 0)
    given |= {"entries": 3, "sound": True, "legs": Counter(), "signals": Counter(), **books}
    return Measured(
        scenario=Scenario(name="calm", told="nothing", load=Load(seconds=seconds)),
        mode="observe",
        direct=direct,
        proxied=proxied,
        books=Books(**given),
        calls=(direct.asked, proxied.asked),
        took_s=1.0,
    )


def test_a_fault_is_the_same_for_the_same_request_and_try_and_comes_as_often_as_it_should() -> None:
    fault = drawn(["429"], 0.6, 1)
    first = [fault(number, 0) for number in range(2_000)]
    assert first == [drawn(["429"], 0.6, 1)(number, 0) for number in range(2_000)]
    assert 0.56 < first.count("429") / 2_000 < 0.64
    assert first != [fault(number, 1) for number in range(2_000)]


def test_one_request_that_suffice_lost_breaks_the_promise() -> None:
    assert measured(arm(100, 80), arm(100, 80)).kept
    assert measured(arm(100, 80), arm(100, 90)).kept
    found = measured(arm(100, 80), arm(100, 79))
    assert found.lost == 1
    assert not found.kept


def test_where_faults_come_by_the_clock_noise_is_allowed_for_and_no_more() -> None:
    assert measured(arm(100, 90), arm(100, 88), seconds=5).kept
    assert not measured(arm(1000, 990), arm(1000, 900), seconds=5).kept
    # The example of Newcombe 1998, table II.
    low, high = measured(arm(70, 56), arm(80, 48), seconds=5).difference
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


@pytest.mark.parametrize("books", [{"missing": 1}, {"doubled": 1}, {"sound": False}])
def test_a_ledger_that_is_not_whole_breaks_the_promise(books: dict[str, Any]) -> None:
    assert not measured(arm(10, 10), arm(10, 10), **books).kept


def test_the_section_replaces_itself_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "safety.md"
    path.write_text("# Safety\n\nBefore.\n\n" + page.BEGIN + "\nold\n" + page.END + "\n\nAfter.\n")
    run = page.Run(took_s=1.0, scale=1.0, processor="a processor", others="nothing")
    for _ in range(2):
        page.write([measured(arm(10, 10), arm(10, 9), missing=2)], run, path)
    text = path.read_text()
    assert text.count(page.BEGIN) == text.count("## Faults under load") == 1
    assert "old" not in text
    assert text.startswith("# Safety\n\nBefore.")
    assert text.endswith("After.\n")
    assert "2 missing, 0 doubled" in text


def test_every_fault_that_is_asked_for_has_a_row() -> None:
    names = {one.name for one in scenarios(1.0)}
    assert names >= {
        "429 storm", "5xx", "hangs", "cut streams", "provider down", "database gone", "disk full", "clock jump",
        "kill -9", "reload",
    }  # fmt: skip
    assert {one.name for one in scenarios(1.0) if "observe" not in one.modes} == {
        "bad candidate",
        "dead candidate",
        "served elsewhere",
    }
