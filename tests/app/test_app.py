from __future__ import annotations

import base64
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
from asks import chat
from learned import artifact as artifact_of

from suffice.app import (
    capture_cipher_from,
    captures_from,
    engine_from,
    id_maker,
    keeping_from,
    learned_from,
    recorder_from,
    serving_policy_from,
    settings_from,
    traffic_from,
)
from suffice.config import CaptureSettings, DataSettings, Secret, Settings
from suffice.errors import ConfigError, PolicyError, StoreError
from suffice.features import read
from suffice.proxy.guard import Guard
from suffice.quality.clusters import Clusters
from suffice.quality.fingerprint import embed, load
from suffice.store.decisions import first_id
from suffice.types import LoggedCall, Request


def test_ids_are_unique_sort_by_time_and_fit_a_header() -> None:
    one, other = id_maker(), id_maker()
    ids = [make() for _ in range(1000) for make in (one, other)]
    assert len(set(ids)) == 2000
    assert [one_id[:11] for one_id in ids] == sorted(one_id[:11] for one_id in ids)
    assert {len(one_id) for one_id in ids} == {30}


def test_the_defaults_need_no_file() -> None:
    settings = settings_from(None)
    assert settings.mode == "observe"
    assert {"openai", "anthropic"} <= settings.providers.keys()


def test_logged_calls_are_in_the_data_directory_and_sealed_where_there_is_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUFFICE_DATA_DIRECTORY", str(tmp_path))
    call = LoggedCall(id="1", source="openai", model="m", request={"model": "m", "note": "a secret"})
    plain = traffic_from(settings_from(None))
    assert plain.add([call]) == 1
    plain.close()
    assert (tmp_path / "traffic.db").is_file()
    monkeypatch.setenv("CAPTURE_KEY", base64.b64encode(bytes(range(32))).decode())
    monkeypatch.setenv("SUFFICE_CAPTURES_KEY", "env:CAPTURE_KEY")
    sealing = traffic_from(settings_from(None))
    assert sealing.add([msgspec.structs.replace(call, id="2")]) == 1
    assert [one.id for one in sealing.calls()] == ["1", "2"]
    sealing.close()
    with pytest.raises(StoreError, match="sealed"):
        list(plain.calls())
    plain.close()


def test_the_engine_knows_the_catalogs_models() -> None:
    engine = engine_from(settings_from(None))
    request = Request(
        api="chat_completions",
        provider="openai",
        model="gpt-5.4",
        body={
            "model": "gpt-5.4",
            "messages": [{"role": "user", "content": 'Is this positive or negative? "What a lovely day."'}],
        },
    )
    decision = engine.decide(request)
    assert decision.baseline == "gpt-5.4"
    assert decision.model != "gpt-5.4"
    assert decision == engine.decide(request)


def test_the_recorder_makes_its_ledger_where_the_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUFFICE_DATA_DIRECTORY", str(tmp_path / "kept"))
    recorder = recorder_from(settings_from(None))
    assert recorder.run_once() == 0
    assert (tmp_path / "kept" / "ledger.db").exists()


def test_an_artifact_is_what_its_name_says_or_is_not_used() -> None:
    artifact = artifact_of(0.02)
    assert learned_from(artifact.fingerprint, artifact.encode())[0].fingerprint == artifact.fingerprint
    with pytest.raises(PolicyError, match="another fingerprint"):
        learned_from("0" * 12, artifact.encode())
    with pytest.raises(PolicyError):
        learned_from(artifact.fingerprint, b"not an artifact")


def test_what_an_artifact_knows_of_lengths_reaches_expected_costs() -> None:
    wordy = msgspec.structs.replace(
        artifact_of(0.02), verbosity={"": {"gpt-5.4-mini": 2.0}, "faq": {"gpt-5.4-mini": 0.5}}
    )
    _, known = learned_from(wordy.fingerprint, wordy.encode())
    assert [known.verbosity.of(bucket, "gpt-5.4-mini") for bucket in ("faq", "code")] == [0.5, 2.0]
    impossible = msgspec.structs.replace(wordy, verbosity={"": {"gpt-5.4-mini": -1.0}})
    with pytest.raises(PolicyError, match="verbosity"):
        learned_from(impossible.fingerprint, impossible.encode())


def test_observing_and_serving_differ_in_their_evidence_alone() -> None:
    settings = settings_from(None)
    assert engine_from(settings).policy.evidence == "prior"
    assert serving_policy_from(settings).evidence == "certified"


def test_a_provider_that_the_price_book_has_not_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "suffice.toml"
    path.write_text('[providers.mine]\nbase_url = "http://127.0.0.1:1/v1"\nprices = "opnai"\n')
    with pytest.raises(ConfigError, match=r':3: the price book has no provider "opnai"; did you mean'):
        settings_from(path)
    path.write_text(path.read_text().replace("opnai", "openai"))
    assert settings_from(path).providers["mine"].prices == "openai"


def test_a_list_may_name_models_by_any_name_that_the_catalog_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "suffice.toml"
    path.write_text('[policy]\ndeny = ["gpt-5.4-mini"]\n[features."a b"]\nallow = ["gpt-5.4-nanoo"]\n')
    with pytest.raises(
        ConfigError, match=r':4: allow names "gpt-5.4-nanoo", .*did you mean "gpt-5.4-nano"\?'
    ):
        settings_from(path)
    path.write_text(path.read_text().replace("nanoo", "nano"))
    policy = engine_from(settings_from(path)).policy
    assert policy.deny == frozenset({"gpt-5.4-mini"})
    assert policy.features["a b"].allow == frozenset({"gpt-5.4-nano"})


def test_ids_begin_with_their_time() -> None:
    before = first_id(time.time_ns())
    assert before <= id_maker()()[:11] <= first_id(time.time_ns())


def test_learned_clusters_tell_use_cases_apart() -> None:
    asked = chat("Summarize the thread about the soup.")
    centre = embed(read(asked).hashes)
    clusters = Clusters(
        version=load().version,
        numbers=(3,),
        centres=centre[np.newaxis],
        floors=np.array([0.9], np.float32),
    )
    artifact = msgspec.structs.replace(artifact_of(), clusters=clusters.encode())
    engine = engine_from(settings_from(None), (artifact.fingerprint, artifact.encode()))
    decision = engine.decide(asked)
    assert decision.bucket.endswith("/cluster-03")
    assert "/cluster" not in engine.decide(chat("Prove that 7 is prime.")).bucket
    stale = msgspec.structs.replace(clusters, version="of another table")
    artifact = msgspec.structs.replace(artifact, clusters=stale.encode())
    engine = engine_from(settings_from(None), (artifact.fingerprint, artifact.encode()))
    assert "/cluster" not in engine.decide(asked).bucket


KEY = Secret("0f" * 32)


def capturing(folder: Path, **captures: object) -> Settings:
    return Settings(data=DataSettings(directory=folder), captures=CaptureSettings(**captures))  # type: ignore[arg-type] -- by name


def test_captures_need_a_key_and_functions_that_are_there(tmp_path: Path) -> None:
    assert captures_from(capturing(tmp_path, key=KEY), Guard(), "1-aa") is None
    taken = captures_from(capturing(tmp_path, enabled=True, key=KEY), Guard(), "1-aa")
    assert taken is not None
    assert taken.state() == {"written": 0, "lost": {}}
    for wrong in ({"key": None}, {"key": Secret("short")}, {"key": KEY, "redact": ("no_such_module:f",)}):
        with pytest.raises(ConfigError):
            captures_from(capturing(tmp_path, enabled=True, **wrong), Guard(), "1-aa")
    assert list(tmp_path.iterdir()) == []


def test_captures_are_kept_small_where_there_are_any(tmp_path: Path) -> None:
    assert keeping_from(capturing(tmp_path)) is None
    assert keeping_from(capturing(tmp_path, enabled=True, key=KEY)) is not None
    (tmp_path / "captures").mkdir()
    assert keeping_from(capturing(tmp_path)) is not None, "their age is seen to when capturing is off again"


def test_bodies_at_rest_are_sealed_where_there_is_a_key(tmp_path: Path) -> None:
    assert capture_cipher_from(capturing(tmp_path)) is None
    cipher = capture_cipher_from(capturing(tmp_path, key=KEY))
    assert cipher is not None
    assert cipher.open(cipher.seal(b"text")) == b"text"
