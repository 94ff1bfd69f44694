from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from asks import chat
from cases import CATALOG, PRIOR, QUESTIONS, Learned
from click.testing import CliRunner, Result
from entries import entry
from learned import artifact as artifact_of

from suffice.cli import main
from suffice.engine import Engine
from suffice.layers import LAYERS, LEARNED
from suffice.store.artifacts import DIRECTORY, Artifacts
from suffice.store.sqlite import SqliteStore


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, **more: Any) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments], **more)


def write(folder: Path, question: str = QUESTIONS["sentiment"], **more: Any) -> str:
    body = {"model": "gpt-5.4", "messages": [{"role": "user", "content": question}], **more}
    (folder / "request.json").write_text(json.dumps(body))
    return "request.json"


def told(*arguments: str, **more: Any) -> Any:
    ended = run("--json", *arguments, **more)
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.stdout)


def test_a_request_is_explained_in_full(folder: Path) -> None:
    found = told(write(folder))
    assert found["version"] == 1
    assert (found["api"], found["provider"], found["baseline"]) == ("chat_completions", "openai", "gpt-5.4")
    assert [one["name"] for one in found["layers"]] == [*LAYERS, *LEARNED]
    assert found["choice"]["reason"] == "prior_suffices"
    assert found["choice"]["terms"]["evidence"] == "prior"
    (chosen,) = [one for one in found["candidates"] if one["chosen"]]
    assert chosen["model"] == found["choice"]["model"]
    assert 0 < chosen["cost_nanos"] < found["baseline_cost_nanos"]
    assert found["flips"]
    assert found["weights_known"]


def test_what_would_serve_is_told_beside_what_is_observed(folder: Path) -> None:
    found = told(write(folder))
    assert (found["mode"], found["serving"]["model"]) == ("observe", "gpt-5.4")
    assert found["serving"]["reason"] == "no_certificate"
    (folder / "suffice.toml").write_text('[policy]\nevidence = "prior"\n')
    assert told("request.json")["serving"]["model"] == found["choice"]["model"]


@pytest.mark.parametrize(
    ("body", "api"),
    [
        ({"model": "gpt-5.4", "input": "Is this positive? Nice."}, "responses"),
        (
            {"model": "claude-opus-5", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]},
            "messages",
        ),
    ],
)
def test_the_other_apis_are_told_from_the_body(folder: Path, body: dict[str, Any], api: str) -> None:
    (folder / "request.json").write_text(json.dumps(body))
    assert told("request.json")["api"] == api


def test_the_options_stand_for_headers_and_the_body(folder: Path) -> None:
    path = write(folder)
    assert told(path, "--model", "gpt-5.4-mini")["baseline"] == "gpt-5.4-mini"
    assert told(path, "--feature", "tagging")["bucket"] == "tagging"
    assert told(path, "--stakes-usd", "5000")["choice"]["reason"] == "stakes"
    assert told(path, "--stakes-usd", "much")["choice"]["reason"] == "stakes_unreadable"
    assert told(path, "--api", "responses")["api"] == "responses"


def test_a_body_may_come_from_standard_input(folder: Path) -> None:
    path = write(folder)
    assert told("-", input=(folder / path).read_text()) == told(path)


def test_what_is_in_use_decides(folder: Path) -> None:
    artifact = artifact_of(0.01)
    Artifacts(folder / "suffice-data" / DIRECTORY).publish(artifact.fingerprint, artifact.encode())
    found = told(write(folder))
    assert found["predictor"] == artifact.fingerprint
    known = {one["model"]: one["evidence"] for one in found["candidates"]}
    assert known == {"gpt-5.4-mini": "calibrated", "gpt-5.4-nano": "calibrated", "gpt-6-luna": "prior"}
    named = {line["name"]: line for line in found["layers"]}
    for layer in LEARNED:
        assert {one["model"] for one in named[layer]["opinions"]} == {"gpt-5.4-mini", "gpt-5.4-nano"}


def test_all_22_layers_are_told_in_their_order(folder: Path) -> None:
    assert [line["number"] for line in told(write(folder))["layers"]] == list(range(1, 23))


@pytest.mark.parametrize("columns", ["80", "120"])
@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_no_line_is_wider_than_the_terminal(
    folder: Path, monkeypatch: pytest.MonkeyPatch, columns: str, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    ended = run(write(folder, QUESTIONS[name]), "--feature", "a [bold]feature[/bold]")
    assert ended.exit_code == 0
    assert max(map(len, ended.stdout.splitlines())) <= int(columns)
    assert "a [bold]feature[/bold]" in ended.stdout
    for part in (*LAYERS, "gpt-5.4-mini", "gpt-5.4-nano", "gpt-6-luna"):
        assert part in ended.stdout


@pytest.mark.parametrize(
    ("content", "arguments", "said", "code"),
    [
        ("{", (), "request.json is not JSON", 1),
        ("[]", (), "request.json is no request", 1),
        ("{}", (), "request.json names no model", 1),
        ('{"model": "gpt-5.4-mni"}', (), "did you mean gpt-5.4-mini?", 1),
        ('{"model": "gpt-5.4"}', ("--api", "messages"), "does not speak messages", 1),
        ('{"model": "gpt-5.4"}', ("--api", "grpc"), "--api", 2),
        ('{"model": "gpt-5.4"}', ("--decision", "id"), "give a file with a request, or --decision", 2),
    ],
)
def test_bad_input_is_said_in_words(
    folder: Path, content: str, arguments: tuple[str, ...], said: str, code: int
) -> None:
    (folder / "request.json").write_text(content)
    ended = run("request.json", *arguments)
    assert ended.exit_code == code
    assert said in ended.output
    assert "Traceback" not in ended.output


def test_a_missing_file_and_no_file_at_all_are_said(folder: Path) -> None:
    assert "none.json cannot be read: No such file" in run("none.json").output
    assert run().exit_code == 2


@pytest.fixture
def ledger(folder: Path) -> Path:
    """A ledger with one decision that was made by a predictor that has learned, and one entry without any."""
    engine = Engine(layers=LAYERS, predictor=Learned(), policy=PRIOR, resolve=CATALOG.resolve)
    decision = engine.decide(chat(QUESTIONS["detail"]))
    path = folder / "suffice-data" / "ledger.db"
    store = SqliteStore(path)
    entries = [
        entry(1, requested_model="gpt-5.4", feature="reports"),
        entry(2, reason="passed_through"),
        entry(3, reason="below_bar"),
        entry(4, requested_model="gpt-5.4", mode="route"),
    ]
    pairs = [(f"id-0000000{number}", msgspec.json.encode(decision)) for number in (1, 4)]
    store.append(entries, spool="s", moved_bytes=1, decisions=pairs)
    store.close()
    return path


def test_a_past_decision_is_explained_from_the_record(ledger: Path) -> None:
    found = told("--decision", "id-00000001")
    assert (found["id"], found["feature"], found["predictor"]) == ("id-00000001", "reports", "0123456789ab")
    assert found["choice"]["reason"] == "calibrated_suffices"
    named = {line["name"]: line for line in found["layers"]}
    assert named["output_length"]["reason"] == "about 1,500 tokens out: the text asks for a detailed answer"
    assert not found["weights_known"], "the artifact of that predictor is not on this machine"
    assert {flip["change"] for flip in found["flips"]} == {"bar", "evidence", "stakes", "allow_list"}
    assert "not on this machine any more" in run("--decision", "id-00000001").stdout


def test_a_decision_that_was_served_is_not_said_to_be_observed(ledger: Path) -> None:
    """Whatever is configured: the switch may have said otherwise then."""
    assert told("--decision", "id-00000001")["mode"] == "observe"
    assert told("--decision", "id-00000004")["mode"] == "route"
    assert "nothing is served by it" in run("--decision", "id-00000001").stdout
    assert "nothing is served by it" not in run("--decision", "id-00000004").stdout


@pytest.mark.parametrize(
    ("id_", "said"),
    [
        ("nobody", "no request has the id nobody: it is in the header x-suffice-decision"),
        ("id-00000002", "the decision id-00000002 is not on record: none was made (passed_through)"),
        ("id-00000003", "decisions are kept for 30 days (keep_decisions_days in [data])"),
    ],
)
def test_a_decision_that_is_not_there_is_said(ledger: Path, id_: str, said: str) -> None:
    ended = run("--decision", id_)
    assert ended.exit_code == 1
    assert said in " ".join(ended.output.split())


def test_another_ledger_may_be_named(ledger: Path, tmp_path: Path) -> None:
    moved = ledger.rename(tmp_path / "other.db")
    assert told("--decision", "id-00000001", "--ledger", str(moved))["id"] == "id-00000001"
    assert "there is no ledger at" in run("--decision", "id-00000001").output
