from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np
from asks import chat
from untagged import bodies, read_all

from suffice.features import read
from suffice.quality.dividing import SMALLEST, divide
from suffice.quality.grouping import Row, row_of


def rows(kind: str, count: int) -> list[Row]:
    return [row for row in map(row_of, read_all(bodies(count, kinds=(kind,)))) if row is not None]


def test_two_kinds_are_two_clusters_and_all_rows_are_in_one() -> None:
    found = rows("framed", 300)
    group, inside = divide(found, loosely=False)
    assert len(inside) == len(group.clusters.numbers) == 2
    assert sorted(place for _, places in inside.values() for place in places) == list(range(300))
    for _, places in inside.values():
        kinds = Counter("find" in found[place].words for place in places)
        assert max(kinds.values()) >= 0.98 * len(places)
    assert len({label for label, _ in inside.values()}) == 2


def test_one_kind_stays_whole() -> None:
    _, inside = divide(rows("desk", 300), loosely=False)
    assert inside == {}


def test_few_rows_are_not_divided() -> None:
    _, inside = divide(rows("framed", 2 * SMALLEST - 1), loosely=True)
    assert inside == {}


def test_repeats_of_a_few_prompts_are_no_clusters() -> None:
    few = [f"Word {word} please" for word in ("apple", "tunnel", "quartz", "violin")]
    found = [row for text in few * 60 if (row := row_of(read(chat(text)))) is not None]
    _, inside = divide(found, loosely=True)
    assert inside == {}


def test_what_all_share_does_not_count() -> None:
    group, _ = divide(rows("desk", 100), loosely=False)
    same = msgspec.structs.replace(rows("desk", 1)[0].view, fingerprint=group.mean, shape=group.centre)
    assert not group.relative(same).any()
    assert np.isfinite(group.scale).all()
