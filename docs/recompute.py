"""Recomputes an export of suffice's ledger: hashes, costs, totals. Needs Python 3.11 alone, and nothing of suffice.

    python recompute.py november.jsonl [--expect NUMBER:HASH]        (or - for standard input)

1. Each hash is SHA-256 of the hash before it and the entry's text.
2. Each cost is usage x rates, in picodollars, rounded once, half to even, to nano-dollars.
3. Totals are sums of whole nano-dollars by month, feature and model. What is unknown is counted, never zero.
"""

import hashlib
import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path


def cost_nanos(usage: dict, rates: dict) -> int | None:
    """Multiplies a usage by its rates (picodollars a token); None if a rate is missing."""
    get = usage.get
    read, written, long_written = (get(f"cache_{name}_tokens", 0) for name in ("read", "write", "write_1h"))
    heard, spoken = get("input_audio_tokens", 0), get("output_audio_tokens", 0)
    lines = [
        (usage["input_tokens"] - read - written - heard, rates["input"]),
        (read, rates.get("cache_read")),
        (written - long_written, rates.get("cache_write", rates["input"])),
        (long_written, rates.get("cache_write_1h")),
        (heard, rates.get("input_audio")),
        (usage["output_tokens"] - spoken, rates["output"]),
        (spoken, rates.get("output_audio")),
        (get("web_searches", 0), rates.get("web_search")),
    ]
    picos = 0
    for count, rate in lines:
        if count and (rate is None or count < 0):
            return None
        picos += count * (rate or 0)
    nanos, rest = divmod(picos, 1000)
    return nanos + (rest > 500 or (rest == 500 and nanos % 2 == 1))


class Walk:
    """A walk along an export: what was added up, and what was wrong."""

    def __init__(self, head: dict, expect: str | None) -> None:
        self.number, self.hash = head["first"] - 1, head["previous"]
        self.expect, self.totals = expect, Counter()
        self.unknown = self.problems = 0

    def complain(self, text: str) -> None:
        self.problems += 1
        print(f"PROBLEM: {text}")

    def take(self, row: dict) -> None:
        number, text = row["seq"], row["entry"] or ""
        if number != self.number + 1:
            self.complain(f"entry {self.number + 1} is missing")
        if hashlib.sha256(bytes.fromhex(self.hash) + text.encode()).hexdigest() != row["hash"]:
            self.complain(f"entry {number} was changed or dropped: its hash does not follow")
        self.number, self.hash = number, row["hash"]
        if self.expect == f"{self.number}:{self.hash}":
            self.expect = None
        if text:
            self.count(json.loads(text))

    def count(self, entry: dict) -> None:
        outcome, cost = entry["outcome"], entry["cost"]
        nanos = cost["nanos"]
        if "rates" in cost and cost_nanos(outcome["usage"], cost["rates"]) != nanos:
            self.complain(f"entry {self.number}: usage x rates is not {nanos}")
        if nanos is None:
            self.unknown += 1
            return
        month = datetime.fromtimestamp(outcome["received_ns"] // 10**9, UTC).strftime("%Y-%m")
        model = outcome.get("served_model") or outcome.get("requested_model", "")
        self.totals[month, outcome.get("feature", "untagged"), model, cost["grade"]] += nanos


def main(name: str, expect: str | None) -> int:
    with sys.stdin if name == "-" else Path(name).open(encoding="utf-8") as lines:
        walk = Walk(json.loads(next(lines)), expect)
        for line in lines:
            walk.take(json.loads(line))
    if walk.expect:
        walk.complain(f"{expect} is not in this export")
    for key, nanos in sorted(walk.totals.items()):
        print(f"{'  '.join(key)}  {nanos // 10**9:,}.{nanos % 10**9:09d} USD")
    print(f"total {sum(walk.totals.values())} nano-dollars, {walk.unknown} unknown, {walk.problems} problems")
    print(f"head {walk.number}:{walk.hash}")
    return 1 if walk.problems else 0


if __name__ == "__main__":
    sys.exit(main((sys.argv[1:] or ["-"])[0], sys.argv[3] if sys.argv[2:3] == ["--expect"] else None))
