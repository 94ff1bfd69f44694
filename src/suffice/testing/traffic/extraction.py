"""A use case that reads invoices: text as a scanner gives it, JSON as bookkeeping wants it."""

from __future__ import annotations

import random
from typing import Any

from suffice.testing.traffic.draft import Draft, UseCase, ask, compact, json_format
from suffice.testing.traffic.words import COMPANIES, GOODS, MONTHS, PLACES

_SYSTEM = (
    "Extract the invoice into JSON. Amounts are numbers in the invoice's currency, dates are ISO 8601. "
    "Copy the supplier's name exactly as it is printed. If a field is missing, use null; never guess."
)
_LINE = {
    "type": "object",
    "properties": {
        "description": {"type": "string"},
        "quantity": {"type": "integer"},
        "unit_price": {"type": "number"},
    },
    "required": ["description", "quantity", "unit_price"],
    "additionalProperties": False,
}
_FORMAT = json_format(
    "invoice",
    {
        "supplier": {"type": "string"},
        "number": {"type": "string"},
        "date": {"type": "string"},
        "lines": {"type": "array", "items": _LINE},
        "net": {"type": "number"},
        "vat": {"type": "number"},
        "total": {"type": "number"},
    },
)


def _invoice(rng: random.Random) -> list[Draft]:
    lines: list[dict[str, Any]] = [
        {"description": goods, "quantity": rng.randint(1, 24), "unit_price": rng.randint(300, 9_000) / 100}
        for goods in rng.sample(GOODS, rng.randint(2, 5))
    ]
    net = round(sum(line["quantity"] * line["unit_price"] for line in lines), 2)
    vat = round(net * 0.21, 2)
    day, month, year = rng.randint(1, 28), rng.randrange(len(MONTHS)), rng.choice((2025, 2026))
    document = {
        "supplier": rng.choice(COMPANIES),
        "number": f"{year}-{rng.randint(1, 9_999):04d}",
        "date": f"{year}-{month + 1:02d}-{day:02d}",
        "lines": lines,
        "net": net,
        "vat": vat,
        "total": round(net + vat, 2),
    }
    printed = "\n".join(
        [
            f"{document['supplier']}      {rng.choice(PLACES)}",
            f"INVOICE No. {document['number']}     {day} {MONTHS[month]} {year}",
            "",
            "Qty  Description            Price     Sum",
            *(_printed(line) for line in lines),
            f"Net {net:>36.2f}",
            f"VAT 21% {vat:>32.2f}",
            f"Payable within {rng.choice((14, 30))} days {document['total']:>16.2f} EUR",
        ]
    )
    mistaken = rng.choice(({"total": net}, {"vat": 0.0}, {"lines": lines[:-1]}, {"number": f"{year}"}))
    right = compact(document)
    return [
        Draft(
            messages=ask(_SYSTEM, printed),
            right=(right,),
            wrong=compact({**document, **mistaken}),
            expected=right,
            parameters={"response_format": _FORMAT},
        )
    ]


def _printed(line: dict[str, Any]) -> str:
    quantity, price = line["quantity"], line["unit_price"]
    return f"{quantity:>3}  {line['description']:<20} {price:>8.2f} {quantity * price:>8.2f}"


USE_CASES = (
    UseCase(
        name="invoice-extraction",
        task="structured_extraction",
        baseline="gpt-5.4",
        share=0.09,
        right_rates={"top": 0.97, "middle": 0.96, "small": 0.80},
        conversation=_invoice,
    ),
)
