from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from answered import answered
from click.testing import CliRunner
from entries import START_NS, outcome
from learned import artifact

from suffice.app import artifacts_from, settings_from
from suffice.catalog.prices import PriceBook
from suffice.cli import main
from suffice.cli._projecting import projection_of
from suffice.ledger.pricing import entry_of
from suffice.ledger.projection import Projection
from suffice.ledger.sessions import Period
from suffice.store.sqlite import SqliteStore
from suffice.store.trials import TRIALS, TrialStore
from suffice.types import Usage

COUNT = 50
USAGE = Usage(input_tokens=1_000, output_tokens=200)
NOW_NS = START_NS + 10**15


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A week that was watched, half of it in a use case that a bake-off has looked at."""
    path = tmp_path / "suffice.toml"
    path.write_text('[data]\ndirectory = "."\n')
    price_of = PriceBook().cost
    entries = [
        entry_of(
            outcome(
                number,
                requested_model="gpt-4o-2024-08-06",
                served_model="gpt-4o-2024-08-06",
                decided_model="gpt-4o-mini",
                bucket="faq" if number % 2 else "chat",
                mode="observe",
                usage=USAGE,
            ),
            price_of,
        )
        for number in range(COUNT)
    ]
    store = SqliteStore(tmp_path / "ledger.db")
    store.append(entries, spool="s", moved_bytes=1)
    store.close()
    return path


def tried(config: Path, factor: float, *, created_ns: int = START_NS) -> None:
    trials = TrialStore(config.parent / TRIALS)
    pairs = [(round(factor * tokens), tokens) for tokens in range(100, 200)]
    models = ("openai/gpt-4o", "openai/gpt-4o-mini")
    answered(trials, f"t{created_ns}", pairs, models=models, created_ns=created_ns)
    trials.close()


def projected(config: Path, *, as_of_ns: int | None = None) -> Projection:
    store = SqliteStore(config.parent / "ledger.db", read_only=True)
    found = projection_of(settings_from(config), store, Period(), now_ns=NOW_NS, as_of_ns=as_of_ns)
    store.close()
    return found


OUTPUT_NANOS = COUNT * USAGE.output_tokens * 600
"""Of gpt-4o-mini's answers at the baseline's length."""


def test_without_a_trial_the_same_tokens_are_projected_with_a_band_of_thirty_percent(config: Path) -> None:
    total = projected(config).total
    assert total.projected_nanos == total.savings_nanos > 0
    assert {one.basis for one in total.output_picos} == {"unknown"}
    reach = OUTPUT_NANOS * 3 // 10
    assert total.band_nanos == (total.savings_nanos - reach, total.savings_nanos + reach)


def test_what_a_trial_saw_of_lengths_corrects_the_projection_where_it_looked(config: Path) -> None:
    tried(config, 2.0)
    found = projected(config)
    total = found.total
    assert {one.bucket: one.basis for one in total.output_picos} == {"faq": "trial", "chat": "unknown"}
    assert total.savings_nanos - total.projected_nanos == OUTPUT_NANOS // 2, "half of them are twice as long"
    reach = OUTPUT_NANOS * 3 // 20
    assert total.band_nanos == (total.projected_nanos - reach, total.projected_nanos + reach)
    assert total.modelled_cost_nanos == total.routed_shadow_nanos + OUTPUT_NANOS // 2
    for lines in (found.by_feature, found.by_model, found.by_decided):
        assert sum(line.projected_nanos for line in lines) == total.projected_nanos


def test_what_a_trial_is_not_sure_of_is_in_the_band(config: Path) -> None:
    trials = TrialStore(config.parent / TRIALS)
    pairs = [(tokens * (1 + 2 * (tokens % 2)), tokens) for tokens in range(100, 200)]
    for bucket in ("faq", "chat"):
        models = ("openai/gpt-4o", "openai/gpt-4o-mini")
        answered(trials, f"of-{bucket}", pairs, bucket=bucket, models=models)
    trials.close()
    total = projected(config).total
    low, high = total.band_nanos
    (one, other) = total.output_picos
    assert one.ratio == other.ratio == pytest.approx(2.0, rel=0.01)
    # Two halves of one error each, independent of each other.
    assert high - total.projected_nanos == pytest.approx(OUTPUT_NANOS / 2 * one.reach * 2**0.5, rel=1e-4)
    assert low < total.projected_nanos < high


def test_a_trial_of_later_says_nothing_of_what_was_known_then(config: Path) -> None:
    tried(config, 2.0, created_ns=NOW_NS)
    assert {one.basis for one in projected(config, as_of_ns=NOW_NS).total.output_picos} == {"unknown"}
    assert "trial" in {one.basis for one in projected(config).total.output_picos}


def test_what_was_learned_counts_where_no_trial_looked(config: Path) -> None:
    learned = msgspec.structs.replace(artifact(), verbosity={"": {"gpt-4o-mini": 1.25}})
    artifacts_from(settings_from(config)).publish(learned.fingerprint, learned.encode())
    tried(config, 2.0)
    bases = {one.bucket: (one.basis, one.ratio) for one in projected(config).total.output_picos}
    assert bases == {"faq": ("trial", 2.0), "chat": ("outcomes", 1.25)}
    artifacts_from(settings_from(config)).publish("0" * 12, b"damaged")
    assert projected(config).evidence == {"prior": COUNT}


def test_the_report_says_what_it_rests_on(config: Path) -> None:
    tried(config, 2.0)
    run = CliRunner().invoke(main, ["report", "--config", str(config), "--json"])
    said = json.loads(run.stdout)["projection"]
    assert [(one["basis"], one["units"]) for one in said["lengths"]] == [("trial", 100), ("unknown", 0)]
    assert said["savings_at_same_length_nanos"] - said["savings_nanos"] == OUTPUT_NANOS // 2
    words = " ".join(said["assumptions"])
    assert (
        "seen in bake-offs (100 requests that both models answered) for 1 use case (50% of the answers'"
        in words
    )
    assert "2.00 times the baseline's" in words
    assert "not known, so that the baseline's is taken, for 1 use case" in words
    assert "95% interval of what bake-offs have seen, and answers 30% longer or shorter" in words
    page = config.parent / "report.html"
    shown = CliRunner().invoke(main, ["report", "--config", str(config), "--html", str(page)])
    assert shown.exit_code == 0
    for text in (shown.stdout, page.read_text()):
        assert "at the baseline's length" in text.replace("&#39;", "'") or "of the baseline's length" in text
