"""`suffice ledger`: the ledger as evidence: checked, and handed out."""

from __future__ import annotations

from suffice.cli import Commands

command = Commands(
    package=__name__,
    name="ledger",
    help="Check the ledger, and hand it out in a form that anybody can recompute.",
    epilog="""\b
Examples:
  suffice ledger verify
  suffice ledger export --out november.jsonl.zst --since 2026-11-01 --until 2026-12-01
""",
)
