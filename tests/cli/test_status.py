from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from certified import fresh, policy
from click.testing import CliRunner

from suffice.cli import main
from suffice.store.artifacts import Artifacts
from suffice.store.guard import GUARD, GuardStore, Pair
from suffice.store.policies import DIRECTORY


def test_it_reads_the_files_alone(tmp_path: Path) -> None:
    config = tmp_path / "suffice.toml"
    config.write_text('mode = "route"\n[data]\ndirectory = "data"\n')
    one = fresh(datetime.now(UTC))  # noqa: TID251 -- the command reads the real clock
    published = policy(one)
    Artifacts(tmp_path / "data" / DIRECTORY, suffix=".json").publish(
        published.fingerprint, published.encode()
    )
    at_ns = int(one.issued.timestamp() + 1) * 1_000_000_000
    pair = Pair(
        id="1",
        at_ns=at_ns,
        bucket=one.bucket,
        baseline=one.baseline,
        candidate=one.candidate,
        share=0.01,
        d=-1.0,
    )
    store = GuardStore(tmp_path / "data" / GUARD)
    store.add([pair])
    store.close()
    done = CliRunner().invoke(main, ["status", "--json", "--config", str(config)])
    assert done.exit_code == 0, done.output
    (bucket,) = json.loads(done.stdout)["buckets"]
    assert (bucket["bucket"], bucket["mode"]) == (one.bucket, "route")
    assert (bucket["candidates"][0]["pairs"], bucket["candidates"][0]["mean"]) == (1, -1.0)
    assert "1" in CliRunner().invoke(main, ["status", "--config", str(config)]).stdout


def test_before_anything_was_certified(tmp_path: Path) -> None:
    config = tmp_path / "suffice.toml"
    config.write_text('[data]\ndirectory = "data"\n')
    done = CliRunner().invoke(main, ["status", "--config", str(config)])
    assert done.exit_code == 0
    assert "No use case has a certificate yet" in done.stdout
