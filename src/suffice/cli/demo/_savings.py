"""The fourth step: what it saved, how each use case stands, the ledger as evidence, and the invoice."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from suffice.cli._children import ChildError
from suffice.cli.demo._stage import NS, Stage
from suffice.cli.demo._watch import REPORT
from suffice.ledger.invoice import Invoice
from suffice.money import usd

SAVINGS = "savings.html"
INVOICE = ("invoice.json", "invoice.html")
EXPORT = "ledger.jsonl"
_SCRIPTS = Path(__file__).resolve().parents[4] / "docs"
"""Of a checkout; an installed package comes without."""


def savings(stage: Stage) -> None:
    """Shows the savings and checks them three ways.

    Raises:
        ChildError: The ledger is not sound, or something does not add up.
    """
    stage.tell(
        4,
        "savings",
        "Measured against the holdout, net of the trial and of every other call that routing caused; verified is the "
        "lower end of that, and what a fee is taken of.",
    )
    # An invoice is for a period that is over, in whole seconds.
    now_ns = time.time_ns()
    until_s = now_ns // NS + 1
    time.sleep((until_s * NS - now_ns) / NS)
    period = ("--since", _iso(stage.began_s), "--until", _iso(until_s))
    stage.run("savings", *period, "--html", str(stage.out / SAVINGS))
    stage.say("\nHow each use case stands:")
    stage.run("status")
    stage.say("\nThe ledger is a chain of hashes, so that nobody can change an entry unseen:")
    stage.run("ledger", "verify")
    stage.say(
        "\nThe invoice of these minutes, and its recomputation by a script that needs nothing of suffice:"
    )
    as_json, as_html = (stage.out / name for name in INVOICE)
    stage.run("invoice", *period, "--json", str(as_json), "--html", str(as_html))
    export = stage.out / EXPORT
    stage.run("ledger", "export", "--out", str(export), shown="progress")
    recomputed = recompute(stage, "recompute_invoice.py", as_json, export)
    _sum_up(stage, Invoice.decode(as_json.read_bytes(), name=str(as_json)), recomputed=recomputed)


def _sum_up(stage: Stage, invoice: Invoice, *, recomputed: bool) -> None:
    verified = invoice.verified_nanos
    stage.sum_up(
        "saved",
        f"{'nothing' if verified is None else usd(verified, places=4)} verified, net of the trial; "
        f"{usd(invoice.modelled_nanos, places=4)} modelled; fee {usd(invoice.fee_nanos, places=4)}",
    )
    also = "; the invoice recomputes" if recomputed else ""
    stage.sum_up("ledger", f"{len(stage.entries()):,} entries, sound{also}")
    stage.sum_up("pages", f"in {stage.out}: {REPORT[0]}, {SAVINGS}, {INVOICE[1]}")


def recompute(stage: Stage, script: str, *files: Path) -> bool:
    """Runs a script of docs/ that checks what suffice says; tells whether it is there: an installed package has none.

    Raises:
        ChildError: It found something wrong.
    """
    path = _SCRIPTS / script
    if not path.is_file():
        stage.say(
            f"docs/{script} of the repository recomputes it: python {script} {' '.join(map(str, files))}"
        )
        return False
    stage.typed("python", f"docs/{script}", *map(str, files))
    done = subprocess.run(  # noqa: S603 -- our own script
        [sys.executable, "-I", path, *files], capture_output=True, text=True, check=False
    )
    stage.say((done.stdout + done.stderr).strip())
    if done.returncode:
        raise ChildError(f"docs/{script} does not agree with the invoice")
    return True


def _iso(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
