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
from policed import Desk, policy

from suffice.cli import main
from suffice.engine import Engine
from suffice.layers import LAYERS, LEARNED
from suffice.ledger.budget import Budget, Standing
from suffice.policy.assignment import assign
from suffice.policy.switch import Setting, Switch
from suffice.proxy.session import session_of
from suffice.store.artifacts import DIRECTORY, Artifacts
from suffice.store.budgets import BudgetFile, Standings
from suffice.store.sqlite import SqliteStore
from suffice.store.switch import SwitchFile


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
    assert found["version"] == 2
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


@pytest.fixture
def routed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A folder whose use case `tickets` is certified and switched to route, for all but a tenth of the sessions."""
    desk = Desk(tmp_path)
    desk.publish(policy(desk.fresh()))
    set_to(desk, Setting(mode="route", since_ns=0, ramp=(1.0,), reason="ana: go"), holdout=0.1)
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return desk


def set_to(desk: Desk, setting: Setting, holdout: float = 0.05) -> None:
    switch = Switch(
        default=Setting(mode="observe", since_ns=0, reason="ben"),
        buckets={"tickets": setting},
        holdout=holdout,
    )
    SwitchFile(desk.data).change(lambda _: switch)


def asked(*arguments: str) -> Any:
    return told("request.json", "--config", "suffice.toml", *arguments)


def test_the_switch_says_what_is_in_effect_for_the_use_case(routed: Desk) -> None:
    found = asked("--feature", "tickets")
    assert (found["mode"], found["switched"]) == ("route", {"mode": "route", "because": "ana: go"})
    assert (found["choice"]["reason"], found["choice"]["terms"]["evidence"]) == (
        "certified_suffices",
        "certified",
    )
    other = asked("--feature", "letters")
    assert (other["mode"], other["switched"]) == ("observe", {"mode": "observe", "because": "ben"})
    assert other["choice"]["terms"]["evidence"] == "prior"
    assert (other["outcome"]["mode"], other["outcome"]["model"]) == ("observe", "gpt-5.4")
    set_to(routed, Setting(mode="off", since_ns=0, reason="cy"))
    off = asked("--feature", "tickets")
    assert (off["switched"]["mode"], off["mode"], off["outcome"]["model"]) == ("off", "observe", "gpt-5.4")


def test_the_settings_hold_until_somebody_switches(folder: Path) -> None:
    path = write(folder)
    assert told(path)["switched"]["because"] == "as the settings say"
    (folder / "suffice.toml").write_text('mode = "route"\n[policy]\nevidence = "prior"\n')
    found = told(path, "--session", "one")
    assert (found["mode"], found["outcome"]["mode"]) == ("route", "route")
    (folder / "suffice.toml").write_text('mode = "off"\n')
    assert (told(path)["mode"], told(path)["outcome"]) == ("off", None)


def test_the_arm_is_the_one_that_the_proxy_would_cast(routed: Desk) -> None:
    arms = set()
    for number in range(30):
        given = asked("--feature", "tickets", "--session", f"customer-{number}")["outcome"]
        unit = session_of({b"x-suffice-session": f"customer-{number}".encode()}, {})
        cast = assign(unit, "tickets", share=1.0, holdout=0.1)
        assert (given["arm"], given["propensity"], given["session"]) == (cast.arm, cast.propensity, unit)
        assert given["model"] == ("gpt-5.4-nano" if cast.arm == "routed" else "gpt-5.4")
        assert (given["draw"] < given["holdout"]) == (cast.arm == "holdout")
        arms.add(cast.arm)
    assert arms == {"routed", "holdout"}


def test_without_a_session_the_id_decides_or_the_arm_is_not_known(routed: Desk) -> None:
    (routed.folder / "request.json").write_text('{"model": "gpt-5.4", "tools": []}')
    unknown = asked("--feature", "tickets", "--api", "chat_completions")["outcome"]
    assert (unknown["arm"], unknown["model"], unknown["propensity"]) == ("", None, 0.9)
    known = asked("--feature", "tickets", "--api", "chat_completions", "--request-id", "1a2b")["outcome"]
    assert known["arm"] == assign("1a2b", "tickets", share=1.0, holdout=0.1).arm
    assert known["session"] == ""


def test_where_the_choice_keeps_the_baseline_no_dice_are_cast(routed: Desk) -> None:
    found = asked("--feature", "tickets", "--stakes-usd", "5000")["outcome"]
    assert (found["mode"], found["arm"], found["propensity"], found["reason"]) == (
        "route",
        "",
        None,
        "stakes",
    )
    ended = run("request.json", "--config", "suffice.toml", "--feature", "tickets", "--stakes-usd", "5000")
    assert "none, no dice are cast" in ended.stdout


def test_a_past_decision_has_the_arm_that_was_recorded(ledger: Path) -> None:
    store = SqliteStore(ledger)
    decision = msgspec.json.encode(store.decision("id-00000001"))
    recorded = {"mode": "route", "arm": "holdout", "propensity": 0.2, "session": "00ff", "reason": "holdout"}
    later = entry(9, requested_model="gpt-5.4", **recorded)
    store.append([later], spool="s", moved_bytes=2, decisions=[(later.outcome.id, decision)])
    store.close()
    found = told("--decision", later.outcome.id)
    assert (found["mode"], found["switched"]["mode"]) == ("route", "observe"), "then and now"
    assert {name: found["outcome"][name] for name in recorded} == recorded
    assert (found["outcome"]["model"], found["outcome"]["draw"]) == ("gpt-5.4", None)
    assert "then route; now observe" in run("--decision", later.outcome.id).stdout
    assert run("--decision", later.outcome.id, "--session", "x").exit_code == 2


def test_a_budget_that_is_spent_lowers_the_evidence_as_in_the_proxy(routed: Desk) -> None:
    routed.publish(policy())
    assert asked("--feature", "tickets")["choice"]["reason"] == "no_certificate"
    budget = Budget(feature="tickets", per="day", limit_nanos=1, when_spent="economise", evidence="prior")
    ends_ns = 4_102_444_800 * 10**9
    spent = Standing(budget=budget, since_ns=0, until_ns=ends_ns, spent_nanos=2, unknown=0, state="spent")
    BudgetFile(routed.data).write(Standings(at_ns=1, standings=(spent,)))
    found = asked("--feature", "tickets", "--session", "customer-1")
    assert found["choice"]["terms"]["usual_evidence"] == "certified"
    assert found["outcome"]["propensity"] == 0.9


def test_models_of_other_providers_are_told_with_who_serves_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_KEY", "ours")
    (folder / "suffice.toml").write_text(
        '[route]\nacross_providers = ["anthropic"]\n[providers.anthropic]\nkey = "env:CLAUDE_KEY"\n'
    )
    found = {one["model"]: one for one in told(write(folder))["candidates"]}
    assert found["claude-haiku-4-5"]["provider"] == "anthropic"
    assert found["gpt-5.4-nano"]["provider"] == "openai"
    vetoed = {one["model"]: one for one in told(write(folder, seed=7))["candidates"]}
    assert vetoed["claude-haiku-4-5"]["veto"] == "seed"
    assert "(anthropic)" in run(write(folder)).output
    (folder / "responses.json").write_text(
        json.dumps({"model": "gpt-5.4", "input": "Is this positive? Lovely."})
    )
    kept = {one["model"]: one for one in told("responses.json", "--api", "responses")["candidates"]}
    assert kept["claude-haiku-4-5"]["veto"] == "other_wire_format"
