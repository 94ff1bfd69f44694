from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from routed import World, certify, extra, keep, play, price_of
from suffice.cli import main
from suffice.ledger.chain import Link
from suffice.ledger.invoice import Invoice
from suffice.ledger.pricing import entry_of
from suffice.store.sqlite import SqliteStore

RECOMPUTE = Path(__file__).parents[2] / "docs" / "recompute_invoice.py"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory after a month of route mode."""
    keep(tmp_path / "data", [*play(World()).outcomes, extra(3, leg="discarded", sent_model="small")])
    certify(tmp_path / "data", "faq")
    (tmp_path / "suffice.toml").write_text('[data]\ndirectory = "data"\n')
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["invoice", "--config", str(folder / "suffice.toml"), *arguments])


def issue(folder: Path, *arguments: str) -> Invoice:
    path = folder / "invoice.json"
    ended = run(folder, *(arguments or ("--month", "2026-03")), "--json", str(path))
    assert ended.exit_code == 0, ended.output
    return Invoice.decode(path.read_bytes(), name="it")


def records(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "data" / "invoices").glob("*"))


def test_an_invoice_is_a_record(folder: Path) -> None:
    made = issue(folder)
    assert made.fee_nanos == sum(item.nanos for item in made.items) * 20 // 100 > 0
    store = SqliteStore(folder / "data" / "ledger.db", read_only=True)
    assert made.head == str(store.head())
    store.close()
    assert made.prices == ("tests 1",)
    assert [one.bucket for one in made.certificates] == ["faq"]
    assert records(folder) == [f"{made.number}.json"]
    assert made.number.startswith("20260301-20260401-")


def test_the_same_month_again_is_the_same_invoice_whatever_came_since(folder: Path) -> None:
    made = issue(folder)
    store = SqliteStore(folder / "data" / "ledger.db")
    store.append([], spool="s", moved_bytes=1)
    store.close()
    certify_nothing = folder / "data" / "policies"
    certify_nothing.rename(folder / "elsewhere")
    assert issue(folder) == made


def test_every_form_is_written(folder: Path) -> None:
    html, pdf = folder / "out" / "i.html", folder / "out" / "i.pdf"
    ended = run(folder, "--month", "2026-03", "--html", str(html), "--pdf", str(pdf))
    assert ended.exit_code == 0
    assert html.read_text().startswith("<!doctype html>")
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert "Verified savings: the sum of these lines" in ended.stdout


def test_a_month_without_savings_is_a_zero_invoice_that_says_why(folder: Path) -> None:
    made = issue(folder, "--month", "2026-02")
    assert (made.due_cents, made.why_zero) == (0, "nothing_routed")
    ended = run(folder, "--month", "2026-02")
    assert "Nothing is due. Nothing was routed in this period" in ended.stdout


def test_a_period_that_overlaps_a_record_is_refused(folder: Path) -> None:
    issue(folder)
    ended = run(folder, "--since", "2026-03-15", "--until", "2026-04-15")
    assert ended.exit_code == 1
    assert "no saving is billed twice" in ended.output
    assert len(records(folder)) == 1
    issue(folder, "--since", "2026-04-01", "--until", "2026-04-15")
    assert len(records(folder)) == 2


def test_what_comes_while_it_is_made_is_in_none_of_its_figures(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def links(store: SqliteStore, *, after: int = 0) -> Iterator[Link]:
        yield from whole(store, after=after)
        with closing(SqliteStore(folder / "data" / "ledger.db")) as recorder:
            recorder.append([late], spool="late", moved_bytes=1)

    whole = SqliteStore.links
    late = entry_of(extra(4, leg="discarded", sent_model="small"), price_of)
    monkeypatch.setattr(SqliteStore, "links", links)
    ended = recompute(folder, issue(folder).encode().decode())
    assert ended.returncode == 0, ended.stdout


def test_a_preview_is_no_record(folder: Path) -> None:
    ended = run(folder, "--month", "2026-03", "--preview")
    assert ended.exit_code == 0
    assert "Preview of an invoice: not issued" in ended.stdout
    assert not (folder / "data" / "invoices").exists()


def test_a_preview_does_not_pass_for_an_invoice_in_any_form(folder: Path) -> None:
    page = folder / "preview.html"
    made = issue(folder, "--month", "2026-03", "--preview", "--html", str(page))
    assert made.number.startswith("preview-20260301-20260401-")
    assert "<h1>Preview of an invoice</h1>" in page.read_text()
    assert "not issued, as of" in page.read_text()
    issued = issue(folder, "--month", "2026-03", "--html", str(page))
    assert issued.number == made.number.removeprefix("preview-")
    assert "<h1>Invoice</h1>" in page.read_text()
    assert "preview" not in page.read_text().lower()


def test_a_month_that_goes_on_is_not_billed(folder: Path) -> None:
    ended = run(folder, "--month", "2200-01")
    assert ended.exit_code == 2
    assert "an invoice is issued when it is over" in ended.output
    assert run(folder, "--month", "2200-01", "--preview").exit_code == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET cost_nanos = cost_nanos / 2 WHERE arm = 'routed'",
        "UPDATE entries SET arm = 'holdout' WHERE arm = 'routed' AND feature = 'faq'",
        'UPDATE entries SET entry = replace(entry, \'"arm":"routed"\', \'"arm":"holdout"\')',
        "DELETE FROM entries WHERE leg = 'discarded'",
    ],
)
def test_no_invoice_rests_on_a_ledger_that_was_tampered_with(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "data" / "ledger.db") as connection:
        connection.execute(statement)
    connection.close()
    ended = run(folder, "--month", "2026-03")
    assert ended.exit_code == 1
    assert "the ledger is not sound" in ended.output
    assert not (folder / "data" / "invoices").exists()


@pytest.mark.parametrize(
    "arguments",
    [(), ("--since", "2026-03-01"), ("--month", "2026-3x"), ("--month", "2999-01"), ("--month", "0206-11")],
)
def test_a_period_has_to_be_named(folder: Path, arguments: tuple[str, ...]) -> None:
    assert run(folder, *arguments).exit_code == 2


def recompute(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "given.json").write_text(text, "utf-8")
    export = folder / "export.jsonl"
    config = ["--config", str(folder / "suffice.toml")]
    CliRunner().invoke(main, ["ledger", "export", *config, "--out", str(export)])
    # Isolated: it must not find suffice, even if it is installed beside it.
    command = [sys.executable, "-I", str(RECOMPUTE), str(folder / "given.json"), str(export)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_anybody_can_recompute_an_invoice(folder: Path) -> None:
    made = issue(folder)
    ended = recompute(folder, made.encode().decode())
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"sound: {made.fee_nanos} nano-dollars" in ended.stdout


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"fee_nanos": 1}, "the fee is"),
        ({"verified_nanos": 1}, "the lines add up to"),
        ({"head": "1:" + "0" * 64}, "not in this export"),
        ({"items": ()}, "discarded calls cost"),
        ({"strata": None}, "the entries say"),
    ],
)
def test_the_script_sees_what_the_entries_do_not_say(
    folder: Path, changed: dict[str, object], said: str
) -> None:
    made = issue(folder)
    if "strata" in changed:
        (one,) = made.strata
        more = msgspec.structs.replace(one.routed, cost_nanos=one.routed.cost_nanos - 1)
        changed = {"strata": (msgspec.structs.replace(one, routed=more),)}
    # Sealed anew, as who forges it would.
    forged = msgspec.structs.replace(made, **changed).sealed()
    ended = recompute(folder, forged.encode().decode())
    assert ended.returncode == 1
    assert said in ended.stdout
    unsealed = msgspec.structs.replace(made, issued_ns=1).encode().decode()
    assert "digest does not fit" in recompute(folder, unsealed).stdout


def test_a_very_small_share_is_no_forgery(folder: Path) -> None:
    made = issue(folder)
    (one,) = made.strata
    small = msgspec.structs.replace(one, propensity=0.0001 * 0.95, why="holdout_small", measured_nanos=None)
    text = msgspec.structs.replace(made, strata=(small,)).sealed().encode()
    assert Invoice.decode(text, name="it").strata == (small,)
    assert "digest does not fit" not in recompute(folder, text.decode()).stdout


def test_the_script_stands_alone_and_is_short() -> None:
    source = RECOMPUTE.read_text("utf-8")
    assert len(source.splitlines()) <= 100
    imported = {line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert imported <= sys.stdlib_module_names
