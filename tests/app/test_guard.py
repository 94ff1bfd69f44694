from __future__ import annotations

from pathlib import Path

import pytest

from suffice.app import id_maker, settings_from
from suffice.app.guard import allowance_from, guard_store_from, levers_from, shadows_from
from suffice.config import Settings
from suffice.proxy.guard import Guard
from suffice.proxy.spool import Spool
from suffice.store.guard import GUARD


def settings(folder: Path, more: str = "") -> Settings:
    path = folder / "suffice.toml"
    path.write_text(f'[data]\ndirectory = "data"\n{more}')
    return settings_from(path)


@pytest.mark.parametrize(
    ("more", "asks"),
    [
        ("", False),
        ('[graders."*"]\nkind = "exact"\nreference = "baseline"\n', True),
        ('[guard]\nshadow_share = 0\n[graders."*"]\nkind = "exact"\nreference = "baseline"\n', False),
    ],
)
def test_a_worker_asks_in_the_shadow_only_where_somebody_grades(
    more: str, asks: bool, tmp_path: Path
) -> None:
    found = settings(tmp_path, more)
    spool, notes = (Spool(tmp_path / name, worker="w") for name in ("spool", "notes"))
    assert (shadows_from(found, spool, notes, Guard(), id_maker()) is not None) is asks


def test_where_the_guards_files_are(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert not list(guard_store_from(found, read_only=True).pairs())
    assert allowance_from(found).spent_today_nanos(0) == 0
    levers = levers_from(found, id_maker())
    assert levers.switches.read() is None
    assert levers.default.default.mode == "observe"
    assert not (tmp_path / "data" / GUARD).exists()
