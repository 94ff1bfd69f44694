from __future__ import annotations

import io
from pathlib import Path

import pytest
from entries import entry
from rich.console import Console

from recorded import write_answers
from suffice.cli._children import ChildError, SufficeChild
from suffice.cli.demo import _stage
from suffice.cli.demo._stage import Stage, check_port, config_of, prepare
from suffice.errors import ConfigError, StoreError
from suffice.store.sqlite import SqliteStore
from suffice.testing import ReplayUpstream
from suffice.testing.replay_upstream.server import bind, url_of


def stage_at(out: Path, port: int = 1) -> Stage:
    (out / "serve.log").write_text("what the proxy said")
    return Stage(out, port, SufficeChild([], out / "serve.log"), Console(file=io.StringIO(), width=80))


def said(stage: Stage) -> str:
    assert isinstance(stage.console.file, io.StringIO)
    return stage.console.file.getvalue()


def test_a_step_has_its_number_and_a_sentence(tmp_path: Path) -> None:
    stage = stage_at(tmp_path)
    stage.tell(2, "prove", "It is [proved].")
    assert "2 of 4: prove ---" in said(stage)
    assert "It is [proved]." in said(stage)


def test_commands_are_shown_as_typed_and_run_with_the_demos_configuration(tmp_path: Path) -> None:
    stage = stage_at(tmp_path)
    config_of(tmp_path).write_text('[data]\ndirectory = "here"\n')
    assert stage.run("mode", json=True)["use_cases"][0]["mode"] == "observe"
    assert "$ suffice mode\n" in said(stage)
    stage.typed("suffice", "policy", "publish", "--note", "first bake-off")
    assert "$ suffice policy publish --note 'first bake-off'" in said(stage)
    assert "observe" in stage.quietly("mode")
    config_of(tmp_path).write_text("wrong = 1\n")
    with pytest.raises(ChildError, match=r"(?s)`suffice mode` failed.*wrong"):
        stage.quietly("mode")


def test_a_summary_keeps_the_order_of_its_lines(tmp_path: Path) -> None:
    stage = stage_at(tmp_path)
    stage.sum_up("watched", "7 [requests]")
    stage.sum_up("saved", "$1.0000")
    stage.print_summary()
    assert [line.split()[0] for line in said(stage).splitlines()[2:]] == ["watched", "saved"]
    assert "7 [requests]" in said(stage)


def test_a_replay_ends_when_all_of_it_is_in_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, out = write_answers(tmp_path / "answers"), tmp_path / "out"
    out.mkdir()
    with ReplayUpstream.start(answers) as upstream:
        stage = stage_at(out, int(upstream.url.rpartition(":")[2]))
        monkeypatch.setattr(SufficeChild, "running", property(lambda _: True))
        monkeypatch.setattr(_stage, "_SETTLE_S", 0.3)
        with pytest.raises(ChildError, match=r"(?s)0 of 6 requests are in the ledger.*what the proxy said"):
            stage.replay(answers / "week.jsonl")
        stage.data.mkdir()
        store = SqliteStore(stage.data / "ledger.db")
        store.append([entry(number) for number in range(12)], spool="s", moved_bytes=1)
        store.close()
        stage.replay(answers / "week.jsonl")
    assert stage.sent == 12
    assert len(stage.entries()) == 12


def test_a_ledger_that_is_being_made_has_no_entries_yet(tmp_path: Path) -> None:
    stage = stage_at(tmp_path)
    assert stage.entries() == []
    stage.data.mkdir()
    (stage.data / "ledger.db").touch()
    assert stage.entries() == []
    (stage.data / "ledger.db").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="cannot be used"):
        stage.entries()


def test_an_answer_that_is_none_fails_the_replay(tmp_path: Path) -> None:
    answers = write_answers(tmp_path / "answers")
    week = (answers / "week.jsonl").read_text().replace('"gpt-5.4"', '"gpt-1"')
    (tmp_path / "week.jsonl").write_text(week)
    with ReplayUpstream.start(answers) as upstream:
        stage = stage_at(tmp_path, int(upstream.url.rpartition(":")[2]))
        with pytest.raises(ChildError, match="6 of 6 requests failed"):
            stage.replay(tmp_path / "week.jsonl")
    assert "gpt-1" in said(stage)


def test_health_is_what_the_proxy_says(tmp_path: Path) -> None:
    with bind(0) as listening:
        nobody = stage_at(tmp_path, int(url_of(listening).rpartition(":")[2]))
    assert nobody.health() == {}


def test_the_folder_is_emptied_of_what_a_demo_left_and_of_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    prepare(out, ["invoice.json"])
    (out / "data").mkdir()
    (out / "data" / "ledger.db").touch()
    for name in ("invoice.json", "mine.txt"):
        (out / name).touch()
    prepare(out, ["invoice.json"])
    assert not (out / "data").exists()
    assert not (out / "invoice.json").exists()
    assert (out / "mine.txt").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "data").touch()
    with pytest.raises(ConfigError, match="no demo made it"):
        prepare(tmp_path / "other", [])


def test_a_taken_port_is_told() -> None:
    with bind(0) as listening:
        port = int(url_of(listening).rpartition(":")[2])
        with pytest.raises(ConfigError, match=f"make demo PORT={port + 1}"):
            check_port(port)
    check_port(port)
