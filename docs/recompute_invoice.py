"""Recomputes an invoice of suffice from an export of the ledger. Needs Python 3.11 alone, and nothing of suffice.

    python recompute_invoice.py invoice.json november.jsonl          (or - for standard input)

recompute.py checks the export's hashes and costs; this checks what the invoice makes of them:
1. its digest, and that its ledger head is in the export;
2. both arms of each use case: sessions, calls and cost, from the entries;
3. discarded and shadow calls, from the entries; trials and graders are in trials.db, lost cache is an estimate;
4. that the lines add up to the nano-dollar, and the fee.
The interval's simulation is not repeated here: beside what was measured stands the plain difference of means.
"""

import hashlib
import json
import sys
from collections import defaultdict
from pathlib import Path

Stratum = dict[str, dict[str, list]]  # arm -> session -> its costs


def read(lines: object, invoice: dict) -> tuple[dict, dict, bool]:
    """Returns sessions by use case and probability, overhead by kind, and whether the invoice's head was met."""
    strata: dict[tuple, Stratum] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    overhead, met = defaultdict(list), False
    next(lines)
    for line in lines:
        row = json.loads(line)
        entry = json.loads(row["entry"])
        outcome, nanos = entry["outcome"], entry["cost"]["nanos"]
        if invoice["since_ns"] <= outcome["received_ns"] < invoice["until_ns"]:
            if outcome.get("leg", "served") != "served":
                overhead[outcome["leg"]].append(nanos)
            elif outcome.get("arm"):
                session = outcome.get("session") or outcome["id"]
                key = outcome.get("bucket", ""), outcome.get("propensity")
                strata[key][outcome["arm"]][session].append(nanos)
        if f"{row['seq']}:{row['hash']}" == invoice["head"]:
            met = True
            break  # what came later was not known when it was issued
    return strata, overhead, met


def arm(seen: Stratum, name: str, other: str) -> list[list[int]]:
    """Returns the costs of an arm's sessions: those on one arm only, with every cost known."""
    return [
        costs for session, costs in seen[name].items() if session not in seen[other] and None not in costs
    ]


def check_stratum(one: dict, seen: Stratum) -> list[str]:
    """Compares one use case with the entries."""
    problems, means = [], {}
    for name, other in (("routed", "holdout"), ("holdout", "routed")):
        costs = arm(seen, name, other)
        own = len(costs), sum(map(len, costs)), sum(map(sum, costs))
        said = one[name]["sessions"], one[name]["calls"], one[name]["cost_nanos"]
        means[name] = own[2] / own[0] if own[0] else 0.0
        if own != said:
            problems.append(f"{one['bucket']}, {name}: the entries say {own}, the invoice {said}")
    if one["measured_nanos"] is not None:
        plain = one["routed"]["sessions"] * (means["holdout"] - means["routed"])
        print(f"{one['bucket']}: measured {one['measured_nanos']}, plain difference of means {plain:.0f}")
    return problems


def check(invoice: dict, lines: object) -> list[str]:
    """Returns what is wrong."""
    bare = json.dumps(invoice | {"digest": ""}, separators=(",", ":"), ensure_ascii=False).encode()
    problems = [] if hashlib.sha256(bare).hexdigest() == invoice["digest"] else ["its digest does not fit"]
    strata, overhead, met = read(lines, invoice)
    if not met:
        problems.append(f"the head {invoice['head']} is not in this export")
    keys = [(one["bucket"], one["propensity"]) for one in invoice["strata"] if one["propensity"] is not None]
    for one in invoice["strata"]:
        if keys.count(key := (one["bucket"], one["propensity"])) == 1:
            problems += check_stratum(one, strata[key])
        elif one["propensity"] is not None:
            print(
                f"{one['bucket']}: a certificate began or ended in this period: its parts are not told apart here"
            )
    charged = {item["name"]: -item["nanos"] for item in invoice["items"] if item["kind"] == "overhead"}
    for kind, costs in overhead.items():
        if None not in costs and sum(costs) != charged.get(kind, 0):
            problems.append(f"{kind} calls cost {sum(costs)}, the invoice says {charged.get(kind, 0)}")
    total, verified = sum(item["nanos"] for item in invoice["items"]), invoice["verified_nanos"]
    if verified is not None and total != verified:
        problems.append(f"the lines add up to {total}, not {verified}")
    fee = max(0, verified or 0) * 20 // 100
    if (fee, fee // 10_000_000) != (invoice["fee_nanos"], invoice["due_cents"]):
        problems.append(f"the fee is {fee}, not {invoice['fee_nanos']}")
    return problems


if __name__ == "__main__":
    made = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with sys.stdin if sys.argv[2] == "-" else Path(sys.argv[2]).open(encoding="utf-8") as export:
        wrong = check(made, export)
    print("\n".join(f"PROBLEM: {one}" for one in wrong) or f"sound: {made['fee_nanos']} nano-dollars")
    sys.exit(1 if wrong else 0)
