from __future__ import annotations

from pathlib import Path

from suffice.testing.replay_player.state import DoneIds


def test_ids_are_remembered(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with DoneIds(path) as done:
        assert "a" not in done
        done.add("a")
        assert path.read_text() == "a\n"
        done.add("b")
    with DoneIds(path) as done:
        assert "a" in done
        assert "b" in done
        done.add("c")
    assert path.read_text() == "a\nb\nc\n"


def test_a_torn_line_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text("req_1\nreq_2")
    with DoneIds(path) as done:
        assert "req_1" in done
        assert "req_2" not in done
        done.add("req_2")
    with DoneIds(path) as done:
        assert "req_2" in done


def test_without_a_file_nothing_is_remembered() -> None:
    with DoneIds(None) as done:
        done.add("a")
        assert "a" not in done
